"""Schedules with boto3 on a test clock: on time, within windows, by the clocks of a zone, again and given up."""

import datetime
import json
import os
import time
import unittest
import urllib.request
import uuid

import boto3

from functions import CONFIG, advance

ROLE = "arn:aws:iam::000000000000:role/scheduler"
UTC = datetime.timezone.utc
SEOUL = datetime.timezone(datetime.timedelta(hours=9))
OFF = {"Mode": "OFF"}


def now():
    """The server's time."""
    answer = json.load(urllib.request.urlopen(os.environ["AWS_ENDPOINT_URL"] + "/_bongsu/clock"))
    return datetime.datetime.fromisoformat(answer["now"].replace("Z", "+00:00"))


def unique(what):
    return what + uuid.uuid4().hex


def at(moment):
    return f"at({moment:%Y-%m-%dT%H:%M:%S})"


class Scheduler(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.scheduler = boto3.client("scheduler", config=CONFIG)
        self.sqs = boto3.client("sqs", config=CONFIG)
        self.states = boto3.client("stepfunctions", config=CONFIG)

    def queue(self, name=None):
        """A queue's URL and ARN."""
        url = self.sqs.create_queue(QueueName=name or unique("q"))["QueueUrl"]
        names = ["QueueArn"]
        return url, self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]["QueueArn"]

    def schedule(self, expression, arn, window=OFF, target=None, **options):
        """A new schedule's name."""
        name = unique("s")
        target = {"Arn": arn, "RoleArn": ROLE, **(target or {})}
        self.scheduler.create_schedule(
            Name=name, ScheduleExpression=expression, FlexibleTimeWindow=window, Target=target, **options
        )
        self.addCleanup(self.forget, name, options.get("GroupName", "default"))
        return name

    def forget(self, name, group):
        try:
            self.scheduler.delete_schedule(Name=name, GroupName=group)
        except self.scheduler.exceptions.ResourceNotFoundException:
            pass

    def receive(self, url, wait=0):
        received = self.sqs.receive_message(QueueUrl=url, WaitTimeSeconds=wait, MessageAttributeNames=["All"])
        messages = received.get("Messages", [])
        for message in messages:
            self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return messages[0] if messages else None

    def test_a_schedule_lives_from_its_making_to_its_end(self):
        _, arn = self.queue()
        start = datetime.datetime(2040, 1, 1, 9, 0, tzinfo=SEOUL)
        target = {"Arn": arn, "RoleArn": ROLE, "Input": "noon", "DeadLetterConfig": {"Arn": arn}}
        name = unique("s")
        said = {
            "ScheduleExpression": "cron(0 12 * * ? *)",
            "ScheduleExpressionTimezone": "Asia/Seoul",
            "FlexibleTimeWindow": {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 30},
            "Description": "every noon",
            "StartDate": start,
            "State": "ENABLED",
            "ActionAfterCompletion": "DELETE",
        }
        made = self.scheduler.create_schedule(Name=name, Target=target, **said)
        self.assertEqual(made["ScheduleArn"], f"arn:aws:scheduler:us-east-1:000000000000:schedule/default/{name}")
        told = self.scheduler.get_schedule(Name=name)
        retries = {"MaximumEventAgeInSeconds": 86400, "MaximumRetryAttempts": 185}
        self.assertEqual(told["Target"], {**target, "RetryPolicy": retries})
        self.assertEqual({key: told[key] for key in said}, said)
        self.assertIsInstance(told["CreationDate"], datetime.datetime)
        with self.assertRaises(self.scheduler.exceptions.ConflictException):
            self.scheduler.create_schedule(Name=name, Target=target, **said)
        said = {"ScheduleExpression": "rate(1 day)", "FlexibleTimeWindow": OFF, "State": "DISABLED"}
        self.scheduler.update_schedule(Name=name, Target=target, **said)
        changed = self.scheduler.get_schedule(Name=name)
        self.assertNotIn("Description", changed)
        self.assertEqual(changed["State"], "DISABLED")
        self.assertEqual(changed["CreationDate"], told["CreationDate"])
        self.scheduler.delete_schedule(Name=name)
        with self.assertRaises(self.scheduler.exceptions.ResourceNotFoundException) as caught:
            self.scheduler.get_schedule(Name=name)
        self.assertEqual(caught.exception.response["Error"]["Message"], f"Schedule {name} does not exist.")

    def test_groups_have_tags_and_take_their_schedules_along(self):
        _, arn = self.queue()
        group = unique("g")
        made = self.scheduler.create_schedule_group(Name=group, Tags=[{"Key": "a", "Value": "1"}])
        names = sorted(self.schedule("rate(1 day)", arn, GroupName=group, State="DISABLED") for _ in range(3))
        pages = self.scheduler.get_paginator("list_schedules").paginate(
            GroupName=group, PaginationConfig={"PageSize": 2}
        )
        self.assertEqual([told["Name"] for page in pages for told in page["Schedules"]], names)
        group_arn = made["ScheduleGroupArn"]
        self.scheduler.tag_resource(ResourceArn=group_arn, Tags=[{"Key": "b", "Value": "2"}])
        self.scheduler.untag_resource(ResourceArn=group_arn, TagKeys=["a"])
        tags = self.scheduler.list_tags_for_resource(ResourceArn=group_arn)["Tags"]
        self.assertEqual(tags, [{"Key": "b", "Value": "2"}])
        self.assertEqual(self.scheduler.get_schedule_group(Name=group)["State"], "ACTIVE")
        groups = self.scheduler.get_paginator("list_schedule_groups").paginate(PaginationConfig={"PageSize": 1})
        self.assertLessEqual({"default", group}, {told["Name"] for page in groups for told in page["ScheduleGroups"]})
        self.scheduler.delete_schedule_group(Name=group)
        with self.assertRaises(self.scheduler.exceptions.ResourceNotFoundException):
            self.scheduler.get_schedule(Name=names[0], GroupName=group)

    def test_what_is_wrong_has_its_own_exception(self):
        _, arn = self.queue()
        for expression in ["rate(5 minute)", "cron(0 12 * * * *)", "at(tomorrow)"]:
            with self.assertRaises(self.scheduler.exceptions.ValidationException):
                self.schedule(expression, arn)
        bus = "arn:aws:events:us-east-1:000000000000:event-bus/default"
        with self.assertRaises(self.scheduler.exceptions.ValidationException):
            self.schedule("rate(1 day)", bus, target={"EventBridgeParameters": {"DetailType": "d", "Source": "s"}})
        with self.assertRaises(self.scheduler.exceptions.ResourceNotFoundException):
            self.schedule("rate(1 day)", arn, GroupName="nobody")

    def test_a_message_comes_on_time_again_and_again(self):
        url, arn = self.queue()
        text = "<aws.scheduler.scheduled-time> <aws.scheduler.attempt-number>"
        made_at = now()
        self.schedule("rate(5 minutes)", arn, target={"Input": text})
        advance(290)
        self.assertIsNone(self.receive(url))
        for times in (1, 2):
            advance(10 if times == 1 else 300)
            sent_for, attempt = self.receive(url, wait=5)["Body"].split()
            late = datetime.datetime.fromisoformat(sent_for.replace("Z", "+00:00")) - made_at
            self.assertAlmostEqual(late.total_seconds(), 300 * times, delta=10)
            self.assertEqual(attempt, "1")

    def test_a_group_of_a_fifo_queue_gets_one_message_a_time(self):
        name = unique("q") + ".fifo"
        url = self.sqs.create_queue(QueueName=name, Attributes={"FifoQueue": "true"})["QueueUrl"]
        arn = f"arn:aws:sqs:us-east-1:000000000000:{name}"
        self.schedule("rate(1 minute)", arn, target={"Input": "x", "SqsParameters": {"MessageGroupId": "g"}})
        advance(61)
        received = self.sqs.receive_message(QueueUrl=url, AttributeNames=["MessageGroupId"], WaitTimeSeconds=5)
        self.assertEqual(received["Messages"][0]["Attributes"]["MessageGroupId"], "g")

    def test_a_time_of_a_zone_comes_once_and_takes_its_schedule_away(self):
        url, arn = self.queue()
        moment = (now() + datetime.timedelta(hours=1)).astimezone(SEOUL)
        options = {"ScheduleExpressionTimezone": "Asia/Seoul", "ActionAfterCompletion": "DELETE"}
        name = self.schedule(at(moment), arn, target={"Input": "once"}, **options)
        advance(3500)
        self.assertIsNone(self.receive(url))
        self.scheduler.get_schedule(Name=name)
        advance(100)
        self.assertEqual(self.receive(url, wait=5)["Body"], "once")
        with self.assertRaises(self.scheduler.exceptions.ResourceNotFoundException):
            self.scheduler.get_schedule(Name=name)

    def test_a_schedule_begins_and_ends(self):
        url, arn = self.queue()
        start, end = now() + datetime.timedelta(hours=2), now() + datetime.timedelta(hours=3, minutes=30)
        self.schedule("rate(1 hour)", arn, target={"Input": "x"}, StartDate=start, EndDate=end)
        advance(7100)
        self.assertIsNone(self.receive(url))
        for seconds in (200, 3600):
            advance(seconds)
            self.assertIsNotNone(self.receive(url, wait=5))
        advance(7200)
        self.assertIsNone(self.receive(url))

    def test_a_flexible_schedule_fires_within_its_window(self):
        url, arn = self.queue()
        window = {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 15}
        self.schedule("rate(1 hour)", arn, window=window, target={"Input": "x"})
        advance(3590)
        self.assertIsNone(self.receive(url))
        advance(910)
        self.assertIsNotNone(self.receive(url, wait=5))
        self.assertIsNone(self.receive(url))

    def test_what_cannot_be_sent_is_sent_when_it_can(self):
        name = unique("q")
        arn = f"arn:aws:sqs:us-east-1:000000000000:{name}"
        text = {"Input": "attempt <aws.scheduler.attempt-number>", "RetryPolicy": {"MaximumRetryAttempts": 5}}
        self.schedule("rate(1 hour)", arn, target=text)
        advance(3600)
        url, _ = self.queue(name)
        self.assertIsNone(self.receive(url))
        advance(10)
        self.assertRegex(self.receive(url, wait=5)["Body"], "attempt [23]")

    def test_what_is_given_up_is_dead_lettered_with_the_reason(self):
        dead, dead_arn = self.queue()
        arn = f"arn:aws:sqs:us-east-1:000000000000:{unique('q')}"
        target = {
            "Input": "lost",
            "RetryPolicy": {"MaximumRetryAttempts": 1},
            "DeadLetterConfig": {"Arn": dead_arn},
        }
        name = self.schedule("rate(1 hour)", arn, target=target)
        advance(3600)
        self.assertIsNone(self.receive(dead))
        advance(5)
        letter = self.receive(dead, wait=5)
        self.assertEqual(letter["Body"], "lost")
        said = {key: value["StringValue"] for key, value in letter["MessageAttributes"].items()}
        self.assertEqual(said.pop("EXECUTION_ID").count("-"), 4)
        expected = {
            "ERROR_CODE": "AWS.SimpleQueueService.NonExistentQueue",
            "ERROR_MESSAGE": "The specified queue does not exist.",
            "EXHAUSTED_RETRY_CONDITION": "MaximumRetryAttempts",
            "IS_PAYLOAD_TRUNCATED": "false",
            "RETRY_ATTEMPTS": "1",
            "SCHEDULE_ARN": f"arn:aws:scheduler:us-east-1:000000000000:schedule/default/{name}",
            "TARGET_ARN": arn,
        }
        self.assertEqual(said, expected)

    def ended(self, machine):
        """The first execution of a machine, when it has ended."""
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            executions = self.states.list_executions(stateMachineArn=machine)["executions"]
            if executions and executions[0]["status"] != "RUNNING":
                return self.states.describe_execution(executionArn=executions[0]["executionArn"])
            time.sleep(0.05)
        self.fail("no execution ends")

    def test_an_execution_begins_on_time(self):
        definition = json.dumps({"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}})
        name = unique("m")
        made = self.states.create_state_machine(name=name, definition=definition, roleArn=ROLE)
        machine = made["stateMachineArn"]
        text = json.dumps({"schedule": "<aws.scheduler.schedule-arn>"})
        name = self.schedule("rate(1 hour)", machine, target={"Input": text})
        self.assertEqual(self.states.list_executions(stateMachineArn=machine)["executions"], [])
        advance(3600)
        told = self.ended(machine)
        self.assertEqual(told["status"], "SUCCEEDED")
        self.assertTrue(json.loads(told["input"])["schedule"].endswith(f":schedule/default/{name}"))

    def test_any_operation_is_called_on_time(self):
        url, _ = self.queue()
        text = json.dumps({"QueueUrl": url, "MessageBody": "called", "DelaySeconds": 0})
        self.schedule("rate(1 hour)", "arn:aws:scheduler:::aws-sdk:sqs:sendMessage", target={"Input": text})
        advance(3600)
        self.assertEqual(self.receive(url, wait=10)["Body"], "called")

    def test_a_stack_and_a_client_speak_of_the_same_schedules(self):
        stacks = boto3.client("cloudformation", config=CONFIG)
        stack, group = unique("s"), unique("g")
        properties = {
            "GroupName": {"Ref": "Group"},
            "Name": "tick",
            "Description": "of a stack",
            "ScheduleExpression": "cron(30 2 * * ? *)",
            "ScheduleExpressionTimezone": "Europe/Berlin",
            "FlexibleTimeWindow": OFF,
            "State": "DISABLED",
            "Target": {"Arn": {"Fn::GetAtt": ["Queue", "Arn"]}, "RoleArn": ROLE, "Input": "x"},
        }
        tags = [{"Key": "made", "Value": "by a stack"}]
        template = {
            "Resources": {
                "Queue": {"Type": "AWS::SQS::Queue"},
                "Group": {"Type": "AWS::Scheduler::ScheduleGroup", "Properties": {"Name": group, "Tags": tags}},
                "Tick": {"Type": "AWS::Scheduler::Schedule", "Properties": properties},
            },
            "Outputs": {"Arn": {"Value": {"Fn::GetAtt": ["Tick", "Arn"]}}},
        }
        stacks.create_stack(StackName=stack, TemplateBody=json.dumps(template))
        stacks.get_waiter("stack_create_complete").wait(StackName=stack, WaiterConfig={"Delay": 1})
        told = self.scheduler.get_schedule(Name="tick", GroupName=group)
        outputs = stacks.describe_stacks(StackName=stack)["Stacks"][0]["Outputs"]
        self.assertEqual(outputs[0]["OutputValue"], told["Arn"])
        for key in ("Description", "ScheduleExpression", "ScheduleExpressionTimezone", "FlexibleTimeWindow", "State"):
            self.assertEqual(told[key], properties[key])
        self.assertEqual((told["Target"]["RoleArn"], told["Target"]["Input"]), (ROLE, "x"))
        arn = self.scheduler.get_schedule_group(Name=group)["Arn"]
        self.assertEqual(self.scheduler.list_tags_for_resource(ResourceArn=arn)["Tags"], tags)
        properties["Description"] = "changed"
        stacks.update_stack(StackName=stack, TemplateBody=json.dumps(template))
        stacks.get_waiter("stack_update_complete").wait(StackName=stack, WaiterConfig={"Delay": 1})
        self.assertEqual(self.scheduler.get_schedule(Name="tick", GroupName=group)["Description"], "changed")
        stacks.delete_stack(StackName=stack)
        stacks.get_waiter("stack_delete_complete").wait(StackName=stack, WaiterConfig={"Delay": 1})
        with self.assertRaises(self.scheduler.exceptions.ResourceNotFoundException):
            self.scheduler.get_schedule_group(Name=group)

    def test_when_clocks_are_put_forward_a_time_that_is_skipped_comes_later(self):
        url, arn = self.queue()
        # The night of the next last Sunday of March, when Berlin has no half past two.
        year = now().year + (now().month > 3)
        last = datetime.datetime(year, 3, 31, tzinfo=UTC)
        night = last - datetime.timedelta(days=(last.weekday() + 1) % 7)
        skipped = night.replace(hour=2, minute=30)
        self.schedule(at(skipped), arn, target={"Input": "x"}, ScheduleExpressionTimezone="Europe/Berlin")
        # Half past three there, in summer time.
        comes = night.replace(hour=1, minute=30)
        advance(int((comes - now()).total_seconds()) - 60)
        self.assertIsNone(self.receive(url))
        advance(61)
        self.assertIsNotNone(self.receive(url, wait=5))


if __name__ == "__main__":
    unittest.main()
