//! What a request is known by, and the condition keys under which policies ask for it.

use std::borrow::Cow;
use std::net::IpAddr;

use crate::date;
use crate::principal::{Principal, parts, role_of_session};

/// A request to be judged.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// Who asks.
    pub principal: &'a Principal,
    /// Such as `sqs:SendMessage`. A batch form and its single form are the same.
    pub action: &'a str,
    /// The ARN of the queue or topic.
    pub resource: &'a str,
    /// When a service asks on behalf of a resource: that resource's ARN.
    pub source_arn: Option<&'a str>,
    /// The account of that resource.
    pub source_account: Option<&'a str>,
    /// Since the epoch, in milliseconds.
    pub now_ms: u64,
    /// Whether the request came through TLS.
    pub secure_transport: bool,
    /// Where the request came from. `None` when a service asks.
    pub source_ip: Option<IpAddr>,
}

impl<'a> Request<'a> {
    /// The value of a condition key, which is given in lower case. An unknown key has none.
    pub(crate) fn value(&self, key: &str) -> Option<Cow<'a, str>> {
        let (account, service) = match self.principal {
            Principal::Account { account, arn, user_id } => (Some((&**account, &**arn, &**user_id)), None),
            Principal::Service { name } => (None, Some(&**name)),
        };
        let flag = |flag: bool| Some(Cow::Borrowed(if flag { "true" } else { "false" }));
        match key {
            "aws:sourcearn" => self.source_arn.map(Cow::Borrowed),
            "aws:sourceaccount" => self.source_account.map(Cow::Borrowed),
            // The key of the default policy of topics: whoever's resource or, without one, whoever's caller it is.
            "aws:sourceowner" => self.source_account.or(account.map(|caller| caller.0)).map(Cow::Borrowed),
            "aws:principalarn" => account.map(|(_, arn, _)| principal_arn(arn)),
            "aws:principalaccount" => account.map(|(account, ..)| Cow::Borrowed(account)),
            "aws:principaltype" => account.and_then(|(_, arn, _)| principal_type(arn)).map(Cow::Borrowed),
            "aws:username" => account.and_then(|(_, arn, _)| user_name(arn)).map(Cow::Borrowed),
            "aws:userid" => account.map(|(_, _, user_id)| Cow::Borrowed(user_id)),
            "aws:principalisawsservice" => flag(service.is_some()),
            "aws:principalservicename" => service.map(Cow::Borrowed),
            "aws:securetransport" => flag(self.secure_transport),
            "aws:sourceip" => self.source_ip.map(|address| Cow::Owned(address.to_canonical().to_string())),
            "aws:currenttime" => Some(Cow::Owned(date::format(self.now_ms))),
            "aws:epochtime" => Some(Cow::Owned((self.now_ms / 1000).to_string())),
            _ => None,
        }
    }
}

/// For a session that of its role, without the role's path, which the session does not tell.
fn principal_arn(arn: &str) -> Cow<'_, str> {
    let partition = arn.split(':').nth(1).unwrap_or_default();
    match role_of_session(arn) {
        Some((account, role)) => Cow::Owned(format!("arn:{partition}:iam::{account}:role/{role}")),
        None => Cow::Borrowed(arn),
    }
}

fn principal_type(arn: &str) -> Option<&'static str> {
    let (service, _, of) = parts(arn)?;
    match (service, of.split('/').next()?) {
        ("iam", "root") => Some("Account"),
        ("iam", "user") => Some("User"),
        ("iam", "role") | ("sts", "assumed-role") => Some("AssumedRole"),
        ("sts", "federated-user") => Some("FederatedUser"),
        _ => None,
    }
}

fn user_name(arn: &str) -> Option<&str> {
    let ("iam", _, of) = parts(arn)? else { return None };
    of.strip_prefix("user/")?.rsplit('/').next()
}
