"""Writes Slack messages from a queue into one JSON document, keyed by month and message timestamp.

The document is `til.json` in the bucket that the environment variable TIL_BUCKET names. Many invocations change it at the
same time: each reads it, adds its entries, and replaces it only if it still is what was read; otherwise it begins anew.
"""

import functools
import json
import os
import random
import time
from datetime import datetime, timezone

from store import Changed, Document

DOCUMENT = "til.json"
# The subtypes of messages that members write; edits, deletions, joins and bots have others.
POSTS = (None, "file_share", "thread_broadcast")
# How often an invocation begins anew before it leaves its messages to a later one.
TRIES = 50


def handler(event, context):
    """Works off a batch and names the messages that failed, with everything that follows them in their group."""
    posts, failures, failed_groups = [], [], set()
    for record in event["Records"]:
        group = record.get("attributes", {}).get("MessageGroupId")
        try:
            if group in failed_groups:
                raise EarlierMessageFailed(group)
            posts.append((record["messageId"], group, post_of(json.loads(record["body"]))))
        except Exception as error:  # Whatever it is, the queue keeps the message, and its dead-letter queue at last.
            print(f"{record['messageId']}: failed: {error!r}")
            failures.append(record["messageId"])
            failed_groups.add(group)
    failures += write(posts, document())
    return {"batchItemFailures": [{"itemIdentifier": message} for message in failures]}


class EarlierMessageFailed(Exception):
    """A message of the same group failed before: going on would change the order."""


@functools.cache
def document():
    conditional = os.environ.get("TIL_CONDITIONAL", "true") == "true"
    return Document(os.environ["TIL_BUCKET"], DOCUMENT, conditional)


def post_of(envelope):
    """Timestamp and entry of a member's post; nothing if the event is no post."""
    event = envelope.get("event", {})
    if event.get("type") != "message" or event.get("subtype") not in POSTS:
        return None
    entry = {
        "event_id": envelope["event_id"],
        "channel": event["channel"],
        "user": event["user"],
        "text": event.get("text", ""),
    }
    return event["ts"], entry


def write(posts, document):
    """Adds all posts in one change; returns the messages whose timestamp another message has taken."""
    if not any(post for _, _, post in posts):
        return []
    for attempt in range(TRIES):
        months, etag = document.read()
        added, failures = add(posts, months)
        if not added:
            return failures
        try:
            document.replace(months, etag)
            return failures
        except Changed:
            # Whoever comes back at another moment than the others is not in their way.
            time.sleep(random.uniform(0, 0.005 * min(attempt + 1, 20)))
    raise TimeoutError(f"the document was changed {TRIES} times meanwhile")


def add(posts, months):
    """What was written first stays. Returns how many posts are new, and the messages that cannot be entered."""
    added, failures, failed_groups = 0, [], set()
    for message, group, post in posts:
        if post is None:
            continue
        ts, entry = post
        entries = months.setdefault(month_of(ts), {})
        known = entries.get(ts)
        if group in failed_groups or known is not None and known["channel"] != entry["channel"]:
            # A timestamp is unique in its channel only. Rather a dead letter that somebody sees than a post that is gone.
            print(f"{message}: {ts} is taken by a message of another channel, or an earlier post of its group is not in")
            failures.append(message)
            failed_groups.add(group)
        elif known is None:
            entries[ts] = entry
            added += 1
    return added, failures


def month_of(ts):
    """The month of a Slack timestamp such as `1355517523.000005`, in UTC."""
    return datetime.fromtimestamp(int(ts.split(".")[0]), timezone.utc).strftime("%Y-%m")
