//! EventBridge: connections, API destinations and calls of them, and patterns that are tried.

use std::collections::BTreeMap;
use std::sync::Arc;

use bongsu_aws_api::events::{ApiAnswer, ApiFault, DestinationCall, HttpFault, HttpParameters};
use bongsu_journal::MemoryJournal;
use bytes::Bytes;
use hyper::{Request, Response};
use serde_json::{Value, json};

use crate::api::{Api, answer, header};
use crate::harness::Server;

const URL: &str = "https://api.example.com/orders";

/// A server, and an API that it calls.
pub(crate) struct World {
    pub(crate) server: Server,
    pub(crate) api: Arc<Api>,
}

impl World {
    pub(crate) async fn new(api: Arc<Api>) -> World {
        World::on(&Arc::new(MemoryJournal::new()), api).await
    }

    async fn on(journal: &Arc<MemoryJournal>, api: Arc<Api>) -> World {
        World { server: Server::calling(journal, api.clone()).await, api }
    }

    pub(crate) async fn send(&self, operation: &str, input: &Value) -> (u16, Value) {
        let request = Request::post("/")
            .header("host", "127.0.0.1:4566")
            .header("content-type", "application/x-amz-json-1.1")
            .header("x-amz-target", format!("AWSEvents.{operation}"));
        let answer = self.server.send(request.body(input.to_string()).expect("a request")).await;
        assert_eq!(answer.headers["content-type"], "application/x-amz-json-1.1");
        (answer.status, serde_json::from_str(&answer.body).expect("JSON"))
    }

    pub(crate) async fn ask(&self, operation: &str, input: Value) -> Value {
        let (status, answer) = self.send(operation, &input).await;
        assert_eq!(status, 200, "{operation} {input}: {answer}");
        answer
    }

    async fn refuses(&self, operation: &str, input: Value, shape: &str, message: &str) {
        let (status, answer) = self.send(operation, &input).await;
        assert_eq!((status, &answer["__type"]), (400, &json!(shape)), "{operation} {input}: {answer}");
        let told = answer["message"].as_str().expect("a message");
        assert!(told.contains(message), "{operation} {input}: {told}");
    }

    /// Makes the connection `shop`, and gives its ARN.
    pub(crate) async fn connection(&self, kind: &str, parameters: Value) -> String {
        let input = json!({ "Name": "shop", "AuthorizationType": kind, "AuthParameters": parameters });
        let made = self.ask("CreateConnection", input).await;
        assert_eq!(made["ConnectionState"], "AUTHORIZED");
        made["ConnectionArn"].as_str().expect("an ARN").to_owned()
    }

    /// One by key, with nothing else.
    pub(crate) async fn key(&self) -> String {
        self.connection("API_KEY", key_parameters()).await
    }

    async fn destination(&self, name: &str, more: Value) -> String {
        let connection = self.ask("DescribeConnection", json!({ "Name": "shop" })).await["ConnectionArn"].clone();
        let mut input = json!({
            "Name": name, "ConnectionArn": connection, "InvocationEndpoint": URL, "HttpMethod": "POST",
        });
        merge(&mut input, more);
        let made = self.ask("CreateApiDestination", input).await;
        assert_eq!(made["ApiDestinationState"], "ACTIVE");
        made["ApiDestinationArn"].as_str().expect("an ARN").to_owned()
    }

