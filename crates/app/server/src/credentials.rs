//! Whose signatures are verified: the keys of a credentials file and of the environment.
//!
//! The file has the AWS tools' own format, with an account and a user beside each key:
//!
//! ```text
//! [orders-service]
//! aws_access_key_id = AKIAIOSFODNN7EXAMPLE
//! aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY
//! account = 000000000000
//! user = orders
//! ```

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::{fs, io};

use bongsu_aws_api::sigv4::{AccessKey, Credentials, Principal};
use bongsu_broker::Account;
use bongsu_delivery::FunctionCredentials;

/// The longest name of a user, a role or a session, in characters.
const NAME_CHARACTERS_MAX: usize = 64;

/// Why there are no credentials. Names lines, sections and settings, never values.
#[derive(Debug, thiserror::Error)]
pub enum CredentialsError {
    /// The credentials file cannot be read.
    #[error("{}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The credentials file is wrong.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: FileFault,
    },
    /// A key in the environment takes two variables.
    #[error("{missing} is not set, although {given} is")]
    VariableMissing {
        /// The variable.
        missing: &'static str,
        /// One that makes no sense without it.
        given: &'static str,
    },
    /// A variable has no value, or one that is not text.
    #[error("{0} is set, but not to a text of at least one character")]
    VariableEmpty(&'static str),
    /// One id, two keys.
    #[error("the access key id of {} stands in {} too", ACCESS_KEY_ID.variable, path.display())]
    InBoth {
        /// The file.
        path: PathBuf,
    },
}

/// What is wrong with a credentials file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FileFault {
    /// A line is neither a section, a setting, a comment nor empty.
    #[error("line {0} is neither [section] nor name = value")]
    Line(usize),
    /// A setting that has no meaning here.
    #[error("line {line}: unknown setting {name}")]
    Unknown {
        /// Counted from 1.
        line: usize,
        /// As written.
        name: String,
    },
    /// A section lacks a setting, or its value.
    #[error("section [{section}] has no {name}")]
    Missing {
        /// As written.
        section: String,
        /// The setting.
        name: &'static str,
    },
    /// An account is twelve digits.
    #[error("section [{0}]: an account is twelve digits")]
    Account(String),
    /// A name that IAM would not take; a user is called like its section unless it is named.
    #[error("section [{section}]: {name} is 1 to 64 letters, digits and +=,.@_-")]
    Name {
        /// As written.
        section: String,
        /// What the name is for.
        name: &'static str,
    },
    /// A role is played by temporary keys alone, and not by a user.
    #[error("section [{0}]: role = name/session takes an aws_session_token and no user")]
    Role(String),
    /// An earlier section has the same access key id.
    #[error("section [{0}]: an earlier section has the same aws_access_key_id")]
    Repeated(String),
    /// Nobody could call.
    #[error("the file holds no credentials")]
    Empty,
}

/// The keys of the file and of the environment; `None` if there are neither. A key that names no account belongs to
/// `own`, as does the key of the environment, which is that of the account's root.
pub(crate) fn read(
    file: Option<&Path>,
    environment: impl Fn(&str) -> Option<OsString>,
    own: Account,
) -> Result<Option<Credentials>, CredentialsError> {
    let environment = EnvironmentKey::read(environment)?;
    if file.is_none() && environment.is_none() {
        return Ok(None);
    }
    let mut credentials = Credentials::new();
    if let Some(path) = file {
        let text = fs::read_to_string(path)
            .map_err(|source| CredentialsError::Unreadable { path: path.to_owned(), source })?;
        add_file(&mut credentials, &text, own)
            .map_err(|source| CredentialsError::File { path: path.to_owned(), source })?;
    }
    if let Some(key) = environment
        && !credentials.add(AccessKey {
            id: &key.id,
            secret: &key.secret,
            session_token: key.session_token.as_deref(),
            account: &own.to_string(),
            principal: Principal::Root,
        })
    {
        return Err(CredentialsError::InBoth { path: file.unwrap_or(Path::new("")).to_owned() });
    }
    Ok(Some(credentials))
}

/// What functions sign with: made anew at each start, known to nobody else, and good for the server's own account.
pub(crate) fn for_functions() -> Result<FunctionCredentials, getrandom::Error> {
    let hex = |bytes: &mut [u8]| {
        getrandom::fill(bytes)?;
        Ok(bytes.iter().map(|byte| format!("{byte:02X}")).collect::<String>())
    };
    Ok(FunctionCredentials {
        access_key_id: format!("ASIA{}", hex(&mut [0; 8])?),
        secret_access_key: hex(&mut [0; 20])?,
        session_token: hex(&mut [0; 16])?,
    })
}

