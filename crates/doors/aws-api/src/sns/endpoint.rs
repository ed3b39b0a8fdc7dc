//! Where a subscriber is: what an endpoint of each protocol looks like.

use bongsu_broker::{Protocol, QueueName};
use hyper::Uri;

use super::parameters::invalid;
use crate::error::{ApiError, ErrorKind};

/// Bytes of any endpoint.
const ENDPOINT_BYTES_MAX: usize = 2048;
/// Digits of a phone number at most, after E.164.
const PHONE_DIGITS_MAX: usize = 15;

/// Checks an endpoint, and finds the queue that it names if it is one of this region.
pub(super) fn check(protocol: Protocol, endpoint: &str, region: &str) -> Result<Option<QueueName>, ApiError> {
    if endpoint.len() > ENDPOINT_BYTES_MAX {
        return Err(invalid(&format!("Endpoint Reason: longer than {ENDPOINT_BYTES_MAX} bytes")));
    }
    let elements: Vec<&str> = endpoint.split(':').collect();
    let good = |is_good: bool, text: &str| if is_good { Ok(None) } else { Err(invalid(text)) };
    match protocol {
        Protocol::Http | Protocol::Https => {
            let scheme = endpoint.split_once("://").map(|(scheme, _)| scheme);
            let has_host = endpoint.parse::<Uri>().is_ok_and(|uri| uri.host().is_some_and(|host| !host.is_empty()));
            good(scheme == Some(protocol.name()) && has_host, "Endpoint must match the specified protocol")
        }
        Protocol::Email | Protocol::EmailJson => {
            let parts = endpoint.split_once('@');
            let is_address = parts.is_some_and(|(user, host)| !user.is_empty() && !host.is_empty());
            good(is_address && !endpoint.contains(char::is_whitespace), "Email address")
        }
        Protocol::Sms if is_phone_number(endpoint) => Ok(None),
        Protocol::Sms => {
            let text = format!("Invalid SMS endpoint: {endpoint}");
            Err(ApiError::new(ErrorKind::InvalidParameterException, text))
        }
        Protocol::Sqs => queue(&elements, region),
        Protocol::Application => {
            let is_endpoint = matches!(elements[..], ["arn", _, "sns", _, _, name] if name.starts_with("endpoint/"));
            good(is_endpoint, "Application endpoint arn invalid")
        }
        Protocol::Lambda => {
            let is_function = match elements[..] {
                ["arn", _, "lambda", _, _, "function", name] => !name.is_empty(),
                ["arn", _, "lambda", _, _, "function", name, qualifier] => !name.is_empty() && !qualifier.is_empty(),
                _ => false,
            };
            good(is_function, "Lambda endpoint ARN")
        }
        Protocol::Firehose => {
            let is_stream =
                matches!(elements[..], ["arn", _, "firehose", _, _, name] if name.starts_with("deliverystream/"));
            good(is_stream, "Firehose endpoint ARN")
        }
    }
}

fn queue(elements: &[&str], region: &str) -> Result<Option<QueueName>, ApiError> {
    let unlike = || invalid("SQS endpoint ARN");
    let ["arn", _, "sqs", of, account, name] = elements[..] else { return Err(unlike()) };
    let queue = QueueName { account: account.parse().map_err(|()| unlike())?, name: name.into() };
    if name.is_empty() {
        return Err(unlike());
    }
    Ok((of == region).then_some(queue))
}

/// Digits, with or without the `+` of E.164 and what people write between them.
fn is_phone_number(endpoint: &str) -> bool {
    let number = endpoint.strip_prefix('+').unwrap_or(endpoint);
    let digits = number.bytes().filter(u8::is_ascii_digit).count();
    let is_written_so = number.bytes().all(|byte| byte.is_ascii_digit() || b"-./".contains(&byte));
    is_written_so && number.ends_with(|last: char| last.is_ascii_digit()) && digits <= PHONE_DIGITS_MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(protocol: &str, endpoint: &str) -> Result<Option<QueueName>, String> {
        let protocol = Protocol::parse(protocol).unwrap();
        check(protocol, endpoint, "us-east-1").map_err(|error| error.message().to_owned())
    }

    #[test]
    fn every_protocol_has_endpoints_of_its_own() {
        for (protocol, good, bad, text) in [
            (
                "http",
                "http://u:p@h:1/x?y",
                "https://h",
                "Invalid parameter: Endpoint must match the specified protocol",
            ),
            ("https", "https://h", "http://h", "Invalid parameter: Endpoint must match the specified protocol"),
            ("https", "https://[::1]/", "https://", "Invalid parameter: Endpoint must match the specified protocol"),
            ("email", "a@b.example", "a", "Invalid parameter: Email address"),
            ("email-json", "a@b", "a b@c", "Invalid parameter: Email address"),
            ("sms", "+1-202-555-0100", "+1x", "Invalid SMS endpoint: +1x"),
            ("sqs", "arn:aws:sqs:eu-west-1:000000000001:q", "q", "Invalid parameter: SQS endpoint ARN"),
            (
                "application",
                "arn:aws:sns:us-east-1:000000000001:endpoint/GCM/a/b",
                "arn:aws:sns:us-east-1:000000000001:t",
                "Invalid parameter: Application endpoint arn invalid",
            ),
            (
                "lambda",
                "arn:aws:lambda:us-east-1:000000000001:function:f:live",
                "arn:aws:lambda:us-east-1:000000000001:f",
                "Invalid parameter: Lambda endpoint ARN",
            ),
            (
                "firehose",
                "arn:aws:firehose:us-east-1:000000000001:deliverystream/s",
                "arn:aws:firehose:us-east-1:000000000001:s",
                "Invalid parameter: Firehose endpoint ARN",
            ),
        ] {
            assert_eq!(checked(protocol, good), Ok(None), "{good}");
            assert_eq!(checked(protocol, bad), Err(text.to_owned()), "{bad}");
        }
    }

    #[test]
    fn a_queue_is_named_by_an_arn_of_this_region() {
        let named = checked("sqs", "arn:aws:sqs:us-east-1:000000000001:q.fifo").unwrap().unwrap();
        assert_eq!((named.account.0, &*named.name), (1, "q.fifo"));
        assert_eq!(checked("sqs", "arn:aws:sqs:eu-west-1:000000000001:q"), Ok(None));
        let text = "Invalid parameter: Endpoint Reason: longer than 2048 bytes";
        assert_eq!(checked("https", &format!("https://h/{}", "x".repeat(2048))), Err(text.to_owned()));
    }
}
