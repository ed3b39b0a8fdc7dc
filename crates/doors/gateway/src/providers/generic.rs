//! `hmac`, `ed25519` and `token`: senders that no other file knows, described by a route's options.
//!
//! `hmac` and `ed25519` sign each request; with `token` a header has to be one of the secrets.
//!
//! | option | meaning | unless given |
//! | --- | --- | --- |
//! | `Header` | the header with the signature or the token | required |
//! | `Prefix` | what stands before it there: `sha256=`, `Bearer ` | nothing |
//! | `Separator` | the character between several signatures, of which those with the prefix count | there is one signature |
//! | `Encoding` | of a signature: `hex` or `base64` | `hex` |
//! | `Hash` | of `hmac`: `sha256`, `sha1` or `sha512` | `sha256` |
//! | `Message` | what is signed: text with `{body}`, `{id}`, `{timestamp}`, `{url}` and `{sorted_form}` | `{body}` |
//! | `Key` | what a secret is: the key's own text (`raw`), `hex` or `base64` of it | `raw`; `hex` of `ed25519` |
//! | `KeyPrefix` | what stands before the key in a secret and is no part of it | nothing |
//! | `IdHeader` | the header with the `{id}`, which is then the deduplication id | |
//! | `TimestampHeader` | the header with the `{timestamp}`, in seconds | |
//! | `TimestampPrefix` | what stands before the `{timestamp}` among the signatures | |
//! | `ToleranceSeconds` | how far the timestamp may be from the present | 300 |
//! | `PublicUrl` | the `{url}` up to its query; without a path, the path that arrives counts | |
//!
//! Without an id only the route can name a deduplication id (for GitHub `$request.header.X-GitHub-Delivery`); without
//! one the queue's own setting decides. A route to a FIFO queue names the group itself.

use hyper::header::HeaderName;

use super::{
    Provider, Secret, Settings, SettingsError,
    names::Names,
    scheme::{Encoding, Part, Scheme, TOLERANCE_SECONDS, Timestamp, TimestampPlace},
    signature::Algorithm,
    signed::Signed,
};
use crate::BodyKind;

const OF_ALL: [&str; 2] = ["Header", "Prefix"];
const OF_SIGNED: [&str; 10] = [
    "Separator",
    "Encoding",
    "Message",
    "Key",
    "KeyPrefix",
    "IdHeader",
    "TimestampHeader",
    "TimestampPrefix",
    "ToleranceSeconds",
    "PublicUrl",
];

const MESSAGE: &str = "{body}";
const ENCODINGS: [(&str, Encoding); 2] = [("hex", Encoding::Hex), ("base64", Encoding::Base64)];
const KEYS: [(&str, Encoding); 3] = [("raw", Encoding::Plain), ("hex", Encoding::Hex), ("base64", Encoding::Base64)];
const PUBLIC_KEYS: [(&str, Encoding); 2] = [("hex", Encoding::Hex), ("base64", Encoding::Base64)];
const HASHES: [(&str, Algorithm); 3] =
    [("sha256", Algorithm::HmacSha256), ("sha1", Algorithm::HmacSha1), ("sha512", Algorithm::HmacSha512)];

pub(super) fn hmac(settings: &Settings<'_>) -> Result<Box<dyn Provider>, SettingsError> {
    settings.only_options(&[&OF_ALL[..], &OF_SIGNED, &["Hash"]].concat())?;
    signed(settings, settings.choice("Hash", &HASHES)?, &KEYS)
}

pub(super) fn ed25519(settings: &Settings<'_>) -> Result<Box<dyn Provider>, SettingsError> {
    settings.only_options(&[&OF_ALL[..], &OF_SIGNED].concat())?;
    signed(settings, Algorithm::Ed25519, &PUBLIC_KEYS)
}

pub(super) fn token(settings: &Settings<'_>) -> Result<Box<dyn Provider>, SettingsError> {
    settings.only_options(&OF_ALL)?;
    let scheme = Scheme {
        algorithm: Algorithm::Token,
        encoding: Encoding::Plain,
        header: settings.header("Header")?,
        prefix: settings.option("Prefix").unwrap_or_default().to_owned().into(),
        ..Scheme::new("authorization", settings.secrets()?)
    };
    Ok(Box::new(Signed::new(vec![scheme], &Names::NONE, BodyKind::Text)))
}