/// Lets functions call: all of them in one role.
pub(crate) fn add_functions(credentials: &mut Credentials, keys: &FunctionCredentials, account: Account) {
    let is_new = credentials.add(AccessKey {
        id: &keys.access_key_id,
        secret: &keys.secret_access_key,
        session_token: Some(&keys.session_token),
        account: &account.to_string(),
        principal: Principal::Session { role: "bongsu-functions", name: "function" },
    });
    assert!(is_new, "64 random bits are nobody else's");
}

/// A setting by its name in the file and in the environment. Never the AWS tools' own variables: a developer's shell
/// has those for other purposes.
struct Setting {
    name: &'static str,
    variable: &'static str,
}

const ACCESS_KEY_ID: Setting = Setting { name: "aws_access_key_id", variable: "BONGSU_ACCESS_KEY_ID" };
const SECRET: Setting = Setting { name: "aws_secret_access_key", variable: "BONGSU_SECRET_ACCESS_KEY" };
const TOKEN: Setting = Setting { name: "aws_session_token", variable: "BONGSU_SESSION_TOKEN" };
const ACCOUNT: &str = "account";
const USER: &str = "user";
const ROLE: &str = "role";

/// The user who is no user.
const ROOT: &str = "root";

struct EnvironmentKey {
    id: String,
    secret: String,
    session_token: Option<String>,
}

impl EnvironmentKey {
    fn read(environment: impl Fn(&str) -> Option<OsString>) -> Result<Option<Self>, CredentialsError> {
        let text = |setting: Setting| {
            let value = environment(setting.variable).map(|value| value.into_string().unwrap_or_default());
            let is_empty = value.as_ref().is_some_and(String::is_empty);
            if is_empty { Err(CredentialsError::VariableEmpty(setting.variable)) } else { Ok(value) }
        };
        let missing = |missing: Setting, given: Setting| CredentialsError::VariableMissing {
            missing: missing.variable,
            given: given.variable,
        };
        match (text(ACCESS_KEY_ID)?, text(SECRET)?, text(TOKEN)?) {
            (None, None, None) => Ok(None),
            (Some(id), Some(secret), session_token) => Ok(Some(EnvironmentKey { id, secret, session_token })),
            (Some(_), None, _) => Err(missing(SECRET, ACCESS_KEY_ID)),
            (None, Some(_), _) => Err(missing(ACCESS_KEY_ID, SECRET)),
            (None, None, Some(_)) => Err(missing(ACCESS_KEY_ID, TOKEN)),
        }
    }
}

fn add_file(credentials: &mut Credentials, text: &str, own: Account) -> Result<(), FileFault> {
    let mut sections: Vec<Section<'_>> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            sections.push(Section { name: name.trim(), settings: BTreeMap::new() });
            continue;
        }
        let (name, value) = line.split_once('=').ok_or(FileFault::Line(index + 1))?;
        let name = name.trim();
        if ![ACCESS_KEY_ID.name, SECRET.name, TOKEN.name, ACCOUNT, USER, ROLE].contains(&name) {
            return Err(FileFault::Unknown { line: index + 1, name: name.to_owned() });
        }
        let section = sections.last_mut().ok_or(FileFault::Line(index + 1))?;
        section.settings.insert(name, value.trim());
    }
    if sections.is_empty() {
        return Err(FileFault::Empty);
    }
    sections.iter().try_for_each(|section| section.add_to(credentials, own))
}

struct Section<'a> {
    name: &'a str,
    settings: BTreeMap<&'a str, &'a str>,
}

impl<'a> Section<'a> {
    fn add_to(&self, credentials: &mut Credentials, own: Account) -> Result<(), FileFault> {
        let required = |setting: Setting| self.get(setting.name)?.ok_or_else(|| self.lacks(setting.name));
        let account = match self.get(ACCOUNT)? {
            Some(account) => account.parse().map_err(|()| FileFault::Account(self.name.to_owned()))?,
            None => own,
        };
        let is_new = credentials.add(AccessKey {
            id: required(ACCESS_KEY_ID)?,
            secret: required(SECRET)?,
            session_token: self.get(TOKEN.name)?,
            account: &account.to_string(),
            principal: self.principal()?,
        });
        if is_new { Ok(()) } else { Err(FileFault::Repeated(self.name.to_owned())) }
    }

