"""What the handler promises. Run with `python3 -m unittest` in this folder."""

import contextlib
import io
import json
import os
import tempfile
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from unittest import mock

import app


def event(*jobs):
    """What a topic invokes the function with."""
    return {"Records": [{"EventSource": "aws:sns", "Sns": {"Message": json.dumps(job)}} for job in jobs]}


class HandlerTest(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory())) / "store"
        self.enterContext(mock.patch.dict(os.environ, {"DATA_ENTRY_STORE": str(self.folder), "JOB_SECONDS": "0"}))
        self.said = self.enterContext(contextlib.redirect_stdout(io.StringIO()))

    def entries(self):
        return {path.name: json.loads(path.read_text()) for path in self.folder.iterdir() if path.name != app.OUTAGE}

    def test_a_job_becomes_an_entry(self):
        app.handler(event({"id": "j1", "text": "한글"}), None)
        self.assertEqual(self.entries(), {"j1.json": {"id": "j1", "text": "한글"}})
        self.assertEqual(self.said.getvalue(), "j1: done\n")

    def test_a_job_that_was_done_before_is_a_success_and_stays_as_it_is(self):
        app.handler(event({"id": "j1", "text": "first"}), None)
        (self.folder / app.OUTAGE).touch()
        app.handler(event({"id": "j1", "text": "second"}), None)
        self.assertEqual(self.entries()["j1.json"]["text"], "first")

    def test_an_outage_fails_the_job_and_leaves_nothing_behind(self):
        self.folder.mkdir()
        (self.folder / app.OUTAGE).touch()
        with self.assertRaises(app.Outage):
            app.handler(event({"id": "j1"}), None)
        self.assertEqual(self.entries(), {})
        (self.folder / app.OUTAGE).unlink()
        app.handler(event({"id": "j1"}), None)
        self.assertEqual(list(self.entries()), ["j1.json"])

    def test_of_many_at_the_same_time_one_does_the_job(self):
        with ThreadPoolExecutor(16) as pool:
            outcomes = list(pool.map(lambda n: app.do({"id": "j1", "n": n}, self.folder), range(64)))
        self.assertEqual(outcomes.count("done"), 1)
        self.assertEqual(self.entries()["j1.json"]["n"], outcomes.index("done"))

    def test_what_is_no_job_fails_and_touches_no_file(self):
        for message in ["no JSON", '{"id": "../j1"}', '{"id": ""}', "{}"]:
            with self.assertRaises((ValueError, KeyError)):
                app.handler({"Records": [{"EventSource": "aws:sns", "Sns": {"Message": message}}]}, None)
        with self.assertRaises(ValueError):
            app.handler({"Records": [{"EventSource": "aws:s3"}]}, None)
        self.assertFalse(self.folder.exists())


if __name__ == "__main__":
    unittest.main()
