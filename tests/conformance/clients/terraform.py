"""What Terraform's AWS provider asks for its `aws_sqs_queue` resources: make, re-read until steady, delete."""

import json
import unittest

from under_test import Case

# A change counts as done once so many reads in a row show it; far fewer would do for a server that applies at once.
STEADY_READS = 6
# A server that is not steady by then never will be: every answer comes after what it answers to is durable.
READS_MAX = 60
GONE = "AWS.SimpleQueueService.NonExistentQueue"
# Attributes that are JSON documents: equal if they mean the same.
DOCUMENTS = {"Policy", "RedrivePolicy", "RedriveAllowPolicy"}
# What the provider sends for a queue that says nothing about itself.
DEFAULTS = {
    "DelaySeconds": "0",
    "MaximumMessageSize": "262144",
    "MessageRetentionPeriod": "345600",
    "ReceiveMessageWaitTimeSeconds": "0",
    "VisibilityTimeout": "30",
}


def meaning(name, value):
    """What two equal values of an attribute have in common."""
    return json.loads(value) if name in DOCUMENTS and value else value


class Terraform(Case):
    """The provider's steps, each of which waits until what it did can be read."""

    def read(self, url):
        return self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]

    def wait_for(self, url, expected):
        """Reads until every expected attribute is echoed, and every one that is expected to be "" is left out."""
        steady = 0
        for _ in range(READS_MAX):
            found = self.read(url)
            echoed = all(
                name not in found if value == "" else meaning(name, found.get(name, "")) == meaning(name, value)
                for name, value in expected.items()
            )
            steady = steady + 1 if echoed else 0
            if steady == STEADY_READS:
                return found
        self.fail(f"never steady: expected {expected}, found {found}")

    def wait_until_gone(self, url):
        for _ in range(READS_MAX):
            try:
                self.read(url)
            except self.sqs.exceptions.ClientError as error:
                self.assertEqual(error.response["Error"]["Code"], GONE)
                return
        self.fail("never gone")

    def create(self, name, attributes, tags=None):
        parameters = {"tags": tags} if tags else {}
        url = self.sqs.create_queue(QueueName=name, Attributes=attributes, **parameters)["QueueUrl"]
        self.wait_for(url, attributes)
        return url

    def update(self, url, **attributes):
        self.sqs.set_queue_attributes(QueueUrl=url, Attributes=attributes)
        return self.wait_for(url, attributes)

    def delete(self, url):
        self.sqs.delete_queue(QueueUrl=url)
        self.wait_until_gone(url)

    def tags(self, url):
        return self.sqs.list_queue_tags(QueueUrl=url).get("Tags", {})

    def arn(self, url):
        return self.attribute(url, "QueueArn")


class Life(Terraform):
    def test_a_standard_queue_is_made_and_deleted(self):
        url = self.create("standard", DEFAULTS)
        found = self.read(url)
        for name in ["FifoQueue", "ContentBasedDeduplication", *DOCUMENTS, "KmsMasterKeyId"]:
            self.assertNotIn(name, found)
        # The provider finds the name at the end of the URL.
        self.assertEqual(url.rsplit("/", 1)[1], "standard")
        self.delete(url)

    def test_a_fifo_queue_is_made_and_deleted(self):
        attributes = {
            **DEFAULTS,
            "FifoQueue": "true",
            "ContentBasedDeduplication": "true",
            "DeduplicationScope": "messageGroup",
            "FifoThroughputLimit": "perMessageGroupId",
        }
        self.delete(self.create("fifo.fifo", attributes))

    def test_a_redrive_policy_comes_back_in_its_canonical_form(self):
        dead = self.create("dead", DEFAULTS)
        for count in [4, "4"]:
            policy = json.dumps({"maxReceiveCount": count, "deadLetterTargetArn": self.arn(dead)}, indent=2)
            url = self.sqs.create_queue(QueueName="source", Attributes={**DEFAULTS, "RedrivePolicy": policy})["QueueUrl"]
            canonical = json.dumps({"deadLetterTargetArn": self.arn(dead), "maxReceiveCount": 4}, separators=(",", ":"))
            self.assertEqual(self.wait_for(url, {"RedrivePolicy": canonical})["RedrivePolicy"], canonical)
        self.delete(url)
        self.delete(dead)

    def test_a_queue_is_made_again_right_after_it_was_deleted(self):
        self.delete(self.create("again", DEFAULTS))
        self.delete(self.create("again", {**DEFAULTS, "VisibilityTimeout": "31"}))


if __name__ == "__main__":
    unittest.main()
