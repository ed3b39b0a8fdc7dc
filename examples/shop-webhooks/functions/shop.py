"""Calls the shop's API, at the address that the environment variable SHOP_API names (`https://{mall_id}.cafe24api.com`)."""

import os
import re
import urllib.error
import urllib.request

TIMEOUT_SECONDS = 10
# A mall's own part of the address, and a resource below `/api/v2/admin/`: both come from a webhook's body.
MALL = re.compile(r"[a-z0-9]{1,63}")
PATH = re.compile(r"(products|orders)/[0-9-]{1,64}")


def get(mall_id, path, request_id):
    """The answer, as a front door would have it from a function: `statusCode`, `headers`, `body`.

    A refusal has no body: there is nothing to store. Any other answer that is no success is an exception.
    """
    if not MALL.fullmatch(mall_id) or not PATH.fullmatch(path):
        raise ValueError(f"not something that a shop has: {path!r} of {mall_id!r}")
    address = os.environ["SHOP_API"].replace("{mall_id}", mall_id)
    headers = {"Authorization": f"Bearer {os.environ.get('SHOP_TOKEN', '')}", "X-Request-Id": request_id}
    request = urllib.request.Request(f"{address}/api/v2/admin/{path}", headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:
            return {"statusCode": answer.status, "headers": dict(answer.headers), "body": answer.read().decode()}
    except urllib.error.HTTPError as error:
        with error:
            if not is_refusal(error):
                raise
            return {"statusCode": error.code, "headers": dict(error.headers)}


def is_refusal(error):
    """Whether the call only came too early."""
    return error.code == 429 or (error.code == 503 and "Retry-After" in error.headers)
