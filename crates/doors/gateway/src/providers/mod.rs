//! Who may send webhooks: a file a provider, and what they share.
//!
//! To add a provider, write its file (copy the one most like it) and add its `mod` and its row in [`PROVIDERS`].

mod hmac;
mod none;
mod signature;
mod slack;

use std::{collections::BTreeMap, fmt, time::Duration};

use bytes::Bytes;
use hyper::{HeaderMap, StatusCode};

use crate::{BodyKind, Selector, Webhook};

type Make = fn(&Settings<'_>) -> Result<Box<dyn Provider>, SettingsError>;

const PROVIDERS: &[(&str, Make)] = &[("hmac", hmac::make), ("none", none::make), ("slack", slack::make)];

/// SQS remembers deduplication ids that long in any case.
const REDELIVERY_WINDOW_MIN: Duration = Duration::from_secs(5 * 60);

/// Knows one kind of sender.
pub(crate) trait Provider: Send + Sync {
    /// Verifies the raw request at `now_ms` (since 1970). Says no in a `Refusal`, answers a handshake, or vouches for it.
    fn receive<'a>(&self, request: Unverified<'a>, now_ms: u64) -> Result<Received<'a>, Refusal>;

    /// Whether a verified webhook always has a group, so that a route needs to name none.
    fn gives_group(&self) -> bool {
        false
    }

    /// What its webhooks' bodies are; a route may ask for more.
    fn body(&self) -> BodyKind {
        BodyKind::Text
    }
}

/// What a provider made of a request that it believes.
#[derive(Debug, PartialEq)]
pub(crate) enum Received<'a> {
    /// Becomes a message.
    Event(Verified<'a>),
    /// A handshake: answered with this text, at once, and no message comes of it.
    Answer(String),
}

/// A request as it came. Anybody may have sent it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Unverified<'a> {
    headers: &'a HeaderMap,
    body: &'a Bytes,
}

impl<'a> Unverified<'a> {
    pub(crate) fn new(headers: &'a HeaderMap, body: &'a Bytes) -> Self {
        Self { headers, body }
    }

    /// The only value of a header that must be there.
    fn header(&self, name: &str) -> Result<&'a str, Refusal> {
        let mut values = self.headers.get_all(name).iter();
        let value = values.next().ok_or_else(|| Refusal::HeaderMissing(name.into()))?;
        match (values.next(), value.to_str()) {
            (None, Ok(value)) => Ok(value),
            _ => Err(Refusal::HeaderMalformed(name.into())),
        }
    }

    /// Says that a provider believes the request. Private to the providers: nobody else can.
    fn verified(self) -> Verified<'a> {
        let Self { headers, body } = self;
        Verified { headers, body, group: None, deduplication: None, redelivery_window: REDELIVERY_WINDOW_MIN }
    }
}

/// A request that its provider vouches for, with the provider's defaults.
#[derive(Debug, PartialEq)]
pub(crate) struct Verified<'a> {
    headers: &'a HeaderMap,
    body: &'a Bytes,
    group: Option<String>,
    deduplication: Option<String>,
    redelivery_window: Duration,
}

impl Verified<'_> {
    pub(crate) fn body(&self) -> &Bytes {
        self.body
    }

    pub(crate) fn select(&self, selector: &Selector) -> Option<String> {
        selector.select(self.headers, str::from_utf8(self.body).ok()?)
    }

    pub(crate) fn default_group(&self) -> Option<&str> {
        self.group.as_deref()
    }

    pub(crate) fn default_deduplication(&self) -> Option<&str> {
        self.deduplication.as_deref()
    }

    pub(crate) fn redelivery_window(&self) -> Duration {
        self.redelivery_window
    }
}

/// Why a request is not believed, or not understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("The header {0} is missing")]
    HeaderMissing(String),
    #[error("The header {0} is malformed")]
    HeaderMalformed(String),
    #[error("The signature does not match")]
    SignatureWrong,
    #[error("The timestamp is too far from the present")]
    Stale,
    #[error("{0}")]
    BodyUnfit(&'static str),
    #[error("{selector} selects nothing")]
    NothingSelected { selector: Selector },
}

