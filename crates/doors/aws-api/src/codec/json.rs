//! The AWS JSON 1.0 protocol, and the JSON form of Query answers.

use serde::{Deserialize, Serialize};
use serde_json::error::Category;
use serde_json::{Map, Value, json};

use super::{Dialect, Envelope};
use crate::error::{ApiError, ErrorKind};

/// Most answers (a send, a receive of one small message) fit without growing the buffer.
const ANSWER_BYTES_USUAL: usize = 512;

/// Reads an operation's input from a request body, borrowing from it. A body of no bytes counts as `{}`.
///
/// # Errors
///
/// `SerializationException` when the body is not a JSON object or a member has the wrong type.
pub fn decode<'de, T: Deserialize<'de>>(body: &'de [u8]) -> Result<T, ApiError> {
    let body = body.trim_ascii();
    match body.first() {
        None => serde_json::from_slice(b"{}").map_err(refusal),
        Some(b'{') => serde_json::from_slice(body).map_err(refusal),
        // Derived structs would take an array for their members in order.
        Some(_) => Err(not_an_object()),
    }
}

/// Why an input cannot be read.
pub(crate) fn refusal(error: serde_json::Error) -> ApiError {
    match error.classify() {
        Category::Data => {
            let text = error.to_string();
            let place = format!(" at line {} column {}", error.line(), error.column());
            let text = text.strip_suffix(&place).unwrap_or(&text).to_owned();
            ApiError::new(ErrorKind::SerializationException, text)
        }
        Category::Syntax | Category::Eof | Category::Io => not_an_object(),
    }
}

/// The refusal of a body that is something else.
pub(crate) fn not_an_object() -> ApiError {
    ApiError::new(ErrorKind::SerializationException, "The request body is not a JSON object.")
}

/// Writes an operation's output. An operation without output (`()`) has an empty body.
///
/// # Errors
///
/// `InternalFailure` for a shape that JSON cannot express.
pub fn encode<T: Serialize>(output: &T) -> Result<Vec<u8>, ApiError> {
    let mut body = Vec::with_capacity(ANSWER_BYTES_USUAL);
    serde_json::to_writer(&mut body, output).map_err(|_| ApiError::internal_failure())?;
    // Serde writes a unit, which is no output, as null.
    if body == b"null" {
        body.clear();
    }
    Ok(body)
}

/// Writes an operation's output as JSON for a Query request that accepts `application/json`.
///
/// # Errors
///
/// `InternalFailure` for a shape that JSON cannot express.
pub fn encode_for_query<T: Serialize>(output: &T, envelope: Envelope<'_>) -> Result<Vec<u8>, ApiError> {
    let Envelope { dialect, operation, request_id } = envelope;
    let mut response = Map::new();
    let result = serde_json::to_value(output).map_err(|_| ApiError::internal_failure())?;
    if !result.is_null() {
        response.insert(format!("{operation}Result"), list_entries(result, dialect));
    }
    response.insert("ResponseMetadata".to_owned(), json!({ "RequestId": request_id }));
    Ok(json!({ format!("{operation}Response"): response }).to_string().into_bytes())
}

/// Turns every map into the list of its entries, as the Query protocol has it.
fn list_entries(value: Value, dialect: &Dialect) -> Value {
    match value {
        Value::Object(members) => members
            .into_iter()
            .map(|(member, value)| match dialect.collection(&member) {
                Some(row) => (row.query_json.to_owned(), entries(value, row.entry, dialect)),
                None => (member, list_entries(value, dialect)),
            })
            .collect(),
        Value::Array(elements) => elements.into_iter().map(|element| list_entries(element, dialect)).collect(),
        scalar => scalar,
    }
}

