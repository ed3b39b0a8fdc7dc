//! Names, ids, ARNs and queue URLs: how they are made and how they are read.

use sha2::{Digest, Sha256};

use crate::Inputs;

/// The longest queue name, `.fifo` included.
pub(crate) const QUEUE_NAME_MAX: usize = 80;
/// The longest topic name, `.fifo` included.
pub(crate) const TOPIC_NAME_MAX: usize = 256;
/// The longest function name.
pub(crate) const FUNCTION_NAME_MAX: usize = 64;
/// What the name of every FIFO queue and topic ends in.
pub(crate) const FIFO_SUFFIX: &str = ".fifo";

/// The name of a resource that was not given one: the same each time the same stack is read.
pub(crate) fn generated(inputs: &Inputs, logical_id: &str, suffix: &str, length_max: usize) -> String {
    let hash = id(inputs, logical_id, 12);
    let readable = format!("{}-{logical_id}", inputs.stack_name);
    let room = length_max.saturating_sub(hash.len() + 1 + suffix.len());
    let readable: String = readable.chars().take(room).collect();
    format!("{readable}-{hash}{suffix}")
}

/// An id of `length` hexadecimal digits, the same each time the same stack is read.
pub(crate) fn id(inputs: &Inputs, logical_id: &str, length: usize) -> String {
    let mut hash = Sha256::new();
    for part in [&inputs.account, &inputs.region, &inputs.stack_name] {
        hash.update(part.as_bytes());
        hash.update(b"/");
    }
    hash.update(logical_id.as_bytes());
    let mut id = hex::encode(hash.finalize());
    id.truncate(length);
    id
}

pub(crate) fn is_queue_name(name: &str) -> bool {
    let base = name.strip_suffix(FIFO_SUFFIX).unwrap_or(name);
    name.len() <= QUEUE_NAME_MAX && is_word(base)
}

pub(crate) fn is_topic_name(name: &str) -> bool {
    let base = name.strip_suffix(FIFO_SUFFIX).unwrap_or(name);
    name.len() <= TOPIC_NAME_MAX && is_word(base)
}

