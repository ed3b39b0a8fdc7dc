"""Stacks, as boto3 and its waiters see them."""

import json
import unittest
import uuid

import boto3
from under_test import Case


def template(**queues):
    """A template with a queue for each name, with these properties."""
    resources = {name: {"Type": "AWS::SQS::Queue", "Properties": of} for name, of in queues.items()}
    return json.dumps({"Resources": resources, "Outputs": {name: {"Value": {"Ref": name}} for name in queues}})


class Stacks(Case):
    def setUp(self):
        super().setUp()
        self.cfn = boto3.client("cloudformation")
        self.name = "s" + uuid.uuid4().hex

    def wait(self, what, **more):
        waiter = self.cfn.get_waiter(what)
        waiter.wait(StackName=self.name, WaiterConfig={"Delay": 1, "MaxAttempts": 20}, **more)

    def described(self, stack=None):
        return self.cfn.describe_stacks(StackName=stack or self.name)["Stacks"][0]

    def outputs(self):
        return {output["OutputKey"]: output["OutputValue"] for output in self.described()["Outputs"]}

    def test_a_stack_is_made_changed_and_deleted(self):
        body = template(First={"DelaySeconds": 1}, Second={})
        stack = self.cfn.create_stack(StackName=self.name, TemplateBody=body)["StackId"]
        self.wait("stack_create_complete")
        before = self.outputs()
        self.assertEqual(self.attribute(before["First"], "DelaySeconds"), "1")
        body = template(First={}, Third={"FifoQueue": True})
        self.assertEqual(self.cfn.update_stack(StackName=self.name, TemplateBody=body)["StackId"], stack)
        self.wait("stack_update_complete")
        after = self.outputs()
        self.assertEqual((after["First"], sorted(after)), (before["First"], ["First", "Third"]))
        self.assertTrue(after["Third"].endswith(".fifo"))
        self.assertEqual(self.attribute(after["First"], "DelaySeconds"), "0")
        with self.assertRaises(self.sqs.exceptions.QueueDoesNotExist):
            self.attribute(before["Second"], "DelaySeconds")
        self.assertEqual(json.loads(json.dumps(self.cfn.get_template(StackName=self.name)["TemplateBody"])), json.loads(body))
        self.cfn.delete_stack(StackName=self.name)
        self.wait("stack_delete_complete")
        self.assertEqual(self.described(stack)["StackStatus"], "DELETE_COMPLETE")
        with self.assertRaises(self.sqs.exceptions.QueueDoesNotExist):
            self.attribute(after["First"], "DelaySeconds")

    def test_a_change_set_is_waited_for_and_executed(self):
        body = template(Only={})
        self.cfn.create_change_set(
            StackName=self.name, ChangeSetName="one", ChangeSetType="CREATE", TemplateBody=body
        )
        self.wait("change_set_create_complete", ChangeSetName="one")
        self.assertEqual(self.described()["StackStatus"], "REVIEW_IN_PROGRESS")
        self.cfn.execute_change_set(StackName=self.name, ChangeSetName="one")
        self.wait("stack_create_complete")
        with self.assertRaises(self.cfn.exceptions.ChangeSetNotFoundException):
            self.cfn.describe_change_set(StackName=self.name, ChangeSetName="one")
        with self.assertRaises(self.cfn.exceptions.AlreadyExistsException):
            self.cfn.create_stack(StackName=self.name, TemplateBody=body)
        pages = self.cfn.get_paginator("describe_stack_events").paginate(StackName=self.name)
        events = [event for page in pages for event in page["StackEvents"]]
        self.assertEqual(events[0]["ResourceStatus"], "CREATE_COMPLETE")
        self.assertEqual(len({event["EventId"] for event in events}), len(events))
        self.assertEqual(sorted(event["Timestamp"] for event in events), [event["Timestamp"] for event in events][::-1])

    def test_what_fails_is_taken_back(self):
        name = "q" + uuid.uuid4().hex
        self.sqs.create_queue(QueueName=name)
        self.cfn.create_stack(StackName=self.name, TemplateBody=template(A={}, B={"QueueName": name}))
        self.assertEqual(self.described()["StackStatus"], "ROLLBACK_COMPLETE")
        self.cfn.delete_stack(StackName=self.name)
        self.wait("stack_delete_complete")
        self.sqs.get_queue_url(QueueName=name)

    def test_code_in_a_template_is_run(self):
        code = "def handler(event, context):\n    return {'twice': event['n'] * 2}\n"
        properties = {
            "FunctionName": self.name,
            "Runtime": "python3.11",
            "Handler": "index.handler",
            "Role": "arn:aws:iam::000000000000:role/any",
            "Code": {"ZipFile": code},
        }
        body = json.dumps({"Resources": {"Twice": {"Type": "AWS::Lambda::Function", "Properties": properties}}})
        self.cfn.create_stack(StackName=self.name, TemplateBody=body, Capabilities=["CAPABILITY_IAM"])
        self.wait("stack_create_complete")
        answer = boto3.client("lambda").invoke(FunctionName=self.name, Payload=b'{"n": 21}')
        self.assertEqual(json.loads(answer["Payload"].read()), {"twice": 42})
        changed = body.replace("* 2", "* 3")
        self.cfn.update_stack(StackName=self.name, TemplateBody=changed)
        self.wait("stack_update_complete")
        answer = boto3.client("lambda").invoke(FunctionName=self.name, Payload=b'{"n": 21}')
        self.assertEqual(json.loads(answer["Payload"].read()), {"twice": 63})


if __name__ == "__main__":
    unittest.main()
