"""Fetches what a webhook said has changed: one call, no waiting. Who runs it reads the limit from the answer's headers."""

import shop


def handler(event, context):
    return shop.get(event["mall_id"], event["path"], event["message_id"])
