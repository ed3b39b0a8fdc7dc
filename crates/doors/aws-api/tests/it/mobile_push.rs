//! Apps on telephones: registered, found by their tokens, switched off, and written to by way of the log.

use std::sync::Arc;

use bongsu_journal::{Journal, MemoryJournal};
use serde_json::{Value, json};

use crate::harness::{Answer, Server};

const APPLICATION: &str = "arn:aws:sns:us-east-1:000000000000:app/GCM/chat";
const SECRET: &str = "hush";
/// How much of a journal is read at once.
const READ_BYTES: usize = 1 << 20;

async fn application(server: &Server) -> &'static str {
    let input = json!({ "Name": "chat", "Platform": "GCM", "Attributes": { "PlatformCredential": SECRET } });
    let made = server.told("CreatePlatformApplication", input).await;
    assert_eq!(made.element("PlatformApplicationArn"), APPLICATION);
    APPLICATION
}

async fn endpoint(server: &Server, token: &str) -> String {
    let input = json!({ "PlatformApplicationArn": APPLICATION, "Token": token });
    server.told("CreatePlatformEndpoint", input).await.element("EndpointArn").to_owned()
}

/// `name=value` of all attributes in an answer.
fn attributes(answer: &Answer) -> Vec<String> {
    let entries = answer.body.split("<entry>").skip(1);
    let text = |entry: &str, name: &str| {
        let (_, rest) = entry.split_once(&format!("<{name}>")).expect("an element");
        rest.split('<').next().expect("its text").to_owned()
    };
    entries.map(|entry| format!("{}={}", text(entry, "key"), text(entry, "value"))).collect()
}

async fn endpoint_attributes(server: &Server, arn: &str) -> Vec<String> {
    attributes(&server.told("GetEndpointAttributes", json!({ "EndpointArn": arn })).await)
}

/// All texts of elements of this name.
fn all(answer: &Answer, name: &str) -> Vec<String> {
    let start = format!("<{name}>");
    answer.body.split(&start).skip(1).map(|part| part.split('<').next().expect("its text").to_owned()).collect()
}

#[tokio::test]
async fn an_application_is_made_found_changed_and_deleted_and_its_secrets_are_not_told() {
    let server = Server::start().await;
    let given = json!({ "PlatformCredential": SECRET, "PlatformPrincipal": SECRET, "EventEndpointCreated": "arn:t" });
    let input = json!({ "Name": "chat", "Platform": "GCM", "Attributes": given });
    for _ in 0..2 {
        let made = server.sns("CreatePlatformApplication", input.clone()).await;
        let arn = format!("<PlatformApplicationArn>{APPLICATION}</PlatformApplicationArn>");
        let result = format!("<CreatePlatformApplicationResult>{arn}</CreatePlatformApplicationResult>");
        made.is_told("CreatePlatformApplication", &result);
    }
    let other = json!({ "Name": "chat", "Platform": "GCM", "Attributes": { "PlatformCredential": SECRET } });
    let text = "Invalid parameter: Attributes Reason: Platform application already exists with different attributes";
    server.sns_refuses("CreatePlatformApplication", other, "InvalidParameter", text).await;

    let arn = json!({ "PlatformApplicationArn": APPLICATION });
    let told = server.sns("GetPlatformApplicationAttributes", arn.clone()).await;
    let entry = |name: &str, value: &str| format!("<entry><key>{name}</key><value>{value}</value></entry>");
    let entries = entry("Enabled", "true") + &entry("EventEndpointCreated", "arn:t");
    let result = format!(
        "<GetPlatformApplicationAttributesResult><Attributes>{entries}</Attributes>\
         </GetPlatformApplicationAttributesResult>"
    );
    told.is_told("GetPlatformApplicationAttributes", &result);

    let given = json!({ "EventEndpointCreated": "", "SuccessFeedbackSampleRate": "10", "PlatformCredential": "new" });
    let set = json!({ "PlatformApplicationArn": APPLICATION, "Attributes": given });
    server.sns("SetPlatformApplicationAttributes", set).await.is_told("SetPlatformApplicationAttributes", "");
    let told = server.told("GetPlatformApplicationAttributes", arn.clone()).await;
    assert_eq!(attributes(&told), ["Enabled=true", "SuccessFeedbackSampleRate=10"]);

    let deleted = server.sns("DeletePlatformApplication", arn.clone()).await;
    deleted.is_told("DeletePlatformApplication", "");
    server.told("DeletePlatformApplication", arn.clone()).await;
    let text = "PlatformApplication does not exist";
    let of_nothing =
        json!({ "PlatformApplicationArn": APPLICATION, "Attributes": {"PlatformCredential": "x"}, "Token": "t" });
    for operation in
        ["GetPlatformApplicationAttributes", "SetPlatformApplicationAttributes", "ListEndpointsByPlatformApplication"]
    {
        server.sns_refuses(operation, of_nothing.clone(), "NotFound", text).await;
    }
    let of_nothing = json!({ "PlatformApplicationArn": APPLICATION, "Token": "t" });
    server.sns_refuses("CreatePlatformEndpoint", of_nothing, "NotFound", text).await;
}

