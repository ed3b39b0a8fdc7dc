// Machines and their executions, as the AWS SDK for JavaScript sees them.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { randomUUID } from "node:crypto";

import {
  ExecutionAlreadyExists,
  ExecutionDoesNotExist,
  InvalidDefinition,
  SFN,
  TaskTimedOut,
  paginateGetExecutionHistory,
  paginateListExecutions,
} from "@aws-sdk/client-sfn";

import { SOON, queue, receive } from "./under_test.mjs";

// Two operations would have `sync-` before the host, which leads nowhere from an address.
const states = new SFN({ disableHostPrefix: true });
const roleArn = "arn:aws:iam::000000000000:role/any";

/** The ARN of a new machine of these states, which begins with the first. */
async function machine(States, options = {}) {
  const definition = JSON.stringify({ StartAt: Object.keys(States)[0], States });
  const created = await states.createStateMachine({ name: `m${randomUUID()}`, definition, roleArn, ...options });
  return created.stateMachineArn;
}

/** A new execution's ARN. */
async function start(stateMachineArn, input = {}) {
  return (await states.startExecution({ stateMachineArn, input: JSON.stringify(input) })).executionArn;
}

/** What is told of an execution that does not run any more. */
async function ended(executionArn) {
  for (const deadline = Date.now() + SOON; ; ) {
    const told = await states.describeExecution({ executionArn });
    if (told.status !== "RUNNING") return told;
    assert.ok(Date.now() < deadline, `still ${JSON.stringify(told)}`);
  }
}

/** All items of all pages. */
async function all(pages, member) {
  const found = [];
  for await (const page of pages) found.push(...page[member]);
  return found;
}

const pass = { Only: { Type: "Pass", End: true } };

