"""What Terraform's AWS provider asks to change a queue: attributes, tags, and policies that are resources of their own."""

import json
import unittest

from terraform import DEFAULTS, Terraform


class Changes(Terraform):
    def test_attributes_are_updated(self):
        url = self.create("updated", DEFAULTS)
        found = self.update(url, VisibilityTimeout="60", DelaySeconds="5", ReceiveMessageWaitTimeSeconds="20")
        self.assertEqual(found["MessageRetentionPeriod"], DEFAULTS["MessageRetentionPeriod"])
        self.update(url, SqsManagedSseEnabled="false")
        self.update(url, KmsMasterKeyId="alias/aws/sqs", KmsDataKeyReusePeriodSeconds="600")
        self.update(url, KmsMasterKeyId="")
        self.delete(url)

    def test_a_fifo_queue_is_updated(self):
        attributes = {**DEFAULTS, "FifoQueue": "true", "ContentBasedDeduplication": "false"}
        url = self.create("updated.fifo", attributes)
        self.update(url, ContentBasedDeduplication="true")
        self.update(url, DeduplicationScope="messageGroup", FifoThroughputLimit="perMessageGroupId")
        self.delete(url)

    def test_tags_are_made_read_changed_and_removed(self):
        url = self.create("tagged", DEFAULTS, tags={"Name": "tagged", "env": "test"})
        self.assertEqual(self.tags(url), {"Name": "tagged", "env": "test"})
        self.sqs.untag_queue(QueueUrl=url, TagKeys=["env"])
        self.sqs.tag_queue(QueueUrl=url, Tags={"Name": "renamed", "team": "shop"})
        self.assertEqual(self.tags(url), {"Name": "renamed", "team": "shop"})
        self.sqs.untag_queue(QueueUrl=url, TagKeys=["Name", "team"])
        self.assertEqual(self.tags(url), {})
        self.delete(url)

    def test_a_policy_is_a_resource_of_its_own(self):
        url = self.create("policy", DEFAULTS)
        statement = {
            "Sid": "topic",
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": self.arn(url),
            "Condition": {"ArnEquals": {"aws:SourceArn": "arn:aws:sns:us-east-1:000000000000:orders"}},
        }
        policy = {"Version": "2012-10-17", "Statement": [statement]}
        self.update(url, Policy=json.dumps(policy))
        self.update(url, Policy=json.dumps({**policy, "Statement": [{**statement, "Sid": "renamed"}]}))
        # A change of the queue leaves the policy alone.
        self.assertIn("Policy", self.update(url, VisibilityTimeout="60"))
        self.update(url, Policy="")
        self.delete(url)

    def test_redrive_policies_are_resources_of_their_own(self):
        source, dead = self.create("redriven", DEFAULTS), self.create("redriven-dead", DEFAULTS)
        allow = {"redrivePermission": "byQueue", "sourceQueueArns": [self.arn(source)]}
        self.update(dead, RedriveAllowPolicy=json.dumps(allow))
        self.update(source, RedrivePolicy=json.dumps({"deadLetterTargetArn": self.arn(dead), "maxReceiveCount": 3}))
        self.update(source, RedrivePolicy=json.dumps({"deadLetterTargetArn": self.arn(dead), "maxReceiveCount": 5}))
        self.update(source, RedrivePolicy="")
        self.update(dead, RedriveAllowPolicy="")
        self.delete(source)
        self.delete(dead)


if __name__ == "__main__":
    unittest.main()
