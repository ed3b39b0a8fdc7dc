"""What is done to queues rather than to messages, as boto3 sees it, over either protocol: how they are changed, emptied
and shared, and how what they gave up is redriven."""

import json
import time
import unittest

from under_test import Case

# Far less than the 20 s of the polls that are woken, far more than a wake-up needs.
SOON = 10
INVALID = ("InvalidParameterValue", 400)
NOT_FOUND = ("ResourceNotFoundException", 404)


class QueueCase(Case):
    """A test that looks at queues from outside."""

    def attributes(self, queue):
        """Everything that a queue tells about itself."""
        return self.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]

    def counts(self, queue):
        """How many messages can be received, are in flight and are delayed."""
        names = ["", "NotVisible", "Delayed"]
        attributes = self.attributes(queue)
        return [int(attributes["ApproximateNumberOfMessages" + name]) for name in names]

    def assert_refused(self, expected, message, call, **parameters):
        exception = "ResourceNotFoundException" if expected == NOT_FOUND else None
        code, status, text = self.refusal(exception, call, **parameters)
        self.assertEqual(((code, status), text), (expected, message))


class Care(QueueCase):
    def test_attributes_are_changed_all_or_none(self):
        queue = self.queue(VisibilityTimeout="30")
        self.sqs.set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": "7", "DelaySeconds": "3"})
        attributes = self.attributes(queue)
        self.assertEqual((attributes["VisibilityTimeout"], attributes["DelaySeconds"]), ("7", "3"))
        self.assertGreaterEqual(int(attributes["LastModifiedTimestamp"]), int(attributes["CreatedTimestamp"]))

        code, status, _ = self.refusal(
            "InvalidAttributeValue",
            self.sqs.set_queue_attributes,
            QueueUrl=queue,
            Attributes={"VisibilityTimeout": "8", "DelaySeconds": "901"},
        )
        self.assertEqual((code, status), ("InvalidAttributeValue", 400))
        self.assertEqual(self.attribute(queue, "VisibilityTimeout"), "7")

        policy = {"deadLetterTargetArn": self.attribute(self.queue(), "QueueArn"), "maxReceiveCount": 5}
        self.sqs.set_queue_attributes(QueueUrl=queue, Attributes={"RedrivePolicy": json.dumps(policy)})
        self.assertEqual(json.loads(self.attribute(queue, "RedrivePolicy")), policy)
        self.sqs.set_queue_attributes(QueueUrl=queue, Attributes={"RedrivePolicy": ""})
        self.assertNotIn("RedrivePolicy", self.attributes(queue))

    def test_a_message_waits_as_its_queue_says_when_it_is_received(self):
        queue = self.queue(VisibilityTimeout="0")
        self.sqs.send_message(QueueUrl=queue, MessageBody="x")
        self.assertEqual([len(self.receive(queue)) for _ in range(2)], [1, 1])
        self.sqs.set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": "60"})
        self.assertEqual([len(self.receive(queue)) for _ in range(2)], [1, 0])

    def test_tags_come_and_go(self):
        url = self.sqs.create_queue(QueueName="tagged", tags={"team": "mail", "stage": ""})["QueueUrl"]
        tags = lambda: self.sqs.list_queue_tags(QueueUrl=url).get("Tags")
        self.assertEqual(tags(), {"team": "mail", "stage": ""})
        self.sqs.tag_queue(QueueUrl=url, Tags={"team": "post", "Team": "Zürich & co"})
        self.assertEqual(tags(), {"team": "post", "stage": "", "Team": "Zürich & co"})
        self.sqs.untag_queue(QueueUrl=url, TagKeys=["team", "stage", "nothing"])
        self.assertEqual(tags(), {"Team": "Zürich & co"})
        self.sqs.untag_queue(QueueUrl=url, TagKeys=["Team"])
        self.assertIsNone(tags())

    def test_a_purge_leaves_nothing(self):
        queue = self.queue(VisibilityTimeout="60")
        for body, delay in [("in flight", 0), ("waiting", 0), ("delayed", 60)]:
            self.sqs.send_message(QueueUrl=queue, MessageBody=body, DelaySeconds=delay)
        [message] = self.receive(queue, MaxNumberOfMessages=1)
        self.assertEqual(self.counts(queue), [1, 1, 1])
        self.sqs.purge_queue(QueueUrl=queue)
        self.assertEqual(self.counts(queue), [0, 0, 0])
        self.sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        self.sqs.send_message(QueueUrl=queue, MessageBody="after")
        self.assertEqual([message["Body"] for message in self.receive(queue)], ["after"])

    def test_a_purge_forgets_deduplication_ids(self):
        queue = self.fifo_queue()
        message = {"MessageBody": "x", "MessageGroupId": "a", "MessageDeduplicationId": "once"}
        first = self.sqs.send_message(QueueUrl=queue, **message)
        self.sqs.purge_queue(QueueUrl=queue)
        second = self.sqs.send_message(QueueUrl=queue, **message)
        self.assertNotEqual(second["MessageId"], first["MessageId"])
        self.assertEqual([message["MessageId"] for message in self.receive(queue)], [second["MessageId"]])

    def test_permissions_are_statements_of_the_policy(self):
        queue = self.queue()
        arn = self.attribute(queue, "QueueArn")
        add, remove = self.sqs.add_permission, self.sqs.remove_permission
        one = {"QueueUrl": queue, "Label": "one", "AWSAccountIds": ["222222222222"], "Actions": ["ReceiveMessage"]}
        add(**one)
        several = ["222222222222", "333333333333"]
        add(QueueUrl=queue, Label="two", AWSAccountIds=several, Actions=["SendMessage", "GetQueueUrl"])
        principals = [f"arn:aws:iam::{account}:root" for account in several]
        first = {
            "Sid": "one",
            "Effect": "Allow",
            "Principal": {"AWS": principals[0]},
            "Action": "SQS:ReceiveMessage",
            "Resource": arn,
        }
        second = {
            "Sid": "two",
            "Effect": "Allow",
            "Principal": {"AWS": principals},
            "Action": ["SQS:SendMessage", "SQS:GetQueueUrl"],
            "Resource": arn,
        }
        policy = {"Version": "2008-10-17", "Id": f"{arn}/SQSDefaultPolicy", "Statement": [first, second]}
        self.assertEqual(json.loads(self.attribute(queue, "Policy")), policy)

        reason = "Value one for parameter Label is invalid. Reason: Already exists."
        self.assert_refused(INVALID, reason, add, **one)
        reason = "Value three for parameter Label is invalid. Reason: can't find label."
        self.assert_refused(INVALID, reason, remove, QueueUrl=queue, Label="three")
        reason = "Reason: Only the queue owner is allowed to invoke this action."
        reason = "Value SQS:CreateQueue for parameter ActionName is invalid. " + reason
        self.assert_refused(INVALID, reason, add, **{**one, "Label": "three", "Actions": ["CreateQueue"]})

        remove(QueueUrl=queue, Label="one")
        self.assertEqual(json.loads(self.attribute(queue, "Policy"))["Statement"], [second])
        remove(QueueUrl=queue, Label="two")
        self.assertNotIn("Policy", self.attributes(queue))


