#!/usr/bin/env bash
# Stacks with the AWS CLI, as one types it.
source "$(dirname "$0")/under_test.sh"

template=$(mktemp)
trap 'rm -f "$template"' EXIT
cat > "$template" << 'YAML'
Description: Orders and who hears of them
Parameters:
  Wait: { Type: Number, Default: 5 }
  Token: { Type: String, NoEcho: true, Default: hush }
Resources:
  Dead: { Type: AWS::SQS::Queue }
  Orders:
    Type: AWS::SQS::Queue
    Properties:
      VisibilityTimeout: !Ref Wait
      RedrivePolicy: { deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 3 }
  Topic: { Type: AWS::SNS::Topic, Properties: { DisplayName: Orders } }
  Subscription:
    Type: AWS::SNS::Subscription
    Properties: { TopicArn: !Ref Topic, Protocol: sqs, Endpoint: !GetAtt Orders.Arn }
Outputs:
  Url: { Value: !Ref Orders, Export: { Name: orders-url } }
YAML
status() { aws cloudformation describe-stacks --stack-name "$1" --query 'Stacks[0].StackStatus' --output text; }
output() { aws cloudformation describe-stacks --stack-name "$1" --query 'Stacks[0].Outputs[0].OutputValue' --output text; }

aws cloudformation validate-template --template-body "file://$template" > /dev/null
aws cloudformation deploy --stack-name shop --template-file "$template" --tags team=mail > /dev/null
same "the new stack" "$(status shop)" CREATE_COMPLETE
url=$(output shop)
same "the queue's timeout" "$(attribute "$url" VisibilityTimeout)" 5
secret=$(aws cloudformation describe-stacks --stack-name shop \
    --query "Stacks[0].Parameters[?ParameterKey=='Token'].ParameterValue" --output text)
same "the secret" "$secret" '****'
types=$(aws cloudformation list-stack-resources --stack-name shop \
    --query 'sort(StackResourceSummaries[].ResourceType)' --output text)
same "the resources" "$types" $'AWS::SNS::Subscription\tAWS::SNS::Topic\tAWS::SQS::Queue\tAWS::SQS::Queue'
topic=$(aws cloudformation describe-stack-resource --stack-name shop --logical-resource-id Topic \
    --query StackResourceDetail.PhysicalResourceId --output text)
aws sns publish --topic-arn "$topic" --message hello > /dev/null
body=$(aws sqs receive-message --queue-url "$url" --query 'Messages[0].Body' --output text)
[[ "$body" == *hello* ]] || fail "the topic does not reach the queue: $body"

aws cloudformation deploy --stack-name shop --template-file "$template" --no-fail-on-empty-changeset > /dev/null
same "the stack that was not changed" "$(status shop)" CREATE_COMPLETE
aws cloudformation deploy --stack-name shop --template-file "$template" --parameter-overrides Wait=9 > /dev/null
same "the changed stack" "$(status shop)" UPDATE_COMPLETE
same "the queue that is still the same" "$(output shop)" "$url"
same "the queue's new timeout" "$(attribute "$url" VisibilityTimeout)" 9
same "the tags" "$(aws cloudformation describe-stacks --stack-name shop --query 'Stacks[0].Tags[0].Value' --output text)" mail
refused=$(aws cloudformation update-stack --stack-name shop --use-previous-template \
    --parameters ParameterKey=Wait,UsePreviousValue=true 2>&1) && fail "there was nothing to update"
[[ "$refused" == *"(ValidationError)"*"No updates are to be performed."* ]] || fail "the refusal says otherwise: $refused"

# The second queue fails, so the stack stays as it was.
sed -i 's|^Outputs:|  Late: { Type: AWS::SQS::Queue, Properties: { QueueName: taken } }\nOutputs:|' "$template"
aws sqs create-queue --queue-name taken > /dev/null
aws cloudformation deploy --stack-name shop --template-file "$template" > /dev/null 2>&1 && fail "the queue is taken"
same "the stack that was rolled back" "$(status shop)" UPDATE_ROLLBACK_COMPLETE
same "the queue's timeout as before" "$(attribute "$url" VisibilityTimeout)" 9
reason=$(aws cloudformation describe-stack-events --stack-name shop \
    --query "StackEvents[?ResourceStatus=='CREATE_FAILED'].ResourceStatusReason | [0]" --output text)
[[ "$reason" == *"already exists"* ]] || fail "the events do not say why: $reason"

aws cloudformation create-change-set --stack-name shop --change-set-name look --use-previous-template \
    --parameters ParameterKey=Wait,ParameterValue=11 > /dev/null
change=$(aws cloudformation describe-change-set --stack-name shop --change-set-name look \
    --query 'Changes[].ResourceChange.[Action, LogicalResourceId, Replacement]' --output text)
same "the change" "$change" $'Modify\tOrders\tFalse'
aws cloudformation delete-change-set --stack-name shop --change-set-name look
same "the exports" "$(aws cloudformation list-exports --query 'Exports[0].Value' --output text)" "$url"

aws cloudformation delete-stack --stack-name shop
aws cloudformation wait stack-delete-complete --stack-name shop
refused=$(aws cloudformation describe-stacks --stack-name shop 2>&1) && fail "the stack is still there"
[[ "$refused" == *"Stack with id shop does not exist"* ]] || fail "the refusal says otherwise: $refused"
same "the queues that are left" "$(aws sqs list-queues --query 'length(QueueUrls)')" 1
deleted=$(aws cloudformation list-stacks --stack-status-filter DELETE_COMPLETE --query 'StackSummaries[].StackName' --output text)
same "the deleted stacks" "$deleted" shop
