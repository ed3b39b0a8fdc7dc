//! Who may send webhooks: a file a provider, and what they share.
//!
//! To add a provider, write its file (copy the one most like it) and add its `mod` and its row in [`PROVIDERS`]. What it
//! shares with others is in `scheme` (how a sender signs), `names` (what its webhooks are called) and `signed` (both
//! together, which is all that most need). [`receive`] is how the front door asks.

mod cafe24;
mod discord;
mod fetch;
mod generic;
mod github;
mod gitlab;
mod linear;
mod meta;
mod microsoft_graph;
mod names;
mod none;
mod pagerduty;
mod public_url;
mod refusal;
mod request;
mod scheme;
mod sentry;
mod settings;
mod shopify;
mod signature;
mod signed;
mod slack;
mod sns;
mod sns_certificate;
mod square;
mod standard_webhooks;
#[cfg(test)]
mod strangers;
mod stripe;
#[cfg(test)]
mod testing;
mod twilio;
mod zoom;

pub use fetch::{FETCHED_BYTES_MAX, Fetch, FetchError};
pub(crate) use refusal::Refusal;
pub(crate) use request::{Answer, Received, Unverified, Verified};
use settings::Settings;
pub use settings::{Secret, SettingsError};

use bytes::Bytes;

use crate::{BodyKind, Webhook};

type Make = fn(&Settings<'_>) -> Result<Box<dyn Provider>, SettingsError>;

const PROVIDERS: &[(&str, Make)] = &[
    ("cafe24", cafe24::make),
    ("discord", discord::make),
    ("ed25519", generic::ed25519),
    ("github", github::make),
    ("gitlab", gitlab::make),
    ("hmac", generic::hmac),
    ("linear", linear::make),
    ("meta", meta::make),
    ("microsoft-graph", microsoft_graph::make),
    ("none", none::make),
    ("pagerduty", pagerduty::make),
    ("sentry", sentry::make),
    ("shopify", shopify::make),
    ("slack", slack::make),
    ("sns", sns::make),
    ("square", square::make),
    ("standard-webhooks", standard_webhooks::make),
    ("stripe", stripe::make),
    ("svix", standard_webhooks::make),
    ("token", generic::token),
    ("twilio", twilio::make),
    ("zoom", zoom::make),
];

/// Knows one kind of sender.
pub(crate) trait Provider: Send + Sync {
    /// Verifies the raw request at `now_ms` (since 1970). Says no in a `Refusal`, answers a handshake, or vouches for it.
    fn judge<'a>(&self, request: Unverified<'a>, now_ms: u64) -> Result<Judged<'a>, Refusal>;

    /// The address of what has to be [learnt](Provider::learn) before this request can be judged.
    fn asks_for(&self, request: &Unverified<'_>) -> Result<Option<String>, Refusal> {
        let _ = request;
        Ok(None)
    }

    /// Is given what stands at an address that was asked for.
    fn learn(&self, address: String, found: &Bytes) -> Result<(), Refusal> {
        let _ = (address, found);
        Ok(())
    }

    /// Whether a verified webhook always has a group, so that a route needs to name none.
    fn gives_group(&self) -> bool {
        false
    }

    /// What its webhooks' bodies are; a route may ask for more.
    fn body(&self) -> BodyKind {
        BodyKind::Text
    }
}

/// What a provider makes of a request that it believes.
#[derive(Debug)]
pub(crate) enum Judged<'a> {
    /// Becomes a message.
    Event(Verified<'a>),
    /// A handshake.
    Answer(Answer),
    /// A handshake that is answered once this address was visited.
    Visit(String),
}

/// Has a provider judge a request, and fetches for it what it needs.
pub(crate) async fn receive<'a>(
    provider: &dyn Provider,
    request: Unverified<'a>,
    now_ms: u64,
    fetch: &dyn Fetch,
) -> Result<Received<'a>, Refusal> {
    if let Some(address) = provider.asks_for(&request)? {
        let found =
            fetch.get(&address).await.map_err(|_| Refusal::Unavailable("The sender's key cannot be fetched"))?;
        provider.learn(address, &found)?;
    }
    match provider.judge(request, now_ms)? {
        Judged::Event(event) => Ok(Received::Event(event)),
        Judged::Answer(answer) => Ok(Received::Answer(answer)),
        Judged::Visit(address) => match fetch.get(&address).await {
            Ok(_) => Ok(Received::Answer(Answer::text(""))),
            Err(_) => Err(Refusal::Unavailable("The sender cannot be answered")),
        },
    }
}

/// The provider that a route names.
pub(crate) fn make(webhook: &Webhook) -> Result<Box<dyn Provider>, SettingsError> {
    let name = webhook.provider.as_str();
    let settings = Settings { provider: name, secrets: &webhook.secrets, options: &webhook.options };
    let Some((_, make)) = PROVIDERS.iter().find(|(known, _)| *known == name) else {
        let known: Vec<_> = PROVIDERS.iter().map(|(known, _)| *known).collect();
        return Err(SettingsError::new(format!("there is no provider `{name}`, only {}", known.join(", "))));
    };
    make(&settings)
}
