//! Who is asked before an integration is, and what strangers are told.

use std::time::Duration;

use bongsu_gateway::{Access, Api, Authorizer, AuthorizerKind, AuthorizerQuestion, PayloadFormat::*, Route};

use crate::{
    harness::http_api,
    world::{World, function, rest_api},
};

const UNAUTHORIZED: &str = r#"401 {"message":"Unauthorized"}"#;

/// A policy that allows or denies a resource, as a function answers it.
fn policy(effect: &str, resource: &str) -> String {
    format!(
        r#"{{"principalId":"jane","policyDocument":{{"Version":"2012-10-17","Statement":[{{"Effect":"{effect}","Action":"execute-api:Invoke","Resource":"{resource}"}}]}},"context":{{"plan":"gold","n":7}},"usageIdentifierKey":"k"}}"#
    )
}

fn asking(answer: &str, question: AuthorizerQuestion, identity: &[&str], cached_for: u64) -> Authorizer {
    let cached_for = Duration::from_secs(cached_for);
    let kind = AuthorizerKind::Function { function: answer.into(), question, cached_for };
    Authorizer { name: "gate".into(), identity: identity.iter().map(|&text| text.into()).collect(), kind }
}

fn guarded(route: Route) -> Route {
    let access = Access { authorizer: Some("gate".into()), ..Access::default() };
    Route { access, ..route }
}

/// An HTTP API whose routes echo their events, behind an authorizer; and one route for everybody.
fn http(authorizer: Authorizer) -> Api {
    let routes = vec![
        guarded(function("GET /pets", "echo", V2)),
        guarded(function("GET /old", "echo", V1)),
        function("GET /open", "1", V2),
    ];
    Api { authorizers: vec![authorizer], ..http_api("shop", routes) }
}

