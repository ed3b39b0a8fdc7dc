//! The services beside SQS: functions are invoked, notifications are published.

use bongsu_client::CallError;
use bongsu_client::lambda::Invoked;
use bongsu_client::sns::Publish;

use crate::scripted::{reply, serve, signing_client};

#[tokio::test]
async fn a_function_is_invoked_and_its_error_is_told_from_its_answer() {
    let returned = reply("200 OK\r\nX-Amz-Executed-Version: $LATEST", "null");
    let failed = reply("200 OK\r\nX-Amz-Function-Error: Unhandled", "{}");
    let head = "429 Too Many Requests\r\nx-amzn-ErrorType: TooManyRequestsException";
    let full = reply(head, r#"{"message":"Rate Exceeded."}"#);
    let (plain, asked) = serve(vec![vec![returned], vec![failed], vec![full]]).await;
    let client = signing_client(&plain.endpoint().to_string()).of_service("lambda");
    assert_eq!(client.invoke("work", b"{}").await.unwrap(), Invoked::Returned(b"null".to_vec()));
    let arn = "arn:aws:lambda:us-east-1:000000000000:function:work";
    assert_eq!(client.invoke(arn, b"{}").await.unwrap(), Invoked::Failed(b"{}".to_vec()));
    let error = client.invoke("work", b"{}").await.unwrap_err();
    assert!(matches!(&error, CallError::Unavailable(_)) && error.code() == "TooManyRequestsException", "{error:?}");
    let asked = asked.await.unwrap();
    assert!(asked[0].starts_with("POST /2015-03-31/functions/work/invocations HTTP/1.1\r\n"), "{}", asked[0]);
    assert!(asked[0].contains("/us-east-1/lambda/aws4_request, "), "{}", asked[0]);
    assert!(
        asked[1].contains("/functions/arn%3Aaws%3Alambda%3Aus-east-1%3A000000000000%3Afunction%3Awork/"),
        "{}",
        asked[1]
    );
}

#[tokio::test]
async fn a_notification_is_published_and_a_refusal_is_read() {
    let published = reply(
        "200 OK",
        "<PublishResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><PublishResult><MessageId>id</MessageId>\
         </PublishResult></PublishResponse>",
    );
    let refused = reply(
        "404 Not Found",
        "<ErrorResponse><Error><Code>NotFound</Code><Message>No topic</Message></Error></ErrorResponse>",
    );
    let (plain, asked) = serve(vec![vec![published], vec![refused]]).await;
    let client = signing_client(&plain.endpoint().to_string()).of_service("sns");
    let publish = Publish { topic_arn: "arn:t", message: "m", subject: Some("s"), ..Publish::default() };
    assert_eq!(client.publish(&publish).await.unwrap(), "id");
    let error = client.publish(&publish).await.unwrap_err();
    assert!(error.is_refusal("NotFound") && error.to_string() == "NotFound: No topic", "{error:?}");
    let asked = asked.await.unwrap();
    assert!(asked[0].contains("/us-east-1/sns/aws4_request, "), "{}", asked[0]);
    assert!(
        asked[0].ends_with("Action=Publish&Version=2010-03-31&TopicArn=arn%3At&Message=m&Subject=s"),
        "{}",
        asked[0]
    );
}
