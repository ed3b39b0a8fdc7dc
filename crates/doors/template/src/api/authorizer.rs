//! `AWS::ApiGatewayV2::Authorizer` and `AWS::ApiGateway::Authorizer`: who is asked before an API's routes are.

use super::ApiKind;
use crate::json::Scalars;
use crate::names;
use crate::reader::Reader;
use crate::scope::Identity;
use crate::stack::Definition;
use crate::types::{Naming, Read, Reading, ResourceType};
use crate::{FunctionReference, Inputs};

/// How long answers may be kept, and how long REST APIs keep them unless they are told.
const TTL_SECONDS_MAX: u32 = 3600;
const REST_TTL_SECONDS: u32 = 300;
/// What AWS calls the kinds that it has besides.
const COGNITO: &str = "COGNITO_USER_POOLS";
/// Our own word for the keys of an issuer that is not asked for them.
pub(crate) const JWKS: &str = "Jwks";
const ID_LENGTH: usize = 6;

/// Who is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorizerResource {
    /// What `Ref` gives, and routes name.
    pub id: String,
    /// Where a request says who sends it, in the API's words for mappings.
    pub identity: Vec<String>,
    /// Who.
    pub kind: AuthorizerKind,
}

/// Who is asked, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuthorizerKind {
    /// A function.
    Function {
        /// Which.
        function: FunctionReference,
        /// What it is told.
        question: AuthorizerQuestion,
        /// How long its answer is kept, 0 to 3,600 seconds.
        ttl_seconds: u32,
    },
    /// A JSON Web Token.
    Token {
        /// Who signs it.
        issuer: String,
        /// For whom it is.
        audience: Vec<String>,
        /// The issuer's JSON Web Key Set; fetched unless it is given.
        keys: Option<String>,
    },
}

/// What a function is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuthorizerQuestion {
    /// A REST API's `TOKEN`.
    Token {
        /// `IdentityValidationExpression`.
        pattern: Option<String>,
    },
    /// A REST API's `REQUEST`.
    Request,
    /// An HTTP API's format 1.0.
    V1,
    /// An HTTP API's format 2.0.
    V2 {
        /// `EnableSimpleResponses`.
        simple: bool,
    },
}

/// What a route asks of whoever sends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccessResource {
    /// The id of an authorizer of the API.
    pub authorizer: Option<String>,
    /// One of these scopes is needed, if there are any.
    pub scopes: Vec<String>,
    /// Whether a key of a usage plan is needed.
    pub needs_key: bool,
}

pub(crate) static HTTP: ResourceType = ResourceType {
    name: "AWS::ApiGatewayV2::Authorizer",
    identity,
    read: Read::Properties(|reading| read(reading, ApiKind::Http)),
    metadata: &[JWKS],
    told: &[("AuthorizerCredentialsArn", "roles are not evaluated")],
    replaced_by: &["ApiId"],
};

pub(crate) static REST: ResourceType = ResourceType {
    name: "AWS::ApiGateway::Authorizer",
    identity,
    read: Read::Properties(|reading| read(reading, ApiKind::Rest)),
    metadata: &[],
    told: &[("AuthorizerCredentials", "roles are not evaluated")],
    replaced_by: &["RestApiId"],
};

fn identity(naming: &mut Naming<'_, '_>) -> Identity {
    let id = names::id(naming.inputs, naming.logical_id, ID_LENGTH);
    Identity::named(id.clone(), vec![("AuthorizerId", id)])
}

fn read(reading: Reading<'_, '_>, kind: ApiKind) -> Option<Definition> {
    let Reading { identity, inputs, mut reader, metadata, gateway, .. } = reading;
    let id = identity.name.clone();
    let (property, api_type) = match kind {
        ApiKind::Http => ("ApiId", super::http::API_TYPE),
        ApiKind::Rest => ("RestApiId", super::rest::API_TYPE),
    };
    reader.require("Name");
    reader.pass(&["Name"]);
    let read = match kind {
        ApiKind::Http => read_http(&mut reader, metadata.keys, inputs),
        ApiKind::Rest => read_rest(&mut reader, None, inputs),
    };
    let api = gateway.api(&mut reader, property, api_type).map(|(_, api)| {
        api.authorizers.extend(read.map(|(identity, kind)| AuthorizerResource { id, identity, kind }));
        api.logical_id.clone()
    });
    reader.finish();
    Some(Definition::ApiPart { api: api? })
}

