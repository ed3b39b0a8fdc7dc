//! `security` of an OpenAPI document: the schemes that it declares, and which of them an operation asks for.

use std::collections::BTreeMap;

use super::authorizer::{self, AccessResource, AuthorizerResource};
use super::{ApiKind, openapi};
use crate::Inputs;
use crate::node::Node;
use crate::reader::Reader;

/// Who is asked, in AWS's words.
pub(crate) const AUTHORIZER: &str = "x-amazon-apigateway-authorizer";
/// Our own word for the keys of an issuer that is not asked for them.
pub(crate) const KEYS: &str = "x-bongsu-jwks";
/// What describes a scheme to people and to generators of clients.
const DESCRIPTIVE: [&str; 6] = ["bearerFormat", "description", "flows", "openIdConnectUrl", "scheme", AUTHTYPE];
const AUTHTYPE: &str = "x-amazon-apigateway-authtype";
/// OpenAPI's word, and that of the resources that say the same.
const WORDS: [(&str, &str); 10] = [
    ("authorizerCredentials", "AuthorizerCredentials"),
    ("authorizerPayloadFormatVersion", "AuthorizerPayloadFormatVersion"),
    ("authorizerResultTtlInSeconds", "AuthorizerResultTtlInSeconds"),
    ("authorizerUri", "AuthorizerUri"),
    ("enableSimpleResponses", "EnableSimpleResponses"),
    ("identitySource", "IdentitySource"),
    ("identityValidationExpression", "IdentityValidationExpression"),
    ("jwtConfiguration", "JwtConfiguration"),
    ("type", "AuthorizerType"),
    ("providerARNs", "ProviderARNs"),
];

/// What a document declares, by name.
#[derive(Default)]
pub(super) struct Schemes(BTreeMap<String, Scheme>);

enum Scheme {
    Authorizer(AuthorizerResource),
    /// The header `x-api-key`.
    Key,
    /// Faulty, which has been reported.
    Broken,
}

impl Schemes {
    /// Reads what stands under `components` or, in older documents, at the top.
    pub(super) fn read(document: &mut Reader<'_>, kind: ApiKind, inputs: &Inputs) -> Schemes {
        let mut schemes = Schemes::default();
        if let Some(components) = document.take("components")
            && let Some(declared) = components.get("securitySchemes").cloned()
            && let Some(declared) = document.within(declared, "securitySchemes")
        {
            schemes.add(declared, kind, inputs);
        }
        if let Some(declared) = document.map("securityDefinitions") {
            schemes.add(declared, kind, inputs);
        }
        schemes
    }

    fn add(&mut self, mut declared: Reader<'_>, kind: ApiKind, inputs: &Inputs) {
        for name in declared.names() {
            let Some(scheme) = declared.map(&name) else { continue };
            let scheme = read_scheme(&name, scheme, kind, inputs).unwrap_or(Scheme::Broken);
            self.0.insert(name, scheme);
        }
        declared.finish();
    }

    /// What an operation asks for: by its own `security`, or else by the document's.
    pub(super) fn access(&self, operation: &mut Reader<'_>, unless: &AccessResource, kind: ApiKind) -> AccessResource {
        if !operation.has("security") {
            return unless.clone();
        }
        let line = operation.line_of("security");
        let mut access = AccessResource::default();
        for node in operation.list("security") {
            for entry in node.as_map().unwrap_or_default() {
                match self.0.get(&entry.key) {
                    None => operation.fault(line, format!("security: no scheme {} is declared", entry.key)),
                    Some(Scheme::Broken) => {}
                    Some(Scheme::Key) => access.needs_key = true,
                    Some(Scheme::Authorizer(_)) if access.authorizer.is_some() => {
                        operation.fault(line, "security: only one authorizer is asked");
                    }
                    Some(Scheme::Authorizer(authorizer)) => {
                        access.authorizer = Some(authorizer.id.clone());
                        access.scopes = texts(&entry.node);
                    }
                }
            }
        }
        if access.needs_key && kind == ApiKind::Http {
            operation.fault(line, "security: only a REST API has keys");
        }
        access
    }

    pub(super) fn authorizers(self) -> Vec<AuthorizerResource> {
        let authorizer = |scheme| match scheme {
            Scheme::Authorizer(authorizer) => Some(authorizer),
            Scheme::Key | Scheme::Broken => None,
        };
        self.0.into_values().filter_map(authorizer).collect()
    }
}

fn texts(node: &Node) -> Vec<String> {
    let items = node.as_list().unwrap_or_default();
    items.iter().filter_map(Node::as_text).map(|text| text.text.clone()).collect()
}

fn read_scheme(name: &str, mut scheme: Reader<'_>, kind: ApiKind, inputs: &Inputs) -> Option<Scheme> {
    scheme.pass(&DESCRIPTIVE);
    let line = scheme.line_of("type");
    let (what, header, place) = (scheme.string("type"), scheme.string("name"), scheme.string("in"));
    let keys = authorizer::read_keys(&mut scheme, KEYS);
    let Some(given) = scheme.take(AUTHORIZER) else {
        let is_key = what.as_deref() == Some("apiKey")
            && place.as_deref() == Some("header")
            && header.is_some_and(|header| header.eq_ignore_ascii_case("x-api-key"));
        if !is_key {
            scheme.fault(line, format!("the scheme {name} has no {AUTHORIZER}, and is not the header x-api-key"));
        }
        scheme.finish();
        return is_key.then_some(Scheme::Key);
    };
    let mut inner = scheme.within(openapi::authorizer(given, kind, &WORDS), AUTHORIZER)?;
    let read = match kind {
        ApiKind::Http => authorizer::read_http(&mut inner, keys, inputs),
        ApiKind::Rest => {
            let header = header.map(|header| format!("method.request.header.{header}"));
            authorizer::read_rest(&mut inner, header, inputs)
        }
    };
    inner.pass(&["AuthorizerCredentials", "AuthorizerCredentialsArn"]);
    inner.finish();
    scheme.finish();
    let (identity, kind) = read?;
    Some(Scheme::Authorizer(AuthorizerResource { id: name.to_owned(), identity, kind }))
}
