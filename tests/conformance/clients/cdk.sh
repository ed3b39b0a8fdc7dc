#!/usr/bin/env bash
# The life of an application with the AWS CDK, as one types it.
source "$(dirname "$0")/under_test.sh"

cp -r "$(dirname "$0")/../cdk/." "$HOME"
cd "$HOME"
packages=$(dirname "$BONGSU_NODE")/node_modules
ln -s "$packages" node_modules
export CDK_DISABLE_CLI_TELEMETRY=true CDK_DEFAULT_ACCOUNT=000000000000 CDK_DEFAULT_REGION=us-east-1
# The application is run by itself, once for each of its states; the tool reads what it wrote.
synthesize() { CDK_OUTDIR=out "$BONGSU_NODE" app.mjs; }
cdk() { "$BONGSU_NODE" "$packages/aws-cdk/bin/cdk" --app out --no-notices --no-color "$@" > said 2>&1; }
said() { cdk "$@" || { cat said >&2; fail "cdk $1"; }; }
deploy() { said deploy --require-approval never --outputs-file outputs.json; }
output() { "$BONGSU_NODE" -p "require('./outputs.json').Orders.$1"; }

aws s3 mb s3://assets > /dev/null
synthesize
deploy
same "the function's answer" "$(curl -sf "$(output Url)/orders")" "said of $(output Orders | sed 's|.*/||')"
aws sqs send-message --queue-url "$(output Orders)" --message-body one > /dev/null
printed "$(output Function)" "worked on one"
arn=$(aws stepfunctions start-execution --state-machine-arn "$(output MachineArn)" --query executionArn --output text)
printed "$(output Function)" "worked on it said of"
same "the machine's end" "$(aws stepfunctions describe-execution --execution-arn "$arn" --query status --output text)" SUCCEEDED
export AWS_DISABLE_HOST_PREFIX_INJECTION=true
told=$(aws stepfunctions start-sync-execution --state-machine-arn "$(output FiledArn)" --query output --output text)
same "what the machine of a file gives" "$told" "\"$(output Orders | sed 's|.*/||')\""
said diff --fail

# Other code: the change is shown, and made.
sed -i 's/said of/heard of/' src/app.js
synthesize
cdk diff --fail && fail "there is a difference"
grep -q '\[~\] AWS::Lambda::Function' said || { cat said >&2; fail "the function is not in the difference"; }
deploy
same "the function's new answer" "$(curl -sf "$(output Url)/orders")" "heard of $(output Orders | sed 's|.*/||')"
said destroy --force
same "the stacks that are left" "$(aws cloudformation describe-stacks --query 'length(Stacks)')" 0
same "the queues that are left" "$(aws sqs list-queues --query QueueUrls)" null