describe("a machine", { concurrency: true, timeout: 3 * SOON }, () => {
  test("takes an order through its states, and tells of it page by page", async () => {
    const QueueUrl = await queue();
    const arn = await machine({
      Large: {
        Type: "Choice",
        Choices: [{ Variable: "$.total", NumericGreaterThan: 100, Next: "Send" }],
        Default: "Small",
      },
      Small: { Type: "Succeed" },
      Send: {
        Type: "Task",
        Resource: "arn:aws:states:::sqs:sendMessage",
        Parameters: { QueueUrl, "MessageBody.$": "$" },
        ResultPath: null,
        End: true,
      },
    });
    const large = await start(arn, { total: 440 });
    const told = await ended(large);
    assert.deepEqual([told.status, JSON.parse(told.output)], ["SUCCEEDED", { total: 440 }]);
    assert.ok(told.startDate instanceof Date && told.stopDate >= told.startDate);
    const [message] = await receive(QueueUrl);
    assert.deepEqual(JSON.parse(message.Body), { total: 440 });
    const pages = paginateGetExecutionHistory({ client: states, pageSize: 3 }, { executionArn: large });
    const kinds = (await all(pages, "events")).map(({ type }) => type);
    assert.deepEqual(kinds.slice(0, 3), ["ExecutionStarted", "ChoiceStateEntered", "ChoiceStateExited"]);
    assert.equal(kinds.at(-1), "ExecutionSucceeded");
    await ended(await start(arn, { total: 4 }));
    const listed = paginateListExecutions({ client: states, pageSize: 1 }, { stateMachineArn: arn });
    assert.equal((await all(listed, "executions")).length, 2);
  });

  test("is refused with exceptions of its own", async () => {
    await assert.rejects(machine({ Only: { Type: "Nothing" } }), InvalidDefinition);
    const stateMachineArn = await machine(pass);
    const executionArn = stateMachineArn.replace(":stateMachine:", ":execution:") + ":gone";
    await assert.rejects(states.describeExecution({ executionArn }), ExecutionDoesNotExist);
    await states.startExecution({ stateMachineArn, name: "one", input: "1" });
    await assert.rejects(states.startExecution({ stateMachineArn, name: "one", input: "2" }), ExecutionAlreadyExists);
  });

  test("waits until its token comes back", async () => {
    const QueueUrl = await queue();
    const arn = await machine({
      Ask: {
        Type: "Task",
        Resource: "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        Parameters: { QueueUrl, MessageBody: { "token.$": "$$.Task.Token" } },
        End: true,
      },
    });
    const execution = await start(arn);
    const [message] = await receive(QueueUrl, { WaitTimeSeconds: 20 });
    const { token: taskToken } = JSON.parse(message.Body);
    await states.sendTaskHeartbeat({ taskToken });
    await states.sendTaskSuccess({ taskToken, output: '{"approved":true}' });
    assert.equal((await ended(execution)).output, '{"approved":true}');
    await assert.rejects(states.sendTaskSuccess({ taskToken, output: "{}" }), TaskTimedOut);
  });

  test("gives work to a worker who asks for it", async () => {
    const { activityArn } = await states.createActivity({ name: `a${randomUUID()}` });
    const execution = await start(await machine({ Print: { Type: "Task", Resource: activityArn, End: true } }), { page: 1 });
    const task = await states.getActivityTask({ activityArn, workerName: "printer" });
    assert.deepEqual(JSON.parse(task.input), { page: 1 });
    await states.sendTaskFailure({ taskToken: task.taskToken, error: "Jam", cause: "paper" });
    const told = await ended(execution);
    assert.deepEqual([told.status, told.error, told.cause], ["FAILED", "Jam", "paper"]);
    await states.deleteActivity({ activityArn });
  });

  test("that is express answers at once, and a state is tested by itself", async () => {
    const double = { Type: "Pass", Parameters: { "n.$": "States.MathAdd($.n, $.n)" }, End: true };
    const stateMachineArn = await machine({ Double: double }, { type: "EXPRESS" });
    const told = await states.startSyncExecution({ stateMachineArn, input: '{"n":2}' });
    assert.deepEqual([told.status, told.output], ["SUCCEEDED", '{"n":4}']);
    const tested = await states.testState({ definition: JSON.stringify(double), roleArn, input: '{"n":3}' });
    assert.deepEqual([tested.status, tested.output], ["SUCCEEDED", '{"n":6}']);
  });

  test("tells of the run of a distributed map and of its children", async () => {
    const { activityArn } = await states.createActivity({ name: `a${randomUUID()}` });
    const arn = await machine({
      Each: {
        Type: "Map",
        MaxConcurrency: 1,
        ItemBatcher: { MaxItemsPerBatch: 2 },
        ItemProcessor: {
          ProcessorConfig: { Mode: "DISTRIBUTED", ExecutionType: "STANDARD" },
          StartAt: "Work",
          States: { Work: { Type: "Task", Resource: activityArn, End: true } },
        },
        End: true,
      },
    });
    const executionArn = await start(arn, [1, 2, 3]);
    const [{ mapRunArn }] = (await states.listMapRuns({ executionArn })).mapRuns;
    let run = await states.describeMapRun({ mapRunArn });
    assert.deepEqual([run.status, run.itemCounts.pending, run.itemCounts.running, run.executionCounts.total], ["RUNNING", 1, 2, 2]);
    await states.updateMapRun({ mapRunArn, maxConcurrency: 5 });
    for (const items of [[1, 2], [3]]) {
      const task = await states.getActivityTask({ activityArn });
      assert.deepEqual(JSON.parse(task.input).Items, items);
      await states.sendTaskSuccess({ taskToken: task.taskToken, output: JSON.stringify(items.length) });
    }
    assert.equal((await ended(executionArn)).output, "[2,1]");
    run = await states.describeMapRun({ mapRunArn });
    assert.deepEqual([run.status, run.itemCounts.succeeded, run.executionCounts.succeeded], ["SUCCEEDED", 3, 2]);
    const { executions } = await states.listExecutions({ mapRunArn });
    assert.deepEqual(executions.map(({ itemCount }) => itemCount), [1, 2]);
    const child = await states.describeExecution({ executionArn: executions[1].executionArn });
    assert.deepEqual([child.output, child.mapRunArn], ["2", mapRunArn]);
  });

  test("is published in versions, to which an alias leads", async () => {
    const stateMachineArn = await machine({ One: { Type: "Pass", Result: 1, End: true } });
    const { stateMachineVersionArn } = await states.publishStateMachineVersion({ stateMachineArn });
    const definition = JSON.stringify({ StartAt: "Two", States: { Two: { Type: "Pass", Result: 2, End: true } } });
    await states.updateStateMachine({ stateMachineArn, definition });
    const routingConfiguration = [{ stateMachineVersionArn, weight: 100 }];
    const { stateMachineAliasArn } = await states.createStateMachineAlias({ name: "live", routingConfiguration });
    const outputs = [];
    for (const arn of [stateMachineAliasArn, stateMachineArn]) outputs.push((await ended(await start(arn))).output);
    assert.deepEqual(outputs, ["1", "2"]);
  });
});
