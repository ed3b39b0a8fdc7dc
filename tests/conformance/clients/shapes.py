"""The shapes of requests and responses, held against the published service model."""

import base64
import copy
import itertools
import json
import re
import time
import unittest
import urllib.error
import urllib.request

from under_test import ENDPOINT, Case, service_model

MODEL = service_model()
SHAPES = MODEL["shapes"]
# What every service may answer beyond what an operation models.
COMMON = {
    "InvalidParameterValueException",
    "MissingRequiredParameterException",
    "SerializationException",
    "UnknownOperationException",
}
NOT_OF_ITS_TYPE = {
    "string": [{}, []],
    "integer": ["not a number", "1", 1.5, True, {}, []],
    "blob": [{}, []],
    "list": ["not a list", 1],
    "map": ["not a map", 1, []],
    "structure": ["not a structure", 1],
}
# Reserved by the service, and refused when they are sent.
NEVER_SENT = {("MessageAttributeValue", "StringListValues"), ("MessageAttributeValue", "BinaryListValues")}


def call(operation, request):
    """The status and the JSON of an answer, as they are on the wire."""
    headers = {"content-type": "application/x-amz-json-1.0", "x-amz-target": f"AmazonSQS.{operation}"}
    request = urllib.request.Request(ENDPOINT, data=json.dumps(request).encode(), headers=headers)
    try:
        with urllib.request.urlopen(request) as response:
            return response.status, json.loads(response.read() or b"{}")
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def misfits(value, name, path):
    """Where a value does not fit a shape of the model: members that it does not know, types that differ."""
    shape = SHAPES[name]
    kind = shape["type"]
    if kind == "structure":
        if not isinstance(value, dict):
            return [f"{path} is no structure"]
        members = shape["members"]
        # Lists are left out when they are empty, those that the model requires too.
        required = [m for m in shape.get("required", []) if SHAPES[members[m]["shape"]]["type"] != "list"]
        found = [f"{path}.{missing} is missing" for missing in required if missing not in value]
        for member, inner in value.items():
            if member not in members:
                found.append(f"{path}.{member} is not in the model")
            elif inner in (None, [], {}):
                found.append(f"{path}.{member} is empty instead of absent")
            else:
                found += misfits(inner, members[member]["shape"], f"{path}.{member}")
        return found
    if kind == "list":
        return [m for n, inner in enumerate(value) for m in misfits(inner, shape["member"]["shape"], f"{path}[{n}]")]
    if kind == "map":
        known = SHAPES[shape["key"]["shape"]].get("enum")
        found = [f"{path}.{key} is not in the model" for key in value if known and key not in known]
        return found + [m for k, inner in value.items() for m in misfits(inner, shape["value"]["shape"], f"{path}.{k}")]
    types = {"string": str, "blob": str, "boolean": bool, "integer": int, "long": int}
    return [] if type(value) is types[kind] else [f"{path} is {value!r}, not of type {kind}"]


def seen(value, name):
    """The members of structures that a value has, each with its structure's name."""
    shape = SHAPES[name]
    if shape["type"] == "structure":
        inner = [seen(v, shape["members"][member]["shape"]) for member, v in value.items()]
        return {(name, member) for member in value}.union(*inner)
    if shape["type"] == "list":
        return set().union(*(seen(inner, shape["member"]["shape"]) for inner in value))
    if shape["type"] == "map":
        return set().union(*(seen(inner, shape["value"]["shape"]) for inner in value.values()))
    return set()


def members(name):
    """The members of all structures that a shape is made of, each with its structure's name."""
    shape = SHAPES[name]
    if shape["type"] == "structure":
        own = shape["members"].items()
        return {(name, member) for member, _ in own}.union(*(members(inner["shape"]) for _, inner in own))
    inner = shape.get("member") or shape.get("value")
    return members(inner["shape"]) if inner else set()


