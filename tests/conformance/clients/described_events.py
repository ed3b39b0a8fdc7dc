"""What `docs/compat/events.json` says of the operations, held against the published service model."""

import json
import pathlib
import unittest

import botocore.loaders

from shapes import described, flat

DESCRIPTION = json.loads((pathlib.Path(__file__).parents[3] / "docs/compat/events.json").read_text())
MODEL = botocore.loaders.Loader().load_service_model("events", "service-2")
SHAPES = MODEL["shapes"]

# What is here of it: how other people's HTTP APIs are called, and patterns that are tried.
HERE = {name for name in MODEL["operations"] if "Connection" in name or "ApiDestination" in name} | {"TestEventPattern"}
# What all operations may answer before anything is looked at; the model does not list it.
FRAMEWORK = {"ValidationException"}


class Described(unittest.TestCase):
    maxDiff = None

    def test_the_operations_are_those_of_the_model_about_http_calls(self):
        self.assertEqual(set(DESCRIPTION["operations"]), HERE)

    def test_every_operation_takes_the_members_of_the_model(self):
        ours, theirs = {}, {}
        for name, operation in DESCRIPTION["operations"].items():
            ours |= flat(operation["input"], (name,))
            theirs |= flat(described(SHAPES, MODEL["operations"][name]["input"]["shape"]), (name,))
        self.assertEqual(set(ours.items()) ^ set(theirs.items()), set())

    def test_errors_are_of_the_model(self):
        for name, error in DESCRIPTION["errors"].items():
            if error["ofTheService"] and name not in FRAMEWORK:
                with self.subTest(name):
                    self.assertTrue(SHAPES[name]["exception"])
                    self.assertEqual((error["code"], error["status"]), (name, 400))

    def test_operations_answer_the_errors_of_the_model(self):
        for name, operation in DESCRIPTION["operations"].items():
            listed = {error["shape"] for error in MODEL["operations"][name].get("errors", [])}
            with self.subTest(name):
                self.assertLessEqual(set(operation["errors"]), listed | FRAMEWORK)


if __name__ == "__main__":
    unittest.main()
