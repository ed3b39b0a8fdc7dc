"""One JSON document that many write at once: with conditions no update is lost, and without them some are."""

import concurrent.futures
import json
import os
import random
import time
import unittest
import uuid

import boto3
import botocore.config
from botocore.exceptions import ClientError

ENDPOINT = os.environ["AWS_ENDPOINT_URL"]
WRITERS = 16
UPDATES = 12
KEY = "state.json"


class SharedState(unittest.TestCase):
    def setUp(self):
        config = botocore.config.Config(retries={"total_max_attempts": 1}, max_pool_connections=WRITERS)
        self.s3 = boto3.client("s3", endpoint_url=ENDPOINT, config=config)
        self.bucket = "state-" + uuid.uuid4().hex
        self.s3.create_bucket(Bucket=self.bucket)

    def read(self):
        """The document, and what must hold for it to be written: that it is still this one, or that there is none."""
        try:
            answer = self.s3.get_object(Bucket=self.bucket, Key=KEY)
            return json.load(answer["Body"]), {"IfMatch": answer["ETag"]}
        except self.s3.exceptions.NoSuchKey:
            return {"events": []}, {"IfNoneMatch": "*"}

    def write(self, document, **condition):
        body = json.dumps(document).encode()
        self.s3.put_object(Bucket=self.bucket, Key=KEY, Body=body, ContentType="application/json", **condition)

    def add(self, event):
        """Adds an event, again and again until nobody was faster; how often somebody was."""
        for overtaken in range(10_000):
            document, condition = self.read()
            document["events"].append(event)
            try:
                self.write(document, **condition)
                return overtaken
            except ClientError as error:
                if error.response["ResponseMetadata"]["HTTPStatusCode"] not in (404, 409, 412):
                    raise
                time.sleep(random.random() * 0.01)
        raise AssertionError("never the fastest")

    def test_no_update_is_lost_where_each_write_has_a_condition(self):
        events = [f"{writer}-{number}" for writer in range(WRITERS) for number in range(UPDATES)]
        with concurrent.futures.ThreadPoolExecutor(WRITERS) as writers:
            overtaken = sum(writers.map(self.add, events))
        kept = self.read()[0]["events"]
        self.assertEqual(sorted(kept), sorted(events))
        self.assertGreater(overtaken, 0, "nobody ever met anybody")

    def test_without_conditions_the_last_writer_wins(self):
        (one, _), (other, _) = self.read(), self.read()
        one["events"].append("one")
        other["events"].append("other")
        self.write(one)
        self.write(other)
        self.assertEqual(self.read()[0]["events"], ["other"])

    def test_of_many_who_make_it_one_does(self):
        def make(writer):
            try:
                self.write({"events": [writer]}, IfNoneMatch="*")
                return [writer]
            except ClientError as error:
                self.assertEqual(error.response["Error"]["Code"], "PreconditionFailed")
                return []

        with concurrent.futures.ThreadPoolExecutor(WRITERS) as writers:
            made = sum(writers.map(make, range(WRITERS)), [])
        self.assertEqual(len(made), 1)
        self.assertEqual(self.read()[0]["events"], made)


if __name__ == "__main__":
    unittest.main()
