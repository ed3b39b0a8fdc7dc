//! Names, ids, ARNs and queue URLs: how they are made and how they are read.

use sha2::{Digest, Sha256};

use crate::{FunctionReference, Inputs, Target};

/// The longest queue name, `.fifo` included.
pub(crate) const QUEUE_NAME_MAX: usize = 80;
/// The longest topic name, `.fifo` included.
pub(crate) const TOPIC_NAME_MAX: usize = 256;
/// The longest function name.
pub(crate) const FUNCTION_NAME_MAX: usize = 64;
/// The longest bucket name.
pub(crate) const BUCKET_NAME_MAX: usize = 63;
/// What the name of every FIFO queue and topic ends in.
pub(crate) const FIFO_SUFFIX: &str = ".fifo";

/// As AWS spells them: 8, 4, 4, 4 and 12 hexadecimal digits.
pub(crate) fn uuid(inputs: &Inputs, logical_id: &str) -> String {
    let digits = id(inputs, logical_id, 32);
    [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]].join("-")
}

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

pub(crate) fn is_alias(name: &str) -> bool {
    name.len() <= 128 && is_word(name) && !name.bytes().all(|byte| byte.is_ascii_digit())
}

pub(crate) fn is_layer_name(name: &str) -> bool {
    name.len() <= 140 && is_word(name)
}

pub(crate) fn is_stage(name: &str) -> bool {
    name.len() <= 128 && is_word(name)
}

pub(crate) fn is_bucket_name(name: &str) -> bool {
    let is_end = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = name.as_bytes();
    (3..=BUCKET_NAME_MAX).contains(&bytes.len())
        && bytes.iter().all(|byte| is_end(*byte) || matches!(byte, b'-' | b'.'))
        && [bytes.first(), bytes.last()].iter().all(|end| end.is_some_and(|byte| is_end(*byte)))
        && !name.contains("..")
}

/// A version's number, an alias or `$LATEST`.
fn is_qualifier(text: &str) -> bool {
    text == "$LATEST" || (text.len() <= 128 && is_word(text))
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

/// The function an ARN points to.
pub(crate) fn function_of_arn(arn: &str, inputs: &Inputs) -> Result<FunctionReference, String> {
    match arn.starts_with("arn:") {
        true => function_reference(arn, inputs),
        false => Err(format!("an ARN of a function is needed: {}", function_arn(inputs, "NAME"))),
    }
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

/// The function, and its version or alias, that a name or an ARN points to; it need not be one of the template.
pub(crate) fn function_reference(text: &str, inputs: &Inputs) -> Result<FunctionReference, String> {
    let local = text.strip_prefix(&function_arn(inputs, ""));
    let partial = text.strip_prefix(inputs.account.as_str()).and_then(|rest| rest.strip_prefix(":function:"));
    let (name, qualifier) = match local.or(partial).unwrap_or(text).split_once(':') {
        Some((name, qualifier)) => (name, Some(qualifier)),
        None => (local.or(partial).unwrap_or(text), None),
    };
    if !is_function_name(name) || qualifier.is_some_and(|qualifier| !is_qualifier(qualifier)) {
        return Err(format!("the name or ARN of a function is needed: {}", function_arn(inputs, "NAME")));
    }
    Ok(FunctionReference { name: name.to_owned(), qualifier: qualifier.map(str::to_owned) })
}

/// Only an ARN says which service is meant.
pub(crate) fn target(arn: &str, inputs: &Inputs) -> Result<Target, String> {
    match arn.split(':').nth(2) {
        Some("lambda") => function_reference(arn, inputs).map(Target::Function),
        Some("sqs") => queue_of_arn(arn, inputs).map(Target::Queue),
        Some("sns") => topic_of_arn(arn, inputs).map(Target::Topic),
        _ => Err("the ARN of a function, queue or topic is needed".to_owned()),
    }
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
        let plain = FunctionReference { name: "f".to_owned(), qualifier: None };
        assert_eq!(function("arn:aws:lambda:us-east-1:000000000000:function:f"), Some(plain));
        let live = FunctionReference { name: "f".to_owned(), qualifier: Some("live".to_owned()) };
        assert_eq!(function("arn:aws:lambda:us-east-1:000000000000:function:f:live"), Some(live));
        for wrong in [
            "f",
            "arn:aws:lambda:eu-west-1:1:function:f",
            "arn:aws:lambda:us-east-1:000000000000:function:f:",
            "arn:aws:lambda:us-east-1:000000000000:function:f:a:b",
        ] {
            assert_eq!(function(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_function_is_named_in_three_ways() {
        let inputs = Inputs::default();
        let name = |text: &str| function_reference(text, &inputs).ok().map(|found| found.to_string());
        for text in ["f", "000000000000:function:f", "arn:aws:lambda:us-east-1:000000000000:function:f"] {
            assert_eq!(name(text).as_deref(), Some("f"));
            assert_eq!(name(&format!("{text}:7")).as_deref(), Some("f:7"));
        }
        assert_eq!(name("a b"), None);
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
