// The whole life of messages, as the AWS SDK for JavaScript sees it, with its checks of their digests left on.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import * as model from "@aws-sdk/client-sqs";

import { SOON, attribute, counts, moveTask, queue, queueWithDeadLetters } from "./under_test.mjs";
import { receive, redrive, sqs } from "./under_test.mjs";

// The SDK sends a request to the host that the queue's URL names, whatever the endpoint.
const NOWHERE = `${process.env.AWS_ENDPOINT_URL}/000000000000/nowhere`;

describe("a standard queue", { concurrency: true, timeout: 3 * SOON }, () => {
  test("a message lives its whole life", async () => {
    const QueueUrl = await queue({ VisibilityTimeout: "60" }, { tags: { team: "mail", stage: "" } });
    const QueueName = QueueUrl.split("/").at(-1);
    assert.equal((await sqs.getQueueUrl({ QueueName })).QueueUrl, QueueUrl);
    assert.deepEqual((await sqs.listQueues({ QueueNamePrefix: QueueName })).QueueUrls, [QueueUrl]);
    assert.deepEqual((await sqs.listQueueTags({ QueueUrl })).Tags, { team: "mail", stage: "" });

    const MessageAttributes = {
      amount: { DataType: "Number.int", StringValue: "42" },
      blob: { DataType: "Binary.png", BinaryValue: Uint8Array.of(0, 1, 255) },
      city: { DataType: "String", StringValue: "Zürich" },
    };
    const AWSTraceHeader = { DataType: "String", StringValue: "Root=1-5759e988-bd862e3fe1be46a994272793" };
    const sent = await sqs.sendMessage({
      QueueUrl,
      MessageBody: "Zürich",
      MessageAttributes,
      MessageSystemAttributes: { AWSTraceHeader },
    });
    assert.equal(sent.MD5OfMessageAttributes, "48dc1be2a4ad8137ff1a6fb996cd2479");
    assert.equal(sent.SequenceNumber, undefined);

    const [message, ...others] = await receive(QueueUrl);
    assert.deepEqual(others, []);
    assert.deepEqual([message.MessageId, message.Body], [sent.MessageId, "Zürich"]);
    assert.equal(message.Attributes.AWSTraceHeader, AWSTraceHeader.StringValue);
    assert.equal(message.MD5OfMessageAttributes, sent.MD5OfMessageAttributes);
    for (const [name, { DataType, StringValue, BinaryValue }] of Object.entries(MessageAttributes)) {
      const received = message.MessageAttributes[name];
      assert.deepEqual([received.DataType, received.StringValue], [DataType, StringValue]);
      assert.deepEqual(received.BinaryValue && Uint8Array.from(received.BinaryValue), BinaryValue);
    }
    assert.deepEqual(await counts(QueueUrl), [0, 1]);

    await sqs.deleteMessage({ QueueUrl, ReceiptHandle: message.ReceiptHandle });
    assert.deepEqual(await counts(QueueUrl), [0, 0]);
    await sqs.deleteQueue({ QueueUrl });
    await assert.rejects(sqs.getQueueUrl({ QueueName }), model.QueueDoesNotExist);
  });

  test("a long poll is woken by an arrival", async () => {
    const QueueUrl = await queue();
    const started = Date.now();
    const poll = receive(QueueUrl, { WaitTimeSeconds: 20 });
    await sqs.sendMessage({ QueueUrl, MessageBody: "wake up" });
    assert.deepEqual((await poll).map((message) => message.Body), ["wake up"]);
    assert.ok(Date.now() - started < SOON);
  });

  test("a batch is answered entry by entry", async () => {
    const QueueUrl = await queue({ MaximumMessageSize: "1024" });
    const ids = Array.from({ length: 10 }, (_, n) => `e${n}`);
    const entries = ids.map((Id, n) => ({ Id, MessageBody: "x".repeat(n === 3 ? 2000 : 10) }));
    const sent = await sqs.sendMessageBatch({ QueueUrl, Entries: entries });
    assert.deepEqual(sent.Successful.map(({ Id }) => Id), ids.toSpliced(3, 1));
    assert.deepEqual(sent.Failed.map(failure), [["e3", true, "InvalidParameterValue"]]);

    const first = await receive(QueueUrl);
    assert.equal(first.length, 9);
    const Entries = first.map(({ ReceiptHandle }, n) => ({ Id: `m${n}`, ReceiptHandle, VisibilityTimeout: 0 }));
    Entries.push({ Id: "bad", ReceiptHandle: "garbage", VisibilityTimeout: 0 });
    const changed = await sqs.changeMessageVisibilityBatch({ QueueUrl, Entries });
    assert.deepEqual(changed.Successful.map(({ Id }) => Id), Entries.slice(0, 9).map(({ Id }) => Id));
    assert.deepEqual(changed.Failed.map(failure), [["bad", true, "ReceiptHandleIsInvalid"]]);

    const second = await receive(QueueUrl);
    assert.deepEqual(second.map((message) => message.Attributes.ApproximateReceiveCount), Array(9).fill("2"));
    const handles = second.map(({ ReceiptHandle }, n) => ({ Id: `d${n}`, ReceiptHandle }));
    const deleted = await sqs.deleteMessageBatch({ QueueUrl, Entries: handles });
    assert.deepEqual([deleted.Successful.length, deleted.Failed], [9, undefined]);
    assert.deepEqual(await counts(QueueUrl), [0, 0]);
  });

  test("a message that failed is tried again until it is redriven", async () => {
    const [QueueUrl, dead] = await queueWithDeadLetters(2);
    const sources = (await sqs.listDeadLetterSourceQueues({ QueueUrl: dead })).queueUrls;
    assert.deepEqual(sources, [QueueUrl]);
    const sent = await sqs.sendMessage({ QueueUrl, MessageBody: "poison" });
    for (const count of ["1", "2"]) {
      const [message] = await receive(QueueUrl, { WaitTimeSeconds: 20 });
      assert.equal(message.Attributes.ApproximateReceiveCount, count);
      const { ReceiptHandle } = message;
      await sqs.changeMessageVisibility({ QueueUrl, ReceiptHandle, VisibilityTimeout: Number(count) - 1 });
    }
    assert.deepEqual(await receive(QueueUrl, { WaitTimeSeconds: 2 }), []);
    const [letter] = await receive(dead, { VisibilityTimeout: 0 });
    assert.deepEqual([letter.MessageId, letter.Body], [sent.MessageId, "poison"]);
    assert.equal(letter.Attributes.DeadLetterQueueSourceArn, await attribute(QueueUrl, "QueueArn"));

    const task = await redrive(dead);
    assert.equal(task.Status, "COMPLETED", JSON.stringify(task));
    assert.deepEqual([task.ApproximateNumberOfMessagesMoved, task.ApproximateNumberOfMessagesToMove], [1, 1]);
    assert.equal(task.TaskHandle, undefined);
    assert.deepEqual(await counts(dead), [0, 0]);
    const [message] = await receive(QueueUrl, { WaitTimeSeconds: 20 });
    assert.deepEqual([message.Body, message.Attributes.ApproximateReceiveCount], ["poison", "1"]);
    assert.notEqual(message.MessageId, sent.MessageId);
    await sqs.deleteMessage({ QueueUrl, ReceiptHandle: message.ReceiptHandle });
  });

  test("a slow redrive is called off", async () => {
    const [, dead] = await queueWithDeadLetters(1);
    const Entries = Array.from({ length: 10 }, (_, n) => ({ Id: `e${n}`, MessageBody: "x" }));
    await sqs.sendMessageBatch({ QueueUrl: dead, Entries });
    const [SourceArn, DestinationArn] = [await attribute(dead, "QueueArn"), await attribute(await queue(), "QueueArn")];
    const start = { SourceArn, DestinationArn, MaxNumberOfMessagesPerSecond: 1 };
    const { TaskHandle } = await sqs.startMessageMoveTask(start);
    await refused(sqs.startMessageMoveTask(start), "InvalidParameterValue", 400);
    const running = await moveTask(SourceArn, (task) => task.ApproximateNumberOfMessagesMoved > 0);
    assert.deepEqual([running.Status, running.TaskHandle], ["RUNNING", TaskHandle]);
    assert.deepEqual([running.DestinationArn, running.MaxNumberOfMessagesPerSecond], [DestinationArn, 1]);

    const { ApproximateNumberOfMessagesMoved } = await sqs.cancelMessageMoveTask({ TaskHandle });
    assert.ok(ApproximateNumberOfMessagesMoved >= 1);
    const task = await moveTask(SourceArn, (task) => !["RUNNING", "CANCELLING"].includes(task.Status));
    assert.equal(task.Status, "CANCELLED");
    const moved = task.ApproximateNumberOfMessagesMoved;
    assert.ok(moved >= ApproximateNumberOfMessagesMoved && moved < 10, `${moved} were moved`);
    assert.deepEqual(await counts(dead), [10 - moved, 0]);
  });

  test("a queue is looked after", async () => {
    const QueueUrl = await queue({}, { tags: { team: "mail" } });
    await sqs.setQueueAttributes({ QueueUrl, Attributes: { DelaySeconds: "0", VisibilityTimeout: "7" } });
    assert.equal(await attribute(QueueUrl, "VisibilityTimeout"), "7");

    await sqs.tagQueue({ QueueUrl, Tags: { team: "post", stage: "test" } });
    await sqs.untagQueue({ QueueUrl, TagKeys: ["stage", "nothing"] });
    assert.deepEqual((await sqs.listQueueTags({ QueueUrl })).Tags, { team: "post" });

    const Actions = ["SendMessage", "ReceiveMessage"];
    await sqs.addPermission({ QueueUrl, Label: "partner", AWSAccountIds: ["222222222222"], Actions });
    const [statement, ...others] = JSON.parse(await attribute(QueueUrl, "Policy")).Statement;
    assert.deepEqual(others, []);
    assert.deepEqual(statement, {
      Sid: "partner",
      Effect: "Allow",
      Principal: { AWS: "arn:aws:iam::222222222222:root" },
      Action: ["SQS:SendMessage", "SQS:ReceiveMessage"],
      Resource: await attribute(QueueUrl, "QueueArn"),
    });
    await sqs.removePermission({ QueueUrl, Label: "partner" });
    assert.equal((await sqs.getQueueAttributes({ QueueUrl, AttributeNames: ["Policy"] })).Attributes, undefined);

    await sqs.sendMessage({ QueueUrl, MessageBody: "in flight" });
    assert.equal((await receive(QueueUrl)).length, 1);
    await sqs.sendMessage({ QueueUrl, MessageBody: "waiting" });
    await sqs.purgeQueue({ QueueUrl });
    assert.deepEqual(await counts(QueueUrl), [0, 0]);
  });
});

