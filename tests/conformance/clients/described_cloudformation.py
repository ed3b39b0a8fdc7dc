"""What `docs/compat/cloudformation.json` says of the operations, held against the published service model."""

import json
import pathlib
import unittest

import botocore.loaders

from shapes import described, flat

DESCRIPTION = json.loads((pathlib.Path(__file__).parents[3] / "docs/compat/cloudformation.json").read_text())
MODEL = botocore.loaders.Loader().load_service_model("cloudformation", "service-2")
SHAPES = MODEL["shapes"]

# What operations answer that the model lists for no operation: the service's general answer to what is wrong.
FRAMEWORK = {"ValidationError"}


class Described(unittest.TestCase):
    maxDiff = None

    def test_the_operations_are_some_of_the_model(self):
        self.assertLessEqual(set(DESCRIPTION["operations"]), set(MODEL["operations"]))

    def test_every_operation_takes_the_members_of_the_model(self):
        ours, theirs = {}, {}
        for name, operation in DESCRIPTION["operations"].items():
            ours |= flat(operation["input"], (name,))
            theirs |= flat(described(SHAPES, MODEL["operations"][name]["input"]["shape"]), (name,))
        self.assertEqual(set(ours.items()) ^ set(theirs.items()), set())

    def test_errors_have_the_codes_and_statuses_of_the_model(self):
        ours = {name: error for name, error in DESCRIPTION["errors"].items() if error["ofTheService"]}
        for name, error in ours.items():
            with self.subTest(name):
                modelled = SHAPES[name]["error"]
                self.assertEqual((error["code"], error["status"]), (modelled["code"], modelled["httpStatusCode"]))

    def test_operations_answer_the_errors_of_the_model(self):
        for name, operation in DESCRIPTION["operations"].items():
            listed = {error["shape"] for error in MODEL["operations"][name].get("errors", [])}
            with self.subTest(name):
                self.assertLessEqual(set(operation["errors"]), listed | FRAMEWORK)


if __name__ == "__main__":
    unittest.main()
