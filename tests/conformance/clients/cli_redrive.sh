#!/usr/bin/env bash
# Queues that are looked after with the AWS CLI, as one types it, and what they gave up.
source "$(dirname "$0")/under_test.sh"

dead=$(aws sqs create-queue --queue-name dead --tags team=mail,stage=test --query QueueUrl --output text)
aws sqs tag-queue --queue-url "$dead" --tags team=post
aws sqs untag-queue --queue-url "$dead" --tag-keys stage
tags=$(aws sqs list-queue-tags --queue-url "$dead" --query Tags --output json | tr -d ' \n')
same "the tags" "$tags" '{"team":"post"}'

aws sqs add-permission --queue-url "$dead" --label partner --aws-account-ids 222222222222 --actions ReceiveMessage
policy=$(attribute "$dead" Policy)
[[ "$policy" == *'"Sid":"partner"'*'"SQS:ReceiveMessage"'* ]] || fail "the permission is not in the policy: $policy"
aws sqs remove-permission --queue-url "$dead" --label partner
same "the policy" "$(attribute "$dead" Policy)" None

source=$(attribute "$dead" QueueArn)
queue=$(aws sqs create-queue --queue-name work --query QueueUrl --output text)
policy='{\"deadLetterTargetArn\": \"'$source'\", \"maxReceiveCount\": \"2\"}'
aws sqs set-queue-attributes --queue-url "$queue" \
    --attributes '{"VisibilityTimeout": "0", "RedrivePolicy": "'"$policy"'"}'
expected='{"deadLetterTargetArn":"'$source'","maxReceiveCount":2}'
same "the redrive policy" "$(attribute "$queue" RedrivePolicy)" "$expected"
sources=$(aws sqs list-dead-letter-source-queues --queue-url "$dead" --query queueUrls --output text)
same "the sources of the dead letters" "$sources" "$queue"

id=$(aws sqs send-message --queue-url "$queue" --message-body poison --query MessageId --output text)
for count in 1 2; do
    received=$(aws sqs receive-message --queue-url "$queue" --attribute-names ApproximateReceiveCount \
        --query 'Messages[0].Attributes.ApproximateReceiveCount' --output text)
    same "how often it was received" "$received" "$count"
done
same "a third receive" "$(aws sqs receive-message --queue-url "$queue")" ""
letter=$(aws sqs receive-message --queue-url "$dead" --visibility-timeout 0 \
    --query 'Messages[0].[MessageId, Body]' --output text)
same "the dead letter" "$letter" "$id"$'\tpoison'

aws sqs start-message-move-task --source-arn "$source" > /dev/null
message=$(aws sqs receive-message --queue-url "$queue" --wait-time-seconds 20 --visibility-timeout 60 \
    --query 'Messages[0].Body' --output text)
same "the redriven message" "$message" poison
task() { aws sqs list-message-move-tasks --source-arn "$source" --query "$1" --output text; }
for _ in {1..10}; do
    [[ "$(task 'Results[0].Status')" == RUNNING ]] || break
done
same "the finished task" "$(task 'Results[0].[Status, ApproximateNumberOfMessagesMoved]')" $'COMPLETED\t1'

aws sqs send-message-batch --queue-url "$dead" \
    --entries Id={a,b,c,d,e,f,g,h,i,j},MessageBody=slow > /dev/null
destination=$(attribute "$queue" QueueArn)
handle=$(aws sqs start-message-move-task --source-arn "$source" --destination-arn "$destination" \
    --max-number-of-messages-per-second 1 --query TaskHandle --output text)
moved=$(aws sqs cancel-message-move-task --task-handle "$handle" \
    --query ApproximateNumberOfMessagesMoved --output text)
[[ "$moved" -ge 0 && "$moved" -lt 10 ]] || fail "$moved messages were moved by the task that was called off"
for _ in {1..10}; do
    [[ "$(task 'Results[0].Status')" == CANCELLING ]] || break
done
same "the task that was called off" "$(task 'Results[0].Status')" CANCELLED

aws sqs purge-queue --queue-url "$dead"
same "what is left" "$(attribute "$dead" ApproximateNumberOfMessages)" 0
refused=$(aws sqs start-message-move-task --source-arn "$source-not" 2>&1) && fail "no queue of that name is there"
[[ "$refused" == *"(ResourceNotFoundException)"* ]] || fail "the refusal does not name its code: $refused"
