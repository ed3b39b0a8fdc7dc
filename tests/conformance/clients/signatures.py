"""With credentials configured, only those who can sign get in."""

import datetime
import json
import os
import subprocess
import unittest
import urllib.error
import urllib.parse
import urllib.request

import boto3
import botocore.auth
import botocore.awsrequest
import botocore.credentials
from under_test import ENDPOINT, PROTOCOL, Case, client

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


class Presigned(Case):
    """URLs that are signed now and opened by whoever has them."""

    # Headers that the URL of a JSON request is signed with, and so must be sent.
    HEADERS = {
        "content-type": "application/x-amz-json-1.0",
        "x-amz-target": "AmazonSQS.ListQueues",
        "x-amzn-query-mode": "true",
    }

    def setUp(self):
        self.sqs = client(**KNOWN)

    def open(self, url, **options):
        with urllib.request.urlopen(urllib.request.Request(url, **options)) as answer:
            return answer.read().decode()

    def refused(self, url, **options):
        with self.assertRaises(urllib.error.HTTPError) as raised:
            self.open(url, **options)
        return raised.exception.code, raised.exception.read().decode()

    def presigned(self, method="GET", body=None, expires=60, ago=0, credentials=None, **parameters):
        """A URL for a request of the Query protocol, signed some seconds ago."""
        parameters = {"Version": "2012-11-05", **parameters}
        url = ENDPOINT + "/?" + urllib.parse.urlencode(parameters, quote_via=urllib.parse.quote)
        request = botocore.awsrequest.AWSRequest(method, url, data=body)
        credentials = credentials or botocore.credentials.Credentials(*KNOWN.values())
        signer = botocore.auth.SigV4QueryAuth(credentials, "sqs", "us-east-1", expires=expires)
        then = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=ago)
        now, botocore.auth.get_current_datetime = botocore.auth.get_current_datetime, lambda *_, **__: then
        try:
            signer.add_auth(request)
        finally:
            botocore.auth.get_current_datetime = now
        return request.url

    def test_the_sdks_own_urls_work(self):
        queue = self.queue()
        if PROTOCOL == "query":
            url = self.sqs.generate_presigned_url("list_queues", ExpiresIn=60, HttpMethod="GET")
            self.assertIn(queue, self.open(url))
        else:
            url = self.sqs.generate_presigned_url("list_queues", ExpiresIn=60)
            self.assertIn(queue, self.open(url, headers=self.HEADERS, method="POST"))
            self.assertEqual(self.refused(url, method="POST")[0], 403)

    def test_a_message_is_sent_by_whoever_has_the_url(self):
        queue = self.queue()
        self.open(self.presigned(Action="SendMessage", QueueUrl=queue, MessageBody="Zürich & co/+"))
        self.assertEqual([message["Body"] for message in self.receive(queue)], ["Zürich & co/+"])

    def test_a_changed_url_opens_nothing(self):
        url = self.presigned(Action="ListQueues")
        status, body = self.refused(url.replace("ListQueues", "PurgeQueue"))
        self.assertEqual(status, 403)
        self.assertIn("<Code>SignatureDoesNotMatch</Code>", body)

    def test_a_url_expires_when_it_says(self):
        self.open(self.presigned(Action="ListQueues", expires=604800, ago=600000))
        status, body = self.refused(self.presigned(Action="ListQueues", expires=60, ago=120))
        self.assertEqual(status, 403)
        self.assertIn("Signature expired", body)
        status, body = self.refused(self.presigned(Action="ListQueues", expires=604801))
        self.assertEqual(status, 400)
        self.assertIn("<Code>IncompleteSignature</Code>", body)


class Identity(Case):
    """STS answers on the same port."""

    def sts(self, **credentials):
        return boto3.client("sts", **credentials)

    def test_everybody_is_told_who_they_are(self):
        told = self.sts(**KNOWN).get_caller_identity()
        self.assertEqual(told["Arn"], "arn:aws:iam::111111111111:user/first")
        self.assertEqual(told["Account"], "111111111111")
        self.assertRegex(told["UserId"], "^AIDA[A-Z2-7]{17}$")
        self.assertEqual(told["UserId"], self.sts(**KNOWN).get_caller_identity()["UserId"])
        temporary = {"aws_access_key_id": "ASIATHIRD", "aws_secret_access_key": "third-secret"}
        told = self.sts(**temporary, aws_session_token="third-token").get_caller_identity()
        self.assertEqual(told["Arn"], "arn:aws:sts::222222222222:assumed-role/worker/one")
        with self.assertRaises(boto3.exceptions.botocore.exceptions.ClientError) as raised:
            self.sts(**temporary, aws_session_token="another").get_caller_identity()
        self.assertEqual(raised.exception.response["Error"]["Code"], "InvalidClientTokenId")

    def test_messages_carry_the_id_that_sts_tells(self):
        self.sqs = client(**KNOWN)
        queue = self.queue()
        self.sqs.send_message(QueueUrl=queue, MessageBody="m")
        (message,) = self.receive(queue)
        self.assertEqual(message["Attributes"]["SenderId"], self.sts(**KNOWN).get_caller_identity()["UserId"])

    def test_a_presigned_url_tells_too(self):
        url = self.sts(**KNOWN).generate_presigned_url("get_caller_identity", ExpiresIn=60, HttpMethod="GET")
        with urllib.request.urlopen(url) as answer:
            self.assertIn("<Arn>arn:aws:iam::111111111111:user/first</Arn>", answer.read().decode())

    def test_the_cli_is_told_who_it_is(self):
        keys = {name.upper(): value for name, value in KNOWN.items()}
        command = ["aws", "sts", "get-caller-identity", "--query", "Arn", "--output", "text"]
        told = subprocess.run(command, env={**os.environ, **keys}, capture_output=True, text=True, check=True)
        self.assertEqual(told.stdout.strip(), "arn:aws:iam::111111111111:user/first")

    def test_other_operations_are_unknown(self):
        with self.assertRaises(boto3.exceptions.botocore.exceptions.ClientError) as raised:
            self.sts(**KNOWN).get_session_token()
        self.assertEqual(raised.exception.response["Error"]["Code"], "InvalidAction")


if __name__ == "__main__":
    unittest.main()
