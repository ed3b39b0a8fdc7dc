//! AWS STS on the same port: who am I?

use bongsu_aws_api::sigv4::{AccessKey, Credentials, Principal, Signer, Verifier};
use bytes::Bytes;
use hyper::Request;

use crate::harness::{Answer, NOW, REGION, Server, form_request, json_request};

const ACCOUNT: &str = "000000000001";
const STS: Signer<'static> = Signer { access_key_id: "USER", secret: "u", region: REGION, service: "sts" };
const ASK: &str = "Action=GetCallerIdentity&Version=2011-06-15";

async fn server() -> Server {
    let mut credentials = Credentials::new();
    let session = Principal::Session { role: "worker", name: "one" };
    for (id, secret, session_token, principal) in [
        ("USER", "u", None, Principal::User("alice")),
        ("ROOT", "r", None, Principal::Root),
        ("SESSION", "s", Some("token"), session),
    ] {
        assert!(credentials.add(AccessKey { id, secret, session_token, account: ACCOUNT, principal }));
    }
    Server::with(Verifier::new(credentials, REGION)).await
}

fn sign(signer: Signer<'_>, request: Request<Bytes>) -> Request<Bytes> {
    let (mut head, body) = request.into_parts();
    signer.sign(&head.method, &head.uri, &mut head.headers, &body, NOW);
    Request::from_parts(head, body)
}

#[track_caller]
fn is_identity(answer: &Answer, arn: &str, user_id: &str, account: &str) {
    let id = answer.header("x-amzn-requestid");
    let expected = format!(
        "<?xml version=\"1.0\"?><GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\
         <GetCallerIdentityResult><Arn>{arn}</Arn><UserId>{user_id}</UserId><Account>{account}</Account>\
         </GetCallerIdentityResult><ResponseMetadata><RequestId>{id}</RequestId></ResponseMetadata>\
         </GetCallerIdentityResponse>"
    );
    assert_eq!((answer.status, answer.body.as_str()), (200, expected.as_str()));
    assert_eq!(answer.header("content-type"), "text/xml");
}

#[track_caller]
fn is_refused(answer: &Answer, status: u16, code: &str, message: &str) {
    let id = answer.header("x-amzn-requestid");
    let expected = format!(
        "<?xml version=\"1.0\"?><ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error>\
         <Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error><RequestId>{id}</RequestId>\
         </ErrorResponse>"
    );
    assert_eq!((answer.status, answer.body.as_str()), (status, expected.as_str()));
}

#[tokio::test]
async fn everybody_is_told_who_they_are() {
    let server = server().await;
    let user = server.send(sign(STS, form_request("/", ASK))).await;
    is_identity(&user, "arn:aws:iam::000000000001:user/alice", "AIDAX3TG3NX5C3X5K4MOO", ACCOUNT);
    let root = Signer { access_key_id: "ROOT", secret: "r", ..STS };
    let root = server.send(sign(root, form_request("/", ASK))).await;
    is_identity(&root, "arn:aws:iam::000000000001:root", ACCOUNT, ACCOUNT);
    let mut request = form_request("/", ASK);
    request.headers_mut().insert("x-amz-security-token", "token".parse().unwrap());
    let session = Signer { access_key_id: "SESSION", secret: "s", ..STS };
    let session = server.send(sign(session, request)).await;
    is_identity(&session, "arn:aws:sts::000000000001:assumed-role/worker/one", "AROAKD7OS376E6L5TXHF5:one", ACCOUNT);
}

#[tokio::test]
async fn in_development_everybody_is_root_of_the_account_that_they_name() {
    let server = Server::start().await;
    let unsigned = server.send(form_request("/", ASK)).await;
    is_identity(&unsigned, "arn:aws:iam::000000000000:root", "000000000000", "000000000000");
    for (id, account) in [("123456789012", "123456789012"), ("12345678901", "000000000000"), ("test", "000000000000")] {
        let signer = Signer { access_key_id: id, ..STS };
        let answer = server.send(sign(signer, form_request("/", ASK))).await;
        is_identity(&answer, &format!("arn:aws:iam::{account}:root"), account, account);
        let signer = Signer { service: "sqs", ..signer };
        let made = server.send(sign(signer, json_request("CreateQueue", r#"{"QueueName":"orders"}"#))).await;
        made.is_json(&format!(r#"{{"QueueUrl":"http://127.0.0.1:4566/{account}/orders"}}"#));
    }
    let url = format!("/?{ASK}&X-Amz-Credential=123456789012%2F20150830%2Fus-east-1%2Fsts%2Faws4_request");
    let presigned = server.send(Request::get(url).body("").unwrap()).await;
    is_identity(&presigned, "arn:aws:iam::123456789012:root", "123456789012", "123456789012");
}

#[tokio::test]
async fn other_operations_are_unknown() {
    let server = server().await;
    for operation in ["GetSessionToken", "AssumeRole", "ListQueues"] {
        let form = format!("Action={operation}&Version=2011-06-15");
        let text = format!("Could not find operation {operation} for version 2011-06-15");
        is_refused(&server.send(sign(STS, form_request("/", form))).await, 400, "InvalidAction", &text);
    }
    let sqs = Signer { service: "sqs", ..STS };
    let text = "The action GetCallerIdentity is not valid for this endpoint.";
    server.send(sign(sqs, form_request("/", ASK))).await.is_query_error("UnknownOperationException", text);
}

#[tokio::test]
async fn refusals_have_the_form_of_sts() {
    let server = server().await;
    let unsigned = server.send(form_request("/", ASK)).await;
    is_refused(&unsigned, 403, "MissingAuthenticationToken", "Request is missing Authentication Token");
    let unknown = "The security token included in the request is invalid.";
    let mallory = Signer { access_key_id: "MALLORY", ..STS };
    is_refused(&server.send(sign(mallory, form_request("/", ASK))).await, 403, "InvalidClientTokenId", unknown);
    let tokenless = Signer { access_key_id: "SESSION", secret: "s", ..STS };
    is_refused(&server.send(sign(tokenless, form_request("/", ASK))).await, 403, "InvalidClientTokenId", unknown);
    let elsewhere = Signer { region: "eu-west-1", ..STS };
    let text = "Credential should be scoped to a valid region, not 'eu-west-1'.";
    is_refused(&server.send(sign(elsewhere, form_request("/", ASK))).await, 403, "SignatureDoesNotMatch", text);
}

#[tokio::test]
async fn a_signature_is_for_one_service() {
    let server = server().await;
    let text = "Credential should be scoped to correct service: 'sqs'.";
    let list = server.send(sign(STS, json_request("ListQueues", "{}"))).await;
    list.is_json_error("InvalidSignatureException", text);
    let other = Signer { service: "lambda", ..STS };
    let list = server.send(sign(other, form_request("/", "Action=ListQueues&Version=2012-11-05"))).await;
    list.is_query_error("InvalidSignatureException", text);
    let text = "Credential should be scoped to correct service: 'sts'.";
    is_refused(&server.send(sign(other, form_request("/", ASK))).await, 403, "SignatureDoesNotMatch", text);
}
