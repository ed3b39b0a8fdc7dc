"""What the handler promises. Run with `python3 -m unittest` in this folder."""

import contextlib
import io
import json
import multiprocessing
import os
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import app

MAY = 1715000000  # 2024-05-06 in UTC.


def post(number, user="U1", ts=None, channel="C1", **more):
    """A Slack message event; each number is an event of its own."""
    event = {"type": "message", "channel": channel, "user": user, "text": f"post {number}"}
    event["ts"] = ts or f"{MAY + number}.000100"
    return {"type": "event_callback", "event_id": f"Ev{number}", "event": {**event, **more}}


def batch(*bodies, groups=None):
    """The event that a queue's mapping hands to the function."""
    groups = groups or ["g"] * len(bodies)
    records = []
    for number, (body, group) in enumerate(zip(bodies, groups, strict=True)):
        text = body if isinstance(body, str) else json.dumps(body)
        records.append({"messageId": f"m{number}", "body": text, "attributes": {"MessageGroupId": group}})
    return {"Records": records}


def write_many(folder, member, posts):
    """One member's posts, from a process of its own."""
    for number in range(posts):
        app.receive(post(1000 * member + number, user=f"U{member}"), Path(folder))


class HandlerTest(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory())) / "store"
        self.enterContext(mock.patch.dict(os.environ, {"TIL_STORE": str(self.folder)}))
        self.enterContext(contextlib.redirect_stdout(io.StringIO()))

    def document(self):
        return json.loads((self.folder / app.DOCUMENT).read_text(encoding="utf-8"))

    def handle(self, *bodies, groups=None):
        answer = app.handler(batch(*bodies, groups=groups), None)
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]

    def test_posts_are_kept_by_month_and_timestamp(self):
        june = "1717200000.000200"
        self.assertEqual(self.handle(post(1), post(2, ts=june)), [])
        self.assertEqual(set(self.document()), {"2024-05", "2024-06"})
        expected = {"event_id": "Ev2", "channel": "C1", "user": "U1", "text": "post 2"}
        self.assertEqual(self.document()["2024-06"], {june: expected})

    def test_a_post_with_a_file_is_a_post(self):
        self.handle(post(1, subtype="file_share"))
        self.assertEqual(len(self.document()["2024-05"]), 1)

    def test_an_event_that_comes_again_changes_nothing(self):
        self.handle(post(1))
        before = self.document()
        self.assertEqual(self.handle(post(1), {**post(1), "event_id": "Ev99"}), [])
        self.assertEqual(self.document(), before)

    def test_a_timestamp_of_another_channel_is_refused_and_not_overwritten(self):
        self.handle(post(1))
        before = self.document()
        taken = post(2, ts=f"{MAY + 1}.000100", channel="C2")
        self.assertEqual(self.handle(taken), ["m0"])
        self.assertEqual(self.document(), before)

    def test_whatever_is_not_a_post_is_ignored(self):
        joined = {"type": "event_callback", "event_id": "Ev1", "event": {"type": "team_join", "user": {}}}
        edited = post(2, subtype="message_changed")
        limited = {"type": "app_rate_limited", "minute_rate_limited": MAY}
        self.assertEqual(self.handle(joined, edited, limited), [])
        self.assertFalse(self.folder.exists())

    def test_after_a_failure_the_rest_of_its_group_fails_and_other_groups_go_on(self):
        bodies = [post(1), "not JSON", post(3), post(4)]
        self.assertEqual(self.handle(*bodies, groups=["a", "a", "a", "b"]), ["m1", "m2"])
        self.assertEqual([entry["event_id"] for entry in self.document()["2024-05"].values()], ["Ev1", "Ev4"])

    def test_a_write_that_fails_leaves_the_old_document_and_no_rubbish(self):
        self.handle(post(1))
        before = self.document()
        with mock.patch("app.os.replace", side_effect=OSError("disk")):
            self.assertEqual(self.handle(post(2)), ["m0"])
        self.assertEqual(self.document(), before)
        self.assertEqual({file.name for file in self.folder.iterdir()}, {app.DOCUMENT, app.LOCK})

    def test_members_that_post_at_the_same_time_do_not_overwrite_each_other(self):
        members, posts = 4, 10
        context = multiprocessing.get_context("fork")
        arguments = [(self.folder, member, posts) for member in range(members)]
        processes = [context.Process(target=write_many, args=argument) for argument in arguments]
        for process in processes:
            process.start()
        for process in processes:
            process.join()
        self.assertEqual([process.exitcode for process in processes], [0] * members)
        entries = self.document()["2024-05"]
        self.assertEqual(len(entries), members * posts)

    def test_without_a_setting_the_store_is_beside_the_code(self):
        with mock.patch.dict(os.environ, {"TIL_STORE": ""}):
            self.assertEqual(app.store_folder(), Path(app.__file__).resolve().parent.parent / "til-store")


if __name__ == "__main__":
    unittest.main()
