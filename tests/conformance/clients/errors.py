"""Every refusal arrives as the exception, code and status that the SDK's users look for."""

import unittest

from under_test import PROTOCOL, Case

NOWHERE = "http://127.0.0.1:1/000000000000/nowhere"


class Errors(Case):
    def assert_refused(self, expected, exception, call, **parameters):
        code, status, message = self.refusal(exception, call, **parameters)
        self.assertEqual((code, status), expected, message)
        return message

    def test_a_queue_that_does_not_exist(self):
        sqs = self.sqs
        entries = [{"Id": "a", "MessageBody": "x"}]
        handles = [{"Id": "a", "ReceiptHandle": "x"}]
        calls = [
            (sqs.get_queue_url, {"QueueName": "nowhere"}),
            (sqs.get_queue_attributes, {"QueueUrl": NOWHERE}),
            (sqs.send_message, {"QueueUrl": NOWHERE, "MessageBody": "x"}),
            (sqs.send_message_batch, {"QueueUrl": NOWHERE, "Entries": entries}),
            (sqs.receive_message, {"QueueUrl": NOWHERE}),
            (sqs.delete_message, {"QueueUrl": NOWHERE, "ReceiptHandle": "x"}),
            (sqs.delete_message_batch, {"QueueUrl": NOWHERE, "Entries": handles}),
            (sqs.change_message_visibility, {"QueueUrl": NOWHERE, "ReceiptHandle": "x", "VisibilityTimeout": 0}),
            (sqs.delete_queue, {"QueueUrl": NOWHERE}),
        ]
        for call, parameters in calls:
            with self.subTest(call.__name__):
                message = self.assert_refused(
                    ("AWS.SimpleQueueService.NonExistentQueue", 400), "QueueDoesNotExist", call, **parameters
                )
                ending = " for this wsdl version." if PROTOCOL == "query" else "."
                self.assertEqual(message, "The specified queue does not exist" + ending)

    def test_a_queue_that_exists_with_other_attributes(self):
        name = self.queue(DelaySeconds="7").rsplit("/", 1)[1]
        message = self.assert_refused(
            ("QueueAlreadyExists", 400),
            "QueueNameExists",
            self.sqs.create_queue,
            QueueName=name,
            Attributes={"DelaySeconds": "8"},
        )
        text = "A queue already exists with the same name and a different value for attribute DelaySeconds"
        self.assertEqual(message, text)

    def test_bad_queues(self):
        create = self.sqs.create_queue
        invalid = ("InvalidParameterValue", 400)
        self.assert_refused(invalid, None, create, QueueName="a b")
        self.assert_refused(invalid, None, create, QueueName="a" * 81)
        self.assert_refused(invalid, None, create, QueueName="a.fifo")
        unknown = ("InvalidAttributeName", 400)
        self.assert_refused(unknown, "InvalidAttributeName", create, QueueName="a", Attributes={"Colour": "red"})
        value = ("InvalidAttributeValue", 400)
        for name, bad in [("DelaySeconds", "901"), ("VisibilityTimeout", "x"), ("MaximumMessageSize", "1")]:
            self.assert_refused(value, "InvalidAttributeValue", create, QueueName="a", Attributes={name: bad})

    def test_bad_messages(self):
        queue = self.queue(MaximumMessageSize="1024")
        send = self.sqs.send_message
        invalid = ("InvalidParameterValue", 400)
        message = self.assert_refused(invalid, None, send, QueueUrl=queue, MessageBody="x" * 1025)
        reason = "One or more parameters are invalid. Reason: Message must be shorter than 1024 bytes."
        self.assertEqual(message, reason)
        self.assert_refused(("MissingParameter", 400), None, send, QueueUrl=queue, MessageBody="")
        self.assert_refused(invalid, None, send, QueueUrl=queue, MessageBody="x", DelaySeconds=901)
        self.assert_refused(
            ("InvalidMessageContents", 400), "InvalidMessageContents", send, QueueUrl=queue, MessageBody="a\u0001b"
        )
        for attribute in [{"DataType": "Colour", "StringValue": "red"}, {"DataType": "Number", "StringValue": "red"}]:
            self.assert_refused(
                invalid, None, send, QueueUrl=queue, MessageBody="x", MessageAttributes={"a": attribute}
            )

    def test_bad_messages_on_a_fifo_queue(self):
        queue = self.fifo_queue()
        send = self.sqs.send_message
        message = self.assert_refused(("MissingParameter", 400), None, send, QueueUrl=queue, MessageBody="x")
        self.assertEqual(message, "The request must contain the parameter MessageGroupId.")
        message = self.assert_refused(
            ("InvalidParameterValue", 400), None, send, QueueUrl=queue, MessageBody="x", MessageGroupId="a"
        )
        self.assertTrue(message.startswith("The queue should either have ContentBasedDeduplication enabled"), message)

    def test_a_refused_send_leaves_no_deduplication_id_behind(self):
        queue = self.fifo_queue(MaximumMessageSize="1024")
        ids = {"QueueUrl": queue, "MessageGroupId": "a", "MessageDeduplicationId": "one"}
        self.assert_refused(("InvalidParameterValue", 400), None, self.sqs.send_message, MessageBody="x" * 1025, **ids)
        self.sqs.send_message(MessageBody="small", **ids)
        self.assertEqual([message["Body"] for message in self.receive(queue)], ["small"])

    def test_bad_receives(self):
        queue = self.queue()
        for parameters in [{"MaxNumberOfMessages": 11}, {"WaitTimeSeconds": 21}, {"VisibilityTimeout": 43201}]:
            self.assert_refused(
                ("InvalidParameterValue", 400), None, self.sqs.receive_message, QueueUrl=queue, **parameters
            )

    def test_bad_receipt_handles(self):
        queue = self.queue()
        refused = (("ReceiptHandleIsInvalid", 404), "ReceiptHandleIsInvalid")
        handle = {"QueueUrl": queue, "ReceiptHandle": "garbage"}
        message = self.assert_refused(*refused, self.sqs.delete_message, **handle)
        self.assertEqual(message, 'The input receipt handle "garbage" is not a valid receipt handle.')
        self.assert_refused(*refused, self.sqs.change_message_visibility, VisibilityTimeout=0, **handle)

    def test_a_deleted_message_has_no_visibility(self):
        queue = self.queue()
        self.sqs.send_message(QueueUrl=queue, MessageBody="x")
        [message] = self.receive(queue)
        handle = {"QueueUrl": queue, "ReceiptHandle": message["ReceiptHandle"]}
        self.sqs.delete_message(**handle)
        self.assert_refused(
            ("InvalidParameterValue", 400), None, self.sqs.change_message_visibility, VisibilityTimeout=0, **handle
        )

    def test_bad_batches(self):
        queue = self.queue()
        entry = lambda id, size=1: {"Id": id, "MessageBody": "x" * size}
        cases = [
            ("TooManyEntriesInBatchRequest", [entry(str(n)) for n in range(11)]),
            ("BatchEntryIdsNotDistinct", [entry("a"), entry("a")]),
            ("InvalidBatchEntryId", [entry("a b")]),
            ("BatchRequestTooLong", [entry("a", 600_000), entry("b", 600_000)]),
        ]
        if PROTOCOL == "json":
            # The Query protocol has no way to say "an empty list".
            cases.append(("EmptyBatchRequest", []))
        for name, entries in cases:
            with self.subTest(name):
                code = ("AWS.SimpleQueueService." + name, 400)
                self.assert_refused(code, name, self.sqs.send_message_batch, QueueUrl=queue, Entries=entries)
        self.assertEqual(self.attribute(queue, "ApproximateNumberOfMessages"), "0")


if __name__ == "__main__":
    unittest.main()