describe("a FIFO queue", { concurrency: true, timeout: 3 * SOON }, () => {
  const send = (QueueUrl, MessageGroupId, MessageBody) =>
    sqs.sendMessage({ QueueUrl, MessageGroupId, MessageBody, MessageDeduplicationId: MessageBody });
  const bodies = async (QueueUrl, options) => (await receive(QueueUrl, options)).map(({ Body }) => Body);

  test("groups come in order, each while no other of it is in flight", async () => {
    const QueueUrl = await queue({ FifoQueue: "true" });
    const sent = [];
    for (const body of ["a1", "a2", "a3"]) sent.push(await send(QueueUrl, "a", body));
    const numbers = sent.map(({ SequenceNumber }) => SequenceNumber);
    assert.deepEqual(numbers, [...new Set(numbers)].sort());
    const [first] = await receive(QueueUrl, { MaxNumberOfMessages: 1 });
    const { MessageGroupId, MessageDeduplicationId, SequenceNumber } = first.Attributes;
    assert.deepEqual([MessageGroupId, MessageDeduplicationId, SequenceNumber], ["a", "a1", numbers[0]]);

    await send(QueueUrl, "b", "b1");
    assert.deepEqual(await bodies(QueueUrl), ["b1"]);
    await sqs.deleteMessage({ QueueUrl, ReceiptHandle: first.ReceiptHandle });
    assert.deepEqual(await bodies(QueueUrl), ["a2", "a3"]);
  });

  test("a message sent again is the same message", async () => {
    const QueueUrl = await queue({ FifoQueue: "true", ContentBasedDeduplication: "true" });
    const once = { QueueUrl, MessageGroupId: "a", MessageBody: "same" };
    const [first, second] = [await sqs.sendMessage(once), await sqs.sendMessage(once)];
    assert.deepEqual([second.MessageId, second.SequenceNumber], [first.MessageId, first.SequenceNumber]);
    assert.deepEqual(await bodies(QueueUrl), ["same"]);
  });

  test("a dead letter frees its group, and comes back to it", async () => {
    const [QueueUrl, dead] = await queueWithDeadLetters(1, { FifoQueue: "true" });
    await send(QueueUrl, "a", "poison");
    await send(QueueUrl, "a", "next");
    assert.deepEqual(await bodies(QueueUrl, { MaxNumberOfMessages: 1, VisibilityTimeout: 0 }), ["poison"]);
    const [next] = await receive(QueueUrl);
    assert.equal(next.Body, "next");
    await sqs.deleteMessage({ QueueUrl, ReceiptHandle: next.ReceiptHandle });

    assert.equal((await redrive(dead)).Status, "COMPLETED");
    const [message] = await receive(QueueUrl, { WaitTimeSeconds: 20 });
    assert.deepEqual([message.Body, message.Attributes.MessageGroupId], ["poison", "a"]);
  });
});

