"""What `docs/compat/sns.json` says of the operations, held against the published service model."""

import json
import pathlib
import unittest

import botocore.loaders

from shapes import described, flat

DESCRIPTION = json.loads((pathlib.Path(__file__).parents[3] / "docs/compat/sns.json").read_text())
MODEL = botocore.loaders.Loader().load_service_model("sns", "service-2")
SHAPES = MODEL["shapes"]

# One type reads a message, whether it is published alone or in a batch with its id.
OF_A_MESSAGE = ("PublishBatch", "PublishBatchRequestEntries", "list")
BESIDES = {(("Publish", "Id"), "string")} | {
    ((*OF_A_MESSAGE, member), "string") for member in ("TopicArn", "TargetArn", "PhoneNumber")
}

# Members of message attributes that only SQS has; they are read and not looked at.
RESERVED = {"StringListValues", "BinaryListValues"}

# What operations answer that the model lists for no operation: the framework's, before an operation is called.
FRAMEWORK = {"ValidationError"}


class Described(unittest.TestCase):
    maxDiff = None

    def test_there_are_the_operations_of_the_model(self):
        self.assertEqual(sorted(DESCRIPTION["operations"]), sorted(MODEL["operations"]))

    def test_every_operation_takes_the_members_of_the_model(self):
        ours, theirs = {}, {}
        for name, operation in DESCRIPTION["operations"].items():
            ours |= flat(operation["input"], (name,))
            theirs |= flat(described(SHAPES, MODEL["operations"][name]["input"]["shape"]), (name,))
        ours = {path: kind for path, kind in ours.items() if not RESERVED & set(path)}
        self.assertEqual(set(ours.items()) - set(theirs.items()), BESIDES)
        self.assertEqual(set(theirs.items()) - set(ours.items()), set())

    def test_errors_have_the_codes_and_statuses_of_the_model(self):
        ours = {name: error for name, error in DESCRIPTION["errors"].items() if error["ofTheService"]}
        theirs = {name: shape for name, shape in SHAPES.items() if shape.get("exception")}
        self.assertEqual(sorted(ours), sorted(theirs))
        for name, error in ours.items():
            with self.subTest(name):
                modelled = theirs[name].get("error", {"code": name, "httpStatusCode": 400})
                self.assertEqual((error["code"], error["status"]), (modelled["code"], modelled["httpStatusCode"]))

    def test_operations_answer_the_errors_of_the_model(self):
        for name, operation in DESCRIPTION["operations"].items():
            listed = {error["shape"] for error in MODEL["operations"][name]["errors"]}
            with self.subTest(name):
                self.assertLessEqual(set(operation["errors"]), listed | FRAMEWORK)


if __name__ == "__main__":
    unittest.main()
