//! What the front door is asked to serve: APIs, their stages and routes, and URLs of functions, as templates write them.

use std::{collections::BTreeMap, time::Duration};

use crate::{Authorizer, Cors, RouteKey, Secret, Selector, UsagePlan};

/// An HTTP API or a REST API.
#[derive(Clone, Debug)]
pub struct Api {
    /// What events call `apiId`.
    pub id: String,
    /// Unique; its routes are always reachable under `/_api/<name>/`.
    pub name: String,
    /// Whose rules and words count.
    pub kind: ApiKind,
    /// At least one.
    pub stages: Vec<Stage>,
    /// Of HTTP APIs alone: a REST API answers preflights by routes of its own.
    pub cors: Option<Cors>,
    /// What it takes.
    pub routes: Vec<Route>,
    /// Who can be asked whether a request may pass; no two have the same name.
    pub authorizers: Vec<Authorizer>,
    /// Of REST APIs alone: who has keys, and what they are good for.
    pub usage_plans: Vec<UsagePlan>,
    /// Of REST APIs alone: where a request's key is found.
    pub key_source: KeySource,
    /// Of REST APIs alone: bodies of these types (`image/png`, `image/*`, `*/*`) go to functions in base64.
    pub binary_media_types: Vec<String>,
}

/// Which of API Gateway's two products an API is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApiKind {
    /// `AWS::ApiGatewayV2::Api`.
    Http,
    /// `AWS::ApiGateway::RestApi`.
    Rest,
}

/// Where the key of a request is found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeySource {
    /// In the header `X-API-Key`.
    #[default]
    Header,
    /// The authorizer says it, as `usageIdentifierKey`.
    Authorizer,
}

/// A name under which an API is served.
#[derive(Clone, Debug)]
pub struct Stage {
    /// `$default`, of HTTP APIs alone, is served without a prefix; every other one under `/<name>`.
    pub name: String,
    /// What mappings and events call stage variables.
    pub variables: BTreeMap<String, String>,
    /// For each route that has none of its own.
    pub throttle: Option<Throttle>,
    /// By route key.
    pub route_throttles: BTreeMap<String, Throttle>,
}

impl Stage {
    /// The stage `$default`, without variables and limits.
    pub fn without_name() -> Self {
        let (variables, route_throttles) = (BTreeMap::new(), BTreeMap::new());
        Self { name: DEFAULT_STAGE.into(), variables, throttle: None, route_throttles }
    }
}

/// The stage that has no prefix.
pub(crate) const DEFAULT_STAGE: &str = "$default";

/// How many requests of a route are let through.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Throttle {
    /// Requests a second in the long run; zero lets nobody through.
    pub rate: f64,
    /// Requests at once.
    pub burst: u32,
}

/// Which requests, and what becomes of them.
#[derive(Clone, Debug)]
pub struct Route {
    /// Which requests it takes.
    pub key: RouteKey,
    /// Who works on them.
    pub integration: Integration,
    /// Who must have sent them. Without it anybody may.
    pub webhook: Option<Webhook>,
    /// Who may send them.
    pub access: Access,
}

/// Who may send requests for a route; unless something is said, anybody.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Access {
    /// The name of the authorizer of the API that is asked.
    pub authorizer: Option<String>,
    /// Of authorizers of tokens: one of these scopes is needed, if there are any.
    pub scopes: Vec<String>,
    /// Of REST APIs alone: whether a key of a usage plan is needed.
    pub needs_key: bool,
}

/// Who works on a route's requests. Mappings and templates are texts as the user wrote them, checked by
/// [`Apis::new`](crate::Apis::new).
#[derive(Clone, Debug)]
pub enum Integration {
    /// Invokes a function and answers what it returns.
    Function {
        /// The function's name, `name:version` or `name:alias`.
        function: String,
        /// Of the event and of the answer. REST APIs know 1.0 alone.
        payload: PayloadFormat,
        /// 50 ms to 30 s; of REST APIs to 29 s.
        timeout: Duration,
    },
    /// Of HTTP APIs, `SQS-SendMessage`: a request becomes a message.
    SendMessage {
        /// The queue's name. AWS's naming rule tells a FIFO queue: `.fifo` at the end.
        queue: String,
        /// `RequestParameters` by name: [`MESSAGE_PARAMETERS`](crate::MESSAGE_PARAMETERS).
        parameters: BTreeMap<String, String>,
        /// `ResponseParameters` by status.
        responses: BTreeMap<u16, BTreeMap<String, String>>,
    },
    /// Of HTTP APIs: a request becomes a notification. AWS has this for REST APIs alone, as [`Integration::Aws`].
    Publish {
        /// Where it goes.
        topic_arn: String,
        /// By name: [`NOTIFICATION_PARAMETERS`](crate::NOTIFICATION_PARAMETERS).
        parameters: BTreeMap<String, String>,
    },
    /// Of HTTP APIs, `StepFunctions-…`: a request starts or stops an execution.
    Workflow {
        /// Which of it.
        action: WorkflowAction,
        /// `RequestParameters` by name, as AWS names them for the action.
        parameters: BTreeMap<String, String>,
        /// `ResponseParameters` by status.
        responses: BTreeMap<u16, BTreeMap<String, String>>,
        /// 50 ms to 30 s. What was started goes on.
        timeout: Duration,
    },
    /// Of REST APIs, type `AWS`: a request to a service, and what of its answer is told.
    Aws {
        /// The service that is asked.
        service: Service,
        /// Of the request to it: `/<account>/<queue>` or `/`, and a query where the URI names an action.
        path: String,
        /// From one request to the other, and back.
        rest: RestIntegration,
        /// 50 ms to 29 s; who keeps messages answers sooner in any case.
        timeout: Duration,
    },
    /// `HTTP_PROXY`: the request goes to another server as it came, and that one's answer to the caller.
    Proxy {
        /// The method of the request to it; the caller's own unless given.
        method: Option<String>,
        /// Where: `https://example.com/pets/{proxy}`, with path parameters in braces.
        uri: String,
        /// `RequestParameters`: of HTTP APIs `overwrite:header.x`, `append:querystring.x` and so on, of REST APIs
        /// `integration.request.header.X` and so on.
        parameters: BTreeMap<String, String>,
        /// Of HTTP APIs: `ResponseParameters` by status.
        responses: BTreeMap<u16, BTreeMap<String, String>>,
        /// 50 ms to 30 s; of REST APIs to 29 s.
        timeout: Duration,
    },
    /// Of REST APIs, type `HTTP`: a request to another server, and what of its answer is told.
    Http {
        /// Of the request to it.
        method: String,
        /// Where, as above.
        uri: String,
        /// From one request to the other, and back.
        rest: RestIntegration,
        /// 50 ms to 29 s.
        timeout: Duration,
    },
    /// Of REST APIs, type `MOCK`: the request template says a status, and nobody is asked.
    Mock(RestIntegration),
}

