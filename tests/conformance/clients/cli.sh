#!/usr/bin/env bash
# The whole life of messages with the AWS CLI, as one types it.
source "$(dirname "$0")/under_test.sh"

queue=$(aws sqs create-queue --queue-name cli --attributes VisibilityTimeout=60 --query QueueUrl --output text)
same "the queue's URL" "$(aws sqs get-queue-url --queue-name cli --query QueueUrl --output text)" "$queue"
same "the list of queues" "$(aws sqs list-queues --queue-name-prefix cli --query 'QueueUrls[0]' --output text)" "$queue"

id=$(aws sqs send-message --queue-url "$queue" --message-body 'Hello, "queue" & co' \
    --message-attributes '{"n": {"DataType": "Number", "StringValue": "7"}}' --query MessageId --output text)
received=$(aws sqs receive-message --queue-url "$queue" --message-attribute-names All --wait-time-seconds 5 \
    --query 'Messages[0].[MessageId, Body, MessageAttributes.n.StringValue]' --output text)
same "the received message" "$received" "$id"$'\t''Hello, "queue" & co'$'\t'7
same "an empty receive" "$(aws sqs receive-message --queue-url "$queue")" ""

aws sqs send-message-batch --queue-url "$queue" --entries Id=a,MessageBody=first Id=b,MessageBody=second > /dev/null
handles=$(aws sqs receive-message --queue-url "$queue" --max-number-of-messages 10 --query 'Messages[].ReceiptHandle' \
    --output text)
set -- $handles
same "how many were received" "$#" 2
aws sqs change-message-visibility --queue-url "$queue" --receipt-handle "$1" --visibility-timeout 120
changed=$(aws sqs change-message-visibility-batch --queue-url "$queue" \
    --entries "Id=b,ReceiptHandle=$2,VisibilityTimeout=120" Id=c,ReceiptHandle=garbage,VisibilityTimeout=0 \
    --query '[Successful[].Id, Failed[].Code]' --output json | tr -d ' \n')
same "the changed entries" "$changed" '[["b"],["ReceiptHandleIsInvalid"]]'
aws sqs delete-message --queue-url "$queue" --receipt-handle "$1"
deleted=$(aws sqs delete-message-batch --queue-url "$queue" --entries "Id=b,ReceiptHandle=$2" \
    --query 'Successful[].Id' --output text)
same "the deleted entries" "$deleted" b
same "what is still in flight" "$(attribute "$queue" ApproximateNumberOfMessagesNotVisible)" 1

fifo=$(aws sqs create-queue --queue-name cli.fifo --attributes FifoQueue=true,ContentBasedDeduplication=true \
    --query QueueUrl --output text)
first=$(aws sqs send-message --queue-url "$fifo" --message-body same --message-group-id g --query MessageId --output text)
again=$(aws sqs send-message --queue-url "$fifo" --message-body same --message-group-id g --query MessageId --output text)
same "the repeated message" "$again" "$first"

aws sqs delete-queue --queue-url "$queue"
refused=$(aws sqs get-queue-url --queue-name cli 2>&1) && fail "the queue is still there"
[[ "$refused" == *"(AWS.SimpleQueueService.NonExistentQueue)"* ]] || fail "the refusal does not name its code: $refused"
