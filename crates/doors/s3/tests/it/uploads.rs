//! Objects in parts: what ties an upload, its parts and its checksum together.

use crate::harness::{Answer, Server};

const PART: usize = 5 << 20;

async fn begin(server: &Server, headers: &[(&str, &str)]) -> String {
    let answer = server.send("POST /photos/k?uploads", headers, "").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.element("UploadId").to_owned()
}

/// Uploads a part; its ETag.
async fn part(server: &Server, upload: &str, number: u32, body: Vec<u8>, headers: &[(&str, &str)]) -> String {
    let line = format!("PUT /photos/k?partNumber={number}&uploadId={upload}");
    let answer = server.send(&line, headers, body).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.header("etag").to_owned()
}

fn document(parts: &[(u32, &str)]) -> String {
    let part = |(number, etag): &(u32, &str)| {
        format!("<Part><PartNumber>{number}</PartNumber><ETag>{}</ETag></Part>", etag.replace('"', "&quot;"))
    };
    format!("<CompleteMultipartUpload>{}</CompleteMultipartUpload>", parts.iter().map(part).collect::<String>())
}

async fn complete(server: &Server, upload: &str, headers: &[(&str, &str)], document: String) -> Answer {
    server.send(&format!("POST /photos/k?uploadId={upload}"), headers, document).await
}

#[tokio::test]
async fn the_checksum_of_the_whole_is_compared_before_the_object_is_there() {
    let server = Server::start().await;
    let full = [("x-amz-checksum-algorithm", "CRC64NVME")];
    let upload = begin(&server, &full).await;
    let body = [vec![b'a'; PART], b"123456789".to_vec()];
    let crc = |bytes: &[u8]| {
        let crc = crc_fast::checksum(crc_fast::CrcAlgorithm::Crc64Nvme, bytes);
        base64::Engine::encode(&base64::engine::general_purpose::STANDARD, crc.to_be_bytes())
    };
    let first = part(&server, &upload, 1, body[0].clone(), &[("x-amz-checksum-crc64nvme", &crc(&body[0]))]).await;
    let second = part(&server, &upload, 2, body[1].clone(), &[("x-amz-checksum-crc64nvme", "rosUhgp5mIg=")]).await;
    let parts = document(&[(1, &first), (2, &second)]);
    let wrong = complete(&server, &upload, &[("x-amz-checksum-crc64nvme", "rosUhgp5mIg=")], parts.clone()).await;
    assert_eq!(wrong.refusal(), (400, "BadDigest"));
    let size = complete(&server, &upload, &[("x-amz-mp-object-size", "7")], parts.clone()).await;
    assert_eq!(size.refusal(), (400, "InvalidRequest"));
    let kind = complete(&server, &upload, &[("x-amz-checksum-type", "COMPOSITE")], parts.clone()).await;
    assert_eq!(kind.refusal(), (400, "InvalidRequest"));
    assert_eq!(server.get("/photos/k").await.status, 404);
    let whole = crc(&body.concat());
    let claims = [("x-amz-checksum-crc64nvme", whole.as_str()), ("x-amz-mp-object-size", "5242889")];
    let done = complete(&server, &upload, &claims, parts).await;
    assert_eq!((done.status, done.element("ChecksumCRC64NVME")), (200, whole.as_str()));
    assert_eq!(done.element("Location"), "http://127.0.0.1:4566/photos/k");
    let got = server.send("GET /photos/k", &[("x-amz-checksum-mode", "ENABLED")], "").await;
    assert!(got.body == body.concat());
    let copied = server.send("PUT /photos/copy", &[("x-amz-copy-source", "photos/k")], "").await;
    assert_eq!(copied.element("ETag"), done.element("ETag"));
    assert_eq!((got.header("x-amz-checksum-crc64nvme"), got.header("x-amz-checksum-type")), (&*whole, "FULL_OBJECT"));
}

