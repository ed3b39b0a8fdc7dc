//! A connection: how requests to somebody else's API say who makes them.

use bongsu_broker::Timestamp;
use serde::{Deserialize, Serialize};

use super::authorization::{AuthParameters, AuthorizationType};
use super::kept::{Document, Kept};
use crate::states::Time;

/// As it is kept, secrets and all.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Connection {
    pub(crate) name: String,
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

    fn id(&self) -> &str {
        &self.id
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

/// What operations that change a connection answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Told {
    connection_arn: String,
    connection_state: ConnectionState,
    creation_time: Time,
    last_modified_time: Time,
    last_authorized_time: Time,
}

impl Told {
    pub(super) fn of(connection: &Connection, connection_state: ConnectionState, kept: &Kept) -> Told {
        let time = |at| Time(Timestamp(at));
        Told {
            connection_arn: kept.arn(connection),
            connection_state,
            creation_time: time(connection.created_at),
            last_modified_time: time(connection.changed_at),
            last_authorized_time: time(connection.authorized_at),
        }
    }
}
