"""What the programs about functions share: clients, archives, and functions of their own."""

import io
import json
import os
import unittest
import urllib.request
import uuid
import zipfile

import boto3
import botocore.config

# Only what is retried by nobody else is counted.
CONFIG = botocore.config.Config(retries={"total_max_attempts": 1}, read_timeout=60)
ACCOUNT = "000000000000"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/functions"

HANDLERS = """
import json, os

def echo(event, context):
    return {"event": event, "version": context.function_version, "arn": context.invoked_function_arn,
            "variable": os.environ.get("VARIABLE"), "code": "one"}

def fails(event, context):
    raise ValueError("no: " + json.dumps(event))

def parts(event, context):
    bad = [record["messageId"] for record in event["Records"] if record["body"].startswith("bad")]
    return {"batchItemFailures": [{"itemIdentifier": identifier} for identifier in bad]}

def client(event, context):
    return {"custom": context.client_context.custom, "environment": context.client_context.env}
"""


def archive(**files):
    """A zip with these files; `app` is `app.py`."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, text in (files or {"app": HANDLERS}).items():
            zipped.writestr(name.replace("__", "/") + ".py", text)
    return written.getvalue()


def advance(seconds):
    """Puts the test clock forward."""
    url = os.environ["AWS_ENDPOINT_URL"] + "/_bongsu/clock/advance"
    urllib.request.urlopen(url, json.dumps({"seconds": seconds}).encode()).read()


class Functions(unittest.TestCase):
    """A test with clients, and functions and queues whose names nobody else has."""

    maxDiff = None

    def setUp(self):
        self.functions = boto3.client("lambda", config=CONFIG)
        self.sqs = boto3.client("sqs", config=CONFIG)

    def make(self, handler="app.echo", **options):
        """A new function's name."""
        name = "f" + uuid.uuid4().hex
        options = {"Code": {"ZipFile": archive()}, "Runtime": "python3.11", "Timeout": 20, "Role": ROLE, **options}
        self.functions.create_function(FunctionName=name, Handler=handler, **options)
        self.functions.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1})
        return name

    def queue(self, fifo=False, **attributes):
        """A new queue's URL and ARN."""
        name = "q" + uuid.uuid4().hex + (".fifo" if fifo else "")
        if fifo:
            attributes["FifoQueue"] = "true"
        url = self.sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        return url, f"arn:aws:sqs:us-east-1:{ACCOUNT}:{name}"

    def receive(self, url):
        """The next message, which is deleted."""
        options = {"MessageAttributeNames": ["All"], "AttributeNames": ["All"]}
        messages = self.sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20, **options).get("Messages", [])
        self.assertEqual(len(messages), 1)
        self.sqs.delete_message(QueueUrl=url, ReceiptHandle=messages[0]["ReceiptHandle"])
        return messages[0]

    def invoke(self, name, event=None, **options):
        """The answer and its payload."""
        answer = self.functions.invoke(FunctionName=name, Payload=json.dumps(event or {}), **options)
        return answer, json.loads(answer["Payload"].read() or "null")

    def arn(self, name):
        return f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{name}"

    def refused(self, exception, call, **parameters):
        """The text with which a call is refused, of this class or code."""
        with self.assertRaises(self.functions.exceptions.ClientError) as raised:
            call(**parameters)
        error = raised.exception.response["Error"]
        self.assertEqual(error["Code"], exception)
        if hasattr(self.functions.exceptions, exception):
            self.assertIsInstance(raised.exception, getattr(self.functions.exceptions, exception))
        return error["Message"]