#[tokio::test]
async fn an_upload_that_was_overtaken_has_to_begin_anew() {
    let server = Server::start().await;
    let old = server.put("/photos/k", "old").await;
    let upload = begin(&server, &[]).await;
    let etag = part(&server, &upload, 1, b"new".to_vec(), &[]).await;
    let parts = document(&[(1, &etag)]);
    let conflict = (409, "ConditionalRequestConflict");
    server.send("DELETE /photos/k", &[], "").await;
    let deleted = complete(&server, &upload, &[("if-none-match", "*")], parts.clone()).await;
    assert_eq!((deleted.refusal(), deleted.element("Key")), (conflict, "k"));
    assert_eq!(deleted.element("Condition"), "If-None-Match");
    // The same bytes again: another object all the same.
    let again = server.put("/photos/k", "old").await;
    assert_eq!(again, old);
    let overwritten = complete(&server, &upload, &[("if-match", &again)], parts.clone()).await;
    assert_eq!(overwritten.refusal(), conflict);
    let anew = begin(&server, &[]).await;
    let etag = part(&server, &anew, 1, b"new".to_vec(), &[]).await;
    assert_eq!(complete(&server, &anew, &[("if-match", &again)], document(&[(1, &etag)])).await.status, 200);
    assert_eq!(server.get("/photos/k").await.text(), "new");
}

#[tokio::test]
async fn a_stretch_of_another_object_becomes_a_part() {
    let server = Server::start().await;
    server.put("/photos/source", "0123456789").await;
    let upload = begin(&server, &[]).await;
    let line = format!("PUT /photos/k?partNumber=1&uploadId={upload}");
    let copy = async |headers: &[(&str, &str)]| server.send(&line, headers, "").await;
    let source = ("x-amz-copy-source", "photos/source");
    for bad in ["bytes=0-10", "bytes=3-", "bytes=-3", "0-1"] {
        let refused = copy(&[source, ("x-amz-copy-source-range", bad)]).await;
        assert_eq!(refused.refusal(), (400, "InvalidArgument"), "{bad}");
    }
    let failed = copy(&[source, ("x-amz-copy-source-if-match", "\"x\"")]).await;
    assert_eq!(failed.refusal(), (412, "PreconditionFailed"));
    let missing = copy(&[("x-amz-copy-source", "photos/none")]).await;
    assert_eq!((missing.refusal(), missing.element("Key")), ((404, "NoSuchKey"), "none"));
    server.advance(60);
    let copied = copy(&[source, ("x-amz-copy-source-range", "bytes=2-4")]).await;
    assert_eq!((copied.status, copied.element("LastModified")), (200, "2026-01-02T03:05:05.000Z"));
    let etag = copied.element("ETag").replace("&quot;", "");
    assert_eq!(complete(&server, &upload, &[], document(&[(1, &etag)])).await.status, 200);
    assert_eq!(server.get("/photos/k").await.text(), "234");
}

#[tokio::test]
async fn a_part_is_not_read_for_an_upload_that_is_not_there() {
    let server = Server::start().await;
    let upload = begin(&server, &[]).await;
    let line = format!("PUT /photos/other?partNumber=1&uploadId={upload}");
    let other = server.send(&line, &[], vec![7; PART]).await;
    assert_eq!((other.refusal(), other.header("connection")), ((404, "NoSuchUpload"), "close"));
    assert_eq!(other.element("UploadId"), upload);
    let line = format!("PUT /photos/k?partNumber=10001&uploadId={upload}");
    assert_eq!(server.send(&line, &[], "x").await.refusal(), (400, "InvalidArgument"));
    assert_eq!(server.send(&format!("DELETE /photos/k?uploadId={upload}"), &[], "").await.status, 204);
    assert_eq!(
        complete(&server, &upload, &[], document(&[(1, &"0".repeat(32))])).await.refusal(),
        (404, "NoSuchUpload")
    );
}
