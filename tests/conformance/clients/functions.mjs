// Functions, the stacks that they are in and the lines that they print, as the AWS SDK for JavaScript sees them.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, test } from "node:test";

import * as formation from "@aws-sdk/client-cloudformation";
import * as logging from "@aws-sdk/client-cloudwatch-logs";
import * as model from "@aws-sdk/client-lambda";

import { SOON, attribute, queue, sqs } from "./under_test.mjs";

const functions = new model.Lambda();
const stacks = new formation.CloudFormation();
const logs = new logging.CloudWatchLogs();

const CODE = `
def handler(event, context):
    print("worked for", context.aws_request_id)
    if isinstance(event, dict) and "fail" in event:
        raise ValueError(event["fail"])
    return {"said": event, "stage": context.function_version}
`;
/** A stack with one function, whose code stands in the template. */
const template = (code, more = {}) =>
  JSON.stringify({
    Parameters: { Memory: { Type: "Number", Default: "128" } },
    Resources: {
      Work: {
        Type: "AWS::Lambda::Function",
        Properties: {
          Runtime: "python3.11",
          Handler: "index.handler",
          Role: "arn:aws:iam::000000000000:role/any",
          MemorySize: { Ref: "Memory" },
          Timeout: 20,
          Code: { ZipFile: code },
        },
      },
      ...more,
    },
    Outputs: { Name: { Value: { Ref: "Work" } } },
  });
/** How long waiters wait, and how often they look. */
const waiting = (client) => ({ client, minDelay: 1, maxDelay: 1, maxWaitTime: 30 });

/** A stack's name, and that of its function. */
async function deployed(code = CODE) {
  const StackName = `s${randomUUID()}`;
  await stacks.createStack({ StackName, TemplateBody: template(code), Tags: [{ Key: "team", Value: "mail" }] });
  await formation.waitUntilStackCreateComplete(waiting(stacks), { StackName });
  return [StackName, await output(StackName)];
}

async function output(StackName) {
  return (await stacks.describeStacks({ StackName })).Stacks[0].Outputs[0].OutputValue;
}

async function invoke(FunctionName, event, options = {}) {
  const answer = await functions.invoke({ FunctionName, Payload: JSON.stringify(event), ...options });
  return { ...answer, payload: answer.Payload?.length > 0 ? JSON.parse(answer.Payload.transformToString()) : null };
}

describe("a function", { concurrency: true, timeout: 3 * SOON }, () => {
  test("answers, fails and tells the end of its log", async () => {
    const [, name] = await deployed();
    const answer = await invoke(name, { 이름: "가" }, { LogType: "Tail" });
    assert.deepEqual([answer.StatusCode, answer.ExecutedVersion], [200, "$LATEST"]);
    assert.deepEqual(answer.payload, { said: { 이름: "가" }, stage: "$LATEST" });
    const log = Buffer.from(answer.LogResult, "base64").toString();
    assert.match(log, new RegExp(`worked for ${answer.$metadata.requestId}`));

    const failed = await invoke(name, { fail: "on purpose" });
    assert.deepEqual([failed.StatusCode, failed.FunctionError], [200, "Unhandled"]);
    assert.deepEqual([failed.payload.errorType, failed.payload.errorMessage], ["ValueError", "on purpose"]);
    assert.equal((await invoke(name, {}, { InvocationType: "Event" })).StatusCode, 202);
    assert.equal((await invoke(name, {}, { InvocationType: "DryRun" })).StatusCode, 204);
    await assert.rejects(invoke("nowhere", {}), model.ResourceNotFoundException);
    const noJson = functions.invoke({ FunctionName: name, Payload: "{" });
    await assert.rejects(noJson, model.InvalidRequestContentException);

    const stream = await functions.invokeWithResponseStream({ FunctionName: name, Payload: "[]" });
    const pieces = [];
    for await (const { PayloadChunk, InvokeComplete } of stream.EventStream) {
      if (PayloadChunk) pieces.push(Buffer.from(PayloadChunk.Payload));
      if (InvokeComplete) assert.equal(InvokeComplete.ErrorCode, undefined);
    }
    assert.deepEqual(JSON.parse(Buffer.concat(pieces)), { said: [], stage: "$LATEST" });
  });

  test("has versions, aliases and settings", async () => {
    const [, FunctionName] = await deployed();
    const first = await functions.publishVersion({ FunctionName, Description: "the first" });
    const pinned = { FunctionName, Qualifier: first.Version };
    await model.waitUntilPublishedVersionActive(waiting(functions), pinned);
    const alias = await functions.createAlias({ FunctionName, Name: "live", FunctionVersion: first.Version });
    assert.equal((await invoke(alias.AliasArn, 1)).payload.stage, "1");

    const changed = { FunctionName, Timeout: 7, Environment: { Variables: { A: "1" } } };
    await functions.updateFunctionConfiguration(changed);
    await model.waitUntilFunctionUpdatedV2(waiting(functions), { FunctionName });
    const { Configuration } = await functions.getFunction({ FunctionName });
    assert.deepEqual([Configuration.Timeout, Configuration.Environment.Variables], [7, { A: "1" }]);
    const pages = model.paginateListVersionsByFunction({ client: functions, pageSize: 1 }, { FunctionName });
    const versions = [];
    for await (const { Versions } of pages) versions.push(...Versions.map(({ Version }) => Version));
    assert.deepEqual(versions, ["$LATEST", "1"]);
    await functions.putFunctionConcurrency({ FunctionName, ReservedConcurrentExecutions: 0 });
    await assert.rejects(invoke(FunctionName, 1), model.TooManyRequestsException);
  });

  test("is fed by a queue", async () => {
    const [, FunctionName] = await deployed();
    const QueueUrl = await queue();
    const EventSourceArn = await attribute(QueueUrl, "QueueArn");
    const made = await functions.createEventSourceMapping({ FunctionName, EventSourceArn, BatchSize: 1 });
    const { State } = await functions.getEventSourceMapping({ UUID: made.UUID });
    assert.equal(State, "Enabled");
    await sqs.sendMessage({ QueueUrl, MessageBody: "x" });
    const logGroupName = `/aws/lambda/${FunctionName}`;
    for (const deadline = Date.now() + SOON; ; ) {
      const found = await logs.filterLogEvents({ logGroupName, filterPattern: '"worked for"' });
      if (found.events.length > 0) break;
      assert.ok(Date.now() < deadline, "the function was not fed");
    }
    assert.equal((await functions.listEventSourceMappings({ EventSourceArn })).EventSourceMappings.length, 1);
    await functions.deleteEventSourceMapping({ UUID: made.UUID });
  });

  test("leaves lines that are found in pages", async () => {
    const [, name] = await deployed();
    const logGroupName = `/aws/lambda/${name}`;
    const ids = [];
    for (const n of [1, 2, 3]) ids.push((await invoke(name, n)).$metadata.requestId);
    const pages = logging.paginateFilterLogEvents(
      { client: logs, pageSize: 2 },
      { logGroupName, filterPattern: '"worked for"' },
    );
    const found = [];
    for await (const { events } of pages) found.push(...events.map(({ message }) => message));
    assert.deepEqual(found, ids.map((id) => `worked for ${id}`));
    const { logStreams } = await logs.describeLogStreams({ logGroupName });
    const [{ logStreamName }] = logStreams;
    const { events } = await logs.getLogEvents({ logGroupName, logStreamName, startFromHead: true });
    assert.match(events[0].message, /^START RequestId: /);
    const nowhere = logs.filterLogEvents({ logGroupName: "/aws/lambda/nowhere" });
    await assert.rejects(nowhere, logging.ResourceNotFoundException);
  });
});

