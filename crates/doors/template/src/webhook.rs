//! `Metadata: Bongsu: Webhook:` of a route: who signs the requests, and what groups and deduplicates them.

use crate::Secret;
use crate::node::Text;
use crate::reader::Reader;
use crate::value::{self, Mapping};

/// The provider whose signature scheme the template describes itself.
const PROVIDER_HMAC: &str = "hmac";
/// The provider that signs nothing.
const PROVIDER_NONE: &str = "none";

/// What a route knows about the sender of its webhooks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// Where it stands in the template.
    pub line: u32,
    /// Who sends: `slack`, `github`, …; whether the gateway knows it is not checked here.
    pub provider: String,
    /// The signing secrets, several while one is being rotated; none only for the provider `none`.
    pub secrets: Vec<Secret>,
    /// How the provider `hmac` signs; absent for every other.
    pub hmac: Option<HmacScheme>,
}

/// A signature over the raw body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HmacScheme {
    /// The header that carries the signature, in lower case.
    pub signature_header: String,
    /// What stands before the signature in its header: `sha256=`; often nothing.
    pub prefix: String,
    /// How the signature is written.
    pub encoding: SignatureEncoding,
    /// The hash.
    pub algorithm: HmacAlgorithm,
}

/// How a signature is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignatureEncoding {
    /// Hexadecimal digits.
    Hex,
    /// Base64.
    Base64,
}

/// The hash under an HMAC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HmacAlgorithm {
    /// HMAC-SHA1.
    Sha1,
    /// HMAC-SHA256.
    Sha256,
    /// HMAC-SHA512.
    Sha512,
}

/// The metadata's three parts.
pub(crate) struct WebhookMetadata {
    pub(crate) webhook: Webhook,
    pub(crate) group: Option<Mapping>,
    pub(crate) deduplication: Option<Mapping>,
}

/// Reads the map under `Webhook`.
pub(crate) fn read(line: u32, mut reader: Reader<'_>) -> Option<WebhookMetadata> {
    let provider = reader.required("Provider");
    let secrets_line = reader.line_of("Secrets");
    let has_secrets = reader.has("Secrets");
    let secrets = reader.texts("Secrets");
    let group = mapping(&mut reader, "MessageGroupId");
    let deduplication = mapping(&mut reader, "MessageDeduplicationId");
    let hmac = if provider.as_deref() == Some(PROVIDER_HMAC) { hmac_scheme(&mut reader) } else { None };
    match (provider.as_deref(), &secrets) {
        (Some(PROVIDER_NONE), _) if has_secrets => {
            reader.fault(secrets_line, "the provider none checks no signature and has no Secrets");
        }
        (None | Some(PROVIDER_NONE), _) => {}
        (Some(provider), _) if !has_secrets => reader.fault(line, format!("the provider {provider} needs Secrets")),
        (Some(_), Some(secrets)) if secrets.is_empty() || secrets.iter().any(|secret| secret.text.is_empty()) => {
            reader.fault(secrets_line, "Secrets must be a list of at least one text, none of them empty");
        }
        _ => {}
    }
    reader.finish();
    let secrets = secrets.unwrap_or_default().into_iter().map(|Text { text, .. }| Secret::from(text)).collect();
    Some(WebhookMetadata { webhook: Webhook { line, provider: provider?, secrets, hmac }, group, deduplication })
}

fn mapping(reader: &mut Reader<'_>, name: &str) -> Option<Mapping> {
    let text = reader.string(name)?;
    let mapping = value::parse_webhook_value(&text);
    mapping.map_err(|reason| reader.fault(reader.line_of(name), format!("{name}: {reason}"))).ok()
}

fn hmac_scheme(reader: &mut Reader<'_>) -> Option<HmacScheme> {
    let header = reader.required("SignatureHeader");
    let prefix = reader.string("Prefix").unwrap_or_default();
    let encoding = match reader.one_of("Encoding", &["hex", "base64"]).as_deref() {
        Some("base64") => SignatureEncoding::Base64,
        _ => SignatureEncoding::Hex,
    };
    let algorithm = match reader.one_of("Algorithm", &["sha256", "sha1", "sha512"]).as_deref() {
        Some("sha1") => HmacAlgorithm::Sha1,
        Some("sha512") => HmacAlgorithm::Sha512,
        _ => HmacAlgorithm::Sha256,
    };
    let header = header?;
    if !value::is_header_name(&header) {
        reader.fault(reader.line_of("SignatureHeader"), "SignatureHeader is not the name of a header");
    }
    Some(HmacScheme { signature_header: header.to_ascii_lowercase(), prefix, encoding, algorithm })
}
