#!/usr/bin/env bash
# A template whose functions have their code in a folder, packaged and deployed with the AWS CLI, as one types it.
source "$(dirname "$0")/under_test.sh"

cp -r "$(dirname "$0")/../sam/." "$HOME"
cd "$HOME"
aws s3 mb s3://code > /dev/null
package() {
    aws cloudformation package --template-file template.yaml --s3-bucket code --s3-prefix orders \
        --output-template-file packaged.yaml > /dev/null
}
deploy() {
    aws cloudformation deploy --stack-name orders --template-file packaged.yaml --s3-bucket code \
        --capabilities CAPABILITY_IAM > /dev/null
}
output() {
    aws cloudformation describe-stacks --stack-name orders \
        --query "Stacks[0].Outputs[?OutputKey=='$1'].OutputValue" --output text
}

package
grep -q 's3://code/orders/' packaged.yaml || fail "the code is not in the bucket"
deploy
processed() {
    local arn
    arn=$(aws stepfunctions start-execution --state-machine-arn "$1" --input '{"order": 7}' --query executionArn --output text)
    for _ in $(seq 60); do
        [[ "$(aws stepfunctions describe-execution --execution-arn "$arn" --query status --output text)" == RUNNING ]] || break
    done
    aws stepfunctions describe-execution --execution-arn "$arn" --query output --output text
}
same "what the machine gives" "$(processed "$(output Process)")" '{"order":7,"text":"said in test of test"}'
same "what its alias gives" "$(processed "$(output Live)")" '{"order":7,"text":"said in test of test"}'
work=$(output Work)
aws lambda wait function-updated --function-name "$work"
aws lambda invoke --function-name "$work" answer.json > /dev/null
same "the answer" "$(cat answer.json)" '{"statusCode": 200, "body": "said in test"}'
event='{"Records": [{"body": "by hand"}]}'
tail=$(aws lambda invoke --function-name "$work" --payload "$event" --log-type Tail --query LogResult --output text answer.json)
base64 --decode <<< "$tail" | grep -q 'worked on by hand' || fail "the log does not end so"
aws lambda invoke --function-name "$work" --payload "$event" --invocation-type Event answer.json > /dev/null
aws sqs send-message --queue-url "$(output Orders)" --message-body "from the queue" > /dev/null
printed "$work" "worked on from the queue"

sed -i 's/said in/heard in/' src/app.py
sed -i 's/{} of {}/{} at {}/' machine/process.asl.json
package
deploy
same "what its alias gives now" "$(processed "$(output Live)")" '{"order":7,"text":"heard in test at test"}'
same "the version before" "$(processed "$(output Process):1")" '{"order":7,"text":"heard in test of test"}'
aws lambda wait function-updated-v2 --function-name "$work"
aws lambda invoke --function-name "$work" answer.json > /dev/null
same "the new answer" "$(cat answer.json)" '{"statusCode": 200, "body": "heard in test"}'

# Code that is not there fails the stack, which says so, and stays as it was.
sed 's|s3://code/orders/.*|s3://code/nothing|' packaged.yaml > missing.yaml
aws cloudformation deploy --stack-name orders --template-file missing.yaml > /dev/null 2>&1 && fail "there is no code"
reasons=$(aws cloudformation describe-stack-events --stack-name orders \
    --query 'StackEvents[].ResourceStatusReason' --output text)
[[ "$reasons" == *NoSuchKey* ]] || fail "the events do not say what is missing: $reasons"
aws lambda invoke --function-name "$work" answer.json > /dev/null
same "the same answer" "$(cat answer.json)" '{"statusCode": 200, "body": "heard in test"}'
aws cloudformation delete-stack --stack-name orders
aws cloudformation wait stack-delete-complete --stack-name orders