fn signed(
    settings: &Settings<'_>,
    algorithm: Algorithm,
    key_forms: &[(&str, Encoding)],
) -> Result<Box<dyn Provider>, SettingsError> {
    let message = message(settings)?;
    let id: Option<HeaderName> = settings.parsed("IdHeader")?;
    let separator: Option<char> = settings.parsed("Separator")?;
    let timestamp = timestamp(settings, separator)?;
    let public_url = settings.parsed("PublicUrl")?;
    // What is not signed says nothing, and what is signed has to be known.
    for (part, is_known, option) in [
        (Part::Id, id.is_some(), "IdHeader"),
        (Part::Timestamp, timestamp.is_some(), "TimestampHeader` or `TimestampPrefix"),
        (Part::Url, public_url.is_some(), "PublicUrl"),
    ] {
        if message.contains(&part) != is_known {
            let name = format!("{part:?}").to_lowercase();
            return Err(
                settings.error(format_args!("needs `{option}` where `Message` has {{{name}}}, and nowhere else"))
            );
        }
    }
    if !message.iter().any(|part| matches!(part, Part::Body | Part::SortedForm)) {
        return Err(settings.error("needs {body} or {sorted_form} in its `Message`: anything could be sent"));
    }
    let id_selector = id.clone();
    let scheme = Scheme {
        keys: keys(settings, settings.choice("Key", key_forms)?)?,
        algorithm,
        header: settings.header("Header")?,
        separator,
        prefix: settings.option("Prefix").unwrap_or_default().to_owned().into(),
        encoding: settings.choice("Encoding", &ENCODINGS)?,
        message: message.into(),
        id,
        timestamp,
        public_url,
    };
    let provider = Signed::new(vec![scheme], &Names::NONE, BodyKind::Text);
    Ok(Box::new(match id_selector {
        None => provider,
        Some(header) => {
            let id = super::names::selector(&format!("$request.header.{header}"));
            provider.with_look(Box::new(move |event, _, _| {
                event.deduplication = event.select(&id);
                Ok(None)
            }))
        }
    }))
}

fn keys(settings: &Settings<'_>, form: Encoding) -> Result<Vec<Secret>, SettingsError> {
    let prefix = settings.option("KeyPrefix").unwrap_or_default();
    let key = |secret: &Secret| {
        let text = str::from_utf8(secret.bytes()).ok()?.strip_prefix(prefix)?;
        form.decode(text).filter(|key| !key.is_empty()).map(Secret::from)
    };
    let keys: Option<_> = settings.secrets()?.iter().map(key).collect();
    keys.ok_or_else(|| settings.error("has secrets that are not what `Key` and `KeyPrefix` say"))
}

fn timestamp(settings: &Settings<'_>, separator: Option<char>) -> Result<Option<Timestamp>, SettingsError> {
    let header: Option<HeaderName> = settings.parsed("TimestampHeader")?;
    let among = settings.option("TimestampPrefix");
    let tolerance: Option<u64> = settings.parsed("ToleranceSeconds")?;
    let place = match (header, among) {
        (Some(header), None) => TimestampPlace::Header(header),
        (None, Some(prefix)) if separator.is_some() && !prefix.is_empty() => {
            TimestampPlace::Among(prefix.to_owned().into())
        }
        (None, None) if tolerance.is_none() => return Ok(None),
        _ => {
            return Err(settings.error(
                "needs one of `TimestampHeader` and `TimestampPrefix`, and `Separator` with the latter, for timestamps",
            ));
        }
    };
    Ok(Some(Timestamp { place, tolerance_seconds: tolerance.unwrap_or(TOLERANCE_SECONDS) }))
}

