//! Text messages: settings are kept and told, numbers are looked at, and nothing is sent.

use serde_json::{Value, json};

use crate::harness::Server;

const NUMBER: &str = "+15551234567";

async fn sandbox_numbers(server: &Server, input: Value) -> (Vec<String>, String) {
    let answer = server.told("ListSMSSandboxPhoneNumbers", input).await;
    let numbers = answer.body.split("<member>").skip(1).map(|number| {
        let text = |name: &str| {
            let (_, rest) = number.split_once(&format!("<{name}>")).expect("an element");
            rest.split('<').next().expect("its text").to_owned()
        };
        format!("{} {}", text("PhoneNumber"), text("Status"))
    });
    let token = if answer.body.contains("<NextToken>") { answer.element("NextToken") } else { "" };
    (numbers.collect(), token.to_owned())
}

#[tokio::test]
async fn settings_of_text_messages_are_kept_and_told() {
    let server = Server::start().await;
    let told = server.sns("GetSMSAttributes", json!({})).await;
    let limit = "<entry><key>MonthlySpendLimit</key><value>1</value></entry>";
    told.is_told(
        "GetSMSAttributes",
        &format!("<GetSMSAttributesResult><attributes>{limit}</attributes></GetSMSAttributesResult>"),
    );
    let set = json!({ "attributes": { "DefaultSMSType": "Transactional", "DefaultSenderID": "Bongsu" } });
    server.sns("SetSMSAttributes", set).await.is_told("SetSMSAttributes", "<SetSMSAttributesResult/>");
    server
        .told("SetSMSAttributes", json!({ "attributes": { "DefaultSenderID": "", "MonthlySpendLimit": "20" } }))
        .await;
    let told = server.sns("GetSMSAttributes", json!({})).await;
    let kind = "<entry><key>DefaultSMSType</key><value>Transactional</value></entry>";
    let limit = limit.replace('1', "20");
    told.is_told(
        "GetSMSAttributes",
        &format!("<GetSMSAttributesResult><attributes>{kind}{limit}</attributes></GetSMSAttributesResult>"),
    );
    let told = server.sns("GetSMSAttributes", json!({ "attributes": ["DefaultSMSType", "DefaultSenderID"] })).await;
    told.is_told(
        "GetSMSAttributes",
        &format!("<GetSMSAttributesResult><attributes>{kind}</attributes></GetSMSAttributesResult>"),
    );
}

#[tokio::test]
async fn settings_that_make_no_sense_are_refused_whole() {
    let server = Server::start().await;
    let refused = |given: Value, text: &'static str| {
        server.sns_refuses("SetSMSAttributes", json!({ "attributes": given }), "InvalidParameter", text)
    };
    refused(json!({ "MonthlySpendLimit": "5", "Other": "x" }), "Other is not a valid attribute").await;
    refused(json!({ "DefaultSMSType": "Urgent" }), "DefaultSMSType is invalid").await;
    let text =
        "1 validation error detected: Value null at 'attributes' failed to satisfy constraint: Member must not be null";
    server.sns_refuses("SetSMSAttributes", json!({}), "ValidationError", text).await;
    let text = "Other is not a valid attribute";
    server.sns_refuses("GetSMSAttributes", json!({ "attributes": ["Other"] }), "InvalidParameter", text).await;
    assert_eq!(server.told("GetSMSAttributes", json!({})).await.element("value"), "1");
}

#[tokio::test]
async fn nobody_is_opted_out() {
    let server = Server::start().await;
    let number = json!({ "phoneNumber": NUMBER });
    let out = server.sns("CheckIfPhoneNumberIsOptedOut", number.clone()).await;
    let result =
        "<CheckIfPhoneNumberIsOptedOutResult><isOptedOut>false</isOptedOut></CheckIfPhoneNumberIsOptedOutResult>";
    out.is_told("CheckIfPhoneNumberIsOptedOut", result);
    let in_again = server.sns("OptInPhoneNumber", number).await;
    in_again.is_told("OptInPhoneNumber", "<OptInPhoneNumberResult/>");
    let listed = server.sns("ListPhoneNumbersOptedOut", json!({})).await;
    let result = "<ListPhoneNumbersOptedOutResult><phoneNumbers></phoneNumbers></ListPhoneNumbersOptedOutResult>";
    listed.is_told("ListPhoneNumbersOptedOut", result);
    let listed = server.sns("ListOriginationNumbers", json!({ "MaxResults": 30 })).await;
    let result = "<ListOriginationNumbersResult><PhoneNumbers></PhoneNumbers></ListOriginationNumbersResult>";
    listed.is_told("ListOriginationNumbers", result);
    let text = "Invalid parameter: MaxResults";
    server.sns_refuses("ListOriginationNumbers", json!({ "MaxResults": 31 }), "InvalidParameter", text).await;
    for operation in ["CheckIfPhoneNumberIsOptedOut", "OptInPhoneNumber"] {
        let text = "Invalid parameter: PhoneNumber Reason: input incorrectly formatted";
        server.sns_refuses(operation, json!({ "phoneNumber": "5551234" }), "InvalidParameter", text).await;
        let text = "1 validation error detected: Value null at 'phoneNumber' failed to satisfy constraint: Member must \
                    not be null";
        server.sns_refuses(operation, json!({}), "ValidationError", text).await;
    }
}