pub(crate) fn is_function_name(name: &str) -> bool {
    name.len() <= FUNCTION_NAME_MAX && is_word(name)
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

pub(crate) fn is_region(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

pub(crate) fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

pub(crate) fn is_stack_name(text: &str) -> bool {
    let is_rest = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    text.len() <= 128 && text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.bytes().all(is_rest)
}

pub(crate) fn queue_arn(inputs: &Inputs, name: &str) -> String {
    format!("arn:aws:sqs:{}:{}:{name}", inputs.region, inputs.account)
}

pub(crate) fn queue_url(inputs: &Inputs, name: &str) -> String {
    format!("{}/{}/{name}", inputs.api_base, inputs.account)
}

pub(crate) fn topic_arn(inputs: &Inputs, name: &str) -> String {
    format!("arn:aws:sns:{}:{}:{name}", inputs.region, inputs.account)
}

pub(crate) fn function_arn(inputs: &Inputs, name: &str) -> String {
    format!("arn:aws:lambda:{}:{}:function:{name}", inputs.region, inputs.account)
}

/// The name of the queue an ARN points to; it need not be a queue of the template.
pub(crate) fn queue_of_arn(arn: &str, inputs: &Inputs) -> Result<String, String> {
    named_in_arn(arn, "queue", "sqs", is_queue_name, inputs)
}

/// The name of the topic an ARN points to; it need not be a topic of the template.
pub(crate) fn topic_of_arn(arn: &str, inputs: &Inputs) -> Result<String, String> {
    named_in_arn(arn, "topic", "sns", is_topic_name, inputs)
}

fn named_in_arn(
    arn: &str,
    what: &str,
    service: &str,
    is_name: fn(&str) -> bool,
    inputs: &Inputs,
) -> Result<String, String> {
    let parts: Vec<&str> = arn.split(':').collect();
    let ["arn", "aws", its_service, region, account, name] = parts[..] else {
        return Err(format!("an ARN of a {what} is needed: arn:aws:{service}:REGION:ACCOUNT:NAME"));
    };
    if its_service != service || !is_name(name) {
        return Err(format!("the ARN is not that of a {what}: arn:aws:{service}:REGION:ACCOUNT:NAME"));
    }
    if region != inputs.region {
        return Err(format!("the {what} must be in the region {}", inputs.region));
    }
    if account != inputs.account {
        return Err(format!("the {what} must be in the account {}", inputs.account));
    }
    Ok(name.to_owned())
}

/// The name of the function an ARN points to.
pub(crate) fn function_of_arn(arn: &str, inputs: &Inputs) -> Result<String, String> {
    let name = arn.strip_prefix(&function_arn(inputs, "")).filter(|name| is_function_name(name));
    name.map(str::to_owned).ok_or_else(|| format!("an ARN of a function is needed: {}", function_arn(inputs, "NAME")))
}

/// The name of the queue a URL points to; the host is the caller's view and does not matter.
pub(crate) fn queue_of_url(url: &str, inputs: &Inputs) -> Result<String, String> {
    let path =
        url.strip_prefix("http://").or_else(|| url.strip_prefix("https://")).and_then(|rest| rest.split_once('/'));
    let Some((account, name)) = path.and_then(|(_, path)| path.split_once('/')).filter(|(_, name)| is_queue_name(name))
    else {
        return Err("a queue URL is needed: http://HOST/ACCOUNT/NAME".to_owned());
    };
    if account != inputs.account {
        return Err(format!("the queue must be in the account {}", inputs.account));
    }
    Ok(name.to_owned())
}

/// The name of the function that a mapping points to by name or ARN.
pub(crate) fn function_of(text: &str, inputs: &Inputs) -> String {
    text.strip_prefix(&function_arn(inputs, "")).unwrap_or(text).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generated_name_fits_and_keeps_its_suffix() {
        let inputs = Inputs { stack_name: "a".repeat(100), ..Inputs::default() };
        let name = generated(&inputs, "Queue", FIFO_SUFFIX, QUEUE_NAME_MAX);
        assert_eq!(name.len(), QUEUE_NAME_MAX);
        assert!(is_queue_name(&name) && name.ends_with(FIFO_SUFFIX), "{name}");
        assert_eq!(name, generated(&inputs, "Queue", FIFO_SUFFIX, QUEUE_NAME_MAX));
        assert_ne!(name, generated(&inputs, "Other", FIFO_SUFFIX, QUEUE_NAME_MAX));
    }

    #[test]
    fn arns_of_topics_and_functions_are_read_strictly() {
        let inputs = Inputs::default();
        let topic = |name: &str| topic_of_arn(&format!("arn:aws:sns:us-east-1:000000000000:{name}"), &inputs).ok();
        assert_eq!(topic("a.fifo").as_deref(), Some("a.fifo"));
        for wrong in ["", "a b", "a:6a2f41a3-c54c-fce8-32d2-0324e1c32e22"] {
            assert_eq!(topic(wrong), None, "{wrong}");
        }
        let function = |text: &str| function_of_arn(text, &inputs).ok();
        assert_eq!(function("arn:aws:lambda:us-east-1:000000000000:function:f").as_deref(), Some("f"));
        for wrong in
            ["f", "arn:aws:lambda:us-east-1:000000000000:function:f:live", "arn:aws:lambda:eu-west-1:1:function:f"]
        {
            assert_eq!(function(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn arns_and_urls_of_queues_are_read_strictly() {
        let inputs = Inputs::default();
        let arn = |text: &str| queue_of_arn(text, &inputs).ok();
        let url = |text: &str| queue_of_url(text, &inputs).ok();
        assert_eq!(arn("arn:aws:sqs:us-east-1:000000000000:a.fifo").as_deref(), Some("a.fifo"));
        assert_eq!(url("https://sqs.local:1/000000000000/a").as_deref(), Some("a"));
        for wrong in [
            "",
            "a",
            "arn:aws:sns:us-east-1:000000000000:a",
            "arn:aws:sqs:eu-west-1:000000000000:a",
            "arn:aws:sqs:us-east-1:1:a:b",
        ] {
            assert_eq!(arn(wrong), None, "{wrong}");
        }
        for wrong in [
            "",
            "http://host",
            "http://host/000000000000",
            "http://host/000000000000/a/b",
            "http://host/1/a",
            "ftp://host/000000000000/a",
        ] {
            assert_eq!(url(wrong), None, "{wrong}");
        }
    }
}
