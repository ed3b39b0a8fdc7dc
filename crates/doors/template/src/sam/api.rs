//! `AWS::Serverless::HttpApi`, `AWS::Serverless::Api` and the APIs that SAM makes when an event names none → an API with
//! its routes in `Body`, a deployment and a stage.

use super::auth::{self, Auth};
use super::build::{self, Bag, Made};
use super::globals::Globals;
use super::{Expansion, Source, type_of};
use crate::api::openapi::{ANY_METHOD, INTEGRATION};
use crate::node::{Entry, Node, Value};

pub(super) const HTTP: &str = "AWS::Serverless::HttpApi";
pub(super) const REST: &str = "AWS::Serverless::Api";
/// The logical ids of what SAM makes when an event names no API.
pub(super) const IMPLICIT_HTTP: &str = "ServerlessHttpApi";
pub(super) const IMPLICIT_REST: &str = "ServerlessRestApi";
/// The stage of the REST API that SAM makes.
const IMPLICIT_STAGE: &str = "Prod";
/// What is not there, so that nobody believes it works.
const REFUSED: [&str; 5] = ["CanarySetting", "DefinitionUri", "Domain", "EnableIAMAuthorizer", "GatewayResponses"];
const DEFAULT_STAGE: &str = "$default";

/// Whether the resource is an API that the template gives no name.
pub(super) fn is_unnamed(entry: &Entry, globals: &Globals) -> bool {
    let is_api = matches!(type_of(&entry.node), Some(HTTP | REST));
    let has_name = entry.node.get("Properties").is_some_and(|properties| properties.get("Name").is_some());
    is_api && !has_name && !globals.has("Api", "Name")
}

/// Makes all APIs, now that all functions have said what they want of them.
pub(super) fn expand(expansion: &mut Expansion<'_, '_>) {
    let implicit = [IMPLICIT_HTTP, IMPLICIT_REST].into_iter().filter(|id| expansion.operations.contains_key(*id));
    let implicit: Vec<Entry> = implicit.map(|id| implicit_entry(expansion, id)).collect();
    expansion.unnamed_apis += implicit.len();
    let written = expansion.written;
    for entry in written.iter().chain(&implicit) {
        expansion.faults.concern(Some(&entry.key));
        match type_of(&entry.node) {
            Some(HTTP) => expand_http(expansion, entry),
            Some(REST) => expand_rest(expansion, entry),
            _ => {}
        }
    }
}

fn implicit_entry(expansion: &Expansion<'_, '_>, logical_id: &str) -> Entry {
    let operations = expansion.operations.get(logical_id);
    let line = operations.and_then(|operations| operations.first()).map_or(1, |operation| operation.line);
    let made = match logical_id {
        IMPLICIT_HTTP => Made::new(logical_id, line, HTTP),
        _ => Made::new(logical_id, line, REST).with("StageName", build::text(line, IMPLICIT_STAGE)),
    };
    made.entry()
}

fn expand_http(expansion: &mut Expansion<'_, '_>, entry: &Entry) {
    let Some(mut source) = expansion.source(entry, "HttpApi", "AWS::ApiGatewayV2::Api") else { return };
    let Source { logical_id, line, .. } = source;
    refuse(expansion, &mut source.bag);
    source.bag.drop(&["PropagateTags"]);
    let stage_name = source.bag.take("StageName");
    let stage_name = expansion.known_text(stage_name).unwrap_or_else(|| DEFAULT_STAGE.to_owned());
    let cors = source.bag.take("CorsConfiguration").and_then(|cors| http_cors(line, cors));
    let name = expansion.name(&mut source);
    let auth = Auth::read(expansion, &mut source, true);
    let body = expansion.body(&mut source, &auth);
    let api = Made::new(logical_id, line, "AWS::ApiGatewayV2::Api")
        .with_taken("Name", Some(name))
        .with("ProtocolType", build::text(line, "HTTP"))
        .with("Body", body)
        .with_taken("CorsConfiguration", cors)
        .with_all(&mut source.bag, &["Description", "DisableExecuteApiEndpoint", "FailOnWarnings", "Tags"]);
    let id = match stage_name.as_str() {
        DEFAULT_STAGE => format!("{logical_id}ApiGatewayDefaultStage"),
        name => build::id(&[logical_id, name, "Stage"]),
    };
    let stage = Made::new(id, line, "AWS::ApiGatewayV2::Stage")
        .with("ApiId", build::reference(line, logical_id))
        .with("StageName", build::text(line, stage_name))
        .with("AutoDeploy", build::text(line, "true"))
        .with_all(&mut source.bag, &["AccessLogSettings", "DefaultRouteSettings", "RouteSettings", "StageVariables"]);
    expansion.finish(source, api, stage);
}

