"""Buckets and objects as boto3 sees them: every operation, what it answers and what it refuses."""

import base64
import datetime
import hashlib
import io
import json
import os
import unittest
import urllib.error
import urllib.request
import uuid
import zlib

import boto3
import botocore.config
from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError

ENDPOINT = os.environ["AWS_ENDPOINT_URL"]
PART = 5 << 20
ODD_KEYS = ["a b+c", "한글/é", "//", "a//b/", "../..", "./x", "~*()'!&=?#%25,;:@$", "<&>\"\r\n", "%", "x/" + "k" * 1022]


def client(**config):
    config = botocore.config.Config(retries={"total_max_attempts": 1}, **config)
    return boto3.client("s3", endpoint_url=ENDPOINT, config=config)


class Case(unittest.TestCase):
    """A test with a client and a bucket of its own."""

    def setUp(self):
        self.s3 = client()
        self.bucket = "b-" + uuid.uuid4().hex
        self.s3.create_bucket(Bucket=self.bucket)

    def put(self, key="k", body=b"hello", **options):
        return self.s3.put_object(Bucket=self.bucket, Key=key, Body=body, **options)

    def get(self, key="k", **options):
        return self.s3.get_object(Bucket=self.bucket, Key=key, **options)

    def read(self, key="k", **options):
        return self.get(key, **options)["Body"].read()

    def refused(self, expected, call, **parameters):
        """The error with which a call is refused: expected are its code and its status."""
        with self.assertRaises(ClientError) as raised:
            call(**parameters)
        response = raised.exception.response
        told = (response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"])
        self.assertEqual(told, expected, response)
        self.assertTrue(response["ResponseMetadata"]["RequestId"])
        return response["Error"]

    def keys(self, **options):
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, **options)
        return [entry["Key"] for page in pages for entry in page.get("Contents", [])]