    async fn call(&self, destination: &str, parameters: HttpParameters) -> Result<ApiAnswer, ApiFault> {
        let body = Bytes::from_static(br#"{"b":1.0,"a":2}"#);
        self.server.api.call_destination(DestinationCall { destination, parameters, body, turn: "t".into() }).await
    }

    async fn called(&self, destination: &str) -> u16 {
        self.call(destination, HttpParameters::default()).await.expect("an answer").status.as_u16()
    }
}

/// Adds members to an object, or replaces them.
pub(crate) fn merge(object: &mut Value, more: Value) {
    let (Value::Object(members), Value::Object(more)) = (object, more) else { panic!("two objects") };
    members.extend(more);
}

fn key_parameters() -> Value {
    json!({ "ApiKeyAuthParameters": { "ApiKeyName": "x-key", "ApiKeyValue": "hush" } })
}

fn oauth_parameters() -> Value {
    json!({ "OAuthParameters": {
        "ClientParameters": { "ClientID": "me", "ClientSecret": "hush" },
        "AuthorizationEndpoint": "https://login.example.com/token",
        "HttpMethod": "POST",
    } })
}

#[tokio::test]
async fn a_connection_lives_and_its_secrets_are_never_told() {
    let world = World::new(Api::answering(200, "{}")).await;
    let arn = world
        .connection(
            "BASIC",
            json!({
                "BasicAuthParameters": { "Username": "jane", "Password": "hush" },
                "InvocationHttpParameters": { "HeaderParameters": [
                    { "Key": "x-a", "Value": "b" }, { "Key": "x-c", "Value": "hush", "IsValueSecret": true },
                ] },
            }),
        )
        .await;
    assert!(arn.starts_with("arn:aws:events:us-east-1:000000000000:connection/shop/"), "{arn}");
    let described = world.ask("DescribeConnection", json!({ "Name": "shop" })).await;
    assert!(!described.to_string().contains("hush"), "{described}");
    assert_eq!(
        described["AuthParameters"],
        json!({
            "BasicAuthParameters": { "Username": "jane" },
            "InvocationHttpParameters": { "HeaderParameters": [
                { "Key": "x-a", "Value": "b", "IsValueSecret": false }, { "Key": "x-c", "IsValueSecret": true },
            ] },
        })
    );
    let secret = described["SecretArn"].as_str().unwrap();
    assert!(secret.starts_with("arn:aws:secretsmanager:us-east-1:000000000000:secret:events!connection/shop/"));
    let times =
        ["CreationTime", "LastModifiedTime", "LastAuthorizedTime"].map(|time| described[time].as_f64().unwrap());
    assert_eq!(times, [1_767_323_045.0; 3]);

    world.server.advance(5);
    let input = json!({ "Name": "shop", "Description": "d", "AuthorizationType": "API_KEY", "AuthParameters": key_parameters() });
    let updated = world.ask("UpdateConnection", input).await;
    assert_eq!((&updated["ConnectionArn"], &updated["LastAuthorizedTime"]), (&json!(arn), &json!(1_767_323_050.0)));
    let described = world.ask("DescribeConnection", json!({ "Name": "shop" })).await;
    assert_eq!(described["AuthorizationType"], "API_KEY");
    assert_eq!(described["AuthParameters"]["ApiKeyAuthParameters"], json!({ "ApiKeyName": "x-key" }));
    assert_eq!(described["AuthParameters"]["InvocationHttpParameters"]["HeaderParameters"][0]["Value"], "b");

    let taken = world.ask("DeauthorizeConnection", json!({ "Name": "shop" })).await;
    assert_eq!(taken["ConnectionState"], "DEAUTHORIZED");
    let described = world.ask("DescribeConnection", json!({ "Name": "shop" })).await;
    assert_eq!((&described["AuthParameters"], &described["Description"]), (&json!({}), &json!("d")));
    let missing = json!({ "Name": "shop", "AuthParameters": { "ApiKeyAuthParameters": { "ApiKeyName": "x-key" } } });
    world.refuses("UpdateConnection", missing, "ValidationException", "ApiKeyValue is missing").await;

    assert_eq!(world.ask("DeleteConnection", json!({ "Name": "shop" })).await["ConnectionState"], "DELETING");
    let gone = json!({ "Name": "shop" });
    for operation in ["DescribeConnection", "UpdateConnection", "DeauthorizeConnection", "DeleteConnection"] {
        world.refuses(operation, gone.clone(), "ResourceNotFoundException", "Connection 'shop' does not exist.").await;
    }
}

#[tokio::test]
async fn what_makes_no_connection_is_refused() {
    let world = World::new(Api::answering(200, "{}")).await;
    world.key().await;
    let with = |member: &str, value: Value| {
        let mut input = json!({ "Name": "other", "AuthorizationType": "API_KEY", "AuthParameters": key_parameters() });
        input[member] = value;
        input
    };
    let (invalid, unreadable) = ("ValidationException", "com.amazon.coral.service#SerializationException");
    for (input, shape, message) in [
        (with("Name", json!("shop")), "ResourceAlreadyExistsException", "Connection shop already exists."),
        (with("Name", json!(null)), invalid, "'name' failed"),
        (with("Name", json!("a b")), invalid, "'a b' at 'name'"),
        (with("AuthorizationType", json!(null)), invalid, "'authorizationType' failed"),
        (
            with("AuthorizationType", json!("NONE")),
            invalid,
            "enum value set: [BASIC, OAUTH_CLIENT_CREDENTIALS, API_KEY]",
        ),
        (with("AuthorizationType", json!("BASIC")), invalid, "those of the AuthorizationType alone"),
        (with("AuthParameters", json!(null)), invalid, "'authParameters' failed"),
        (with("AuthParameters", json!({})), invalid, "ApiKeyName is missing"),
        (with("Description", json!("x".repeat(513))), invalid, "'description' failed"),
        (with("KmsKeyIdentifier", json!("k")), invalid, "KmsKeyIdentifier is not available here"),
        (
            with(
                "InvocationConnectivityParameters",
                json!({ "ResourceParameters": { "ResourceConfigurationArn": "a" } }),
            ),
            invalid,
            "not available here",
        ),
        (with("AuthParameters", json!("hush")), unreadable, "has not the type that it must have"),
    ] {
        world.refuses("CreateConnection", input, shape, message).await;
    }
    let long = json!({ "BodyParameters": (0..60).map(|n| json!({ "Key": format!("k{n}"), "Value": "v".repeat(200) })).collect::<Vec<_>>() });
    let mut parameters = key_parameters();
    parameters["InvocationHttpParameters"] = long;
    world.refuses("CreateConnection", with("AuthParameters", parameters), invalid, "too large to be kept").await;
}

#[tokio::test]
async fn lists_come_in_pages_and_by_what_is_asked_for() {
    let world = World::new(Api::answering(200, "{}")).await;
    for name in ["a1", "a2", "b1"] {
        let input = json!({ "Name": name, "AuthorizationType": "API_KEY", "AuthParameters": key_parameters() });
        world.ask("CreateConnection", input).await;
    }
    world.ask("DeauthorizeConnection", json!({ "Name": "a2" })).await;
    let names = |listed: &Value, of: &str| {
        listed[of].as_array().unwrap().iter().map(|one| one["Name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let first = world.ask("ListConnections", json!({ "Limit": 2 })).await;
    assert_eq!(names(&first, "Connections"), ["a1", "a2"]);
    let second = world.ask("ListConnections", json!({ "Limit": 2, "NextToken": first["NextToken"] })).await;
    assert_eq!((names(&second, "Connections"), second.get("NextToken")), (vec!["b1".to_owned()], None));
    let some = world.ask("ListConnections", json!({ "NamePrefix": "a", "ConnectionState": "AUTHORIZED" })).await;
    assert_eq!(names(&some, "Connections"), ["a1"]);
    for input in
        [json!({ "Limit": 0 }), json!({ "Limit": 101 }), json!({ "NextToken": "?" }), json!({ "ConnectionState": "?" })]
    {
        world.refuses("ListConnections", input, "ValidationException", "").await;
    }

    world.key().await;
    world.destination("d1", json!({})).await;
    world.destination("d2", json!({})).await;
    let listed = world.ask("ListApiDestinations", json!({ "Limit": 1, "NamePrefix": "d" })).await;
    assert_eq!(names(&listed, "ApiDestinations"), ["d1"]);
    assert!(listed["NextToken"].is_string());
    let of_another = world.ask("ListApiDestinations", json!({ "ConnectionArn": "arn" })).await;
    assert_eq!(of_another["ApiDestinations"], json!([]));
}

#[tokio::test]
async fn a_destination_lives_and_is_active_with_its_connection() {
    let world = World::new(Api::answering(200, "{}")).await;
    let connection = world.key().await;
    let arn = world.destination("orders", json!({ "Description": "d" })).await;
    assert!(arn.starts_with("arn:aws:events:us-east-1:000000000000:api-destination/orders/"), "{arn}");
    let described = world.ask("DescribeApiDestination", json!({ "Name": "orders" })).await;
    assert_eq!(
        described,
        json!({
            "ApiDestinationArn": arn, "Name": "orders", "Description": "d", "ApiDestinationState": "ACTIVE",
            "ConnectionArn": connection, "InvocationEndpoint": URL, "HttpMethod": "POST", "InvocationRateLimitPerSecond": 300,
            "CreationTime": 1_767_323_045.0, "LastModifiedTime": 1_767_323_045.0,
        })
    );
    world
        .ask(
            "UpdateApiDestination",
            json!({ "Name": "orders", "HttpMethod": "PUT", "InvocationRateLimitPerSecond": 5 }),
        )
        .await;
    let described = world.ask("DescribeApiDestination", json!({ "Name": "orders" })).await;
    assert_eq!((&described["HttpMethod"], &described["InvocationRateLimitPerSecond"]), (&json!("PUT"), &json!(5)));
    assert_eq!((&described["InvocationEndpoint"], &described["Description"]), (&json!(URL), &json!("d")));
    world.ask("DeleteConnection", json!({ "Name": "shop" })).await;
    let described = world.ask("DescribeApiDestination", json!({ "Name": "orders" })).await;
    assert_eq!(described["ApiDestinationState"], "INACTIVE");
    assert_eq!(world.call(&arn, HttpParameters::default()).await.unwrap_err(), ApiFault::NoSuchConnection(connection));
    assert_eq!(world.ask("DeleteApiDestination", json!({ "Name": "orders" })).await, json!({}));
    for operation in ["DescribeApiDestination", "UpdateApiDestination", "DeleteApiDestination"] {
        let text = "An api-destination 'orders' does not exist.";
        world.refuses(operation, json!({ "Name": "orders" }), "ResourceNotFoundException", text).await;
    }
    assert_eq!(world.call(&arn, HttpParameters::default()).await.unwrap_err(), ApiFault::NoSuchDestination(arn));
}

#[tokio::test]
async fn what_makes_no_destination_is_refused() {
    let world = World::new(Api::answering(200, "{}")).await;
    let connection = world.key().await;
    world.destination("orders", json!({})).await;
    let with = |member: &str, value: Value| {
        let mut input =
            json!({ "Name": "o", "ConnectionArn": connection, "InvocationEndpoint": URL, "HttpMethod": "POST" });
        input[member] = value;
        input
    };
    let (invalid, missing) = ("ValidationException", "ResourceNotFoundException");
    for (input, shape, message) in [
        (with("Name", json!("orders")), "ResourceAlreadyExistsException", "orders already exists."),
        (with("ConnectionArn", json!(null)), invalid, "'connectionArn' failed"),
        (
            with("ConnectionArn", json!("arn:aws:events:us-east-1:000000000000:connection/x/y")),
            missing,
            "does not exist",
        ),
        (
            with("ConnectionArn", json!("arn:aws:events:eu-west-1:000000000000:connection/shop/y")),
            missing,
            "does not exist",
        ),
        (with("InvocationEndpoint", json!("http://api.example.com/")), invalid, "https://"),
        (with("InvocationEndpoint", json!("https://a/{x}")), invalid, "percent-encoded"),
        (with("InvocationEndpoint", json!(format!("https://a/{}", "x".repeat(2048)))), invalid, "2048"),
        (with("HttpMethod", json!("TRACE")), invalid, "enum value set"),
        (with("InvocationRateLimitPerSecond", json!(0)), invalid, "invocationRateLimitPerSecond"),
        (with("InvocationRateLimitPerSecond", json!(1_000_001)), invalid, "from 1 to 1000000"),
    ] {
        world.refuses("CreateApiDestination", input, shape, message).await;
    }
    let change = json!({ "Name": "orders", "InvocationEndpoint": "ftp://a" });
    world.refuses("UpdateApiDestination", change, invalid, "https://").await;
}

#[tokio::test]
async fn a_call_has_what_destination_connection_and_caller_say() {
    let world = World::new(Api::answering(201, "{}")).await;
    let added = json!({
        "HeaderParameters": [{ "Key": "x-a", "Value": "of the connection" }],
        "QueryStringParameters": [{ "Key": "q", "Value": "of the connection" }],
        "BodyParameters": [{ "Key": "b", "Value": "of the connection" }],
    });
    let mut parameters = key_parameters();
    parameters["InvocationHttpParameters"] = added;
    world.connection("API_KEY", parameters).await;
    let arn =
        world.destination("d", json!({ "InvocationEndpoint": "https://a.example/*/x?v=1", "HttpMethod": "PUT" })).await;
    let given = HttpParameters {
        path_values: vec!["mall 1/2".into()],
        headers: BTreeMap::from([("X-A".into(), "of the call".into()), ("X-B".into(), "of the call".into())]),
        query: BTreeMap::from([("q".into(), "of the call".into()), ("r".into(), "1&2".into())]),
    };
    assert_eq!(world.call(&arn, given).await.unwrap().status, 201);
    let [asked] = &world.api.asked()[..] else { panic!("one request") };
    assert_eq!((asked.method.as_str(), asked.timeout.as_secs()), ("PUT", 5));
    assert_eq!(asked.url, "https://a.example/mall%201%2F2/x?v=1&r=1%262&q=of%20the%20connection");
    assert_eq!(
        (header(asked, "x-a"), header(asked, "x-b"), header(asked, "x-key")),
        ("of the connection", "of the call", "hush")
    );
    assert_eq!(header(asked, "user-agent"), "Amazon/EventBridge/ApiDestinations");
    assert_eq!(header(asked, "content-type"), "application/json; charset=utf-8");
    assert_eq!(header(asked, "range"), "bytes=0-1048575");
    assert_eq!(asked.body, r#"{"a":2,"b":"of the connection"}"#);
    assert!(!format!("{asked:?}").contains("hush"));

    let unfit = world.call(&arn, HttpParameters::default()).await.unwrap_err();
    assert!(unfit.to_string().contains("1 wildcards, and 0 values"), "{unfit}");
    let host = HttpParameters { headers: BTreeMap::from([("Host".into(), "b".into())]), ..HttpParameters::default() };
    assert!(host.check().unwrap_err().contains("'Host' cannot be set"));
}

#[tokio::test]
async fn who_calls_is_said_as_the_connection_wants_it() {
    let world = World::new(Api::answering(200, "{}")).await;
    let basic = json!({ "BasicAuthParameters": { "Username": "jane", "Password": "hush" } });
    world.connection("BASIC", basic).await;
    let arn = world.destination("d", json!({ "HttpMethod": "GET" })).await;
    world.called(&arn).await;
    let [asked] = &world.api.asked()[..] else { panic!("one request") };
    assert_eq!(header(asked, "authorization"), "Basic amFuZTpodXNo");
    assert_eq!((&*asked.body, header(asked, "content-type")), (&b""[..], ""));
    world.ask("DeauthorizeConnection", json!({ "Name": "shop" })).await;
    let refused = world.call(&arn, HttpParameters::default()).await.unwrap_err();
    assert_eq!(refused, ApiFault::Deauthorized("shop".into()));
    assert!(world.api.asked().is_empty());
}

/// Gives out tokens `t0`, `t1`, …; the API takes only the one that is current by `x-good`.
fn with_tokens(good: &'static str) -> Arc<Api> {
    let given = std::sync::atomic::AtomicU32::new(0);
    Api::new(move |request| match request.url.as_str() {
        "https://login.example.com/token" => {
            let number = given.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            answer(200, &json!({ "access_token": format!("t{number}"), "token_type": "bearer" }).to_string())
        }
        _ if header(request, "authorization") == format!("Bearer {good}") => answer(200, "{}"),
        _ => answer(401, "who are you?"),
    })
}

#[tokio::test]
async fn a_token_is_fetched_once_and_anew_when_it_is_refused() {
    let world = World::new(with_tokens("t1")).await;
    world.connection("OAUTH_CLIENT_CREDENTIALS", oauth_parameters()).await;
    let arn = world.destination("d", json!({})).await;
    assert_eq!(world.called(&arn).await, 200);
    let asked = world.api.asked();
    let urls: Vec<&str> = asked.iter().map(|asked| asked.url.as_str()).collect();
    assert_eq!(urls, ["https://login.example.com/token", URL, "https://login.example.com/token", URL]);
    assert_eq!(asked[0].body, "grant_type=client_credentials&client_id=me&client_secret=hush");
    assert_eq!((header(&asked[1], "authorization"), header(&asked[3], "authorization")), ("Bearer t0", "Bearer t1"));
    assert_eq!((world.called(&arn).await, world.api.asked().len()), (200, 1));
    // Whoever changes a connection wants another token.
    world.server.advance(1);
    world.ask("UpdateConnection", json!({ "Name": "shop", "AuthParameters": oauth_parameters() })).await;
    assert_eq!((world.called(&arn).await, world.api.asked().len()), (401, 4));
}

#[tokio::test]
async fn a_token_that_cannot_be_had_is_told_to_all_who_wait() {
    let world = World::new(Api::new(|_| Err(HttpFault::TimedOut))).await;
    world.connection("OAUTH_CLIENT_CREDENTIALS", oauth_parameters()).await;
    let arn = world.destination("d", json!({})).await;
    for _ in 0..3 {
        let fault = world.call(&arn, HttpParameters::default()).await.unwrap_err();
        assert_eq!(fault, ApiFault::NotAuthorized("no token could be had: the request timed out".into()));
    }
    assert_eq!(world.api.asked().len(), 1);
}

/// Turns of the scheduler within which whatever needs no time has happened.
const TURNS: usize = 1_000;

impl World {
    /// How many requests have come in meanwhile.
    async fn settled(&self) -> usize {
        for _ in 0..TURNS {
            tokio::task::yield_now().await;
        }
        self.api.asked().len()
    }
}

#[tokio::test]
async fn calls_wait_for_the_rate_of_their_destination() {
    let world = Arc::new(World::new(Api::answering(200, "{}")).await);
    world.key().await;
    let arn = world.destination("d", json!({ "InvocationRateLimitPerSecond": 2 })).await;
    let calls: Vec<_> = (0..5)
        .map(|_| {
            let (world, arn) = (world.clone(), arn.clone());
            tokio::spawn(async move { world.called(&arn).await })
        })
        .collect();
    assert_eq!(world.settled().await, 2);
    world.server.advance(1);
    assert_eq!(world.settled().await, 2);
    world.server.advance(1);
    assert_eq!(world.settled().await, 1);
    for call in calls {
        assert_eq!(call.await.expect("it ends"), 200);
    }
}

#[tokio::test]
async fn what_an_api_says_of_its_limits_counts_before_the_next_call() {
    let busy = || Response::builder().status(429).header("Retry-After", "7").body(Bytes::new());
    let world = Arc::new(World::new(Api::new(move |_| Ok(busy().expect("an answer")))).await);
    world.key().await;
    let arn = world.destination("d", json!({})).await;
    assert_eq!((world.called(&arn).await, world.settled().await), (429, 1));
    let again = tokio::spawn({
        let (world, arn) = (world.clone(), arn.clone());
        async move { world.called(&arn).await }
    });
    world.server.advance(6);
    assert_eq!(world.settled().await, 0);
    world.server.advance(1);
    assert_eq!((world.settled().await, again.await.expect("it ends")), (1, 429));
}

#[tokio::test]
async fn faults_of_the_way_are_told_apart() {
    for (fault, told) in [
        (HttpFault::Forbidden("10.0.0.1 is private".into()), ApiFault::Forbidden("10.0.0.1 is private".into())),
        (HttpFault::Unreachable("refused".into()), ApiFault::Socket("refused".into())),
        (HttpFault::TimedOut, ApiFault::TimedOut),
        (HttpFault::TooLong, ApiFault::AnswerTooLong),
    ] {
        let world = World::new(Api::new(move |_| Err(fault.clone()))).await;
        world.key().await;
        let arn = world.destination("d", json!({})).await;
        assert_eq!(world.call(&arn, HttpParameters::default()).await.unwrap_err(), told);
    }
}

#[tokio::test]
async fn a_restart_forgets_nothing() {
    let journal = Arc::new(MemoryJournal::new());
    let arn = {
        let world = World::on(&journal, Api::answering(200, "{}")).await;
        world.key().await;
        world.destination("d", json!({})).await
    };
    let world = World::on(&journal, Api::answering(200, "{}")).await;
    assert_eq!(world.called(&arn).await, 200);
    assert_eq!(header(&world.api.asked()[0], "x-key"), "hush");
    assert!(world.server.api.has_api_destination(&arn).await.unwrap());
    assert!(!world.server.api.has_api_destination("arn").await.unwrap());
}

#[tokio::test]
async fn patterns_are_tried_with_events() {
    let world = World::new(Api::answering(200, "{}")).await;
    let event = json!({
        "id": "1", "account": "000000000000", "source": "shop", "time": "2026-01-01T00:00:00Z", "region": "us-east-1",
        "resources": [], "detail-type": "order", "detail": { "amount": 7 },
    });
    for (pattern, result) in [
        (json!({ "source": ["shop"], "detail": { "amount": [{ "numeric": [">", 5] }] } }), true),
        (json!({ "source": ["other"] }), false),
    ] {
        let input = json!({ "EventPattern": pattern.to_string(), "Event": event.to_string() });
        assert_eq!(world.ask("TestEventPattern", input).await, json!({ "Result": result }));
    }
    let pattern = json!({ "source": ["shop"] }).to_string();
    let bad = "InvalidEventPatternException";
    for (pattern, event, shape) in [
        ("{", event.to_string(), bad),
        (r#"{"source":"shop"}"#, event.to_string(), bad),
        (&pattern, "[]".to_owned(), "ValidationException"),
        (&pattern, json!({ "source": "shop" }).to_string(), "ValidationException"),
    ] {
        world.refuses("TestEventPattern", json!({ "EventPattern": pattern, "Event": event }), shape, "").await;
    }
    world.refuses("TestEventPattern", json!({ "Event": "{}" }), "ValidationException", "'eventPattern'").await;
}

#[tokio::test]
async fn what_is_not_here_is_named() {
    let world = World::new(Api::answering(200, "{}")).await;
    let shape = "com.amazon.coral.service#UnknownOperationException";
    for operation in ["PutRule", "PutEvents", "CreateEventBus", "TagResource"] {
        let text = format!("{operation} is not available here: of EventBridge there are connections");
        world.refuses(operation, json!({}), shape, &text).await;
    }
}
