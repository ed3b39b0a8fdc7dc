"""With credentials configured, only those who can sign get at objects: in headers, in links, and chunk by chunk."""

import base64
import binascii
import datetime
import hashlib
import hmac
import os
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request
import uuid

import boto3
import botocore.auth
import botocore.awsrequest
import botocore.config
import botocore.credentials
from botocore.exceptions import ClientError

ENDPOINT = os.environ["AWS_ENDPOINT_URL"]
KNOWN = {"aws_access_key_id": "AKIDFIRST", "aws_secret_access_key": "first-secret"}
ROLE = {
    "aws_access_key_id": "ASIATHIRD",
    "aws_secret_access_key": "third-secret",
    "aws_session_token": "third-token",
}
CHUNK = 64 << 10


def client(region_name="us-east-1", **credentials):
    config = botocore.config.Config(retries={"total_max_attempts": 1}, signature_version="s3v4")
    return boto3.client("s3", endpoint_url=ENDPOINT, region_name=region_name, config=config, **credentials)


def fetch(url, data=None, method="GET", headers=()):
    """Status and error code of a request that is sent as it is."""
    request = urllib.request.Request(url, data=data, method=method, headers=dict(headers))
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        code = error.read().decode().partition("<Code>")[2].partition("</Code>")[0]
        return error.code, code


class Case(unittest.TestCase):
    def setUp(self):
        self.s3 = client(**KNOWN)
        self.bucket = "b-" + uuid.uuid4().hex
        self.s3.create_bucket(Bucket=self.bucket)

    def assert_refused(self, expected, call, **parameters):
        with self.assertRaises(ClientError) as raised:
            call(**parameters)
        response = raised.exception.response
        self.assertEqual((response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]), expected)

    def url(self, key):
        return f"{ENDPOINT}/{self.bucket}/{key}"


class Headers(Case):
    def test_only_the_right_key_gets_in(self):
        key = "a b+c/한글//../~*()'!&=?#%,;:@$"
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=b"hello", Metadata={"a": "b  c"})
        self.assertEqual(self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read(), b"hello")
        wrong = client(**{**KNOWN, "aws_secret_access_key": "second-secret"})
        self.assert_refused(("SignatureDoesNotMatch", 403), wrong.list_objects_v2, Bucket=self.bucket)
        unknown = client(aws_access_key_id="AKIDNOBODY", aws_secret_access_key="x")
        self.assert_refused(("InvalidAccessKeyId", 403), unknown.list_buckets)
        elsewhere = client(region_name="eu-north-1", **KNOWN)
        self.assert_refused(("AuthorizationHeaderMalformed", 400), elsewhere.list_buckets)
        self.assertEqual(fetch(self.url(urllib.parse.quote(key))), (403, "AccessDenied"))

    def test_each_account_has_its_own_buckets(self):
        self.s3.put_object(Bucket=self.bucket, Key="k", Body=b"hello")
        other = client(**ROLE)
        for call, parameters in [
            (other.get_object, {"Key": "k"}),
            (other.put_object, {"Key": "k", "Body": b""}),
            (other.delete_object, {"Key": "k"}),
            (other.list_objects_v2, {}),
            (other.delete_bucket, {}),
        ]:
            self.assert_refused(("AccessDenied", 403), call, Bucket=self.bucket, **parameters)
        own = "o-" + uuid.uuid4().hex
        other.create_bucket(Bucket=own)
        other.put_object(Bucket=own, Key="k", Body=b"theirs")
        stolen = {"Bucket": own, "Key": "stolen", "CopySource": f"{self.bucket}/k"}
        self.assert_refused(("AccessDenied", 403), other.copy_object, **stolen)
        self.assert_refused(("BucketAlreadyExists", 409), other.create_bucket, Bucket=self.bucket)
        self.assertEqual([bucket["Name"] for bucket in other.list_buckets(Prefix=own)["Buckets"]], [own])

    def test_a_body_that_was_exchanged_is_refused(self):
        request = botocore.awsrequest.AWSRequest("PUT", self.url("k"), data=b"hello")
        credentials = botocore.credentials.Credentials("AKIDFIRST", "first-secret")
        botocore.auth.S3SigV4Auth(credentials, "s3", "us-east-1").add_auth(request)
        prepared = request.prepare()
        expected = (400, "XAmzContentSHA256Mismatch")
        self.assertEqual(fetch(self.url("k"), b"jello", "PUT", prepared.headers.items()), expected)
        self.assertEqual(fetch(self.url("k"), b"hello", "PUT", prepared.headers.items())[0], 200)