class Buckets(Case):
    def test_a_bucket_is_made_once_listed_and_deleted(self):
        self.assertEqual(self.s3.create_bucket(Bucket=self.bucket)["Location"], "/" + self.bucket)
        listed = self.s3.list_buckets(Prefix=self.bucket)
        self.assertEqual([bucket["Name"] for bucket in listed["Buckets"]], [self.bucket])
        age = datetime.datetime.now(datetime.timezone.utc) - listed["Buckets"][0]["CreationDate"]
        self.assertLess(abs(age), datetime.timedelta(minutes=1))
        self.assertEqual(self.s3.head_bucket(Bucket=self.bucket)["BucketRegion"], "us-east-1")
        self.assertIsNone(self.s3.get_bucket_location(Bucket=self.bucket)["LocationConstraint"])
        self.put()
        self.refused(("BucketNotEmpty", 409), self.s3.delete_bucket, Bucket=self.bucket)
        self.s3.delete_object(Bucket=self.bucket, Key="k")
        self.s3.delete_bucket(Bucket=self.bucket)
        self.refused(("404", 404), self.s3.head_bucket, Bucket=self.bucket)
        error = self.refused(("NoSuchBucket", 404), self.s3.list_objects_v2, Bucket=self.bucket)
        self.assertEqual(error["BucketName"], self.bucket)

    def test_lists_of_buckets_have_pages(self):
        prefix = "p-" + uuid.uuid4().hex[:12]
        names = [f"{prefix}-{number}" for number in range(5)]
        for name in names:
            self.s3.create_bucket(Bucket=name)
        pages = list(self.s3.get_paginator("list_buckets").paginate(Prefix=prefix, PaginationConfig={"PageSize": 2}))
        listed = [[bucket["Name"] for bucket in page["Buckets"]] for page in pages]
        self.assertEqual(listed, [names[:2], names[2:4], names[4:]])

    def test_another_region_is_refused(self):
        elsewhere = {"CreateBucketConfiguration": {"LocationConstraint": "eu-west-1"}}
        expected = ("IllegalLocationConstraintException", 400)
        self.refused(expected, self.s3.create_bucket, Bucket="b-" + uuid.uuid4().hex, **elsewhere)

    def test_an_owner_that_is_expected_is_compared(self):
        self.s3.head_bucket(Bucket=self.bucket, ExpectedBucketOwner="000000000000")
        expected = ("AccessDenied", 403)
        self.refused(expected, self.s3.list_objects_v2, Bucket=self.bucket, ExpectedBucketOwner="111111111111")

    def test_buckets_have_labels(self):
        self.refused(("NoSuchTagSet", 404), self.s3.get_bucket_tagging, Bucket=self.bucket)
        tags = [{"Key": "cost", "Value": "1 & 2"}, {"Key": "team", "Value": "mail"}]
        self.s3.put_bucket_tagging(Bucket=self.bucket, Tagging={"TagSet": tags})
        self.assertEqual(self.s3.get_bucket_tagging(Bucket=self.bucket)["TagSet"], tags)
        self.s3.delete_bucket_tagging(Bucket=self.bucket)
        self.refused(("NoSuchTagSet", 404), self.s3.get_bucket_tagging, Bucket=self.bucket)

    def test_what_was_never_configured_is_told_as_in_a_new_bucket(self):
        self.assertNotIn("Status", self.s3.get_bucket_versioning(Bucket=self.bucket))
        self.assertEqual(self.s3.get_bucket_request_payment(Bucket=self.bucket)["Payer"], "BucketOwner")
        self.assertNotIn("Status", self.s3.get_bucket_accelerate_configuration(Bucket=self.bucket))
        self.assertNotIn("LoggingEnabled", self.s3.get_bucket_logging(Bucket=self.bucket))
        for code, call in [
            ("NoSuchBucketPolicy", self.s3.get_bucket_policy),
            ("NoSuchBucketPolicy", self.s3.get_bucket_policy_status),
            ("NoSuchCORSConfiguration", self.s3.get_bucket_cors),
            ("NoSuchLifecycleConfiguration", self.s3.get_bucket_lifecycle_configuration),
            ("NoSuchPublicAccessBlockConfiguration", self.s3.get_public_access_block),
            ("NoSuchWebsiteConfiguration", self.s3.get_bucket_website),
            ("ObjectLockConfigurationNotFoundError", self.s3.get_object_lock_configuration),
            ("OwnershipControlsNotFoundError", self.s3.get_bucket_ownership_controls),
            ("ReplicationConfigurationNotFoundError", self.s3.get_bucket_replication),
            ("ServerSideEncryptionConfigurationNotFoundError", self.s3.get_bucket_encryption),
        ]:
            self.refused((code, 404), call, Bucket=self.bucket)
            self.refused(("NoSuchBucket", 404), call, Bucket="no-" + uuid.uuid4().hex)

    def test_the_owner_has_all_rights(self):
        self.put()
        for acl in [self.s3.get_bucket_acl(Bucket=self.bucket), self.s3.get_object_acl(Bucket=self.bucket, Key="k")]:
            [grant] = acl["Grants"]
            self.assertEqual(grant["Permission"], "FULL_CONTROL")
            self.assertEqual(grant["Grantee"]["ID"], acl["Owner"]["ID"])
        self.refused(("NoSuchKey", 404), self.s3.get_object_acl, Bucket=self.bucket, Key="none")

    def test_what_there_is_not_is_said_to_be_not_implemented(self):
        enabled = {"VersioningConfiguration": {"Status": "Enabled"}}
        for call, parameters in [
            (self.s3.put_bucket_versioning, enabled),
            (self.s3.put_bucket_acl, {"ACL": "private"}),
            (self.s3.put_object_acl, {"Key": "k", "ACL": "private"}),
            (self.s3.put_bucket_policy, {"Policy": "{}"}),
            (self.s3.list_bucket_inventory_configurations, {}),
            (self.s3.get_object_torrent, {"Key": "k"}),
            (self.s3.put_object, {"Key": "k", "Body": b"", "ServerSideEncryption": "aws:kms"}),
            (self.s3.put_object, {"Key": "k", "Body": b"", "ACL": "public-read"}),
            (self.s3.put_object, {"Key": "k", "Body": b"", "WebsiteRedirectLocation": "/x"}),
            (self.s3.list_multipart_uploads, {"Delimiter": "/"}),
        ]:
            self.refused(("NotImplemented", 501), call, Bucket=self.bucket, **parameters)
        glacier = {"Key": "k", "Body": b"", "StorageClass": "GLACIER"}
        self.refused(("InvalidStorageClass", 400), self.s3.put_object, Bucket=self.bucket, **glacier)


