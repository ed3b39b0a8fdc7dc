"""A web server that subscribes, confirms, checks signatures, and is asked when it is unsubscribed, as boto3 sees it."""

import json
import unittest
import urllib.parse
import urllib.request

from topics import Topics, typed
from under_test import ENDPOINT
from web_server import AMAZON, WebServer
import boto3
import botocore
import botocore.config

UNSIGNED = botocore.config.Config(signature_version=botocore.UNSIGNED, retries={"total_max_attempts": 1})


class Webhooks(Topics):
    def setUp(self):
        super().setUp()
        self.web = WebServer()
        self.addCleanup(self.web.close)

    def visit(self, url):
        """Gets a URL that the server sent, which is its own."""
        self.assertTrue(url.startswith(ENDPOINT + "/?Action="), url)
        with urllib.request.urlopen(url) as answer:
            return answer.read().decode()

    def subscribe_web(self, topic, **attributes):
        """A confirmed subscription's ARN."""
        pending = self.sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=self.web.url, Attributes=attributes)
        self.assertEqual(pending["SubscriptionArn"], "pending confirmation")
        headers, question = self.web.next()
        self.assertEqual(headers["x-amz-sns-message-type"], "SubscriptionConfirmation")
        self.assertEqual(headers["x-amz-sns-topic-arn"], topic)
        self.assertIsNone(headers["x-amz-sns-subscription-arn"])
        self.assertEqual((question["Type"], question["TopicArn"]), ("SubscriptionConfirmation", topic))
        self.assertIn(f"You have chosen to subscribe to the topic {topic}.\nTo confirm", question["Message"])
        [listed] = self.sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
        self.assertEqual(listed["SubscriptionArn"], "PendingConfirmation")
        self.assertIn("<ConfirmSubscriptionResult>", self.visit(question["SubscribeURL"]))
        [listed] = self.sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
        self.assertTrue(listed["SubscriptionArn"].startswith(topic + ":"))
        return listed["SubscriptionArn"]

    def check_signed(self, version):
        topic = self.topic(SignatureVersion=version)
        subscription = self.subscribe_web(topic)
        attributes = typed({"city": "Zürich", "n": 1})
        for given in [{"Message": "Grüße\nan alle", "Subject": "Hi"}, {"Message": '{"a": "\\u0000"}'}]:
            published = self.sns.publish(TopicArn=topic, MessageAttributes=attributes, **given)
            headers, message = self.web.next()
            self.assertEqual(headers["x-amz-sns-message-type"], "Notification")
            self.assertEqual(headers["x-amz-sns-message-id"], published["MessageId"])
            self.assertEqual(headers["x-amz-sns-subscription-arn"], subscription)
            self.assertEqual(headers["Content-Type"], "text/plain; charset=UTF-8")
            self.assertEqual(headers["User-Agent"], "Amazon Simple Notification Service Agent")
            self.assertEqual(message["SignatureVersion"], version)
            self.assertTrue(message["SigningCertURL"].startswith(AMAZON + "/SimpleNotificationService-"))
            self.assertEqual({key: message.get(key) for key in given}, given)
            self.assertEqual("Subject" in message, "Subject" in given)
            self.assertEqual(message["MessageAttributes"]["city"], {"Type": "String", "Value": "Zürich"})
        return topic, subscription, message

    def test_signatures_of_both_versions_are_good(self):
        self.check_signed("1")
        self.check_signed("2")

    def test_who_is_unsubscribed_by_a_stranger_can_undo_it(self):
        topic, subscription, message = self.check_signed("1")
        url = urllib.parse.urlsplit(message["UnsubscribeURL"])
        self.visit(f"{ENDPOINT}/?{url.query}")
        headers, question = self.web.next()
        self.assertEqual(headers["x-amz-sns-message-type"], "UnsubscribeConfirmation")
        self.assertEqual(headers["x-amz-sns-subscription-arn"], subscription)
        self.assertIn(f"You have chosen to deactivate subscription {subscription}.", question["Message"])
        self.assertEqual(self.sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"], [])
        self.assertIn(subscription, self.visit(question["SubscribeURL"]))
        [listed] = self.sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
        self.assertEqual(listed["SubscriptionArn"], subscription)
        self.sns.publish(TopicArn=topic, Message="back again")
        self.assertEqual(self.web.next()[1]["Message"], "back again")

    def test_a_token_confirms_without_a_visit_and_can_ask_for_a_signature_to_unsubscribe(self):
        topic = self.topic()
        self.sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=self.web.url)
        token = self.web.next()[1]["Token"]
        confirmed = self.sns.confirm_subscription(TopicArn=topic, Token=token, AuthenticateOnUnsubscribe="true")
        again = self.sns.confirm_subscription(TopicArn=topic, Token=token)
        self.assertEqual(again["SubscriptionArn"], confirmed["SubscriptionArn"])
        stranger = boto3.client("sns", config=UNSIGNED)
        with self.assertRaises(stranger.exceptions.AuthorizationErrorException):
            stranger.unsubscribe(SubscriptionArn=confirmed["SubscriptionArn"])
        with self.assertRaises(self.sns.exceptions.InvalidParameterException):
            self.sns.confirm_subscription(TopicArn=topic, Token="abc123")

    def test_raw_messages_come_as_they_are(self):
        topic = self.topic()
        policy = json.dumps({"requestPolicy": {"headerContentType": "text/csv"}})
        self.subscribe_web(topic, RawMessageDelivery="true", DeliveryPolicy=policy)
        self.sns.publish(TopicArn=topic, Message="a,b\n1,2", MessageAttributes=typed({"n": 1}))
        headers, body = self.web.next_raw()
        self.assertEqual((body, headers["Content-Type"]), ("a,b\n1,2", "text/csv"))
        self.assertEqual(headers["x-amz-sns-rawdelivery"], "true")

    def test_what_the_web_server_refuses_is_a_dead_letter_at_once(self):
        topic, dead = self.topic(), self.queue()
        policy = json.dumps({"deadLetterTargetArn": self.attribute(dead, "QueueArn")})
        self.subscribe_web(topic, RedrivePolicy=policy)
        self.web.status = 403
        published = self.sns.publish(TopicArn=topic, Message="unwanted")
        [letter] = self.receive(dead, WaitTimeSeconds=20)
        letter = json.loads(letter["Body"])
        self.assertEqual((letter["MessageId"], letter["Message"]), (published["MessageId"], "unwanted"))
        self.assertEqual(letter, self.web.next()[1])


if __name__ == "__main__":
    unittest.main()