/// Text and, in braces, what stands in its place.
fn message(settings: &Settings<'_>) -> Result<Vec<Part>, SettingsError> {
    let mut parts = Vec::new();
    let mut rest = settings.option("Message").unwrap_or(MESSAGE);
    while let Some((text, after)) = rest.split_once('{') {
        if !text.is_empty() {
            parts.push(Part::Text(text.to_owned().into()));
        }
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        parts.push(match name {
            "body" => Part::Body,
            "id" => Part::Id,
            "timestamp" => Part::Timestamp,
            "url" => Part::Url,
            "sorted_form" => Part::SortedForm,
            _ => return Err(settings.error(format_args!("does not know {{{name}}} in its `Message`"))),
        });
        rest = after;
    }
    if !rest.is_empty() {
        parts.push(Part::Text(rest.to_owned().into()));
    }
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use base64::Engine;

    use super::*;
    use crate::providers::{
        self, Refusal,
        scheme::BASE64,
        signature::hmac_sha256_hex,
        testing::{Sent, check, check_body, ed25519 as key_pair, receive, webhook},
    };

    const GITHUB: &[(&str, &str)] = &[("Header", "X-Hub-Signature-256"), ("Prefix", "sha256=")];

    /// GitHub's published example.
    const SECRET: &str = "It's a Secret to Everybody";
    const BODY: &str = "Hello, World!";
    const SIGNATURE: &str = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";

    #[test]
    fn a_signature_over_the_body_is_believed() {
        let sent = Sent::post(&[("X-Hub-Signature-256", SIGNATURE)], BODY);
        let github = webhook("hmac", &[SECRET], GITHUB);
        check(&github, 0, &sent, "x-hub-signature-256", "- / -");
        check_body(&github, 0, &sent);
        let upper = SIGNATURE.to_uppercase().replace("SHA", "sha");
        assert!(receive(&github, 0, &Sent::post(&[("X-Hub-Signature-256", &upper)], BODY)).is_ok());
        let shopify = webhook("hmac", &["hush"], &[("Header", "x-shopify-hmac-sha256"), ("Encoding", "base64")]);
        let signature = "VnKUjZsLuN5iZWjn5EntcBVCF9kMN43LglzCE1/GSeY=";
        let sent = Sent::post(&[("X-Shopify-Hmac-Sha256", signature)], r#"{"id":1}"#);
        check(&shopify, 0, &sent, "x-shopify-hmac-sha256", "- / -");
    }

    #[test]
    fn what_is_malformed_is_told_from_what_is_wrong() {
        let webhook = webhook("hmac", &[SECRET], GITHUB);
        let hear = |value: &str| receive(&webhook, 0, &Sent::post(&[("x-hub-signature-256", value)], BODY));
        let malformed = Refusal::HeaderMalformed("x-hub-signature-256".parse().unwrap());
        for value in ["", "sha256", "sha1=00", "sha256=xyz", "sha256=0", &SIGNATURE[7..]] {
            assert_eq!(hear(value), Err(malformed.clone()), "{value}");
        }
        for value in ["sha256=", "sha256=75", &SIGNATURE[..69], &format!("{SIGNATURE}00")] {
            assert_eq!(hear(value), Err(Refusal::SignatureWrong), "{value}");
        }
    }

    /// The test cases 2 of RFC 2202 and RFC 4231.
    #[test]
    fn sha1_and_sha512_are_believed() {
        let sha512 = "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554\
                      9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737";
        for (hash, signature) in [("sha1", "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"), ("sha512", sha512)] {
            let webhook = webhook("hmac", &["Jefe"], &[("Header", "x"), ("Hash", hash)]);
            let sent = Sent::post(&[("x", signature)], "what do ya want for nothing?");
            assert_eq!(receive(&webhook, 0, &sent).as_deref(), Ok("- / -"));
        }
    }

    /// The vectors of other providers, by options alone.
    #[test]
    fn other_providers_can_be_described() {
        let stripe = webhook(
            "hmac",
            &["whsec_test_secret"],
            &[
                ("Header", "Stripe-Signature"),
                ("Separator", ","),
                ("Prefix", "v1="),
                ("TimestampPrefix", "t="),
                ("Message", "{timestamp}.{body}"),
            ],
        );
        let signature = "t=1492774577,v1=91110bb4292e56d95b06660f55b3f65c0157840684729f1271e6da44c1ed57eb";
        let body = r#"{"id":"evt_1","object":"event","type":"charge.succeeded"}"#;
        let sent = Sent::post(&[("Stripe-Signature", signature)], body);
        check(&stripe, 1_492_774_577, &sent, "stripe-signature", "- / -");
        assert_eq!(receive(&stripe, 1_492_774_878, &sent), Err(Refusal::Stale));

        let standard = webhook(
            "hmac",
            &["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
            &[
                ("Header", "webhook-signature"),
                ("Separator", " "),
                ("Prefix", "v1,"),
                ("Encoding", "base64"),
                ("Key", "base64"),
                ("KeyPrefix", "whsec_"),
                ("IdHeader", "webhook-id"),
                ("TimestampHeader", "webhook-timestamp"),
                ("ToleranceSeconds", "60"),
                ("Message", "{id}.{timestamp}.{body}"),
            ],
        );
        let headers = [
            ("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"),
            ("webhook-timestamp", "1614265330"),
            ("webhook-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
        ];
        let sent = Sent::post(&headers, r#"{"test": 2432232314}"#);
        check(&standard, 1_614_265_330, &sent, "webhook-signature", "- / msg_p5jXN8AQM9LWM0D4loKWxJek");
        assert_eq!(receive(&standard, 1_614_265_391, &sent), Err(Refusal::Stale));

        let square = webhook(
            "hmac",
            &["sq-key"],
            &[
                ("Header", "x-square-hmacsha256-signature"),
                ("Encoding", "base64"),
                ("Message", "{url}{body}"),
                ("PublicUrl", "https://example.com"),
            ],
        );
        let headers = [("x-square-hmacsha256-signature", "clU1YNSW1h7bapgdZiP1ng+iG3xz5FCQX/s2CWNlpXg=")];
        check(&square, 0, &Sent::post(&headers, r#"{"hello":"world"}"#), headers[0].0, "- / -");

        let twilio = webhook(
            "hmac",
            &["12345"],
            &[
                ("Header", "X-Twilio-Signature"),
                ("Hash", "sha1"),
                ("Encoding", "base64"),
                ("Message", "{url}{sorted_form}"),
                ("PublicUrl", "https://example.com/myapp.php"),
            ],
        );
        let headers = [("X-Twilio-Signature", "L/OH5YylLD5NRKLltdqwSvS0BnU=")];
        let form = "CallSid=CA1234567890ABCDE&Caller=%2B14158675310&Digits=1234&From=%2B14158675310&To=%2B18005551212";
        let sent = Sent::new("POST", "/?foo=1&bar=2", &headers, form);
        check(&twilio, 0, &sent, "x-twilio-signature", "- / -");
    }

    #[test]
    fn text_of_a_message_is_signed_as_it_stands() {
        let options = [("Header", "x"), ("Message", "v0:{body}!")];
        let signature = hmac_sha256_hex(&Secret::from("s"), "v0:b!");
        assert!(receive(&webhook("hmac", &["s"], &options), 0, &Sent::post(&[("x", &signature)], "b")).is_ok());
    }

    #[test]
    fn public_keys_verify() {
        let (pair, public) = key_pair();
        let (hex, base64) = (hex::encode(&public), BASE64.encode(&public));
        let signature = hex::encode(pair.sign(b"1763800000hello"));
        for (key, form) in [(&hex, &[][..]), (&base64, &[("Key", "base64")])] {
            let options = [("Header", "x-sig"), ("TimestampHeader", "x-time"), ("Message", "{timestamp}{body}")];
            let webhook = webhook("ed25519", &[key], &[&options[..], form].concat());
            let sent = Sent::post(&[("x-sig", &signature), ("x-time", "1763800000")], "hello");
            assert_eq!(receive(&webhook, 1_763_800_000, &sent).as_deref(), Ok("- / -"));
            check_body(&webhook, 1_763_800_000, &sent);
        }
    }

    #[test]
    fn a_token_is_one_of_the_secrets() {
        let webhook = webhook("token", &["tok"], &[("Header", "Authorization"), ("Prefix", "Bearer ")]);
        check(&webhook, 0, &Sent::post(&[("Authorization", "Bearer tok")], "anything"), "authorization", "- / -");
        for value in ["Bearer to", "Bearer tokk", "Bearer ", "tok"] {
            assert!(receive(&webhook, 0, &Sent::post(&[("Authorization", value)], "anything")).is_err(), "{value}");
        }
    }

    #[test]
    fn settings_that_verify_nothing_are_refused() {
        let refused = |provider: &str, secrets: &[&str], options: &[(&str, &str)]| {
            let reason = providers::make(&webhook(provider, secrets, options)).err();
            reason.unwrap_or_else(|| panic!("{provider} {options:?}")).to_string()
        };
        for secrets in [&[][..], &[""], &["good", ""]] {
            assert_eq!(refused("hmac", secrets, GITHUB), "the provider `hmac` needs secrets that are not empty");
        }
        let header = ("Header", "x");
        for options in [
            &[][..],
            &[("Header", "not a header")],
            &[header, ("Hash", "md5")],
            &[header, ("Encoding", "utf-8")],
            &[header, ("Hedaer", "y")],
            &[header, ("Separator", "::")],
            &[header, ("Message", "constant")],
            &[header, ("Message", "{url}"), ("PublicUrl", "https://a")],
            &[header, ("Message", "{body}{what}")],
            &[header, ("Message", "{body}{id}")],
            &[header, ("IdHeader", "x-id")],
            &[header, ("Message", "{timestamp}{body}")],
            &[header, ("TimestampHeader", "x-time")],
            &[header, ("ToleranceSeconds", "5")],
            &[header, ("Message", "{timestamp}{body}"), ("TimestampPrefix", "t=")],
            &[header, ("Message", "{timestamp}{body}"), ("TimestampHeader", "a"), ("TimestampPrefix", "t=")],
            &[header, ("Message", "{timestamp}{body}"), ("TimestampHeader", "a"), ("ToleranceSeconds", "soon")],
            &[header, ("Message", "{url}{body}"), ("PublicUrl", "example.com")],
            &[header, ("PublicUrl", "https://example.com")],
            &[header, ("Key", "base64")],
            &[header, ("KeyPrefix", "whsec_")],
        ] {
            refused("hmac", &["not base64!"], options);
        }
        refused("ed25519", &["zz"], &[header]);
        refused("ed25519", &["00"], &[header, ("Hash", "sha256")]);
        refused("ed25519", &["00"], &[header, ("Key", "raw")]);
        refused("token", &["t"], &[header, ("Encoding", "hex")]);
        refused("token", &[], &[header]);
        assert!(refused("nobody", &["s"], &[]).starts_with("there is no provider `nobody`, only cafe24, "));
    }
}