fn rest(authorizer: Authorizer) -> Api {
    let routes = vec![guarded(function("GET /pets/{id}", r#"{"statusCode":200}"#, V1))];
    Api { authorizers: vec![authorizer], ..rest_api("shop", routes) }
}

const HEADER: &[&str] = &["$request.header.Authorization"];
const REST_HEADER: &[&str] = &["method.request.header.Authorization"];
const SECRET: &[(&str, &str)] = &[("authorization", "secret")];

#[tokio::test]
async fn a_function_says_in_one_word_who_may_pass() {
    let simple = AuthorizerQuestion::V2 { simple: true };
    let answer = r#"{"isAuthorized":true,"context":{"plan":"gold","list":[1]}}"#;
    let world = World::new(vec![http(asking(answer, simple.clone(), HEADER, 0))]);
    assert_eq!(world.send("GET /open", &[], "").await.told(), "200 1");
    assert_eq!(world.send("GET /pets", &[], "").await.told(), UNAUTHORIZED);
    assert_eq!(world.functions.take().len(), 1, "nobody is asked about nobody");
    let event = world.send("GET /pets", SECRET, "").await.json();
    assert_eq!(event["requestContext"]["authorizer"]["lambda"]["plan"], "gold");
    let [question, _] = &world.functions.take()[..] else { panic!("one asks and one works") };
    let question: serde_json::Value = serde_json::from_slice(&question.payload).unwrap();
    assert_eq!(question["routeArn"], "arn:aws:execute-api:us-east-1:000000000042:a1b2c3d4e5/$default/GET/pets");
    assert_eq!(question["identitySource"][0], "secret");

    let no = World::new(vec![http(asking(r#"{"isAuthorized":false}"#, simple.clone(), HEADER, 0))]);
    assert_eq!(no.send("GET /pets", SECRET, "").await.told(), r#"403 {"message":"Forbidden"}"#);
    for (answer, told) in [
        ("unauthorized", UNAUTHORIZED),
        ("failing", r#"500 {"message":"Internal Server Error"}"#),
        ("missing", r#"500 {"message":"Internal Server Error"}"#),
        (r#"{"isAuthorized":"true"}"#, r#"500 {"message":"Internal Server Error"}"#),
        ("{}", r#"500 {"message":"Internal Server Error"}"#),
    ] {
        let world = World::new(vec![http(asking(answer, simple.clone(), HEADER, 0))]);
        assert_eq!(world.send("GET /pets", SECRET, "").await.told(), told, "{answer}");
        assert_eq!(world.functions.take().len(), 1, "{answer}: the integration was not asked");
    }
}

#[tokio::test]
async fn a_policy_says_which_routes_may_be_asked_for() {
    for question in [AuthorizerQuestion::V1, AuthorizerQuestion::V2 { simple: false }] {
        let world = World::new(vec![http(asking(&policy("Allow", "*/GET/pets"), question, HEADER, 60))]);
        let event = world.send("GET /pets", SECRET, "").await.json();
        assert_eq!(event["requestContext"]["authorizer"]["lambda"]["n"], 7);
        assert_eq!(world.send("GET /old", SECRET, "").await.told(), r#"403 {"message":"Forbidden"}"#);
    }
    let world = World::new(vec![http(asking(&policy("Allow", "*"), AuthorizerQuestion::V1, HEADER, 0))]);
    world.send("GET /old", SECRET, "").await;
    let event: serde_json::Value = serde_json::from_slice(&world.functions.take()[1].payload).unwrap();
    assert_eq!(event["requestContext"]["authorizer"]["principalId"], "jane");
}

#[tokio::test]
async fn an_answer_is_kept_for_the_same_identity() {
    let identity = ["$request.header.Authorization", "$request.querystring.shop"];
    let world = World::new(vec![http(asking(&policy("Allow", "*"), AuthorizerQuestion::V1, &identity, 60))]);
    let asked = async |line: &str| {
        let status = world.send(line, SECRET, "").await.status;
        (status, world.functions.take().len())
    };
    assert_eq!(asked("GET /pets").await, (401, 0));
    assert_eq!(asked("GET /pets?shop=1").await, (200, 2));
    assert_eq!(asked("GET /pets?shop=1&more=2").await, (200, 1));
    assert_eq!(asked("GET /old?shop=1").await, (500, 1), "other routes that ask the same are let through too");
    assert_eq!(asked("GET /pets?shop=2").await, (200, 2));
    world.advance(Duration::from_secs(60));
    assert_eq!(asked("GET /pets?shop=1").await, (200, 2));
}

#[tokio::test]
async fn a_rest_api_asks_about_a_token_or_a_request() {
    let token = |pattern: Option<&str>| AuthorizerQuestion::Token { pattern: pattern.map(str::to_owned) };
    for question in [token(None), AuthorizerQuestion::Request] {
        for (answer, told) in [
            (policy("Allow", "*/prod/GET/pets/*"), "200 "),
            (policy("Allow", "*/POST/*"), r#"403 {"Message":"User is not authorized to access this resource"}"#),
            (
                policy("Deny", "*"),
                r#"403 {"Message":"User is not authorized to access this resource with an explicit deny in an identity-based policy"}"#,
            ),
            ("unauthorized".into(), UNAUTHORIZED),
            ("failing".into(), r#"500 {"message":null}"#),
            ("{}".into(), r#"500 {"message":null}"#),
            (policy("Allow", "*").replace("\"principalId\":\"jane\",", ""), r#"500 {"message":null}"#),
            (policy("Allow", "*").replace("\"gold\"", "[]"), r#"500 {"message":null}"#),
        ] {
            let world = World::new(vec![rest(asking(&answer, question.clone(), REST_HEADER, 0))]);
            assert_eq!(world.send("GET /prod/pets/7", SECRET, "").await.told(), told, "{question:?} {answer}");
            assert_eq!(world.send("GET /prod/pets/7", &[], "").await.told(), UNAUTHORIZED);
        }
    }
    let world = World::new(vec![rest(asking(&policy("Allow", "*"), token(Some("[a-z]+")), REST_HEADER, 300))]);
    assert_eq!(world.send("GET /prod/pets/7", &[("authorization", "secret7")], "").await.told(), UNAUTHORIZED);
    assert_eq!(world.functions.take(), []);
    assert_eq!(world.send("GET /prod/pets/7", SECRET, "").await.status, 200);
    let [question, event] = &world.functions.take()[..] else { panic!("one asks and one works") };
    assert_eq!(
        question.payload,
        r#"{"type":"TOKEN","methodArn":"arn:aws:execute-api:us-east-1:000000000042:r1/prod/GET/pets/7","authorizationToken":"secret"}"#
    );
    let event: serde_json::Value = serde_json::from_slice(&event.payload).unwrap();
    let said = &event["requestContext"]["authorizer"];
    assert_eq!((&said["principalId"], &said["n"]), (&"jane".into(), &"7".into()));
}

#[tokio::test]
async fn strangers_with_large_bodies_are_refused_before_they_are_read() {
    let world = World::new(vec![http(asking("unauthorized", AuthorizerQuestion::V1, HEADER, 0))]);
    let large = vec![b'x'; 20 << 20];
    assert_eq!(world.send("GET /pets", &[], large).await.told(), UNAUTHORIZED);
}

#[tokio::test]
async fn a_token_opens_the_routes_whose_scopes_it_has() {
    let kind = AuthorizerKind::Token {
        issuer: "https://issuer.example".into(),
        audience: vec!["pets".into()],
        keys: Some(include_str!("../../src/authorizer/recorded/rsa.jwks.json").into()),
    };
    let authorizer = Authorizer { name: "gate".into(), identity: vec![HEADER[0].into()], kind };
    let scoped = |key: &str, scope: &str| {
        let access = Access { authorizer: Some("gate".into()), scopes: vec![scope.into()], ..Access::default() };
        Route { access, ..function(key, "echo", V2) }
    };
    let routes =
        vec![scoped("GET /read", "read"), scoped("GET /delete", "delete"), guarded(function("GET /any", "echo", V2))];
    let world = World::new(vec![Api { authorizers: vec![authorizer], ..http_api("shop", routes) }]);
    let token = include_str!("../../src/authorizer/recorded/rs256.jwt").trim();
    let bearer = format!("Bearer {token}");
    let sent = [("authorization", bearer.as_str())];
    let event = world.send("GET /read", &sent, "").await.json();
    let jwt = &event["requestContext"]["authorizer"]["jwt"];
    assert_eq!((&jwt["claims"]["sub"], &jwt["scopes"][1]), (&"jane".into(), &"write".into()));
    let event = world.send("GET /any", &sent, "").await.json();
    assert!(event["requestContext"]["authorizer"]["jwt"]["scopes"].is_null());
    for (line, sent, told, challenge) in [
        ("GET /any", &[][..], UNAUTHORIZED, r#"Bearer scope="""#),
        ("GET /delete", &sent, r#"403 {"message":"Forbidden"}"#, r#"Bearer scope="delete" error="insufficient_scope""#),
        (
            "GET /any",
            &[("authorization", "Bearer x")],
            UNAUTHORIZED,
            r#"Bearer scope="" error="invalid_token" error_description="the token is no JSON Web Token""#,
        ),
    ] {
        let answer = world.send(line, sent, "").await;
        assert_eq!((answer.told().as_str(), answer.header("www-authenticate")), (told, Some(challenge)));
    }
    world.advance(Duration::from_secs(600));
    assert_eq!(world.send("GET /any", &sent, "").await.told(), UNAUTHORIZED, "it has expired");
}
