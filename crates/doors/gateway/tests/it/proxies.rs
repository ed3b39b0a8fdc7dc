//! Other servers behind routes.

use std::{collections::BTreeMap, time::Duration};

use bongsu_gateway::{Access, Api, ApiKind, Apis, Integration, RestIntegration, Route};

use crate::{
    harness::http_api,
    world::{World, response, rest_api, texts},
};

fn proxy(key: &str, uri: &str, parameters: &[(&str, &str)]) -> Route {
    let integration = Integration::Proxy {
        method: None,
        uri: uri.into(),
        parameters: texts(parameters),
        responses: BTreeMap::new(),
        timeout: Duration::from_secs(2),
    };
    Route { key: key.parse().unwrap(), integration, webhook: None, access: Access::default() }
}

#[tokio::test]
async fn a_request_goes_on_as_it_came() {
    let routes = vec![
        proxy("ANY /all/{proxy+}", "https://back.example/v1/{proxy}?from=here", &[]),
        proxy("ANY /one/{id}", "http://back.example:81/{id}", &[]),
    ];
    let world = World::new(vec![http_api("shop", routes)]);
    let headers = [("host", "front"), ("x-many", "a"), ("connection", "x-hop"), ("x-hop", "1"), ("te", "trailers")];
    let answer = world.send("PATCH /all/a%20b/c?q=1&q=%2F", &headers, "body").await;
    assert_eq!((answer.told().as_str(), answer.header("x-own")), ("207 answer", Some("1")));
    let asked = world.elsewhere.take_one();
    assert_eq!(asked.address, "https://back.example/v1/a%20b/c?from=here&q=1&q=%2F");
    assert_eq!(
        (asked.method.as_str(), &asked.body[..], asked.timeout),
        ("PATCH", &b"body"[..], Duration::from_secs(2))
    );
    assert_eq!(asked.headers["x-many"], "a");
    assert_eq!(asked.headers["x-forwarded-for"], "192.0.2.7");
    for name in ["host", "connection", "x-hop", "te"] {
        assert!(!asked.headers.contains_key(name), "{name}");
    }
    world.send("GET /one/a%2Fb%3Fc", &[], "").await;
    assert_eq!(world.elsewhere.take_one().address, "http://back.example:81/a%2Fb%3Fc", "one segment stays one");
}

#[tokio::test]
async fn an_http_api_changes_what_its_parameters_say() {
    let parameters = [
        ("append:header.x-many", "b"),
        ("overwrite:header.x-one", "$request.querystring.q"),
        ("remove:header.x-secret", "''"),
        ("overwrite:header.x-missing", "$request.header.none"),
        ("append:querystring.q", "2"),
        ("remove:querystring.drop", "''"),
        ("overwrite:path", "/new/$context.stage"),
    ];
    let mut route = proxy("POST /a", "https://back.example/old", &parameters[..6]);
    let Integration::Proxy { method, responses, .. } = &mut route.integration else { unreachable!() };
    *method = Some("PUT".into());
    *responses = [(207, texts(&[("overwrite:statuscode", "201"), ("remove:header.x-own", "''")]))].into();
    let with_path = proxy("POST /b", "https://back.example/old", &[("overwrite:path", "/new/${context.stage}")]);
    let world = World::new(vec![http_api("shop", vec![route, with_path])]);
    let answer = world.send("POST /a?q=1&drop=x", &[("x-many", "a"), ("x-secret", "s"), ("x-one", "0")], "").await;
    assert_eq!((answer.told().as_str(), answer.header("x-own")), ("201 answer", None));
    let asked = world.elsewhere.take_one();
    assert_eq!((asked.method.as_str(), asked.address.as_str()), ("PUT", "https://back.example/old?q=1&q=2"));
    let many: Vec<_> = asked.headers.get_all("x-many").iter().collect();
    assert_eq!(many, ["a", "b"]);
    assert_eq!(asked.headers["x-one"], "1");
    assert!(!asked.headers.contains_key("x-secret") && !asked.headers.contains_key("x-missing"));
    world.send("POST /b?q=1", &[], "").await;
    assert_eq!(world.elsewhere.take_one().address, "https://back.example/new/$default?q=1");
}

