//! Which route a request is for, and what cannot be served.

use std::{collections::BTreeMap, time::Duration};

use hyper::Request;

use super::*;
use crate::{Access, Cors, Integration, PayloadFormat};

fn function() -> Integration {
    Integration::Function { function: "f".into(), payload: PayloadFormat::V1, timeout: Duration::from_secs(29) }
}

fn route(key: &str) -> Route {
    Route { key: key.parse().unwrap(), integration: function(), webhook: None, access: Access::default() }
}

fn stage(name: &str) -> Stage {
    Stage { name: name.into(), ..Stage::without_name() }
}

fn api(name: &str, kind: ApiKind, stages: &[&str], keys: &[&str]) -> Api {
    Api {
        id: format!("{name}-id"),
        name: name.into(),
        kind,
        stages: stages.iter().map(|name| stage(name)).collect(),
        cors: None,
        routes: keys.iter().map(|key| route(key)).collect(),
        authorizers: Vec::new(),
        usage_plans: Vec::new(),
        key_source: KeySource::Header,
        binary_media_types: Vec::new(),
    }
}

fn http(name: &str, keys: &[&str]) -> Api {
    api(name, ApiKind::Http, &[DEFAULT_STAGE], keys)
}

fn url(id: &str, function: &str) -> FunctionUrl {
    FunctionUrl { id: id.into(), function: function.into(), iam: false, streams: false, cors: None }
}

/// `api stage key path`, or the kind in whose words nothing is there.
fn found_at(apis: &Apis, method: &str, host: &str, path: &str) -> String {
    let (head, ()) = Request::builder().method(method).uri(path).body(()).unwrap().into_parts();
    match apis.find(&head, host) {
        Found::Nothing(kind) => format!("{kind:?}"),
        Found::Preflight(entry) => format!("preflight {}", entry.key),
        Found::Route(entry, path) => format!("{} {} {} {path}", entry.place.api_name, entry.place.stage, entry.key),
    }
}

/// The key of the route.
fn found(apis: &Apis, method: &str, path: &str) -> Option<String> {
    let (head, ()) = Request::builder().method(method).uri(path).body(()).unwrap().into_parts();
    match apis.find(&head, "localhost") {
        Found::Route(entry, _) => Some(entry.key.to_string()),
        _ => None,
    }
}

#[test]
fn the_most_exact_route_takes_a_request() {
    let keys = [
        "$default",
        "ANY /{proxy+}",
        "GET /pets/{proxy+}",
        "ANY /pets/dog/{id}",
        "GET /pets/dog/{id}",
        "GET /pets/dog/1",
        "GET /",
    ];
    let apis = Apis::new(vec![http("zoo", &keys)], Vec::new()).unwrap();
    for (method, path, expected) in [
        ("GET", "/pets/dog/1", "GET /pets/dog/1"),
        ("GET", "/pets/dog/2", "GET /pets/dog/{id}"),
        ("POST", "/pets/dog/1", "ANY /pets/dog/{id}"),
        ("GET", "/pets/dog/2/3", "GET /pets/{proxy+}"),
        ("GET", "/pets/dog", "GET /pets/{proxy+}"),
        ("GET", "/pets/dog/", "GET /pets/{proxy+}"),
        ("POST", "/pets/dog", "ANY /{proxy+}"),
        ("GET", "/pets", "ANY /{proxy+}"),
        ("GET", "/", "GET /"),
        ("POST", "/", "$default"),
        ("GET", "/_api/zoo/pets/dog/1", "GET /pets/dog/1"),
        ("GET", "/_api/zoo/", "GET /"),
        ("GET", "/_api/zoo", "GET /"),
    ] {
        assert_eq!(found(&apis, method, path).as_deref(), Some(expected), "{method} {path}");
    }
    assert_eq!(found(&apis, "GET", "/_api/other/pets/dog/1"), None);
    assert_eq!(found(&apis, "OPTIONS", "*"), None);
}

