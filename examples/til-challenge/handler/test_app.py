"""What the handler promises. Run with `python3 -m unittest` in this folder."""

import contextlib
import io
import json
import threading
import unittest
from unittest import mock

import app
from store import Changed

MAY = 1715000000  # 2024-05-06 in UTC.


class Memory:
    """A document as the store keeps it."""

    def __init__(self):
        self.text, self.version, self.lock = "{}", None, threading.Lock()

    def read(self):
        with self.lock:
            return json.loads(self.text), self.version

    def replace(self, document, etag):
        with self.lock:
            if etag != self.version:
                raise Changed
            self.text, self.version = json.dumps(document), (self.version or 0) + 1


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


class HandlerTest(unittest.TestCase):
    def setUp(self):
        self.memory = Memory()
        self.enterContext(mock.patch("app.document", lambda: self.memory))
        self.enterContext(contextlib.redirect_stdout(io.StringIO()))

    def document(self):
        return self.memory.read()[0]

    def handle(self, *bodies, groups=None):
        answer = app.handler(batch(*bodies, groups=groups), None)
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]

    def test_posts_are_kept_by_month_and_timestamp(self):
        june = "1717200000.000200"
        self.assertEqual(self.handle(post(1), post(2, ts=june)), [])
        self.assertEqual(set(self.document()), {"2024-05", "2024-06"})
        expected = {"event_id": "Ev2", "channel": "C1", "user": "U1", "text": "post 2"}
        self.assertEqual(self.document()["2024-06"], {june: expected})

    def test_a_batch_is_one_change(self):
        self.handle(post(1), post(2), post(3))
        self.assertEqual(self.memory.version, 1)

    def test_a_post_with_a_file_is_a_post(self):
        self.handle(post(1, subtype="file_share"))
        self.assertEqual(len(self.document()["2024-05"]), 1)

    def test_an_event_that_comes_again_changes_nothing(self):
        self.handle(post(1))
        before = self.document()
        self.assertEqual(self.handle(post(1), {**post(1), "event_id": "Ev99"}), [])
        self.assertEqual((self.document(), self.memory.version), (before, 1))

    def test_a_timestamp_of_another_channel_is_refused_and_not_overwritten(self):
        self.handle(post(1))
        before = self.document()
        taken = post(2, ts=f"{MAY + 1}.000100", channel="C2")
        self.assertEqual(self.handle(taken, post(3)), ["m0", "m1"])
        self.assertEqual(self.document(), before)

    def test_whatever_is_not_a_post_is_ignored(self):
        joined = {"type": "event_callback", "event_id": "Ev1", "event": {"type": "team_join", "user": {}}}
        edited = post(2, subtype="message_changed")
        limited = {"type": "app_rate_limited", "minute_rate_limited": MAY}
        self.assertEqual(self.handle(joined, edited, limited), [])
        self.assertIsNone(self.memory.version)

    def test_after_a_failure_the_rest_of_its_group_fails_and_other_groups_go_on(self):
        bodies = [post(1), "not JSON", post(3), post(4)]
        self.assertEqual(self.handle(*bodies, groups=["a", "a", "a", "b"]), ["m1", "m2"])
        self.assertEqual([entry["event_id"] for entry in self.document()["2024-05"].values()], ["Ev1", "Ev4"])

    def test_a_document_that_cannot_be_replaced_fails_the_batch(self):
        with mock.patch.object(self.memory, "replace", side_effect=Changed), mock.patch("app.time.sleep"):
            self.assertRaises(TimeoutError, self.handle, post(1))

    def test_members_that_post_at_the_same_time_do_not_overwrite_each_other(self):
        members, posts = 8, 20

        def write_many(member):
            for number in range(posts):
                app.handler(batch(post(1000 * member + number, user=f"U{member}")), None)

        threads = [threading.Thread(target=write_many, args=[member]) for member in range(members)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(len(self.document()["2024-05"]), members * posts)


if __name__ == "__main__":
    unittest.main()
