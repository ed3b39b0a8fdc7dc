//! Reads a credentials file: the AWS tools' own format, with an account beside each key.
//!
//! ```text
//! [orders-service]
//! aws_access_key_id = AKIAIOSFODNN7EXAMPLE
//! aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY
//! account = 000000000000
//! ```

use std::collections::BTreeMap;

use bongsu_aws_api::sigv4::Credentials;
use bongsu_broker::Account;
use bongsu_delivery::FunctionCredentials;

/// What is wrong with a credentials file. Names lines and keys, never values.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CredentialsError {
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
    /// A section lacks a setting.
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
    /// Nobody could call.
    #[error("the file holds no credentials")]
    Empty,
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

/// Lets functions call.
pub(crate) fn with_functions(credentials: Credentials, own: &FunctionCredentials, account: Account) -> Credentials {
    let FunctionCredentials { access_key_id, secret_access_key, session_token } = own;
    credentials.with_session(access_key_id, secret_access_key, session_token, &account.to_string(), access_key_id)
}

const KEY_ID: &str = "aws_access_key_id";
const SECRET: &str = "aws_secret_access_key";
const TOKEN: &str = "aws_session_token";
const ACCOUNT: &str = "account";

/// Reads the text of a credentials file. A section without an account belongs to `default_account`.
pub fn read_credentials(text: &str, default_account: Account) -> Result<Credentials, CredentialsError> {
    let mut sections: Vec<(&str, BTreeMap<&str, &str>)> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            sections.push((name.trim(), BTreeMap::new()));
            continue;
        }
        let (name, value) = line.split_once('=').ok_or(CredentialsError::Line(index + 1))?;
        let name = name.trim();
        if ![KEY_ID, SECRET, TOKEN, ACCOUNT].contains(&name) {
            return Err(CredentialsError::Unknown { line: index + 1, name: name.to_owned() });
        }
        let (_, settings) = sections.last_mut().ok_or(CredentialsError::Line(index + 1))?;
        settings.insert(name, value.trim());
    }
    if sections.is_empty() {
        return Err(CredentialsError::Empty);
    }
    sections.into_iter().try_fold(Credentials::new(), |credentials, (section, settings)| {
        add(credentials, section, &settings, default_account)
    })
}

fn add(
    credentials: Credentials,
    section: &str,
    settings: &BTreeMap<&str, &str>,
    default_account: Account,
) -> Result<Credentials, CredentialsError> {
    let required = |name: &'static str| {
        let value = settings.get(name).filter(|value| !value.is_empty()).copied();
        value.ok_or_else(|| CredentialsError::Missing { section: section.to_owned(), name })
    };
    let account = match settings.get(ACCOUNT) {
        Some(account) => account.parse().map_err(|()| CredentialsError::Account(section.to_owned()))?,
        None => default_account,
    };
    let (key_id, secret, account) = (required(KEY_ID)?, required(SECRET)?, account.to_string());
    Ok(match settings.get(TOKEN) {
        Some(token) => credentials.with_session(key_id, secret, token, &account, key_id),
        None => credentials.with(key_id, secret, &account, key_id),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> CredentialsError {
        read_credentials(text, Account(0)).unwrap_err()
    }

    #[test]
    fn the_files_of_the_aws_tools_are_read() {
        let text = "# keys\n[default]\naws_access_key_id = AKID\naws_secret_access_key=s3cr3t=\n\n[other]\n\
                    aws_access_key_id=B\naws_secret_access_key=c\naws_session_token=t\naccount=000000000042\n";
        let credentials = read_credentials(text, Account(7)).unwrap();
        let shown = format!("{credentials:?}");
        assert!(shown.contains("AKID") && !shown.contains("s3cr3t"), "{shown}");
    }

    #[test]
    fn faults_are_named_without_the_secret() {
        assert_eq!(fault(""), CredentialsError::Empty);
        assert_eq!(fault("[a]\nnonsense"), CredentialsError::Line(2));
        assert_eq!(fault("aws_access_key_id = A"), CredentialsError::Line(1));
        assert_eq!(fault("[a]\nregion = x"), CredentialsError::Unknown { line: 2, name: "region".into() });
        let missing = CredentialsError::Missing { section: "a".into(), name: SECRET };
        assert_eq!(fault("[a]\naws_access_key_id = A"), missing);
        let account = "[a]\naws_access_key_id = A\naws_secret_access_key = B\naccount = 12";
        assert_eq!(fault(account), CredentialsError::Account("a".into()));
    }
}