#[tokio::test]
async fn numbers_of_the_sandbox_are_added_verified_and_deleted() {
    let server = Server::start().await;
    let status = server.sns("GetSMSSandboxAccountStatus", json!({})).await;
    let result =
        "<GetSMSSandboxAccountStatusResult><IsInSandbox>false</IsInSandbox></GetSMSSandboxAccountStatusResult>";
    status.is_told("GetSMSSandboxAccountStatus", result);
    let made =
        server.sns("CreateSMSSandboxPhoneNumber", json!({ "PhoneNumber": NUMBER, "LanguageCode": "kr-KR" })).await;
    let result = "<CreateSMSSandboxPhoneNumberResult/>";
    made.is_told("CreateSMSSandboxPhoneNumber", result);
    server.told("CreateSMSSandboxPhoneNumber", json!({ "PhoneNumber": "+821012345678" })).await;
    let first = vec![format!("{NUMBER} Pending")];
    let (numbers, token) = sandbox_numbers(&server, json!({ "MaxResults": 1 })).await;
    assert_eq!(numbers, first);
    let rest = sandbox_numbers(&server, json!({ "NextToken": token })).await;
    assert_eq!(rest, (vec!["+821012345678 Pending".to_owned()], String::new()));

    let verify = json!({ "PhoneNumber": NUMBER, "OneTimePassword": "12345" });
    let verified = server.sns("VerifySMSSandboxPhoneNumber", verify.clone()).await;
    let result = "<VerifySMSSandboxPhoneNumberResult/>";
    verified.is_told("VerifySMSSandboxPhoneNumber", result);
    // What is there already stays as it is.
    server.told("CreateSMSSandboxPhoneNumber", json!({ "PhoneNumber": NUMBER })).await;
    let deleted = server.sns("DeleteSMSSandboxPhoneNumber", json!({ "PhoneNumber": "+821012345678" })).await;
    let result = "<DeleteSMSSandboxPhoneNumberResult/>";
    deleted.is_told("DeleteSMSSandboxPhoneNumber", result);
    assert_eq!(sandbox_numbers(&server, json!({})).await, (vec![format!("{NUMBER} Verified")], String::new()));

    let text = "Phone number does not exist";
    let unknown = json!({ "PhoneNumber": "+821012345678", "OneTimePassword": "12345" });
    for operation in ["VerifySMSSandboxPhoneNumber", "DeleteSMSSandboxPhoneNumber"] {
        server.sns_refuses(operation, unknown.clone(), "ResourceNotFound", text).await;
    }
    let wrong = json!({ "PhoneNumber": NUMBER, "OneTimePassword": "1234" });
    let text = "Invalid parameter: OneTimePassword";
    server.sns_refuses("VerifySMSSandboxPhoneNumber", wrong, "InvalidParameter", text).await;
    let wrong = json!({ "PhoneNumber": NUMBER, "LanguageCode": "tlh" });
    let text = "Invalid parameter: LanguageCode";
    server.sns_refuses("CreateSMSSandboxPhoneNumber", wrong, "InvalidParameter", text).await;
}

#[tokio::test]
async fn a_message_to_a_telephone_is_taken() {
    let server = Server::start().await;
    let published = server.told("Publish", json!({ "PhoneNumber": NUMBER, "Message": "hello" })).await;
    assert_eq!(published.element("MessageId").len(), 36);
    for (number, text) in [
        ("", "Invalid parameter: PhoneNumber Reason: input incorrectly formatted"),
        ("+1a234", "Invalid parameter: PhoneNumber Reason: +1a234 is not valid to publish to"),
    ] {
        let input = json!({ "PhoneNumber": number, "Message": "hello" });
        server.sns_refuses("Publish", input, "InvalidParameter", text).await;
    }
    let text = "Invalid parameter: Message too long";
    let long = json!({ "PhoneNumber": NUMBER, "Message": "x".repeat(262_145) });
    server.sns_refuses("Publish", long, "InvalidParameter", text).await;
}
