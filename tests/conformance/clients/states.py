"""Machines, executions, tokens and activities with boto3, as programs written for AWS use them."""

import json
import time
import unittest
import uuid

import boto3
import botocore.config

# SDKs put `sync-` before the host of two operations, which leads nowhere from an address.
CONFIG = botocore.config.Config(retries={"total_max_attempts": 1}, inject_host_prefix=False, read_timeout=70)
ROLE = "arn:aws:iam::000000000000:role/r"


class States(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.states = boto3.client("stepfunctions", config=CONFIG)
        cls.sqs = boto3.client("sqs", config=CONFIG)

    def machine(self, states, kind="STANDARD"):
        """A machine of these states, which begins with the first."""
        definition = json.dumps({"StartAt": next(iter(states)), "States": states})
        name = "m" + uuid.uuid4().hex
        made = self.states.create_state_machine(name=name, definition=definition, roleArn=ROLE, type=kind)
        return made["stateMachineArn"]

    def start(self, machine, **given):
        """An execution's ARN."""
        return self.states.start_execution(stateMachineArn=machine, input=json.dumps(given))["executionArn"]

    def ended(self, execution):
        """What is told of an execution that does not run any more."""
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            told = self.states.describe_execution(executionArn=execution)
            if told["status"] != "RUNNING":
                return told
            time.sleep(0.02)
        self.fail(f"{execution} does not end")

    def output(self, execution):
        told = self.ended(execution)
        self.assertEqual(told["status"], "SUCCEEDED", told)
        return json.loads(told["output"])

    def kinds(self, execution):
        """The kinds of all events, page by page."""
        pages = self.states.get_paginator("get_execution_history").paginate(
            executionArn=execution, PaginationConfig={"PageSize": 3}
        )
        return [event["type"] for page in pages for event in page["events"]]

    def test_an_order_goes_through_its_states(self):
        url = self.sqs.create_queue(QueueName="orders")["QueueUrl"]
        sent = {"QueueUrl": url, "MessageBody": {"order.$": "$.order", "total.$": "$.total"}}
        machine = self.machine(
            {
                "Total": {
                    "Type": "Pass",
                    "Parameters": {"order.$": "$.order", "total.$": "States.MathAdd($.net, $.tax)"},
                    "Next": "Large",
                },
                "Large": {
                    "Type": "Choice",
                    "Choices": [{"Variable": "$.total", "NumericGreaterThan": 100, "Next": "Send"}],
                    "Default": "Small",
                },
                "Small": {"Type": "Succeed"},
                "Send": {
                    "Type": "Task",
                    "Resource": "arn:aws:states:::sqs:sendMessage",
                    "Parameters": sent,
                    "ResultPath": "$.sent",
                    "End": True,
                },
            }
        )
        small, large = self.start(machine, order=1, net=40, tax=4), self.start(machine, order=2, net=400, tax=40)
        self.assertEqual(self.output(small), {"order": 1, "total": 44})
        result = self.output(large)
        message = self.sqs.receive_message(QueueUrl=url)["Messages"][0]
        self.assertEqual(json.loads(message["Body"]), {"order": 2, "total": 440})
        self.assertEqual(result["sent"]["MessageId"], message["MessageId"])
        self.assertEqual(
            self.kinds(large),
            "ExecutionStarted PassStateEntered PassStateExited ChoiceStateEntered ChoiceStateExited TaskStateEntered "
            "TaskScheduled TaskStarted TaskSucceeded TaskStateExited ExecutionSucceeded".split(),
        )

    def test_a_failure_is_retried_then_caught(self):
        machine = self.machine(
            {
                "Call": {
                    "Type": "Task",
                    "Resource": "arn:aws:lambda:us-east-1:000000000000:function:gone",
                    "Retry": [{"ErrorEquals": ["Lambda.ResourceNotFoundException"], "IntervalSeconds": 1, "MaxAttempts": 1}],
                    "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Failed"}],
                    "End": True,
                },
                "Failed": {"Type": "Fail", "ErrorPath": "$.error.Error", "CausePath": "$.error.Cause"},
            }
        )
        execution = self.start(machine)
        told = self.ended(execution)
        self.assertEqual((told["status"], told["error"]), ("FAILED", "Lambda.ResourceNotFoundException"))
        self.assertIn("Function not found", told["cause"])
        self.assertEqual(self.kinds(execution).count("LambdaFunctionScheduled"), 2)

    def test_an_execution_is_one_by_its_name_while_it_runs(self):
        machine = self.machine({"Wait": {"Type": "Wait", "Seconds": 600, "End": True}})
        first = self.states.start_execution(stateMachineArn=machine, name="one", input="{}")
        again = self.states.start_execution(stateMachineArn=machine, name="one", input="{}")
        self.assertEqual(first["executionArn"], again["executionArn"])
        self.assertEqual(first["startDate"], again["startDate"])
        with self.assertRaises(self.states.exceptions.ExecutionAlreadyExists):
            self.states.start_execution(stateMachineArn=machine, name="one", input="[]")
        running = self.states.list_executions(stateMachineArn=machine, statusFilter="RUNNING")["executions"]
        self.assertEqual([execution["name"] for execution in running], ["one"])
        self.states.stop_execution(executionArn=first["executionArn"], error="Enough")
        self.assertEqual(self.ended(first["executionArn"])["error"], "Enough")
        self.states.redrive_execution(executionArn=first["executionArn"])
        told = self.states.describe_execution(executionArn=first["executionArn"])
        self.assertEqual((told["status"], told["redriveCount"]), ("RUNNING", 1))
        self.states.stop_execution(executionArn=first["executionArn"])

    def test_a_token_comes_back_from_a_consumer(self):
        url = self.sqs.create_queue(QueueName="approvals")["QueueUrl"]
        state = {
            "Type": "Task",
            "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
            "Parameters": {"QueueUrl": url, "MessageBody": {"token.$": "$$.Task.Token"}},
            "End": True,
        }
        execution = self.start(self.machine({"Ask": state}))
        message = self.sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)["Messages"][0]
        token = json.loads(message["Body"])["token"]
        self.states.send_task_heartbeat(taskToken=token)
        self.states.send_task_success(taskToken=token, output='{"approved":true}')
        self.assertEqual(self.output(execution), {"approved": True})
        with self.assertRaises(self.states.exceptions.TaskTimedOut):
            self.states.send_task_success(taskToken=token, output="{}")
        with self.assertRaises(self.states.exceptions.InvalidToken):
            self.states.send_task_success(taskToken="nonsense", output="{}")

    def test_a_worker_polls_for_an_activity(self):
        activity = self.states.create_activity(name="print")["activityArn"]
        execution = self.start(self.machine({"Print": {"Type": "Task", "Resource": activity, "End": True}}), page=1)
        task = self.states.get_activity_task(activityArn=activity, workerName="printer")
        self.assertEqual(json.loads(task["input"]), {"page": 1})
        self.states.send_task_failure(taskToken=task["taskToken"], error="Jam", cause="paper")
        told = self.ended(execution)
        self.assertEqual((told["error"], told["cause"]), ("Jam", "paper"))
        self.states.delete_activity(activityArn=activity)

    def test_an_express_execution_answers_at_once(self):
        machine = self.machine({"Double": {"Type": "Pass", "Parameters": {"n.$": "States.MathAdd($.n, $.n)"}, "End": True}}, "EXPRESS")
        told = self.states.start_sync_execution(stateMachineArn=machine, input='{"n":2}')
        self.assertEqual((told["status"], told["output"]), ("SUCCEEDED", '{"n":4}'))
        self.assertEqual(told["billingDetails"]["billedMemoryUsedInMB"], 64)
        with self.assertRaises(self.states.exceptions.StateMachineTypeNotSupported):
            self.states.list_executions(stateMachineArn=machine)

    def test_a_parent_waits_for_its_child(self):
        child = self.machine({"Echo": {"Type": "Pass", "End": True}})
        state = {
            "Type": "Task",
            "Resource": "arn:aws:states:::states:startExecution.sync:2",
            "Parameters": {"StateMachineArn": child, "Input": {"n": 1}},
            "OutputPath": "$.Output",
            "End": True,
        }
        self.assertEqual(self.output(self.start(self.machine({"Child": state}))), {"n": 1})

    def test_a_map_in_jsonata(self):
        states = {
            "Each": {
                "Type": "Map",
                "QueryLanguage": "JSONata",
                "Items": "{% $states.input.numbers %}",
                "ItemProcessor": {
                    "StartAt": "Square",
                    "States": {"Square": {"Type": "Pass", "QueryLanguage": "JSONata", "Output": "{% $states.input * $states.input %}", "End": True}},
                },
                "End": True,
            }
        }
        self.assertEqual(self.output(self.start(self.machine(states), numbers=[1, 2, 3])), [1, 4, 9])

    def test_versions_and_aliases_route(self):
        machine = self.machine({"One": {"Type": "Pass", "Result": 1, "End": True}})
        first = self.states.publish_state_machine_version(stateMachineArn=machine)["stateMachineVersionArn"]
        definition = json.dumps({"StartAt": "Two", "States": {"Two": {"Type": "Pass", "Result": 2, "End": True}}})
        self.states.update_state_machine(stateMachineArn=machine, definition=definition)
        routes = [{"stateMachineVersionArn": first, "weight": 100}]
        alias = self.states.create_state_machine_alias(name="live", routingConfiguration=routes)["stateMachineAliasArn"]
        self.assertEqual([self.output(self.start(arn)) for arn in (alias, machine)], [1, 2])

    def test_a_definition_that_cannot_run_is_refused(self):
        for definition in ["", "{}", '{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:::events:putEvents","End":true}}}']:
            with self.assertRaises(self.states.exceptions.InvalidDefinition):
                self.states.create_state_machine(name="refused", definition=definition or " ", roleArn=ROLE)

    def test_a_state_is_tested(self):
        state = {"Type": "Pass", "Parameters": {"n.$": "$.a"}, "Next": "After"}
        tested = self.states.test_state(definition=json.dumps(state), roleArn=ROLE, input='{"a":1}')
        self.assertEqual((tested["output"], tested["nextState"], tested["status"]), ('{"n":1}', "After", "SUCCEEDED"))


if __name__ == "__main__":
    unittest.main()
