"""Topics and those who subscribe to them, as boto3 sees them."""

import json
import threading
import unittest
import uuid

import boto3
from under_test import Case

# The three who subscribe: what each wants, of the attributes and of the body.
BY_ATTRIBUTE = {"event": ["ordered", "paid"], "amount": [{"numeric": [">=", 100]}]}
BY_BODY = {"order": {"customer": {"country": [{"anything-but": ["DE"]}]}, "items": {"sku": [{"prefix": "book-"}]}}}

# What is published: the attributes, the body, and which of "by attribute" and "by body" want it.
PUBLISHED = [
    ({"event": "ordered", "amount": 120}, ("FR", "book-1"), {"by attribute", "by body"}),
    ({"event": "ordered", "amount": 99.5}, ("FR", "book-2"), {"by body"}),
    ({"event": "cancelled", "amount": 500}, ("DE", "book-3"), set()),
    ({"event": "paid", "amount": 100}, ("DE", "pen-1"), {"by attribute"}),
    ({"event": "paid"}, ("US", "pen-2"), set()),
    ({}, ("US", "book-4"), {"by body"}),
]


def order(country, sku):
    return json.dumps({"order": {"customer": {"country": country}, "items": [{"sku": "pen-0"}, {"sku": sku}]}})


def typed(attributes):
    """Message attributes as boto3 takes them: text is a String, a number a Number."""
    kind = {str: "String", int: "Number", float: "Number"}
    return {
        name: {"DataType": kind[type(value)], "StringValue": str(value)} for name, value in attributes.items()
    }


class Topics(Case):
    """A test with both clients, and topics whose names nobody else has."""

    def setUp(self):
        super().setUp()
        self.sns = boto3.client("sns")

    def topic(self, **attributes):
        """A new topic's ARN."""
        suffix = ".fifo" if attributes.get("FifoTopic") == "true" else ""
        return self.sns.create_topic(Name=f"t{uuid.uuid4().hex}{suffix}", Attributes=attributes)["TopicArn"]

    def subscribe(self, topic, queue, **attributes):
        """A new subscription's ARN, of a queue."""
        attributes = {name: value if isinstance(value, str) else json.dumps(value) for name, value in attributes.items()}
        arn = self.attribute(queue, "QueueArn")
        return self.sns.subscribe(
            TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes=attributes, ReturnSubscriptionArn=True
        )["SubscriptionArn"]

    def drain(self, queue):
        """All messages of a queue, deleted from it."""
        drained = []
        while messages := self.receive(queue, MessageAttributeNames=["All"]):
            for message in messages:
                self.sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
            drained += messages
        return drained


