//! `none`: believes everybody, where a route asks for that.
//!
//! No secrets, no options, no defaults: a route to a FIFO queue names the group itself.

use super::{Judged, Provider, Refusal, Settings, SettingsError, Unverified};

struct None;

pub(super) fn make(settings: &Settings<'_>) -> Result<Box<dyn Provider>, SettingsError> {
    settings.no_secrets()?;
    settings.only_options(&[])?;
    Ok(Box::new(None))
}

impl Provider for None {
    fn judge<'a>(&self, request: Unverified<'a>, _: u64) -> Result<Judged<'a>, Refusal> {
        Ok(Judged::Event(request.verified()))
    }
}
