// Topics and those who subscribe to them, as the AWS SDK for JavaScript and the validator of what they sign see them.

import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import http from "node:http";
import https from "node:https";
import { after, before, describe, test } from "node:test";
import { randomUUID } from "node:crypto";

import { InvalidParameterException, NotFoundException, SNS } from "@aws-sdk/client-sns";
import MessageValidator from "sns-validator";

import { SOON, attribute, queue, receive, sqs } from "./under_test.mjs";

const sns = new SNS();

/** A new topic's ARN. */
async function topic(Attributes = {}) {
  const suffix = Attributes.FifoTopic === "true" ? ".fifo" : "";
  return (await sns.createTopic({ Name: `t${randomUUID()}${suffix}`, Attributes })).TopicArn;
}

/** A queue's new subscription. */
async function subscribe(TopicArn, QueueUrl, Attributes = {}) {
  const Endpoint = await attribute(QueueUrl, "QueueArn");
  const subscribed = { TopicArn, Protocol: "sqs", Endpoint, Attributes, ReturnSubscriptionArn: true };
  return (await sns.subscribe(subscribed)).SubscriptionArn;
}

/** What is in a queue now, as it was published to a topic. */
async function messages(QueueUrl) {
  const found = [];
  for (let received; (received = await receive(QueueUrl)).length > 0; ) {
    found.push(...received.map(({ Body }) => (Body.startsWith("{") ? JSON.parse(Body).Message : Body)));
  }
  return found.sort();
}

const text = (StringValue) => ({ DataType: "String", StringValue });

describe("a topic", { concurrency: true, timeout: 3 * SOON }, () => {
  test("fans out to three queues, each of which gets what it wants", async () => {
    const TopicArn = await topic();
    const queues = [await queue(), await queue(), await queue()];
    await subscribe(TopicArn, queues[0]);
    const FilterPolicy = JSON.stringify({ kind: ["book", { prefix: "e-" }], price: [{ numeric: ["<", 10] }] });
    await subscribe(TopicArn, queues[1], { FilterPolicy, RawMessageDelivery: "true" });
    const OfBody = JSON.stringify({ to: { city: ["서울"] }, $or: [{ express: [true] }, { weight: [{ exists: false }] }] });
    await subscribe(TopicArn, queues[2], { FilterPolicy: OfBody, FilterPolicyScope: "MessageBody" });

    const bodies = [
      { to: { city: "서울" }, express: true, weight: 3 },
      { to: { city: "서울" }, express: false },
      { to: { city: "서울" }, express: false, weight: 3 },
      { to: { city: "Berlin" }, express: true },
    ].map((body) => JSON.stringify(body));
    const about = [["book", "9.99"], ["e-book", "10"], ["e-book", "0.5"], ["pen", "1"]].map(([kind, price]) => ({
      kind: text(kind),
      price: { DataType: "Number", StringValue: price },
    }));
    const PublishBatchRequestEntries = bodies.map((Message, n) => ({ Id: `e${n}`, Message, MessageAttributes: about[n] }));
    const published = await sns.publishBatch({ TopicArn, PublishBatchRequestEntries });
    assert.deepEqual(published.Successful.map(({ Id }) => Id), ["e0", "e1", "e2", "e3"]);
    assert.deepEqual(await messages(queues[0]), [...bodies].sort());
    const raw = await receive(queues[1]);
    assert.deepEqual(raw.map(({ Body }) => Body).sort(), [bodies[0], bodies[2]].sort());
    assert.deepEqual(raw.find(({ Body }) => Body === bodies[0]).MessageAttributes.kind.StringValue, "book");
    assert.deepEqual(await messages(queues[2]), [bodies[0], bodies[1]].sort());
  });

  test("that is FIFO keeps groups in order and drops what comes twice", async () => {
    const TopicArn = await topic({ FifoTopic: "true", ContentBasedDeduplication: "true" });
    const QueueUrl = await queue({ FifoQueue: "true" });
    await subscribe(TopicArn, QueueUrl, { RawMessageDelivery: "true" });
    const groups = ["a", "b", "c", "d"];
    await Promise.all(groups.map(async (MessageGroupId) => {
      for (let n = 0; n < 10; n++) {
        const first = await sns.publish({ TopicArn, Message: `${MessageGroupId} ${n}`, MessageGroupId });
        const again = await sns.publish({ TopicArn, Message: `${MessageGroupId} ${n}`, MessageGroupId });
        assert.deepEqual([again.MessageId, again.SequenceNumber], [first.MessageId, first.SequenceNumber]);
      }
    }));
    const received = new Map(groups.map((group) => [group, []]));
    for (let found; (found = await receive(QueueUrl)).length > 0; ) {
      for (const { Body, Attributes, ReceiptHandle } of found) {
        received.get(Attributes.MessageGroupId).push(Body);
        await sqs.deleteMessage({ QueueUrl, ReceiptHandle });
      }
    }
    for (const group of groups) {
      assert.deepEqual(received.get(group), Array.from({ length: 10 }, (_, n) => `${group} ${n}`));
    }
  });

  test("refuses with the SDK's exceptions", async () => {
    const TopicArn = await topic();
    await assert.rejects(sns.publish({ TopicArn: `${TopicArn}x`, Message: "x" }), NotFoundException);
    await assert.rejects(sns.publish({ TopicArn, Message: "x".repeat(262_145) }), InvalidParameterException);
    await sns.deleteTopic({ TopicArn });
    await sns.deleteTopic({ TopicArn });
    await assert.rejects(sns.getTopicAttributes({ TopicArn }), NotFoundException);
  });
});