class Objects(Case):
    def test_an_object_comes_back_with_what_was_said_about_it(self):
        said = {
            "CacheControl": "max-age=60",
            "ContentDisposition": 'attachment; filename="x"',
            "ContentEncoding": "identity",
            "ContentLanguage": "ko",
            "ContentType": "text/plain; charset=utf-8",
        }
        put = self.put(body="안녕".encode(), Metadata={"one": "1", "two": "a  b"}, Tagging="a=1&b=", **said)
        etag = '"%s"' % hashlib.md5("안녕".encode()).hexdigest()
        self.assertEqual(put["ETag"], etag)
        for answer in [self.get(), self.s3.head_object(Bucket=self.bucket, Key="k")]:
            self.assertEqual({name: answer[name] for name in said}, said)
            self.assertEqual(answer["Metadata"], {"one": "1", "two": "a  b"})
            self.assertEqual((answer["ETag"], answer["ContentLength"]), (etag, 6))
            self.assertEqual(answer["AcceptRanges"], "bytes")
            self.assertEqual(answer["TagCount"], 2)
        self.assertEqual(self.read(), "안녕".encode())

    def test_sizes_on_both_sides_of_the_limits_come_back(self):
        for size in [0, 1, 65_535, 65_536, 65_537, (1 << 20) + 1, PART + 3]:
            body = os.urandom(size)
            self.put(body=body)
            self.assertEqual(self.read(), body)
            self.assertEqual(self.s3.head_object(Bucket=self.bucket, Key="k")["ContentLength"], size)

    def test_keys_may_have_every_character(self):
        for key in ODD_KEYS:
            self.put(key, key.encode())
        for key in ODD_KEYS:
            self.assertEqual(self.read(key), key.encode())
        self.assertEqual(self.keys(), sorted(ODD_KEYS, key=str.encode))
        self.assertEqual(self.keys(Prefix="../"), ["../.."])
        self.s3.copy_object(Bucket=self.bucket, Key="copy", CopySource={"Bucket": self.bucket, "Key": ODD_KEYS[0]})
        self.assertEqual(self.read("copy"), ODD_KEYS[0].encode())
        deleted = self.s3.delete_objects(Bucket=self.bucket, Delete={"Objects": [{"Key": key} for key in ODD_KEYS]})
        self.assertEqual(sorted(entry["Key"] for entry in deleted["Deleted"]), sorted(ODD_KEYS))
        self.assertEqual(self.keys(), ["copy"])
        self.refused(("KeyTooLongError", 400), self.put, key="k" * 1025)

    def test_ranges_are_of_bytes_that_there_are(self):
        body = bytes(range(256)) * 1024
        self.put(body=body)
        for wanted, expected in [
            ("bytes=0-9", body[:10]),
            ("bytes=65530-65545", body[65530:65546]),
            ("bytes=-5", body[-5:]),
            ("bytes=262140-", body[262140:]),
            ("bytes=262000-999999", body[262000:]),
        ]:
            answer = self.get(Range=wanted)
            self.assertEqual(answer["ResponseMetadata"]["HTTPStatusCode"], 206)
            self.assertEqual(answer["Body"].read(), expected, wanted)
            self.assertTrue(answer["ContentRange"].endswith("/262144"))
        self.assertEqual(self.get(Range="bytes=0-9")["ContentRange"], "bytes 0-9/262144")
        error = self.refused(("InvalidRange", 416), self.get, Range="bytes=262144-")
        self.assertEqual(error["ActualObjectSize"], "262144")
        whole = self.get(Range="bytes=0-1,3-4")
        self.assertEqual((whole["ResponseMetadata"]["HTTPStatusCode"], whole["ContentLength"]), (200, len(body)))

    def test_reads_have_conditions(self):
        etag = self.put()["ETag"]
        now = self.get()["LastModified"]
        hour = datetime.timedelta(hours=1)
        self.assertEqual(self.read(IfMatch=etag), b"hello")
        self.assertEqual(self.read(IfNoneMatch='"other"'), b"hello")
        self.assertEqual(self.read(IfMatch=etag, IfUnmodifiedSince=now - hour), b"hello")
        self.refused(("PreconditionFailed", 412), self.get, IfMatch='"other"')
        self.refused(("PreconditionFailed", 412), self.get, IfUnmodifiedSince=now - hour)
        self.refused(("304", 304), self.get, IfNoneMatch=etag)
        self.refused(("304", 304), self.get, IfModifiedSince=now)
        head = {"Bucket": self.bucket, "Key": "k"}
        self.refused(("412", 412), self.s3.head_object, IfMatch='"other"', **head)
        self.refused(("304", 304), self.s3.head_object, IfNoneMatch=etag, **head)

    def test_a_reader_may_say_which_headers_it_wants(self):
        self.put(ContentType="text/plain")
        answer = self.get(ResponseContentType="application/x", ResponseContentDisposition="attachment")
        self.assertEqual((answer["ContentType"], answer["ContentDisposition"]), ("application/x", "attachment"))
        self.assertEqual(self.get()["ContentType"], "text/plain")

    def test_what_is_not_there_is_missing(self):
        self.assertEqual(self.refused(("NoSuchKey", 404), self.get)["Key"], "k")
        self.refused(("404", 404), self.s3.head_object, Bucket=self.bucket, Key="k")
        self.refused(("NoSuchBucket", 404), self.s3.put_object, Bucket="no-" + uuid.uuid4().hex, Key="k", Body=b"x")
        large = b"x" * 100_000
        self.refused(("NoSuchBucket", 404), self.s3.put_object, Bucket="no-" + uuid.uuid4().hex, Key="k", Body=large)
        self.refused(("InvalidArgument", 400), self.get, VersionId="1")
        answer = self.s3.delete_object(Bucket=self.bucket, Key="k")
        self.assertEqual(answer["ResponseMetadata"]["HTTPStatusCode"], 204)

    def test_objects_have_labels(self):
        self.put(Tagging="a=1")
        about = {"Bucket": self.bucket, "Key": "k"}
        self.assertEqual(self.s3.get_object_tagging(**about)["TagSet"], [{"Key": "a", "Value": "1"}])
        tags = [{"Key": "b", "Value": ""}, {"Key": "c", "Value": "<&>"}]
        self.s3.put_object_tagging(Tagging={"TagSet": tags}, **about)
        self.assertEqual(self.s3.get_object_tagging(**about)["TagSet"], tags)
        self.s3.delete_object_tagging(**about)
        self.assertEqual(self.s3.get_object_tagging(**about)["TagSet"], [])
        twice = {"TagSet": [tags[0], tags[0]]}
        self.refused(("InvalidTag", 400), self.s3.put_object_tagging, Tagging=twice, **about)
        many = {"TagSet": [{"Key": str(number), "Value": ""} for number in range(11)]}
        self.refused(("BadRequest", 400), self.s3.put_object_tagging, Tagging=many, **about)
        self.refused(("NoSuchKey", 404), self.s3.get_object_tagging, Bucket=self.bucket, Key="none")

    def test_several_are_deleted_at_once_each_by_itself(self):
        etag = self.put("a")["ETag"]
        self.put("b")
        wanted = [{"Key": "a", "ETag": etag}, {"Key": "b", "ETag": '"other"'}, {"Key": "none"}]
        wanted.append({"Key": "v", "VersionId": "1"})
        answer = self.s3.delete_objects(Bucket=self.bucket, Delete={"Objects": wanted})
        self.assertEqual([entry["Key"] for entry in answer["Deleted"]], ["a", "none"])
        failures = [(entry["Key"], entry["Code"]) for entry in answer["Errors"]]
        self.assertEqual(failures, [("b", "PreconditionFailed"), ("v", "InvalidArgument")])
        quiet = self.s3.delete_objects(Bucket=self.bucket, Delete={"Objects": [{"Key": "b"}], "Quiet": True})
        self.assertNotIn("Deleted", quiet)
        self.assertEqual(self.keys(), [])

    def test_metadata_has_a_limit(self):
        self.refused(("MetadataTooLarge", 400), self.put, Metadata={"k": "x" * 2048})


