"""What Terraform's AWS provider asks for `aws_sns_topic` and `aws_sns_topic_subscription`: make, read, change, delete."""

import json
import unittest

from topics import Topics

# Attributes that are JSON documents: equal if they mean the same.
DOCUMENTS = {"Policy", "DeliveryPolicy", "FilterPolicy", "RedrivePolicy"}
DELIVERY_RETRIES = {"minDelayTarget": 5, "maxDelayTarget": 60, "numRetries": 9}
DELIVERY = {"http": {"defaultHealthyRetryPolicy": DELIVERY_RETRIES}}


def meaning(name, value):
    """What two equal values of an attribute have in common."""
    return json.loads(value) if name in DOCUMENTS and value else value


class Terraform(Topics):
    """The provider's steps: it makes a topic with tags only, and sets and reads the attributes one after the other."""

    def make_topic(self, **attributes):
        topic = self.topic(**{name: attributes.pop(name) for name in ["FifoTopic"] if name in attributes})
        for name, value in attributes.items():
            self.sns.set_topic_attributes(TopicArn=topic, AttributeName=name, AttributeValue=value)
        self.check_topic(topic, attributes)
        return topic

    def check_topic(self, topic, expected):
        found = self.sns.get_topic_attributes(TopicArn=topic)["Attributes"]
        for name, value in expected.items():
            self.assertEqual(meaning(name, found.get(name)), meaning(name, value), name)
        return found

    def check_subscription(self, subscription, expected):
        found = self.sns.get_subscription_attributes(SubscriptionArn=subscription)["Attributes"]
        for name, value in expected.items():
            self.assertEqual(meaning(name, found.get(name)), meaning(name, value) or None, name)
        return found

    def delete(self, topic):
        self.sns.delete_topic(TopicArn=topic)
        with self.assertRaises(self.sns.exceptions.NotFoundException):
            self.sns.get_topic_attributes(TopicArn=topic)

    def test_a_topic_that_says_nothing_is_made_and_deleted(self):
        topic = self.make_topic()
        found = self.check_topic(topic, {"TopicArn": topic, "Owner": "000000000000"})
        self.assertEqual(json.loads(found["Policy"])["Id"], "__default_policy_ID")
        for name in ["FifoTopic", "ContentBasedDeduplication", "KmsMasterKeyId", "DeliveryPolicy", "ArchivePolicy"]:
            self.assertNotIn(name, found)
        self.assertEqual(self.sns.list_tags_for_resource(ResourceArn=topic)["Tags"], [])
        self.delete(topic)

    def test_a_topic_keeps_what_it_is_told(self):
        policy = {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "SNS:Publish", "Resource": "*"}],
        }
        topic = self.make_topic(DisplayName="Orders", Policy=json.dumps(policy, indent=2), SignatureVersion="2")
        self.sns.set_topic_attributes(
            TopicArn=topic, AttributeName="DeliveryPolicy", AttributeValue=json.dumps(DELIVERY)
        )
        stored = json.loads(self.check_topic(topic, {})["DeliveryPolicy"])["http"]["defaultHealthyRetryPolicy"]
        self.assertEqual({name: stored[name] for name in DELIVERY_RETRIES}, DELIVERY_RETRIES)
        self.sns.set_topic_attributes(TopicArn=topic, AttributeName="DisplayName", AttributeValue="")
        self.check_topic(topic, {"DisplayName": ""})
        self.sns.tag_resource(ResourceArn=topic, Tags=[{"Key": "team", "Value": "mail"}])
        self.sns.untag_resource(ResourceArn=topic, TagKeys=["team"])
        self.delete(topic)

    def test_a_subscription_is_made_changed_and_deleted(self):
        topic, queue, dead = self.make_topic(), self.queue(), self.queue()
        attributes = {
            "FilterPolicy": json.dumps({"a": ["b"], "n": [{"numeric": [">", 1]}]}),
            "FilterPolicyScope": "MessageBody",
            "RawMessageDelivery": "true",
            "RedrivePolicy": json.dumps({"deadLetterTargetArn": self.attribute(dead, "QueueArn")}),
        }
        subscription = self.subscribe(topic, queue, **attributes)
        found = self.check_subscription(subscription, attributes)
        self.assertEqual((found["PendingConfirmation"], found["ConfirmationWasAuthenticated"]), ("false", "true"))
        self.assertEqual(self.subscribe(topic, queue, **attributes), subscription)
        # In this order, so that no policy is left without its scope.
        changes = [("FilterPolicyScope", "MessageBody"), ("FilterPolicy", '{"a": {"b": ["c"]}}')]
        changes += [("RawMessageDelivery", "false"), ("RedrivePolicy", "")]
        for name, value in changes:
            self.sns.set_subscription_attributes(
                SubscriptionArn=subscription, AttributeName=name, AttributeValue=value
            )
        found = self.check_subscription(subscription, dict(changes))
        self.assertNotIn("RedrivePolicy", found)
        self.sns.unsubscribe(SubscriptionArn=subscription)
        with self.assertRaises(self.sns.exceptions.NotFoundException):
            self.sns.get_subscription_attributes(SubscriptionArn=subscription)
        self.delete(topic)

    def test_a_fifo_topic_is_made_with_its_queue(self):
        topic = self.make_topic(FifoTopic="true", ContentBasedDeduplication="true", FifoThroughputScope="MessageGroup")
        self.check_topic(topic, {"FifoTopic": "true", "ContentBasedDeduplication": "true"})
        subscription = self.subscribe(topic, self.fifo_queue())
        self.check_subscription(subscription, {"Protocol": "sqs", "PendingConfirmation": "false"})
        self.delete(topic)


if __name__ == "__main__":
    unittest.main()
