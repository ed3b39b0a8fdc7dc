"""One JSON document in an object store, which is replaced only by whoever has seen what it is."""

import json
import os
import urllib.error
import urllib.request

try:
    import boto3
    from botocore.exceptions import ClientError
except ImportError:  # A machine that has Python and nothing else: two requests can be made by hand.
    boto3 = None

# What S3 answers when the document is not any more what was read: changed, being changed, or gone.
CHANGED = ("PreconditionFailed", "ConditionalRequestConflict", "412", "409", "404", "NoSuchKey")


class Changed(Exception):
    """Somebody else has replaced the document since it was read."""


class Document:
    """Reads and replaces the document; `conditional=False` is how it must not be done."""

    def __init__(self, bucket, key, conditional=True):
        self.bucket, self.key, self.conditional = bucket, key, conditional
        # Without boto3 nothing is signed, as a server without credentials takes it.
        self.objects = Boto(bucket, key) if boto3 else Plain(bucket, key)

    def read(self):
        """The document and its ETag; an empty one and none if there is no document yet."""
        body, etag = self.objects.get()
        return (json.loads(body) if body is not None else {}), etag

    def replace(self, document, etag):
        """Raises Changed unless the document still is what had this ETag."""
        condition = {}
        if self.conditional:
            condition = {"If-None-Match": "*"} if etag is None else {"If-Match": etag}
        body = json.dumps(document, ensure_ascii=False, indent=2, sort_keys=True).encode()
        self.objects.put(body, condition)


class Boto:
    def __init__(self, bucket, key):
        self.s3, self.place = boto3.client("s3"), {"Bucket": bucket, "Key": key}

    def get(self):
        try:
            answer = self.s3.get_object(**self.place)
        except ClientError as error:
            if error.response["Error"]["Code"] == "NoSuchKey":
                return None, None
            raise
        return answer["Body"].read(), answer["ETag"]

    def put(self, body, condition):
        words = {name.replace("-", ""): value for name, value in condition.items()}
        try:
            self.s3.put_object(**self.place, Body=body, ContentType="application/json", **words)
        except ClientError as error:
            if condition and error.response["Error"]["Code"] in CHANGED:
                raise Changed from error
            raise


class Plain:
    def __init__(self, bucket, key):
        self.url = f"{os.environ['AWS_ENDPOINT_URL']}/{bucket}/{key}"

    def get(self):
        try:
            with urllib.request.urlopen(self.url, timeout=10) as answer:
                return answer.read(), answer.headers["ETag"]
        except urllib.error.HTTPError as error:
            if error.code == 404 and b"<Code>NoSuchKey<" in error.read():
                return None, None
            raise

    def put(self, body, condition):
        headers = {"Content-Type": "application/json", **condition}
        request = urllib.request.Request(self.url, data=body, headers=headers, method="PUT")
        try:
            urllib.request.urlopen(request, timeout=10).close()
        except urllib.error.HTTPError as error:
            if condition and str(error.code) in CHANGED:
                raise Changed from error
            raise