class Copies(Case):
    def copy(self, key="copy", source="k", **options):
        return self.s3.copy_object(Bucket=self.bucket, Key=key, CopySource=f"{self.bucket}/{source}", **options)

    def test_a_copy_keeps_or_replaces_what_is_said_about_it(self):
        etag = self.put(ContentType="text/plain", Metadata={"a": "1"}, Tagging="t=1")["ETag"]
        self.assertEqual(self.copy()["CopyObjectResult"]["ETag"], etag)
        copied = self.get("copy")
        self.assertEqual((copied["ContentType"], copied["Metadata"], copied["TagCount"]), ("text/plain", {"a": "1"}, 1))
        self.copy(MetadataDirective="REPLACE", Metadata={"b": "2"}, TaggingDirective="REPLACE", Tagging="")
        replaced = self.get("copy")
        self.assertEqual((replaced["Metadata"], replaced.get("TagCount")), ({"b": "2"}, None))
        self.assertEqual(replaced["Body"].read(), b"hello")

    def test_an_object_becomes_its_own_copy_only_with_other_metadata(self):
        self.put()
        self.refused(("InvalidRequest", 400), self.copy, key="k")
        self.copy(key="k", MetadataDirective="REPLACE", Metadata={"new": "1"})
        self.assertEqual(self.get()["Metadata"], {"new": "1"})

    def test_copies_have_conditions_on_both_sides(self):
        etag = self.put()["ETag"]
        self.copy(CopySourceIfMatch=etag, IfNoneMatch="*")
        failed = ("PreconditionFailed", 412)
        self.refused(failed, self.copy, IfNoneMatch="*")
        self.refused(failed, self.copy, CopySourceIfMatch='"other"')
        self.refused(failed, self.copy, CopySourceIfNoneMatch=etag)
        self.copy(IfMatch=etag)
        self.assertEqual(self.refused(("NoSuchKey", 404), self.copy, source="none")["Key"], "none")

    def test_a_large_copy_outlives_its_source(self):
        body = os.urandom(200_000)
        self.put(body=body)
        self.copy()
        self.s3.delete_object(Bucket=self.bucket, Key="k")
        self.assertEqual(self.read("copy"), body)


class Conditions(Case):
    def test_an_object_is_made_only_where_there_is_none(self):
        self.put(IfNoneMatch="*")
        error = self.refused(("PreconditionFailed", 412), self.put, IfNoneMatch="*")
        self.assertEqual(error["Condition"], "If-None-Match")
        self.s3.delete_object(Bucket=self.bucket, Key="k")
        self.put(IfNoneMatch="*")

    def test_an_object_is_replaced_only_while_it_is_the_one_that_was_read(self):
        first = self.put(body=b"1")["ETag"]
        second = self.put(body=b"2", IfMatch=first)["ETag"]
        error = self.refused(("PreconditionFailed", 412), self.put, body=b"3", IfMatch=first)
        self.assertEqual(error["Condition"], "If-Match")
        self.put(body=b"3", IfMatch=second.strip('"'))
        self.assertEqual(self.read(), b"3")
        self.refused(("NoSuchKey", 404), self.put, key="none", IfMatch=first)

    def test_other_conditions_are_not_implemented(self):
        etag = self.put()["ETag"]
        self.assertEqual(self.refused(("NotImplemented", 501), self.put, IfMatch="*")["Header"], "If-Match")
        self.assertEqual(self.refused(("NotImplemented", 501), self.put, IfNoneMatch=etag)["Header"], "If-None-Match")
        both = self.refused(("NotImplemented", 501), self.put, IfMatch=etag, IfNoneMatch="*")
        self.assertEqual(both["Header"], "If-Match,If-None-Match")

    def test_an_object_is_deleted_only_while_it_is_the_one_that_was_read(self):
        etag = self.put()["ETag"]
        about = {"Bucket": self.bucket, "Key": "k"}
        self.refused(("PreconditionFailed", 412), self.s3.delete_object, IfMatch='"other"', **about)
        self.refused(("NotImplemented", 501), self.s3.delete_object, IfMatch=etag, IfMatchSize=5, **about)
        self.s3.delete_object(IfMatch=etag, **about)
        self.refused(("NoSuchKey", 404), self.s3.delete_object, IfMatch=etag, **about)