def places(value, name, path=()):
    """Where in a request something stands, and what the model says it is."""
    shape = SHAPES[name]
    yield path, name
    if shape["type"] == "structure":
        for member, inner in value.items():
            yield from places(inner, shape["members"][member]["shape"], (*path, member))
    elif shape["type"] == "list":
        for number, inner in enumerate(value):
            yield from places(inner, shape["member"]["shape"], (*path, number))
    elif shape["type"] == "map":
        for key, inner in value.items():
            yield from places(inner, shape["value"]["shape"], (*path, key))


def changed(request, path, change):
    """A copy of a request in which `change` was applied to what holds the last of the path."""
    request = copy.deepcopy(request)
    holder = request
    for step in path[:-1]:
        holder = holder[step]
    change(holder, path[-1])
    return request


def input_shape(operation):
    return MODEL["operations"][operation]["input"]["shape"]


class Shapes(Case):
    def setUp(self):
        super().setUp()
        self.url = self.fifo_queue()
        self.standard = self.queue()

    def handle(self):
        """A receipt handle of a message in flight."""
        call("SendMessage", {"QueueUrl": self.standard, "MessageBody": "x"})
        _, answer = call("ReceiveMessage", {"QueueUrl": self.standard, "VisibilityTimeout": 60})
        return answer["Messages"][0]["ReceiptHandle"]

    def full_requests(self):
        """For each operation a request with every member that the model knows."""
        text = {"DataType": "String", "StringValue": "text"}
        binary = {"DataType": "Binary", "BinaryValue": base64.b64encode(b"\x00\xff").decode()}
        trace = {"DataType": "String", "StringValue": "Root=1-5759e988-bd862e3fe1be46a994272793"}
        message = {
            "MessageBody": "body",
            "DelaySeconds": 0,
            "MessageAttributes": {"text": text, "binary": binary},
            "MessageSystemAttributes": {"AWSTraceHeader": trace},
            "MessageDeduplicationId": "one",
            "MessageGroupId": "group",
        }
        account, name = self.url.split("/")[-2:]
        queue = {"QueueUrl": self.standard}
        permission = {"AWSAccountIds": ["222222222222"], "Actions": ["SendMessage"]}
        call("AddPermission", {**queue, "Label": "old", **permission})
        destination = self.attribute(self.standard, "QueueArn")
        start = {"DestinationArn": destination, "MaxNumberOfMessagesPerSecond": 1}
        running = {"SourceArn": self.attribute(self.dead_letter_queue(), "QueueArn"), **start}
        handle = {"ReceiptHandle": self.handle()}
        return {
            "CreateQueue": {"QueueName": "full", "Attributes": {"DelaySeconds": "1"}, "tags": {"colour": "red"}},
            "GetQueueUrl": {"QueueName": name, "QueueOwnerAWSAccountId": account},
            "ListQueues": {"QueueNamePrefix": name[:1], "MaxResults": 1, "NextToken": self.next_token(name[:1])},
            "GetQueueAttributes": {"QueueUrl": self.url, "AttributeNames": ["All"]},
            "SendMessage": {"QueueUrl": self.url, **message},
            "SendMessageBatch": {
                "QueueUrl": self.url,
                "Entries": [
                    {"Id": "a", **message, "MessageDeduplicationId": "two"},
                    {"Id": "b", **message, "MessageDeduplicationId": "three"},
                ],
            },
            "ReceiveMessage": {
                "QueueUrl": self.url,
                "AttributeNames": ["All"],
                "MessageSystemAttributeNames": ["All"],
                "MessageAttributeNames": ["All"],
                "MaxNumberOfMessages": 10,
                "VisibilityTimeout": 0,
                "WaitTimeSeconds": 0,
                "ReceiveRequestAttemptId": "attempt",
            },
            "ChangeMessageVisibility": {**queue, **handle, "VisibilityTimeout": 60},
            "ChangeMessageVisibilityBatch": {
                **queue,
                "Entries": [
                    {"Id": "a", **handle, "VisibilityTimeout": 60},
                    {"Id": "b", "ReceiptHandle": "garbage", "VisibilityTimeout": 60},
                ],
            },
            "DeleteMessage": {**queue, **handle},
            "DeleteMessageBatch": {
                **queue,
                "Entries": [{"Id": "a", **handle}, {"Id": "b", "ReceiptHandle": "garbage"}],
            },
            "SetQueueAttributes": {**queue, "Attributes": {"DelaySeconds": "1"}},
            "TagQueue": {**queue, "Tags": {"colour": "red"}},
            "ListQueueTags": queue,
            "UntagQueue": {**queue, "TagKeys": ["colour"]},
            "AddPermission": {**queue, "Label": "new", **permission},
            "RemovePermission": {**queue, "Label": "old"},
            "ListDeadLetterSourceQueues": self.page_of_sources(),
            "StartMessageMoveTask": {"SourceArn": self.attribute(self.dead_letter_queue(), "QueueArn"), **start},
            "ListMessageMoveTasks": {"SourceArn": running["SourceArn"], "MaxResults": 10},
            "CancelMessageMoveTask": {"TaskHandle": self.running_task(running)},
            "PurgeQueue": queue,
            "DeleteQueue": {"QueueUrl": self.url},
        }

    def dead_letter_queue(self):
        """A queue with two sources, and with more messages than a slow task can move while a test runs."""
        dead = self.queue()
        policy = json.dumps({"deadLetterTargetArn": self.attribute(dead, "QueueArn"), "maxReceiveCount": 1})
        for _ in range(2):
            self.queue(RedrivePolicy=policy)
        for _ in range(6):
            entries = [{"Id": str(n), "MessageBody": "x"} for n in range(10)]
            self.sqs.send_message_batch(QueueUrl=dead, Entries=entries)
        return dead

    def page_of_sources(self):
        """A full request for the second page of a dead-letter queue's sources."""
        request = {"QueueUrl": self.dead_letter_queue(), "MaxResults": 1}
        _, answer = call("ListDeadLetterSourceQueues", request)
        return {**request, "NextToken": answer["NextToken"]}

    def running_task(self, start):
        """The handle of a task that has only just begun."""
        _, answer = call("StartMessageMoveTask", start)
        return answer["TaskHandle"]

    def next_token(self, prefix):
        _, answer = call("ListQueues", {"QueueNamePrefix": prefix, "MaxResults": 1})
        return answer["NextToken"]

    def test_every_member_of_every_request_is_understood_and_every_answer_fits(self):
        requests = self.full_requests()
        self.assertEqual(sorted(requests), sorted(MODEL["operations"]))
        told = set()
        for operation, request in itertools.chain(requests.items(), self.requests_for_the_rest()):
            with self.subTest(operation):
                model = MODEL["operations"][operation]
                status, answer = call(operation, request)
                self.assertEqual(status, 200, answer)
                if "output" in model:
                    self.assertEqual(misfits(answer, model["output"]["shape"], operation), [])
                    told |= seen(answer, model["output"]["shape"])
                else:
                    self.assertEqual(answer, {})
        outputs = [model["output"]["shape"] for model in MODEL["operations"].values() if "output" in model]
        self.assertEqual(set().union(*map(members, outputs)) - told, NEVER_SENT)

    def test_the_requests_are_full(self):
        for operation, request in self.full_requests().items():
            with self.subTest(operation):
                self.assertEqual(set(request), set(SHAPES[input_shape(operation)]["members"]))

    def requests_for_the_rest(self):
        """Requests whose answers have what those of the full ones lack."""
        entries = [{"Id": "a", "MessageBody": "x"}, {"Id": "b", "MessageBody": "\u0001"}]
        yield "SendMessageBatch", {"QueueUrl": self.standard, "Entries": entries}
        dead = self.dead_letter_queue()
        yield "ListDeadLetterSourceQueues", {"QueueUrl": dead, "MaxResults": 1}
        source = {"SourceArn": self.attribute(dead, "QueueArn")}
        # Messages that were sent there directly have no queue to go back to.
        yield "StartMessageMoveTask", source
        deadline = time.monotonic() + 20
        while call("ListMessageMoveTasks", source)[1]["Results"][0]["Status"] == "RUNNING":
            self.assertLess(time.monotonic(), deadline, "the task does not fail")
        yield "ListMessageMoveTasks", source

    def test_what_is_required_is_required(self):
        for operation, request in self.full_requests().items():
            for path, name in places(request, input_shape(operation)):
                for member in SHAPES[name].get("required", []):
                    if path and path[-1] == "b" or path[-1:] == (1,):
                        continue  # One entry of each kind is enough.
                    with self.subTest(f"{operation} without {member} in {path}"):
                        status, answer = call(operation, changed(request, (*path, member), dict.pop))
                        self.assert_missing(operation, member, status, answer)

    def assert_missing(self, operation, member, status, answer):
        """A required member that is missing is told in the service's words."""
        if "Failed" in answer:
            [*_, failed] = [entry for entry in answer["Failed"] if entry["Id"] == "a"]
            error, message = failed["Code"], failed["Message"]
        else:
            self.assert_modelled(operation, status, answer)
            error, message = answer["__type"].split("#")[1], answer["message"]
        told_otherwise = {
            "QueueUrl": ("QueueDoesNotExist", "The specified queue does not exist."),
            "QueueName": (
                "InvalidParameterValueException",
                "Value for parameter QueueName is invalid. Reason: Must specify a queue name.",
            ),
            "AWSAccountIds": (
                "InvalidParameterValueException",
                "Value [] for parameter PrincipalId is invalid. Reason: Unable to verify.",
            ),
            "Id": (
                "InvalidBatchEntryId",
                "A batch entry id can only contain alphanumeric characters, hyphens and underscores. "
                "It can be at most 80 letters long.",
            ),
            "DataType": (
                "InvalidParameterValueException",
                "The type of message (user) attribute 'X' is invalid. "
                "You must use only the following supported type prefixes: Binary, Number, String.",
            ),
        }
        if member in told_otherwise:
            self.assertEqual((error, re.sub("attribute '[^']*'", "attribute 'X'", message)), told_otherwise[member])
        else:
            self.assertIn(error, ("MissingRequiredParameterException", "MissingParameter"))
            self.assertRegex(message, rf"^The request must contain the parameter (\w+RequestEntry\.\d+\.)?{member}\.$")

    def test_what_is_not_required_is_not_required(self):
        for operation, request in self.full_requests().items():
            required = set(SHAPES[input_shape(operation)].get("required", []))
            if operation == "SendMessage":
                required |= {"MessageGroupId", "MessageDeduplicationId"}  # On a FIFO queue.
            with self.subTest(operation):
                status, answer = call(operation, {k: v for k, v in request.items() if k in required})
                self.assertEqual(status, 200, answer)

    def test_a_member_of_another_type_is_refused_not_misread(self):
        for operation, request in self.full_requests().items():
            for path, name in places(request, input_shape(operation)):
                for bad in NOT_OF_ITS_TYPE[SHAPES[name]["type"]] if path else []:
                    with self.subTest(f"{operation} with {bad!r} at {path}"):
                        def put(holder, key, bad=bad):
                            holder[key] = bad

                        status, answer = call(operation, changed(request, path, put))
                        self.assertEqual(status, 400, answer)
                        self.assertEqual(answer["__type"], "com.amazon.coral.service#SerializationException")

    def assert_modelled(self, operation, status, answer):
        """The answer is an error, and one that the operation's users can expect."""
        modelled = {error["shape"] for error in MODEL["operations"][operation].get("errors", [])}
        self.assertGreaterEqual(status, 400, answer)
        self.assertLess(status, 500, answer)
        namespace, name = answer["__type"].split("#")
        self.assertIn(name, modelled | COMMON)
        self.assertEqual(namespace, "com.amazonaws.sqs" if name in modelled else "com.amazon.coral.service")
        self.assertTrue(answer["message"])


if __name__ == "__main__":
    unittest.main()
