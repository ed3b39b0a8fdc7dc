// Objects in buckets, as the AWS SDK for JavaScript sees them, with its checksums and its checks of them left on.

import assert from "node:assert/strict";
import { createHash, randomBytes, randomUUID } from "node:crypto";
import { Readable } from "node:stream";
import { describe, test } from "node:test";

import * as model from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";

import { SOON, attribute, queue, receive } from "./under_test.mjs";

const PART_MIN = 5 << 20;

// The host of a bucket would be one of its own below the endpoint's, which is an address here.
const s3 = new model.S3({ forcePathStyle: true });

/** A new bucket's name. */
async function bucket() {
  const Bucket = `b${randomUUID()}`;
  await s3.createBucket({ Bucket });
  return Bucket;
}

/** What an object contains. */
async function content(Bucket, Key, options = {}) {
  return (await s3.getObject({ Bucket, Key, ...options })).Body.transformToString();
}

/** All keys of a bucket, three a page. */
async function keys(Bucket, options = {}) {
  const found = [];
  for await (const page of model.paginateListObjectsV2({ client: s3, pageSize: 3 }, { Bucket, ...options })) {
    found.push(...(page.Contents ?? []).map(({ Key }) => Key));
  }
  return found;
}

/** The status and the name of the error with which a call is refused. */
async function refused(call, status, name) {
  const error = await call.then(() => assert.fail("it was to be refused"), (error) => error);
  assert.deepEqual([error.$metadata?.httpStatusCode, error.name], [status, name], error);
  return error;
}

describe("an object", { concurrency: true, timeout: 3 * SOON }, () => {
  test("lives its whole life", async () => {
    const Bucket = await bucket();
    const Key = "folder/한 글+&?.txt";
    const put = await s3.putObject({
      Bucket,
      Key,
      Body: "first",
      ContentType: "text/plain; charset=utf-8",
      CacheControl: "no-store",
      Metadata: { author: "somebody" },
      Tagging: "team=mail&stage=",
    });
    assert.equal(put.ETag, `"${createHash("md5").update("first").digest("hex")}"`);
    assert.ok(put.ChecksumCRC32);
    const got = await s3.getObject({ Bucket, Key });
    assert.equal(await got.Body.transformToString(), "first");
    assert.deepEqual([got.ETag, got.ContentLength, got.ContentType], [put.ETag, 5, "text/plain; charset=utf-8"]);
    assert.deepEqual([got.CacheControl, got.Metadata, got.TagCount], ["no-store", { author: "somebody" }, 2]);
    assert.ok(Date.now() - got.LastModified < SOON);

    assert.equal(await content(Bucket, Key, { Range: "bytes=1-2" }), "ir");
    await refused(s3.getObject({ Bucket, Key, Range: "bytes=9-" }), 416, "InvalidRange");
    const unchanged = s3.getObject({ Bucket, Key, IfNoneMatch: put.ETag });
    assert.equal((await unchanged.catch((error) => error)).$metadata.httpStatusCode, 304);
    const { TagSet } = await s3.getObjectTagging({ Bucket, Key });
    assert.deepEqual(TagSet, [{ Key: "stage", Value: "" }, { Key: "team", Value: "mail" }]);

    const CopySource = encodeURIComponent(`${Bucket}/${Key}`);
    const copied = await s3.copyObject({ Bucket, Key: "copy", CopySource });
    assert.equal(copied.CopyObjectResult.ETag, put.ETag);
    const head = await s3.headObject({ Bucket, Key: "copy", ChecksumMode: "ENABLED" });
    assert.deepEqual([head.Metadata, head.ChecksumCRC32], [{ author: "somebody" }, put.ChecksumCRC32]);
    assert.deepEqual(await keys(Bucket), ["copy", Key]);

    await s3.deleteObject({ Bucket, Key });
    await refused(s3.getObject({ Bucket, Key }), 404, "NoSuchKey");
    await refused(s3.headObject({ Bucket, Key }), 404, "NotFound");
    await refused(s3.deleteBucket({ Bucket }), 409, "BucketNotEmpty");
    await s3.deleteObject({ Bucket, Key: "copy" });
    await s3.deleteBucket({ Bucket });
    await refused(s3.headBucket({ Bucket }), 404, "NotFound");
  });

  test("is put by one of many who hold its last version", async () => {
    const Bucket = await bucket();
    const Key = "state.json";
    const first = { Bucket, Key, Body: "[]", IfNoneMatch: "*" };
    const races = await Promise.allSettled(Array.from({ length: 5 }, () => s3.putObject(first)));
    const losers = races.filter(({ status }) => status === "rejected").map(({ reason }) => reason.name);
    assert.deepEqual(losers, Array(4).fill("PreconditionFailed"));

    const add = async (n) => {
      for (;;) {
        const { Body, ETag } = await s3.getObject({ Bucket, Key });
        const list = [...JSON.parse(await Body.transformToString()), n];
        const written = s3.putObject({ Bucket, Key, Body: JSON.stringify(list), IfMatch: ETag });
        const error = await written.then(() => null, (error) => error);
        if (error === null) return;
        assert.equal(error.name, "PreconditionFailed");
      }
    };
    await Promise.all(Array.from({ length: 8 }, (_, n) => add(n)));
    const list = JSON.parse(await content(Bucket, Key));
    assert.deepEqual(list.sort(), [0, 1, 2, 3, 4, 5, 6, 7]);
    await refused(s3.putObject({ Bucket, Key: "none", Body: "", IfMatch: '"x"' }), 404, "NoSuchKey");
  });

  test("is uploaded from a stream in parts", async () => {
    const Bucket = await bucket();
    const bytes = randomBytes(2 * PART_MIN + 123);
    const pieces = Array.from({ length: 11 }, (_, n) => bytes.subarray(n << 20, (n + 1) << 20));
    const params = { Bucket, Key: "large", Body: Readable.from(pieces), Metadata: { from: "a stream" } };
    const upload = new Upload({ client: s3, params, partSize: PART_MIN, queueSize: 3 });
    let loaded = 0;
    upload.on("httpUploadProgress", (progress) => (loaded = Math.max(loaded, progress.loaded)));
    const done = await upload.done();
    assert.match(done.ETag, /^"[0-9a-f]{32}-3"$/);
    assert.equal(loaded, bytes.length);
    const got = await s3.getObject({ Bucket, Key: "large", ChecksumMode: "ENABLED" });
    assert.ok(bytes.equals(await got.Body.transformToByteArray()));
    assert.deepEqual([got.Metadata, got.ETag], [{ from: "a stream" }, done.ETag]);
    const part = await s3.headObject({ Bucket, Key: "large", PartNumber: 3 });
    assert.deepEqual([part.PartsCount, part.ContentLength], [3, 123]);

    const small = new Upload({ client: s3, params: { Bucket, Key: "small", Body: Readable.from(["a", "b"]) } });
    await small.done();
    assert.equal(await content(Bucket, "small"), "ab");

    const aborted = new Upload({ client: s3, params: { ...params, Key: "aborted", Body: Readable.from(pieces) } });
    aborted.on("httpUploadProgress", () => aborted.abort());
    await assert.rejects(aborted.done(), { name: "AbortError" });
    assert.deepEqual(await keys(Bucket), ["large", "small"]);
  });

  test("is behind links that anybody may follow", async () => {
    const Bucket = await bucket();
    const link = (command) => getSignedUrl(s3, command, { expiresIn: 600 });
    const to = await link(new model.PutObjectCommand({ Bucket, Key: "a b", ContentType: "text/plain" }));
    const put = await fetch(to, { method: "PUT", body: "by fetch", headers: { "content-type": "text/plain" } });
    assert.equal(put.status, 200, await put.text());
    const ResponseContentDisposition = 'attachment; filename="b.txt"';
    const from = await link(new model.GetObjectCommand({ Bucket, Key: "a b", ResponseContentDisposition }));
    const got = await fetch(from);
    assert.deepEqual([await got.text(), got.headers.get("content-type")], ["by fetch", "text/plain"]);
    assert.equal(got.headers.get("content-disposition"), ResponseContentDisposition);
  });
});