class Lists(Case):
    def setUp(self):
        super().setUp()
        self.names = ["a", "b/1", "b/2", "b/c/3", "d", "é/1"]
        for name in self.names:
            self.put(name, name.encode())

    def entries(self, page):
        prefixes = [entry["Prefix"] for entry in page.get("CommonPrefixes", [])]
        return [entry["Key"] for entry in page.get("Contents", [])], prefixes

    def test_keys_come_in_order_and_in_pages(self):
        self.assertEqual(self.keys(), self.names)
        self.assertEqual(self.keys(PaginationConfig={"PageSize": 2}), self.names)
        self.assertEqual(self.keys(Prefix="b/"), self.names[1:4])
        self.assertEqual(self.keys(StartAfter="b/2"), self.names[3:])
        page = self.s3.list_objects_v2(Bucket=self.bucket, MaxKeys=2, FetchOwner=True)
        self.assertEqual((page["KeyCount"], page["MaxKeys"], page["IsTruncated"]), (2, 2, True))
        self.assertEqual(page["Contents"][0]["Owner"]["DisplayName"], "000000000000")
        self.assertEqual(page["Contents"][0]["ETag"], '"%s"' % hashlib.md5(b"a").hexdigest())
        self.assertEqual((page["Contents"][0]["Size"], page["Contents"][0]["StorageClass"]), (1, "STANDARD"))
        refused = {"Bucket": self.bucket, "ContinuationToken": "!"}
        self.refused(("InvalidArgument", 400), self.s3.list_objects_v2, **refused)

    def test_a_delimiter_folds_keys(self):
        page = self.s3.list_objects_v2(Bucket=self.bucket, Delimiter="/")
        self.assertEqual(self.entries(page), (["a", "d"], ["b/", "é/"]))
        inner = self.s3.list_objects_v2(Bucket=self.bucket, Delimiter="/", Prefix="b/")
        self.assertEqual(self.entries(inner), (["b/1", "b/2"], ["b/c/"]))
        pages = self.s3.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket, Delimiter="/", PaginationConfig={"PageSize": 1}
        )
        self.assertEqual([self.entries(page) for page in pages], [(["a"], []), ([], ["b/"]), (["d"], []), ([], ["é/"])])

    def test_the_first_version_has_markers(self):
        paginator = self.s3.get_paginator("list_objects")
        pages = list(paginator.paginate(Bucket=self.bucket, PaginationConfig={"PageSize": 4}))
        self.assertEqual([entry["Key"] for page in pages for entry in page["Contents"]], self.names)
        page = self.s3.list_objects(Bucket=self.bucket, Delimiter="/", MaxKeys=2)
        self.assertEqual((self.entries(page), page["NextMarker"]), ((["a"], ["b/"]), "b/"))
        rest = self.s3.list_objects(Bucket=self.bucket, Delimiter="/", Marker=page["NextMarker"])
        self.assertEqual((self.entries(rest), rest["IsTruncated"]), ((["d"], ["é/"]), False))

    def test_every_object_is_its_one_version(self):
        pages = list(
            self.s3.get_paginator("list_object_versions").paginate(Bucket=self.bucket, PaginationConfig={"PageSize": 4})
        )
        versions = [version for page in pages for version in page["Versions"]]
        self.assertEqual([version["Key"] for version in versions], self.names)
        self.assertEqual({(version["VersionId"], version["IsLatest"]) for version in versions}, {("null", True)})
        every = boto3.resource("s3", endpoint_url=ENDPOINT).Bucket(self.bucket).object_versions
        every.delete()
        self.assertEqual(self.keys(), [])

    def test_no_keys_are_wanted(self):
        page = self.s3.list_objects_v2(Bucket=self.bucket, MaxKeys=0)
        self.assertEqual((page["KeyCount"], page["IsTruncated"]), (0, False))


