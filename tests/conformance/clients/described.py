"""What `docs/compat/sqs.json` says of the operations, held against the published service models."""

import json
import pathlib
import unittest

from shapes import described, flat
from under_test import QUERY_MODELS, service_model

DESCRIPTION = json.loads((pathlib.Path(__file__).parents[3] / "docs/compat/sqs.json").read_text())
MODEL = service_model()
SHAPES = MODEL["shapes"]
# The model of the Query protocol is the one that says codes and statuses.
QUERY_SHAPES = json.loads((QUERY_MODELS / "sqs/2012-11-05/service-2.json").read_text())["shapes"]

# One type reads a message, whether it stands alone with its queue or in a batch with its id.
BESIDES = {(("SendMessage", "Id"), "string"), (("SendMessageBatch", "Entries", "list", "QueueUrl"), "string")}

# Codes and statuses that no model says, or otherwise than the service was seen to answer.
RECORDED = {
    "InvalidAddress": ("InvalidAddress", 404),
    "InvalidSecurity": ("InvalidSecurity", 403),
    "ReceiptHandleIsInvalid": ("ReceiptHandleIsInvalid", 404),
    "RequestThrottled": ("RequestThrottled", 403),
    "KmsAccessDenied": ("KMS.AccessDeniedException", 400),
    "KmsDisabled": ("KMS.DisabledException", 400),
    "KmsInvalidKeyUsage": ("KMS.InvalidKeyUsageException", 400),
    "KmsInvalidState": ("KMS.InvalidStateException", 400),
    "KmsNotFound": ("KMS.NotFoundException", 400),
    "KmsOptInRequired": ("KMS.OptInRequired", 403),
    "KmsThrottled": ("KMS.ThrottlingException", 400),
}

# What operations answer that the model lists for others.
UNLISTED = {
    ("ReceiveMessage", "InvalidAttributeName"),
    ("SendMessageBatch", "InvalidMessageContents"),
    ("StartMessageMoveTask", "OverLimit"),
}


class Described(unittest.TestCase):
    maxDiff = None

    def test_there_are_the_operations_of_the_model(self):
        self.assertEqual(sorted(DESCRIPTION["operations"]), sorted(MODEL["operations"]))

    def test_every_operation_takes_the_members_of_the_model(self):
        ours, theirs = {}, {}
        for name, operation in DESCRIPTION["operations"].items():
            ours |= flat(operation["input"], (name,))
        for name, operation in MODEL["operations"].items():
            theirs |= flat(described(SHAPES, operation["input"]["shape"]), (name,))
        self.assertEqual(set(ours.items()) - set(theirs.items()), BESIDES)
        self.assertEqual(set(theirs.items()) - set(ours.items()), set())

    def test_errors_have_the_codes_and_statuses_of_the_model(self):
        ours = {name: error for name, error in DESCRIPTION["errors"].items() if error["ofTheService"]}
        self.assertEqual(sorted(ours), sorted(name for name, shape in SHAPES.items() if shape.get("exception")))
        for name, error in ours.items():
            with self.subTest(name):
                modelled = QUERY_SHAPES.get(name, {}).get("error", {"code": name, "httpStatusCode": 400})
                expected = RECORDED.get(name, (modelled["code"], modelled["httpStatusCode"]))
                self.assertEqual((error["code"], error["status"]), expected)

    def test_operations_answer_the_errors_of_the_model(self):
        unlisted = {
            (name, error)
            for name, operation in DESCRIPTION["operations"].items()
            for error in operation["errors"]
            if error not in {listed["shape"] for listed in MODEL["operations"][name]["errors"]}
        }
        self.assertEqual(unlisted, UNLISTED)

    def test_attributes_have_the_names_of_the_model(self):
        attributes = {*DESCRIPTION["queueAttributes"], "All"}
        self.assertEqual(attributes, set(SHAPES["QueueAttributeName"]["enum"]))
        self.assertEqual({*DESCRIPTION["systemAttributes"], "All"}, set(SHAPES["MessageSystemAttributeName"]["enum"]))


if __name__ == "__main__":
    unittest.main()
