//! What bounds requests, who may read answers, and what is counted and replaced meanwhile.

use std::time::Duration;

use bongsu_gateway::{Apis, Cors, HEADER_BYTES_MAX, PAYLOAD_BYTES_MAX, PayloadFormat::*, Throttle};
use bongsu_http::Limits;

use crate::{
    harness::http_api,
    world::{World, function, into_queue},
};

#[tokio::test]
async fn a_route_is_throttled_by_its_own_rate_or_its_stages() {
    let mut api =
        http_api("shop", vec![function("GET /a", "1", V2), function("GET /b", "1", V2), function("GET /c", "1", V2)]);
    api.stages[0].throttle = Some(Throttle { rate: 1.0, burst: 2 });
    api.stages[0].route_throttles = [("GET /b".to_owned(), Throttle { rate: 10.0, burst: 5 })].into();
    let world = World::new(vec![api]);
    let passed = async |path: &str| {
        let mut passed = 0;
        while passed < 20 {
            let answer = world.send(&format!("GET {path}"), &[], "").await;
            if answer.status != 200 {
                assert_eq!(answer.told(), r#"429 {"message":"Too Many Requests"}"#);
                break;
            }
            passed += 1;
        }
        passed
    };
    assert_eq!((passed("/a").await, passed("/b").await, passed("/c").await), (2, 5, 2));
    world.advance(Duration::from_millis(500));
    assert_eq!((passed("/a").await, passed("/b").await), (0, 5));
    world.advance(Duration::from_millis(500));
    assert_eq!(passed("/a").await, 1);
    assert_eq!(world.functions.take().len(), 15, "what was throttled reached no function");
}

#[tokio::test]
async fn without_a_throttle_nothing_is_throttled() {
    let world = World::new(vec![http_api("shop", vec![function("GET /", "1", V2)])]);
    for _ in 0..5_001 {
        assert_eq!(world.send("GET /", &[], "").await.status, 200);
    }
}

#[tokio::test]
async fn a_preflight_is_answered_without_the_function() {
    let mut api = http_api("shop", vec![function("GET /a", "1", V2), function("OPTIONS /plain", "1", V2)]);
    api.cors = Some(Cors {
        methods: vec!["GET".into()],
        origins: vec!["https://page.example".into()],
        max_age_seconds: Some(60),
        ..Cors::default()
    });
    let world = World::new(vec![api]);
    let origin = ("origin", "https://page.example");
    let preflight = [origin, ("access-control-request-method", "GET")];
    let answer = world.send("OPTIONS /a", &preflight, "").await;
    assert_eq!(answer.told(), "204 ");
    for (name, value) in [("allow-origin", "https://page.example"), ("allow-methods", "GET"), ("max-age", "60")] {
        assert_eq!(answer.header(&format!("access-control-{name}")), Some(value));
    }
    assert_eq!(world.send("OPTIONS /plain", &preflight, "").await.status, 204, "a route for it is not asked");
    assert_eq!(world.send("OPTIONS /none", &preflight, "").await.status, 404);
    assert_eq!(world.functions.take(), []);
    assert_eq!(world.send("OPTIONS /plain", &[origin], "").await.told(), "200 1", "that is no preflight");
    let answer = world.send("GET /a", &[origin], "").await;
    assert_eq!(answer.header("access-control-allow-origin"), Some("https://page.example"));
    let answer = world.send("GET /a", &[("origin", "https://other.example")], "").await;
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (200, None));
}

#[tokio::test]
async fn pages_may_read_refusals_too_and_functions_do_not_decide_it() {
    let returned = r#"{"statusCode":200,"headers":{"Access-Control-Allow-Origin":"*"}}"#;
    let mut api = http_api("shop", vec![function("GET /own", returned, V2), function("GET /failing", "failing", V2)]);
    let world = World::new(vec![api.clone()]);
    let origin = [("origin", "https://page.example")];
    let allowed = async |world: &World, line: &str| {
        world.send(line, &origin, "").await.header("access-control-allow-origin").map(str::to_owned)
    };
    assert_eq!(allowed(&world, "GET /own").await.as_deref(), Some("*"), "without CORS of its own the API says nothing");
    assert_eq!(allowed(&world, "GET /failing").await, None);
    api.cors = Some(Cors { origins: vec!["https://page.example".into()], ..Cors::default() });
    let world = World::new(vec![api]);
    assert_eq!(allowed(&world, "GET /own").await.as_deref(), Some("https://page.example"));
    assert_eq!(allowed(&world, "GET /failing").await.as_deref(), Some("https://page.example"));
}

#[tokio::test]
async fn headers_and_bodies_have_bounds() {
    let parameters = [("MessageBody", "$request.body.small")];
    let routes = vec![function("POST /", "1", V2), into_queue("POST /queue", "q", &parameters)];
    let world = World::new(vec![http_api("shop", routes)]);
    let name = "x-long";
    let fits = "a".repeat(HEADER_BYTES_MAX - name.len());
    assert_eq!(world.send("POST /", &[(name, &fits)], "").await.status, 200);
    let answer = world.send("POST /", &[(name, &(fits + "a"))], "").await;
    assert_eq!(answer.told(), r#"431 {"message":"Request Header Fields Too Large"}"#);
    let body = format!(r#"{{"small":"s","large":"{}"}}"#, "a".repeat(PAYLOAD_BYTES_MAX - 24));
    assert_eq!(body.len(), PAYLOAD_BYTES_MAX);
    assert_eq!(world.send("POST /queue", &[], body.clone()).await.status, 200);
    let answer = world.send("POST /queue", &[], body + " ").await;
    assert_eq!(answer.told(), r#"413 {"message":"Request Too Long"}"#);
    let limits = Limits { body_bytes_max: 3, ..Limits::default() };
    let world = World::with(vec![http_api("shop", vec![function("POST /", "1", V2)])], Vec::new(), limits);
    assert_eq!(world.send("POST /", &[], "abc").await.status, 200);
    assert_eq!(world.send("POST /", &[], "abcd").await.status, 413);
}

#[tokio::test]
async fn other_apis_take_over_at_once_and_what_stays_is_counted_on() {
    let old = http_api("shop", vec![function("GET /stays", "1", V2), function("GET /goes", "1", V2)]);
    let new = http_api("shop", vec![function("GET /stays", "2", V2), function("GET /comes", "failing", V2)]);
    let world = World::new(vec![old]);
    for line in ["GET /stays", "GET /goes", "GET /comes"] {
        world.send(line, &[], "").await;
    }
    world.door.replace(Apis::new(vec![new], Vec::new()).unwrap());
    let mut told = Vec::new();
    for line in ["GET /stays", "GET /goes", "GET /comes"] {
        told.push(world.send(line, &[], "").await.told());
    }
    let gone = r#"404 {"message":"Not Found"}"#;
    assert_eq!(told, ["200 2", gone, r#"500 {"message":"Internal Server Error"}"#]);
    let mut counted: Vec<_> = world
        .door
        .metrics()
        .into_iter()
        .map(|row| {
            let counts = row.counts;
            assert_eq!(counts.integration_latency.count(), counts.latency.count());
            format!("{} {} {}: {} {}", row.api, row.stage, row.route, counts.latency.count(), counts.server_errors)
        })
        .collect();
    counted.sort();
    assert_eq!(counted, ["shop $default GET /comes: 1 1", "shop $default GET /stays: 2 0"]);
}