class Checksums(Case):
    def test_every_checksum_is_compared_kept_and_told(self):
        body = b"123456789"
        good = {
            "ChecksumCRC32": base64.b64encode(zlib.crc32(body).to_bytes(4, "big")).decode(),
            "ChecksumCRC32C": "4waSgw==",
            "ChecksumCRC64NVME": "rosUhgp5mIg=",
            "ChecksumSHA1": base64.b64encode(hashlib.sha1(body).digest()).decode(),
            "ChecksumSHA256": base64.b64encode(hashlib.sha256(body).digest()).decode(),
        }
        for name, value in good.items():
            self.assertEqual(self.put(body=body, **{name: value})[name], value)
            self.assertEqual(self.get(ChecksumMode="ENABLED")[name], value)
            self.assertEqual(self.s3.head_object(Bucket=self.bucket, Key="k", ChecksumMode="ENABLED")[name], value)
            self.refused(("BadDigest", 400), self.put, body=b"other", **{name: value})
        self.assertEqual(self.read(), body)

    def test_attributes_are_told_as_far_as_they_are_asked_for(self):
        checksum = self.put()["ChecksumCRC32"]
        every = ["ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"]
        told = self.s3.get_object_attributes(Bucket=self.bucket, Key="k", ObjectAttributes=every)
        self.assertEqual(told["ETag"], hashlib.md5(b"hello").hexdigest())
        self.assertEqual(told["Checksum"], {"ChecksumCRC32": checksum, "ChecksumType": "FULL_OBJECT"})
        self.assertEqual((told["StorageClass"], told["ObjectSize"], told.get("ObjectParts")), ("STANDARD", 5, None))
        some = self.s3.get_object_attributes(Bucket=self.bucket, Key="k", ObjectAttributes=["ObjectSize"])
        self.assertEqual((some["ObjectSize"], some.get("ETag")), (5, None))

    def test_an_md5_is_compared(self):
        digest = base64.b64encode(hashlib.md5(b"hello").digest()).decode()
        self.put(ContentMD5=digest)
        self.refused(("BadDigest", 400), self.put, body=b"other", ContentMD5=digest)
        self.refused(("InvalidDigest", 400), self.put, ContentMD5="eA==")


