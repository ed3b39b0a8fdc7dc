//! Who asks, and whom a statement names.

use crate::PolicyError;
use crate::json::Json;
use crate::statement::Effect;

/// Who makes a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Principal {
    /// Somebody of an account.
    Account {
        /// Twelve digits.
        account: Box<str>,
        /// Of a user, an assumed role's session (`arn:aws:sts::<account>:assumed-role/<role>/<session>`) or the
        /// account's root (`arn:aws:iam::<account>:root`).
        arn: Box<str>,
        /// The unique id, `aws:userid`.
        user_id: Box<str>,
    },
    /// An AWS service.
    Service {
        /// Such as `sns.amazonaws.com`.
        name: Box<str>,
    },
}

/// One of the names under which a policy can mean a caller: a session is also its role and its account.
enum Identity<'a> {
    Account(&'a str),
    Arn(&'a str),
    Role { account: &'a str, name: &'a str },
    Service(&'a str),
}

impl Principal {
    fn identities(&self) -> Vec<Identity<'_>> {
        match self {
            Principal::Service { name } => vec![Identity::Service(name)],
            Principal::Account { account, arn, .. } => {
                let mut identities = vec![Identity::Account(account)];
                if !matches!(parts(arn), Some(("iam", _, "root"))) {
                    identities.push(Identity::Arn(arn));
                }
                if let Some((account, name)) = role_of_session(arn) {
                    identities.push(Identity::Role { account, name });
                }
                identities
            }
        }
    }
}

/// `Principal`, or `NotPrincipal` when negated.
#[derive(Clone, Debug)]
pub(crate) struct Principals {
    negated: bool,
    named: Box<[Named]>,
}

/// One principal as a statement names it.
#[derive(Clone, Debug)]
enum Named {
    Everybody,
    /// All of an account.
    Account(Box<str>),
    Arn(Box<str>),
    Service(Box<str>),
    /// Users of identity providers and canonical ids of object stores: they do not come here.
    Nobody,
}

impl Principals {
    pub(crate) fn parse(json: Json<'_>, negated: bool) -> Result<Principals, PolicyError> {
        if json.text() == r#""*""# {
            return Ok(Principals { negated, named: [Named::Everybody].into() });
        }
        let mut named = Vec::new();
        for (kind, value) in json.members("A principal, unless it is \"*\",")? {
            for one in value.one_or_many() {
                let text = one.string("A principal")?;
                named.push(match kind.as_str() {
                    "AWS" => parse_aws(text)?,
                    "Service" => Named::Service(text.into()),
                    "Federated" | "CanonicalUser" => Named::Nobody,
                    _ => return Err(PolicyError::malformed(format!("{kind:?} is not a kind of principal."))),
                });
            }
        }
        Ok(Principals { negated, named: named.into() })
    }

    pub(crate) fn len(&self) -> usize {
        self.named.len()
    }

    /// `NotPrincipal` errs towards less access: an Allow leaves out whoever is named in any way; a Deny spares only
    /// those whose every identity is named, the account too. AWS asks for the same list, see
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html>.
    pub(crate) fn apply_to(&self, caller: &Principal, effect: Effect) -> bool {
        let is_named = |identity: &Identity<'_>| self.named.iter().any(|named| named.covers(identity));
        let identities = caller.identities();
        match (self.negated, effect) {
            (false, _) => identities.iter().any(is_named),
            (true, Effect::Allow) => !identities.iter().any(is_named),
            (true, Effect::Deny) => !identities.iter().all(is_named),
        }
    }
}

impl Named {
    fn covers(&self, identity: &Identity<'_>) -> bool {
        match (self, identity) {
            // Services too: `{"AWS": "*"}` with a condition on `aws:SourceArn` is how topics were let in at first.
            (Named::Everybody, _) => true,
            (Named::Account(named), Identity::Account(account)) => **named == **account,
            (Named::Arn(named), Identity::Arn(arn)) => **named == **arn,
            (Named::Arn(named), Identity::Role { account, name }) => role(named) == Some((account, name)),
            (Named::Service(named), Identity::Service(name)) => **named == **name,
            _ => false,
        }
    }
}

fn parse_aws(text: String) -> Result<Named, PolicyError> {
    if text == "*" {
        return Ok(Named::Everybody);
    }
    if is_account(&text) {
        return Ok(Named::Account(text.into()));
    }
    // As on AWS, a wildcard inside an ARN is refused; as a name it would match nobody, also in a Deny.
    let wild = text.contains(['*', '?']);
    match parts(&text) {
        Some(("iam", account, "root")) => Ok(Named::Account(account.into())),
        Some(("iam", _, of)) if !wild && (of.starts_with("user/") || of.starts_with("role/")) => {
            Ok(Named::Arn(text.into()))
        }
        Some(("sts", _, of)) if !wild && (of.starts_with("assumed-role/") || of.starts_with("federated-user/")) => {
            Ok(Named::Arn(text.into()))
        }
        _ => Err(PolicyError::malformed(format!(
            "The principal {text:?} is not an account, nor the ARN of a root, a user, a role or a session."
        ))),
    }
}

/// The account and name of a role; its path is left out, as in the ARNs of its sessions.
fn role(arn: &str) -> Option<(&str, &str)> {
    let ("iam", account, of) = parts(arn)? else { return None };
    Some((account, of.strip_prefix("role/")?.rsplit('/').next()?))
}

/// The account and the name of the role that a session assumed.
pub(crate) fn role_of_session(arn: &str) -> Option<(&str, &str)> {
    let ("sts", account, of) = parts(arn)? else { return None };
    Some((account, of.strip_prefix("assumed-role/")?.split('/').next()?))
}

/// Service, account and the last part of an ARN of somebody.
pub(crate) fn parts(arn: &str) -> Option<(&str, &str, &str)> {
    let mut parts = arn.splitn(6, ':');
    let ("arn", _partition) = (parts.next()?, parts.next()?) else { return None };
    let (service, "") = (parts.next()?, parts.next()?) else { return None };
    let account = parts.next().filter(|account| is_account(account))?;
    Some((service, account, parts.next()?))
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
}
