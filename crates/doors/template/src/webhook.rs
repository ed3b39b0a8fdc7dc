//! `Metadata: Bongsu: Webhook:` of a route: who signs the requests, and what groups and deduplicates them.

use std::collections::BTreeMap;

use crate::Secret;
use crate::node::Text;
use crate::reader::Reader;
use crate::value;

/// Providers whose requests the template describes itself.
const DESCRIBED: [&str; 3] = ["ed25519", "hmac", "token"];
/// The provider that signs nothing, and the one whose certificate is asked for.
const WITHOUT_SECRETS: [&str; 2] = ["none", "sns"];

/// What every provider has.
const OWN: [&str; 4] = ["MessageDeduplicationId", "MessageGroupId", "Provider", "Secrets"];
/// Options that the gateway calls by a shorter name.
const RENAMED: [(&str, &str); 2] = [("SignatureHeader", "Header"), ("Algorithm", "Hash")];
/// The longest text of an option.
const OPTION_BYTES_MAX: usize = 2048;

/// What a route knows about the sender of its webhooks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookResource {
    /// Where it stands in the template.
    pub line: u32,
    /// Who sends: `slack`, `github`, …; whether the gateway knows it is not checked here.
    pub provider: String,
    /// The signing secrets, several while one is being rotated; none only for the providers `none` and `sns`.
    pub secrets: Vec<Secret>,
    /// What else the provider is told, in the gateway's words.
    pub options: BTreeMap<String, String>,
    /// Where the message's group comes from: a path into the body, a part of the request or a fixed text.
    pub group: Option<String>,
    /// Where the message's deduplication id comes from, in the same way.
    pub deduplication: Option<String>,
}

/// Reads the map under `Webhook`.
pub(crate) fn read(line: u32, mut reader: Reader<'_>) -> Option<WebhookResource> {
    let provider = reader.required("Provider");
    let secrets_line = reader.line_of("Secrets");
    let has_secrets = reader.has("Secrets");
    let secrets = reader.texts("Secrets");
    let group = selector(&mut reader, "MessageGroupId");
    let deduplication = selector(&mut reader, "MessageDeduplicationId");
    if provider.as_deref().is_some_and(|provider| DESCRIBED.contains(&provider)) {
        check_described(&mut reader);
    }
    let options = options(&mut reader);
    match (provider.as_deref(), &secrets) {
        (Some(provider), _) if WITHOUT_SECRETS.contains(&provider) && has_secrets => {
            reader.fault(secrets_line, format!("the provider {provider} has no Secrets"));
        }
        (Some(provider), _) if WITHOUT_SECRETS.contains(&provider) => {}
        (None, _) => {}
        (Some(provider), _) if !has_secrets => reader.fault(line, format!("the provider {provider} needs Secrets")),
        (Some(_), Some(secrets)) if secrets.is_empty() || secrets.iter().any(|secret| secret.text.is_empty()) => {
            reader.fault(secrets_line, "Secrets must be a list of at least one text, none of them empty");
        }
        _ => {}
    }
    reader.finish();
    let secrets = secrets.unwrap_or_default().into_iter().map(|Text { text, .. }| Secret::from(text)).collect();
    Some(WebhookResource { line, provider: provider?, secrets, options, group, deduplication })
}

fn selector(reader: &mut Reader<'_>, name: &str) -> Option<String> {
    let text = reader.string(name)?;
    let checked = value::check_webhook_value(&text);
    checked.map_err(|reason| reader.fault(reader.line_of(name), format!("{name}: {reason}"))).ok()?;
    Some(text)
}

fn check_described(reader: &mut Reader<'_>) {
    if let Some(header) = reader.required("SignatureHeader").filter(|header| !value::is_header_name(header)) {
        let reason = format!("SignatureHeader is not the name of a header: {header}");
        reader.fault(reader.line_of("SignatureHeader"), reason);
    }
    reader.one_of("Encoding", &["hex", "base64"]);
    reader.one_of("Algorithm", &["sha256", "sha1", "sha512"]);
}

/// Which options there are is the provider's affair: the gateway refuses those that it does not know.
fn options(reader: &mut Reader<'_>) -> BTreeMap<String, String> {
    let mut options = BTreeMap::new();
    for name in reader.names() {
        if OWN.contains(&name.as_str()) {
            continue;
        }
        let line = reader.line_of(&name);
        let Some(text) = reader.string(&name) else { continue };
        if text.len() > OPTION_BYTES_MAX {
            reader.fault(line, format!("{name} is longer than {OPTION_BYTES_MAX} bytes"));
        }
        let named = RENAMED.iter().find(|(written, _)| *written == name).map_or(&*name, |(_, meant)| *meant);
        options.insert(named.to_owned(), text);
    }
    options
}