    /// A setting that is there has a value.
    fn get(&self, name: &'static str) -> Result<Option<&'a str>, FileFault> {
        match self.settings.get(name) {
            Some(&"") => Err(self.lacks(name)),
            value => Ok(value.copied()),
        }
    }

    fn lacks(&self, name: &'static str) -> FileFault {
        FileFault::Missing { section: self.name.to_owned(), name }
    }

    fn principal(&self) -> Result<Principal<'a>, FileFault> {
        match (self.get(ROLE)?, self.get(USER)?) {
            (None, None) if self.name == ROOT => Ok(Principal::Root),
            (None, Some(ROOT)) => Ok(Principal::Root),
            (None, user) => Ok(Principal::User(self.checked(USER, user.unwrap_or(self.name))?)),
            (Some(role), None) if self.settings.contains_key(TOKEN.name) => {
                let (role, name) = role.split_once('/').ok_or_else(|| FileFault::Role(self.name.to_owned()))?;
                Ok(Principal::Session { role: self.checked(ROLE, role)?, name: self.checked("session", name)? })
            }
            (Some(_), _) => Err(FileFault::Role(self.name.to_owned())),
        }
    }

    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html#reference_iam-quotas-names>
    fn checked(&self, what: &'static str, name: &'a str) -> Result<&'a str, FileFault> {
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"+=,.@_-".contains(&byte);
        if (1..=NAME_CHARACTERS_MAX).contains(&name.len()) && name.bytes().all(is_allowed) {
            Ok(name)
        } else {
            Err(FileFault::Name { section: self.name.to_owned(), name: what })
        }
    }
}

#[cfg(test)]
mod tests {
    use bongsu_aws_api::sigv4::{Signer, Verifier};

    use super::*;

    const KEY: &str = "aws_access_key_id = A\naws_secret_access_key = topsecret\n";

    /// The ARN of whoever signs with this key.
    fn arn(credentials: Credentials, id: &str, secret: &str, token: Option<&str>) -> String {
        let mut head = hyper::Request::post("/").header("host", "h");
        if let Some(token) = token {
            head = head.header("x-amz-security-token", token);
        }
        let (mut head, ()) = head.body(()).unwrap().into_parts();
        let signer = Signer { access_key_id: id, secret, region: "us-east-1", service: "sqs" };
        signer.sign(&head.method, &head.uri, &mut head.headers, b"", 0);
        let verifier = Verifier::new(credentials, "us-east-1");
        verifier.verify("sqs", &head.method, &head.uri, &head.headers, b"", 0).unwrap().arn().to_owned()
    }

    fn file(text: &str) -> Result<Credentials, FileFault> {
        let mut credentials = Credentials::new();
        add_file(&mut credentials, text, Account(7)).map(|()| credentials)
    }

