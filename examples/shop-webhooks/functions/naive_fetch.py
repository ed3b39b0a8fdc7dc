"""The same as the four teams did it: a refused call sleeps, and is made again. Every second of that is paid for."""

import time

import shop

PAUSE_SECONDS = 1


def handler(event, context):
    while True:
        answer = shop.get(event["mall_id"], event["path"], event["message_id"])
        if "body" in answer:
            return answer
        time.sleep(float(answer["headers"].get("X-Cafe24-Call-Remain") or PAUSE_SECONDS))