impl Refusal {
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::HeaderMissing(_) | Self::HeaderMalformed(_) | Self::SignatureWrong | Self::Stale => {
                StatusCode::UNAUTHORIZED
            }
            Self::BodyUnfit(_) | Self::NothingSelected { .. } => StatusCode::BAD_REQUEST,
        }
    }
}

/// A key that signs webhooks. It never shows in logs, and cannot be compared but through a signature.
#[derive(Clone)]
pub struct Secret(Box<[u8]>);

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(text.as_bytes().into())
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        text.as_str().into()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Why a provider cannot be set up as a route asks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SettingsError(String);

/// What a route gives to its provider.
struct Settings<'a> {
    provider: &'a str,
    secrets: &'a [Secret],
    options: &'a BTreeMap<String, String>,
}

impl Settings<'_> {
    /// The secrets: at least one, none empty. An empty key would let anybody sign.
    fn secrets(&self) -> Result<Vec<Secret>, SettingsError> {
        if self.secrets.is_empty() || self.secrets.iter().any(|secret| secret.0.is_empty()) {
            return Err(SettingsError(format!("the provider `{}` needs secrets that are not empty", self.provider)));
        }
        Ok(self.secrets.to_vec())
    }

    /// No secret may be given where none is looked at.
    fn no_secrets(&self) -> Result<(), SettingsError> {
        if self.secrets.is_empty() {
            return Ok(());
        }
        Err(SettingsError(format!("the provider `{}` verifies nothing and takes no secrets", self.provider)))
    }

    fn only_options(&self, known: &[&str]) -> Result<(), SettingsError> {
        match self.options.keys().find(|name| !known.contains(&name.as_str())) {
            Some(name) => Err(SettingsError(format!("the provider `{}` has no option `{name}`", self.provider))),
            None => Ok(()),
        }
    }

    fn option(&self, name: &str) -> Option<&str> {
        self.options.get(name).map(String::as_str)
    }

    /// The value that an option's text stands for; the first one if the option is not given.
    fn choice<T: Copy>(&self, name: &str, choices: &[(&str, T)]) -> Result<T, SettingsError> {
        let given = self.option(name).unwrap_or(choices[0].0);
        let known = choices.iter().find(|(text, _)| *text == given);
        known.map(|(_, value)| *value).ok_or_else(|| {
            let texts: Vec<_> = choices.iter().map(|(text, _)| *text).collect();
            SettingsError(format!("`{name}` of the provider `{}` is one of {}", self.provider, texts.join(", ")))
        })
    }
}

/// The provider that a route names.
pub(crate) fn make(webhook: &Webhook) -> Result<Box<dyn Provider>, SettingsError> {
    let name = webhook.provider.as_str();
    let Some((_, make)) = PROVIDERS.iter().find(|(known, _)| *known == name) else {
        let known: Vec<_> = PROVIDERS.iter().map(|(known, _)| *known).collect();
        return Err(SettingsError(format!("there is no provider `{name}`, only {}", known.join(", "))));
    };
    make(&Settings { provider: name, secrets: &webhook.secrets, options: &webhook.options })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_does_not_show() {
        let webhook = Webhook { secrets: vec!["hush".into()], ..Webhook::default() };
        assert!(!format!("{webhook:?}").contains("hush"));
        assert_eq!(format!("{:?}", Secret::from("hush")), "***");
    }

    #[test]
    fn a_header_sent_twice_is_malformed() {
        let name: hyper::header::HeaderName = "x-signature".parse().unwrap();
        let mut headers = HeaderMap::new();
        headers.append(&name, "a".parse().unwrap());
        let body = Bytes::new();
        assert_eq!(Unverified::new(&headers, &body).header("x-signature"), Ok("a"));
        headers.append(&name, "b".parse().unwrap());
        let refusal = Unverified::new(&headers, &body).header("x-signature").unwrap_err();
        assert_eq!(refusal, Refusal::HeaderMalformed("x-signature".into()));
    }
}