class Parts(Case):
    def begin(self, key="k", **options):
        return self.s3.create_multipart_upload(Bucket=self.bucket, Key=key, **options)["UploadId"]

    def about(self, upload, key="k"):
        return {"Bucket": self.bucket, "Key": key, "UploadId": upload}

    def part(self, upload, number, body, **options):
        uploaded = self.s3.upload_part(PartNumber=number, Body=body, **options, **self.about(upload))
        told = {name: value for name, value in uploaded.items() if name == "ETag" or name.startswith("Checksum")}
        return {"PartNumber": number, **told}

    def complete(self, upload, parts, **options):
        return self.s3.complete_multipart_upload(MultipartUpload={"Parts": parts}, **options, **self.about(upload))

    def test_an_object_is_put_together_from_its_parts(self):
        upload = self.begin(ContentType="text/plain", Metadata={"a": "1"}, Tagging="t=1", ChecksumAlgorithm="CRC32")
        bodies = [os.urandom(PART), os.urandom(PART + 1), b"the end"]
        parts = [self.part(upload, number, body) for number, body in zip([1, 5, 10_000], bodies)]
        listed = self.s3.list_parts(**self.about(upload))
        sizes = [(part["PartNumber"], part["Size"]) for part in listed["Parts"]]
        self.assertEqual(sizes, [(1, PART), (5, PART + 1), (10_000, 7)])
        paged = self.s3.get_paginator("list_parts").paginate(PaginationConfig={"PageSize": 2}, **self.about(upload))
        self.assertEqual([len(page["Parts"]) for page in paged], [2, 1])
        answer = self.complete(upload, parts)
        digest = hashlib.md5(b"".join(hashlib.md5(body).digest() for body in bodies)).hexdigest()
        self.assertEqual(answer["ETag"], f'"{digest}-3"')
        crc = zlib.crc32(b"".join(zlib.crc32(body).to_bytes(4, "big") for body in bodies)).to_bytes(4, "big")
        self.assertEqual(answer["ChecksumCRC32"], base64.b64encode(crc).decode() + "-3")
        got = self.get()
        self.assertEqual((got["ContentType"], got["Metadata"], got["TagCount"]), ("text/plain", {"a": "1"}, 1))
        self.assertEqual(got["Body"].read(), b"".join(bodies))
        self.assertEqual(self.read(Range=f"bytes={PART - 2}-{PART + 1}"), bodies[0][-2:] + bodies[1][:2])
        third = self.get(PartNumber=3)
        self.assertEqual((third["Body"].read(), third["PartsCount"]), (b"the end", 3))
        self.refused(("NoSuchUpload", 404), self.complete, upload=upload, parts=parts)

    def test_the_checksum_of_the_whole_is_told_where_it_is_wanted(self):
        for algorithm, kind in [("CRC32", "FULL_OBJECT"), ("SHA256", "COMPOSITE")]:
            upload = self.begin(ChecksumAlgorithm=algorithm, ChecksumType=kind)
            bodies = [os.urandom(PART), b"end"]
            numbered = zip([1, 2], bodies)
            parts = [self.part(upload, number, body, ChecksumAlgorithm=algorithm) for number, body in numbered]
            answer = self.complete(upload, parts)
            self.assertEqual(answer["ChecksumType"], kind)
            if kind == "FULL_OBJECT":
                crc = zlib.crc32(b"".join(bodies)).to_bytes(4, "big")
                self.assertEqual(answer["ChecksumCRC32"], base64.b64encode(crc).decode())
                self.assertEqual(self.read(ChecksumMode="ENABLED"), b"".join(bodies))
        self.refused(("InvalidRequest", 400), self.begin, ChecksumAlgorithm="SHA1", ChecksumType="FULL_OBJECT")

    def test_parts_are_copied(self):
        source = os.urandom(PART + 10)
        self.put("source", source)
        upload = self.begin(ChecksumAlgorithm="CRC32")
        copied = []
        for number, wanted in [(1, f"bytes=0-{PART - 1}"), (2, f"bytes={PART}-{PART + 9}")]:
            answer = self.s3.upload_part_copy(
                PartNumber=number, CopySource=f"{self.bucket}/source", CopySourceRange=wanted, **self.about(upload)
            )["CopyPartResult"]
            copied.append({"PartNumber": number, "ETag": answer["ETag"], "ChecksumCRC32": answer["ChecksumCRC32"]})
        self.complete(upload, copied)
        self.assertEqual(self.read(), source)

    def test_uploads_are_listed_and_aborted(self):
        uploads = [self.begin(key) for key in ["b", "a/1", "a/2"]]
        self.part_of("b", uploads[0])
        listed = self.s3.list_multipart_uploads(Bucket=self.bucket)["Uploads"]
        self.assertEqual([upload["Key"] for upload in listed], ["a/1", "a/2", "b"])
        inner = self.s3.list_multipart_uploads(Bucket=self.bucket, Prefix="a/", MaxUploads=1)
        self.assertEqual((inner["IsTruncated"], inner["NextKeyMarker"]), (True, "a/1"))
        after = {"KeyMarker": inner["NextKeyMarker"], "UploadIdMarker": inner["NextUploadIdMarker"]}
        rest = self.s3.list_multipart_uploads(Bucket=self.bucket, Prefix="a/", **after)
        self.assertEqual([upload["Key"] for upload in rest["Uploads"]], ["a/2"])
        self.s3.abort_multipart_upload(**self.about(uploads[0], "b"))
        self.refused(("NoSuchUpload", 404), self.s3.list_parts, **self.about(uploads[0], "b"))
        self.refused(("NoSuchUpload", 404), self.s3.abort_multipart_upload, **self.about(uploads[1], "b"))

    def part_of(self, key, upload):
        self.s3.upload_part(PartNumber=1, Body=b"x", **self.about(upload, key))

    def test_wrong_lists_of_parts_are_refused(self):
        upload = self.begin(ChecksumAlgorithm="CRC32")
        parts = [self.part(upload, 1, b"small"), self.part(upload, 2, b"end")]
        small = self.refused(("EntityTooSmall", 400), self.complete, upload=upload, parts=parts)
        self.assertEqual((small["ProposedSize"], small["PartNumber"]), ("5", "1"))
        self.refused(("InvalidPartOrder", 400), self.complete, upload=upload, parts=parts[::-1])
        other = {"PartNumber": 1, "ETag": '"%032x"' % 0}
        self.refused(("InvalidPart", 400), self.complete, upload=upload, parts=[other])
        self.refused(("InvalidPart", 400), self.complete, upload=upload, parts=[{**parts[1], "PartNumber": 3}])
        self.refused(("MalformedXML", 400), self.complete, upload=upload, parts=[])
        self.refused(("InvalidArgument", 400), self.part, upload=upload, number=10_001, body=b"")
        self.refused(("InvalidRequest", 400), self.part, upload=upload, number=1, body=b"", ChecksumAlgorithm="SHA1")
        self.complete(upload, parts[1:])
        self.assertEqual(self.read(), b"end")

    def test_completing_has_conditions(self):
        upload = self.begin()
        parts = [self.part(upload, 1, b"new")]
        etag = self.put(body=b"old")["ETag"]
        failed = self.refused(("PreconditionFailed", 412), self.complete, upload=upload, parts=parts, IfNoneMatch="*")
        self.assertEqual(failed["Condition"], "If-None-Match")
        conflict = ("ConditionalRequestConflict", 409)
        overtaken = self.refused(conflict, self.complete, upload=upload, parts=parts, IfMatch=etag)
        self.assertEqual(overtaken["Condition"], "If-Match")
        anew = self.begin()
        self.complete(anew, [self.part(anew, 1, b"new")], IfMatch=etag)
        self.assertEqual(self.read(), b"new")

    def test_transfers_come_back_as_they_went(self):
        body = os.urandom(3 * PART + 17)
        transfer = TransferConfig(multipart_threshold=PART, multipart_chunksize=PART)
        self.s3.upload_fileobj(io.BytesIO(body), self.bucket, "k", Config=transfer)
        copied = io.BytesIO()
        self.s3.copy({"Bucket": self.bucket, "Key": "k"}, self.bucket, "copy", Config=transfer)
        self.s3.download_fileobj(self.bucket, "copy", copied, Config=transfer)
        self.assertEqual(copied.getvalue(), body)