#[tokio::test]
async fn what_is_wrong_with_an_application_is_told() {
    let server = Server::start().await;
    let refused = |input: Value, text: &'static str| {
        server.sns_refuses("CreatePlatformApplication", input, "InvalidParameter", text)
    };
    let credential = json!({ "PlatformCredential": SECRET });
    let input = json!({ "Name": "a", "Platform": "AAA", "Attributes": credential });
    refused(input, "Invalid parameter: Platform Reason: AAA is not supported").await;
    let text =
        "Invalid parameter: Name Reason: must contain only characters 'a'-'z', 'A'-'Z', '0'-'9', '_', '-', and '.'";
    refused(json!({ "Name": "a b", "Platform": "GCM", "Attributes": credential }), text).await;
    let input = json!({ "Name": "a", "Platform": "APNS", "Attributes": { "PlatformPrincipal": SECRET } });
    let text = "Invalid parameter: Attributes Reason: PlatformPrincipal attribute provided without PlatformCredential";
    refused(input, text).await;
    let text =
        "1 validation error detected: Value null at 'attributes' failed to satisfy constraint: Member must not be null";
    let input = json!({ "Name": "a", "Platform": "GCM" });
    server.sns_refuses("CreatePlatformApplication", input, "ValidationError", text).await;
    for (arn, text) in [
        ("a:b", "Invalid parameter: PlatformApplicationArn Reason: An ARN must have at least 6 elements, not 2"),
        ("arn:aws:sns:eu-west-1:000000000000:app/GCM/a", "Invalid parameter: PlatformApplicationArn"),
        (
            "arn:aws:sns:us-east-1:000000000000:app/GCM",
            "Invalid parameter: PlatformApplicationArn Reason: Wrong number of slashes in relative portion of the ARN.",
        ),
    ] {
        let input = json!({ "PlatformApplicationArn": arn });
        server.sns_refuses("GetPlatformApplicationAttributes", input, "InvalidParameter", text).await;
    }
    let arn = "arn:aws:sns:us-east-1:000000000009:app/GCM/a";
    let text = format!(
        "User: arn:aws:iam::000000000000:root is not authorized to perform: SNS:DeletePlatformApplication on resource: \
         {arn} because no resource-based policy allows the SNS:DeletePlatformApplication action"
    );
    let input = json!({ "PlatformApplicationArn": arn });
    server.sns_refuses("DeletePlatformApplication", input, "AuthorizationError", &text).await;
}