#[test]
fn another_path_or_method_is_nobodys() {
    let apis = Apis::new(vec![http("til", &["POST /slack/events", "POST /x/{id}"])], Vec::new()).unwrap();
    assert_eq!(found(&apis, "POST", "/slack/events").as_deref(), Some("POST /slack/events"));
    for (method, path) in [
        ("GET", "/slack/events"),
        ("POST", "/slack/events/"),
        ("POST", "//slack/events"),
        ("POST", "/slack"),
        ("POST", "/Slack/events"),
        ("POST", "/x/"),
        ("POST", "/x"),
        ("POST", "/_api"),
        ("POST", "/_api/til/nothing"),
    ] {
        assert_eq!(found(&apis, method, path), None, "{method} {path}");
    }
}

#[test]
fn a_named_stage_is_a_prefix_and_the_default_stage_is_none() {
    let pets = &["GET /", "GET /pets/{id}"];
    let apis = vec![
        api("rest", ApiKind::Rest, &["prod", "dev"], pets),
        api("http", ApiKind::Http, &[DEFAULT_STAGE, "beta"], pets),
    ];
    let apis = Apis::new(apis, Vec::new()).unwrap();
    for (path, expected) in [
        ("/prod/pets/1", "rest prod GET /pets/{id} /prod/pets/1"),
        ("/dev", "rest dev GET / /dev"),
        ("/dev/", "rest dev GET / /dev/"),
        ("/develop", "Http"),
        ("/prod/other", "Rest"),
        ("/other", "Http"),
        ("/", "http $default GET / /"),
        ("/pets/1", "http $default GET /pets/{id} /pets/1"),
        ("/beta/pets/1", "http beta GET /pets/{id} /beta/pets/1"),
        ("/_api/rest/prod/pets/1", "rest prod GET /pets/{id} /prod/pets/1"),
        ("/_api/rest/pets/1", "Rest"),
        ("/_api/http/beta/", "http beta GET / /beta/"),
        ("/_api/nobody/", "Http"),
    ] {
        assert_eq!(found_at(&apis, "GET", "localhost", path), expected, "{path}");
    }
}

#[test]
fn a_functions_own_address_is_a_path_or_a_host() {
    let mut with_cors = url("u2", "g:live");
    with_cors.cors = Some(Cors::default());
    let apis = Apis::new(vec![http("api", &["$default"])], vec![url("u1", "f"), with_cors]).unwrap();
    for (host, path, expected) in [
        ("localhost", "/_url/f/a/b", "f $default $default /a/b"),
        ("localhost", "/_url/f", "f $default $default /"),
        ("localhost", "/_url/g:live/", "g:live $default $default /"),
        ("localhost", "/_url/g/", "FunctionUrl"),
        ("u2.lambda-url.us-east-1.localhost", "/x", "g:live $default $default /x"),
        ("u3.lambda-url.us-east-1.localhost", "/x", "FunctionUrl"),
        ("u1.example.com", "/x", "api $default $default /x"),
    ] {
        assert_eq!(found_at(&apis, "GET", host, path), expected, "{host} {path}");
    }
}

#[test]
fn apis_that_claim_the_same_root_route_are_refused_by_name() {
    for (first, second) in [("POST /hook", "POST /hook"), ("ANY /{a}/b", "ANY /{c}/b"), ("$default", "$default")] {
        let error = Apis::new(vec![http("one", &[first]), http("two", &[second])], Vec::new()).err().unwrap();
        let text = format!("`{second}` is claimed by the APIs `one` and `two`");
        assert_eq!(error.to_string(), text);
    }
    let apart = vec![http("one", &["POST /hook"]), http("two", &["ANY /hook", "PUT /hook"])];
    assert!(Apis::new(apart, Vec::new()).is_ok());
    let stages = [("a", ApiKind::Rest, "x"), ("b", ApiKind::Rest, "y")];
    let stages = stages.map(|(name, kind, stage)| api(name, kind, &[stage], &["GET /"])).to_vec();
    assert!(Apis::new(stages, Vec::new()).is_ok());
}

