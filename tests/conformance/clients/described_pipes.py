"""What `docs/compat/pipes.json` says of the operations, held against the published service model."""

import json
import pathlib
import unittest

import botocore.loaders

from shapes import described, flat

DESCRIPTION = json.loads((pathlib.Path(__file__).parents[3] / "docs/compat/pipes.json").read_text())
MODEL = botocore.loaders.Loader().load_service_model("pipes", "service-2")
SHAPES = MODEL["shapes"]
OPERATIONS = DESCRIPTION["operations"]


def is_refused(path):
    """Whether a member, or what it is in, is refused."""
    members = [".".join(path[1 : length + 1]) for length in range(1, len(path))]
    return any(path[0] in DESCRIPTION["refusedMembers"].get(member, []) for member in members)


class Described(unittest.TestCase):
    maxDiff = None

    def test_the_operations_are_those_of_the_model(self):
        self.assertEqual(set(OPERATIONS), set(MODEL["operations"]))

    def test_every_operation_takes_the_members_of_the_model_or_refuses_them(self):
        ours, theirs = {}, {}
        for name, operation in OPERATIONS.items():
            ours |= flat(operation["input"], (name,))
            theirs |= flat(described(SHAPES, MODEL["operations"][name]["input"]["shape"]), (name,))
        self.assertEqual({path for path in ours if path not in theirs}, set())
        self.assertEqual({path: kind for path, kind in ours.items() if theirs[path] != kind}, {})
        self.assertEqual({path for path in theirs if path not in ours and not is_refused(path)}, set())

    def test_refused_members_are_of_the_model(self):
        for member, operations in DESCRIPTION["refusedMembers"].items():
            for name in operations:
                shape = MODEL["operations"][name]["input"]["shape"]
                for part in member.split("."):
                    self.assertIn(part, SHAPES[shape]["members"], (name, member))
                    shape = SHAPES[shape]["members"][part]["shape"]

    def test_errors_have_the_statuses_of_the_model(self):
        for name, error in DESCRIPTION["errors"].items():
            if error["ofTheService"]:
                self.assertEqual(error["status"], SHAPES[name]["error"]["httpStatusCode"], name)

    def test_operations_answer_the_errors_of_the_model(self):
        for name, operation in OPERATIONS.items():
            listed = {error["shape"] for error in MODEL["operations"][name].get("errors", [])}
            with self.subTest(name):
                self.assertLessEqual(set(operation["errors"]), listed)


if __name__ == "__main__":
    unittest.main()