#[tokio::test]
async fn an_endpoint_is_found_by_its_token() {
    let server = Server::start().await;
    let application = application(&server).await;
    let input = json!({ "PlatformApplicationArn": application, "Token": "t/1", "CustomUserData": "me" });
    let made = server.sns("CreatePlatformEndpoint", input.clone()).await;
    let arn = made.element("EndpointArn").to_owned();
    let result =
        format!("<CreatePlatformEndpointResult><EndpointArn>{arn}</EndpointArn></CreatePlatformEndpointResult>");
    made.is_told("CreatePlatformEndpoint", &result);
    let id = arn.strip_prefix("arn:aws:sns:us-east-1:000000000000:endpoint/GCM/chat/").unwrap();
    assert_eq!(id.len(), 36);
    assert_eq!(server.told("CreatePlatformEndpoint", input).await.element("EndpointArn"), arn);
    assert_eq!(endpoint_attributes(&server, &arn).await, ["CustomUserData=me", "Enabled=true", "Token=t/1"]);

    let taken = format!(
        "Invalid parameter: Token Reason: Endpoint {arn} already exists with the same Token, but different attributes."
    );
    let other = json!({ "PlatformApplicationArn": application, "Token": "t/1" });
    server.sns_refuses("CreatePlatformEndpoint", other, "InvalidParameter", &taken).await;
    // It is found by the token that it has now, and by no other.
    let set = json!({ "EndpointArn": arn, "Attributes": { "Token": "t/2", "CustomUserData": "" } });
    server.sns("SetEndpointAttributes", set).await.is_told("SetEndpointAttributes", "");
    assert_eq!(endpoint(&server, "t/2").await, arn);
    let second = endpoint(&server, "t/1").await;
    assert_ne!(second, arn);
    let set = json!({ "EndpointArn": second, "Attributes": { "Token": "t/2" } });
    server.sns_refuses("SetEndpointAttributes", set, "InvalidParameter", &taken).await;

    let gone = json!({ "EndpointArn": arn });
    server.sns("DeleteEndpoint", gone.clone()).await.is_told("DeleteEndpoint", "");
    server.told("DeleteEndpoint", gone.clone()).await;
    server.sns_refuses("GetEndpointAttributes", gone, "NotFound", "Endpoint does not exist").await;
    let set = json!({ "EndpointArn": arn, "Attributes": { "Enabled": "true" } });
    server.sns_refuses("SetEndpointAttributes", set, "NotFound", "Endpoint does not exist").await;
    assert_ne!(endpoint(&server, "t/2").await, arn);
}

#[tokio::test]
async fn what_is_wrong_with_an_endpoint_is_told() {
    let server = Server::start().await;
    let application = application(&server).await;
    let arn = endpoint(&server, "t").await;
    for (given, reason) in [
        (json!({ "Other": "x" }), "Invalid attribute name: Other"),
        (json!({ "Enabled": "maybe" }), "Invalid value for attribute: Enabled: must be true or false"),
        (
            json!({ "CustomUserData": "é".repeat(1025) }),
            "Invalid value for attribute: CustomUserData: must be at most 2048 bytes long in UTF-8 encoding",
        ),
    ] {
        let text = format!("Invalid parameter: Attributes Reason: {reason}");
        let set = json!({ "EndpointArn": arn, "Attributes": given });
        server.sns_refuses("SetEndpointAttributes", set, "InvalidParameter", &text).await;
        let made = json!({ "PlatformApplicationArn": application, "Token": "new", "Attributes": given });
        server.sns_refuses("CreatePlatformEndpoint", made, "InvalidParameter", &text).await;
    }
    let text =
        "1 validation error detected: Value null at 'token' failed to satisfy constraint: Member must not be null";
    let made = json!({ "PlatformApplicationArn": application });
    server.sns_refuses("CreatePlatformEndpoint", made, "ValidationError", text).await;
    let made = json!({ "PlatformApplicationArn": application, "Token": "" });
    let text = "Invalid parameter: Token Reason: must be 1 to 2048 bytes long";
    server.sns_refuses("CreatePlatformEndpoint", made, "InvalidParameter", text).await;
}

