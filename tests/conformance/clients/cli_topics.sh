#!/usr/bin/env bash
# Topics and those who subscribe to them with the AWS CLI, as one types it.
source "$(dirname "$0")/under_test.sh"

topic=$(aws sns create-topic --name orders --tags Key=team,Value=mail --query TopicArn --output text)
same "the topic made again" "$(aws sns create-topic --name orders --query TopicArn --output text)" "$topic"
same "the list of topics" "$(aws sns list-topics --query 'Topics[].TopicArn' --output text)" "$topic"
same "the tags" "$(aws sns list-tags-for-resource --resource-arn "$topic" --query 'Tags[0].Value' --output text)" mail

# A queue, subscribed to the topic with the given attributes.
subscribed() {
    local queue
    queue=$(aws sqs create-queue --queue-name "$1" --query QueueUrl --output text)
    aws sns subscribe --topic-arn "$topic" --protocol sqs --notification-endpoint "$(attribute "$queue" QueueArn)" \
        --attributes "$2" > /dev/null
    echo "$queue"
}
all=$(subscribed all '{}')
large=$(subscribed large '{"FilterPolicy": "{\"amount\": [{\"numeric\": [\">=\", 100]}]}", "RawMessageDelivery": "true"}')
abroad=$(subscribed abroad '{"FilterPolicy": "{\"to\": {\"country\": [{\"anything-but\": \"KR\"}]}}", "FilterPolicyScope": "MessageBody"}')
same "the subscriptions" "$(aws sns list-subscriptions-by-topic --topic-arn "$topic" --query 'length(Subscriptions)')" 3

publish() {
    aws sns publish --topic-arn "$topic" --subject order --message "$1" \
        --message-attributes '{"amount": {"DataType": "Number", "StringValue": "'"$2"'"}}' --query MessageId --output text
}
first=$(publish '{"to": {"country": "KR"}}' 150)
second=$(publish '{"to": {"country": "FR"}}' 50)
ids() {
    aws sqs receive-message --queue-url "$1" --max-number-of-messages 10 --query 'Messages[].Body' --output json |
        python -c 'import json, sys; print(*[json.loads(body)["MessageId"] for body in json.load(sys.stdin)])'
}
same "what everybody gets" "$(ids "$all" | tr ' ' '\n' | sort)" "$(printf '%s\n' "$first" "$second" | sort)"
same "what goes abroad" "$(ids "$abroad")" "$second"
raw=$(aws sqs receive-message --queue-url "$large" --message-attribute-names All \
    --query 'Messages[].[Body, MessageAttributes.amount.StringValue]' --output text)
same "what is large" "$raw" $'{"to": {"country": "KR"}}\t150'

batch=$(aws sns publish-batch --topic-arn "$topic" --publish-batch-request-entries Id=a,Message=x Id=b,Message=y \
    --query '[Successful[].Id, Failed]' --output json | tr -d ' \n')
same "the batch" "$batch" '[["a","b"],[]]'

aws sns set-topic-attributes --topic-arn "$topic" --attribute-name DisplayName --attribute-value Orders
name=$(aws sns get-topic-attributes --topic-arn "$topic" --query Attributes.DisplayName --output text)
same "the display name" "$name" Orders
aws sns delete-topic --topic-arn "$topic"
refused=$(aws sns publish --topic-arn "$topic" --message x 2>&1) && fail "the topic is still there"
[[ "$refused" == *"(NotFound)"* ]] || fail "the refusal does not name its code: $refused"
same "the subscriptions that are left" "$(aws sns list-subscriptions --query 'length(Subscriptions)')" 0
