//! How a sender signs: where the signature stands, over what it is, and when it has to have been made.

use std::borrow::Cow;

use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use hyper::header::HeaderName;

use super::{Refusal, Secret, Unverified, public_url::PublicUrl, signature::Algorithm};

/// Signatures in one header: those of all keys that are in use while one is being replaced.
const SIGNATURES_MAX: usize = 16;

/// How far a request's timestamp may be from the present, on either side, so that a recording cannot be played later.
pub(super) const TOLERANCE_SECONDS: u64 = 300;

/// Base64 of which the padding may be missing.
pub(super) const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// How a sender signs.
pub(super) struct Scheme {
    pub(super) keys: Vec<Secret>,
    pub(super) algorithm: Algorithm,
    /// Where the signature stands.
    pub(super) header: HeaderName,
    /// What stands between several of them.
    pub(super) separator: Option<char>,
    /// What stands before each; what begins otherwise is something else.
    pub(super) prefix: Cow<'static, str>,
    pub(super) encoding: Encoding,
    /// What is signed, piece by piece.
    pub(super) message: Cow<'static, [Part]>,
    pub(super) id: Option<HeaderName>,
    pub(super) timestamp: Option<Timestamp>,
    pub(super) public_url: Option<PublicUrl>,
}

/// How a signature is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    Hex,
    Base64,
    /// The text itself.
    Plain,
}

/// A piece of what is signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Text(Cow<'static, str>),
    Body,
    /// What the header `id` says.
    Id,
    Timestamp,
    /// The address as the sender calls it.
    Url,
    /// All fields of a form, sorted by name and value: names and values without anything in between.
    SortedForm,
}

/// Where the time of signing stands, in seconds, and how far it may be from the present.
pub(super) struct Timestamp {
    pub(super) place: TimestampPlace,
    pub(super) tolerance_seconds: u64,
}

pub(super) enum TimestampPlace {
    Header(HeaderName),
    /// Among the signatures, behind this.
    Among(Cow<'static, str>),
}

impl Scheme {
    /// Hexadecimal HMAC-SHA256 of the body: what most senders do.
    pub(super) fn new(header: &'static str, keys: Vec<Secret>) -> Self {
        Self {
            keys,
            algorithm: Algorithm::HmacSha256,
            header: HeaderName::from_static(header),
            separator: None,
            prefix: "".into(),
            encoding: Encoding::Hex,
            message: Cow::Borrowed(&[Part::Body]),
            id: None,
            timestamp: None,
            public_url: None,
        }
    }

    /// Verifies the request, and says by which key it is signed.
    pub(super) fn verify(&self, request: &Unverified<'_>, now_ms: u64) -> Result<&Secret, Refusal> {
        let in_header = self.timestamp_header().map(|name| request.header(name)).transpose()?;
        let entries = self.entries(request.header(&self.header)?)?;
        let timestamp = in_header.or(self.timestamp_among(&entries)?);
        let signatures = self.signatures(&entries)?;
        self.check_fresh(timestamp, now_ms)?;
        let message = self.message(request, timestamp)?;
        let message: Vec<&[u8]> = message.iter().map(|piece| &**piece).collect();
        self.algorithm.signer(&self.keys, &message, &signatures).ok_or(Refusal::SignatureWrong)
    }

    fn timestamp_header(&self) -> Option<&HeaderName> {
        match self.timestamp.as_ref().map(|timestamp| &timestamp.place) {
            Some(TimestampPlace::Header(name)) => Some(name),
            _ => None,
        }
    }

    fn timestamp_among<'h>(&self, entries: &[&'h str]) -> Result<Option<&'h str>, Refusal> {
        let Some(Timestamp { place: TimestampPlace::Among(prefix), .. }) = &self.timestamp else { return Ok(None) };
        let found = entries.iter().find_map(|entry| entry.strip_prefix(&**prefix));
        found.map(Some).ok_or_else(|| self.malformed())
    }

    fn check_fresh(&self, timestamp: Option<&str>, now_ms: u64) -> Result<(), Refusal> {
        let (Some(text), Some(Timestamp { tolerance_seconds, .. })) = (timestamp, &self.timestamp) else {
            return Ok(());
        };
        let header = self.timestamp_header().unwrap_or(&self.header);
        let sent = seconds(text).ok_or_else(|| Refusal::HeaderMalformed(header.clone()))?;
        if (now_ms / 1000).abs_diff(sent) > *tolerance_seconds { Err(Refusal::Stale) } else { Ok(()) }
    }

    fn malformed(&self) -> Refusal {
        Refusal::HeaderMalformed(self.header.clone())
    }

    fn entries<'h>(&self, header: &'h str) -> Result<Vec<&'h str>, Refusal> {
        let Some(separator) = self.separator else { return Ok(vec![header]) };
        let entries: Vec<_> = header.split(separator).map(str::trim).take(SIGNATURES_MAX + 1).collect();
        if entries.len() > SIGNATURES_MAX { Err(self.malformed()) } else { Ok(entries) }
    }

    fn signatures(&self, entries: &[&str]) -> Result<Vec<Vec<u8>>, Refusal> {
        let encoded = entries.iter().filter_map(|entry| entry.strip_prefix(&*self.prefix));
        let signatures: Vec<_> = encoded.filter_map(|encoded| self.encoding.decode(encoded)).collect();
        if signatures.is_empty() { Err(self.malformed()) } else { Ok(signatures) }
    }

    fn message<'r>(&self, request: &Unverified<'r>, timestamp: Option<&'r str>) -> Result<Vec<Cow<'r, [u8]>>, Refusal> {
        let piece = |part: &Part| {
            Ok(match part {
                Part::Text(text) => text.as_bytes().to_vec().into(),
                Part::Body => request.body[..].into(),
                Part::Timestamp => timestamp.unwrap_or_default().as_bytes().into(),
                Part::Id => self.id.as_ref().map_or(Ok(""), |name| request.header(name))?.as_bytes().into(),
                Part::Url => {
                    let url = self.public_url.as_ref().map(|url| url.of(request)).unwrap_or_default();
                    url.into_bytes().into()
                }
                Part::SortedForm => sorted_form(request.body).into(),
            })
        };
        self.message.iter().map(piece).collect()
    }
}

impl Encoding {
    pub(super) fn decode(self, encoded: &str) -> Option<Vec<u8>> {
        match self {
            Self::Hex => hex::decode(encoded).ok(),
            Self::Base64 => BASE64.decode(encoded).ok(),
            Self::Plain => Some(encoded.into()),
        }
    }
}

/// Digits alone: neither a sign nor a fraction.
fn seconds(text: &str) -> Option<u64> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}

fn sorted_form(body: &[u8]) -> Vec<u8> {
    let mut fields: Vec<_> = form_urlencoded::parse(body).collect();
    fields.sort_unstable();
    fields.dedup();
    fields.iter().flat_map(|(name, value)| [name.as_bytes(), value.as_bytes()]).flatten().copied().collect()
}
