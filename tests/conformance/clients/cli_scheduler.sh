#!/usr/bin/env bash
# A schedule and its group with the AWS CLI, as one types it.
source "$(dirname "$0")/under_test.sh"

advance() { curl --silent --fail --data "{\"seconds\": $1}" "$AWS_ENDPOINT_URL/_bongsu/clock/advance" > /dev/null; }

queue=$(aws sqs create-queue --queue-name cli-ticks --query QueueUrl --output text)
target="Arn=$(attribute "$queue" QueueArn),RoleArn=arn:aws:iam::000000000000:role/r,Input=tick"
group=$(aws scheduler create-schedule-group --name cli --tags Key=a,Value=b --query ScheduleGroupArn --output text)
same "the group's ARN" "$group" "arn:aws:scheduler:us-east-1:000000000000:schedule-group/cli"
same "its tag" "$(aws scheduler list-tags-for-resource --resource-arn "$group" --query 'Tags[0].Value' --output text)" b

arn=$(aws scheduler create-schedule --name tick --group-name cli --schedule-expression 'rate(1 minute)' \
    --flexible-time-window Mode=OFF --target "$target" --query ScheduleArn --output text)
same "the schedule's ARN" "$arn" "arn:aws:scheduler:us-east-1:000000000000:schedule/cli/tick"
advance 61
body=$(aws sqs receive-message --queue-url "$queue" --wait-time-seconds 5 --query 'Messages[0].Body' --output text)
same "what it sends" "$body" tick

aws scheduler update-schedule --name tick --group-name cli --schedule-expression 'rate(1 minute)' --state DISABLED \
    --flexible-time-window Mode=FLEXIBLE,MaximumWindowInMinutes=5 --target "$target" > /dev/null
told=$(aws scheduler get-schedule --name tick --group-name cli \
    --query '[State, FlexibleTimeWindow.MaximumWindowInMinutes]' --output text)
same "what was changed" "$told" $'DISABLED\t5'
same "the schedules" "$(aws scheduler list-schedules --group-name cli --query 'Schedules[].Name' --output text)" tick

aws scheduler delete-schedule-group --name cli
refused=$(aws scheduler get-schedule --name tick --group-name cli 2>&1) && fail "the schedule is still there"
[[ "$refused" == *"(ResourceNotFoundException)"* ]] || fail "the refusal does not name its code: $refused"
