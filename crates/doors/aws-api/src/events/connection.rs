//! A connection: how requests to somebody else's API say who makes them.

use bongsu_broker::Timestamp;
use serde::{Deserialize, Serialize};

use super::authorization::{AuthParameters, AuthorizationType};
use super::kept::Document;

/// As it is kept, secrets and all.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Connection {
    pub(super) name: String,
    /// Tells it from an earlier one of the same name.
    pub(super) id: String,
    pub(super) description: Option<String>,
    pub(super) kind: AuthorizationType,
    /// Of its kind; empty once they were taken away.
    pub(super) parameters: AuthParameters,
    /// All times in milliseconds since 1970.
    pub(super) created_at: u64,
    pub(super) changed_at: u64,
    pub(super) authorized_at: u64,
}

impl Document for Connection {
    const KIND: &'static str = "connection";
    const CALLED: &'static str = "Connection";

    fn name(&self) -> &str {
        &self.name
    }
}

/// `ConnectionState`. What else AWS knows passes at once here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) enum ConnectionState {
    #[serde(rename = "AUTHORIZED")]
    Authorized,
    #[serde(rename = "DEAUTHORIZED")]
    Deauthorized,
    /// It was there until now.
    #[serde(rename = "DELETING")]
    Deleting,
}

impl Connection {
    pub(super) fn state(&self) -> ConnectionState {
        match self.parameters.authorization() {
            Some(_) => ConnectionState::Authorized,
            None => ConnectionState::Deauthorized,
        }
    }

    /// Other parameters, all checked.
    pub(super) fn authorize(&mut self, kind: AuthorizationType, parameters: AuthParameters, now: Timestamp) {
        (self.kind, self.parameters, self.authorized_at) = (kind, parameters, now.0);
    }
}