/// `true` is for everybody.
fn http_cors(line: u32, cors: Entry) -> Option<Entry> {
    match cors.node.as_text().map(|text| text.text.as_str()) {
        Some("true" | "True") => {
            let origins = build::list(line, vec![build::text(line, "*")]);
            Some(Entry { node: build::map(cors.line, [("AllowOrigins", origins)]), ..cors })
        }
        Some("false" | "False") => None,
        _ => Some(cors),
    }
}

fn expand_rest(expansion: &mut Expansion<'_, '_>, entry: &Entry) {
    let Some(mut source) = expansion.source(entry, "Api", "AWS::ApiGateway::RestApi") else { return };
    let Source { logical_id, line, .. } = source;
    refuse(expansion, &mut source.bag);
    source.bag.drop(&["AlwaysDeploy", "MergeDefinitions", "Models", "OpenApiVersion", "PropagateTags"]);
    let stage_name = source.bag.take("StageName");
    if stage_name.is_none() {
        expansion.faults.at(line, "StageName is missing");
    }
    let stage_name = expansion.known_text(stage_name).unwrap_or_else(|| IMPLICIT_STAGE.to_owned());
    let cors = source.bag.take("Cors");
    let name = expansion.name(&mut source);
    let auth = Auth::read(expansion, &mut source, false);
    let mut body = expansion.body(&mut source, &auth);
    if let Some(cors) = cors {
        add_preflights(expansion, &mut body, cors, &auth);
    }
    let deployment =
        Made::new(format!("{logical_id}Deployment{}", build::hash(&body)), line, "AWS::ApiGateway::Deployment")
            .with("RestApiId", build::reference(line, logical_id));
    let api = Made::new(logical_id, line, "AWS::ApiGateway::RestApi")
        .with_taken("Name", Some(name))
        .with("Body", body)
        .with_taken("EndpointConfiguration", source.bag.take("EndpointConfiguration"))
        .with_all(
            &mut source.bag,
            &[
                "ApiKeySourceType",
                "BinaryMediaTypes",
                "Description",
                "DisableExecuteApiEndpoint",
                "FailOnWarnings",
                "MinimumCompressionSize",
                "Mode",
                "Tags",
            ],
        );
    let stage = Made::new(build::id(&[logical_id, &stage_name, "Stage"]), line, "AWS::ApiGateway::Stage")
        .with("RestApiId", build::reference(line, logical_id))
        .with("DeploymentId", build::reference(line, &deployment.logical_id))
        .with("StageName", build::text(line, stage_name))
        .with_taken("Variables", source.bag.take("Variables"))
        .with_all(
            &mut source.bag,
            &["AccessLogSetting", "CacheClusterEnabled", "CacheClusterSize", "MethodSettings", "TracingEnabled"],
        );
    expansion.scope.aliases.insert(format!("{logical_id}.Deployment"), deployment.logical_id.clone());
    expansion.make(&source, deployment);
    expansion.finish(source, api, stage);
}

fn refuse(expansion: &mut Expansion<'_, '_>, bag: &mut Bag) {
    for property in REFUSED.iter().filter_map(|name| bag.take(name)) {
        expansion.faults.at(property.line, format!("{} is not supported yet", property.key));
    }
}

