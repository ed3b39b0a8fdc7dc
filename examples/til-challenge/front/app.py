"""A function in front of the queue: answers Slack's challenge and forwards everything else, once Slack has signed it."""

import base64
import hashlib
import hmac
import json
import os
import time

import boto3

QUEUE = os.environ["QUEUE_URL"]
SECRET = os.environ["SIGNING_SECRET"].encode()
# How old a request may be, in seconds.
AGE_MAX = 300

sqs = boto3.client("sqs")


def handler(event, context):
    body = event.get("body") or ""
    body = base64.b64decode(body) if event.get("isBase64Encoded") else body.encode()
    if not is_signed(event.get("headers", {}), body, time.time()):
        return {"statusCode": 401, "body": "The signature is missing, old or wrong."}
    envelope = json.loads(body)
    if envelope.get("type") == "url_verification":
        return {"statusCode": 200, "headers": {"Content-Type": "text/plain"}, "body": envelope["challenge"]}
    # Answered only when the queue has it: otherwise Slack sends it again.
    sqs.send_message(
        QueueUrl=QUEUE,
        MessageBody=body.decode(),
        MessageGroupId=envelope.get("event", {}).get("user", "nobody"),
        MessageDeduplicationId=envelope["event_id"],
    )
    return {"statusCode": 200, "body": ""}


def is_signed(headers, body, now):
    """Slack's signature over the raw body: https://api.slack.com/authentication/verifying-requests-from-slack"""
    timestamp, signature = headers.get("x-slack-request-timestamp", ""), headers.get("x-slack-signature", "")
    if not timestamp.isdigit() or abs(now - int(timestamp)) > AGE_MAX:
        return False
    expected = hmac.new(SECRET, b"v0:" + timestamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(f"v0={expected}", signature)