class FanOut(Topics):
    def test_each_queue_gets_what_it_wants(self):
        topic = self.topic()
        queues = {name: self.queue() for name in ["everything", "by attribute", "by body"]}
        self.subscribe(topic, queues["everything"])
        self.subscribe(topic, queues["by attribute"], FilterPolicy=BY_ATTRIBUTE, RawMessageDelivery="true")
        self.subscribe(topic, queues["by body"], FilterPolicy=BY_BODY, FilterPolicyScope="MessageBody")
        expected = {name: {} for name in queues}
        for attributes, about, wanted_by in PUBLISHED:
            body = order(*about)
            published = self.sns.publish(
                TopicArn=topic, Subject="An order", Message=body, MessageAttributes=typed(attributes)
            )
            for name in wanted_by | {"everything"}:
                expected[name][published["MessageId"]] = (body, typed(attributes))

        for name in ["everything", "by body"]:
            envelopes = [json.loads(message["Body"]) for message in self.drain(queues[name])]
            self.assertEqual(len(envelopes), len(expected[name]), name)
            for envelope in envelopes:
                body, attributes = expected[name].pop(envelope["MessageId"])
                self.assertEqual((envelope["Type"], envelope["TopicArn"]), ("Notification", topic))
                self.assertEqual((envelope["Subject"], envelope["Message"]), ("An order", body))
                found = envelope.get("MessageAttributes", {})
                found = {name: {"DataType": of["Type"], "StringValue": of["Value"]} for name, of in found.items()}
                self.assertEqual(found, attributes)
            self.assertEqual(expected[name], {})
        raw = self.drain(queues["by attribute"])
        found = sorted((message["Body"], json.dumps(message["MessageAttributes"], sort_keys=True)) for message in raw)
        wanted = expected["by attribute"].values()
        self.assertEqual(found, sorted((body, json.dumps(of, sort_keys=True)) for body, of in wanted))

    def test_a_filter_policy_changes_and_goes(self):
        topic, queue = self.topic(), self.queue()
        subscription = self.subscribe(topic, queue, FilterPolicy={"kind": ["a"]}, RawMessageDelivery="true")

        def published(kind):
            self.sns.publish(TopicArn=topic, Message=kind, MessageAttributes=typed({"kind": kind}))
            return [message["Body"] for message in self.drain(queue)]

        self.assertEqual((published("a"), published("b")), (["a"], []))
        change = {"SubscriptionArn": subscription, "AttributeName": "FilterPolicy"}
        self.sns.set_subscription_attributes(**change, AttributeValue='{"kind": [{"prefix": "b"}]}')
        self.assertEqual((published("a"), published("bc")), ([], ["bc"]))
        self.sns.set_subscription_attributes(**change, AttributeValue="{}")
        self.assertEqual((published("a"), published("z")), (["a"], ["z"]))
        self.sns.unsubscribe(SubscriptionArn=subscription)
        self.assertEqual(published("a"), [])

    def test_a_batch_and_a_message_for_each_protocol(self):
        topic, queue = self.topic(), self.queue()
        self.subscribe(topic, queue, RawMessageDelivery="true")
        entries = [{"Id": f"e{number}", "Message": f"m{number}"} for number in range(9)]
        structured = json.dumps({"default": "for others", "sqs": "for queues"})
        entries.append({"Id": "e9", "Message": structured, "MessageStructure": "json"})
        answer = self.sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=entries)
        self.assertEqual([entry["Id"] for entry in answer["Successful"]], [entry["Id"] for entry in entries])
        self.assertEqual(answer["Failed"], [])
        bodies = sorted(message["Body"] for message in self.drain(queue))
        self.assertEqual(bodies, ["for queues"] + [f"m{number}" for number in range(9)])


class Refusals(Topics):
    def refused(self, exception, call, **parameters):
        """The message with which a call is refused, with an exception of the SDK's own."""
        with self.assertRaises(getattr(self.sns.exceptions, exception)) as raised:
            call(**parameters)
        return raised.exception.response["Error"]["Message"]

    def test_what_is_not_there_or_not_allowed_is_refused_with_the_sdks_exceptions(self):
        topic, queue = self.topic(), self.queue()
        nowhere = topic + "-gone"
        self.assertEqual(
            self.refused("NotFoundException", self.sns.publish, TopicArn=nowhere, Message="x"), "Topic does not exist"
        )
        self.assertEqual(
            self.refused("InvalidParameterException", self.sns.publish, TopicArn=topic, Message=""),
            "Invalid parameter: Empty message",
        )
        subscribe = {"TopicArn": topic, "Protocol": "sqs", "Endpoint": self.attribute(queue, "QueueArn")}
        for policy, reason in [
            ('{"a": "b"}', '"a" must be an object or an array'),
            ('{"a": [{"like": "b"}]}', "Unrecognized match type like"),
            (json.dumps({name: ["x"] for name in "abcdef"}), "Filter policy can not have more than 5 keys"),
            (json.dumps({name: list("0123456789") for name in "abc"}), "Filter policy is too complex"),
        ]:
            said = self.refused(
                "InvalidParameterException", self.sns.subscribe, **subscribe, Attributes={"FilterPolicy": policy}
            )
            self.assertTrue(said.startswith("Invalid parameter: "), said)
            self.assertIn(reason, said)
        fifo = self.fifo_queue()
        self.refused(
            "InvalidParameterException",
            self.sns.subscribe,
            TopicArn=topic,
            Protocol="sqs",
            Endpoint=self.attribute(fifo, "QueueArn"),
        )


