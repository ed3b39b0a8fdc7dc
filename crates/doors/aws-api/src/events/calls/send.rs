//! One call: waits for its limits, says who makes it, makes it, and tells the limits what the answer said.

use base64::prelude::{BASE64_STANDARD, Engine};
use bongsu_broker::{Account, LimitKey};
use bongsu_rate_limit::{Feedback, Limit};
use bongsu_runtime::{Admission, Handle, Refusal};
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

/// What a call has to wait for, and by what it gets its turn.
#[derive(Clone, Debug)]
pub(crate) struct Limits {
    pub(crate) limits: Vec<(LimitKey, Option<Limit>)>,
    pub(crate) turn: Box<str>,
}

/// The connection of an ARN, or of a name, of the server's account.
pub(crate) async fn connection_of(arn: &str, config: &Config, broker: &Handle) -> Result<Connection, ApiFault> {
    let kept = Kept::of_server(config, broker);
    let no_such = || ApiFault::NoSuchConnection(arn.to_owned());
    let name = kept.name_in::<Connection>(arn).ok_or_else(no_such)?;
    Ok(kept.find::<Connection>(name).await?.ok_or_else(no_such)?.document)
}

/// Makes a request as a connection says. A token that is refused is fetched anew, and the request made once more.
pub(crate) async fn send(
    request: ApiRequest,
    connection: &Connection,
    limits: &Limits,
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
async fn make(request: HttpRequest, limits: &Limits, config: &Config, broker: &Handle) -> Result<ApiAnswer, ApiFault> {
    let Limits { limits, turn } = limits.clone();
    let permit = broker.admit(Admission { limits, turn }).await.map_err(|refusal| match refusal {
        Refusal::Unavailable => ApiFault::Stopping,
        Refusal::Rejected(_) => ApiFault::Socket("as many calls wait for their turn as may".to_owned()),
    })?;
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