    fn environment(variables: &[(&str, &str)]) -> Result<Option<Credentials>, CredentialsError> {
        let find = |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into());
        read(None, find, Account(7))
    }

    #[test]
    fn the_files_of_the_aws_tools_are_read() {
        let text = "# keys\n[default]\naws_access_key_id = AKID\naws_secret_access_key=s3cr3t=\n\n[other]\n\
                    aws_access_key_id=B\naws_secret_access_key=c\naws_session_token=t\naccount=000000000042\n";
        let shown = format!("{:?}", file(text).unwrap());
        assert!(shown.contains("AKID") && !shown.contains("s3cr3t"), "{shown}");
        assert_eq!(arn(file(text).unwrap(), "AKID", "s3cr3t=", None), "arn:aws:iam::000000000007:user/default");
        assert_eq!(arn(file(text).unwrap(), "B", "c", Some("t")), "arn:aws:iam::000000000042:user/other");
    }

    #[test]
    fn a_section_says_who_calls() {
        for (section, settings, token, caller) in [
            ("orders", "", None, "arn:aws:iam::000000000007:user/orders"),
            ("orders", "user = o@example.com", None, "arn:aws:iam::000000000007:user/o@example.com"),
            ("my key", "user = orders", None, "arn:aws:iam::000000000007:user/orders"),
            ("root", "", None, "arn:aws:iam::000000000007:root"),
            ("orders", "user = root\naccount = 000000000001", None, "arn:aws:iam::000000000001:root"),
            ("root", "user = orders", None, "arn:aws:iam::000000000007:user/orders"),
            ("a", "aws_session_token = t", Some("t"), "arn:aws:iam::000000000007:user/a"),
            (
                "a",
                "aws_session_token = t\nrole = worker/one",
                Some("t"),
                "arn:aws:sts::000000000007:assumed-role/worker/one",
            ),
        ] {
            let credentials = file(&format!("[{section}]\n{KEY}{settings}")).unwrap();
            assert_eq!(arn(credentials, "A", "topsecret", token), caller, "[{section}] {settings}");
        }
    }

    #[test]
    fn faults_are_named_without_the_secret() {
        let section = |settings: &str| format!("[a]\n{KEY}{settings}");
        let missing = |name| FileFault::Missing { section: "a".into(), name };
        let misnamed = |name| FileFault::Name { section: "a".into(), name };
        for (text, fault) in [
            (String::new(), FileFault::Empty),
            ("[a]\nnonsense".into(), FileFault::Line(2)),
            ("aws_access_key_id = A".into(), FileFault::Line(1)),
            ("[a]\nregion = x".into(), FileFault::Unknown { line: 2, name: "region".into() }),
            ("[a]\naws_access_key_id = A".into(), missing("aws_secret_access_key")),
            ("[a]\naws_access_key_id =\naws_secret_access_key = B".into(), missing("aws_access_key_id")),
            (section("aws_session_token ="), missing("aws_session_token")),
            (section("user ="), missing("user")),
            (section("account ="), missing("account")),
            (section("account = 12"), FileFault::Account("a".into())),
            (section("user = a/b"), misnamed("user")),
            (section(&format!("user = {}", "u".repeat(65))), misnamed("user")),
            (section("aws_session_token = t\nrole = /s"), misnamed("role")),
            (section("aws_session_token = t\nrole = r/s/t"), misnamed("session")),
            (section("aws_session_token = t\nrole = r"), FileFault::Role("a".into())),
            (section("role = r/s"), FileFault::Role("a".into())),
            (section("aws_session_token = t\nrole = r/s\nuser = u"), FileFault::Role("a".into())),
            (section(&section("").replace("[a]", "[b]")), FileFault::Repeated("b".into())),
        ] {
            let found = file(&text).unwrap_err();
            assert_eq!(found, fault, "{text}");
            assert!(!found.to_string().contains("topsecret"));
        }
    }

    #[test]
    fn the_environment_may_hold_a_key_of_the_accounts_root() {
        let (id, secret) = (("BONGSU_ACCESS_KEY_ID", "E"), ("BONGSU_SECRET_ACCESS_KEY", "s"));
        let root = "arn:aws:iam::000000000007:root";
        assert_eq!(arn(environment(&[id, secret]).unwrap().unwrap(), "E", "s", None), root);
        let temporary = environment(&[id, secret, ("BONGSU_SESSION_TOKEN", "t")]).unwrap().unwrap();
        assert_eq!(arn(temporary, "E", "s", Some("t")), root);
        let foreign = [("AWS_ACCESS_KEY_ID", "E"), ("AWS_SECRET_ACCESS_KEY", "s")];
        assert!(environment(&[]).unwrap().is_none() && environment(&foreign).unwrap().is_none());
    }

    #[test]
    fn half_a_key_in_the_environment_is_a_fault() {
        let (id, secret) = (("BONGSU_ACCESS_KEY_ID", "E"), ("BONGSU_SECRET_ACCESS_KEY", "s"));
        let token = ("BONGSU_SESSION_TOKEN", "t");
        for (variables, text) in [
            (&[id][..], "BONGSU_SECRET_ACCESS_KEY is not set, although BONGSU_ACCESS_KEY_ID is"),
            (&[secret], "BONGSU_ACCESS_KEY_ID is not set, although BONGSU_SECRET_ACCESS_KEY is"),
            (&[token], "BONGSU_ACCESS_KEY_ID is not set, although BONGSU_SESSION_TOKEN is"),
            (&[id, (secret.0, "")], "BONGSU_SECRET_ACCESS_KEY is set, but not to a text of at least one character"),
            (&[id, secret, (token.0, "")], "BONGSU_SESSION_TOKEN is set, but not to a text of at least one character"),
        ] {
            assert_eq!(environment(variables).unwrap_err().to_string(), text);
        }
    }
}