#[tokio::test]
async fn applications_and_endpoints_are_listed_in_pages() {
    let server = Server::start().await;
    let application = application(&server).await;
    // Names that go on where another ends are applications of their own.
    let input = json!({ "Name": "chat2", "Platform": "GCM", "Attributes": { "PlatformCredential": "x" } });
    server.told("CreatePlatformApplication", input).await;
    let listed = server.sns("ListPlatformApplications", json!({})).await;
    let member = |name: &str| {
        format!(
            "<member><PlatformApplicationArn>arn:aws:sns:us-east-1:000000000000:app/GCM/{name}</PlatformApplicationArn>\
             <Attributes><entry><key>Enabled</key><value>true</value></entry></Attributes></member>"
        )
    };
    let members = member("chat") + &member("chat2");
    let result = format!(
        "<ListPlatformApplicationsResult><PlatformApplications>{members}</PlatformApplications>\
         </ListPlatformApplicationsResult>"
    );
    listed.is_told("ListPlatformApplications", &result);

    let mut made = Vec::new();
    for number in 0..101 {
        made.push(endpoint(&server, &format!("token {number}")).await);
    }
    made.sort();
    let input = json!({ "PlatformApplicationArn": application });
    let first = server.told("ListEndpointsByPlatformApplication", input).await;
    let token = first.element("NextToken").to_owned();
    let input = json!({ "PlatformApplicationArn": application, "NextToken": token });
    let rest = server.told("ListEndpointsByPlatformApplication", input).await;
    assert!(!rest.body.contains("NextToken") && rest.body.contains("<key>Token</key><value>token "));
    assert_eq!([all(&first, "EndpointArn"), all(&rest, "EndpointArn")].concat(), made);

    server.told("DeletePlatformApplication", json!({ "PlatformApplicationArn": application })).await;
    let gone = json!({ "EndpointArn": made[0] });
    server.sns_refuses("GetEndpointAttributes", gone, "NotFound", "Endpoint does not exist").await;
    let listed = server.told("ListPlatformApplications", json!({})).await;
    assert_eq!(all(&listed, "PlatformApplicationArn"), ["arn:aws:sns:us-east-1:000000000000:app/GCM/chat2"]);
    for operation in ["ListPlatformApplications", "ListPhoneNumbersOptedOut"] {
        let token = if operation == "ListPlatformApplications" { "NextToken" } else { "nextToken" };
        let text = "Invalid parameter: NextToken";
        server.sns_refuses(operation, json!({ token: "!" }), "InvalidParameter", text).await;
    }
}

#[tokio::test]
async fn a_message_to_an_endpoint_is_taken_while_it_is_enabled() {
    let server = Server::start().await;
    application(&server).await;
    let arn = endpoint(&server, "t").await;
    let message = json!({ "TargetArn": arn, "Message": r#"{"default":"d","GCM":"{}"}"#, "MessageStructure": "json" });
    assert_eq!(server.told("Publish", message.clone()).await.element("MessageId").len(), 36);
    let empty = json!({ "TargetArn": arn, "Message": "" });
    server.sns_refuses("Publish", empty, "InvalidParameter", "Invalid parameter: Empty message").await;

    server.told("SetEndpointAttributes", json!({ "EndpointArn": arn, "Attributes": { "Enabled": "False" } })).await;
    assert_eq!(endpoint_attributes(&server, &arn).await, ["Enabled=false", "Token=t"]);
    server.sns_refuses("Publish", message.clone(), "EndpointDisabled", "Endpoint is disabled").await;
    server.told("SetEndpointAttributes", json!({ "EndpointArn": arn, "Attributes": { "Enabled": "true" } })).await;
    server.told("Publish", message.clone()).await;

    server.told("DeleteEndpoint", json!({ "EndpointArn": arn })).await;
    let text = "Invalid parameter: TargetArn Reason: No endpoint found for the target arn specified";
    server.sns_refuses("Publish", message, "InvalidParameter", text).await;
}

#[tokio::test]
async fn applications_and_endpoints_outlive_a_restart_and_secrets_are_not_on_the_disk() {
    let journal = Arc::new(MemoryJournal::new());
    let server = Server::on(&journal).await;
    application(&server).await;
    let arn = endpoint(&server, "t").await;
    server.told("SetSMSAttributes", json!({ "attributes": { "DefaultSMSType": "Promotional" } })).await;
    let journal = Arc::new(journal.reopen());
    let server = Server::on(&journal).await;
    assert_eq!(endpoint_attributes(&server, &arn).await, ["Enabled=true", "Token=t"]);
    assert_eq!(endpoint(&server, "t").await, arn);
    assert_eq!(attributes(&server.told("GetSMSAttributes", json!({})).await)[0], "DefaultSMSType=Promotional");
    let (mut from, mut written) = (journal.span().start, Vec::new());
    while from < journal.span().end {
        let chunk = journal.read(from, READ_BYTES).await.expect("a whole journal");
        chunk.records().for_each(|(_, record)| written.extend_from_slice(&record));
        from = chunk.next;
    }
    let has = |text: &str| written.windows(text.len()).any(|bytes| bytes == text.as_bytes());
    assert!(has("Promotional") && !has(SECRET));
}
