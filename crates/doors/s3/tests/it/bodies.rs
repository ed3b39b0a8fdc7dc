//! Bodies on their way in: chunks, checksums, lengths; what does not fit leaves nothing behind.

use crate::harness::{Pieces, Server};

const CHUNKED: (&str, &str) = ("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER");
const CRC32_BEHIND: (&str, &str) = ("x-amz-trailer", "x-amz-checksum-crc32");
/// Of `123456789`.
const CRC32: &str = "y/Q5Jg==";

async fn is_missing(server: &Server, path: &str) -> bool {
    server.get(path).await.status == 404
}

#[tokio::test]
async fn a_body_in_chunks_is_stored_without_them() {
    let server = Server::start().await;
    let headers = [CHUNKED, CRC32_BEHIND, ("x-amz-decoded-content-length", "9"), ("content-encoding", "aws-chunked")];
    let body = format!("4\r\n1234\r\n5\r\n56789\r\n0\r\nx-amz-checksum-crc32:{CRC32}\r\n\r\n");
    for size in [1, 7, body.len()] {
        let pieces: Vec<&[u8]> = body.as_bytes().chunks(size).collect();
        let answer = server.send_body("PUT /photos/k", &headers, Pieces::of(&pieces, None)).await;
        assert_eq!((answer.status, answer.header("x-amz-checksum-crc32")), (200, CRC32));
        let got = server.send("GET /photos/k", &[("x-amz-checksum-mode", "ENABLED")], "").await;
        assert_eq!((got.text(), got.header("x-amz-checksum-crc32")), ("123456789", CRC32));
        assert_eq!(got.header("content-encoding"), "");
    }
}

#[tokio::test]
async fn chunks_that_differ_from_what_was_said_leave_nothing_behind() {
    let server = Server::start().await;
    let nine = ("x-amz-decoded-content-length", "9");
    let put = async |body: &'static str, length, trailer| {
        let answer = server.send("PUT /photos/k", &[CHUNKED, length, trailer], body).await;
        assert!(is_missing(&server, "/photos/k").await, "{body}");
        (answer.status, answer.element("Code").to_owned())
    };
    let refused = |status, code: &str| (status, code.to_owned());
    let whole = "9\r\n123456789\r\n0\r\n";
    let other = "9\r\n123456780\r\n0\r\nx-amz-checksum-crc32:y/Q5Jg==\r\n\r\n";
    assert_eq!(put(other, nine, CRC32_BEHIND).await, refused(400, "BadDigest"));
    let without = "9\r\n123456789\r\n0\r\nx-amz-meta-a:b\r\n\r\n";
    assert_eq!(put(without, nine, CRC32_BEHIND).await, refused(400, "InvalidRequest"));
    assert_eq!(put(whole, nine, CRC32_BEHIND).await, refused(400, "IncompleteBody"));
    assert_eq!(put("9\r\n1234", nine, CRC32_BEHIND).await, refused(400, "IncompleteBody"));
    assert_eq!(put("no chunk\r\n", nine, CRC32_BEHIND).await, refused(400, "InvalidRequest"));
    for length in ["8", "10"] {
        let length = ("x-amz-decoded-content-length", length);
        let right = "9\r\n123456789\r\n0\r\nx-amz-checksum-crc32:y/Q5Jg==\r\n\r\n";
        assert_eq!(put(right, length, CRC32_BEHIND).await, refused(400, "IncompleteBody"));
    }
    assert_eq!(put(whole, ("x-amz-meta-a", "b"), CRC32_BEHIND).await, refused(411, "MissingContentLength"));
    let md5 = ("x-amz-trailer", "x-amz-checksum-md5");
    assert_eq!(put(whole, nine, md5).await, refused(400, "InvalidRequest"));
}

#[tokio::test]
async fn digests_in_headers_are_compared() {
    let server = Server::start().await;
    let sha256 = "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225";
    for (name, value, code) in [
        ("x-amz-content-sha256", sha256, "XAmzContentSHA256Mismatch"),
        ("content-md5", "JfnnlDI7RTiF9RgfG2JNCw==", "BadDigest"),
        ("x-amz-checksum-crc32", CRC32, "BadDigest"),
        ("x-amz-checksum-crc32c", "4waSgw==", "BadDigest"),
        ("x-amz-checksum-crc64nvme", "rosUhgp5mIg=", "BadDigest"),
        ("x-amz-checksum-sha1", "98O8HYCOBHMq32eZZczDTKeuNEE=", "BadDigest"),
        ("x-amz-checksum-sha256", "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=", "BadDigest"),
    ] {
        let put = async |body: &'static str| server.send("PUT /photos/k", &[(name, value)], body).await;
        assert_eq!(put("123456780").await.refusal(), (400, code), "{name}");
        assert!(is_missing(&server, "/photos/k").await);
        assert_eq!(put("123456789").await.status, 200, "{name}");
        assert_eq!(server.send("DELETE /photos/k", &[], "").await.status, 204);
    }
    let trailer = server.send("PUT /photos/k", &[CRC32_BEHIND], "123456789").await;
    assert_eq!(trailer.refusal(), (400, "InvalidRequest"));
}

#[tokio::test]
async fn a_length_must_be_told_and_kept_to() {
    let server = Server::start().await;
    let put = |body| server.send_body("PUT /photos/k", &[], body);
    assert_eq!(put(Pieces::of(&[b"abc"], None)).await.refusal(), (411, "MissingContentLength"));
    assert_eq!(put(Pieces::of(&[b"abc"], Some(4))).await.refusal(), (400, "IncompleteBody"));
    let huge = put(Pieces::of(&[b"abc"], Some((5 << 30) + 1))).await;
    assert_eq!(huge.refusal(), (400, "EntityTooLarge"));
    assert_eq!((huge.element("MaxSizeAllowed"), huge.header("connection")), ("5368709120", "close"));
    assert!(is_missing(&server, "/photos/k").await);
}

#[tokio::test]
async fn a_body_that_is_not_read_ends_the_connection() {
    let server = Server::start().await;
    let large = vec![7; 100_000];
    let unread = server.send("PUT /nobodys/k", &[], large.clone()).await;
    assert_eq!((unread.refusal(), unread.header("connection")), ((404, "NoSuchBucket"), "close"));
    let read = server.send("PUT /photos/k", &[("if-match", "\"x\"")], large).await;
    assert_eq!((read.refusal(), read.header("connection")), ((404, "NoSuchKey"), ""));
    assert_eq!(server.get("/photos/k").await.header("connection"), "");
}

#[tokio::test]
async fn documents_have_a_limit() {
    let server = Server::start().await;
    let long = server.send("PUT /photos?tagging", &[], vec![b' '; (8 << 20) + 1]).await;
    assert_eq!(long.refusal(), (400, "EntityTooLarge"));
    let object = "<Object><Key>k</Key></Object>";
    let delete = async |count: usize| {
        let document = format!("<Delete>{}</Delete>", object.repeat(count));
        let crc = crc_fast::checksum(crc_fast::CrcAlgorithm::Crc32Iscsi, document.as_bytes()) as u32;
        let crc = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, crc.to_be_bytes());
        server.send("POST /photos?delete", &[("x-amz-checksum-crc32c", &crc)], document).await
    };
    assert_eq!(delete(1000).await.status, 200);
    assert_eq!(delete(1001).await.refusal(), (400, "MalformedXML"));
    assert_eq!(delete(0).await.refusal(), (400, "MalformedXML"));
    let unchecked = server.send("POST /photos?delete", &[], format!("<Delete>{object}</Delete>")).await;
    assert_eq!(unchecked.refusal(), (400, "InvalidRequest"));
}
