//! `Auth` of SAM's APIs and of their events → the security schemes of a document, and which of them each operation asks
//! for.

use std::collections::BTreeMap;

use super::build::{self, Bag, Made};
use super::{Expansion, Source, api};
use crate::api::authorizer::JWKS;
use crate::api::security::{AUTHORIZER, KEYS};
use crate::node::{Entry, Node, Value};

/// What SAM calls the header with a key.
const KEY_SCHEME: &str = "api_key";
/// Nobody is asked.
const NONE: &str = "NONE";
/// Where a request says who sends it unless something else is said.
const HEADER: &str = "Authorization";

/// What an API says of all of its operations.
#[derive(Default)]
pub(super) struct Auth {
    default: Option<String>,
    /// The scopes of each authorizer.
    known: BTreeMap<String, Option<Node>>,
    schemes: Vec<Entry>,
    needs_key: bool,
    preflights_ask: bool,
    preflights_need_key: bool,
}

impl Auth {
    pub(super) fn read(expansion: &mut Expansion<'_, '_>, source: &mut Source<'_>, is_http: bool) -> Auth {
        let mut auth = Auth { preflights_ask: true, preflights_need_key: true, ..Auth::default() };
        let Some(given) = source.bag.take("Auth") else { return auth };
        let Some(mut bag) = Bag::of(&given.node) else {
            expansion.faults.at(given.line, format!("Auth must be a map, not {}", given.node.kind()));
            return auth;
        };
        if let Some(authorizers) = bag.take("Authorizers") {
            for entry in authorizers.node.as_map().unwrap_or_default() {
                auth.add(expansion, source, entry, is_http);
            }
        }
        let default = bag.take("DefaultAuthorizer");
        let line = default.as_ref().map_or(given.line, |default| default.line);
        auth.default = expansion.known_text(default).filter(|name| name != NONE);
        if let Some(name) = auth.default.take_if(|name| !auth.known.contains_key(name)) {
            expansion.faults.at(line, unknown(&name));
        }
        if !is_http {
            let mut is = |name: &str, unless| expansion.known_truth(bag.take(name)).unwrap_or(unless);
            auth.needs_key = is("ApiKeyRequired", false);
            auth.preflights_ask = is("AddDefaultAuthorizerToCorsPreflight", true);
            auth.preflights_need_key = is("AddApiKeyRequiredToCorsPreflight", true);
            bag.drop(&["InvokeRole"]);
            refuse_plan(expansion, bag.take("UsagePlan"));
        }
        bag.finish(expansion.faults);
        let key = [("type", "apiKey"), ("name", "x-api-key"), ("in", "header")];
        let key = key.map(|(name, text)| (name, build::text(line, text)));
        if !is_http {
            auth.schemes.push(build::entry(line, KEY_SCHEME, build::map(line, key)));
        }
        auth
    }

    fn add(
        &mut self,
        expansion: &mut Expansion<'_, '_>,
        source: &Source<'_>,
        Entry { key: name, line, node }: &Entry,
        is_http: bool,
    ) {
        let line = *line;
        let Some(mut bag) = Bag::of(node) else {
            return expansion.faults.at(line, format!("authorizer {name} must be a map, not {}", node.kind()));
        };
        let scopes = bag.take("AuthorizationScopes").map(|scopes| scopes.node);
        let scheme = match (bag.take("JwtConfiguration"), bag.take("FunctionArn")) {
            (Some(configuration), None) if is_http => {
                let source_of_token = bag.take("IdentitySource").map(|given| given.node);
                let identity =
                    source_of_token.unwrap_or_else(|| build::text(line, format!("$request.header.{HEADER}")));
                let authorizer = [
                    ("type", build::text(line, "jwt")),
                    ("jwtConfiguration", configuration.node),
                    ("identitySource", identity),
                ];
                let mut scheme = vec![
                    build::entry(line, "type", build::text(line, "oauth2")),
                    build::entry(line, AUTHORIZER, build::map(line, authorizer)),
                ];
                let keys = source.ours(JWKS).and_then(|keys| keys.node.get(name)).cloned();
                scheme.extend(keys.map(|keys| build::entry(line, KEYS, keys)));
                scheme
            }
            (None, Some(function)) => {
                self.permit(expansion, source, name, &mut bag, &function, is_http);
                function_scheme(expansion, &mut bag, function, is_http)
            }
            _ => {
                let what = if is_http {
                    "JwtConfiguration or a FunctionArn"
                } else {
                    "a FunctionArn; user pools are not supported"
                };
                expansion.faults.at(line, format!("authorizer {name} needs {what}"));
                return;
            }
        };
        bag.finish(expansion.faults);
        self.known.insert(name.clone(), scopes);
        self.schemes.push(build::entry(line, name.as_str(), Node { line, value: Value::Map(scheme) }));
    }

