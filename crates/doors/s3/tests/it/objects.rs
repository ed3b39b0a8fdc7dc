//! Objects: what was said about them, ranges, conditions on reading, lists.

use crate::harness::Server;

#[tokio::test]
async fn large_and_small_objects_come_back() {
    let server = Server::start().await;
    for size in [0, 1, 65_536, 65_537, 1_000_000] {
        let body: Vec<u8> = (0..size).map(|at: u32| at as u8).collect();
        server.put("/photos/k", body.clone()).await;
        let got = server.get("/photos/k").await;
        assert_eq!((got.status, got.header("content-length")), (200, &*size.to_string()));
        assert!(got.body == body);
        let head = server.send("HEAD /photos/k", &[], "").await;
        assert_eq!((head.status, head.header("content-length"), head.body.len()), (200, &*size.to_string(), 0));
    }
}

#[tokio::test]
async fn a_range_is_of_the_version_that_is_wanted() {
    let server = Server::start().await;
    let etag = server.put("/photos/k", "0123456789").await;
    let get = async |headers: &[(&str, &str)]| {
        let answer = server.send("GET /photos/k", headers, "").await;
        (answer.status, answer.text().to_owned(), answer.header("content-range").to_owned())
    };
    let range = ("range", "bytes=2-4");
    let part = (206, "234".to_owned(), "bytes 2-4/10".to_owned());
    let whole = (200, "0123456789".to_owned(), String::new());
    assert_eq!(get(&[range]).await, part);
    assert_eq!(get(&[range, ("if-range", &etag)]).await, part);
    assert_eq!(get(&[range, ("if-range", "Fri, 02 Jan 2026 03:04:05 GMT")]).await, part);
    assert_eq!(get(&[range, ("if-range", "\"other\"")]).await, whole);
    assert_eq!(get(&[("range", "bytes=4-2")]).await, whole);
    let beyond = server.send("GET /photos/k", &[("range", "bytes=10-")], "").await;
    assert_eq!((beyond.refusal(), beyond.element("ActualObjectSize")), ((416, "InvalidRange"), "10"));
    let head = server.send("HEAD /photos/k", &[("range", "bytes=-3")], "").await;
    assert_eq!((head.status, head.header("content-length"), head.header("content-range")), (206, "3", "bytes 7-9/10"));
    let part = server.get("/photos/k?partNumber=1").await;
    assert_eq!((part.status, part.header("content-range")), (206, "bytes 0-9/10"));
    assert_eq!(server.get("/photos/k?partNumber=2").await.refusal(), (416, "InvalidRange"));
}

#[tokio::test]
async fn a_reader_who_has_it_already_gets_no_body() {
    let server = Server::start().await;
    let etag = server.put("/photos/k", "hello").await;
    let again = server.send("GET /photos/k", &[("if-none-match", &etag)], "").await;
    assert_eq!((again.status, again.body.len(), again.header("etag")), (304, 0, etag.as_str()));
    assert_eq!(again.header("last-modified"), "Fri, 02 Jan 2026 03:04:05 GMT");
    let failed = server.send("GET /photos/k", &[("if-match", "\"x\"")], "").await;
    assert_eq!((failed.refusal(), failed.element("Condition")), ((412, "PreconditionFailed"), "If-Match"));
}

#[tokio::test]
async fn what_is_said_about_an_object_outlives_its_copies() {
    let server = Server::start().await;
    let said = [("content-type", "text/plain"), ("x-amz-meta-color", "red"), ("x-amz-tagging", "a=1&b=2")];
    server.send("PUT /photos/k", &said, "hello").await;
    let copy = server.send("PUT /photos/copy", &[("x-amz-copy-source", "/photos/k?versionId=null")], "").await;
    assert_eq!((copy.status, copy.element("ETag")), (200, "&quot;5d41402abc4b2a76b9719d911017c592&quot;"));
    server.send("DELETE /photos/k", &[], "").await;
    let got = server.get("/photos/copy").await;
    assert_eq!((got.header("content-type"), got.header("x-amz-meta-color")), ("text/plain", "red"));
    assert_eq!((got.header("x-amz-tagging-count"), got.text()), ("2", "hello"));
    for bad in ["photos", "photos/", "", "photos/k?versionId=1"] {
        let refused = server.send("PUT /photos/x", &[("x-amz-copy-source", bad)], "").await;
        assert_eq!(refused.refusal(), (400, "InvalidArgument"), "{bad}");
    }
    let unknown = [("x-amz-copy-source", "photos/copy"), ("x-amz-metadata-directive", "MERGE")];
    assert_eq!(server.send("PUT /photos/x", &unknown, "").await.refusal(), (400, "InvalidArgument"));
    let anew = [("x-amz-copy-source", "photos/copy"), ("x-amz-checksum-algorithm", "SHA256")];
    assert_eq!(server.send("PUT /photos/x", &anew, "").await.refusal(), (501, "NotImplemented"));
}

#[tokio::test]
async fn lists_say_what_was_asked_and_where_to_go_on() {
    let server = Server::start().await;
    for key in ["a%20b", "c/1", "c/2", "d"] {
        server.put(&format!("/photos/{key}"), key.to_owned()).await;
    }
    let page = server.get("/photos?list-type=2&delimiter=%2F&max-keys=2&encoding-type=url").await;
    assert_eq!((page.element("Key"), page.element("KeyCount")), ("a+b", "2"));
    assert!(page.text().contains("<CommonPrefixes><Prefix>c/</Prefix></CommonPrefixes>"));
    let token = page.element("NextContinuationToken");
    let rest = server.get(&format!("/photos?list-type=2&delimiter=%2F&continuation-token={token}")).await;
    assert_eq!((rest.element("Key"), rest.element("IsTruncated")), ("d", "false"));
    let first = server.get("/photos?max-keys=1").await;
    assert_eq!((first.element("Key"), first.element("NextMarker"), first.element("IsTruncated")), ("a b", "", "true"));
    for (query, code) in [
        ("list-type=1", "InvalidArgument"),
        ("max-keys=x", "InvalidArgument"),
        ("max-keys=-1", "InvalidArgument"),
        ("encoding-type=base64", "InvalidArgument"),
        ("list-type=2&continuation-token=x", "InvalidArgument"),
    ] {
        assert_eq!(server.get(&format!("/photos?{query}")).await.refusal(), (400, code), "{query}");
    }
    assert_eq!(server.get("/photos?max-keys=5000").await.element("MaxKeys"), "1000");
}
