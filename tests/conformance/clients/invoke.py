"""A function that is invoked with boto3 and with the AWS CLI, by every name it has."""

import base64
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

import boto3
import botocore.config

CONFIG = botocore.config.Config(retries={"total_max_attempts": 1})
ARN = "arn:aws:lambda:us-east-1:000000000000:function:adds"


class Invoke(unittest.TestCase):
    def setUp(self):
        self.functions = boto3.client("lambda", config=CONFIG)

    def invoke(self, name, event, **options):
        return self.functions.invoke(FunctionName=name, Payload=json.dumps(event), **options)

    def test_the_answer_comes_back_under_every_name(self):
        for name in ["adds", "000000000000:function:adds", ARN, ARN + ":$LATEST"]:
            answer = self.invoke(name, {"a": 1, "b": 2})
            self.assertEqual((answer["StatusCode"], answer["ExecutedVersion"]), (200, "$LATEST"))
            self.assertEqual(json.load(answer["Payload"]), {"sum": 3})
            self.assertNotIn("FunctionError", answer)
        self.assertEqual(self.invoke("adds", {"a": 1, "b": 2}, Qualifier="$LATEST")["StatusCode"], 200)

    def test_a_functions_error_comes_back_with_its_log(self):
        answer = self.invoke("adds", {}, LogType="Tail")
        self.assertEqual((answer["StatusCode"], answer["FunctionError"]), (200, "Unhandled"))
        self.assertEqual(json.load(answer["Payload"])["errorType"], "KeyError")
        log = base64.b64decode(answer["LogResult"]).decode()
        request_id = answer["ResponseMetadata"]["RequestId"]
        for line in ["START RequestId: " + request_id, "adding for " + request_id, "REPORT RequestId: " + request_id]:
            self.assertIn(line, log)

    def test_a_dry_run_says_only_whether_it_would_run(self):
        self.assertEqual(self.invoke("adds", {}, InvocationType="DryRun")["StatusCode"], 204)
        with self.assertRaises(self.functions.exceptions.ResourceNotFoundException):
            self.invoke("gone", {}, InvocationType="DryRun")

    def test_refusals_are_the_published_exceptions(self):
        with self.assertRaises(self.functions.exceptions.ResourceNotFoundException) as refused:
            self.invoke("gone", {})
        text = "Function not found: " + ARN.replace("adds", "gone")
        self.assertEqual(refused.exception.response["Message"], text)
        with self.assertRaises(self.functions.exceptions.InvalidRequestContentException):
            self.functions.invoke(FunctionName="adds", Payload=b"{")
        with self.assertRaises(self.functions.exceptions.RequestTooLargeException):
            self.invoke("adds", "x" * (6 << 20))
        with self.assertRaises(self.functions.exceptions.InvalidParameterValueException):
            self.invoke("adds", {}, TenantId="somebody")

    def test_the_aws_cli_writes_the_answer_to_a_file(self):
        with tempfile.TemporaryDirectory() as folder:
            answer = pathlib.Path(folder) / "answer.json"
            command = ["aws", "--endpoint-url", os.environ["AWS_ENDPOINT_URL"], "lambda", "invoke"]
            command += ["--function-name", "adds", "--payload", '{"a": 3, "b": 4}', str(answer)]
            said = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
            self.assertEqual(said, {"StatusCode": 200, "ExecutedVersion": "$LATEST"})
            self.assertEqual(json.loads(answer.read_text()), {"sum": 7})


if __name__ == "__main__":
    unittest.main()
