//! Who calls: an account's root, one of its users, or a session of one of its roles.

use std::sync::Arc;

use bongsu_broker::Client;
use sha2::{Digest, Sha256};

/// Whom an access key belongs to. Names are as IAM has them: letters, digits and `+=,.@_-`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Principal<'a> {
    /// The account itself.
    Root,
    /// A user, by name.
    User(&'a str),
    /// A session of a role.
    Session {
        /// The role's name.
        role: &'a str,
        /// The session's name.
        name: &'a str,
    },
}

/// As AWS's logs call whoever has no identity.
const ANONYMOUS: &str = "anonymous";

/// Who calls. Only a [`Verifier`](super::Verifier) makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller(Arc<Identity>);

#[derive(Debug, PartialEq, Eq)]
struct Identity {
    access_key_id: Box<str>,
    account: Box<str>,
    arn: Box<str>,
    user_id: Box<str>,
    /// The same, as policies look at it.
    client: Arc<Client>,
}

impl Caller {
    pub(super) fn new(access_key_id: &str, account: &str, principal: Principal<'_>) -> Self {
        let (arn, user_id) = match principal {
            Principal::Root => (format!("arn:aws:iam::{account}:root"), account.to_owned()),
            Principal::User(name) => {
                let resource = format!("user/{name}");
                (format!("arn:aws:iam::{account}:{resource}"), unique_id("AIDA", account, &resource))
            }
            Principal::Session { role, name } => (
                format!("arn:aws:sts::{account}:assumed-role/{role}/{name}"),
                format!("{}:{name}", unique_id("AROA", account, &format!("role/{role}"))),
            ),
        };
        Caller::of(access_key_id, account, &arn, &user_id)
    }

    /// Whoever calls without a signature. Owns nothing, and is nobody that a policy could name.
    pub(super) fn nobody() -> Self {
        Caller::of("", ANONYMOUS, ANONYMOUS, ANONYMOUS)
    }

    fn of(access_key_id: &str, account: &str, arn: &str, user_id: &str) -> Self {
        let (account, arn, user_id): (Box<str>, Box<str>, Box<str>) = (account.into(), arn.into(), user_id.into());
        let client = Arc::new(Client {
            account: account.parse().ok(),
            principal: bongsu_broker::Principal::Account {
                account: account.clone(),
                arn: arn.clone(),
                user_id: user_id.clone(),
            },
            source_arn: None,
            source_account: None,
        });
        Caller(Arc::new(Identity { access_key_id: access_key_id.into(), account, arn, user_id, client }))
    }

    /// Who it is, as policies look at it.
    pub fn client(&self) -> &Arc<Client> {
        &self.0.client
    }

    /// The access key that signed the request.
    pub fn access_key_id(&self) -> &str {
        &self.0.access_key_id
    }

    /// The account, twelve digits.
    pub fn account(&self) -> &str {
        &self.0.account
    }

    /// For instance `arn:aws:iam::000000000000:user/orders`.
    pub fn arn(&self) -> &str {
        &self.0.arn
    }

    /// The unique id that messages carry as `SenderId`: of a user `AIDA…`, of a role's session `AROA…:<session>`, of an
    /// account's root the account.
    pub fn user_id(&self) -> &str {
        &self.0.user_id
    }
}

/// The 21 characters that IAM would have drawn when the user or role was made: here they follow from the name, so that
/// they outlive a restart.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids>
fn unique_id(prefix: &str, account: &str, resource: &str) -> String {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    const CHARACTERS: usize = 17;
    let digest = Sha256::digest(format!("{account}:{resource}"));
    let characters = digest.iter().take(CHARACTERS).map(|byte| char::from(ALPHABET[usize::from(byte % 32)]));
    prefix.chars().chain(characters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCOUNT: &str = "123456789012";

    fn shown(account: &str, principal: Principal<'_>) -> (String, String) {
        let caller = Caller::new("AKID", account, principal);
        assert_eq!((caller.access_key_id(), caller.account()), ("AKID", account));
        (caller.arn().to_owned(), caller.user_id().to_owned())
    }

    #[test]
    fn arns_and_ids_follow_from_the_name() {
        let user = Principal::User("orders");
        let session = Principal::Session { role: "worker", name: "one" };
        for (principal, arn, user_id) in [
            (Principal::Root, "arn:aws:iam::123456789012:root", ACCOUNT),
            (user, "arn:aws:iam::123456789012:user/orders", "AIDAQR4ZENO546Y5WC7CP"),
            (session, "arn:aws:sts::123456789012:assumed-role/worker/one", "AROAIGJUZYYLJGAKMW2TA:one"),
        ] {
            assert_eq!(shown(ACCOUNT, principal), (arn.to_owned(), user_id.to_owned()), "{principal:?}");
        }
    }

    #[test]
    fn everybody_has_an_id_of_their_own() {
        let session = |role, name| shown(ACCOUNT, Principal::Session { role, name }).1;
        let (orders, worker) = (shown(ACCOUNT, Principal::User("orders")).1, session("worker", "one"));
        assert_ne!(orders, shown(ACCOUNT, Principal::User("order")).1);
        assert_ne!(orders, shown("123456789013", Principal::User("orders")).1);
        assert_ne!(orders[4..], session("orders", "one")[4..21]);
        assert_eq!(worker[..21], session("worker", "two")[..21]);
        assert!(orders.len() == 21 && orders.bytes().all(|byte| matches!(byte, b'A'..=b'Z' | b'2'..=b'7')), "{orders}");
    }
}
