//! Whether a pipe runs.

use bongsu_broker::{Pipe, PutWhen};

use super::details::Details;
use super::refusal::refused;
use super::told::{Changed, State};
use crate::error::ApiError;
use crate::operation::Context;

impl Context<'_> {
    /// Has a pipe run, or not. One that does already, or does not, stays as it is.
    pub(super) async fn set_running(&self, name: &str, enabled: bool) -> Result<Changed, ApiError> {
        self.check_pipes_account(name)?;
        let known = self.broker.describe_pipe(name).await.map_err(|refusal| refused(refusal, name))?;
        if known.enabled == enabled {
            return Ok(Changed::new(&known, State::of(&known), self));
        }
        let details = Details { last_modified: self.config.clock.now().0, ..Details::of(&known) };
        let pipe = Pipe { enabled, details: details.to_json(), ..Pipe::clone(&known) };
        let put = self.broker.put_pipe(pipe, PutWhen::Present { revision: None }).await;
        let pipe = put.map_err(|refusal| refused(refusal, name))?;
        Ok(Changed::new(&pipe, if enabled { State::Starting } else { State::Stopping }, self))
    }
}