impl Expansion<'_, '_> {
    /// An API without a name has the stack's, as with SAM; several of them have their own behind it.
    fn name(&self, source: &mut Source<'_>) -> Entry {
        let Source { logical_id, line, .. } = *source;
        source.bag.take("Name").unwrap_or_else(|| {
            let template = match self.unnamed_apis {
                0 | 1 => "${AWS::StackName}".to_owned(),
                _ => format!("${{AWS::StackName}}-{logical_id}"),
            };
            build::entry(line, "Name", build::sub(line, template))
        })
    }

    /// The document that the template gives, with what the functions ask for.
    fn body(&mut self, source: &mut Source<'_>, auth: &Auth) -> Node {
        let line = source.line;
        let mut body = source.bag.take("DefinitionBody").map_or_else(
            || build::map(line, [("openapi", build::text(line, "3.0.1")), ("paths", build::map(line, []))]),
            |given| given.node,
        );
        auth.declare(&mut body, line);
        for mut operation in self.operations.remove(source.logical_id).unwrap_or_default() {
            if let Some(given) = operation.auth.take()
                && let Some(security) = auth.of_event(self, &given)
            {
                build::insert(&mut operation.node, &[], build::entry(given.line, "security", security));
            }
            let method = operation.method.to_ascii_lowercase();
            let method =
                if ["any", "x-amazon-apigateway-any-method"].contains(&method.as_str()) { ANY_METHOD } else { &method };
            if !build::insert(
                &mut body,
                &["paths", &operation.path],
                build::entry(operation.line, method, operation.node),
            ) {
                let reason = format!("{} {} is taken already", operation.method, operation.path);
                self.faults.at(operation.line, reason);
            }
        }
        body
    }

    fn finish(&mut self, source: Source<'_>, mut api: Made, stage: Made) {
        let kept = ["DependsOn", "DeletionPolicy", "Metadata", "UpdateReplacePolicy"];
        api.attributes.extend(kept.iter().filter_map(|name| source.attribute(name)).map(auth::without_keys));
        self.scope.aliases.insert(format!("{}.Stage", source.logical_id), stage.logical_id.clone());
        self.make(&source, api);
        self.make(&source, stage);
        source.bag.finish(self.faults);
    }
}

/// The integration of an operation with a function.
pub(super) fn integration(
    line: u32,
    function: Node,
    is_http: bool,
    format: Option<Node>,
    timeout: Option<Node>,
) -> Node {
    let text = |text: &str| build::text(line, text);
    let mut entries = vec![
        build::entry(line, "type", text("aws_proxy")),
        build::entry(line, "httpMethod", text("POST")),
        build::entry(line, "uri", invocation_uri(line, function)),
    ];
    if is_http {
        entries.push(build::entry(line, "payloadFormatVersion", format.unwrap_or_else(|| text("2.0"))));
    }
    entries.extend(timeout.map(|timeout| build::entry(line, "timeoutInMillis", timeout)));
    Node { line, value: Value::Map(entries) }
}

/// The path under which API Gateway invokes a function.
pub(super) fn invocation_uri(line: u32, function: Node) -> Node {
    let template =
        "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Function}/invocations";
    let variables = build::map(line, [("Function", function)]);
    build::map(line, [("Fn::Sub", build::list(line, vec![build::text(line, template), variables]))])
}

/// On whose behalf the function may be invoked: any stage, this method and path.
pub(super) fn invocation_arn(line: u32, api: &str, method: &str, path: &str) -> Node {
    let method = if method.eq_ignore_ascii_case("any") { "*".to_owned() } else { method.to_ascii_uppercase() };
    let segments = path.split('/').map(|segment| if segment.starts_with('{') { "*" } else { segment });
    let path = segments.collect::<Vec<_>>().join("/").replace("$default", "*");
    let template =
        format!("arn:${{AWS::Partition}}:execute-api:${{AWS::Region}}:${{AWS::AccountId}}:${{Api}}/*/{method}{path}");
    let variables = build::map(line, [("Api", build::reference(line, api))]);
    build::map(line, [("Fn::Sub", build::list(line, vec![build::text(line, template), variables]))])
}

