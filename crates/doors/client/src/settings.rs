//! Who calls, and where to: found where the AWS tools look for it, in their order.
//!
//! Static keys are found; single sign-on, roles, `credential_process` and the metadata services are not asked.
//! <https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html>

use std::path::{Path, PathBuf};
use std::{env, fmt, io};

use crate::endpoint::{Endpoint, EndpointError};
use crate::shared_files::{self, Section, Sections};

/// A Bongsu on this machine.
const ENDPOINT_DEFAULT: &str = "http://127.0.0.1:4566";
const REGION_DEFAULT: &str = "us-east-1";

/// Who signs requests.
#[derive(Clone, PartialEq, Eq)]
pub struct Identity {
    /// `aws_access_key_id`.
    pub access_key_id: String,
    /// `aws_secret_access_key`.
    pub secret_access_key: String,
    /// `aws_session_token`, of temporary credentials.
    pub session_token: Option<String>,
    /// The region in the signature.
    pub region: String,
}

/// The secret is not for logs.
impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { access_key_id, region, .. } = self;
        f.debug_struct("Identity").field("access_key_id", access_key_id).field("region", region).finish_non_exhaustive()
    }
}

/// All that a client needs to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Where requests go.
    pub endpoint: Endpoint,
    /// Who signs them; without anybody they are not signed.
    pub identity: Option<Identity>,
    /// The certificates to trust instead of the system's.
    pub ca_bundle: Option<PathBuf>,
}

/// What is wrong with the environment. Names settings and files, never values that may be secret.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The endpoint is not a URL.
    #[error(transparent)]
    Endpoint(#[from] EndpointError),
    /// One half of a key pair.
    #[error("{0} has an access key without its secret, or the other way around")]
    HalfAKey(String),
    /// A profile that was asked for is in neither file.
    #[error("there is no profile {0:?} in the AWS configuration")]
    NoProfile(String),
    /// A profile that was asked for gets its keys in a way that is not supported.
    #[error(
        "profile {0:?} has no access key of its own: single sign-on, roles and credential_process are not supported"
    )]
    NoKey(String),
    /// A file is there but cannot be read.
    #[error("{}: {reason}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        reason: io::Error,
    },
}

impl Settings {
    /// What the environment of this process says. The endpoint is `endpoint_url`; else `AWS_ENDPOINT_URL_SQS`,
    /// `AWS_ENDPOINT_URL` or the profile's `endpoint_url`; else that of `queue_url`; else a Bongsu on this machine.
    pub fn from_environment(endpoint_url: Option<&str>, queue_url: Option<&str>) -> Result<Self, SettingsError> {
        let variable = |name: &str| env::var(name).ok();
        find(&variable, &|path| std::fs::read_to_string(path), endpoint_url, queue_url)
    }
}

type Variable<'a> = &'a dyn Fn(&str) -> Option<String>;
type ReadFile<'a> = &'a dyn Fn(&Path) -> io::Result<String>;

fn find(
    variable: Variable<'_>,
    read_file: ReadFile<'_>,
    endpoint_url: Option<&str>,
    queue_url: Option<&str>,
) -> Result<Settings, SettingsError> {
    // As everywhere at AWS, a variable that is set to nothing is not set.
    let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
    let profile = Profile::read(&variable, read_file)?;
    let named = endpoint_url.map(str::to_owned);
    let named = named.or_else(|| variable("AWS_ENDPOINT_URL_SQS")).or_else(|| variable("AWS_ENDPOINT_URL"));
    let endpoint: Endpoint = match (named.or_else(|| profile.setting("endpoint_url")), queue_url) {
        (Some(url), _) => url.parse()?,
        (None, Some(url)) => Endpoint::of_queue_url(url)?,
        (None, None) => ENDPOINT_DEFAULT.parse()?,
    };
    let region =
        variable("AWS_REGION").or_else(|| variable("AWS_DEFAULT_REGION")).or_else(|| profile.setting("region"));
    // An AWS host takes signatures of its own region only.
    let region = endpoint.region().map(str::to_owned).or(region).unwrap_or_else(|| REGION_DEFAULT.to_owned());
    let identity = match keys("the environment", |name| variable(&name.to_ascii_uppercase()), &region)? {
        Some(identity) => Some(identity),
        None => profile.identity(&region)?,
    };
    Ok(Settings { endpoint, identity, ca_bundle: variable("AWS_CA_BUNDLE").map(PathBuf::from) })
}

