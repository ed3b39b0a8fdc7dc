//! Which actions a statement is about.

use bongsu_policy::Request;

use crate::{BOTH, NEITHER, applies, principal, request};

#[test]
fn actions_match_by_wildcard_and_without_regard_to_case() {
    let user = principal("arn:aws:iam::111111111111:user/ann");
    let rows = [
        (r#""Action":"sqs:SendMessage""#, "sqs:SendMessage", true),
        (r#""Action":"SQS:sendmessage""#, "sqs:SendMessage", true),
        (r#""Action":"sqs:*""#, "sqs:SendMessage", true),
        (r#""Action":"*""#, "sqs:SendMessage", true),
        (r#""Action":"sqs:Get*""#, "sqs:GetQueueUrl", true),
        (r#""Action":"sqs:?etQueueAttributes""#, "sqs:SetQueueAttributes", true),
        (r#""Action":"sqs:Send""#, "sqs:SendMessage", false),
        (r#""Action":"sns:*""#, "sqs:SendMessage", false),
        (r#""Action":["sqs:DeleteMessage","sqs:SendMessage"]"#, "sqs:SendMessage", true),
        (r#""Action":[]"#, "sqs:SendMessage", false),
        (r#""NotAction":"sqs:DeleteMessage""#, "sqs:SendMessage", true),
        (r#""NotAction":["sqs:DeleteMessage","sqs:send*"]"#, "sqs:SendMessage", false),
        (r#""NotAction":[]"#, "sqs:SendMessage", true),
    ];
    for (members, action, expected) in rows {
        let request = Request { action, ..request(&user) };
        assert_eq!(applies(members, &request), if expected { BOTH } else { NEITHER }, "{members} {action}");
    }
}

#[test]
fn a_batch_form_means_its_single_form() {
    let user = principal("arn:aws:iam::111111111111:user/ann");
    let rows = [
        (r#""Action":"sqs:SendMessageBatch""#, "sqs:SendMessage", true),
        (r#""Action":"sqs:SendMessage""#, "sqs:SendMessageBatch", true),
        (r#""Action":"sqs:*batch""#, "sqs:DeleteMessage", true),
        (r#""Action":"sqs:ChangeMessageVisibilityBatch""#, "sqs:ChangeMessageVisibility", true),
        (r#""Action":"sns:PublishBatch""#, "sns:Publish", true),
        (r#""NotAction":"sqs:SendMessageBatch""#, "sqs:SendMessage", false),
        (r#""Action":"sqs:*batch""#, "sqs:ReceiveMessage", false),
        (r#""Action":"sqs:DeleteMessageBatch""#, "sqs:SendMessage", false),
    ];
    for (members, action, expected) in rows {
        let request = Request { action, ..request(&user) };
        assert_eq!(applies(members, &request), if expected { BOTH } else { NEITHER }, "{members} {action}");
    }
}
