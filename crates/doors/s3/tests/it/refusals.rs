//! How refusals are told: documents, statuses, metrics; and who is not let in at all.

use crate::harness::Server;

#[tokio::test]
async fn a_refusal_is_a_document_but_for_head() {
    let server = Server::start().await;
    let missing = server.get("/photos/none?x=1").await;
    assert_eq!((missing.refusal(), missing.header("content-type")), ((404, "NoSuchKey"), "application/xml"));
    assert_eq!((missing.element("Key"), missing.element("Resource")), ("none", "/photos/none"));
    assert_eq!(missing.element("RequestId"), missing.header("x-amz-request-id"));
    assert_eq!(missing.element("HostId"), missing.header("x-amz-id-2"));
    let head = server.send("HEAD /photos/none", &[], "").await;
    assert_eq!((head.status, head.body.len()), (404, 0));
}

#[tokio::test]
async fn what_there_is_not_is_named() {
    let server = Server::start().await;
    for (line, code) in [
        ("PUT /photos?versioning", (501, "NotImplemented")),
        ("GET /photos?inventory", (501, "NotImplemented")),
        ("POST /photos/k?restore", (501, "NotImplemented")),
        ("POST /photos", (405, "MethodNotAllowed")),
        ("PATCH /photos/k", (405, "MethodNotAllowed")),
        ("GET /photos/%FF", (400, "InvalidURI")),
        ("GET /photos/k?versionId=3", (400, "InvalidArgument")),
        ("PUT /photos/k?uploadId=1&partNumber=1", (404, "NoSuchUpload")),
    ] {
        assert_eq!(server.send(line, &[], "").await.refusal(), code, "{line}");
    }
    let form = [("content-type", "multipart/form-data; boundary=x")];
    assert_eq!(server.send("POST /photos", &form, "--x--").await.refusal(), (501, "NotImplemented"));
    let kms = server.send("PUT /photos/k", &[("x-amz-server-side-encryption", "aws:kms")], "x").await;
    assert_eq!((kms.refusal(), kms.element("Header")), ((501, "NotImplemented"), "x-amz-server-side-encryption"));
    let key = "k".repeat(1025);
    let long = server.get(&format!("/photos/{key}")).await;
    assert_eq!((long.refusal(), long.element("Size")), ((400, "KeyTooLongError"), "1025"));
}

#[tokio::test]
async fn an_owner_that_is_expected_is_compared() {
    let server = Server::start().await;
    let get = async |owner| server.send("GET /photos?location", &[("x-amz-expected-bucket-owner", owner)], "").await;
    assert_eq!(get("000000000000").await.status, 200);
    assert_eq!(get("111111111111").await.refusal(), (403, "AccessDenied"));
}

#[tokio::test]
async fn another_account_and_a_page_of_another_site_are_not_let_in() {
    let server = Server::start().await;
    server.put("/photos/k", "hello").await;
    let credential = "AWS4-HMAC-SHA256 Credential=111111111111/20260102/us-east-1/s3/aws4_request, \
                      SignedHeaders=host, Signature=0";
    let other = server.send("GET /photos/k", &[("authorization", credential)], "").await;
    assert_eq!(other.refusal(), (403, "AccessDenied"));
    let page = server.send("PUT /photos/k", &[("origin", "https://example.com")], "x").await;
    assert_eq!(page.refusal(), (403, "AccessDenied"));
    assert_eq!(server.get("/photos/k").await.text(), "hello");
}

#[tokio::test]
async fn requests_are_counted_by_operation_and_code() {
    let server = Server::start().await;
    server.put("/photos/k", "hello").await;
    server.get("/photos/k").await;
    server.get("/photos/none").await;
    server.send("PATCH /photos/k", &[], "").await;
    let expected = [
        ("CreateBucket", "OK", 1),
        ("GetObject", "NoSuchKey", 1),
        ("GetObject", "OK", 1),
        ("PutObject", "OK", 1),
        ("none", "MethodNotAllowed", 1),
    ];
    assert_eq!(server.requests(), expected);
}