#[test]
fn what_contradicts_itself_is_refused_with_the_reason() {
    let refused = |change: fn(&mut Api), expected: &str| {
        let mut api = http("shop", &["POST /hook"]);
        change(&mut api);
        let error = Apis::new(vec![api], Vec::new()).err().map(|error| error.to_string()).unwrap_or_default();
        assert_eq!(error, expected);
    };
    refused(|_| {}, "");
    refused(|api| api.stages.clear(), "`shop`: an API needs a stage to be served");
    refused(|api| api.kind = ApiKind::Rest, "`shop`: `$default` is no name of a stage here");
    refused(|api| api.stages = vec![stage("_url")], "`shop`: `_url` is no name of a stage here");
    refused(|api| api.stages = vec![stage("a/b")], "`shop`: `a/b` is no name of a stage here");
    refused(|api| api.stages.push(Stage::without_name()), "`shop`: two stages have the name `$default`");
    refused(
        |api| api.stages[0].throttle = Some(Throttle { rate: f64::NAN, burst: 1 }),
        "`shop`: a throttling rate of the stage `$default` is no number of requests a second",
    );
    refused(
        |api| api.stages[0].route_throttles = [("GET /x".into(), Throttle { rate: 1.0, burst: 1 })].into(),
        "`shop`: the stage `$default` throttles `GET /x`, which is no route",
    );
    refused(|api| api.name = "a/b".into(), "`a/b`: an API's name has 1 to 128 characters, and no `/`, `?` or `#`");
    refused(|api| api.binary_media_types = vec!["*/*".into()], "`shop`: an HTTP API has no binary media types");
    refused(
        |api| api.cors = Some(Cors { credentials: true, origins: vec!["*".into()], ..Cors::default() }),
        "`shop`: CORS with credentials needs origins that are named, not `*`",
    );
    refused(
        |api| {
            api.routes[0].integration = Integration::Function {
                function: "f".into(),
                payload: PayloadFormat::V2,
                timeout: Duration::from_millis(30_001),
            };
        },
        "route `POST /hook` of `shop`: the timeout of an integration is 50 to 30000 ms",
    );
    refused(
        |api| api.routes[0].integration = Integration::Mock(Default::default()),
        "route `POST /hook` of `shop`: only a REST API has integrations of the type MOCK",
    );
    refused(
        |api| {
            let parameters = BTreeMap::from([("MessageBody".into(), "$request.bod".into())]);
            let (queue, responses) = ("q".into(), BTreeMap::new());
            api.routes[0].integration = Integration::SendMessage { queue, parameters, responses };
        },
        "route `POST /hook` of `shop`: MessageBody: `request.bod` cannot be mapped: there is request.header.name, \
         request.querystring.name, request.path.name, request.path, request.body, request.body.path, context.name \
         and stageVariables.name",
    );
    let twice = Apis::new(vec![http("shop", &[]), http("shop", &[])], Vec::new()).err().unwrap();
    assert_eq!(twice.to_string(), "`shop`: two APIs have this name");
}

fn webhook(provider: &str) -> Option<Webhook> {
    Some(Webhook { provider: provider.into(), ..Webhook::default() })
}

fn into_queue(queue: &str, parameters: &[(&str, &str)]) -> Integration {
    let parameters = parameters.iter().map(|(name, text)| ((*name).into(), (*text).into())).collect();
    Integration::SendMessage { queue: queue.into(), parameters, responses: BTreeMap::new() }
}

#[test]
fn a_fifo_route_without_a_group_is_refused() {
    let with = |integration: Integration, group: Option<&str>| {
        let mut api = http("shop", &["POST /hook"]);
        let webhook = webhook("none").map(|it| Webhook { group: group.map(|it| it.parse().unwrap()), ..it });
        api.routes[0] = Route { integration, webhook, ..api.routes[0].clone() };
        Apis::new(vec![api], Vec::new()).err()
    };
    assert!(matches!(with(into_queue("q.fifo", &[]), None), Some(RouteError::GroupMissing { .. })));
    assert_eq!(with(into_queue("q.fifo", &[]), Some("all")), None);
    assert_eq!(with(into_queue("q.fifo", &[("MessageGroupId", "$request.path")]), None), None);
    assert_eq!(with(into_queue("q", &[]), None), None);
}

#[test]
fn a_route_with_an_unknown_provider_is_refused() {
    let mut api = http("shop", &["POST /hook"]);
    api.routes[0].webhook = webhook("nobody");
    let error = Apis::new(vec![api], Vec::new()).err().unwrap();
    assert!(error.to_string().starts_with("route `POST /hook` of `shop`: "), "{error}");
}
