// A worker made with sqs-consumer: what it handles, what it tries again, what it gives up, and how it stops.

import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, test } from "node:test";

import { Consumer } from "sqs-consumer";

import { SOON, attribute, counts, queue, queueWithDeadLetters, receive, redrive, sqs } from "./under_test.mjs";

describe("a consumer", { concurrency: true, timeout: 3 * SOON }, () => {
  test("handles message by message and deletes what it handled", async (t) => {
    const QueueUrl = await queue();
    const greeting = { DataType: "String", StringValue: "hello" };
    const sent = await sqs.sendMessage({ QueueUrl, MessageBody: "one", MessageAttributes: { greeting } });
    const handleMessage = async (message) => message;
    const consumer = start(t, { queueUrl: QueueUrl, handleMessage, messageAttributeNames: ["All"] });
    const [message] = await processed(consumer, 1);
    assert.deepEqual([message.MessageId, message.Body], [sent.MessageId, "one"]);
    assert.equal(message.MessageAttributes.greeting.StringValue, "hello");
    assert.deepEqual(await counts(QueueUrl), [0, 0]);
  });

  test("handles batches and deletes only what the handler names", async (t) => {
    const QueueUrl = await queue({ VisibilityTimeout: "1" });
    const Entries = Array.from({ length: 10 }, (_, n) => ({ Id: `e${n}`, MessageBody: `${n}` }));
    await sqs.sendMessageBatch({ QueueUrl, Entries });
    const batches = [];
    const handleMessageBatch = async (messages) => {
      batches.push(messages.map(({ Body }) => Body).sort());
      return batches.length === 1 ? messages.filter(({ Body }) => Body !== "3" && Body !== "7") : messages;
    };
    const consumer = start(t, { queueUrl: QueueUrl, handleMessageBatch, batchSize: 10 });
    // What it left alone comes back by itself, when its visibility timeout ends.
    const bodies = (await processed(consumer, 10)).map(({ Body }) => Body);
    assert.deepEqual(batches[0], Entries.map(({ MessageBody }) => MessageBody));
    assert.deepEqual(batches.slice(1).flat().sort(), ["3", "7"]);
    assert.deepEqual(bodies.slice(8).sort(), ["3", "7"]);
    assert.deepEqual(await counts(QueueUrl), [0, 0]);
  });

  test("tries again at once what its handler threw at", async (t) => {
    const QueueUrl = await queue({ VisibilityTimeout: "60" });
    await sqs.sendMessage({ QueueUrl, MessageBody: "flaky" });
    const received = [];
    const handleMessage = async (message) => {
      received.push(message.Attributes.ApproximateReceiveCount);
      if (received.length < 3) throw new Error("not yet");
      return message;
    };
    const messageSystemAttributeNames = ["ApproximateReceiveCount"];
    const options = { handleMessage, messageSystemAttributeNames, terminateVisibilityTimeout: true };
    const consumer = start(t, { queueUrl: QueueUrl, ...options });
    const failures = [];
    consumer.on("processing_error", (error) => failures.push(error.cause.message));
    await processed(consumer, 1);
    assert.deepEqual([received, failures], [["1", "2", "3"], ["not yet", "not yet"]]);
    assert.deepEqual(await counts(QueueUrl), [0, 0]);
  });

  test("tries a whole batch again after as long as it says", async (t) => {
    const QueueUrl = await queue({ VisibilityTimeout: "60" });
    await sqs.sendMessageBatch({ QueueUrl, Entries: ["a", "b"].map((Id) => ({ Id, MessageBody: Id })) });
    const times = [];
    const handleMessageBatch = async (messages) => {
      times.push(Date.now());
      if (times.length === 1) throw new Error("not yet");
      return messages;
    };
    const options = { handleMessageBatch, batchSize: 10, terminateVisibilityTimeout: () => 1 };
    const consumer = Consumer.create({ queueUrl: QueueUrl, sqs, ...options });
    const failures = [];
    consumer.on("error", (error) => consumer.status.isRunning && failures.push(error.cause.message));
    t.after(() => consumer.stop({ abort: true }));
    const both = processed(consumer, 2);
    consumer.start();
    assert.deepEqual((await both).map(({ Body }) => Body).sort(), ["a", "b"]);
    assert.deepEqual(failures, ["not yet"]);
    assert.ok(times[1] - times[0] >= 900, `${times[1] - times[0]} ms`);
    assert.deepEqual(await counts(QueueUrl), [0, 0]);
  });

  test("tries again what its handler took too long for", async (t) => {
    const QueueUrl = await queue({ VisibilityTimeout: "1" });
    await sqs.sendMessage({ QueueUrl, MessageBody: "slow" });
    let handled = 0;
    const handleMessage = (message) => (++handled === 1 ? new Promise(() => {}) : Promise.resolve(message));
    const consumer = start(t, { queueUrl: QueueUrl, handleMessage, handleMessageTimeout: 100 });
    const [error] = await once(consumer, "timeout_error");
    assert.equal(error.name, "TimeoutError");
    await processed(consumer, 1);
    assert.equal(handled, 2);
  });

  test("gives up what fails too often, and does it once it is redriven", async (t) => {
    const [QueueUrl, dead] = await queueWithDeadLetters(2);
    await sqs.sendMessage({ QueueUrl, MessageBody: "poison" });
    let failures = 0;
    let mended = false;
    const handleMessage = async (message) => {
      if (mended) return message;
      failures += 1;
      throw new Error("broken");
    };
    const consumer = start(t, { queueUrl: QueueUrl, handleMessage, terminateVisibilityTimeout: true });
    const [letter] = await receive(dead, { WaitTimeSeconds: 20, VisibilityTimeout: 0 });
    assert.deepEqual([letter.Body, failures], ["poison", 2]);
    assert.equal(letter.Attributes.DeadLetterQueueSourceArn, await attribute(QueueUrl, "QueueArn"));

    mended = true;
    const [[message], task] = await Promise.all([processed(consumer, 1), redrive(dead)]);
    assert.deepEqual([message.Body, task.Status], ["poison", "COMPLETED"]);
    assert.deepEqual([await counts(QueueUrl), await counts(dead)], [[0, 0], [0, 0]]);
  });

  test("keeps with its heartbeat what it works on for long", async (t) => {
    const QueueUrl = await queue();
    await sqs.sendMessage({ QueueUrl, MessageBody: "long" });
    const stolen = [];
    const handleMessage = async (message) => {
      // Three visibility timeouts long somebody else wants the message too.
      stolen.push(...(await receive(QueueUrl, { WaitTimeSeconds: 3 })));
      return message;
    };
    // The end of the three seconds lies between two beats: one that falls on it may come after the delete.
    const consumer = start(t, { queueUrl: QueueUrl, handleMessage, visibilityTimeout: 1, heartbeatInterval: 0.4 });
    await processed(consumer, 1);
    assert.deepEqual(stolen, []);
    assert.deepEqual(await counts(QueueUrl), [0, 0]);
  });

  test("finishes what it has begun when it is stopped", async () => {
    const QueueUrl = await queue();
    await sqs.sendMessage({ QueueUrl, MessageBody: "last" });
    let begun, finish;
    const hasBegun = new Promise((resolve) => (begun = resolve));
    const mayFinish = new Promise((resolve) => (finish = resolve));
    const handleMessage = async (message) => {
      begun();
      await mayFinish;
      return message;
    };
    const consumer = Consumer.create({ queueUrl: QueueUrl, sqs, handleMessage, pollingCompleteWaitTimeMs: SOON });
    consumer.start();
    await hasBegun;
    const events = [];
    for (const name of ["message_processed", "stopped"]) consumer.on(name, () => events.push(name));
    const stopped = once(consumer, "stopped");
    consumer.stop();
    finish();
    await stopped;
    assert.deepEqual(events, ["message_processed", "stopped"]);
    await sqs.sendMessage({ QueueUrl, MessageBody: "for another" });
    assert.deepEqual(await counts(QueueUrl), [1, 0]);
  });

  test("lets go of its long poll when it is aborted", async () => {
    const QueueUrl = await queue();
    const options = { waitTimeSeconds: 20, visibilityTimeout: 1, handleMessage: () => assert.fail("handled") };
    const consumer = Consumer.create({ queueUrl: QueueUrl, sqs, ...options });
    const polling = new Promise((resolve) => (consumer.preReceiveMessageCallback = resolve));
    consumer.on("error", () => {});
    consumer.start();
    await polling;
    consumer.stop({ abort: true });
    await sqs.sendMessage({ QueueUrl, MessageBody: "for another" });
    const [message] = await receive(QueueUrl, { WaitTimeSeconds: 20 });
    assert.equal(message.Body, "for another");
  });
});

/** A consumer that polls until the test is over; what it cannot cope with fails the test. */
function start(t, options) {
  const consumer = Consumer.create({ sqs, ...options });
  const failed = [];
  const over = (error) => consumer.status.isRunning && failed.push(error);
  consumer.on("error", over);
  // It emits `processing_error` for what handlers throw, which the tests do on purpose.
  consumer.on("processing_error", () => {});
  t.after(() => {
    consumer.stop({ abort: true });
    assert.deepEqual(failed, []);
  });
  consumer.start();
  return consumer;
}

/** The next so many messages that it handled and deleted. */
function processed(consumer, count) {
  const messages = [];
  return new Promise((resolve) => {
    consumer.on("message_processed", (message) => messages.push(message) === count && resolve(messages));
  });
}
