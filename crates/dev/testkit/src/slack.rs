//! Signs requests the way Slack signs the events it posts.

use std::time::{SystemTime, UNIX_EPOCH};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The two headers that Slack adds to a `body` posted now, for whoever knows `secret`.
#[must_use]
pub fn signature_headers(secret: &str, body: &[u8]) -> [(&'static str, String); 2] {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is past 1970").as_secs();
    signature_headers_at(secret, body, now)
}

/// The same for a `body` posted at `timestamp`, in seconds since 1970.
#[must_use]
pub fn signature_headers_at(secret: &str, body: &[u8], timestamp: u64) -> [(&'static str, String); 2] {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes a key of any length");
    mac.update(format!("v0:{timestamp}:").as_bytes());
    mac.update(body);
    let signature = hex::encode(mac.finalize().into_bytes());
    [("x-slack-request-timestamp", timestamp.to_string()), ("x-slack-signature", format!("v0={signature}"))]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The worked example of Slack's documentation: <https://docs.slack.dev/authentication/verifying-requests-from-slack>.
    #[test]
    fn the_documented_example_is_signed_as_documented() {
        let body = "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V\
                    &channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=\
                    &response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN\
                    &trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";
        let [timestamp, signature] =
            signature_headers_at("8f742231b10e8888abcd99yyyzzz85a5", body.as_bytes(), 1_531_420_618);
        assert_eq!(timestamp.1, "1531420618");
        assert_eq!(signature.1, "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503");
    }
}
