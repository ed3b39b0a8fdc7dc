"""Writes down every message it is given, in one log a member, before it does what the message's text asks for."""

import json
import os


def handler(event, context):
    for record in event["Records"]:
        envelope = json.loads(record["body"])
        receives = int(record["attributes"]["ApproximateReceiveCount"])
        text = envelope["event"]["text"]
        if text == "fail always" or (text == "fail twice" and receives <= 2):
            raise RuntimeError(text)
        log(envelope["event"]["user"], f"{envelope['event_id']} {record['messageId']}\n")


def log(member, line):
    log = os.open(os.path.join(os.environ["LOG"], member), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        os.write(log, line.encode())
        os.fsync(log)
    finally:
        os.close(log)
