"""What the programs share: clients of the server under test, and queues of their own."""

import os
import pathlib
import sys
import unittest
import uuid

import boto3
import botocore.config
import botocore.loaders
import botocore.session

ENDPOINT = os.environ["AWS_ENDPOINT_URL"]
# What botocore speaks today, or what every SDK spoke before the end of 2023.
PROTOCOL = os.environ.get("BONGSU_PROTOCOL", "json")
# The service models of a botocore from then, installed beside the current one.
QUERY_MODELS = pathlib.Path(sys.prefix) / "query" / "botocore" / "data"


def client(**credentials):
    """A client that sends each request once and checks the digests of what comes back."""
    session = botocore.session.Session()
    if PROTOCOL == "query":
        session.get_component("data_loader").search_paths.insert(0, str(QUERY_MODELS))
    config = botocore.config.Config(retries={"total_max_attempts": 1}, read_timeout=40)
    return boto3.Session(botocore_session=session).client("sqs", config=config, **credentials)


def service_model():
    """The published model of the service."""
    return botocore.loaders.Loader().load_service_model("sqs", "service-2")


class Case(unittest.TestCase):
    """A test with a client, and queues whose names nobody else has."""

    def setUp(self):
        self.sqs = client()

    def queue(self, **attributes):
        """A new queue's URL."""
        name = "q" + uuid.uuid4().hex
        if attributes.get("FifoQueue") == "true":
            name += ".fifo"
        return self.sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]

    def fifo_queue(self, **attributes):
        """A new FIFO queue's URL."""
        return self.queue(FifoQueue="true", **attributes)

    def attribute(self, queue, name):
        """One attribute of a queue."""
        return self.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=[name])["Attributes"][name]

    def receive(self, queue, **options):
        """What a receive of up to ten hands out, with all that is known about it."""
        options = {"MaxNumberOfMessages": 10, "WaitTimeSeconds": 0, "AttributeNames": ["All"], **options}
        return self.sqs.receive_message(QueueUrl=queue, **options).get("Messages", [])

    def refusal(self, exception, call, **parameters):
        """The error with which a call is refused, checked to be of its class if the SDK's model has that."""
        with self.assertRaises(self.sqs.exceptions.ClientError) as raised:
            call(**parameters)
        if hasattr(self.sqs.exceptions, exception or ""):
            self.assertIsInstance(raised.exception, getattr(self.sqs.exceptions, exception))
        response = raised.exception.response
        self.assertTrue(response["ResponseMetadata"]["RequestId"])
        return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Message"]