/// On whose behalf functions may be asked who may pass.
pub(super) fn authorizers_arn(line: u32, api: &str) -> Node {
    let template = "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}/authorizers/*";
    let variables = build::map(line, [("Api", build::reference(line, api))]);
    build::map(line, [("Fn::Sub", build::list(line, vec![build::text(line, template), variables]))])
}

/// SAM calls the permissions of a REST API after its stage.
pub(super) fn of_stage(expansion: &mut Expansion<'_, '_>, mut permission: Made, api: &str) -> Made {
    let written = expansion.written.iter().find(|entry| entry.key == api);
    let stage = written.and_then(|entry| entry.node.get("Properties")?.get("StageName"));
    let stage = match stage {
        Some(stage) => stage.as_text().map(|text| text.text.clone()).unwrap_or_default(),
        None => IMPLICIT_STAGE.to_owned(),
    };
    permission.logical_id = build::id(&[&permission.logical_id, &stage]);
    permission
}

/// A preflight for each path that has none, answered without asking anybody.
fn add_preflights(expansion: &mut Expansion<'_, '_>, body: &mut Node, cors: Entry, auth: &Auth) {
    let line = cors.line;
    let quoted_any = build::text(line, "'*'");
    let mut headers: Vec<(&str, Node)> = Vec::new();
    match Bag::of(&cors.node) {
        Some(_) if crate::scope::function_of(&cors.node).is_some() => {
            headers.push(("Access-Control-Allow-Origin", cors.node));
        }
        Some(mut bag) => {
            let origin = bag.take("AllowOrigin").map_or(quoted_any, |origin| origin.node);
            headers.push(("Access-Control-Allow-Origin", origin));
            for (property, header) in [
                ("AllowHeaders", "Access-Control-Allow-Headers"),
                ("AllowMethods", "Access-Control-Allow-Methods"),
                ("MaxAge", "Access-Control-Max-Age"),
            ] {
                headers.extend(bag.take(property).map(|given| (header, given.node)));
            }
            let credentials = bag.take("AllowCredentials");
            if expansion.known_text(credentials).is_some_and(|given| given.eq_ignore_ascii_case("true")) {
                headers.push(("Access-Control-Allow-Credentials", build::text(line, "'true'")));
            }
            bag.finish(expansion.faults);
        }
        None => headers.push(("Access-Control-Allow-Origin", cors.node)),
    }
    let headers =
        headers.into_iter().map(|(name, node)| build::entry(line, format!("method.response.header.{name}"), node));
    let headers = Node { line, value: Value::Map(headers.collect()) };
    let text = |text: &str| build::text(line, text);
    let json = |template: &str| build::map(line, [("application/json", text(template))]);
    let answer = build::map(
        line,
        [("statusCode", text("200")), ("responseParameters", headers), ("responseTemplates", json("{}\n"))],
    );
    let mock = build::map(
        line,
        [
            ("type", text("mock")),
            ("requestTemplates", json("{\n  \"statusCode\" : 200\n}\n")),
            ("responses", build::map(line, [("default", answer)])),
        ],
    );
    let mut preflight = build::map(line, [("responses", build::map(line, [])), (INTEGRATION, mock)]);
    if let Some(security) = auth.of_preflight(line) {
        build::insert(&mut preflight, &[], build::entry(line, "security", security));
    }
    let Value::Map(document) = &mut body.value else { return };
    let Some(Entry { node: Node { value: Value::Map(paths), .. }, .. }) =
        document.iter_mut().find(|entry| entry.key == "paths")
    else {
        return;
    };
    for path in paths {
        if expansion.spend(line, preflight.size()).is_none() {
            return;
        }
        build::insert(&mut path.node, &[], build::entry(line, "options", preflight.clone()));
    }
}