#[tokio::test]
async fn a_rest_api_maps_what_fills_the_address() {
    let parameters = [
        ("integration.request.path.proxy", "method.request.path.proxy"),
        ("integration.request.header.X-Who", "'gateway'"),
        ("integration.request.querystring.stage", "context.stage"),
    ];
    let routes = vec![proxy("ANY /{proxy+}", "https://back.example/{proxy}", &parameters)];
    let world = World::new(vec![rest_api("shop", routes)]);
    assert_eq!(world.send("DELETE /prod/a/b?x=1", &[], "").await.told(), "207 answer");
    let asked = world.elsewhere.take_one();
    assert_eq!(asked.address, "https://back.example/a/b?x=1&stage=prod");
    assert_eq!((asked.method.as_str(), &asked.headers["x-who"]), ("DELETE", &"gateway".parse().unwrap()));
}

#[tokio::test]
async fn templates_stand_between_a_rest_api_and_a_server() {
    let rest = RestIntegration {
        parameters: texts(&[("integration.request.path.id", "method.request.path.id")]),
        templates: texts(&[("application/json", r#"{"wrapped":$input.json('$.a')}"#)]),
        responses: vec![response(201, "2..", r#"{"told":"$input.body"}"#)],
        ..RestIntegration::default()
    };
    let timeout = Duration::from_secs(29);
    let uri = "https://back.example/pets/{id}".into();
    let integration = Integration::Http { method: "PUT".into(), uri, rest, timeout };
    let route = Route { key: "POST /{id}".parse().unwrap(), integration, webhook: None, access: Access::default() };
    let world = World::new(vec![rest_api("shop", vec![route])]);
    assert_eq!(world.send("POST /prod/7", &[], r#"{"a":[1]}"#).await.told(), r#"201 {"told":"answer"}"#);
    let asked = world.elsewhere.take_one();
    assert_eq!((asked.method.as_str(), asked.address.as_str()), ("PUT", "https://back.example/pets/7"));
    assert_eq!(asked.body, r#"{"wrapped":[1]}"#);
}

#[tokio::test]
async fn a_server_without_an_answer_is_told_of_in_each_apis_words() {
    for (host, http, rest) in [
        ("forbidden", "500 Internal Server Error", "500 Internal server error"),
        ("unreachable", "503 Service Unavailable", "504 Network error communicating with endpoint"),
        ("slow", "504 Gateway Timeout", "504 Endpoint request timed out"),
        ("broken", "502 Bad Gateway", "502 Internal server error"),
        ("busy", "503 Service Unavailable", "503 Service Unavailable"),
    ] {
        let routes = || vec![proxy("GET /a", &format!("https://{host}.example/"), &[])];
        let world = World::new(vec![http_api("shop", routes()), rest_api("pets", routes())]);
        for (line, told) in [("GET /a", http), ("GET /prod/a", rest)] {
            let (status, message) = told.split_once(' ').unwrap();
            let answer = world.send(line, &[], "").await;
            assert_eq!(answer.told(), format!(r#"{status} {{"message":"{message}"}}"#), "{host}");
        }
    }
}

#[test]
fn what_contradicts_itself_is_refused() {
    let of = |kind, route| match kind {
        ApiKind::Http => http_api("shop", vec![route]),
        ApiKind::Rest => rest_api("shop", vec![route]),
    };
    let refused = |api: Api| Apis::new(vec![api], Vec::new()).err().map(|error| error.to_string());
    let fault = |kind, uri, parameters: &[(&str, &str)]| refused(of(kind, proxy("GET /a/{id}", uri, parameters)));
    let uri = "https://back.example/";
    for (parameter, value) in [
        ("overwrite:header.Authorization", "x"),
        ("append:header.X-Forwarded-For", "x"),
        ("append:path", "/x"),
        ("rename:header.x", "y"),
        ("overwrite:header.x", "$request.cookie.x"),
        ("header.x", "y"),
    ] {
        assert!(fault(ApiKind::Http, uri, &[(parameter, value)]).is_some(), "{parameter}");
    }
    assert!(fault(ApiKind::Http, "https://back.example/{other}", &[]).is_some());
    assert!(fault(ApiKind::Rest, "https://back.example/{id}", &[]).is_some());
    assert!(fault(ApiKind::Rest, uri, &[("overwrite:header.x", "y")]).is_some());
    assert!(fault(ApiKind::Http, "queue", &[]).is_some());
    assert!(fault(ApiKind::Http, "https://back.example/{id}", &[]).is_none());
}