class Links(Case):
    def link(self, operation, key="k", s3=None, expires=60, **parameters):
        parameters = {"Bucket": self.bucket, "Key": key, **parameters}
        return (s3 or self.s3).generate_presigned_url(operation, Params=parameters, ExpiresIn=expires)

    def test_a_link_is_good_for_what_it_was_made_for(self):
        put = self.link("put_object")
        self.assertEqual(fetch(put, b"linked", "PUT")[0], 200)
        self.assertEqual(fetch(self.link("get_object")), (200, b"linked"))
        self.assertEqual(fetch(self.link("get_object", ResponseContentType="x/y")), (200, b"linked"))
        mismatch = (403, "SignatureDoesNotMatch")
        self.assertEqual(fetch(put.replace("/k?", "/other?"), b"x", "PUT"), mismatch)
        self.assertEqual(fetch(put, method="DELETE"), mismatch)
        self.assertEqual(fetch(self.link("get_object") + "&response-content-type=x", method="GET"), mismatch)
        headers = {"x-amz-copy-source": f"{self.bucket}/secret"}
        self.assertEqual(fetch(put, b"", "PUT", headers), (403, "AccessDenied"))
        self.assertEqual(fetch(self.link("get_object", s3=client(**ROLE))), (403, "AccessDenied"))

    def test_a_link_in_the_old_way_is_told_to_be_made_anew(self):
        old = f"{self.url('k')}?AWSAccessKeyId=AKIDFIRST&Signature=x&Expires={int(time.time()) + 60}"
        self.assertEqual(fetch(old), (400, "InvalidRequest"))


class Chunks(Case):
    """Signs as the SDKs for Java and Go do without TLS."""

    def sign(self, text):
        key = b"AWS4first-secret"
        for step in [self.time[:8], "us-east-1", "s3", "aws4_request"]:
            key = hmac.new(key, step.encode(), hashlib.sha256).digest()
        return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()

    def upload(self, key, body, change=lambda sent: sent):
        self.time = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
        scope = f"{self.time[:8]}/us-east-1/s3/aws4_request"
        headers = {
            "content-encoding": "aws-chunked",
            "host": ENDPOINT.split("//")[1],
            "x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
            "x-amz-date": self.time,
            "x-amz-decoded-content-length": str(len(body)),
            "x-amz-sdk-checksum-algorithm": "CRC32",
            "x-amz-trailer": "x-amz-checksum-crc32",
        }
        names = ";".join(headers)
        canonical = "".join(f"{name}:{value}\n" for name, value in headers.items())
        request = f"PUT\n/{self.bucket}/{key}\n\n{canonical}\n{names}\n{headers['x-amz-content-sha256']}"
        digest = hashlib.sha256(request.encode()).hexdigest()
        signature = self.sign(f"AWS4-HMAC-SHA256\n{self.time}\n{scope}\n{digest}")
        credential = f"AKIDFIRST/{scope}"
        headers["authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={credential},SignedHeaders={names},Signature={signature}"
        )
        nothing = hashlib.sha256(b"").hexdigest()
        sent = b""
        for begin in [*range(0, len(body), CHUNK), len(body)]:
            chunk = body[begin : begin + CHUNK]
            digest = hashlib.sha256(chunk).hexdigest()
            signature = self.sign(f"AWS4-HMAC-SHA256-PAYLOAD\n{self.time}\n{scope}\n{signature}\n{nothing}\n{digest}")
            sent += f"{len(chunk):x};chunk-signature={signature}\r\n".encode() + chunk + (b"\r\n" if chunk else b"")
        trailer = "x-amz-checksum-crc32:" + base64.b64encode(binascii.crc32(body).to_bytes(4, "big")).decode()
        digest = hashlib.sha256(f"{trailer}\n".encode()).hexdigest()
        signature = self.sign(f"AWS4-HMAC-SHA256-TRAILER\n{self.time}\n{scope}\n{signature}\n{digest}")
        sent += f"{trailer}\r\nx-amz-trailer-signature:{signature}\r\n\r\n".encode()
        return fetch(self.url(key), change(sent), "PUT", headers)

    def test_chunks_are_put_together(self):
        body = os.urandom(3 * CHUNK + 5)
        self.assertEqual(self.upload("k", body)[0], 200)
        got = self.s3.get_object(Bucket=self.bucket, Key="k", ChecksumMode="ENABLED")
        self.assertEqual(got["Body"].read(), body)
        self.assertEqual(got["ChecksumCRC32"], base64.b64encode(binascii.crc32(body).to_bytes(4, "big")).decode())
        self.assertNotIn("ContentEncoding", got)

    def test_a_chunk_that_was_exchanged_is_refused(self):
        body = b"a" * (CHUNK + 5)
        mismatch = (403, "SignatureDoesNotMatch")
        self.assertEqual(self.upload("k", body, lambda sent: sent.replace(b"aaaaa\r\n0;", b"bbbbb\r\n0;")), mismatch)
        self.assertEqual(self.upload("k", body, lambda sent: sent.replace(b"crc32:", b"crc32:A")), mismatch)
        self.assertEqual(self.upload("k", body, lambda sent: sent[: sent.rindex(b"x-amz-trailer")]), mismatch)
        half = (400, "IncompleteBody")
        self.assertEqual(self.upload("k", body, lambda sent: sent[: sent.index(b"\r\n", CHUNK) + 2]), half)
        self.assert_refused(("NoSuchKey", 404), self.s3.get_object, Bucket=self.bucket, Key="k")


if __name__ == "__main__":
    unittest.main()