describe("a stack", { concurrency: true, timeout: 3 * SOON }, () => {
  test("is changed by change sets until it is deleted", async () => {
    const [StackName, name] = await deployed();
    const TemplateBody = template(CODE.replace('"said"', '"heard"'), { Queue: { Type: "AWS::SQS::Queue" } });
    const change = { StackName, ChangeSetName: "change", TemplateBody };
    const Parameters = [{ ParameterKey: "Memory", ParameterValue: "256" }];
    await stacks.createChangeSet({ ...change, Parameters, IncludeNestedStacks: true });
    const about = { StackName, ChangeSetName: "change" };
    await formation.waitUntilChangeSetCreateComplete(waiting(stacks), about);
    const { Changes } = await stacks.describeChangeSet(about);
    const told = Changes.map(({ ResourceChange: { Action, LogicalResourceId } }) => [Action, LogicalResourceId]);
    assert.deepEqual(told, [["Modify", "Work"], ["Add", "Queue"]]);
    await stacks.executeChangeSet(about);
    await formation.waitUntilStackUpdateComplete(waiting(stacks), { StackName });
    assert.equal(await output(StackName), name);
    assert.deepEqual((await invoke(name, 1)).payload, { heard: 1, stage: "$LATEST" });
    const { StackResourceSummaries } = await stacks.listStackResources({ StackName });
    assert.equal(StackResourceSummaries.length, 2);
    const ids = new Set();
    for await (const page of formation.paginateDescribeStackEvents({ client: stacks }, { StackName })) {
      for (const { EventId } of page.StackEvents) ids.add(EventId);
    }
    assert.ok(ids.size >= 8, `${ids.size} events`);

    await stacks.createChangeSet({ ...change, Parameters });
    const nothing = formation.waitUntilChangeSetCreateComplete(waiting(stacks), about);
    await assert.rejects(nothing, /didn't contain changes/);
    await stacks.deleteStack({ StackName });
    await formation.waitUntilStackDeleteComplete(waiting(stacks), { StackName });
    await assert.rejects(functions.getFunction({ FunctionName: name }), model.ResourceNotFoundException);
  });

  test("that cannot be made says why", async () => {
    const StackName = `s${randomUUID()}`;
    const TemplateBody = JSON.stringify({ Resources: { A: { Type: "AWS::Nothing::AtAll" } } });
    const error = await stacks.createStack({ StackName, TemplateBody }).catch((error) => error);
    assert.equal(error.name, "ValidationError");
    assert.match(error.message, /AWS::Nothing::AtAll/);
    await assert.rejects(stacks.describeStacks({ StackName }), { name: "ValidationError" });
  });
});
