//! How a connection says who it is: a password, a key, or a token that it gets for a client's id and secret.

use hyper::Method;
use serde::{Deserialize, Serialize};

use super::additions::Additions;
use super::calls::{check_header, check_url};
use super::parameters::{invalid, not_here};
use super::secret::Secret;
use crate::error::ApiError;

const CHARS_MAX: usize = 512;
const OAUTH_METHODS: [Method; 3] = [Method::GET, Method::POST, Method::PUT];

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(super) enum AuthorizationType {
    #[serde(rename = "BASIC")]
    Basic,
    #[serde(rename = "API_KEY")]
    ApiKey,
    #[serde(rename = "OAUTH_CLIENT_CREDENTIALS")]
    OAuth,
}

impl AuthorizationType {
    pub(super) const NAMES: [(&'static str, AuthorizationType); 3] = [
        ("BASIC", AuthorizationType::Basic),
        ("OAUTH_CLIENT_CREDENTIALS", AuthorizationType::OAuth),
        ("API_KEY", AuthorizationType::ApiKey),
    ];
}

/// `AuthParameters`: as they are given, kept and, without what is secret, told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct AuthParameters {
    #[serde(skip_serializing_if = "Option::is_none")]
    basic_auth_parameters: Option<Basic>,
    #[serde(rename = "OAuthParameters", skip_serializing_if = "Option::is_none")]
    oauth_parameters: Option<OAuth>,
    #[serde(skip_serializing_if = "Option::is_none")]
    api_key_auth_parameters: Option<ApiKey>,
    #[serde(skip_serializing_if = "Option::is_none")]
    invocation_http_parameters: Option<Additions>,
    #[serde(skip_serializing_if = "Option::is_none")]
    connectivity_parameters: Option<Connectivity>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
struct Basic {
    username: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    password: Option<Secret>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
struct ApiKey {
    api_key_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    api_key_value: Option<Secret>,
}

/// Where tokens come from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct OAuth {
    client_parameters: Option<Client>,
    authorization_endpoint: Option<String>,
    http_method: Option<String>,
    #[serde(rename = "OAuthHttpParameters", skip_serializing_if = "Option::is_none")]
    http_parameters: Option<Additions>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
struct Client {
    #[serde(rename = "ClientID")]
    client_id: Option<String>,
    #[serde(rename = "ClientSecret", skip_serializing_if = "Option::is_none")]
    client_secret: Option<Secret>,
}

/// A way into a private network, which there is none of here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Connectivity {
    resource_parameters: Option<ResourceConfiguration>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
struct ResourceConfiguration {
    resource_configuration_arn: Option<String>,
}

/// What a request says of who makes it.
pub(super) enum Authorization<'a> {
    Basic { user: &'a str, password: &'a str },
    ApiKey { name: &'a str, value: &'a str },
    OAuth(&'a OAuth),
}

impl AuthParameters {
    /// Refuses what does not make up a connection of this type.
    pub(super) fn check(&self, kind: AuthorizationType) -> Result<(), ApiError> {
        if self.connectivity_parameters.is_some() {
            return Err(not_here("ConnectivityParameters"));
        }
        let given = [
            (AuthorizationType::Basic, self.basic_auth_parameters.is_some()),
            (AuthorizationType::ApiKey, self.api_key_auth_parameters.is_some()),
            (AuthorizationType::OAuth, self.oauth_parameters.is_some()),
        ];
        if given.iter().any(|(of, is_given)| *is_given && *of != kind) {
            return Err(invalid("AuthParameters must be those of the AuthorizationType alone"));
        }
        match kind {
            AuthorizationType::Basic => self.basic_auth_parameters.as_ref().unwrap_or(&Basic::default()).check()?,
            AuthorizationType::ApiKey => self.api_key_auth_parameters.as_ref().unwrap_or(&ApiKey::default()).check()?,
            AuthorizationType::OAuth => self.oauth_parameters.as_ref().unwrap_or(&OAuth::default()).check()?,
        }
        self.additions().check()
    }

    /// Those that are given, and for the rest those that are known.
    pub(super) fn over(self, known: AuthParameters) -> AuthParameters {
        let basic = |given: Basic, known: Basic| Basic {
            username: given.username.or(known.username),
            password: given.password.or(known.password),
        };
        let api_key = |given: ApiKey, known: ApiKey| ApiKey {
            api_key_name: given.api_key_name.or(known.api_key_name),
            api_key_value: given.api_key_value.or(known.api_key_value),
        };
        AuthParameters {
            basic_auth_parameters: both(self.basic_auth_parameters, known.basic_auth_parameters, basic),
            api_key_auth_parameters: both(self.api_key_auth_parameters, known.api_key_auth_parameters, api_key),
            oauth_parameters: both(self.oauth_parameters, known.oauth_parameters, OAuth::over),
            invocation_http_parameters: self.invocation_http_parameters.or(known.invocation_http_parameters),
            connectivity_parameters: self.connectivity_parameters,
        }
    }

