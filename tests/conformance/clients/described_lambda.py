"""What `docs/compat/lambda.json` says of the operations, held against the published service model."""

import json
import pathlib
import unittest

import botocore.loaders

from shapes import described, flat

DESCRIPTION = json.loads((pathlib.Path(__file__).parents[3] / "docs/compat/lambda.json").read_text())
MODEL = botocore.loaders.Loader().load_service_model("lambda", "service-2")
SHAPES = MODEL["shapes"]
OPERATIONS = DESCRIPTION["operations"]

# The body of these is an event, which is not read as a member.
EVENTS = {("Invoke", "Payload"), ("InvokeWithResponseStream", "Payload"), ("InvokeAsync", "InvokeArgs")}
# The only region there is.
BESIDES = {("ListFunctions", "MasterRegion")}
# What all operations may answer before anything is looked at, and the model lists for none.
FRAMEWORK = {"ValidationException", "RequestEntityTooLargeException"}
# What operations answer that the model lists for others.
UNLISTED = {("CreateAlias", "CodeStorageExceededException")}


def is_refused(path):
    """Whether a member, or what it is in, is refused."""
    members = [".".join(path[1 : length + 1]) for length in range(1, len(path))]
    return any(path[0] in DESCRIPTION["refusedMembers"].get(member, []) for member in members)


class Described(unittest.TestCase):
    maxDiff = None

    def test_operations_are_of_the_model(self):
        self.assertLessEqual(set(OPERATIONS), set(MODEL["operations"]))

    def test_every_operation_takes_the_members_of_the_model_or_refuses_them(self):
        ours, theirs = {}, {}
        for name, operation in OPERATIONS.items():
            ours |= flat(operation["input"], (name,))
            modelled = MODEL["operations"][name].get("input")
            if modelled:
                theirs |= flat(described(SHAPES, modelled["shape"]), (name,))
        self.assertEqual({path for path in ours if path not in theirs}, set())
        self.assertEqual({path: kind for path, kind in ours.items() if theirs[path] != kind}, {})
        missing = {path for path in theirs if path not in ours and not is_refused(path)}
        self.assertEqual(missing - EVENTS - BESIDES, set())

    def test_refused_members_are_of_the_model(self):
        for member, operations in DESCRIPTION["refusedMembers"].items():
            for name in operations:
                shape = MODEL["operations"][name]["input"]["shape"]
                for part in member.split("."):
                    self.assertIn(part, SHAPES[shape]["members"], (name, member))
                    shape = SHAPES[shape]["members"][part]["shape"]

    def test_errors_have_the_statuses_of_the_model(self):
        for name, error in DESCRIPTION["errors"].items():
            if error["ofTheService"] and name not in FRAMEWORK:
                self.assertEqual(error["status"], SHAPES[name]["error"]["httpStatusCode"], name)

    def test_operations_answer_the_errors_of_the_model(self):
        unlisted = {
            (name, error)
            for name, operation in OPERATIONS.items()
            for error in operation["errors"]
            if error not in {listed["shape"] for listed in MODEL["operations"][name].get("errors", [])} | FRAMEWORK
        }
        self.assertEqual(unlisted, UNLISTED)


if __name__ == "__main__":
    unittest.main()
