//! Keys of usage plans.

use std::time::Duration;

use bongsu_gateway::{
    Access, Api, ApiKey, Apis, Authorizer, AuthorizerKind, AuthorizerQuestion, KeySource, PayloadFormat::*, Period,
    Quota, Route, Throttle, UsagePlan,
};

use crate::world::{World, function, rest_api};

const FORBIDDEN: &str = r#"403 {"message":"Forbidden"}"#;

fn plan(stage: &str) -> UsagePlan {
    let key = ApiKey { id: "key-1".into(), value: "a-value-of-twenty-letters".into() };
    let (throttle, quota) = (None, Some(Quota { limit: 3, period: Period::Day }));
    UsagePlan { id: "plan".into(), stages: vec![stage.into()], keys: vec![key], throttle, quota }
}

fn api(plan: UsagePlan) -> Api {
    let access = Access { needs_key: true, ..Access::default() };
    let routes = vec![
        Route { access, ..function("GET /pets", r#"{"statusCode":200}"#, V1) },
        function("GET /open", r#"{"statusCode":200}"#, V1),
    ];
    Api { usage_plans: vec![plan], ..rest_api("shop", routes) }
}

const KEY: &[(&str, &str)] = &[("x-api-key", "a-value-of-twenty-letters")];

#[tokio::test]
async fn a_key_opens_the_stages_of_its_plan_as_often_as_that_says() {
    let world = World::new(vec![api(plan("prod"))]);
    assert_eq!(world.send("GET /prod/open", &[], "").await.status, 200);
    assert_eq!(world.send("GET /prod/pets", &[], "").await.told(), FORBIDDEN);
    assert_eq!(world.send("GET /prod/pets", &[("x-api-key", "guess")], "").await.told(), FORBIDDEN);
    world.functions.take();
    assert_eq!(world.send("GET /prod/pets", KEY, "").await.status, 200);
    let event: serde_json::Value = serde_json::from_slice(&world.functions.take()[0].payload).unwrap();
    let identity = &event["requestContext"]["identity"];
    assert_eq!((&identity["apiKey"], &identity["apiKeyId"]), (&KEY[0].1.into(), &"key-1".into()));
    world.door.replace(Apis::new(vec![api(plan("prod"))], Vec::new()).unwrap());
    let mut told = Vec::new();
    for _ in 0..3 {
        told.push(world.send("GET /prod/pets", KEY, "").await.told());
    }
    assert_eq!(told, ["200 ", "200 ", r#"429 {"message":"Limit Exceeded"}"#], "other APIs go on counting");
    world.advance(Duration::from_secs(86_400));
    assert_eq!(world.send("GET /prod/pets", KEY, "").await.status, 200);
}

#[tokio::test]
async fn a_key_is_throttled_by_its_plan() {
    let plan = UsagePlan { throttle: Some(Throttle { rate: 1.0, burst: 1 }), quota: None, ..plan("prod") };
    let world = World::new(vec![api(plan)]);
    assert_eq!(world.send("GET /prod/pets", KEY, "").await.status, 200);
    assert_eq!(world.send("GET /prod/pets", KEY, "").await.told(), r#"429 {"message":"Too Many Requests"}"#);
    world.advance(Duration::from_secs(1));
    assert_eq!(world.send("GET /prod/pets", KEY, "").await.status, 200);
}

#[tokio::test]
async fn a_key_of_another_stage_opens_nothing() {
    let world = World::new(vec![api(plan("test"))]);
    assert_eq!(world.send("GET /prod/pets", KEY, "").await.told(), FORBIDDEN);
}

#[tokio::test]
async fn an_authorizer_may_say_the_key() {
    let answer = r#"{"principalId":"jane","policyDocument":{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}},"usageIdentifierKey":"a-value-of-twenty-letters"}"#;
    let question = AuthorizerQuestion::Token { pattern: None };
    let kind = AuthorizerKind::Function { function: answer.into(), question, cached_for: Duration::from_secs(300) };
    let identity = vec!["method.request.header.Authorization".into()];
    let mut api = Api { key_source: KeySource::Authorizer, ..api(plan("prod")) };
    api.authorizers = vec![Authorizer { name: "gate".into(), identity, kind }];
    api.routes[0].access.authorizer = Some("gate".into());
    let world = World::new(vec![api]);
    assert_eq!(world.send("GET /prod/pets", KEY, "").await.status, 401, "a header is not asked for");
    assert_eq!(world.send("GET /prod/pets", &[("authorization", "x")], "").await.status, 200);
}

#[test]
fn what_cannot_be_kept_is_refused() {
    let refused = |api: Api| Apis::new(vec![api], Vec::new()).err().unwrap().to_string();
    let mut scopes = api(plan("prod"));
    scopes.routes[1].access.scopes = vec!["read".into()];
    assert_eq!(
        refused(scopes),
        "route `GET /open` of `shop`: there are scopes, and no authorizer that would look for them"
    );
    let mut unknown = api(plan("prod"));
    unknown.routes[1].access.authorizer = Some("gate".into());
    assert_eq!(refused(unknown), "route `GET /open` of `shop`: there is no authorizer `gate`");
}