    /// SAM permits REST APIs unless they are told otherwise, and HTTP APIs if they are told.
    fn permit(
        &self,
        expansion: &mut Expansion<'_, '_>,
        source: &Source<'_>,
        name: &str,
        bag: &mut Bag,
        function: &Entry,
        is_http: bool,
    ) {
        let enabled = expansion.known_truth(bag.take("EnableFunctionDefaultPermissions")).unwrap_or(false);
        let disabled = expansion.known_truth(bag.take("DisableFunctionDefaultPermissions")).unwrap_or(false);
        if if is_http { !enabled } else { disabled } {
            return;
        }
        let line = function.line;
        let id = build::id(&[source.logical_id, name, "AuthorizerPermission"]);
        let made = Made::new(id, line, "AWS::Lambda::Permission")
            .with("Action", build::text(line, "lambda:InvokeFunction"))
            .with("FunctionName", function.node.clone())
            .with("Principal", build::text(line, "apigateway.amazonaws.com"))
            .with("SourceArn", api::authorizers_arn(line, source.logical_id));
        expansion.make(source, made);
    }

    /// Declares the schemes in a document, and what its operations ask for unless they say it themselves.
    pub(super) fn declare(&self, body: &mut Node, line: u32) {
        for scheme in &self.schemes {
            build::insert(body, &["components", "securitySchemes"], scheme.clone());
        }
        if self.default.is_some() || self.needs_key {
            let security = self.security(line, self.default.as_deref(), None, self.needs_key);
            build::insert(body, &[], build::entry(line, "security", security));
        }
    }

    /// What an event's operation asks for, if it says anything of it.
    pub(super) fn of_event(&self, expansion: &mut Expansion<'_, '_>, given: &Entry) -> Option<Node> {
        let line = given.line;
        let Some(mut bag) = Bag::of(&given.node) else {
            expansion.faults.at(line, format!("Auth must be a map, not {}", given.node.kind()));
            return None;
        };
        let scopes = bag.take("AuthorizationScopes").map(|scopes| scopes.node);
        let needs_key = expansion.known_truth(bag.take("ApiKeyRequired")).unwrap_or(self.needs_key);
        bag.drop(&["InvokeRole"]);
        let named = expansion.known_text(bag.take("Authorizer"));
        bag.finish(expansion.faults);
        let authorizer = match named {
            Some(name) if name == NONE => None,
            Some(name) if !self.known.contains_key(&name) => {
                expansion.faults.at(line, unknown(&name));
                None
            }
            Some(name) => Some(name),
            None => self.default.clone(),
        };
        Some(self.security(line, authorizer.as_deref(), scopes, needs_key))
    }

    /// What a preflight asks for, where that is less than what other operations do.
    pub(super) fn of_preflight(&self, line: u32) -> Option<Node> {
        let asks = self.preflights_ask || self.default.is_none();
        let needs_key = self.preflights_need_key || !self.needs_key;
        if asks && needs_key {
            return None;
        }
        let default = self.default.as_deref().filter(|_| self.preflights_ask);
        Some(self.security(line, default, None, self.needs_key && self.preflights_need_key))
    }

    fn security(&self, line: u32, authorizer: Option<&str>, scopes: Option<Node>, needs_key: bool) -> Node {
        let none = || build::list(line, Vec::new());
        let own = |name: &str| self.known.get(name).cloned().flatten();
        let mut asked = Vec::new();
        if let Some(name) = authorizer {
            asked.push(build::map(line, [(name, scopes.or_else(|| own(name)).unwrap_or_else(none))]));
        }
        if needs_key {
            asked.push(build::map(line, [(KEY_SCHEME, none())]));
        }
        build::list(line, asked)
    }
}

fn unknown(name: &str) -> String {
    match name {
        "AWS_IAM" => "AWS_IAM is not supported: functions' own addresses know it".to_owned(),
        name => format!("Auth: the API has no authorizer {name}"),
    }
}

