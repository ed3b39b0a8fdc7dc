"""Does jobs that a topic delivers: each becomes one entry, a file named by the job.

Jobs mostly wait, so the handler is a coroutine: thousands of them go on side by side, in a few processes.

Entries are in the folder that the environment variable DATA_ENTRY_STORE names; when that is unset or empty, in
`data-entry-store` beside the folder of this file. While a file `outage` lies there, every job fails.
"""

import asyncio
import json
import logging
import os
import re
import tempfile
from pathlib import Path

OUTAGE = "outage"
NAME = re.compile(r"[A-Za-z0-9_-]{1,100}")

log = logging.getLogger()
log.setLevel(logging.INFO)


class Outage(Exception):
    """What the job needs is not there. To be tried again."""


async def handle(event, context):
    """Does the jobs of an event. An exception says that it failed, and is why it is tried again."""
    for record in event["Records"]:
        if record["EventSource"] != "aws:sns":
            raise ValueError(f"not a notification: {record['EventSource']}")
        job = json.loads(record["Sns"]["Message"])
        log.info("%s: %s", job["id"], await do(job, store_folder()))


def handle_alone(event, context):
    """The same, for runtimes that wait for no coroutine."""
    asyncio.run(handle(event, context))


# On AWS an environment has one event at a time, and what runs it knows no coroutines.
handler = handle if "AWS_LAMBDA_MAX_CONCURRENCY" in os.environ else handle_alone


def store_folder():
    return Path(os.environ.get("DATA_ENTRY_STORE") or Path(__file__).resolve().parent.parent / "data-entry-store")


async def do(job, folder):
    """Does one job; says what became of it.

    A job that was done before is a success: failing it would have it tried again, for as long as anybody tries.
    """
    if not NAME.fullmatch(job["id"]):
        raise ValueError(f"not the name of a job: {job['id']!r}")
    folder.mkdir(parents=True, exist_ok=True)
    entry = folder / f"{job['id']}.json"
    if entry.exists():
        return "done before"
    if (folder / OUTAGE).exists():
        raise Outage(f"{job['id']}: out of order")
    await asyncio.sleep(float(os.environ.get("JOB_SECONDS") or 0))
    # The disk may take its time: meanwhile other jobs go on.
    is_new = await asyncio.to_thread(create, entry, job)
    return "done" if is_new else "done before"


def create(path, entry):
    """Makes the file as a whole, unless it is there: whoever comes first, of those that do a job at the same time."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(entry, file, ensure_ascii=False, sort_keys=True)
            file.flush()
            os.fsync(file.fileno())
        os.link(temporary, path)
    except FileExistsError:
        return False
    finally:
        os.unlink(temporary)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return True
