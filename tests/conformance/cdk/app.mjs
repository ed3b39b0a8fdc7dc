// Orders that come over HTTP, and a function that works on them: an application of the AWS CDK.

import { App, CfnOutput, CliCredentialsStackSynthesizer, Duration, Stack } from "aws-cdk-lib";
import { HttpApi, HttpMethod } from "aws-cdk-lib/aws-apigatewayv2";
import { HttpLambdaIntegration } from "aws-cdk-lib/aws-apigatewayv2-integrations";
import { Code, Function, Runtime } from "aws-cdk-lib/aws-lambda";
import { SqsEventSource } from "aws-cdk-lib/aws-lambda-event-sources";
import { Queue } from "aws-cdk-lib/aws-sqs";
import { DefinitionBody, JsonPath, Pass, StateMachine, StateMachineType, TaskInput } from "aws-cdk-lib/aws-stepfunctions";
import { LambdaInvoke, SqsSendMessage } from "aws-cdk-lib/aws-stepfunctions-tasks";

// Assets go to a bucket that is there already, and whoever deploys is who asks: there is nothing to bootstrap.
const synthesizer = new CliCredentialsStackSynthesizer({ fileAssetsBucketName: "assets" });
const env = { account: process.env.CDK_DEFAULT_ACCOUNT, region: process.env.CDK_DEFAULT_REGION };
const stack = new Stack(new App(), "Orders", { synthesizer, env });

const dead = new Queue(stack, "Dead");
const orders = new Queue(stack, "Queue", {
  visibilityTimeout: Duration.seconds(60),
  deadLetterQueue: { queue: dead, maxReceiveCount: 2 },
});
const work = new Function(stack, "Work", {
  runtime: Runtime.NODEJS_22_X,
  handler: "app.handler",
  code: Code.fromAsset("src"),
  timeout: Duration.seconds(10),
  environment: { QUEUE: orders.queueUrl },
});
work.addEventSource(new SqsEventSource(orders));
orders.grantSendMessages(work);
const api = new HttpApi(stack, "Api");
const integration = new HttpLambdaIntegration("Take", work);
api.addRoutes({ path: "/orders", methods: [HttpMethod.GET], integration });

const ask = new LambdaInvoke(stack, "Ask", { lambdaFunction: work, outputPath: "$.Payload" });
const tell = new Pass(stack, "Tell", { parameters: { text: JsonPath.format("it {}", JsonPath.stringAt("$.body")) } });
const send = new SqsSendMessage(stack, "Send", {
  queue: orders,
  messageBody: TaskInput.fromJsonPathAt("$.text"),
  resultPath: JsonPath.DISCARD,
});
const machine = new StateMachine(stack, "Machine", { definitionBody: DefinitionBody.fromChainable(ask.next(tell).next(send)) });
const filed = new StateMachine(stack, "Filed", {
  stateMachineType: StateMachineType.EXPRESS,
  definitionBody: DefinitionBody.fromFile("src/filed.asl.json"),
  definitionSubstitutions: { queue: orders.queueName },
});

new CfnOutput(stack, "MachineArn", { value: machine.stateMachineArn });
new CfnOutput(stack, "FiledArn", { value: filed.stateMachineArn });
new CfnOutput(stack, "Url", { value: api.apiEndpoint });
new CfnOutput(stack, "Orders", { value: orders.queueUrl });
new CfnOutput(stack, "Function", { value: work.functionName });
