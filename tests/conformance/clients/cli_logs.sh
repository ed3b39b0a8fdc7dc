#!/usr/bin/env bash
# What a function prints with the AWS CLI, as one types it.
source "$(dirname "$0")/under_test.sh"

answer=$(mktemp)
trap 'rm -f "$answer"' EXIT
request_id=$(aws lambda invoke --function-name adds --payload '{"a": 20, "b": 22}' --log-type Tail \
    --cli-binary-format raw-in-base64-out --query LogResult --output text "$answer" 2> /dev/null ||
    aws lambda invoke --function-name adds --payload '{"a": 20, "b": 22}' --log-type Tail \
        --query LogResult --output text "$answer")
request_id=$(base64 --decode <<< "$request_id" | sed -n 's/^adding for //p')
[[ -n "$request_id" ]] || fail "the invocation left no line"

found=$(aws logs filter-log-events --log-group-name /aws/lambda/adds --filter-pattern "\"adding for $request_id\"" \
    --query 'events[].message' --output text)
same "the line that is looked for" "$found" "adding for $request_id"

same "the group" "$(aws logs describe-log-groups --query 'logGroups[].logGroupName' --output text)" /aws/lambda/adds

# Version 1 has no tail.
if [[ $(aws --version 2>&1) == aws-cli/2* ]]; then
    tail=$(aws logs tail /aws/lambda/adds --since 1h --format short --filter-pattern "$request_id")
    [[ "$tail" == *"adding for $request_id"* ]] || fail "tail: $tail"
fi
