//! Finds strings in JSON without a parser in the way.

use std::ops::Range;

use bongsu_client::{CallError, Refusal};
use memchr::{memchr, memmem};
use serde::Deserialize;

/// Every string that is the value of a member called `name`, still escaped, which is how it goes back to the server.
pub(crate) fn strings<'a>(json: &'a [u8], name: &'a str) -> impl Iterator<Item = Range<usize>> + 'a {
    memmem::find_iter(json, name.as_bytes()).filter_map(move |at| {
        // Within a string the quotes around the name would be escaped, and the one behind it not follow at once.
        let before = at.checked_sub(1).map(|before| json[before]);
        let rest = json.get(at + name.len()..)?.strip_prefix(b"\"").filter(|_| before == Some(b'"'))?;
        let value = rest.trim_ascii_start().strip_prefix(b":")?.trim_ascii_start().strip_prefix(b"\"")?;
        let begin = json.len() - value.len();
        Some(begin..begin + memchr(b'"', value)?)
    })
}

/// A batch is answered with a 200 even when entries of it failed.
pub(crate) fn failed_entries(reply: &[u8]) -> Result<Vec<Refusal>, CallError> {
    #[derive(Deserialize)]
    struct Reply {
        #[serde(default, rename = "Failed")]
        failed: Vec<Failed>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Failed {
        code: String,
        #[serde(default)]
        message: String,
    }
    if memmem::find(reply, b"\"Failed\"").is_none() {
        return Ok(Vec::new());
    }
    let reply: Reply = serde_json::from_slice(reply).map_err(|error| CallError::NotUnderstood(error.to_string()))?;
    Ok(reply.failed.into_iter().map(|Failed { code, message }| Refusal { code, message }).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found<'a>(json: &'a str, name: &'a str) -> Vec<&'a str> {
        strings(json.as_bytes(), name).map(|text| &json[text]).collect()
    }

    #[test]
    fn every_handle_of_a_reply_is_found() {
        let reply = r#"{"Messages":[{"ReceiptHandle":"one","Body":"x"},{"Body":"y", "ReceiptHandle" : "t\/wo"}]}"#;
        assert_eq!(found(reply, "ReceiptHandle"), ["one", r"t\/wo"]);
    }

    #[test]
    fn a_body_that_looks_like_a_handle_is_none() {
        let reply = r#"{"Messages":[{"Body":"{\"ReceiptHandle\":\"no\"} ReceiptHandle","ReceiptHandle":"yes"}]}"#;
        assert_eq!(found(reply, "ReceiptHandle"), ["yes"]);
        assert!(found(r#"{"ReceiptHandle":"cut"#, "ReceiptHandle").is_empty());
    }

    #[test]
    fn failed_entries_are_found_although_the_status_is_200() {
        assert_eq!(failed_entries(br#"{"Successful":[{"Id":"0"}],"Failed":[]}"#).unwrap(), []);
        let reply = br#"{"Successful":[],"Failed":[{"Id":"1","SenderFault":true,"Code":"Gone","Message":"it is"}]}"#;
        assert_eq!(failed_entries(reply).unwrap()[0].to_string(), "Gone: it is");
        assert!(failed_entries(br#""Failed""#).is_err());
    }
}
