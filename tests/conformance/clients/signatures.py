"""With credentials configured, only those who can sign get in."""

import json
import unittest
import urllib.error
import urllib.request

from under_test import ENDPOINT, Case, client

KNOWN = {"aws_access_key_id": "AKIDFIRST", "aws_secret_access_key": "first-secret"}
OTHER = {"aws_access_key_id": "AKIDSECOND", "aws_secret_access_key": "second-secret"}


class Signatures(Case):
    def setUp(self):
        self.sqs = client(**KNOWN)

    def assert_refused(self, expected, **credentials):
        self.sqs = client(**credentials)
        code, status, message = self.refusal(None, self.sqs.list_queues)
        self.assertEqual((code, status), (expected, 403), message)

    def test_the_right_key_gets_in(self):
        queue = self.queue()
        self.sqs.send_message(QueueUrl=queue, MessageBody="Zürich & co")
        self.assertEqual([message["Body"] for message in self.receive(queue)], ["Zürich & co"])

    def test_a_wrong_secret_does_not(self):
        self.assert_refused("SignatureDoesNotMatch", **{**KNOWN, "aws_secret_access_key": "second-secret"})

    def test_an_unknown_key_does_not(self):
        self.assert_refused("InvalidClientTokenId", aws_access_key_id="AKIDNOBODY", aws_secret_access_key="x")

    def test_another_region_does_not_match(self):
        with self.assertRaises(self.sqs.exceptions.ClientError) as raised:
            client(region_name="eu-north-1", **KNOWN).list_queues()
        self.assertEqual(raised.exception.response["ResponseMetadata"]["HTTPStatusCode"], 403)

    def test_no_signature_does_not(self):
        request = urllib.request.Request(
            ENDPOINT,
            data=b"{}",
            headers={"content-type": "application/x-amz-json-1.0", "x-amz-target": "AmazonSQS.ListQueues"},
        )
        with self.assertRaises(urllib.error.HTTPError) as raised:
            urllib.request.urlopen(request)
        self.assertEqual(raised.exception.code, 403)
        self.assertIn("AccessDenied", json.load(raised.exception)["__type"])

    def test_each_key_has_the_queues_of_its_account(self):
        mine = self.queue()
        self.assertEqual(mine.split("/")[-2], "111111111111")
        self.sqs = client(**OTHER)
        theirs = self.queue()
        self.assertEqual(theirs.split("/")[-2], "222222222222")
        self.assertEqual(self.sqs.list_queues()["QueueUrls"], [theirs])


if __name__ == "__main__":
    unittest.main()
