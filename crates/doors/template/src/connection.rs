//! `AWS::Events::Connection` and `AWS::Events::ApiDestination` → how somebody else's HTTP API is called.

use serde_json::Value;

use crate::json::Scalars;
use crate::names;
use crate::scope::Identity;
use crate::secret::Secret;
use crate::stack::Definition;
use crate::types::{Naming, Read, Reading, ResourceType};

pub(crate) static TYPE: ResourceType = ResourceType {
    name: "AWS::Events::Connection",
    identity: identity_of_connection,
    read: Read::Properties(|reading| read_connection(reading).map(Definition::Connection)),
    metadata: &[],
    told: &[("KmsKeyIdentifier", "secrets are kept in the server's journal as they are")],
    replaced_by: &["Name"],
};

pub(crate) static API_DESTINATION: ResourceType = ResourceType {
    name: "AWS::Events::ApiDestination",
    identity: |naming| identity(naming, "api-destination"),
    read: Read::Properties(|reading| read_destination(reading).map(Definition::ApiDestination)),
    metadata: &[],
    told: &[],
    replaced_by: &["Name"],
};

/// The longest name.
const NAME_MAX: usize = 64;
/// Calls in a second, at most.
const RATE_MAX: u32 = 1_000_000;
const TYPES: [&str; 3] = ["API_KEY", "BASIC", "OAUTH_CLIENT_CREDENTIALS"];
const METHODS: [&str; 7] = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];
/// The one member of a connection's parameters that is no text.
const IS_SECRET: &str = "IsValueSecret";

/// A connection to create.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionResource {
    /// Its name.
    pub name: String,
    /// The UUID in its ARN.
    pub id: String,
    /// What it is for.
    pub description: Option<String>,
    /// `API_KEY`, `BASIC` or `OAUTH_CLIENT_CREDENTIALS`.
    pub authorization_type: String,
    /// `AuthParameters` as the API takes them: JSON.
    pub parameters: Secret,
}

/// An API destination to create.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiDestinationResource {
    /// Its name.
    pub name: String,
    /// The UUID in its ARN.
    pub id: String,
    /// What it is for.
    pub description: Option<String>,
    /// The ARN of its connection.
    pub connection: String,
    /// Where it is, with `*` for what a call says.
    pub endpoint: String,
    /// The HTTP method.
    pub method: String,
    /// Calls in a second; AWS's own number unless given.
    pub rate: Option<u32>,
}

fn identity(naming: &mut Naming<'_, '_>, kind: &str) -> Identity {
    let given = naming.text("Name");
    let name = given.unwrap_or_else(|| names::generated(naming.inputs, naming.logical_id, "", NAME_MAX));
    let id = names::uuid(naming.inputs, naming.logical_id);
    let (region, account) = (&naming.inputs.region, &naming.inputs.account);
    let arn = format!("arn:aws:events:{region}:{account}:{kind}/{name}");
    Identity::named(name, vec![("Arn", format!("{arn}/{id}")), ("ArnForPolicy", arn)])
}

fn identity_of_connection(naming: &mut Naming<'_, '_>) -> Identity {
    let mut identity = identity(naming, "connection");
    let id = names::uuid(naming.inputs, naming.logical_id);
    let (region, account) = (&naming.inputs.region, &naming.inputs.account);
    let name = &identity.name;
    let secret = format!("arn:aws:secretsmanager:{region}:{account}:secret:events!connection/{name}/{id}");
    identity.attributes.push(("SecretArn", Some(secret)));
    identity
}

fn read_connection(reading: Reading<'_, '_>) -> Option<ConnectionResource> {
    let Reading { logical_id, identity, inputs, mut reader, .. } = reading;
    reader.pass(&["Name"]);
    let description = reader.string("Description");
    reader.require("AuthorizationType");
    let authorization_type = reader.one_of("AuthorizationType", &TYPES);
    reader.require("AuthParameters");
    let parameters = reader.json("AuthParameters", Scalars::Texts).map(|parameters| as_api(&parameters));
    reader.finish();
    Some(ConnectionResource {
        name: identity.name.clone(),
        id: names::uuid(inputs, logical_id),
        description,
        authorization_type: authorization_type?,
        parameters: Secret::from(parameters?),
    })
}

fn read_destination(reading: Reading<'_, '_>) -> Option<ApiDestinationResource> {
    let Reading { logical_id, identity, inputs, mut reader, .. } = reading;
    reader.pass(&["Name"]);
    let description = reader.string("Description");
    let connection = reader.required("ConnectionArn");
    let endpoint = reader.required("InvocationEndpoint");
    reader.require("HttpMethod");
    let method = reader.one_of("HttpMethod", &METHODS);
    let rate = reader.whole("InvocationRateLimitPerSecond", 1..=RATE_MAX);
    reader.finish();
    Some(ApiDestinationResource {
        name: identity.name.clone(),
        id: names::uuid(inputs, logical_id),
        description,
        connection: connection?,
        endpoint: endpoint?,
        method: method?,
        rate,
    })
}

/// The API is strict about texts and booleans, templates are not.
fn as_api(parameters: &str) -> String {
    let mut parameters: Value = serde_json::from_str(parameters).unwrap_or_default();
    with_booleans(&mut parameters);
    parameters.to_string()
}

fn with_booleans(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                match value.as_str() {
                    Some(text) if name == IS_SECRET => *value = Value::Bool(text.eq_ignore_ascii_case("true")),
                    _ => with_booleans(value),
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(with_booleans),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_says_whether_a_value_is_secret_is_no_text() {
        let given = r#"{"BodyParameters":[{"IsValueSecret":"True","Key":"true","Value":"5"}]}"#;
        assert_eq!(as_api(given), r#"{"BodyParameters":[{"IsValueSecret":true,"Key":"true","Value":"5"}]}"#);
    }
}