# Who publishes how much to a FIFO topic at once.
PUBLISHERS = 6
GROUPS = 3
MESSAGES = 20


class Fifo(Topics):
    def fifo_topic(self, **attributes):
        return self.topic(FifoTopic="true", **attributes)

    def test_groups_stay_in_order_whoever_publishes_at_once(self):
        topic, queue = self.fifo_topic(), self.fifo_queue(VisibilityTimeout="60")
        self.subscribe(topic, queue, RawMessageDelivery="true")

        def publish(publisher):
            sns = boto3.Session().client("sns")
            for number in range(MESSAGES):
                entries = [
                    {
                        "Id": f"g{group}",
                        "Message": f"{publisher}.{group} {number}",
                        "MessageGroupId": f"{publisher}.{group}",
                        "MessageDeduplicationId": f"{publisher}.{group}.{number}",
                    }
                    for group in range(GROUPS)
                ]
                sequences[publisher].append(sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=entries))

        sequences = [[] for _ in range(PUBLISHERS)]
        publishers = [threading.Thread(target=publish, args=[publisher]) for publisher in range(PUBLISHERS)]
        for publisher in publishers:
            publisher.start()
        # Received while they publish: what comes is the next of its group, always.
        received = {}
        for _ in range(PUBLISHERS * GROUPS * MESSAGES * 2):
            if sum(received.values()) == PUBLISHERS * GROUPS * MESSAGES:
                break
            for message in self.receive(queue, WaitTimeSeconds=5):
                group, number = message["Body"].split()
                self.assertEqual(message["Attributes"]["MessageGroupId"], group)
                self.assertEqual(int(number), received.get(group, 0), group)
                received[group] = int(number) + 1
                self.sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        for publisher in publishers:
            publisher.join()
        self.assertEqual(received, {f"{p}.{g}": MESSAGES for p in range(PUBLISHERS) for g in range(GROUPS)})
        for answers in sequences:
            numbers = [int(entry["SequenceNumber"]) for answer in answers for entry in answer["Successful"]]
            self.assertEqual(numbers, sorted(set(numbers)))

    def test_what_is_published_twice_is_one_message(self):
        topic, queue = self.fifo_topic(ContentBasedDeduplication="true"), self.fifo_queue()
        self.subscribe(topic, queue)
        publish = {"TopicArn": topic, "Message": "Test", "MessageGroupId": "g"}
        first, again = self.sns.publish(**publish), self.sns.publish(**publish)
        self.assertEqual(again["MessageId"], first["MessageId"])
        self.assertEqual(again["SequenceNumber"], first["SequenceNumber"])
        other = self.sns.publish(**publish, MessageDeduplicationId="another")
        self.assertGreater(other["SequenceNumber"], first["SequenceNumber"])

        messages = self.receive(queue)
        envelopes = [json.loads(message["Body"]) for message in messages]
        self.assertEqual([envelope["MessageId"] for envelope in envelopes], [first["MessageId"], other["MessageId"]])
        self.assertEqual([envelope["SequenceNumber"] for envelope in envelopes], [first["SequenceNumber"], other["SequenceNumber"]])
        ids = [message["Attributes"]["MessageDeduplicationId"] for message in messages]
        # The digest of the body where the publisher gave no id.
        self.assertEqual(ids, ["532eaabd9574880dbf76b9b8cc00832c20a6ec113d682299550d7a6e0f345e25", "another"])
        self.assertNotIn("Signature", envelopes[0])


if __name__ == "__main__":
    unittest.main()