describe("a refusal", { concurrency: true, timeout: 3 * SOON }, () => {
  test("is of the class that the SDK has for it", async () => {
    const QueueUrl = await queue({ DelaySeconds: "7" });
    const QueueName = QueueUrl.split("/").at(-1);
    const again = (Attributes) => sqs.createQueue({ QueueName, Attributes });
    const set = (Attributes) => sqs.setQueueAttributes({ QueueUrl, Attributes });
    const send = (MessageBody) => sqs.sendMessage({ QueueUrl, MessageBody });
    const drop = (ReceiptHandle) => sqs.deleteMessage({ QueueUrl, ReceiptHandle });
    const sendBatch = (Entries) => sqs.sendMessageBatch({ QueueUrl, Entries });
    const twice = [{ Id: "a", MessageBody: "x" }, { Id: "a", MessageBody: "y" }];
    const SourceArn = "arn:aws:sqs:us-east-1:000000000000:nowhere";
    const service = "AWS.SimpleQueueService.";
    for (const [status, kind, code, call] of [
      [400, "QueueDoesNotExist", `${service}NonExistentQueue`, () => sqs.getQueueUrl({ QueueName: "nowhere" })],
      [400, "QueueDoesNotExist", `${service}NonExistentQueue`, () => sqs.purgeQueue({ QueueUrl: NOWHERE })],
      [400, "QueueNameExists", "QueueAlreadyExists", () => again({ DelaySeconds: "8" })],
      [400, "InvalidAttributeName", "InvalidAttributeName", () => set({ Colour: "red" })],
      [400, "InvalidAttributeValue", "InvalidAttributeValue", () => set({ DelaySeconds: "901" })],
      [400, "InvalidMessageContents", "InvalidMessageContents", () => send("a\u0001b")],
      [404, "ReceiptHandleIsInvalid", "ReceiptHandleIsInvalid", () => drop("garbage")],
      [400, "EmptyBatchRequest", `${service}EmptyBatchRequest`, () => sendBatch([])],
      [400, "BatchEntryIdsNotDistinct", `${service}BatchEntryIdsNotDistinct`, () => sendBatch(twice)],
      [404, "ResourceNotFoundException", "ResourceNotFoundException", () => sqs.startMessageMoveTask({ SourceArn })],
    ]) {
      const error = await refused(call(), code, status);
      assert.ok(error instanceof model[kind], `${kind}: ${error.constructor.name}`);
      assert.equal(error.name, kind);
    }
  });

  test("without a class has its code all the same", async () => {
    const QueueUrl = await queue({ MaximumMessageSize: "1024" });
    const SourceArn = await attribute(QueueUrl, "QueueArn");
    const tooLong = sqs.sendMessage({ QueueUrl, MessageBody: "x".repeat(1025) });
    const { message } = await refused(tooLong, "InvalidParameterValue", 400);
    const reason = "One or more parameters are invalid. Reason: Message must be shorter than 1024 bytes.";
    assert.equal(message, reason);
    await refused(sqs.receiveMessage({ QueueUrl, MaxNumberOfMessages: 11 }), "InvalidParameterValue", 400);
    await refused(sqs.sendMessage({ QueueUrl, MessageBody: "" }), "MissingParameter", 400);
    const nobodys = await refused(sqs.startMessageMoveTask({ SourceArn }), "InvalidParameterValue", 400);
    assert.equal(nobodys.message, "Source queue must be configured as a Dead Letter Queue.");
  });
});

/** The error with which a call is refused, checked to have the code and the status that programs look at. */
async function refused(call, code, status) {
  const error = await call.then(() => assert.fail(`not refused: ${code}`), (error) => error);
  assert.ok(error instanceof model.SQSServiceException, error);
  assert.deepEqual([error.Code, error.$metadata.httpStatusCode, error.$fault], [code, status, "client"], error.message);
  assert.ok(error.message && error.$metadata.requestId);
  return error;
}

function failure({ Id, SenderFault, Code }) {
  return [Id, SenderFault, Code];
}
