"""What a function prints, read with boto3 as from CloudWatch Logs."""

import json
import time
import unittest

import boto3
import botocore.config

CONFIG = botocore.config.Config(retries={"total_max_attempts": 1})
GROUP = "/aws/lambda/adds"


class Logs(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.logs = boto3.client("logs", config=CONFIG)
        functions = boto3.client("lambda", config=CONFIG)
        cls.ids = []
        for event in [{"a": 1, "b": 2}, {}, {"a": 3, "b": 4}]:
            answer = functions.invoke(FunctionName="adds", Payload=json.dumps(event))
            cls.ids.append(answer["ResponseMetadata"]["RequestId"])

    def found(self, **options):
        pages = self.logs.get_paginator("filter_log_events").paginate(logGroupName=GROUP, **options)
        return [event["message"] for page in pages for event in page["events"]]

    def test_what_failed_is_found(self):
        failed = self.found(filterPattern="KeyError")
        self.assertTrue(failed)
        self.assertEqual(self.found(filterPattern='"adding for" -' + self.ids[1])[0], "adding for " + self.ids[0])
        self.assertEqual(self.found(filterPattern="?nothing ?neither"), [])

    def test_pages_have_every_line_once(self):
        whole = self.found()
        self.assertEqual(self.found(PaginationConfig={"PageSize": 2}), whole)
        now = int(time.time() * 1000)
        self.assertEqual(self.found(startTime=now - 600_000, endTime=now + 600_000), whole)
        self.assertEqual(self.found(startTime=now + 600_000), [])

    def test_groups_and_streams_are_described(self):
        groups = self.logs.describe_log_groups(logGroupNamePrefix="/aws/lambda/")["logGroups"]
        self.assertEqual([group["logGroupName"] for group in groups], [GROUP])
        streams = self.logs.describe_log_streams(logGroupName=GROUP, orderBy="LastEventTime", descending=True)
        stream = streams["logStreams"][0]
        self.assertRegex(stream["logStreamName"], r"^\d{4}/\d\d/\d\d/\[\$LATEST\]$")
        name = stream["logStreamName"] + "0123456789abcdef"
        events = self.logs.get_log_events(logGroupName=GROUP, logStreamName=name, limit=1)
        self.assertTrue(events["events"][0]["message"].startswith("REPORT "))
        first = self.logs.get_log_events(logGroupName=GROUP, logStreamName=name, limit=1, startFromHead=True)
        self.assertTrue(first["events"][0]["message"].startswith("START "))

    def test_refusals_are_the_published_exceptions(self):
        with self.assertRaises(self.logs.exceptions.ResourceNotFoundException):
            self.logs.filter_log_events(logGroupName="/aws/lambda/gone")
        with self.assertRaises(self.logs.exceptions.InvalidParameterException):
            self.logs.filter_log_events(logGroupName=GROUP, filterPattern="{ $.a }")


if __name__ == "__main__":
    unittest.main()
