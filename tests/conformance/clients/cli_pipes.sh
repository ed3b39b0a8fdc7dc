#!/usr/bin/env bash
# The life of a pipe with the AWS CLI, as one types it.
source "$(dirname "$0")/under_test.sh"

role=arn:aws:iam::000000000000:role/r
inbox=$(aws sqs create-queue --queue-name cli-in --query QueueUrl --output text)
outbox=$(aws sqs create-queue --queue-name cli-out --query QueueUrl --output text)
from=$(attribute "$inbox" QueueArn)
to=$(attribute "$outbox" QueueArn)

arn=$(aws pipes create-pipe --name cli --source "$from" --target "$to" --role-arn "$role" \
    --target-parameters '{"InputTemplate": "got <$.body>"}' --query Arn --output text)
same "the pipe's ARN" "$arn" "arn:aws:pipes:us-east-1:000000000000:pipe/cli"
same "its state" "$(aws pipes describe-pipe --name cli --query CurrentState --output text)" RUNNING
aws sqs send-message --queue-url "$inbox" --message-body hello > /dev/null
body=$(aws sqs receive-message --queue-url "$outbox" --wait-time-seconds 20 --query 'Messages[0].Body' --output text)
same "what came through" "$body" "got hello"

aws pipes stop-pipe --name cli > /dev/null
same "the stopped pipes" "$(aws pipes list-pipes --current-state STOPPED --query 'Pipes[].Name' --output text)" cli
aws pipes tag-resource --resource-arn "$arn" --tags team=shop
same "the tags" "$(aws pipes list-tags-for-resource --resource-arn "$arn" --query tags.team --output text)" shop
aws pipes update-pipe --name cli --role-arn "$role" --desired-state RUNNING > /dev/null
aws pipes delete-pipe --name cli > /dev/null
refused=$(aws pipes describe-pipe --name cli 2>&1) && fail "the pipe is still there"
[[ "$refused" == *"(NotFoundException)"* ]] || fail "the refusal does not name its code: $refused"
