// What the JavaScript programs share: a client of the server under test, and queues of their own.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";

import { SQS } from "@aws-sdk/client-sqs";

// Far less than the 20 s of the polls that are woken, far more than a wake-up needs.
export const SOON = 10_000;

// The endpoint, the region and the key are the environment's, as they are for a program that is deployed.
export const sqs = new SQS();

/** A new queue's URL. */
export async function queue(Attributes = {}, options = {}) {
  const suffix = Attributes.FifoQueue === "true" ? ".fifo" : "";
  const created = await sqs.createQueue({ QueueName: `q${randomUUID()}${suffix}`, Attributes, ...options });
  return created.QueueUrl;
}

/** A new queue whose messages go to another once they were received too often, and that other. */
export async function queueWithDeadLetters(maxReceiveCount, attributes = {}) {
  const dead = await queue(attributes.FifoQueue ? { FifoQueue: attributes.FifoQueue } : {});
  const deadLetterTargetArn = await attribute(dead, "QueueArn");
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn, maxReceiveCount });
  return [await queue({ ...attributes, RedrivePolicy }), dead];
}

/** One attribute of a queue. */
export async function attribute(QueueUrl, name) {
  return (await sqs.getQueueAttributes({ QueueUrl, AttributeNames: [name] })).Attributes[name];
}

/** How many messages of a queue can be received, and how many are in flight. */
export async function counts(QueueUrl) {
  const AttributeNames = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"];
  const { Attributes } = await sqs.getQueueAttributes({ QueueUrl, AttributeNames });
  return AttributeNames.map((name) => Number(Attributes[name]));
}

/** What a receive of up to ten hands out, with all that is known about it. */
export async function receive(QueueUrl, options = {}) {
  const all = { MaxNumberOfMessages: 10, MessageSystemAttributeNames: ["All"], MessageAttributeNames: ["All"] };
  return (await sqs.receiveMessage({ QueueUrl, WaitTimeSeconds: 0, ...all, ...options })).Messages ?? [];
}

/** Moves what a dead-letter queue holds back to where it came from, and returns the finished task. */
export async function redrive(dead, options = {}) {
  const SourceArn = await attribute(dead, "QueueArn");
  const { TaskHandle } = await sqs.startMessageMoveTask({ SourceArn, ...options });
  assert.ok(TaskHandle);
  return moveTask(SourceArn, (task) => task.Status !== "RUNNING");
}

/** The newest move task of a queue, as soon as it is as it should be. */
export async function moveTask(SourceArn, isAsItShould) {
  for (const deadline = Date.now() + SOON; ; ) {
    const [task] = (await sqs.listMessageMoveTasks({ SourceArn })).Results;
    if (isAsItShould(task)) return task;
    assert.ok(Date.now() < deadline, `still ${JSON.stringify(task)}`);
  }
}
