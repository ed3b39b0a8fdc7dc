//! What a route gives to its provider, checked.

use std::{collections::BTreeMap, fmt, str::FromStr};

use hyper::header::HeaderName;
use subtle::ConstantTimeEq;

/// A key that signs webhooks. It never shows in logs, and is compared in constant time.
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

impl From<Vec<u8>> for Secret {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes.into())
    }
}

impl Secret {
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Whether these are the secret's bytes. How long it is may be found out, and nothing else.
    pub(super) fn equals(&self, bytes: &[u8]) -> bool {
        self.0.ct_eq(bytes).into()
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

impl SettingsError {
    pub(super) fn new(reason: String) -> Self {
        Self(reason)
    }
}

/// What a route gives to its provider.
pub(super) struct Settings<'a> {
    pub(super) provider: &'a str,
    pub(super) secrets: &'a [Secret],
    pub(super) options: &'a BTreeMap<String, String>,
}

impl Settings<'_> {
    /// The secrets: at least one, none empty. An empty key would let anybody sign.
    pub(super) fn secrets(&self) -> Result<Vec<Secret>, SettingsError> {
        if self.secrets.is_empty() || self.secrets.iter().any(|secret| secret.0.is_empty()) {
            return Err(self.error("needs secrets that are not empty"));
        }
        Ok(self.secrets.to_vec())
    }

    /// No secret may be given where none is looked at.
    pub(super) fn no_secrets(&self) -> Result<(), SettingsError> {
        if self.secrets.is_empty() { Ok(()) } else { Err(self.error("takes no secrets")) }
    }

    pub(super) fn only_options(&self, known: &[&str]) -> Result<(), SettingsError> {
        match self.options.keys().find(|name| !known.contains(&name.as_str())) {
            Some(name) => Err(self.error(format_args!("has no option `{name}`"))),
            None => Ok(()),
        }
    }

    pub(super) fn option(&self, name: &str) -> Option<&str> {
        self.options.get(name).map(String::as_str)
    }

    /// An option that has to be given, and not as an empty text.
    pub(super) fn required(&self, name: &str) -> Result<&str, SettingsError> {
        self.option(name).filter(|text| !text.is_empty()).ok_or_else(|| self.error(format_args!("needs `{name}`")))
    }

    /// An option read as what it is to be.
    pub(super) fn parsed<T: FromStr>(&self, name: &str) -> Result<Option<T>, SettingsError> {
        let parse = |text: &str| text.parse().map_err(|_| self.error(format_args!("does not take `{name}: {text}`")));
        self.option(name).map(parse).transpose()
    }

    /// The name of a header.
    pub(super) fn header(&self, name: &str) -> Result<HeaderName, SettingsError> {
        self.parsed(name)?.ok_or_else(|| self.error(format_args!("needs the name of a `{name}`")))
    }

    /// The value that an option's text stands for; the first one if the option is not given.
    pub(super) fn choice<T: Copy>(&self, name: &str, choices: &[(&str, T)]) -> Result<T, SettingsError> {
        let given = self.option(name).unwrap_or(choices[0].0);
        let known = choices.iter().find(|(text, _)| *text == given);
        known.map(|(_, value)| *value).ok_or_else(|| {
            let texts: Vec<_> = choices.iter().map(|(text, _)| *text).collect();
            self.error(format_args!("takes as `{name}` one of {}", texts.join(", ")))
        })
    }

    pub(super) fn error(&self, reason: impl fmt::Display) -> SettingsError {
        SettingsError::new(format!("the provider `{}` {reason}", self.provider))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Webhook;

    #[test]
    fn a_secret_does_not_show() {
        let webhook = Webhook { secrets: vec!["hush".into()], ..Webhook::default() };
        assert!(!format!("{webhook:?}").contains("hush"));
        assert_eq!(format!("{:?}", Secret::from("hush")), "***");
    }

    #[test]
    fn a_secret_equals_its_own_bytes_alone() {
        let secret = Secret::from("hush");
        assert!(secret.equals(b"hush"));
        for other in ["", "hus", "husH", "hush "] {
            assert!(!secret.equals(other.as_bytes()), "{other}");
        }
    }
}
