"""Events that nobody waits for: attempts, outcomes, destinations and dead letters, on a test clock."""

import json
import os
import time
import unittest
import urllib.request

import boto3

from functions import CONFIG, Functions, advance


class Events(Functions):
    def configure(self, name, **options):
        return self.functions.put_function_event_invoke_config(FunctionName=name, **options)

    def fire(self, name, event, **options):
        answer = self.functions.invoke(FunctionName=name, InvocationType="Event", Payload=json.dumps(event), **options)
        self.assertEqual((answer["StatusCode"], answer["Payload"].read()), (202, b""))
        self.assertNotIn("ExecutedVersion", answer)
        return answer["ResponseMetadata"]["RequestId"]

    def attempts(self, name):
        """How often the function has failed, from the metrics."""
        page = urllib.request.urlopen(os.environ["AWS_ENDPOINT_URL"] + "/metrics").read().decode()
        row = f'bongsu_lambda_errors_total{{function="{name}"}} '
        return next((int(line.removeprefix(row)) for line in page.splitlines() if line.startswith(row)), 0)

    def fail_times(self, name, times):
        """Waits until the function has failed so often."""
        for _ in range(200):
            if self.attempts(name) >= times:
                return
            time.sleep(0.05)
        self.fail(f"{name} has not failed {times} times")

    def test_a_success_is_told_to_its_destination(self):
        name = self.make()
        told, arn = self.queue()
        put = self.configure(name, DestinationConfig={"OnSuccess": {"Destination": arn}})
        self.assertEqual(put["FunctionArn"], self.arn(name) + ":$LATEST")
        self.assertEqual(put["DestinationConfig"], {"OnSuccess": {"Destination": arn}, "OnFailure": {}})
        request = self.fire(name, {"a": 1})
        record = json.loads(self.receive(told)["Body"])
        self.assertRegex(record.pop("timestamp"), r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
        self.assertEqual(record.pop("responsePayload")["event"], {"a": 1})
        expected = {
            "version": "1.0",
            "requestContext": {
                "requestId": request,
                "functionArn": self.arn(name) + ":$LATEST",
                "condition": "Success",
                "approximateInvokeCount": 1,
            },
            "requestPayload": {"a": 1},
            "responseContext": {"statusCode": 200, "executedVersion": "$LATEST"},
        }
        self.assertEqual(record, expected)

    def test_a_failure_is_tried_three_times_and_told_twice(self):
        dead, dead_arn = self.queue()
        name = self.make("app.fails", DeadLetterConfig={"TargetArn": dead_arn})
        told, arn = self.queue()
        self.configure(name, DestinationConfig={"OnFailure": {"Destination": arn}})
        request = self.fire(name, {"a": 1})
        self.fail_times(name, 1)
        advance(60)
        self.fail_times(name, 2)
        advance(120)
        record = json.loads(self.receive(told)["Body"])
        self.assertEqual(record["requestContext"]["condition"], "RetriesExhausted")
        self.assertEqual(record["requestContext"]["approximateInvokeCount"], 3)
        context = {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"}
        self.assertEqual(record["responseContext"], context)
        self.assertEqual(record["responsePayload"]["errorType"], "ValueError")
        letter = self.receive(dead)
        self.assertEqual(json.loads(letter["Body"]), {"a": 1})
        attributes = {name: value["StringValue"] for name, value in letter["MessageAttributes"].items()}
        self.assertEqual(attributes, {"RequestID": request, "ErrorCode": "200", "ErrorMessage": 'no: {"a": 1}'})
        self.assertEqual(self.attempts(name), 3)

    def test_a_function_that_may_not_run_fails_at_once(self):
        name = self.make()
        told, arn = self.queue()
        self.configure(name, DestinationConfig={"OnFailure": {"Destination": arn}})
        self.functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
        self.fire(name, {"a": 1})
        record = json.loads(self.receive(told)["Body"])
        self.assertEqual(record["requestContext"]["condition"], "ZeroReservedConcurrency")
        self.assertEqual(record["requestContext"]["approximateInvokeCount"], 0)
        self.assertNotIn("responseContext", record)

    def test_an_event_that_would_become_too_old_fails_now(self):
        name = self.make("app.fails")
        told, arn = self.queue()
        self.configure(name, MaximumEventAgeInSeconds=60, DestinationConfig={"OnFailure": {"Destination": arn}})
        self.fire(name, {})
        self.fail_times(name, 1)
        advance(60)
        record = json.loads(self.receive(told)["Body"])
        self.assertEqual(record["requestContext"]["condition"], "EventAgeExceeded")

    def test_topics_and_functions_are_told_too(self):
        topics = boto3.client("sns", config=CONFIG)
        topic = topics.create_topic(Name="told")["TopicArn"]
        heard, heard_arn = self.queue()
        attributes = {"RawMessageDelivery": "true"}
        topics.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=heard_arn, Attributes=attributes)
        policy = {"Statement": {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": heard_arn}}
        self.sqs.set_queue_attributes(QueueUrl=heard, Attributes={"Policy": json.dumps(policy)})
        # The second function tells what it was told.
        second = self.make()
        self.configure(second, DestinationConfig={"OnSuccess": {"Destination": topic}})
        first = self.make()
        self.configure(first, DestinationConfig={"OnSuccess": {"Destination": self.arn(second)}})
        self.fire(first, {"a": 1})
        record = json.loads(self.receive(heard)["Body"])
        self.assertEqual(record["requestPayload"]["requestContext"]["functionArn"], self.arn(first) + ":$LATEST")
        self.assertEqual(record["requestPayload"]["requestPayload"], {"a": 1})

    def test_what_is_said_of_events_is_told_and_taken_back(self):
        name = self.make()
        get = self.functions.get_function_event_invoke_config
        text = self.refused("ResourceNotFoundException", get, FunctionName=name)
        self.assertEqual(text, f"The function {self.arn(name)}:$LATEST doesn't have an EventInvokeConfig")
        self.refused("InvalidParameterValueException", self.configure, name=name)
        itself = {"OnSuccess": {"Destination": self.arn(name)}}
        self.refused("InvalidParameterValueException", self.configure, name=name, DestinationConfig=itself)
        self.configure(name, MaximumRetryAttempts=1)
        changed = self.functions.update_function_event_invoke_config(FunctionName=name, MaximumEventAgeInSeconds=100)
        self.assertEqual((changed["MaximumRetryAttempts"], changed["MaximumEventAgeInSeconds"]), (1, 100))
        self.assertNotIn("MaximumEventAgeInSeconds", self.configure(name, MaximumRetryAttempts=0))
        listed = self.functions.list_function_event_invoke_configs(FunctionName=name)["FunctionEventInvokeConfigs"]
        self.assertEqual([config["MaximumRetryAttempts"] for config in listed], [0])
        self.functions.delete_function_event_invoke_config(FunctionName=name)
        self.refused("ResourceNotFoundException", get, FunctionName=name)

    def test_events_have_a_mebibyte_at_most(self):
        name = self.make()
        self.refused(
            "RequestTooLargeException",
            self.functions.invoke,
            FunctionName=name,
            InvocationType="Event",
            Payload=json.dumps("x" * (1 << 20)),
        )
        gone = {"FunctionName": "gone", "InvocationType": "Event", "Payload": "{}"}
        self.refused("ResourceNotFoundException", self.functions.invoke, **gone)
        self.assertEqual(self.functions.invoke_async(FunctionName=name, InvokeArgs=b"{}")["Status"], 202)


if __name__ == "__main__":
    unittest.main()
