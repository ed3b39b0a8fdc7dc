"""Celery with its SQS transport: real workers, what they do, try again and give up, and what becomes of their work
when they are killed."""

import contextlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import unittest

from under_test import Case

# Far more than a worker needs to start and to do what it is told.
SOON = 30


class Workers(Case):
    def setUp(self):
        super().setUp()
        self.reports = self.queue()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.mended = pathlib.Path(folder.name) / "mended"

    def configure(self, **transport):
        """Says what the transport is to do, before anything is sent or worked on."""
        self.environment = {
            **os.environ,
            "PYTHONPATH": str(pathlib.Path(__file__).parent),
            "CELERY_TRANSPORT": repr(transport),
            "CELERY_REPORTS": self.reports,
            "CELERY_MENDED": str(self.mended),
        }

    def send(self, task, *arguments, **options):
        """Sends a task, from a process of its own as a web server would be."""
        call = f"celery_app.{task}.apply_async({arguments!r}, **{options!r})"
        subprocess.run([sys.executable, "-c", f"import celery_app; {call}"], env=self.environment, check=True)

    def worker(self, *queues):
        """A worker in a process group of its own, so that a test can take it away with all that it has started."""
        command = [sys.executable, "-m", "celery", "--app", "celery_app", "worker", "--queues", ",".join(queues)]
        worker = subprocess.Popen(
            command, env=self.environment, stdout=subprocess.DEVNULL, start_new_session=True
        )
        self.addCleanup(self.kill, worker)
        return worker

    def shut_down(self, worker):
        """A warm shutdown."""
        worker.send_signal(signal.SIGTERM)
        self.assertEqual(worker.wait(SOON), 0)

    def kill(self, worker):
        """What becomes of a worker whose machine stops."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()

    def told(self, **expected):
        """The next report of a task, checked to be the expected one as far as that says."""
        deadline = time.monotonic() + SOON
        while time.monotonic() < deadline:
            for message in self.receive(self.reports, WaitTimeSeconds=5, MaxNumberOfMessages=1):
                self.sqs.delete_message(QueueUrl=self.reports, ReceiptHandle=message["ReceiptHandle"])
                report = json.loads(message["Body"])
                self.assertEqual({name: report.get(name) for name in expected}, expected)
                return report
        self.fail(f"nobody told {expected}")

    def assert_idle(self, queue):
        """Waits until nothing is left in a queue."""
        deadline = time.monotonic() + SOON
        while time.monotonic() < deadline:
            names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
            counts = self.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
            if set(counts.values()) == {"0"}:
                return
        self.fail(f"still in the queue: {counts}")

    def test_queues_are_made_as_they_are_needed(self):
        tags = {"team": "mail"}
        self.configure(queue_name_prefix="made-", visibility_timeout=77, wait_time_seconds=1, queue_tags=tags)
        self.send("add", 2, 3)
        queue = self.sqs.get_queue_url(QueueName="made-celery")["QueueUrl"]
        self.assertEqual(self.attribute(queue, "VisibilityTimeout"), "77")
        self.assertEqual(self.sqs.list_queue_tags(QueueUrl=queue)["Tags"], tags)
        self.assertEqual(self.attribute(queue, "ApproximateNumberOfMessages"), "1")

        worker = self.worker("celery", "line.fifo")
        self.told(task="add", sum=5)
        self.send("add", "Zü", "rich")
        self.told(task="add", sum="Zürich")
        self.send("add", 1, 1, queue="line.fifo", MessageGroupId="a")
        self.told(task="add", sum=2)

        # A countdown is waited for by the worker, a delay by the queue.
        for option in ["countdown", "delay_seconds"]:
            sent = time.time()
            self.send("add", 3, 4, **{option: 1})
            self.told(task="add", sum=7)
            self.assertGreaterEqual(time.time() - sent, 0.9, option)

        self.send("retry")
        times = [self.told(task="retry", retries=n)["at"] for n in range(3)]
        self.assertGreaterEqual(times[1] - times[0], 0.9)
        self.assertGreaterEqual(times[2] - times[1], 0.9)

        self.send("requeue")
        for _ in range(2):
            self.told(task="requeue", mended=False)
        self.mended.touch()
        while not self.told(task="requeue")["mended"]:
            pass

        line = self.sqs.get_queue_url(QueueName="made-line.fifo")["QueueUrl"]
        for made in [queue, line]:
            self.assert_idle(made)
        self.shut_down(worker)
        self.assertEqual(self.sqs.list_queues(QueueNamePrefix="made-")["QueueUrls"], [queue, line])

    def test_a_task_that_fails_too_often_is_redriven(self):
        dead = self.queue()
        arn = self.attribute(dead, "QueueArn")
        policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 2})
        queue = self.queue(VisibilityTimeout="1", RedrivePolicy=policy)
        patient = self.queue(VisibilityTimeout="600")
        backoff = {"backoff_tasks": ["celery_app.poison"], "backoff_policy": {1: 1}}
        self.configure(predefined_queues={"tasks": {"url": queue}, "patient": {"url": patient, **backoff}})
        self.worker("tasks", "patient")
        self.send("poison", queue="tasks")
        for _ in range(2):
            self.told(task="poison", mended=False)
        [letter] = self.receive(dead, WaitTimeSeconds=20, VisibilityTimeout=0)
        self.assertEqual(letter["Attributes"]["ApproximateReceiveCount"], "3")

        self.send("poison", queue="patient")
        self.told(task="poison", mended=False)
        self.mended.touch()
        self.told(task="poison", mended=True)
        self.assert_idle(patient)

        self.sqs.start_message_move_task(SourceArn=arn)
        self.told(task="poison", mended=True)
        self.assert_idle(queue)
        [task] = self.sqs.list_message_move_tasks(SourceArn=arn)["Results"]
        self.assertEqual((task["Status"], task["ApproximateNumberOfMessagesMoved"]), ("COMPLETED", 1))

    def test_the_work_of_a_killed_worker_is_done_by_another(self):
        queue = self.queue(VisibilityTimeout="3")
        self.configure(predefined_queues={"tasks": {"url": queue}})
        first = self.worker("tasks")
        self.send("endless", queue="tasks")
        lost = self.told(task="endless")
        self.kill(first)
        self.assertEqual(self.attribute(queue, "ApproximateNumberOfMessagesNotVisible"), "1")

        self.mended.touch()
        second = self.worker("tasks")
        self.assertNotEqual(self.told(task="endless")["pid"], lost["pid"])
        self.told(task="endless", done=True)
        self.assert_idle(queue)
        self.shut_down(second)


if __name__ == "__main__":
    unittest.main()
