"""The whole life of messages, as boto3 sees it, over either protocol."""

import hashlib
import json
import threading
import time
import unittest

from under_test import Case

# Far less than the 20 s of the polls that are woken, far more than a wake-up needs.
SOON = 10


class StandardQueue(Case):
    def test_the_whole_life_of_a_message(self):
        queue = self.queue(VisibilityTimeout="30")
        name = queue.rsplit("/", 1)[1]
        self.assertEqual(self.sqs.get_queue_url(QueueName=name)["QueueUrl"], queue)
        self.assertIn(queue, self.sqs.list_queues(QueueNamePrefix=name)["QueueUrls"])

        sent = self.sqs.send_message(QueueUrl=queue, MessageBody="Zürich")
        self.assertEqual(sent["MD5OfMessageBody"], "103a821a3a6a0b923c9f74a39662bb51")
        self.assertNotIn("SequenceNumber", sent)
        self.assertEqual(self.attribute(queue, "ApproximateNumberOfMessages"), "1")

        [message] = self.receive(queue)
        self.assertEqual((message["MessageId"], message["Body"]), (sent["MessageId"], "Zürich"))
        self.assertEqual(message["Attributes"]["ApproximateReceiveCount"], "1")
        self.assertAlmostEqual(int(message["Attributes"]["SentTimestamp"]) / 1000, time.time(), delta=60)
        self.assertEqual(self.receive(queue), [])
        self.assertEqual(self.attribute(queue, "ApproximateNumberOfMessagesNotVisible"), "1")

        self.sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        self.assertEqual(self.attribute(queue, "ApproximateNumberOfMessagesNotVisible"), "0")
        self.sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])

    def test_a_queue_describes_itself(self):
        queue = self.queue(DelaySeconds="5", MaximumMessageSize="2048")
        attributes = self.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
        account, name = queue.split("/")[-2:]
        expected = {
            "QueueArn": f"arn:aws:sqs:us-east-1:{account}:{name}",
            "DelaySeconds": "5",
            "MaximumMessageSize": "2048",
            "MessageRetentionPeriod": "345600",
            "ReceiveMessageWaitTimeSeconds": "0",
            "VisibilityTimeout": "30",
            "ApproximateNumberOfMessages": "0",
            "ApproximateNumberOfMessagesDelayed": "0",
            "ApproximateNumberOfMessagesNotVisible": "0",
        }
        self.assertEqual({name: attributes.get(name) for name in expected}, expected)
        self.assertNotIn("FifoQueue", attributes)
        self.assertNotIn("Attributes", self.sqs.get_queue_attributes(QueueUrl=queue))

    def test_message_attributes_travel_with_their_digest(self):
        queue = self.queue()
        attributes = {
            "amount": {"DataType": "Number.int", "StringValue": "42"},
            "blob": {"DataType": "Binary.png", "BinaryValue": b"\x00\x01\xff"},
            "city": {"DataType": "String", "StringValue": "Zürich"},
        }
        sent = self.sqs.send_message(QueueUrl=queue, MessageBody="x", MessageAttributes=attributes)
        self.assertEqual(sent["MD5OfMessageAttributes"], "48dc1be2a4ad8137ff1a6fb996cd2479")
        [message] = self.receive(queue, MessageAttributeNames=["All"], VisibilityTimeout=0)
        self.assertEqual(message["MessageAttributes"], attributes)
        self.assertEqual(message["MD5OfMessageAttributes"], "48dc1be2a4ad8137ff1a6fb996cd2479")

        [message] = self.receive(queue, MessageAttributeNames=["ci.*"], VisibilityTimeout=0)
        self.assertEqual(list(message["MessageAttributes"]), ["city"])
        self.assertNotEqual(message["MD5OfMessageAttributes"], sent["MD5OfMessageAttributes"])
        [message] = self.receive(queue, VisibilityTimeout=0)
        self.assertNotIn("MessageAttributes", message)

    def test_a_trace_header_travels_as_a_system_attribute(self):
        queue = self.queue()
        trace = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
        attributes = {"AWSTraceHeader": {"DataType": "String", "StringValue": trace}}
        sent = self.sqs.send_message(QueueUrl=queue, MessageBody="x", MessageSystemAttributes=attributes)
        self.assertEqual(sent["MD5OfMessageSystemAttributes"], "5ae4d5d7636402d80f4eb6d213245a88")
        [message] = self.receive(queue)
        self.assertEqual(message["Attributes"]["AWSTraceHeader"], trace)

    def test_awkward_bodies_come_back_as_they_were(self):
        queue = self.queue()
        for body in ['{"a": "<&>\\"\'"}', "a\r\nb\tc\n", "  spaces  ", "🔥\ud7ff\ue000", "a=b&c=d+e%20f", "x" * 262144]:
            self.sqs.send_message(QueueUrl=queue, MessageBody=body)
            [message] = self.receive(queue)
            self.assertEqual(message["Body"], body)
            self.assertEqual(message["MD5OfBody"], hashlib.md5(body.encode()).hexdigest())
            self.sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])

    def test_a_long_poll_is_woken_by_an_arrival(self):
        queue = self.queue()
        received = []
        poll = threading.Thread(target=lambda: received.extend(self.receive(queue, WaitTimeSeconds=20)))
        poll.start()
        started = time.monotonic()
        self.sqs.send_message(QueueUrl=queue, MessageBody="wake up")
        poll.join()
        self.assertEqual([message["Body"] for message in received], ["wake up"])
        self.assertLess(time.monotonic() - started, SOON)

    def test_a_long_poll_without_an_arrival_ends_empty(self):
        queue = self.queue()
        started = time.monotonic()
        answer = self.sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=1)
        self.assertNotIn("Messages", answer)
        self.assertGreaterEqual(time.monotonic() - started, 0.9)

    def test_a_delayed_message_arrives_later(self):
        queue = self.queue()
        started = time.monotonic()
        self.sqs.send_message(QueueUrl=queue, MessageBody="later", DelaySeconds=1)
        self.assertEqual(self.attribute(queue, "ApproximateNumberOfMessagesDelayed"), "1")
        [message] = self.receive(queue, WaitTimeSeconds=20)
        self.assertEqual(message["Body"], "later")
        self.assertGreaterEqual(time.monotonic() - started, 0.9)
        self.assertLess(time.monotonic() - started, SOON)

    def test_a_batch_is_accepted_entry_by_entry(self):
        queue = self.queue(MaximumMessageSize="1024")
        entries = [{"Id": f"e{n}", "MessageBody": "x" * (2000 if n == 3 else 10)} for n in range(10)]
        answer = self.sqs.send_message_batch(QueueUrl=queue, Entries=entries)
        self.assertEqual([entry["Id"] for entry in answer["Successful"]], [f"e{n}" for n in range(10) if n != 3])
        [failed] = answer["Failed"]
        self.assertEqual((failed["Id"], failed["SenderFault"], failed["Code"]), ("e3", True, "InvalidParameterValue"))

        messages = self.receive(queue)
        self.assertEqual({m["MessageId"] for m in messages}, {entry["MessageId"] for entry in answer["Successful"]})
        entries = [{"Id": f"d{n}", "ReceiptHandle": m["ReceiptHandle"]} for n, m in enumerate(messages)]
        answer = self.sqs.delete_message_batch(
            QueueUrl=queue, Entries=[*entries, {"Id": "bad", "ReceiptHandle": "garbage"}]
        )
        self.assertEqual([entry["Id"] for entry in answer["Successful"]], [f"d{n}" for n in range(9)])
        [failed] = answer["Failed"]
        self.assertEqual((failed["Id"], failed["SenderFault"], failed["Code"]), ("bad", True, "ReceiptHandleIsInvalid"))
        self.assertEqual(self.attribute(queue, "ApproximateNumberOfMessagesNotVisible"), "0")

    def test_visibility_ends_when_told_to(self):
        queue = self.queue(VisibilityTimeout="43200")
        self.sqs.send_message(QueueUrl=queue, MessageBody="again")
        [first] = self.receive(queue)
        self.sqs.change_message_visibility(QueueUrl=queue, ReceiptHandle=first["ReceiptHandle"], VisibilityTimeout=0)
        [second] = self.receive(queue, WaitTimeSeconds=20)
        self.assertEqual(second["MessageId"], first["MessageId"])
        self.assertEqual(second["Attributes"]["ApproximateReceiveCount"], "2")
        self.assertNotEqual(second["ReceiptHandle"], first["ReceiptHandle"])

        self.sqs.change_message_visibility(QueueUrl=queue, ReceiptHandle=second["ReceiptHandle"], VisibilityTimeout=1)
        [third] = self.receive(queue, WaitTimeSeconds=20)
        self.assertEqual(third["Attributes"]["ApproximateReceiveCount"], "3")

    def test_visibility_ends_for_many_at_once(self):
        queue = self.queue(VisibilityTimeout="60")
        entries = [{"Id": str(n), "MessageBody": str(n)} for n in range(3)]
        self.sqs.send_message_batch(QueueUrl=queue, Entries=entries)
        handles = {message["Body"]: message["ReceiptHandle"] for message in self.receive(queue)}
        timeouts = [("0", 0), ("1", 0), ("2", 43201)]
        entries = [{"Id": "e" + n, "ReceiptHandle": handles[n], "VisibilityTimeout": time} for n, time in timeouts]
        bad = {"Id": "bad", "ReceiptHandle": "garbage", "VisibilityTimeout": 0}
        answer = self.sqs.change_message_visibility_batch(QueueUrl=queue, Entries=[*entries, bad])
        self.assertEqual([entry["Id"] for entry in answer["Successful"]], ["e0", "e1"])
        failed = [(entry["Id"], entry["SenderFault"], entry["Code"]) for entry in answer["Failed"]]
        self.assertEqual(failed, [("e2", True, "InvalidParameterValue"), ("bad", True, "ReceiptHandleIsInvalid")])
        self.assertEqual({message["Body"] for message in self.receive(queue)}, {"0", "1"})

    def test_a_message_received_too_often_goes_to_the_dead_letter_queue(self):
        dead = self.queue()
        arn = self.attribute(dead, "QueueArn")
        queue = self.queue(RedrivePolicy=json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 2}))
        self.assertEqual(
            self.attribute(queue, "RedrivePolicy"), json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 2}, separators=(",", ":"))
        )
        sent = self.sqs.send_message(QueueUrl=queue, MessageBody="poison")
        for _ in range(2):
            self.assertEqual(len(self.receive(queue, VisibilityTimeout=0)), 1)
        self.assertEqual(self.receive(queue), [])
        [message] = self.receive(dead, WaitTimeSeconds=SOON)
        self.assertEqual((message["MessageId"], message["Body"]), (sent["MessageId"], "poison"))
        self.assertEqual(message["Attributes"]["DeadLetterQueueSourceArn"], self.attribute(queue, "QueueArn"))
        self.assertEqual(message["Attributes"]["ApproximateReceiveCount"], "3")

    def test_queues_are_listed_page_by_page(self):
        names = [f"page-{self.id().rsplit('.', 1)[1]}-{n}" for n in range(5)]
        urls = {self.sqs.create_queue(QueueName=name)["QueueUrl"] for name in names}
        pages = self.sqs.get_paginator("list_queues").paginate(
            QueueNamePrefix=names[0][:-1], PaginationConfig={"PageSize": 2}
        )
        pages = [page["QueueUrls"] for page in pages]
        self.assertEqual([len(page) for page in pages], [2, 2, 1])
        self.assertEqual({url for page in pages for url in page}, urls)
        self.assertNotIn("QueueUrls", self.sqs.list_queues(QueueNamePrefix="nobody-has-this"))

    def test_a_queue_is_created_once_and_deleted_for_good(self):
        queue = self.queue(DelaySeconds="7")
        name = queue.rsplit("/", 1)[1]
        self.assertEqual(self.sqs.create_queue(QueueName=name)["QueueUrl"], queue)
        self.assertEqual(self.sqs.create_queue(QueueName=name, Attributes={"DelaySeconds": "7"})["QueueUrl"], queue)
        self.sqs.delete_queue(QueueUrl=queue)
        self.refusal("QueueDoesNotExist", self.sqs.get_queue_url, QueueName=name)


