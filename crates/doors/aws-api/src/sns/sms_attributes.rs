//! How an account's text messages are sent: attributes that are kept and told. This server sends none.

use super::kept::{self, KeptAttributes};
use crate::error::{ApiError, ErrorKind};
use crate::operation::Context;

const MONTHLY_SPEND_LIMIT: &str = "MonthlySpendLimit";
const DEFAULT_SMS_TYPE: &str = "DefaultSMSType";
const DEFAULT_SENDER_ID: &str = "DefaultSenderID";
const SUCCESS_SAMPLING_RATE: &str = "DeliveryStatusSuccessSamplingRate";

const NAMES: [&str; 6] = [
    DEFAULT_SENDER_ID,
    DEFAULT_SMS_TYPE,
    "DeliveryStatusIAMRole",
    SUCCESS_SAMPLING_RATE,
    MONTHLY_SPEND_LIMIT,
    "UsageReportS3Bucket",
];

/// What an account may spend in a month, in US dollars, unless it says otherwise.
const MONTHLY_SPEND_LIMIT_DEFAULT: &str = "1";
/// Longest name that a message can come from.
const SENDER_ID_LENGTH_MAX: usize = 11;
const PERCENT_MAX: u64 = 100;

/// Where they are kept.
pub(super) fn path(cx: &Context<'_>) -> Box<str> {
    cx.path("sms")
}

/// The attributes of the caller's account, out of the entry that holds them.
pub(super) fn read(value: Option<&[u8]>) -> Result<KeptAttributes, ApiError> {
    value.map_or_else(|| Ok(KeptAttributes::new()), kept::decode)
}

/// The attributes as clients get them: with those that always have a value.
pub(super) fn with_defaults(mut attributes: KeptAttributes) -> KeptAttributes {
    let limit = attributes.entry(MONTHLY_SPEND_LIMIT.to_owned());
    limit.or_insert_with(|| MONTHLY_SPEND_LIMIT_DEFAULT.to_owned());
    attributes
}

pub(super) fn check_name(name: &str) -> Result<(), ApiError> {
    if NAMES.contains(&name) { Ok(()) } else { Err(refused(format!("{name} is not a valid attribute"))) }
}

/// Checks an attribute that is to be set; an empty text unsets it.
pub(super) fn check(name: &str, value: &str) -> Result<(), ApiError> {
    check_name(name)?;
    let is_number = |max| value.bytes().all(|byte| byte.is_ascii_digit()) && value.parse().is_ok_and(|n: u64| n <= max);
    let is_valid = match name {
        _ if value.is_empty() => true,
        DEFAULT_SMS_TYPE => ["Promotional", "Transactional"].contains(&value),
        DEFAULT_SENDER_ID => is_sender_id(value),
        MONTHLY_SPEND_LIMIT => is_number(u64::MAX),
        SUCCESS_SAMPLING_RATE => is_number(PERCENT_MAX),
        _ => true,
    };
    if is_valid { Ok(()) } else { Err(refused(format!("{name} is invalid"))) }
}

/// Letters and digits, with at least one letter.
fn is_sender_id(value: &str) -> bool {
    let is_short = value.len() <= SENDER_ID_LENGTH_MAX;
    is_short && value.bytes().all(|b| b.is_ascii_alphanumeric()) && value.bytes().any(|b| b.is_ascii_alphabetic())
}

/// AWS's texts about these attributes have nothing in front.
fn refused(text: String) -> ApiError {
    ApiError::new(ErrorKind::InvalidParameterException, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_checked_by_name_and_value() {
        let told = |name, value| check(name, value).map_err(|error| error.message().to_owned());
        for (name, good, bad) in [
            ("DefaultSMSType", "Transactional", "transactional"),
            ("DefaultSenderID", "Bongsu1", "0123"),
            ("DefaultSenderID", "elevenChars", "twelve-chars"),
            ("MonthlySpendLimit", "20", "+20"),
            ("DeliveryStatusSuccessSamplingRate", "100", "101"),
        ] {
            assert_eq!(told(name, good), Ok(()));
            assert_eq!(told(name, ""), Ok(()));
            assert_eq!(told(name, bad), Err(format!("{name} is invalid")));
        }
        assert_eq!(told("UsageReportS3Bucket", "anything"), Ok(()));
        assert_eq!(told("Other", ""), Err("Other is not a valid attribute".to_owned()));
    }
}
