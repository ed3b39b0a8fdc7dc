#!/usr/bin/env bash
# The life of an application with the SAM CLI, as one types it.
source "$(dirname "$0")/under_test.sh"

cp -r "$(dirname "$0")/../sam/." "$HOME"
cd "$HOME"
# It asks an index for news of itself once a week, and would wait for that.
mkdir .aws-sam
echo "{\"lastVersionCheck\": $(date +%s)}" > .aws-sam/metadata.json
export SAM_CLI_TELEMETRY=0 SAM_CLI_POLL_DELAY=0.2
said() { "$BONGSU_SAM" "$@" > said 2>&1 || { cat said >&2; fail "sam $1 $2"; }; }
deploy() { said deploy --stack-name orders --resolve-s3 --capabilities CAPABILITY_IAM --no-progressbar "$@"; }
shown() { grep -qF -- "$1" said || { cat said >&2; fail "it does not say $1"; }; }

said validate
said build
deploy
shown "Successfully created/updated stack - orders"
# The event of each resource is shown, in its order.
same "the events of the function" "$(grep -c 'AWS::Lambda::Function' said)" 3

said remote invoke Work --stack-name orders --event '{}' --output text
shown '"body": "said in test"'
said list stack-outputs --stack-name orders --output json
url=$(python -c 'import json; print(next(o["OutputValue"] for o in json.load(open("said")) if o["OutputKey"] == "Orders"))')
aws sqs send-message --queue-url "$url" --message-body one > /dev/null
said list resources --stack-name orders --output json
same "the resources" "$(python -c 'import json; print(len(json.load(open("said"))))')" 17
said remote invoke Orders --stack-name orders --event two
said remote invoke Process --stack-name orders --event '{"order": 7}'
shown '{"order":7,"text":"said in test of test"}'
work=$(aws cloudformation describe-stack-resource --stack-name orders --logical-resource-id Work \
    --query StackResourceDetail.PhysicalResourceId --output text)
printed "$work" "worked on one"
printed "$work" "worked on two"
said logs --stack-name orders --name Work --filter "worked on"
shown "worked on one"
shown "worked on two"

# Other code, another parameter; then nothing new.
sed -i 's/said in/heard in/' src/app.py
said build
deploy --parameter-overrides Stage=live
said remote invoke Work --stack-name orders --event '{}' --output text
shown '"body": "heard in live"'
said remote invoke Process --stack-name orders --event '{"order": 8}'
shown '{"order":8,"text":"heard in live of live"}'
deploy --parameter-overrides Stage=live --no-fail-on-empty-changeset
shown "No changes to deploy"

said delete --stack-name orders --no-prompts --region us-east-1
same "the stacks that are left" "$(aws cloudformation describe-stacks --query 'Stacks[].StackName' --output text)" \
    aws-sam-cli-managed-default