class FifoQueue(Case):
    def send(self, queue, group, body):
        return self.sqs.send_message(
            QueueUrl=queue, MessageBody=body, MessageGroupId=group, MessageDeduplicationId=body
        )

    def bodies(self, queue, **options):
        return [message["Body"] for message in self.receive(queue, **options)]

    def test_a_group_comes_in_order_and_is_locked_while_in_flight(self):
        queue = self.fifo_queue()
        sent = [self.send(queue, "a", body) for body in ("a1", "a2", "a3")]
        numbers = [answer["SequenceNumber"] for answer in sent]
        self.assertEqual(numbers, sorted(set(numbers)))
        self.assertEqual({len(number) for number in numbers}, {20})

        [first] = self.receive(queue, MaxNumberOfMessages=1)
        self.assertEqual(first["Body"], "a1")
        attributes = {name: first["Attributes"][name] for name in ("MessageGroupId", "MessageDeduplicationId", "SequenceNumber")}
        self.assertEqual(attributes, {"MessageGroupId": "a", "MessageDeduplicationId": "a1", "SequenceNumber": numbers[0]})
        self.assertEqual(self.bodies(queue), [])

        self.send(queue, "b", "b1")
        self.assertEqual(self.bodies(queue), ["b1"])
        self.sqs.delete_message(QueueUrl=queue, ReceiptHandle=first["ReceiptHandle"])
        self.assertEqual(self.bodies(queue), ["a2", "a3"])

    def test_a_long_poll_is_woken_when_its_group_is_unlocked(self):
        queue = self.fifo_queue()
        self.send(queue, "a", "a1")
        self.send(queue, "a", "a2")
        [first] = self.receive(queue, MaxNumberOfMessages=1)
        received = []
        poll = threading.Thread(target=lambda: received.extend(self.bodies(queue, WaitTimeSeconds=20)))
        poll.start()
        started = time.monotonic()
        self.sqs.delete_message(QueueUrl=queue, ReceiptHandle=first["ReceiptHandle"])
        poll.join()
        self.assertEqual(received, ["a2"])
        self.assertLess(time.monotonic() - started, SOON)

    def test_a_message_sent_again_is_the_same_message(self):
        queue = self.fifo_queue()
        first, second = self.send(queue, "a", "once"), self.send(queue, "a", "once")
        self.assertEqual(second["MessageId"], first["MessageId"])
        self.assertEqual(second["SequenceNumber"], first["SequenceNumber"])
        [message] = self.receive(queue)
        self.sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        self.assertEqual(self.send(queue, "a", "once")["MessageId"], first["MessageId"])
        self.assertEqual(self.bodies(queue), [])

    def test_content_may_be_the_deduplication_id(self):
        queue = self.fifo_queue(ContentBasedDeduplication="true")
        sent = [self.sqs.send_message(QueueUrl=queue, MessageBody="same", MessageGroupId="a") for _ in range(2)]
        self.assertEqual(sent[0]["MessageId"], sent[1]["MessageId"])
        [message] = self.receive(queue)
        digest = "0967115f2813a3541eaef77de9d9d5773f1c0c04314b0bbfe4ff3b3b1c55b5d5"
        self.assertEqual(message["Attributes"]["MessageDeduplicationId"], digest)

    def test_an_expired_receipt_handle_is_refused(self):
        queue = self.fifo_queue(VisibilityTimeout="1")
        self.send(queue, "a", "a1")
        [first] = self.receive(queue)
        [second] = self.receive(queue, WaitTimeSeconds=20, VisibilityTimeout=60)
        code, status, _ = self.refusal(
            None, self.sqs.delete_message, QueueUrl=queue, ReceiptHandle=first["ReceiptHandle"]
        )
        self.assertEqual((code, status), ("InvalidParameterValue", 400))
        self.sqs.delete_message(QueueUrl=queue, ReceiptHandle=second["ReceiptHandle"])
        self.assertEqual(self.attribute(queue, "ApproximateNumberOfMessagesNotVisible"), "0")

    def test_a_batch_keeps_its_order(self):
        queue = self.fifo_queue()
        bodies = [f"b{n}" for n in range(10)]
        entries = [
            {"Id": body, "MessageBody": body, "MessageGroupId": "g", "MessageDeduplicationId": body} for body in bodies
        ]
        answer = self.sqs.send_message_batch(QueueUrl=queue, Entries=entries)
        numbers = [entry["SequenceNumber"] for entry in answer["Successful"]]
        self.assertEqual(numbers, sorted(set(numbers)))
        self.assertEqual(self.bodies(queue), bodies)

    def test_a_dead_letter_frees_its_group(self):
        dead = self.fifo_queue()
        policy = {"deadLetterTargetArn": self.attribute(dead, "QueueArn"), "maxReceiveCount": 1}
        queue = self.fifo_queue(RedrivePolicy=json.dumps(policy))
        self.send(queue, "a", "poison")
        self.send(queue, "a", "next")
        self.assertEqual(self.bodies(queue, MaxNumberOfMessages=1, VisibilityTimeout=0), ["poison"])
        self.assertEqual(self.bodies(queue, WaitTimeSeconds=SOON), ["next"])
        [message] = self.receive(dead, WaitTimeSeconds=SOON)
        self.assertEqual((message["Body"], message["Attributes"]["MessageGroupId"]), ("poison", "a"))


if __name__ == "__main__":
    unittest.main()
