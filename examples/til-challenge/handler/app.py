"""Writes Slack messages from a queue into one JSON document, keyed by month and message timestamp.

The document is `til.json` in the folder that the environment variable TIL_STORE names; when that is unset or empty, in
`til-store` beside the folder of this file, so that neither the caller's working directory nor the code's folder matters.
"""

import contextlib
import fcntl
import json
import os
import tempfile
from datetime import datetime, timezone
from pathlib import Path

DOCUMENT = "til.json"
LOCK = "til.json.lock"
# The subtypes of messages that members write; edits, deletions, joins and bots have others.
POSTS = (None, "file_share", "thread_broadcast")


def handler(event, context):
    """Works off a batch and names the messages that failed, with everything that follows them in their group."""
    failures = []
    failed_groups = set()
    for record in event["Records"]:
        group = record.get("attributes", {}).get("MessageGroupId")
        try:
            if group in failed_groups:
                raise EarlierMessageFailed(group)
            outcome = receive(json.loads(record["body"]), store_folder())
            print(f"{record['messageId']}: {outcome}")
        except Exception as error:  # Whatever it is, the queue keeps the message, and its dead-letter queue at last.
            print(f"{record['messageId']}: failed: {error!r}")
            failures.append({"itemIdentifier": record["messageId"]})
            if group is not None:
                failed_groups.add(group)
    return {"batchItemFailures": failures}


class EarlierMessageFailed(Exception):
    """A message of the same group failed before: going on would change the order."""


def store_folder():
    return Path(os.environ.get("TIL_STORE") or Path(__file__).resolve().parent.parent / "til-store")


def receive(envelope, folder):
    """Takes one Slack event; says what became of it."""
    event = envelope.get("event", {})
    if event.get("type") != "message" or event.get("subtype") not in POSTS:
        return "not a post, ignored"
    entry = {
        "event_id": envelope["event_id"],
        "channel": event["channel"],
        "user": event["user"],
        "text": event.get("text", ""),
    }
    return write(entry, event["ts"], folder)


def write(entry, ts, folder):
    """Adds an entry, unless its message is there already: what was written first stays.

    The queue keeps one member's posts apart, but different members are worked on at the same time, in other processes:
    reading, changing and replacing the document happens under a lock of its own.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with locked(folder / LOCK):
        document = load(folder / DOCUMENT)
        entries = document.setdefault(month_of(ts), {})
        known = entries.get(ts)
        if known is None:
            entries[ts] = entry
            replace(folder / DOCUMENT, document)
            return "written"
        if known["event_id"] == entry["event_id"]:
            return "the same event again, nothing to do"
        if known["channel"] == entry["channel"]:
            return "the same message in another event, nothing to do"
        # A timestamp is unique in its channel only. Rather a dead letter that somebody sees than a post that is gone.
        raise ValueError(f"{ts} is taken by a message of the channel {known['channel']}")


def month_of(ts):
    """The month of a Slack timestamp such as `1355517523.000005`, in UTC."""
    return datetime.fromtimestamp(int(ts.split(".")[0]), timezone.utc).strftime("%Y-%m")


@contextlib.contextmanager
def locked(path):
    """Holds the lock until the end of the block; the kernel releases it even if the process dies."""
    with open(path, "a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def load(path):
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}


def replace(path, document):
    """Readers see the old document or the new one, and a crash leaves one of them."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".til-", suffix=".json")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(document, file, ensure_ascii=False, indent=2, sort_keys=True)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
