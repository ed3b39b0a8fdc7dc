"""Stacks, as boto3 and its waiters see them."""

import io
import json
import os
import unittest
import uuid
import zipfile

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

    def test_a_template_and_its_code_come_from_a_bucket(self):
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket=self.name)
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as writer:
            writer.writestr("app.py", "def handler(event, context):\n    return event['n'] + 1\n")
        s3.put_object(Bucket=self.name, Key="code/1.zip", Body=archive.getvalue())
        body = {
            "Transform": "AWS::Serverless-2016-10-31",
            "Resources": {
                "Next": {
                    "Type": "AWS::Serverless::Function",
                    "Properties": {
                        "FunctionName": self.name,
                        "Runtime": "python3.11",
                        "Handler": "app.handler",
                        "CodeUri": f"s3://{self.name}/code/1.zip",
                        "AutoPublishAlias": "live",
                    },
                }
            },
        }
        s3.put_object(Bucket=self.name, Key="t.json", Body=json.dumps(body))
        url = f"{os.environ['AWS_ENDPOINT_URL']}/{self.name}/t.json"
        self.assertEqual(self.cfn.get_template_summary(TemplateURL=url)["Parameters"], [])
        self.cfn.create_stack(StackName=self.name, TemplateURL=url)
        self.wait("stack_create_complete")
        functions = boto3.client("lambda")
        answer = functions.invoke(FunctionName=self.name, Qualifier="live", Payload=b'{"n": 21}')
        self.assertEqual((json.loads(answer["Payload"].read()), answer["ExecutedVersion"]), (22, "1"))
        tags = functions.get_function(FunctionName=self.name)["Tags"]
        self.assertEqual(tags["aws:cloudformation:stack-name"], self.name)
        missing = json.dumps(body).replace("code/1.zip", "code/2.zip")
        self.cfn.update_stack(StackName=self.name, TemplateBody=missing)
        self.assertEqual(self.described()["StackStatus"], "UPDATE_ROLLBACK_COMPLETE")
        self.cfn.delete_stack(StackName=self.name)
        self.wait("stack_delete_complete")
        with self.assertRaises(functions.exceptions.ResourceNotFoundException):
            functions.get_function(FunctionName=self.name)


if __name__ == "__main__":
    unittest.main()