/// Reads what an HTTP API's authorizer says of itself, and where it finds who sends.
pub(super) fn read_http(
    reader: &mut Reader<'_>,
    keys: Option<String>,
    inputs: &Inputs,
) -> Option<(Vec<String>, AuthorizerKind)> {
    reader.require("AuthorizerType");
    let kind = reader.one_of("AuthorizerType", &["REQUEST", "JWT"]);
    let identity = sources(reader);
    let Some(kind) = kind else {
        reader.pass_all();
        return None;
    };
    if kind == "JWT" {
        reader.require("JwtConfiguration");
        reader.require("IdentitySource");
        let mut configuration = reader.map("JwtConfiguration")?;
        configuration.require("Audience");
        let (issuer, audience) = (configuration.required("Issuer"), configuration.strings("Audience"));
        configuration.finish();
        return Some((identity, AuthorizerKind::Token { issuer: issuer?, audience, keys }));
    }
    if keys.is_some() {
        reader.fault(reader.line_of("AuthorizerType"), format!("{JWKS} is for authorizers of the type JWT"));
    }
    reader.require("AuthorizerPayloadFormatVersion");
    let version = reader.one_of("AuthorizerPayloadFormatVersion", &["1.0", "2.0"]);
    let simple = reader.boolean("EnableSimpleResponses").unwrap_or(false);
    if simple && version.as_deref() == Some("1.0") {
        reader.fault(reader.line_of("EnableSimpleResponses"), "EnableSimpleResponses is for the format 2.0");
    }
    let ttl_seconds = reader.whole("AuthorizerResultTtlInSeconds", 0..=TTL_SECONDS_MAX).unwrap_or(0);
    let function = super::integration::function(reader, "AuthorizerUri", inputs);
    let question = if version? == "1.0" { AuthorizerQuestion::V1 } else { AuthorizerQuestion::V2 { simple } };
    Some((identity, AuthorizerKind::Function { function: function?, question, ttl_seconds }))
}

/// The same of a REST API; `header` is where a token is if nothing else is said.
pub(super) fn read_rest(
    reader: &mut Reader<'_>,
    header: Option<String>,
    inputs: &Inputs,
) -> Option<(Vec<String>, AuthorizerKind)> {
    reader.pass(&["AuthType"]);
    reader.require("Type");
    if reader.string("Type").as_deref() == Some(COGNITO) {
        let reason = "user pools are not supported: an HTTP API takes their tokens with an authorizer of the type JWT";
        reader.fault(reader.line_of("Type"), reason);
        reader.pass_all();
        return None;
    }
    let Some(kind) = reader.one_of("Type", &["TOKEN", "REQUEST"]) else {
        reader.pass_all();
        return None;
    };
    let mut identity = sources(reader);
    if identity.is_empty() && kind == "TOKEN" {
        identity.extend(header);
    }
    let ttl = reader.whole("AuthorizerResultTtlInSeconds", 0..=TTL_SECONDS_MAX).unwrap_or(REST_TTL_SECONDS);
    if identity.is_empty() && (kind == "TOKEN" || ttl > 0) {
        reader.require("IdentitySource");
    }
    let question = match kind.as_str() {
        "TOKEN" => AuthorizerQuestion::Token { pattern: reader.string("IdentityValidationExpression") },
        _ => AuthorizerQuestion::Request,
    };
    let function = super::integration::function(reader, "AuthorizerUri", inputs)?;
    Some((identity, AuthorizerKind::Function { function, question, ttl_seconds: ttl }))
}

/// A list, or a text with commas in between.
fn sources(reader: &mut Reader<'_>) -> Vec<String> {
    if reader.is_list("IdentitySource") {
        return reader.strings("IdentitySource");
    }
    let text = reader.string("IdentitySource").unwrap_or_default();
    text.split(',').map(|source| source.trim().to_owned()).filter(|source| !source.is_empty()).collect()
}

impl AccessResource {
    /// Reads what a route or a method says.
    pub(super) fn read(reader: &mut Reader<'_>, kind: ApiKind) -> AccessResource {
        let known: &[&str] = match kind {
            ApiKind::Http => &["NONE", "JWT", "CUSTOM"],
            ApiKind::Rest => &["NONE", "CUSTOM"],
        };
        let asks = reader.one_of("AuthorizationType", known).is_some_and(|kind| kind != "NONE");
        let (line, authorizer) = (reader.line_of("AuthorizationType"), reader.string("AuthorizerId"));
        match (asks, &authorizer) {
            (true, None) => reader.require("AuthorizerId"),
            (false, Some(_)) => reader.fault(line, "AuthorizerId needs the AuthorizationType JWT or CUSTOM"),
            _ => {}
        }
        let scopes = if kind == ApiKind::Http { reader.strings("AuthorizationScopes") } else { Vec::new() };
        let needs_key = kind == ApiKind::Rest && reader.boolean("ApiKeyRequired").unwrap_or(false);
        AccessResource { authorizer, scopes, needs_key }
    }
}

/// Reads a key set that is given under this name.
pub(crate) fn read_keys(reader: &mut Reader<'_>, name: &str) -> Option<String> {
    reader.json(name, Scalars::AsWritten)
}