    /// Those that do not depend on the type.
    pub(super) fn without_authorization(self) -> AuthParameters {
        AuthParameters { invocation_http_parameters: self.invocation_http_parameters, ..AuthParameters::default() }
    }

    /// Without what is secret.
    pub(super) fn told(self) -> AuthParameters {
        AuthParameters {
            basic_auth_parameters: self.basic_auth_parameters.map(|basic| Basic { password: None, ..basic }),
            api_key_auth_parameters: self.api_key_auth_parameters.map(|key| ApiKey { api_key_value: None, ..key }),
            oauth_parameters: self.oauth_parameters.map(OAuth::told),
            invocation_http_parameters: self.invocation_http_parameters.map(Additions::told),
            connectivity_parameters: None,
        }
    }

    /// What every request says of who makes it; nothing if that was taken away.
    pub(super) fn authorization(&self) -> Option<Authorization<'_>> {
        if let Some(Basic { username, password }) = &self.basic_auth_parameters {
            return Some(Authorization::Basic { user: username.as_deref()?, password: &password.as_ref()?.0 });
        }
        if let Some(ApiKey { api_key_name, api_key_value }) = &self.api_key_auth_parameters {
            return Some(Authorization::ApiKey { name: api_key_name.as_deref()?, value: &api_key_value.as_ref()?.0 });
        }
        self.oauth_parameters.as_ref().map(Authorization::OAuth)
    }

    /// What else every request has.
    pub(super) fn additions(&self) -> &Additions {
        self.invocation_http_parameters.as_ref().unwrap_or(const { &Additions::NONE })
    }
}

impl Basic {
    fn check(&self) -> Result<(), ApiError> {
        check_text(self.username.as_deref(), "BasicAuthParameters.Username")?;
        let password = self.password.as_ref().map(|password| password.0.as_str());
        check_text(password, "BasicAuthParameters.Password").map(drop)
    }
}

impl ApiKey {
    fn check(&self) -> Result<(), ApiError> {
        let name = check_text(self.api_key_name.as_deref(), "ApiKeyAuthParameters.ApiKeyName")?;
        let value = self.api_key_value.as_ref().map(|value| value.0.as_str());
        let value = check_text(value, "ApiKeyAuthParameters.ApiKeyValue")?;
        check_header(name, value).map(drop).map_err(invalid)
    }
}

impl OAuth {
    fn check(&self) -> Result<(), ApiError> {
        let client =
            self.client_parameters.as_ref().unwrap_or(const { &Client { client_id: None, client_secret: None } });
        check_text(client.client_id.as_deref(), "OAuthParameters.ClientParameters.ClientID")?;
        let secret = client.client_secret.as_ref().map(|secret| secret.0.as_str());
        check_text(secret, "OAuthParameters.ClientParameters.ClientSecret")?;
        let Some(endpoint) = &self.authorization_endpoint else {
            return Err(missing("OAuthParameters.AuthorizationEndpoint"));
        };
        check_url(endpoint).map_err(|fault| invalid(format!("AuthorizationEndpoint: {fault}")))?;
        if !OAUTH_METHODS.contains(&self.method()) {
            return Err(invalid("The HttpMethod of OAuthParameters is one of GET, POST and PUT"));
        }
        self.additions().check()
    }

    fn over(self, known: OAuth) -> OAuth {
        let client = |given: Client, known: Client| Client {
            client_id: given.client_id.or(known.client_id),
            client_secret: given.client_secret.or(known.client_secret),
        };
        OAuth {
            client_parameters: both(self.client_parameters, known.client_parameters, client),
            authorization_endpoint: self.authorization_endpoint.or(known.authorization_endpoint),
            http_method: self.http_method.or(known.http_method),
            http_parameters: self.http_parameters.or(known.http_parameters),
        }
    }

    fn told(self) -> OAuth {
        OAuth {
            client_parameters: self.client_parameters.map(|client| Client { client_secret: None, ..client }),
            http_parameters: self.http_parameters.map(Additions::told),
            ..self
        }
    }

