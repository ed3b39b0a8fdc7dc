"""Queues that feed functions: every setting, what is refused, filters, partial failures, groups."""

import json
import unittest

from functions import ACCOUNT, Functions, advance, archive

# Sends on what it is given, to the queue of a variable.
FORWARDS = """
import os, urllib.parse, urllib.request

def send(body, group):
    form = {"Action": "SendMessage", "QueueUrl": os.environ["OUT"], "MessageBody": body}
    urllib.request.urlopen(os.environ["AWS_ENDPOINT_URL"], urllib.parse.urlencode(form).encode()).read()

def forwards(event, context):
    failed = []
    for record in event["Records"]:
        count = record["attributes"]["ApproximateReceiveCount"]
        if record["body"].startswith("bad") and count == "1":
            failed.append({"itemIdentifier": record["messageId"]})
        else:
            send(record["body"] + " " + count, None)
    return {"batchItemFailures": failed}
"""


class Mappings(Functions):
    def map(self, function, source, **options):
        return self.functions.create_event_source_mapping(FunctionName=function, EventSourceArn=source, **options)

    def forwarding(self):
        """A function, and where it sends what it is given."""
        out, _ = self.queue()
        return self.make("app.forwards", Code={"ZipFile": archive(app=FORWARDS)}, Environment={"Variables": {"OUT": out}}), out

    def test_a_mapping_is_made_told_changed_and_deleted(self):
        name = self.make()
        url, source = self.queue(VisibilityTimeout="60")
        made = self.map(name, source, Enabled=False, Tags={"a": "1"})
        self.assertEqual(made["ResponseMetadata"]["HTTPStatusCode"], 202)
        uuid = made["UUID"]
        arn = f"arn:aws:lambda:us-east-1:{ACCOUNT}:event-source-mapping:{uuid}"
        told = {name: value for name, value in made.items() if name not in ("ResponseMetadata", "LastModified")}
        expected = {
            "UUID": uuid,
            "EventSourceMappingArn": arn,
            "EventSourceArn": source,
            "FunctionArn": self.arn(name),
            "BatchSize": 10,
            "MaximumBatchingWindowInSeconds": 0,
            "FunctionResponseTypes": [],
            "State": "Disabled",
            "StateTransitionReason": "USER_INITIATED",
        }
        self.assertEqual(told, expected)
        text = self.refused("ResourceConflictException", self.map, function=name, source=source)
        self.assertIn(uuid, text)
        self.assertEqual(self.functions.list_tags(Resource=arn)["Tags"], {"a": "1"})
        changed = self.functions.update_event_source_mapping(
            UUID=uuid,
            Enabled=True,
            BatchSize=100,
            MaximumBatchingWindowInSeconds=1,
            FunctionResponseTypes=["ReportBatchItemFailures"],
            ScalingConfig={"MaximumConcurrency": 2},
            FilterCriteria={"Filters": [{"Pattern": '{"body":["a"]}'}]},
        )
        self.assertEqual(changed["State"], "Enabling")
        told = self.functions.get_event_source_mapping(UUID=uuid)
        self.assertEqual(told["State"], "Enabled")
        self.assertEqual((told["BatchSize"], told["MaximumBatchingWindowInSeconds"]), (100, 1))
        self.assertEqual(told["ScalingConfig"], {"MaximumConcurrency": 2})
        self.assertEqual(told["FilterCriteria"], {"Filters": [{"Pattern": '{"body":["a"]}'}]})
        cleared = self.functions.update_event_source_mapping(UUID=uuid, ScalingConfig={}, FilterCriteria={})
        self.assertNotIn("ScalingConfig", cleared)
        self.assertNotIn("FilterCriteria", cleared)
        for filters in [{"FunctionName": name}, {"EventSourceArn": source}, {}]:
            listed = self.functions.list_event_source_mappings(**filters)["EventSourceMappings"]
            self.assertIn(uuid, [mapping["UUID"] for mapping in listed])
        self.assertEqual(self.functions.delete_event_source_mapping(UUID=uuid)["State"], "Deleting")
        text = self.refused("ResourceNotFoundException", self.functions.get_event_source_mapping, UUID=uuid)
        self.assertEqual(text, "The resource you requested does not exist.")

    def test_what_is_wrong_is_told_in_awss_words(self):
        name = self.make()
        _, source = self.queue()
        _, ordered = self.queue(fifo=True)
        _, short = self.queue(VisibilityTimeout="10")
        good = {"FunctionName": name, "EventSourceArn": source}
        batch = "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10"
        missing = "SQS Error Code: AWS.SimpleQueueService.NonExistentQueue"
        for text, change in [
            ("Function does not exist", {"FunctionName": "gone"}),
            ("Unrecognized event source.", {"EventSourceArn": "arn:aws:kinesis:us-east-1:000000000000:stream/s"}),
            (missing, {"EventSourceArn": f"arn:aws:sqs:us-east-1:{ACCOUNT}:gone"}),
            (batch, {"BatchSize": 11}),
            ("FIFO", {"EventSourceArn": ordered, "BatchSize": 11, "MaximumBatchingWindowInSeconds": 1}),
            ("Invalid filter pattern definition.", {"FilterCriteria": {"Filters": [{"Pattern": '{"body":"a"}'}]}}),
            ("is less than Function timeout: 20 seconds", {"EventSourceArn": short}),
            ("StartingPosition", {"StartingPosition": "LATEST"}),
            ("Unsupported DestinationConfig", {"DestinationConfig": {"OnFailure": {"Destination": source}}}),
        ]:
            with self.subTest(text):
                refused = self.refused(
                    "InvalidParameterValueException",
                    self.functions.create_event_source_mapping,
                    **{**good, **change},
                )
                self.assertIn(text, refused)
        self.refused("ValidationException", self.map, function=name, source=source, ScalingConfig={"MaximumConcurrency": 1001})
        self.assertEqual(self.functions.list_event_source_mappings(FunctionName=name)["EventSourceMappings"], [])

    def test_only_what_a_filter_lets_through_comes_and_the_rest_is_deleted(self):
        name, out = self.forwarding()
        url, source = self.queue()
        patterns = [{"Pattern": json.dumps({"body": {"kind": ["order"]}})}]
        for number in range(10):
            kind = "order" if number == 7 else "other"
            self.sqs.send_message(QueueUrl=url, MessageBody=json.dumps({"kind": kind, "number": number}))
        self.map(name, source, FilterCriteria={"Filters": patterns})
        self.assertIn('"number": 7', self.receive(out)["Body"])
        attributes = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        left = {"1"}
        while left != {"0"}:
            left = set(self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=attributes)["Attributes"].values())

    def test_what_a_function_names_comes_again_and_nothing_else(self):
        name, out = self.forwarding()
        url, source = self.queue(VisibilityTimeout="30")
        bodies = ["good 1", "bad", "good 2"]
        entries = [{"Id": str(place), "MessageBody": body} for place, body in enumerate(bodies)]
        self.sqs.send_message_batch(QueueUrl=url, Entries=entries)
        self.map(name, source, FunctionResponseTypes=["ReportBatchItemFailures"])
        first = {self.receive(out)["Body"] for _ in range(2)}
        self.assertEqual(first, {"good 1 1", "good 2 1"})
        advance(30)
        self.assertEqual(self.receive(out)["Body"], "bad 2")

    def test_a_group_stays_in_order(self):
        name, out = self.forwarding()
        url, source = self.queue(fifo=True, ContentBasedDeduplication="true")
        for number in range(20):
            self.sqs.send_message(QueueUrl=url, MessageBody=str(number), MessageGroupId="g")
        self.map(name, source, BatchSize=1)
        self.assertEqual([self.receive(out)["Body"] for _ in range(20)], [f"{number} 1" for number in range(20)])

    def test_an_alias_is_fed_what_it_stands_for(self):
        name = self.make(Publish=True)
        self.functions.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
        _, source = self.queue()
        made = self.map(name + ":live", source)
        self.assertEqual(made["FunctionArn"], self.arn(name) + ":live")


if __name__ == "__main__":
    unittest.main()
