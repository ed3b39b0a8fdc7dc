//! One call: waits for its limits, says who makes it, makes it, and tells the limits what the answer said.

use base64::prelude::{BASE64_STANDARD, Engine};
use bongsu_broker::{Account, Admission, LimitKey, TaskCall};
use bongsu_rate_limit::{Feedback, Limit};
use bongsu_runtime::{Handle, Refusal};
use hyper::StatusCode;
use hyper::header::{AUTHORIZATION, HeaderValue};

use super::{ApiAnswer, ApiFault, ApiRequest, Calls, HttpRequest, check_header};
use crate::events::Connection;
use crate::events::additions::Additions;
use crate::events::authorization::Authorization;
use crate::events::kept::Kept;
use crate::service::Config;

/// Answers to a token that is no good any more.
const TOKEN_REFUSED: [StatusCode; 2] = [StatusCode::UNAUTHORIZED, StatusCode::PROXY_AUTHENTICATION_REQUIRED];

/// What a call has to wait for, by what it gets its turn, and for whom it is.
#[derive(Clone, Debug)]
pub(crate) struct Limits<'a> {
    pub(crate) limits: Vec<(LimitKey, Option<Limit>)>,
    pub(crate) turn: Box<str>,
    /// A task that may be over before the call begins.
    pub(crate) task: Option<&'a TaskCall>,
}

/// The connection of an ARN, of the server's account.
pub(crate) async fn connection_of(arn: &str, config: &Config, broker: &Handle) -> Result<Connection, ApiFault> {
    let kept = Kept::of_server(config, broker);
    kept.of_arn(arn).await?.ok_or_else(|| ApiFault::NoSuchConnection(arn.to_owned()))
}

/// Makes a request as a connection says. A token that is refused is fetched anew, and the request made once more.
pub(crate) async fn send(
    request: ApiRequest,
    connection: &Connection,
    limits: &Limits<'_>,
    config: &Config,
    broker: &Handle,
) -> Result<ApiAnswer, ApiFault> {
    let request = request.with(connection.parameters.additions())?;
    let mut refused = None;
    loop {
        let mut attempt = request.clone();
        let token = authorize(&mut attempt, connection, refused.as_ref(), config.account, &config.calls).await?;
        let answer = make(attempt, limits, config, broker).await?;
        match token {
            Some(token) if TOKEN_REFUSED.contains(&answer.status) && refused.is_none() => refused = Some(token),
            _ => return Ok(answer),
        }
    }
}

/// What would be sent: with all that a connection says, or nothing of that.
pub(crate) async fn shown(
    request: ApiRequest,
    connection: Option<&Connection>,
    config: &Config,
) -> Result<HttpRequest, ApiFault> {
    let Some(connection) = connection else { return request.with(&Additions::NONE) };
    let mut request = request.with(connection.parameters.additions())?;
    authorize(&mut request, connection, None, config.account, &config.calls).await?;
    Ok(request)
}

/// One request, when its limits let it begin.
async fn make(
    request: HttpRequest,
    limits: &Limits<'_>,
    config: &Config,
    broker: &Handle,
) -> Result<ApiAnswer, ApiFault> {
    let Limits { limits, turn, task } = limits.clone();
    let admission = Admission { limits, turn };
    let admitted = match task {
        Some(task) => broker.admit_task(task, admission).await,
        None => broker.admit(admission).await.map(Some),
    };
    let permit = admitted.map_err(|refusal| match refusal {
        Refusal::Unavailable => ApiFault::Stopping,
        Refusal::Rejected(_) => ApiFault::TooManyWait,
    })?;
    let permit = permit.ok_or(ApiFault::Abandoned)?;
    match config.calls.http.call(request).await {
        Ok(answer) => {
            let (head, body) = answer.into_parts();
            let answer = ApiAnswer { status: head.status, headers: head.headers, body };
            permit.end(answer.feedback(config.clock.now().0));
            Ok(answer)
        }
        Err(fault) => {
            // It may have come through all the same, and so counts.
            permit.end(Feedback::default());
            Err(fault.into())
        }
    }
}

/// Says who makes a request; gives the value that a token was sent in.
async fn authorize(
    request: &mut HttpRequest,
    connection: &Connection,
    refused: Option<&HeaderValue>,
    account: Account,
    calls: &Calls,
) -> Result<Option<HeaderValue>, ApiFault> {
    let deauthorized = || ApiFault::Deauthorized(connection.name.clone());
    match connection.parameters.authorization().ok_or_else(deauthorized)? {
        Authorization::Basic { user, password } => {
            let value = format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{password}")));
            set(request, AUTHORIZATION.as_str(), &value)?;
            Ok(None)
        }
        Authorization::ApiKey { name, value } => {
            set(request, name, value)?;
            Ok(None)
        }
        Authorization::OAuth(oauth) => {
            let token = calls.tokens.get(account, connection, oauth, refused, &*calls.http).await?;
            request.headers.insert(AUTHORIZATION, token.clone());
            Ok(Some(token))
        }
    }
}

fn set(request: &mut HttpRequest, name: &str, value: &str) -> Result<(), ApiFault> {
    let (name, mut value) = check_header(name, value).map_err(ApiFault::Unusable)?;
    value.set_sensitive(true);
    request.headers.insert(name, value);
    Ok(())
}