describe("a web server", { timeout: 3 * SOON }, () => {
  // The validator insists on a certificate of Amazon's host: the server says that it is there, and is asked instead.
  const amazon = "https://sns.us-east-1.amazonaws.com/";
  const get = https.get;
  const arrivals = new EventEmitter();
  const server = http.createServer(async (request, response) => {
    const chunks = await request.toArray();
    response.end();
    arrivals.emit("arrival", Buffer.concat(chunks).toString());
  });
  before(async () => {
    https.get = (url, then) => {
      assert.match(url, /^https:\/\/sns\.us-east-1\.amazonaws\.com\/SimpleNotificationService-[0-9a-f]{32}\.pem$/);
      return http.get(url.replace(amazon, `${process.env.AWS_ENDPOINT_URL}/`), then);
    };
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
  });
  after(() => {
    https.get = get;
    server.closeAllConnections();
    server.close();
  });

  /** Checks a signature; fails unless it is good. */
  const validate = (message) =>
    new Promise((resolve, reject) => {
      new MessageValidator().validate(message, (error, valid) => (error ? reject(error) : resolve(valid)));
    });

  for (const SignatureVersion of ["1", "2"]) {
    test(`finds signatures of version ${SignatureVersion} good, and no others`, async () => {
      const TopicArn = await topic({ SignatureVersion });
      const asked = once(arrivals, "arrival");
      const Endpoint = `http://127.0.0.1:${server.address().port}/hook`;
      await sns.subscribe({ TopicArn, Protocol: "http", Endpoint });
      const question = await validate((await asked)[0]);
      assert.deepEqual([question.Type, question.SignatureVersion], ["SubscriptionConfirmation", SignatureVersion]);
      assert.equal((await fetch(question.SubscribeURL)).status, 200);

      const notified = once(arrivals, "arrival");
      const sent = await sns.publish({ TopicArn, Message: "안녕\n{}", Subject: "Hi", MessageAttributes: { a: text("b") } });
      const body = (await notified)[0];
      const message = await validate(body);
      assert.deepEqual([message.MessageId, message.Message, message.Subject], [sent.MessageId, "안녕\n{}", "Hi"]);
      await assert.rejects(validate({ ...JSON.parse(body), Message: "안녕\n{} " }), /signature is invalid/);
    });
  }
});
