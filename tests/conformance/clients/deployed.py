"""Templates in the patterns of AWS's documentation, deployed with the AWS CLI as they are, and driven from end to end."""

import json
import os
import pathlib
import subprocess
import time
import unittest
import urllib.error
import urllib.request

import boto3
from functions import advance
from under_test import Case

TEMPLATES = pathlib.Path(__file__).parents[1] / "templates"
# How long something that nobody waits for may take.
PATIENCE = 30
DAY = 24 * 60 * 60


def aws(*arguments):
    command = ["aws", "--endpoint-url", os.environ["AWS_ENDPOINT_URL"], *arguments]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


class Deployed(Case):
    def deploy(self, template, *parameters):
        """The outputs of a new stack, which goes when the test is over."""
        stack = template.replace("_", "-")
        file = str(TEMPLATES / f"{template}.yaml")
        given = ["--parameter-overrides", *parameters] if parameters else []
        capabilities = ["--capabilities", "CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]
        aws("cloudformation", "deploy", "--stack-name", stack, "--template-file", file, *capabilities, *given)
        self.addCleanup(self.delete, stack)
        [described] = boto3.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
        self.assertEqual(described["StackStatus"], "CREATE_COMPLETE")
        return {output["OutputKey"]: output["OutputValue"] for output in described["Outputs"]}

    def delete(self, stack):
        aws("cloudformation", "delete-stack", "--stack-name", stack)
        aws("cloudformation", "wait", "stack-delete-complete", "--stack-name", stack)
        self.assertEqual(self.sqs.list_queues(QueueNamePrefix=stack).get("QueueUrls", []), [])

    def printed(self, function, text, count=1):
        """The lines of a function that have a text, once there are so many."""
        logs = boto3.client("logs")
        deadline = time.monotonic() + PATIENCE
        while True:
            found = logs.filter_log_events(logGroupName=f"/aws/lambda/{function}", filterPattern=f'"{text}"')
            lines = sorted(event["message"] for event in found["events"])
            if len(lines) >= count:
                return lines
            self.assertLess(time.monotonic(), deadline, lines)

    def received(self, queue):
        """The body of the one message that a queue gets."""
        [message] = self.receive(queue, MaxNumberOfMessages=1, WaitTimeSeconds=20)
        self.sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        return message["Body"]

    def test_orders_over_http_wait_for_a_function_and_what_fails_is_kept(self):
        outputs = self.deploy("http_api", "Attempts=1")
        with urllib.request.urlopen(outputs["Url"] + "/greetings/somebody") as answer:
            greeting = json.load(answer)
        self.assertEqual(greeting, {"said": "hello, somebody", "to": "/greetings/somebody"})
        for order in [{"id": 1, "items": ["book"]}, {"id": 2, "items": []}, {"id": 3, "items": ["pen"]}]:
            request = urllib.request.Request(outputs["Url"] + "/orders", json.dumps(order).encode(), method="POST")
            with urllib.request.urlopen(request) as answer:
                self.assertEqual(answer.status, 200)
        self.assertEqual(self.printed(outputs["Work"], "worked on", 2), ["worked on 1", "worked on 3"])
        self.assertEqual(json.loads(self.received(outputs["DeadOrders"])), {"id": 2, "items": []})
        with self.assertRaises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(outputs["Url"] + "/nowhere")
        self.assertEqual((refused.exception.code, json.load(refused.exception)), (404, {"message": "Not Found"}))

    def test_a_topic_fans_out_to_whom_it_concerns(self):
        outputs = self.deploy("fan_out")
        for order, kind, amount in [({"id": 1, "urgent": True}, "paid", "12"), ({"id": 2}, "free", "0")]:
            attributes = [f"kind={{DataType=String,StringValue={kind}}}", f"amount={{DataType=Number,StringValue={amount}}}"]
            about = ["--topic-arn", outputs["Topic"], "--message", json.dumps(order)]
            aws("sns", "publish", *about, "--message-attributes", ",".join(attributes))
        bodies = [json.loads(self.received(outputs["Storage"]))["id"] for _ in range(2)]
        self.assertEqual(sorted(bodies), [1, 2])
        billed = json.loads(self.received(outputs["Billing"]))
        self.assertEqual((billed["Type"], json.loads(billed["Message"])["id"]), ("Notification", 1))
        self.assertEqual(self.receive(outputs["Billing"]), [])
        self.assertEqual(self.printed(outputs["Tell"], "told of"), ['told of {"id": 1, "urgent": true}'])

    def test_the_clock_calls_a_function_and_writes_to_a_queue(self):
        outputs = self.deploy("scheduled")
        advance(5 * 60)
        self.assertEqual(self.printed(outputs["Sweep"], "swept")[0], "swept Scheduled Event")
        advance(DAY)
        self.assertEqual(self.printed(outputs["Sweep"], "swept deep"), ["swept deep"])
        self.assertEqual(self.received(outputs["Morning"]), "wake up")


if __name__ == "__main__":
    unittest.main()