fn entries(value: Value, entry: Option<(&str, &str)>, dialect: &Dialect) -> Value {
    match (value, entry) {
        (Value::Object(map), Some((key_name, value_name))) => map
            .into_iter()
            .map(|(key, value)| json!({ key_name: key, value_name: list_entries(value, dialect) }))
            .collect(),
        (value, _) => list_entries(value, dialect),
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;
    use std::collections::BTreeMap;

    use super::*;
    use crate::codec::{Blob, Integer, SQS, Text, TextMap, null_as_default};

    #[derive(Deserialize, Debug, Default)]
    #[serde(rename_all = "PascalCase", default)]
    struct Input<'a> {
        #[serde(borrow)]
        queue_url: Text<'a>,
        delay_seconds: Option<Integer>,
        #[serde(borrow)]
        attributes: Option<TextMap<'a>>,
        #[serde(borrow, deserialize_with = "null_as_default")]
        attribute_names: Vec<Text<'a>>,
        blob: Option<Blob>,
    }

    fn decoded(body: &str) -> Input<'_> {
        decode(body.as_bytes()).expect(body)
    }

    fn refused(body: &str) -> String {
        let error = decode::<Input<'_>>(body.as_bytes()).expect_err(body);
        assert_eq!(error.kind(), ErrorKind::SerializationException);
        error.message().to_owned()
    }

    #[test]
    fn a_plain_string_is_borrowed_from_the_body() {
        assert!(matches!(decoded(r#"{"QueueUrl":"q"}"#).queue_url.0, Cow::Borrowed("q")));
        assert_eq!(&*decoded(r#"{"QueueUrl":"a\nb"}"#).queue_url, "a\nb");
    }

    #[test]
    fn numbers_and_booleans_become_their_text() {
        assert_eq!(&*decoded(r#"{"QueueUrl":12}"#).queue_url, "12");
        assert_eq!(&*decoded(r#"{"QueueUrl":-1}"#).queue_url, "-1");
        assert_eq!(&*decoded(r#"{"QueueUrl":1.0}"#).queue_url, "1.0");
        assert_eq!(&*decoded(r#"{"QueueUrl":true}"#).queue_url, "true");
        let input = decoded(r#"{"Attributes":{"DelaySeconds":5,"FifoQueue":true}}"#);
        let attributes = input.attributes.unwrap().0;
        assert_eq!(attributes.get("DelaySeconds").unwrap().as_ref(), "5");
        assert_eq!(attributes.get("FifoQueue").unwrap().as_ref(), "true");
    }

    #[test]
    fn null_and_an_empty_body_count_as_absent() {
        let nulls =
            decoded(r#"{"QueueUrl":null,"DelaySeconds":null,"Attributes":null,"AttributeNames":null,"Blob":null}"#);
        for input in [nulls, decoded(""), decoded(" {} "), decoded(r#"{"Unknown":[{}]}"#)] {
            assert!(input.queue_url.is_empty() && input.delay_seconds.is_none() && input.attributes.is_none());
            assert!(input.attribute_names.is_empty() && input.blob.is_none());
        }
    }

    #[test]
    fn wrong_types_are_refused_in_awss_words() {
        for (body, text) in [
            (r#"{"QueueUrl":{}}"#, "Start of structure or map found where not expected."),
            (r#"{"QueueUrl":["a"]}"#, "Start of list found where not expected"),
            (r#"{"Attributes":{"a":["b"]}}"#, "Unrecognized collection type class java.lang.String"),
            (r#"{"Attributes":{"a":{}}}"#, "Start of structure or map found where not expected."),
            (r#"{"DelaySeconds":"5"}"#, "STRING_VALUE can not be converted to an Integer"),
            (r#"{"DelaySeconds":true}"#, "TRUE_VALUE can not be converted to an Integer"),
            (r#"{"DelaySeconds":1.5}"#, "NUMBER_VALUE can not be converted to an Integer"),
            (r#"{"DelaySeconds":18446744073709551615}"#, "NUMBER_VALUE can not be converted to an Integer"),
            (r#"{"DelaySeconds":[1]}"#, "Start of list found where not expected"),
            (r#"{"Blob":"*"}"#, "A blob is not valid base64"),
        ] {
            assert_eq!(refused(body), text, "{body}");
        }
    }

    #[test]
    fn a_body_that_is_no_object_is_refused() {
        for body in ["[]", r#"["q"]"#, r#""q""#, "{", "{}{}", "nonsense", r#"{"QueueUrl":"\ud800"}"#] {
            refused(body);
        }
    }

    #[test]
    fn blobs_are_base64_both_ways() {
        assert_eq!(decoded(r#"{"Blob":"AAH/"}"#).blob.unwrap().0, [0, 1, 255]);
        assert_eq!(decoded(r#"{"Blob":"AA"}"#).blob.unwrap().0, [0]);
        assert_eq!(encode(&Blob(vec![0, 1, 255])).unwrap(), br#""AAH/""#);
    }

    #[derive(Serialize, Default)]
    #[serde(rename_all = "PascalCase")]
    struct Output {
        #[serde(skip_serializing_if = "Vec::is_empty")]
        messages: Vec<Message>,
    }

    #[derive(Serialize)]
    #[serde(rename_all = "PascalCase")]
    struct Message {
        body: String,
        attributes: BTreeMap<String, String>,
    }

    #[test]
    fn a_void_operation_has_no_body_and_an_empty_result_is_an_object() {
        assert_eq!(encode(&()).unwrap(), b"");
        assert_eq!(encode(&Output::default()).unwrap(), b"{}");
    }

    #[test]
    fn a_query_request_that_accepts_json_gets_its_maps_as_lists() {
        let attributes = BTreeMap::from([("SenderId".to_owned(), "me".to_owned())]);
        let output = Output { messages: vec![Message { body: "hi".into(), attributes }] };
        let envelope = Envelope { dialect: &SQS, operation: "ReceiveMessage", request_id: "r" };
        let body = encode_for_query(&output, envelope).unwrap();
        assert_eq!(
            String::from_utf8(body).unwrap(),
            concat!(
                r#"{"ReceiveMessageResponse":{"ReceiveMessageResult":{"messages":["#,
                r#"{"Attributes":[{"Name":"SenderId","Value":"me"}],"Body":"hi"}]},"#,
                r#""ResponseMetadata":{"RequestId":"r"}}}"#
            )
        );
        let void = encode_for_query(&(), Envelope { operation: "DeleteQueue", ..envelope }).unwrap();
        assert_eq!(void, br#"{"DeleteQueueResponse":{"ResponseMetadata":{"RequestId":"r"}}}"#);
    }
}
