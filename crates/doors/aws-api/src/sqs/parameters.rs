//! Parameters that several operations share: queue URLs, ids, ranges, receipt handles.

use bongsu_broker::{Account, QueueName, ReceiptHandle, Seconds};

use crate::codec::{Integer, Text};
use crate::error::{ApiError, ErrorKind};
use crate::received::read_receipt_handle;

/// Longest group id, deduplication id and receive attempt id.
pub(super) const ID_LENGTH_MAX: usize = 128;
/// Longest delay of a message, in seconds.
const DELAY_SECONDS_MAX: u32 = 900;
/// Longest batch entry id.
const ENTRY_ID_LENGTH_MAX: usize = 80;

/// Account and name are the last two segments of a URL; a bare name is of the caller's account.
pub(super) fn queue_of_url(url: &str, own: Account) -> Result<QueueName, ApiError> {
    let mut segments = url.rsplit('/').filter(|segment| !segment.is_empty());
    let name = segments.next().ok_or_else(ApiError::queue_does_not_exist)?;
    let account = if url.contains('/') {
        segments.next().and_then(|account| account.parse().ok()).ok_or_else(ApiError::queue_does_not_exist)?
    } else {
        own
    };
    Ok(QueueName { account, name: name.into() })
}

/// Whether a request was sent to a queue's own path: it ends in `/<account>/<name>`, after the path of a public URL.
pub(super) fn is_queue_path(path: &str) -> bool {
    let mut segments = path.rsplit('/').filter(|segment| !segment.is_empty());
    segments.next().is_some() && segments.next().is_some_and(|account| account.parse::<Account>().is_ok())
}

/// A number of seconds in a range; the refusal quotes the value and gives the reason.
pub(super) fn seconds(
    value: Option<Integer>,
    parameter: &str,
    max: u32,
    reason: &str,
) -> Result<Option<Seconds>, ApiError> {
    let Some(Integer(number)) = value else { return Ok(None) };
    match u32::try_from(number) {
        Ok(number) if number <= max => Ok(Some(Seconds(number))),
        _ => Err(ApiError::invalid_value(number, parameter, reason)),
    }
}

/// `DelaySeconds` of a message.
pub(super) fn delay(value: Option<Integer>) -> Result<Option<Seconds>, ApiError> {
    seconds(value, "DelaySeconds", DELAY_SECONDS_MAX, "DelaySeconds must be >= 0 and <= 900.")
}

/// Group and deduplication ids: letters, digits and punctuation.
pub(super) fn check_id(id: &Text<'_>, parameter: &str) -> Result<(), ApiError> {
    if (1..=ID_LENGTH_MAX).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(());
    }
    let reason = format!("{parameter} can only include alphanumeric and punctuation characters. 1 to 128 in length.");
    Err(ApiError::invalid_value(id, parameter, &reason))
}

/// Batch entry ids: letters, digits, hyphens and underscores.
pub(super) fn is_entry_id(id: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (1..=ENTRY_ID_LENGTH_MAX).contains(&id.len()) && id.bytes().all(allowed)
}

/// A receipt handle as a client gives it back.
pub(super) fn receipt_handle(handle: Option<Text<'_>>) -> Result<ReceiptHandle, ApiError> {
    let handle =
        handle.filter(|handle| !handle.is_empty()).ok_or_else(|| ApiError::missing_parameter("ReceiptHandle"))?;
    read_receipt_handle(&handle).ok_or_else(|| handle_is_invalid(&handle))
}

/// The refusal of something that is no handle, or another queue's.
pub(super) fn handle_is_invalid(handle: &str) -> ApiError {
    let text = format!("The input receipt handle \"{handle}\" is not a valid receipt handle.");
    ApiError::new(ErrorKind::ReceiptHandleIsInvalid, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_is_found_by_the_end_of_its_url() {
        let own = Account(7);
        let queue = |account, name: &str| Ok(QueueName { account: Account(account), name: name.into() });
        assert_eq!(queue_of_url("http://127.0.0.1:4566/000000000042/orders", own), queue(42, "orders"));
        assert_eq!(queue_of_url("http://host/queue/us-east-1/000000000042/orders/", own), queue(42, "orders"));
        assert_eq!(queue_of_url("orders", own), queue(7, "orders"));
        for bad in ["", "/", "http://host/orders", "http://host/abc/orders"] {
            assert_eq!(queue_of_url(bad, own), Err(ApiError::queue_does_not_exist()), "{bad:?}");
        }
    }

    #[test]
    fn ids_keep_to_printable_ascii() {
        for good in ["a", "A-1_.~!", &"x".repeat(128)] {
            assert!(check_id(&Text::from(good), "MessageGroupId").is_ok());
        }
        for bad in ["", "a b", "é", &"x".repeat(129)] {
            assert!(check_id(&Text::from(bad), "MessageGroupId").is_err());
        }
    }
}
