"""A Celery application as somebody would write it: its broker is the server under test.

What its tasks do they tell in messages of their own, to a queue that the test reads.
"""

import ast
import json
import os
import pathlib
import time
from urllib.parse import urlsplit

import boto3
from celery import Celery
from celery.exceptions import Reject

ENDPOINT = os.environ["AWS_ENDPOINT_URL"]
# What the test wants the transport to do, as a Python literal: the keys of a backoff policy are numbers.
TRANSPORT = ast.literal_eval(os.environ["CELERY_TRANSPORT"])
# Where the tasks tell what they do.
REPORTS = os.environ["CELERY_REPORTS"]
# A file that is there once the fault that the tasks trip over is mended.
MENDED = pathlib.Path(os.environ["CELERY_MENDED"])

app = Celery("conformance", broker=f"sqs://test:test@{urlsplit(ENDPOINT).netloc}//")
app.conf.update(
    broker_transport_options={"region": "us-east-1", "polling_interval": 0, **TRANSPORT},
    broker_connection_retry_on_startup=False,
    # One task at a time, and each is deleted only when it is done.
    worker_concurrency=1,
    worker_prefetch_multiplier=1,
    task_acks_late=True,
)
reports = boto3.client("sqs")


def report(task, **what):
    """Tells the test what a task does."""
    reports.send_message(QueueUrl=REPORTS, MessageBody=json.dumps({"task": task.name.split(".")[-1], **what}))


@app.task(bind=True)
def add(self, a, b):
    """Succeeds."""
    report(self, sum=a + b)


@app.task(bind=True)
def retry(self):
    """Succeeds at the third try, each a second after the one before."""
    report(self, retries=self.request.retries, at=time.time())
    if self.request.retries < 2:
        raise self.retry(countdown=1)


@app.task(bind=True)
def requeue(self):
    """Goes back to the queue until the fault is mended."""
    # Looked at once: the test mends the fault as soon as it is told.
    mended = MENDED.exists()
    report(self, mended=mended)
    if not mended:
        raise Reject("not yet", requeue=True)


@app.task(bind=True)
def poison(self):
    """Is refused until the fault is mended."""
    # Looked at once: the test mends the fault as soon as it is told.
    mended = MENDED.exists()
    report(self, mended=mended)
    if not mended:
        raise Reject("broken", requeue=False)


@app.task(bind=True)
def endless(self):
    """Is stuck until the fault is mended."""
    report(self, pid=os.getpid())
    while not MENDED.exists():
        time.sleep(0.01)
    report(self, done=True)
