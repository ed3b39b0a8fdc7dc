//! Parameters that several operations share: ARNs, and the refusals of what is wrong.

use bongsu_broker::{SubscriptionId, TopicName};

use crate::error::{ApiError, ErrorKind};

/// Parts of an ARN at least: `arn`, partition, service, region, account, resource.
const ARN_ELEMENTS_MIN: usize = 6;

/// A parameter is refused: what stands behind `Invalid parameter: `.
pub(super) fn invalid(text: &str) -> ApiError {
    ApiError::new(ErrorKind::InvalidParameterException, format!("Invalid parameter: {text}"))
}

/// A required member that must not be absent.
pub(super) fn required<T>(value: Option<T>, path: &str) -> Result<T, ApiError> {
    value.ok_or_else(|| ApiError::missing_member(path))
}

/// The topic of an ARN in this region.
pub(super) fn topic_of_arn(arn: Option<&str>, parameter: &str, region: &str) -> Result<TopicName, ApiError> {
    let arn = required(arn, &camel_case(parameter))?;
    match elements(arn, parameter)?[..] {
        ["arn", "aws", "sns", of, account, name] if of == region => {
            let account = account.parse().map_err(|()| invalid(parameter))?;
            Ok(TopicName { account, name: name.into() })
        }
        _ => Err(invalid(parameter)),
    }
}

/// The subscription of an ARN in this region, if it can be one of ours.
pub(super) fn subscription_of_arn(arn: Option<&str>, region: &str) -> Result<Option<SubscriptionId>, ApiError> {
    const PARAMETER: &str = "SubscriptionArn";
    let arn = required(arn, "subscriptionArn")?;
    match elements(arn, PARAMETER)?[..] {
        ["arn", "aws", "sns", of, _, _, id] if of == region => Ok(SubscriptionId::parse(id)),
        ["arn", "aws", "sns", _, _, _] => Err(invalid("SubscriptionId")),
        _ => Err(invalid(PARAMETER)),
    }
}

/// Whether an ARN is that of an app on a telephone.
pub(super) fn is_mobile_endpoint(arn: &str) -> bool {
    arn.splitn(ARN_ELEMENTS_MIN, ':').nth(ARN_ELEMENTS_MIN - 1).is_some_and(|name| name.starts_with("endpoint/"))
}

pub(super) fn elements<'a>(arn: &'a str, parameter: &str) -> Result<Vec<&'a str>, ApiError> {
    if arn.is_empty() {
        return Err(invalid(&format!("{parameter} Reason: no value for required parameter")));
    }
    let elements: Vec<&str> = arn.split(':').collect();
    if elements.len() < ARN_ELEMENTS_MIN {
        let count = elements.len();
        return Err(invalid(&format!("{parameter} Reason: An ARN must have at least 6 elements, not {count}")));
    }
    Ok(elements)
}

/// `TopicArn` as validation errors write it: `topicArn`.
fn camel_case(parameter: &str) -> String {
    let mut letters = parameter.chars();
    letters.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use bongsu_broker::Account;

    use super::*;

    const REGION: &str = "us-east-1";

    #[test]
    fn a_topic_is_named_by_an_arn_of_this_region() {
        let topic = TopicName { account: Account(7), name: "t.fifo".into() };
        assert_eq!(topic_of_arn(Some(&topic.arn(REGION)), "TopicArn", REGION), Ok(topic));
        for (arn, text) in [
            (Some("arn:aws:sns:eu-west-1:000000000007:t"), "Invalid parameter: TopicArn"),
            (Some("arn:aws:sqs:us-east-1:000000000007:t"), "Invalid parameter: TopicArn"),
            (Some("arn:aws:sns:us-east-1:seven:t"), "Invalid parameter: TopicArn"),
            (Some("t"), "Invalid parameter: TopicArn Reason: An ARN must have at least 6 elements, not 1"),
            (Some(""), "Invalid parameter: TopicArn Reason: no value for required parameter"),
            (
                None,
                "1 validation error detected: Value null at 'topicArn' failed to satisfy constraint: Member must not be \
                 null",
            ),
        ] {
            assert_eq!(topic_of_arn(arn, "TopicArn", REGION).unwrap_err().message(), text, "{arn:?}");
        }
    }

    #[test]
    fn a_subscription_that_cannot_be_ours_is_merely_unknown() {
        let id = SubscriptionId(0x0123_4567_89ab_4def_8000_0000_0000_00ff);
        let topic = TopicName { account: Account(7), name: "t".into() };
        assert_eq!(subscription_of_arn(Some(&id.arn(&topic, REGION)), REGION), Ok(Some(id)));
        assert_eq!(subscription_of_arn(Some("arn:aws:sns:us-east-1:000000000007:t:nobody"), REGION), Ok(None));
        for (arn, text) in [
            ("arn:aws:sns:us-east-1:000000000007:t", "Invalid parameter: SubscriptionId"),
            ("arn:aws:sns:eu-west-1:000000000007:t:x", "Invalid parameter: SubscriptionArn"),
            ("a:b", "Invalid parameter: SubscriptionArn Reason: An ARN must have at least 6 elements, not 2"),
            ("", "Invalid parameter: SubscriptionArn Reason: no value for required parameter"),
        ] {
            assert_eq!(subscription_of_arn(Some(arn), REGION).unwrap_err().message(), text, "{arn}");
        }
    }
}
