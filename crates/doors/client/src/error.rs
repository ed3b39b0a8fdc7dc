//! What can go wrong with a call, by what the caller can do about it.

use std::{fmt, io};

use serde::Deserialize;

/// What of an answer that is not AWS's is worth showing.
const EXCERPT_CHARACTERS_MAX: usize = 200;

/// Why a connection could not be made. Nothing was asked; the caller may try again.
#[derive(Debug, thiserror::Error)]
#[error("cannot connect to {endpoint}: {reason}")]
pub struct ConnectError {
    /// Where to.
    pub endpoint: String,
    /// What the system, or TLS, says.
    pub reason: io::Error,
}

/// Why a call brought nothing.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// Nothing was asked; the caller may try again.
    #[error(transparent)]
    Unreachable(#[from] ConnectError),
    /// The endpoint may or may not have done what was asked; only a call that may be repeated should be.
    #[error("no answer: {0}")]
    Unanswered(io::Error),
    /// The endpoint cannot do it now, and did not; the caller may try again later.
    #[error("{0}")]
    Unavailable(Refusal),
    /// The endpoint will not do it, however often it is asked.
    #[error("{0}")]
    Refused(Refusal),
    /// Something else than AWS's API answers there.
    #[error("the answer is not understood: {0}")]
    NotUnderstood(String),
}

/// The message tells all that the cause would, so that a chain of causes does not tell it twice.
impl From<io::Error> for CallError {
    fn from(error: io::Error) -> Self {
        Self::Unanswered(error)
    }
}

impl CallError {
    /// One word to count errors by: AWS's code, or what happened to the connection.
    pub fn code(&self) -> &str {
        match self {
            Self::Unreachable(_) => "Unreachable",
            Self::Unanswered(_) => "Unanswered",
            Self::Unavailable(refusal) | Self::Refused(refusal) => &refusal.code,
            Self::NotUnderstood(_) => "NotUnderstood",
        }
    }

    /// True if the endpoint refused with this code: the last word of the JSON protocol's `__type`.
    pub fn is_refusal(&self, code: &str) -> bool {
        matches!(self, Self::Refused(refusal) if refusal.code == code)
    }
}

/// An endpoint's "no".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// AWS's code, such as `QueueDoesNotExist`: the last word of the JSON protocol's `__type`, or what other protocols
    /// have in its place; `HTTP 503` for an answer without one.
    pub code: String,
    /// What the endpoint says.
    pub message: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.message.as_str() {
            "" => f.write_str(&self.code),
            message => write!(f, "{}: {message}", self.code),
        }
    }
}

/// The body of an error in AWS JSON 1.0, and in REST services, which have the kind in a header.
#[derive(Deserialize)]
struct ErrorBody {
    #[serde(rename = "__type", default)]
    kind: String,
    #[serde(default, alias = "Message")]
    message: String,
}

/// Reads an answer that is no success; `kind` is what its header `x-amzn-errortype` says.
pub(crate) fn refusal(status: u16, kind: Option<&str>, body: &[u8]) -> CallError {
    let refusal = in_json(kind, body)
        .or_else(|| in_xml(body))
        .unwrap_or_else(|| Refusal { code: format!("HTTP {status}"), message: excerpt(body) });
    const THROTTLED: [&str; 3] = ["RequestThrottled", "ThrottlingException", "Throttling"];
    let is_temporary = status >= 500 || status == 429 || THROTTLED.contains(&refusal.code.as_str());
    if is_temporary { CallError::Unavailable(refusal) } else { CallError::Refused(refusal) }
}

fn in_json(kind: Option<&str>, body: &[u8]) -> Option<Refusal> {
    let body: ErrorBody = serde_json::from_slice(body).ok()?;
    // A header may go on after a colon.
    let kind = kind.and_then(|kind| kind.split(':').next()).unwrap_or(&body.kind);
    let code = kind.rsplit('#').next().filter(|code| !code.is_empty())?;
    Some(Refusal { code: code.to_owned(), message: body.message })
}

/// The Query protocol's `<ErrorResponse><Error><Code>…</Code><Message>…`.
fn in_xml(body: &[u8]) -> Option<Refusal> {
    let text = std::str::from_utf8(body).ok()?;
    let code = element(text, "Code")?;
    Some(Refusal { code, message: element(text, "Message").unwrap_or_default() })
}

/// The text of the first element of this name, which has no attributes.
pub(crate) fn element(xml: &str, name: &str) -> Option<String> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    let (text, _) = rest.split_once(&format!("</{name}>"))?;
    let plain = [
        ("&#xD;", "\r"),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&apos;", "'"),
        ("&#39;", "'"),
        ("&amp;", "&"),
    ];
    Some(plain.into_iter().fold(text.to_owned(), |text, (escaped, character)| text.replace(escaped, character)))
}

/// The beginning of an answer, on one line.
pub(crate) fn excerpt(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let shown = text.chars().take(EXCERPT_CHARACTERS_MAX);
    shown.map(|character| if character.is_control() { ' ' } else { character }).collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_read_from_the_json_protocol() {
        let body =
            br#"{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"The specified queue does not exist."}"#;
        let error = refusal(400, None, body);
        assert!(error.is_refusal("QueueDoesNotExist"), "{error:?}");
        assert_eq!(error.to_string(), "QueueDoesNotExist: The specified queue does not exist.");
    }

    #[test]
    fn a_refusal_is_read_from_the_other_protocols() {
        let rest = refusal(404, Some("ResourceNotFoundException:http://x/"), br#"{"Type":"User","Message":"No f."}"#);
        assert!(rest.is_refusal("ResourceNotFoundException") && rest.to_string().ends_with(": No f."), "{rest:?}");
        let throttled = refusal(429, Some("TooManyRequestsException"), br#"{"message":"Rate Exceeded."}"#);
        assert!(matches!(throttled, CallError::Unavailable(_)), "{throttled:?}");
        let query = refusal(
            404,
            None,
            b"<ErrorResponse xmlns=\"http://x/\"><Error><Type>Sender</Type><Code>NotFound</Code>\
              <Message>No &amp;lt; &lt;t&gt;</Message></Error><RequestId>r</RequestId></ErrorResponse>",
        );
        assert_eq!(query.to_string(), "NotFound: No &lt; <t>");
    }

    #[test]
    fn what_may_be_tried_again_is_told_from_what_may_not() {
        let throttled = refusal(403, None, br#"{"__type":"com.amazonaws.sqs#RequestThrottled"}"#);
        assert!(matches!(throttled, CallError::Unavailable(_)));
        assert_eq!(throttled.to_string(), "RequestThrottled");
        assert!(matches!(refusal(503, None, b"busy"), CallError::Unavailable(_)));
        assert!(matches!(refusal(404, None, b""), CallError::Refused(_)));
    }

    #[test]
    fn an_answer_of_somebody_else_is_shown_on_one_line() {
        let error = refusal(502, None, "<html>\n\x1b[2Jbad gateway".as_bytes());
        assert_eq!(error.to_string(), "HTTP 502: <html>  [2Jbad gateway");
        assert_eq!(error.code(), "HTTP 502");
        assert_eq!(
            refusal(502, None, "x".repeat(999).as_bytes()).to_string().len(),
            "HTTP 502: ".len() + EXCERPT_CHARACTERS_MAX
        );
    }
}
