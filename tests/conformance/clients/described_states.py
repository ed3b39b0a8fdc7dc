"""What `docs/compat/states.json` says of the operations, held against the published service model."""

import json
import pathlib
import unittest

import botocore.loaders

from shapes import described, flat

DESCRIPTION = json.loads((pathlib.Path(__file__).parents[3] / "docs/compat/states.json").read_text())
MODEL = botocore.loaders.Loader().load_service_model("stepfunctions", "service-2")
SHAPES = MODEL["shapes"]

# Settings are kept as they come: their members are the model's, whatever these are.
KEPT = ("loggingConfiguration", "tracingConfiguration", "encryptionConfiguration")
# What all operations may answer before anything is looked at, and the model lists for some.
FRAMEWORK = {"ValidationException"}


def without_kept(paths):
    """The members but those of settings that are kept as they come."""
    return {path: kind for path, kind in paths.items() if len(path) < 2 or path[1] not in KEPT}


class Described(unittest.TestCase):
    maxDiff = None

    def test_the_operations_are_those_of_the_model(self):
        self.assertEqual(set(DESCRIPTION["operations"]), set(MODEL["operations"]))

    def test_every_operation_takes_the_members_of_the_model(self):
        ours, theirs = {}, {}
        for name, operation in DESCRIPTION["operations"].items():
            ours |= flat(operation["input"], (name,))
            theirs |= flat(described(SHAPES, MODEL["operations"][name]["input"]["shape"]), (name,))
        ours, theirs = without_kept(ours), without_kept(theirs)
        self.assertEqual(set(ours.items()) ^ set(theirs.items()), set())

    def test_errors_are_of_the_model(self):
        for name, error in DESCRIPTION["errors"].items():
            if error["ofTheService"]:
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