    /// The client's id and secret.
    pub(super) fn client(&self) -> Option<(&str, &str)> {
        let client = self.client_parameters.as_ref()?;
        Some((client.client_id.as_deref()?, &client.client_secret.as_ref()?.0))
    }

    pub(super) fn endpoint(&self) -> &str {
        self.authorization_endpoint.as_deref().unwrap_or_default()
    }

    pub(super) fn method(&self) -> Method {
        self.http_method.as_deref().and_then(|method| method.parse().ok()).unwrap_or_default()
    }

    pub(super) fn additions(&self) -> &Additions {
        self.http_parameters.as_ref().unwrap_or(const { &Additions::NONE })
    }
}

fn both<T>(given: Option<T>, known: Option<T>, over: impl Fn(T, T) -> T) -> Option<T> {
    match (given, known) {
        (Some(given), Some(known)) => Some(over(given, known)),
        (given, known) => given.or(known),
    }
}

/// What stands in a header, without a colon.
fn check_text<'a>(given: Option<&'a str>, member: &str) -> Result<&'a str, ApiError> {
    let given = given.ok_or_else(|| missing(member))?;
    let is_sound =
        (1..=CHARS_MAX).contains(&given.chars().count()) && !given.contains(|c: char| c == ':' || c.is_control());
    if is_sound {
        Ok(given)
    } else {
        Err(invalid(format!("{member} has 1 to {CHARS_MAX} characters, none of them a colon")))
    }
}

fn missing(member: &str) -> ApiError {
    invalid(format!("AuthParameters.{member} is missing"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> AuthParameters {
        serde_json::from_str(text).unwrap()
    }

    const OAUTH: &str = r#"{"OAuthParameters":{"ClientParameters":{"ClientID":"me","ClientSecret":"hush"},
        "AuthorizationEndpoint":"https://a.example/token","HttpMethod":"POST",
        "OAuthHttpParameters":{"BodyParameters":[{"Key":"scope","Value":"hush","IsValueSecret":true}]}}}"#;

    #[test]
    fn every_type_needs_its_own_parameters_and_no_others() {
        use AuthorizationType::{ApiKey, Basic, OAuth};
        for (kind, text, refusal) in [
            (Basic, r#"{"BasicAuthParameters":{"Username":"a","Password":"b"}}"#, None),
            (Basic, r#"{"BasicAuthParameters":{"Username":"a"}}"#, Some("Password is missing")),
            (Basic, r#"{"BasicAuthParameters":{"Username":"a:","Password":"b"}}"#, Some("none of them a colon")),
            (Basic, "{}", Some("Username is missing")),
            (ApiKey, r#"{"ApiKeyAuthParameters":{"ApiKeyName":"x-key","ApiKeyValue":"b"}}"#, None),
            (ApiKey, r#"{"ApiKeyAuthParameters":{"ApiKeyName":"x key","ApiKeyValue":"b"}}"#, Some("x key")),
            (ApiKey, r#"{"BasicAuthParameters":{"Username":"a","Password":"b"}}"#, Some("AuthorizationType alone")),
            (OAuth, OAUTH, None),
            (OAuth, &OAUTH.replace("https", "http"), Some("https://")),
            (OAuth, &OAUTH.replace("POST", "PATCH"), Some("GET, POST and PUT")),
            (OAuth, &OAUTH.replace("ClientID", "Other"), Some("ClientID is missing")),
        ] {
            let found = read(text).check(kind).err().map(|error| error.message().to_owned());
            assert_eq!(found.is_some(), refusal.is_some(), "{text} {found:?}");
            assert!(found.unwrap_or_default().contains(refusal.unwrap_or_default()), "{text}");
        }
    }

    #[test]
    fn nothing_secret_is_told_or_printed() {
        for text in [
            OAUTH,
            r#"{"BasicAuthParameters":{"Username":"a","Password":"hush"}}"#,
            r#"{"ApiKeyAuthParameters":{"ApiKeyName":"a","ApiKeyValue":"hush"}}"#,
        ] {
            let parameters = read(text);
            assert!(!format!("{parameters:?}").contains("hush"));
            assert!(!serde_json::to_string(&parameters.told()).unwrap().contains("hush"));
        }
    }

    #[test]
    fn an_update_changes_what_it_names() {
        let given = read(r#"{"OAuthParameters":{"ClientParameters":{"ClientSecret":"new"}}}"#);
        let changed = given.over(read(OAUTH));
        assert!(changed.check(AuthorizationType::OAuth).is_ok());
        assert_eq!(changed.oauth_parameters.unwrap().client(), Some(("me", "new")));
    }
}
