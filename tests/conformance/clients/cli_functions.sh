#!/usr/bin/env bash
# The life of a function with the AWS CLI, as one types it.
source "$(dirname "$0")/under_test.sh"

cd "$HOME"
write() { printf 'def handler(event, context):\n    return {"said": "%s", "event": event}\n' "$1" > app.py; }
zipped() { rm -f code.zip; python -m zipfile -c code.zip app.py; }

write one
zipped
arn=$(aws lambda create-function --function-name cli --runtime python3.11 --handler app.handler --timeout 20 \
    --role arn:aws:iam::000000000000:role/r --zip-file fileb://code.zip --query FunctionArn --output text)
same "the function's ARN" "$arn" "arn:aws:lambda:us-east-1:000000000000:function:cli"
aws lambda wait function-active-v2 --function-name cli
version=$(aws lambda invoke --function-name cli --payload '{"a": 1}' answer.json --query ExecutedVersion --output text)
same "the version" "$version" '$LATEST'
same "the answer" "$(cat answer.json)" '{"said": "one", "event": {"a": 1}}'

write two
zipped
aws lambda update-function-code --function-name cli --zip-file fileb://code.zip --publish > /dev/null
aws lambda wait function-updated-v2 --function-name cli
aws lambda wait published-version-active --function-name cli --qualifier 1
aws lambda create-alias --function-name cli --name live --function-version 1 > /dev/null
aws lambda invoke --function-name cli:live answer.json > /dev/null
same "the answer of the alias" "$(cat answer.json)" '{"said": "two", "event": {}}'
status=$(aws lambda invoke --function-name cli --invocation-type Event answer.json --query StatusCode --output text)
same "the status of an event" "$status" 202

queue=$(aws sqs create-queue --queue-name cli --query QueueUrl --output text)
source=$(attribute "$queue" QueueArn)
mapping=$(aws lambda create-event-source-mapping --function-name cli --event-source-arn "$source" \
    --batch-size 5 --query UUID --output text)
state=$(aws lambda get-event-source-mapping --uuid "$mapping" --query State --output text)
same "the mapping's state" "$state" Enabled
same "the mappings" "$(aws lambda list-event-source-mappings --function-name cli --query 'length(EventSourceMappings)')" 1

aws lambda delete-function --function-name cli > /dev/null
refused=$(aws lambda get-function --function-name cli 2>&1) && fail "the function is still there"
[[ "$refused" == *"(ResourceNotFoundException)"* ]] || fail "the refusal does not name its code: $refused"
same "the mappings of no function" "$(aws lambda list-event-source-mappings --query 'length(EventSourceMappings)')" 0
