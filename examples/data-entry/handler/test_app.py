"""What the handler promises. Run with `python3 -m unittest` in this folder."""

import asyncio
import json
import os
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import app


def event(*jobs):
    """What a topic invokes the function with."""
    return {"Records": [{"EventSource": "aws:sns", "Sns": {"Message": json.dumps(job)}} for job in jobs]}


def handle(event):
    app.handle_alone(event, None)


class HandlerTest(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory())) / "store"
        self.enterContext(mock.patch.dict(os.environ, {"DATA_ENTRY_STORE": str(self.folder), "JOB_SECONDS": "0"}))

    def entries(self):
        return {path.name: json.loads(path.read_text()) for path in self.folder.iterdir() if path.name != app.OUTAGE}

    def test_a_job_becomes_an_entry(self):
        with self.assertLogs() as said:
            handle(event({"id": "j1", "text": "한글"}))
        self.assertEqual(self.entries(), {"j1.json": {"id": "j1", "text": "한글"}})
        self.assertEqual(said.output, ["INFO:root:j1: done"])

    def test_a_job_that_was_done_before_is_a_success_and_stays_as_it_is(self):
        handle(event({"id": "j1", "text": "first"}))
        (self.folder / app.OUTAGE).touch()
        with self.assertLogs() as said:
            handle(event({"id": "j1", "text": "second"}))
        self.assertEqual(said.output, ["INFO:root:j1: done before"])
        self.assertEqual(self.entries()["j1.json"]["text"], "first")

    def test_an_outage_fails_the_job_and_leaves_nothing_behind(self):
        self.folder.mkdir()
        (self.folder / app.OUTAGE).touch()
        with self.assertRaises(app.Outage):
            handle(event({"id": "j1"}))
        self.assertEqual(self.entries(), {})
        (self.folder / app.OUTAGE).unlink()
        handle(event({"id": "j1"}))
        self.assertEqual(list(self.entries()), ["j1.json"])

    def test_of_many_at_the_same_time_one_does_the_job(self):
        async def do_all():
            return await asyncio.gather(*(app.do({"id": "j1", "n": n}, self.folder) for n in range(64)))

        outcomes = asyncio.run(do_all())
        self.assertEqual(outcomes.count("done"), 1)
        self.assertEqual(self.entries()["j1.json"]["n"], outcomes.index("done"))

    def test_what_is_no_job_fails_and_touches_no_file(self):
        for message in ["no JSON", '{"id": "../j1"}', '{"id": ""}', "{}"]:
            with self.assertRaises((ValueError, KeyError)):
                handle({"Records": [{"EventSource": "aws:sns", "Sns": {"Message": message}}]})
        with self.assertRaises(ValueError):
            handle({"Records": [{"EventSource": "aws:s3"}]})
        self.assertFalse(self.folder.exists())


    def test_jobs_wait_side_by_side(self):
        os.environ["JOB_SECONDS"] = "0.2"

        async def do_all():
            await asyncio.wait_for(asyncio.gather(*(app.do({"id": f"j{n}"}, self.folder) for n in range(100))), 10)

        asyncio.run(do_all())
        self.assertEqual(len(self.entries()), 100)


if __name__ == "__main__":
    unittest.main()
