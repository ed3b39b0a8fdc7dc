#!/usr/bin/env bash
# Connections, API destinations and calls from workflows with the AWS CLI, as one types it.
source "$(dirname "$0")/under_test.sh"

template=$(mktemp)
trap 'rm -f "$template"' EXIT
cat > "$template" << 'YAML'
Parameters:
  Key: { Type: String, NoEcho: true }
  Api: { Type: String }
Resources:
  Shop:
    Type: AWS::Events::Connection
    Properties:
      Name: shop
      AuthorizationType: API_KEY
      AuthParameters: { ApiKeyAuthParameters: { ApiKeyName: x-key, ApiKeyValue: !Ref Key } }
  Health:
    Type: AWS::Events::ApiDestination
    Properties:
      ConnectionArn: !GetAtt Shop.Arn
      InvocationEndpoint: !Sub "${Api}/_bongsu/*"
      HttpMethod: GET
      InvocationRateLimitPerSecond: 10
  Machine:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      RoleArn: arn:aws:iam::000000000000:role/r
      Definition:
        StartAt: Call
        States:
          Call:
            Type: Task
            Resource: arn:aws:states:::http:invoke
            Parameters:
              ApiEndpoint: !Sub "${Api}/_bongsu/health"
              Method: GET
              Authentication: { ConnectionArn: !GetAtt Shop.Arn }
            ResultSelector: { "status.$": $.StatusCode }
            End: true
Outputs:
  Machine: { Value: !Ref Machine }
YAML
aws cloudformation deploy --stack-name calls --template-file "$template" \
    --parameter-overrides Key=hush "Api=$AWS_ENDPOINT_URL" > /dev/null
machine=$(aws cloudformation describe-stacks --stack-name calls --query 'Stacks[0].Outputs[0].OutputValue' --output text)

told=$(aws events describe-connection --name shop --output json)
[[ "$told" == *'"ApiKeyName": "x-key"'* && "$told" != *hush* ]] || fail "the connection is told otherwise: $told"
shop=$(aws events describe-connection --name shop --query ConnectionArn --output text)
destination=$(aws events list-api-destinations --connection-arn "$shop" \
    --query 'ApiDestinations[].[ApiDestinationState,InvocationRateLimitPerSecond]' --output text)
same "the destination" "$destination" $'ACTIVE\t10'

execution=$(aws stepfunctions start-execution --state-machine-arn "$machine" --query executionArn --output text)
for _ in $(seq 60); do
    status=$(aws stepfunctions describe-execution --execution-arn "$execution" --query status --output text)
    [[ "$status" == RUNNING ]] || break
done
same "what was called" "$(aws stepfunctions describe-execution --execution-arn "$execution" --query output --output text)" \
    '{"status":200}'

event='{"id":"1","account":"1","source":"shop","time":"t","region":"r","resources":[],"detail-type":"order"}'
tried=$(aws events test-event-pattern --event-pattern '{"source":["shop"]}' --event "$event" --query Result --output text)
same "the pattern" "$tried" True
refused=$(aws events create-connection --name other --authorization-type BASIC --auth-parameters '{}' 2>&1) \
    && fail "the connection has no password"
[[ "$refused" == *"(ValidationException)"*"Username is missing"* ]] || fail "the refusal says otherwise: $refused"

aws cloudformation delete-stack --stack-name calls
refused=$(aws events describe-connection --name shop 2>&1) && fail "the connection is still there"
[[ "$refused" == *"(ResourceNotFoundException)"* ]] || fail "the refusal says otherwise: $refused"