/// A key pair, or nothing; half of one is a mistake that must not lead to unsigned requests.
fn keys(
    place: &str,
    setting: impl Fn(&str) -> Option<String>,
    region: &str,
) -> Result<Option<Identity>, SettingsError> {
    match (setting("aws_access_key_id"), setting("aws_secret_access_key")) {
        (Some(access_key_id), Some(secret_access_key)) => Ok(Some(Identity {
            access_key_id,
            secret_access_key,
            session_token: setting("aws_session_token"),
            region: region.to_owned(),
        })),
        (None, None) => Ok(None),
        _ => Err(SettingsError::HalfAKey(place.to_owned())),
    }
}

/// One profile, as far as it is in the two shared files.
struct Profile {
    name: String,
    /// Named by `AWS_PROFILE`, so that its absence is an error.
    is_named: bool,
    credentials: Option<Section>,
    config: Option<Section>,
}

impl Profile {
    fn read(variable: &dyn Fn(&str) -> Option<String>, read_file: ReadFile<'_>) -> Result<Self, SettingsError> {
        let named = variable("AWS_PROFILE").or_else(|| variable("AWS_DEFAULT_PROFILE"));
        let sections = |name: &str, file: &str| -> Result<Sections, SettingsError> {
            let home = || Some(PathBuf::from(variable("HOME")?).join(".aws").join(file));
            let Some(path) = variable(name).map(PathBuf::from).or_else(home) else { return Ok(Sections::new()) };
            match read_file(&path) {
                Ok(text) => Ok(shared_files::read(&text)),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Sections::new()),
                Err(reason) => Err(SettingsError::Unreadable { path, reason }),
            }
        };
        let mut credentials = sections("AWS_SHARED_CREDENTIALS_FILE", "credentials")?;
        let mut config = sections("AWS_CONFIG_FILE", "config")?;
        let (name, is_named) = (named.clone().unwrap_or_else(|| "default".to_owned()), named.is_some());
        let own = config.remove(&format!("profile {name}"));
        let config = own.or_else(|| (name == "default").then(|| config.remove("default")).flatten());
        Ok(Self { credentials: credentials.remove(&name), config, name, is_named })
    }

    fn setting(&self, name: &str) -> Option<String> {
        let of = |section: &Option<Section>| section.as_ref()?.get(name).cloned();
        of(&self.config).filter(|value| !value.is_empty())
    }

    /// The keys: those of the credentials file before those of the configuration.
    fn identity(&self, region: &str) -> Result<Option<Identity>, SettingsError> {
        let place = format!("profile {:?}", self.name);
        for section in [&self.credentials, &self.config].into_iter().flatten() {
            let setting = |name: &str| section.get(name).filter(|value| !value.is_empty()).cloned();
            if let Some(identity) = keys(&place, setting, region)? {
                return Ok(Some(identity));
            }
        }
        match (self.is_named, self.credentials.is_some() || self.config.is_some()) {
            (false, _) => Ok(None),
            (true, true) => Err(SettingsError::NoKey(self.name.clone())),
            (true, false) => Err(SettingsError::NoProfile(self.name.clone())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CREDENTIALS: &str = "[default]\naws_access_key_id = D\naws_secret_access_key = d\n\
                               [work]\naws_access_key_id = W\naws_secret_access_key = w\naws_session_token = t\n\
                               [half]\naws_access_key_id = H\n";
    const CONFIG: &str = "[default]\nregion = eu-central-1\n[profile work]\nregion = eu-west-1\n\
                          endpoint_url = http://work:1\n[profile sso]\nsso_session = us\n\
                          [profile inline]\naws_access_key_id = I\naws_secret_access_key = i\n";

    fn found(
        variables: &[(&str, &str)],
        endpoint_url: Option<&str>,
        queue_url: Option<&str>,
    ) -> Result<Settings, SettingsError> {
        let variable = |name: &str| {
            let found = variables.iter().find(|(other, _)| *other == name);
            found.map(|(_, value)| (*value).to_owned()).or_else(|| (name == "HOME").then(|| "/users/me".to_owned()))
        };
        let read_file = |path: &Path| match path.to_str() {
            Some("/users/me/.aws/credentials") => Ok(CREDENTIALS.to_owned()),
            Some("/users/me/.aws/config") => Ok(CONFIG.to_owned()),
            Some("/locked") => Err(io::ErrorKind::PermissionDenied.into()),
            _ => Err(io::ErrorKind::NotFound.into()),
        };
        find(&variable, &read_file, endpoint_url, queue_url)
    }

    fn key(variables: &[(&str, &str)]) -> String {
        found(variables, None, None).unwrap().identity.map_or_else(String::new, |identity| identity.access_key_id)
    }

    const NOWHERE: [(&str, &str); 2] = [("AWS_SHARED_CREDENTIALS_FILE", "/none"), ("AWS_CONFIG_FILE", "/none")];

    #[test]
    fn the_environment_comes_before_the_files() {
        let pair = [("AWS_ACCESS_KEY_ID", "E"), ("AWS_SECRET_ACCESS_KEY", "e")];
        assert_eq!(key(&pair), "E");
        assert_eq!(key(&[pair[0], pair[1], ("AWS_PROFILE", "work")]), "E");
        assert_eq!(key(&[]), "D");
        assert_eq!(key(&[("AWS_PROFILE", "inline")]), "I");
        let work = found(&[("AWS_PROFILE", "work")], None, None).unwrap();
        let identity = work.identity.unwrap();
        assert_eq!((identity.access_key_id.as_str(), identity.session_token.as_deref()), ("W", Some("t")));
        assert_eq!((identity.region.as_str(), work.endpoint.to_string().as_str()), ("eu-west-1", "http://work:1"));
    }

    #[test]
    fn without_keys_nothing_is_signed() {
        let settings = found(&NOWHERE, None, None).unwrap();
        assert_eq!((settings.identity, settings.endpoint.to_string().as_str()), (None, "http://127.0.0.1:4566"));
        // Set to nothing is not set.
        assert_eq!(key(&[NOWHERE[0], NOWHERE[1], ("AWS_ACCESS_KEY_ID", "")]), "");
    }

    #[test]
    fn half_a_key_or_a_profile_without_one_is_an_error() {
        let fault = |variables: &[(&str, &str)]| found(variables, None, None).unwrap_err().to_string();
        assert!(
            fault(&[("AWS_ACCESS_KEY_ID", "E")]).starts_with("the environment has an access key without its secret")
        );
        assert!(fault(&[("AWS_PROFILE", "half")]).starts_with("profile \"half\" has an access key without its secret"));
        assert!(fault(&[("AWS_PROFILE", "sso")]).starts_with("profile \"sso\" has no access key of its own"));
        assert!(fault(&[("AWS_PROFILE", "gone")]).starts_with("there is no profile \"gone\""));
        assert!(fault(&[("AWS_CONFIG_FILE", "/locked")]).starts_with("/locked: permission denied"));
    }

    #[test]
    fn the_region_of_an_aws_host_is_its_own() {
        let region =
            |variables: &[(&str, &str)], queue_url| found(variables, None, queue_url).unwrap().identity.unwrap().region;
        assert_eq!(region(&[], None), "eu-central-1");
        assert_eq!(region(&[("AWS_DEFAULT_REGION", "b")], None), "b");
        assert_eq!(region(&[("AWS_DEFAULT_REGION", "b"), ("AWS_REGION", "a")], None), "a");
        assert_eq!(region(&[("AWS_REGION", "a")], Some("https://sqs.us-west-2.amazonaws.com/1/q")), "us-west-2");
        assert_eq!(region(&[("AWS_CONFIG_FILE", "/none")], None), "us-east-1");
    }

    #[test]
    fn the_endpoint_is_the_nearest_that_is_named() {
        let url = "http://queue:2/000000000000/q";
        let endpoint = |variables: &[(&str, &str)], named, queue_url| {
            found(variables, named, queue_url).unwrap().endpoint.to_string()
        };
        let both = [("AWS_ENDPOINT_URL", "http://all:3"), ("AWS_ENDPOINT_URL_SQS", "http://sqs:4")];
        assert_eq!(endpoint(&both, Some("http://flag:5"), Some(url)), "http://flag:5");
        assert_eq!(endpoint(&both, None, Some(url)), "http://sqs:4");
        assert_eq!(endpoint(&both[..1], None, Some(url)), "http://all:3");
        assert_eq!(endpoint(&[], None, Some(url)), "http://queue:2");
        assert!(matches!(found(&[], Some("nonsense"), None), Err(SettingsError::Endpoint(_))));
    }

    #[test]
    fn a_secret_is_not_shown() {
        let settings = format!("{:?}", found(&[], None, None).unwrap());
        assert!(settings.contains("\"D\"") && !settings.contains("\"d\""), "{settings}");
    }
}
