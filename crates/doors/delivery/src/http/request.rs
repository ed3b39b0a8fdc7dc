//! The head of a request, as it goes over the wire.

use bytes::Bytes;
use hyper::header::{
    ACCEPT_ENCODING, AUTHORIZATION, CONNECTION, CONTENT_LENGTH, HOST, HeaderName, HeaderValue, TRANSFER_ENCODING,
};

use super::Post;

/// Headers that say how a request is transferred, which nobody else may say.
const OWN: [HeaderName; 6] = [HOST, CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING, ACCEPT_ENCODING, AUTHORIZATION];

/// Request line and headers.
pub(crate) fn encode_head(post: &Post, authorization: Option<&HeaderValue>, length: usize) -> Bytes {
    let mut head = Vec::with_capacity(1024);
    let mut line = |parts: [&[u8]; 3]| {
        parts.iter().for_each(|part| head.extend_from_slice(part));
        head.extend_from_slice(b"\r\n");
    };
    line([b"POST ", post.endpoint.target().as_bytes(), b" HTTP/1.1"]);
    line([b"host", b": ", post.endpoint.authority().as_bytes()]);
    for (name, value) in post.headers.iter().filter(|(name, _)| !OWN.contains(name)) {
        line([name.as_str().as_bytes(), b": ", value.as_bytes()]);
    }
    if let Some(authorization) = authorization {
        line([b"authorization", b": ", authorization.as_bytes()]);
    }
    line([b"content-length", b": ", length.to_string().as_bytes()]);
    line([b"connection", b": ", b"Keep-Alive"]);
    // What SNS sends. Nothing of an answer is ever decompressed.
    line([b"accept-encoding", b": ", b"gzip,deflate"]);
    line([b"", b"", b""]);
    head.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::Endpoint;

    #[test]
    fn nobody_else_says_how_a_request_is_transferred() {
        let header = |name: &str, value: &str| (name.parse().unwrap(), value.parse().unwrap());
        let post = Post {
            endpoint: Endpoint::parse("http://jane:secret@example.org:8080/hook?a=b").unwrap(),
            headers: vec![
                header("Content-Length", "7"),
                header("Host", "elsewhere"),
                header("Transfer-Encoding", "chunked"),
                header("X-Amz-SNS-Message-Type", "Notification"),
            ],
            body: Bytes::from_static(b"body").into(),
        };
        let expected = concat!(
            "POST /hook?a=b HTTP/1.1\r\n",
            "host: example.org:8080\r\n",
            "x-amz-sns-message-type: Notification\r\n",
            "authorization: Basic x\r\n",
            "content-length: 4\r\n",
            "connection: Keep-Alive\r\n",
            "accept-encoding: gzip,deflate\r\n\r\n",
        );
        assert_eq!(encode_head(&post, Some(&"Basic x".parse().unwrap()), 4), expected);
    }
}