class Redrive(QueueCase):
    def source(self, dead, receives=1, **attributes):
        """A queue whose messages go to a dead-letter queue once they were received so often."""
        policy = {"deadLetterTargetArn": self.attribute(dead, "QueueArn"), "maxReceiveCount": receives}
        return self.queue(RedrivePolicy=json.dumps(policy), **attributes)

    def give_up(self, queue, body):
        """Sends a message that is received once, and then is a dead letter."""
        sent = self.sqs.send_message(QueueUrl=queue, MessageBody=body)
        self.assertEqual([message["Body"] for message in self.receive(queue, VisibilityTimeout=0)], [body])
        self.assertEqual(self.receive(queue), [])
        return sent["MessageId"]

    def move_task(self, source, *statuses):
        """The newest task of a source, once it has one of the statuses."""
        deadline = time.monotonic() + SOON
        while time.monotonic() < deadline:
            [task] = self.sqs.list_message_move_tasks(SourceArn=source)["Results"]
            if task["Status"] in statuses:
                return task
        self.fail(f"not {statuses}: {task}")

    def test_the_sources_of_a_dead_letter_queue_are_listed_page_by_page(self):
        dead = self.queue()
        self.assertEqual(self.sqs.list_dead_letter_source_queues(QueueUrl=dead).get("queueUrls", []), [])
        sources = {self.source(dead) for _ in range(5)}
        pages = self.sqs.get_paginator("list_dead_letter_source_queues").paginate(
            QueueUrl=dead, PaginationConfig={"PageSize": 2}
        )
        pages = [page["queueUrls"] for page in pages]
        self.assertEqual([len(page) for page in pages], [2, 2, 1])
        self.assertEqual({url for page in pages for url in page}, sources)

    def test_what_was_given_up_goes_back_to_where_it_came_from(self):
        dead = self.queue()
        sources = {body: self.source(dead) for body in ["a", "b"]}
        ids = {body: self.give_up(queue, body) for body, queue in sources.items()}
        letters = self.receive(dead, VisibilityTimeout=0)
        self.assertEqual({letter["Body"]: letter["MessageId"] for letter in letters}, ids)

        arn = self.attribute(dead, "QueueArn")
        started = time.time()
        handle = self.sqs.start_message_move_task(SourceArn=arn)["TaskHandle"]
        self.assertTrue(handle)
        task = self.move_task(arn, "COMPLETED")
        self.assertAlmostEqual(task.pop("StartedTimestamp") / 1000, started, delta=60)
        expected = {"ApproximateNumberOfMessagesMoved": 2, "ApproximateNumberOfMessagesToMove": 2}
        self.assertEqual(task, {"Status": "COMPLETED", "SourceArn": arn, **expected})
        self.assertEqual(self.counts(dead), [0, 0, 0])
        for body, queue in sources.items():
            [message] = self.receive(queue, WaitTimeSeconds=20)
            self.assertEqual((message["Body"], message["Attributes"]["ApproximateReceiveCount"]), (body, "1"))
            self.assertNotEqual(message["MessageId"], ids[body])

    def test_a_long_poll_is_woken_by_a_redrive_to_another_queue(self):
        dead, other = self.queue(), self.queue()
        self.give_up(self.source(dead), "poison")
        source, destination = self.attribute(dead, "QueueArn"), self.attribute(other, "QueueArn")
        started = time.monotonic()
        self.sqs.start_message_move_task(SourceArn=source, DestinationArn=destination)
        self.assertEqual([message["Body"] for message in self.receive(other, WaitTimeSeconds=20)], ["poison"])
        self.assertLess(time.monotonic() - started, SOON)
        self.assertEqual(self.move_task(source, "COMPLETED")["DestinationArn"], destination)

    def test_a_slow_redrive_is_called_off(self):
        dead, other = self.queue(), self.queue()
        self.source(dead)
        entries = [{"Id": str(n), "MessageBody": "x"} for n in range(10)]
        self.sqs.send_message_batch(QueueUrl=dead, Entries=entries)
        source, destination = self.attribute(dead, "QueueArn"), self.attribute(other, "QueueArn")
        start = {"SourceArn": source, "DestinationArn": destination, "MaxNumberOfMessagesPerSecond": 1}
        handle = self.sqs.start_message_move_task(**start)["TaskHandle"]
        self.assertEqual(len(self.receive(other, WaitTimeSeconds=20)), 1)
        [task] = self.sqs.list_message_move_tasks(SourceArn=source, MaxResults=10)["Results"]
        self.assertEqual({name: task[name] for name in start}, start)
        self.assertEqual((task["Status"], task["TaskHandle"]), ("RUNNING", handle))
        reason = "Only one active task is allowed for a source queue arn at a given time."
        reason = "There is already a task running. " + reason
        self.assert_refused(INVALID, reason, self.sqs.start_message_move_task, **start)

        moved = self.sqs.cancel_message_move_task(TaskHandle=handle)["ApproximateNumberOfMessagesMoved"]
        self.assertGreaterEqual(moved, 1)
        task = self.move_task(source, "CANCELLED")
        moved = task["ApproximateNumberOfMessagesMoved"]
        self.assertNotIn("TaskHandle", task)
        self.assertEqual((self.counts(dead)[0], sum(self.counts(other))), (10 - moved, moved))

    def test_bad_redrives(self):
        start, cancel = self.sqs.start_message_move_task, self.sqs.cancel_message_move_task
        dead = self.queue()
        self.source(dead)
        source = self.attribute(dead, "QueueArn")
        unknown = "arn:aws:sqs:us-east-1:000000000000:nowhere"
        reason = "Source queue must be configured as a Dead Letter Queue."
        self.assert_refused(INVALID, reason, start, SourceArn=self.attribute(self.queue(), "QueueArn"))
        form = "arn:<partition>:<service>:<region>:<account-id>:<resource-id>"
        reason = "You must use this format to specify the SourceArn: " + form
        self.assert_refused(INVALID, reason, start, SourceArn="nowhere")
        reason = "The resource that you specified for the {} parameter doesn't exist."
        self.assert_refused(NOT_FOUND, reason.format("SourceArn"), start, SourceArn=unknown)
        self.assert_refused(
            NOT_FOUND, reason.format("DestinationArn"), start, SourceArn=source, DestinationArn=unknown
        )
        self.assert_refused(INVALID, "Value for parameter TaskHandle is invalid.", cancel, TaskHandle="garbage")
        self.assertEqual(self.sqs.list_message_move_tasks(SourceArn=source).get("Results", []), [])


if __name__ == "__main__":
    unittest.main()
