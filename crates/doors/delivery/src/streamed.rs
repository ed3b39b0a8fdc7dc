//! What a function that streams says before the body of its HTTP response.
//!
//! The response begins with a JSON object of status, headers and cookies, then eight NUL bytes, then the body. No JSON
//! holds a NUL byte, so that a response with such a beginning cannot be anything else.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::Deserialize;

/// What ends the prelude.
const SEPARATOR: [u8; 8] = [0; 8];
/// The longest prelude in bytes; what has no end until then is a body.
const PRELUDE_BYTES_MAX: usize = 64 * 1024;
const OK: u16 = 200;

/// The head of an HTTP response, as a function has written it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Prelude {
    /// The status, unchecked; 200 if the function named none.
    #[serde(default = "ok")]
    pub status_code: u16,
    /// Names and values, unchecked.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// The values of `Set-Cookie`, unchecked.
    #[serde(default)]
    pub cookies: Vec<String>,
}

fn ok() -> u16 {
    OK
}

/// Parts a response into prelude and body; `None` if it has no prelude.
pub fn split(response: &Bytes) -> Option<(Prelude, Bytes)> {
    if response.first() != Some(&b'{') {
        return None;
    }
    let beginning = &response[..response.len().min(PRELUDE_BYTES_MAX + SEPARATOR.len())];
    let end = beginning.windows(SEPARATOR.len()).position(|window| window == SEPARATOR)?;
    let prelude = serde_json::from_slice(&response[..end]).ok()?;
    Some((prelude, response.slice(end + SEPARATOR.len()..)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prelude_is_parted_from_the_body() {
        let response = Bytes::from_static(
            b"{\"statusCode\":201,\"headers\":{\"x\":\"y\"},\"cookies\":[\"a=b\"]}\0\0\0\0\0\0\0\0\0body",
        );
        let (prelude, body) = split(&response).unwrap();
        assert_eq!((prelude.status_code, prelude.cookies), (201, vec!["a=b".to_owned()]));
        assert_eq!(prelude.headers["x"], "y");
        assert_eq!(&*body, b"\0body", "only the first eight belong to the prelude");
    }

    #[test]
    fn a_prelude_may_leave_everything_out() {
        let (prelude, body) = split(&Bytes::from_static(b"{}\0\0\0\0\0\0\0\0")).unwrap();
        assert_eq!((prelude.status_code, body.len()), (200, 0));
    }

    #[test]
    fn what_has_no_prelude_is_left_alone() {
        for response in ["", "{}", "{\"statusCode\":200}", "hello\0\0\0\0\0\0\0\0", "{no json\0\0\0\0\0\0\0\0"] {
            assert_eq!(split(&Bytes::from(response)), None, "{response:?}");
        }
    }
}
