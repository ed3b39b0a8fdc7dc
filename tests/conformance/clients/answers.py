"""A function's SDK is let in with the key that the server gave it."""

import os
import unittest
import urllib.request

from under_test import ENDPOINT, Case, client


class Answers(Case):
    def test_a_question_is_answered_by_a_function_that_signs_its_calls(self):
        self.sqs = client(aws_access_key_id="AKIDOWN", aws_secret_access_key="own-secret")
        question = urllib.request.Request(os.environ["BONGSU_INGRESS"] + "/ask", data="열려라 참깨".encode())
        self.assertEqual(urllib.request.urlopen(question).status, 200)
        answers = self.receive(ENDPOINT + "/000000000000/answers", WaitTimeSeconds=20)
        self.assertEqual([answer["Body"] for answer in answers], ["seen: 열려라 참깨"])


if __name__ == "__main__":
    unittest.main()
