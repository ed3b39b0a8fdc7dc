"""Pipes with boto3, from their making to their end, and messages on their way."""

import io
import json
import time
import unittest
import uuid
import zipfile

import boto3
import botocore.config

CONFIG = botocore.config.Config(retries={"total_max_attempts": 1}, read_timeout=70)
ROLE = "arn:aws:iam::000000000000:role/r"
CODE = """
def echo(event, context):
    print("got", [record["body"] for record in event])

def priced(event, context):
    return [{"id": record["id"], "price": record["id"] * 10} for record in event]

def fails_bad(event, context):
    return {"batchItemFailures": [{"itemIdentifier": r["messageId"]} for r in event if r["body"] == "bad"]}
"""
WAIT = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 2, "End": True}}}
FORGET = {"StepFunctionStateMachineParameters": {"InvocationType": "FIRE_AND_FORGET"}}


class Pipes(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.pipes = boto3.client("pipes", config=CONFIG)
        cls.sqs = boto3.client("sqs", config=CONFIG)
        cls.states = boto3.client("stepfunctions", config=CONFIG)
        cls.functions = boto3.client("lambda", config=CONFIG)

    def queue(self, **attributes):
        """A new queue's URL and ARN."""
        name = "q" + uuid.uuid4().hex + (".fifo" if "FifoQueue" in attributes else "")
        url = self.sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        return url, f"arn:aws:sqs:us-east-1:000000000000:{name}"

    def function(self, handler):
        """The ARN of a new function that runs a handler of the code above."""
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as file:
            file.writestr("app.py", CODE)
        made = self.functions.create_function(
            FunctionName="f" + uuid.uuid4().hex, Runtime="python3.11", Handler="app." + handler, Role=ROLE,
            Code={"ZipFile": archive.getvalue()}, Timeout=20,
        )
        return made["FunctionArn"]

    def machine(self, definition):
        made = self.states.create_state_machine(
            name="m" + uuid.uuid4().hex, definition=json.dumps(definition), roleArn=ROLE
        )
        return made["stateMachineArn"]

    def pipe(self, source, target, **given):
        """A new pipe's name."""
        name = "p" + uuid.uuid4().hex
        self.pipes.create_pipe(Name=name, Source=source, Target=target, RoleArn=ROLE, **given)
        self.addCleanup(self.pipes.delete_pipe, Name=name)
        return name

    def receive(self, queue):
        """The body of the next message."""
        received = self.sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=20)["Messages"][0]
        self.sqs.delete_message(QueueUrl=queue, ReceiptHandle=received["ReceiptHandle"])
        return received["Body"]

    def until(self, queue, visible, hidden):
        """Waits until a queue has so many messages."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            told = self.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
            if [told[name] for name in names] == [str(visible), str(hidden)]:
                return
            time.sleep(0.02)
        self.fail(f"{queue} has {told}")

    def running(self, machine):
        """How many executions of a machine run."""
        listed = self.states.list_executions(stateMachineArn=machine, statusFilter="RUNNING")
        return len(listed["executions"])

    def test_a_pipe_lives(self):
        _, source = self.queue()
        _, target = self.queue()
        name = "p" + uuid.uuid4().hex
        made = self.pipes.create_pipe(Name=name, Source=source, Target=target, RoleArn=ROLE, Tags={"a": "1"})
        self.assertEqual((made["DesiredState"], made["CurrentState"]), ("RUNNING", "CREATING"))
        with self.assertRaises(self.pipes.exceptions.ConflictException) as raised:
            self.pipes.create_pipe(Name=name, Source=source, Target=target, RoleArn=ROLE)
        self.assertEqual(raised.exception.response["resourceId"], name)
        told = self.pipes.describe_pipe(Name=name)
        self.assertEqual((told["CurrentState"], told["Source"], told["Target"]), ("RUNNING", source, target))
        self.pipes.update_pipe(Name=name, RoleArn=ROLE, Description="changed", DesiredState="STOPPED")
        self.pipes.tag_resource(resourceArn=made["Arn"], tags={"b": "2"})
        self.pipes.untag_resource(resourceArn=made["Arn"], tagKeys=["a"])
        self.assertEqual(self.pipes.list_tags_for_resource(resourceArn=made["Arn"])["tags"], {"b": "2"})
        told = self.pipes.describe_pipe(Name=name)
        self.assertEqual((told["CurrentState"], told["Description"]), ("STOPPED", "changed"))
        self.assertEqual(self.pipes.start_pipe(Name=name)["CurrentState"], "STARTING")
        self.assertEqual(self.pipes.stop_pipe(Name=name)["CurrentState"], "STOPPING")
        pages = self.pipes.get_paginator("list_pipes").paginate(SourcePrefix=source, PaginationConfig={"PageSize": 1})
        self.assertEqual([pipe["Name"] for page in pages for pipe in page["Pipes"]], [name])
        self.assertEqual(self.pipes.delete_pipe(Name=name)["DesiredState"], "DELETED")
        with self.assertRaises(self.pipes.exceptions.NotFoundException):
            self.pipes.describe_pipe(Name=name)

    def test_a_bad_pipe_is_refused_with_its_fields(self):
        _, source = self.queue()
        with self.assertRaises(self.pipes.exceptions.ValidationException) as raised:
            self.pipes.create_pipe(
                Name="bad", Source=source, Target="arn:aws:kinesis:us-east-1:000000000000:stream/s", RoleArn=ROLE
            )
        self.assertEqual(raised.exception.response["fieldList"][0]["name"], "Target")

    def test_messages_are_filtered_enriched_and_formed(self):
        inbox, source = self.queue()
        outbox, target = self.queue()
        self.pipe(
            source,
            target,
            SourceParameters={"FilterCriteria": {"Filters": [{"Pattern": '{"body":{"id":[{"exists":true}]}}'}]}},
            Enrichment=self.function("priced"),
            EnrichmentParameters={"InputTemplate": '{"id":<$.body.id>}'},
            TargetParameters={"InputTemplate": "order <$.id> costs <$.price>"},
        )
        for body in ['{"other":1}', '{"id":7}']:
            self.sqs.send_message(QueueUrl=inbox, MessageBody=body)
        self.assertEqual(self.receive(outbox), "order 7 costs 70")
        self.until(inbox, 0, 0)

    def test_a_function_names_the_messages_that_failed(self):
        inbox, source = self.queue(VisibilityTimeout="60")
        name = self.pipe(source, self.function("fails_bad"), DesiredState="STOPPED")
        for body in ["good", "bad", "good"]:
            self.sqs.send_message(QueueUrl=inbox, MessageBody=body)
        self.pipes.start_pipe(Name=name)
        self.until(inbox, 0, 1)

    def test_a_forgotten_execution_frees_its_group_and_a_held_one_keeps_it(self):
        for tags, together in [({}, 2), ({"bongsu:hold-group": "true"}, 1)]:
            inbox, source = self.queue(FifoQueue="true", ContentBasedDeduplication="true", VisibilityTimeout="1")
            machine = self.machine(WAIT)
            self.pipe(
                source,
                machine,
                SourceParameters={"SqsQueueParameters": {"BatchSize": 1}},
                TargetParameters=FORGET,
                Tags=tags,
            )
            for body in ["first", "second"]:
                self.sqs.send_message(QueueUrl=inbox, MessageBody=body, MessageGroupId="g")
            most, executions = 0, 0
            deadline = time.monotonic() + 30
            while time.monotonic() < deadline:
                most = max(most, self.running(machine))
                executions = len(self.states.list_executions(stateMachineArn=machine)["executions"])
                if executions == 2 and self.running(machine) == 0:
                    break
                time.sleep(0.02)
            self.assertEqual((most, executions), (together, 2), tags)
            self.until(inbox, 0, 0)


if __name__ == "__main__":
    unittest.main()