/// The version of a function's events and answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PayloadFormat {
    /// 1.0.
    V1,
    /// 2.0.
    V2,
}

/// A service that REST APIs ask directly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// Queues.
    Sqs,
    /// Topics.
    Sns,
    /// Workflows, at `/?Action=` and an operation.
    States,
}

/// What HTTP APIs ask of workflows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorkflowAction {
    /// Begins an execution.
    StartExecution,
    /// Begins an express execution and answers its end.
    StartSyncExecution,
    /// Ends an execution.
    StopExecution,
}

/// The settings that `AWS` and `MOCK` integrations share, in AWS's words.
#[derive(Clone, Debug, Default)]
pub struct RestIntegration {
    /// `integration.request.header.X` and `integration.request.querystring.x` → `'text'` or `method.request.…`.
    pub parameters: BTreeMap<String, String>,
    /// Content type → template of the request.
    pub templates: BTreeMap<String, String>,
    /// What becomes of a body that no template is for.
    pub passthrough: Passthrough,
    /// The one without a pattern counts when no pattern matches.
    pub responses: Vec<IntegrationResponse>,
}

/// `PassthroughBehavior`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Passthrough {
    /// The body goes on as it is.
    #[default]
    WhenNoMatch,
    /// Likewise if there is no template at all, else 415.
    WhenNoTemplates,
    /// 415.
    Never,
}

/// How one kind of outcome is told.
#[derive(Clone, Debug, Default)]
pub struct IntegrationResponse {
    /// What the caller gets.
    pub status: u16,
    /// A regular expression for the whole of the integration's status.
    pub selection_pattern: Option<String>,
    /// `method.response.header.X` → `'text'` or `integration.response.header.Y`.
    pub parameters: BTreeMap<String, String>,
    /// Content type → template of the body; `application/json` or else the first counts. Without any the integration's
    /// own body is told.
    pub templates: BTreeMap<String, String>,
}

/// The `Webhook` metadata of a route: who sends, and how to know.
#[derive(Clone, Debug, Default)]
pub struct Webhook {
    /// A provider's name: `slack`, `hmac`, `none`.
    pub provider: String,
    /// The secrets that may sign; several while one is being rotated.
    pub secrets: Vec<Secret>,
    /// The provider's own settings by name; each provider's file lists them.
    pub options: BTreeMap<String, String>,
    /// The message's group. If nothing is selected the provider's default counts; without one the webhook is answered
    /// 400. On a FIFO queue one of the two is required. What SQS does not allow as an id is replaced by its SHA-256.
    pub group: Option<Selector>,
    /// The message's deduplication id, on standard queues too. If nothing is selected the provider's default counts;
    /// without one the webhook is answered 400: a hash of the body could swallow a different webhook that looks alike.
    pub deduplication: Option<Selector>,
    /// What the body must be, besides what its provider knows of it.
    pub body: BodyKind,
}

/// What a webhook's body must be; anything else is answered 400.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BodyKind {
    /// One JSON value.
    #[default]
    Json,
    /// Any text that a message can hold.
    Text,
}

/// A function's own address: `/_url/<function>/…`, and `http://<id>.lambda-url.<region>.localhost/…`.
#[derive(Clone, Debug)]
pub struct FunctionUrl {
    /// The first label of the host name.
    pub id: String,
    /// The function's name, or `name:alias`.
    pub function: String,
    /// Whether requests must be signed, by somebody of the function's account.
    pub iam: bool,
    /// Whether the function streams. The answer is collected before it is told.
    pub streams: bool,
    /// Who may read answers in a browser.
    pub cors: Option<Cors>,
}