describe("a bucket", { concurrency: true, timeout: 3 * SOON }, () => {
  test("lists its objects in pages, and folder by folder", async () => {
    const Bucket = await bucket();
    const all = ["a/1", "a/2", "b/1", "b/c/2", "d", "e f", "가"];
    await Promise.all(all.map((Key) => s3.putObject({ Bucket, Key, Body: Key })));
    assert.deepEqual(await keys(Bucket), all);
    assert.deepEqual(await keys(Bucket, { Prefix: "b/" }), ["b/1", "b/c/2"]);
    assert.deepEqual(await keys(Bucket, { StartAfter: "b/c" }), ["b/c/2", "d", "e f", "가"]);
    const top = await s3.listObjectsV2({ Bucket, Delimiter: "/" });
    assert.deepEqual(top.CommonPrefixes.map(({ Prefix }) => Prefix), ["a/", "b/"]);
    assert.deepEqual(top.Contents.map(({ Key }) => Key), ["d", "e f", "가"]);

    const Objects = ["a/1", "a/2", "gone"].map((Key) => ({ Key }));
    const deleted = await s3.deleteObjects({ Bucket, Delete: { Objects } });
    assert.deepEqual(deleted.Deleted.map(({ Key }) => Key), ["a/1", "a/2", "gone"]);
    assert.deepEqual(await keys(Bucket), all.slice(2));
  });

  test("tells a queue of what is put into it", async () => {
    const Bucket = await bucket();
    const QueueUrl = await queue();
    const QueueArn = await attribute(QueueUrl, "QueueArn");
    const Filter = { Key: { FilterRules: [{ Name: "prefix", Value: "in/" }] } };
    const QueueConfigurations = [{ Id: "one", QueueArn, Events: ["s3:ObjectCreated:*"], Filter }];
    await s3.putBucketNotificationConfiguration({ Bucket, NotificationConfiguration: { QueueConfigurations } });
    const told = await s3.getBucketNotificationConfiguration({ Bucket });
    assert.deepEqual(told.QueueConfigurations[0].Events, ["s3:ObjectCreated:*"]);
    await s3.putObject({ Bucket, Key: "out/a", Body: "" });
    await s3.putObject({ Bucket, Key: "in/a b", Body: "four" });
    const bodies = (await receive(QueueUrl)).map(({ Body }) => JSON.parse(Body));
    assert.equal(bodies.filter(({ Event }) => Event === "s3:TestEvent").length, 1);
    const [{ eventName, s3: about }, ...others] = bodies.flatMap(({ Records }) => Records ?? []);
    assert.deepEqual([eventName, about.object.key, about.object.size, others], ["ObjectCreated:Put", "in/a+b", 4, []]);
  });
});
