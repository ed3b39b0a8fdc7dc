#!/usr/bin/env bash
# Machines and their executions with the AWS CLI, as one types it.
source "$(dirname "$0")/under_test.sh"

cd "$HOME"
states() { aws stepfunctions "$@"; }
role=arn:aws:iam::000000000000:role/any
cat > total.asl.json <<'END'
{
  "StartAt": "Total",
  "States": {
    "Total": { "Type": "Pass", "Parameters": { "total.$": "States.MathAdd($.net, $.tax)" }, "End": true }
  }
}
END
cat > each.asl.json <<'END'
{
  "StartAt": "Each",
  "States": {
    "Each": {
      "Type": "Map",
      "Label": "each",
      "ToleratedFailureCount": 1,
      "ItemProcessor": {
        "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" },
        "StartAt": "Positive",
        "States": {
          "Positive": {
            "Type": "Choice",
            "Choices": [{ "Variable": "$", "NumericLessThan": 0, "Next": "Refuse" }],
            "Default": "Keep"
          },
          "Refuse": { "Type": "Fail", "Error": "Negative", "Cause": "it is below zero" },
          "Keep": { "Type": "Succeed" }
        }
      },
      "End": true
    }
  }
}
END
ended() {
    for _ in $(seq 60); do
        [[ "$(states describe-execution --execution-arn "$1" --query status --output text)" == RUNNING ]] || return 0
    done
    fail "$1 does not end"
}

machine=$(states create-state-machine --name total --role-arn $role --definition file://total.asl.json \
    --query stateMachineArn --output text)
arn=$(states start-execution --state-machine-arn "$machine" --name first --input '{"net": 40, "tax": 2}' \
    --query executionArn --output text)
ended "$arn"
same "the output" "$(states describe-execution --execution-arn "$arn" --query output --output text)" '{"total":42}'
same "the last event" "$(states get-execution-history --execution-arn "$arn" --reverse-order --max-results 1 \
    --no-paginate --query 'events[0].type' --output text)" ExecutionSucceeded
same "its executions" "$(states list-executions --state-machine-arn "$machine" --status-filter SUCCEEDED \
    --query 'executions[].name' --output text)" first
states publish-state-machine-version --state-machine-arn "$machine" > /dev/null
same "its versions" "$(states list-state-machine-versions --state-machine-arn "$machine" \
    --query 'length(stateMachineVersions)')" 1

# A run of a distributed map, with one child that fails.
each=$(states create-state-machine --name each --role-arn $role --definition file://each.asl.json \
    --query stateMachineArn --output text)
arn=$(states start-execution --state-machine-arn "$each" --input '[1, -2, 3]' --query executionArn --output text)
ended "$arn"
run=$(states list-map-runs --execution-arn "$arn" --query 'mapRuns[0].mapRunArn' --output text)
same "the counts" "$(states describe-map-run --map-run-arn "$run" --output text \
    --query 'executionCounts.[succeeded, failed, total]')" $'2\t1\t3'
child=$(states list-executions --map-run-arn "$run" --status-filter FAILED --query 'executions[0].executionArn' --output text)
same "why it failed" "$(states describe-execution --execution-arn "$child" --query cause --output text)" "it is below zero"
states update-map-run --map-run-arn "$run" --max-concurrency 1 2> said && fail "the run is over"
grep -q 'ValidationException' said || fail "it does not say why: $(cat said)"

# Two operations have `sync-` before the host, unless one is told to leave that.
export AWS_DISABLE_HOST_PREFIX_INJECTION=true
express=$(states create-state-machine --name express --type EXPRESS --role-arn $role \
    --definition file://total.asl.json --query stateMachineArn --output text)
same "the answer" "$(states start-sync-execution --state-machine-arn "$express" --input '{"net": 1, "tax": 2}' \
    --query '[status, output]' --output text)" $'SUCCEEDED\t{"total":3}'
same "the state" "$(states test-state --role-arn $role --input '{"a": 2.0}' --query '[status, output]' --output text \
    --definition '{"Type": "Pass", "Parameters": {"b.$": "$.a"}, "End": true}')" $'SUCCEEDED\t{"b":2.0}'
same "a definition" "$(states validate-state-machine-definition --definition '{}' --query result --output text)" FAIL
states delete-state-machine --state-machine-arn "$machine"