class Links(Case):
    def fetch(self, url, **options):
        try:
            with urllib.request.urlopen(urllib.request.Request(url, **options)) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def link(self, operation, key, **parameters):
        s3 = client(signature_version="s3v4")
        return s3.generate_presigned_url(operation, Params={"Bucket": self.bucket, "Key": key, **parameters})

    def test_whoever_has_a_link_may_put_and_get(self):
        for key in ODD_KEYS[:7]:
            self.assertEqual(self.fetch(self.link("put_object", key), data=b"linked", method="PUT")[0], 200)
            self.assertEqual(self.fetch(self.link("get_object", key)), (200, b"linked"))

    def test_a_bucket_may_stand_in_the_host(self):
        self.put("a/b", b"hosted")
        port = ENDPOINT.rsplit(":", 1)[1]
        for domain in ["s3.localhost", "s3.us-east-1.amazonaws.com"]:
            headers = {"Host": f"{self.bucket}.{domain}:{port}"}
            self.assertEqual(self.fetch(ENDPOINT + "/a/b", headers=headers), (200, b"hosted"))


class Told(Case):
    def setUp(self):
        super().setUp()
        self.sqs = boto3.client("sqs", endpoint_url=ENDPOINT)
        self.queue = self.sqs.create_queue(QueueName=self.bucket)["QueueUrl"]
        self.arn = f"arn:aws:sqs:us-east-1:000000000000:{self.bucket}"
        arn = f"arn:aws:s3:::{self.bucket}"
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "s3.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": self.arn,
            "Condition": {"ArnLike": {"aws:SourceArn": arn}},
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self.sqs.set_queue_attributes(QueueUrl=self.queue, Attributes={"Policy": policy})

    def messages(self):
        received = self.sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10).get("Messages", [])
        for message in received:
            self.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])
        return [message["Body"] for message in received]

    def configure(self, *configurations, **options):
        configuration = {"QueueConfigurations": list(configurations)}
        return self.s3.put_bucket_notification_configuration(
            Bucket=self.bucket, NotificationConfiguration=configuration, **options
        )

    def test_a_queue_is_told_of_what_changes(self):
        rules = [{"Name": "prefix", "Value": "in/"}, {"Name": "suffix", "Value": ".csv"}]
        rule = {
            "Id": "csv",
            "QueueArn": self.arn,
            "Events": ["s3:ObjectCreated:*", "s3:ObjectRemoved:Delete"],
            "Filter": {"Key": {"FilterRules": rules}},
        }
        self.configure(rule)
        told = self.s3.get_bucket_notification_configuration(Bucket=self.bucket)["QueueConfigurations"]
        self.assertEqual(told, [rule])
        self.assertEqual(json.loads(self.messages()[0])["Event"], "s3:TestEvent")
        etag = self.put("in/a b+한.csv", b"1,2")["ETag"]
        self.put("out/a.csv")
        self.put("in/a.txt")
        [message] = self.messages()
        [record] = json.loads(message)["Records"]
        self.assertEqual((record["eventName"], record["eventSource"]), ("ObjectCreated:Put", "aws:s3"))
        self.assertEqual(record["s3"]["configurationId"], "csv")
        self.assertEqual(record["s3"]["bucket"]["name"], self.bucket)
        told = record["s3"]["object"]
        expected = ("in/a+b%2B%ED%95%9C.csv", 3, etag.strip('"'))
        self.assertEqual((told["key"], told["size"], told["eTag"]), expected)
        self.s3.delete_object(Bucket=self.bucket, Key="in/a b+한.csv")
        [message] = self.messages()
        self.assertEqual(json.loads(message)["Records"][0]["eventName"], "ObjectRemoved:Delete")
        self.configure()
        self.put("in/b.csv")
        self.assertEqual(self.messages(), [])

    def test_rules_that_cannot_be_followed_are_refused(self):
        rule = {"QueueArn": self.arn, "Events": ["s3:ObjectCreated:*"]}
        refused = ("InvalidArgument", 400)
        self.refused(refused, lambda: self.configure({**rule, "QueueArn": self.arn + "x"}))
        self.refused(refused, lambda: self.configure({**rule, "Events": ["s3:ObjectRestore:Post"]}))
        self.refused(refused, lambda: self.configure(rule, {**rule, "Events": ["s3:ObjectCreated:Put"]}))
        bridge = {"EventBridgeConfiguration": {}}
        parameters = {"Bucket": self.bucket, "NotificationConfiguration": bridge}
        self.refused(("NotImplemented", 501), self.s3.put_bucket_notification_configuration, **parameters)
        self.configure({**rule, "QueueArn": self.arn + "x"}, SkipDestinationValidation=True)


if __name__ == "__main__":
    unittest.main()