/// SAM would make a plan and a key whose value nobody could ask for.
fn refuse_plan(expansion: &mut Expansion<'_, '_>, plan: Option<Entry>) {
    let Some(plan) = plan else { return };
    let created = Bag::of(&plan.node).and_then(|mut bag| bag.take("CreateUsagePlan"));
    if expansion.known_text(created).as_deref() != Some(NONE) {
        let reason = "UsagePlan is supported as CreateUsagePlan: NONE, beside an AWS::ApiGateway::UsagePlan, an ApiKey \
                      with a Value and a UsagePlanKey";
        expansion.faults.at(plan.line, reason);
    }
}

fn function_scheme(expansion: &mut Expansion<'_, '_>, bag: &mut Bag, function: Entry, is_http: bool) -> Vec<Entry> {
    let line = function.line;
    bag.drop(&["FunctionInvokeRole"]);
    let mut identity =
        bag.take("Identity").and_then(|identity| Bag::of(&identity.node)).unwrap_or(Bag::new(line, Vec::new()));
    let mut authorizer = vec![build::entry(line, "authorizerUri", api::invocation_uri(line, function.node))];
    let ttl = identity.take("ReauthorizeEvery");
    authorizer.extend(ttl.map(|ttl| Entry { key: "authorizerResultTtlInSeconds".to_owned(), ..ttl }));
    let mut header = HEADER.to_owned();
    if is_http {
        authorizer.push(build::entry(line, "type", build::text(line, "request")));
        for (property, word) in [
            ("AuthorizerPayloadFormatVersion", "authorizerPayloadFormatVersion"),
            ("EnableSimpleResponses", "enableSimpleResponses"),
        ] {
            authorizer.extend(bag.take(property).map(|given| Entry { key: word.to_owned(), ..given }));
        }
    } else {
        let kind = expansion.known_text(bag.take("FunctionPayloadType")).unwrap_or_else(|| "TOKEN".to_owned());
        let pattern = identity.take("ValidationExpression");
        authorizer.extend(pattern.map(|given| Entry { key: "identityValidationExpression".to_owned(), ..given }));
        header = expansion.known_text(identity.take("Header")).unwrap_or(header);
        authorizer.push(build::entry(line, "type", build::text(line, kind.to_ascii_lowercase())));
        if kind == "TOKEN" {
            identity.finish(expansion.faults);
            return scheme(line, &header, authorizer);
        }
    }
    let sources = sources(expansion, &mut identity, is_http);
    identity.finish(expansion.faults);
    let sources = match sources.is_empty() && is_http {
        true => vec![format!("$request.header.{HEADER}")],
        false => sources,
    };
    authorizer.push(build::entry(line, "identitySource", build::text(line, sources.join(", "))));
    scheme(line, &header, authorizer)
}

/// In the words of mappings, which each kind of API has its own of.
fn sources(expansion: &mut Expansion<'_, '_>, identity: &mut Bag, is_http: bool) -> Vec<String> {
    let words = [
        ("Headers", "$request.header.", "method.request.header."),
        ("QueryStrings", "$request.querystring.", "method.request.querystring."),
        ("StageVariables", "$stageVariables.", "stageVariables."),
        ("Context", "$context.", "context."),
    ];
    let mut sources = Vec::new();
    for (property, http, rest) in words {
        let Some(given) = identity.take(property) else { continue };
        let known = expansion.known(&given.node);
        let names = known.as_ref().and_then(Node::as_list).unwrap_or_default();
        let prefix = if is_http { http } else { rest };
        sources.extend(names.iter().filter_map(Node::as_text).map(|name| format!("{prefix}{}", name.text)));
    }
    sources
}

fn scheme(line: u32, header: &str, authorizer: Vec<Entry>) -> Vec<Entry> {
    let text = |text: &str| build::text(line, text);
    vec![
        build::entry(line, "type", text("apiKey")),
        build::entry(line, "name", text(header)),
        build::entry(line, "in", text("header")),
        build::entry(line, AUTHORIZER, Node { line, value: Value::Map(authorizer) }),
    ]
}

/// The metadata without the keys, which are in the document then.
pub(super) fn without_keys(mut metadata: Entry) -> Entry {
    if let Value::Map(entries) = &mut metadata.node.value {
        for entry in entries.iter_mut().filter(|entry| entry.key == "Bongsu") {
            if let Value::Map(ours) = &mut entry.node.value {
                ours.retain(|entry| entry.key != JWKS);
            }
        }
    }
    metadata
}
