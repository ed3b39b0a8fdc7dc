//! The Query protocol by hand: forms and query strings in, XML out.

use std::time::Duration;

use bongsu_testkit::Server;
use bongsu_testkit::http::{Client, Response};

const TIMEOUT: Duration = Duration::from_secs(30);
const FORM: &[(&str, &str)] = &[("content-type", "application/x-www-form-urlencoded")];

fn http(server: &Server) -> Client {
    Client::new(server.api(), TIMEOUT)
}

fn post(http: &mut Client, path: &str, form: &str) -> Response {
    http.post(path, FORM, format!("{form}&Version=2012-11-05").as_bytes()).unwrap()
}

/// The text of the first element with this name.
#[track_caller]
fn element(response: &Response, name: &str) -> String {
    let text = response.text();
    let rest = text.split_once(&format!("<{name}>")).unwrap_or_else(|| panic!("no {name} in {text}")).1;
    rest.split_once(&format!("</{name}>")).unwrap().0.to_owned()
}

#[test]
fn a_message_lives_its_whole_life_in_forms() {
    let server = Server::ephemeral(&[]);
    let mut http = http(&server);
    let created =
        post(&mut http, "/", "Action=CreateQueue&QueueName=q&Attribute.1.Name=DelaySeconds&Attribute.1.Value=0");
    assert_eq!((created.status, created.header("content-type")), (200, Some("text/xml")));
    assert_eq!(element(&created, "QueueUrl"), format!("{}/000000000000/q", server.api_url()));
    assert!(created.text().contains("<CreateQueueResponse xmlns=\"http://queue.amazonaws.com/doc/2012-11-05/\">"));
    assert_eq!(Some(element(&created, "RequestId").as_str()), created.header("x-amzn-requestid"));

    let path = "/000000000000/q";
    let sent = post(&mut http, path, "Action=SendMessage&MessageBody=a%3Cb%26c%22d%20e%2Bf%0D%0A");
    assert_eq!(sent.status, 200, "{}", sent.text());
    let received = post(&mut http, path, "Action=ReceiveMessage&AttributeName.1=All&MaxNumberOfMessages=10");
    assert_eq!(element(&received, "MessageId"), element(&sent, "MessageId"));
    assert_eq!(element(&received, "MD5OfBody"), element(&sent, "MD5OfMessageBody"));
    assert_eq!(element(&received, "Body"), "a&lt;b&amp;c&quot;d e+f&#xD;\n");
    assert!(received.text().contains("<Attribute><Name>ApproximateReceiveCount</Name><Value>1</Value></Attribute>"));

    let empty = post(&mut http, path, "Action=ReceiveMessage");
    assert!(empty.text().contains("<ReceiveMessageResult/>"), "{}", empty.text());

    let handle = element(&received, "ReceiptHandle").replace('+', "%2B").replace('=', "%3D");
    let deleted = post(&mut http, path, &format!("Action=DeleteMessage&ReceiptHandle={handle}"));
    assert_eq!(deleted.status, 200, "{}", deleted.text());
    assert!(!deleted.text().contains("Result"), "a void operation has no result: {}", deleted.text());
}

#[test]
fn a_query_string_does_what_a_form_does() {
    let server = Server::ephemeral(&[]);
    let mut http = http(&server);
    let created = http.get("/?Action=CreateQueue&QueueName=q&Version=2012-11-05").unwrap();
    assert_eq!(element(&created, "QueueUrl"), format!("{}/000000000000/q", server.api_url()));
    let sent = http.get("/000000000000/q?Action=SendMessage&MessageBody=hello&Version=2012-11-05").unwrap();
    assert_eq!(element(&sent, "MD5OfMessageBody"), "5d41402abc4b2a76b9719d911017c592");
}

#[test]
fn a_queue_url_names_the_host_as_the_client_used_it() {
    let server = Server::ephemeral(&[]);
    let headers = [FORM[0], ("host", "queues.example:1234")];
    let created = http(&server).post("/", &headers, b"Action=CreateQueue&QueueName=q").unwrap();
    assert_eq!(element(&created, "QueueUrl"), "http://queues.example:1234/000000000000/q");
}

#[test]
fn refusals_are_xml_with_a_type_and_a_code() {
    let server = Server::ephemeral(&[]);
    let mut http = http(&server);
    for (path, form, status, code, message) in [
        (
            "/",
            "Action=GetQueueUrl&QueueName=nowhere",
            400,
            "AWS.SimpleQueueService.NonExistentQueue",
            "The specified queue does not exist for this wsdl version.",
        ),
        ("/", "Action=FooBar", 400, "InvalidAction", "The action FooBar is not valid for this endpoint."),
    ] {
        let refused = post(&mut http, path, form);
        assert_eq!((refused.status, element(&refused, "Code").as_str()), (status, code), "{form}");
        assert_eq!(element(&refused, "Message"), message, "{form}");
        assert_eq!(element(&refused, "Type"), "Sender", "{form}");
        assert!(refused.text().contains("<Detail/>"), "{}", refused.text());
    }
}
