//! Lambda, Step Functions and EventBridge for the server itself: what templates say is asked for as any client would ask.

use std::sync::Arc;

use bongsu_broker::{Function, FunctionRef, Rejection};
use bongsu_runtime::{Handle, Refusal};
use bytes::Bytes;
use hyper::header::HeaderMap;
use serde_json::{Map, Value};

use super::code::CodeFrom;
use super::{ROUTES, create_function, publish_layer_version, run};
use crate::codec::{Envelope, Protocol};
use crate::error::ApiError;
use crate::events::{self, EVENTS};
use crate::observation::Seen;
use crate::operation::{Context, Source};
use crate::pipes;
use crate::request_id::{RequestId, RequestIds};
use crate::rest::{Input, Route};
use crate::scheduler;
use crate::service::Config;
use crate::sigv4::{Caller, Verifier};
use crate::states::{self, STATES};

/// Asks for Lambda's operations as the root of the server's account.
pub struct Deployer {
    config: Config,
    broker: Handle,
    caller: Caller,
    request_ids: RequestIds,
}

/// What a request has besides its input, and this one has not.
#[derive(Default)]
struct Nothing {
    headers: HeaderMap,
    body: Bytes,
    seen: Seen,
}

impl Deployer {
    /// For the functions that a door of this configuration serves.
    pub fn new(config: Config, broker: Handle) -> Deployer {
        let caller = Verifier::server(&config.account.to_string());
        Deployer { config, broker, caller, request_ids: RequestIds::default() }
    }

    /// Asks for an operation by its name, and gives its output.
    ///
    /// # Errors
    ///
    /// Those of the operation.
    ///
    /// # Panics
    ///
    /// When there is no such operation, or its input is no object.
    pub async fn ask(&self, operation: &str, input: Value) -> Result<Value, ApiError> {
        let route: &Route = ROUTES.iter().find(|route| route.name == operation).expect("a row of the table");
        let Value::Object(members) = input else { panic!("{operation} takes an object") };
        let nothing = Nothing::default();
        let output = run(route, Input::own(members), &self.context(&nothing)).await?;
        Ok(serde_json::from_slice(&output.body).unwrap_or_default())
    }

    /// Asks Step Functions for an operation by its name, and gives its output.
    ///
    /// # Errors
    ///
    /// Those of the operation.
    pub async fn ask_states(&self, operation: &str, input: Value) -> Result<Value, ApiError> {
        let (nothing, body) = (Nothing::default(), input.to_string());
        let cx = self.context(&nothing);
        let envelope = Envelope { dialect: &STATES, operation, request_id: "" };
        let output = states::call(Source::Json(body.as_bytes()), &cx, Protocol::Json, envelope).await?;
        Ok(serde_json::from_slice(&output).unwrap_or_default())
    }

    /// Whether there is a pipe of this name.
    pub async fn has_pipe(&self, name: &str) -> bool {
        self.broker.describe_pipe(name).await.is_ok()
    }

    /// Makes a pipe, or makes of the one that is there what these members of `CreatePipe` say, and nothing else. Asked
    /// again, it changes nothing but the time of the last change.
    ///
    /// # Errors
    ///
    /// Those of `CreatePipe`, but for a pipe that exists.
    pub async fn put_pipe(&self, name: &str, settings: &Map<String, Value>) -> Result<(), ApiError> {
        pipes::put(name, settings, &self.context(&Nothing::default())).await
    }

    /// Deletes a pipe; one that is not there does not matter.
    ///
    /// # Errors
    ///
    /// When the server is stopping.
    pub async fn delete_pipe(&self, name: &str) -> Result<(), ApiError> {
        match self.broker.delete_pipe(name).await {
            Err(Refusal::Rejected(Rejection::PipeDoesNotExist)) => Ok(()),
            deleted => Ok(deleted?),
        }
    }

    /// Asks EventBridge for an operation by its name, and gives its output. What is made has this UUID in its ARN.
    ///
    /// # Errors
    ///
    /// Those of the operation.
    ///
    /// # Panics
    ///
    /// When the id is no UUID.
    pub async fn ask_events(&self, operation: &str, id: &str, input: Value) -> Result<Value, ApiError> {
        let (nothing, body) = (Nothing::default(), input.to_string());
        let request_id = RequestId::of_uuid(id).expect("a UUID");
        let cx = Context { request_id, ..self.context(&nothing) };
        let envelope = Envelope { dialect: &EVENTS, operation, request_id: "" };
        let output = events::call(Source::Json(body.as_bytes()), &cx, Protocol::Json, envelope).await?;
        Ok(serde_json::from_slice(&output).unwrap_or_default())
    }

    /// Asks EventBridge Scheduler for an operation by its name, and gives its output.
    ///
    /// # Errors
    ///
    /// Those of the operation.
    ///
    /// # Panics
    ///
    /// When the input is no object.
    pub async fn ask_scheduler(&self, operation: &str, input: Value) -> Result<Value, ApiError> {
        let Value::Object(members) = input else { panic!("{operation} takes an object") };
        scheduler::call_by_name(operation, members, &self.context(&Nothing::default())).await
    }

    /// Makes a function, or makes of the one that is there what these members of `CreateFunction` say, and nothing else.
    /// Asked again, it changes nothing.
    ///
    /// # Errors
    ///
    /// Those of `CreateFunction`, but for a function that exists.
    pub async fn put_function(&self, settings: Value, code: CodeFrom) -> Result<Arc<Function>, ApiError> {
        create_function::put(settings, code, &self.context(&Nothing::default())).await
    }

    /// The ARN of a layer's version that is as these members of `PublishLayerVersion` say: the known one if it still is, or
    /// else a new one.
    ///
    /// # Errors
    ///
    /// Those of `PublishLayerVersion`.
    pub async fn put_layer_version(
        &self,
        settings: Value,
        code: CodeFrom,
        known: Option<&str>,
    ) -> Result<String, ApiError> {
        publish_layer_version::put(settings, code, known, &self.context(&Nothing::default())).await
    }

    /// A version of a function; none if there is no such function or version.
    ///
    /// # Errors
    ///
    /// When the server is stopping.
    pub async fn version(&self, function: FunctionRef) -> Result<Option<Arc<Function>>, ApiError> {
        match self.context(&Nothing::default()).described(&function).await {
            Ok(described) => Ok(Some(described.function)),
            Err(refusal) if refusal.kind().status() == 404 => Ok(None),
            Err(refusal) => Err(refusal),
        }
    }

    fn context<'a>(&'a self, nothing: &'a Nothing) -> Context<'a> {
        Context {
            broker: self.broker.clone(),
            caller: &self.caller,
            is_signed: true,
            config: &self.config,
            headers: &nothing.headers,
            path: "",
            body: &nothing.body,
            request_id: self.request_ids.next(),
            seen: &nothing.seen,
        }
    }
}
