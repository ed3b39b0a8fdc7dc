//! What is signed: a request written in the one form that both sides can arrive at.

use std::borrow::Cow;

use hyper::Method;
use hyper::header::{HeaderMap, HeaderName};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode};
use sha2::{Digest, Sha256};

use super::ALGORITHM;
use super::date::RequestTime;
use super::presigned::SIGNATURE;

pub(super) const DATE: HeaderName = HeaderName::from_static("x-amz-date");
pub(super) const TARGET: HeaderName = HeaderName::from_static("x-amz-target");
pub(super) const CONTENT_SHA256: HeaderName = HeaderName::from_static("x-amz-content-sha256");

/// Says instead of a digest that the body is not signed.
pub(super) const UNSIGNED_PAYLOAD: &str = "UNSIGNED-PAYLOAD";

/// The canonical form of a usual SDK request fits without growing the buffer.
const CANONICAL_BYTES_USUAL: usize = 1024;

/// Everything but the unreserved characters of RFC 3986.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A request and which of its headers are signed (`host;x-amz-date`).
pub(super) struct Signed<'a> {
    pub(super) method: &'a Method,
    pub(super) path: &'a str,
    pub(super) query: &'a str,
    pub(super) headers: &'a HeaderMap,
    pub(super) rules: Rules<'a>,
    pub(super) names: &'a str,
}

/// What stands for the body, and how the path is written: S3 goes its own way.
pub(super) enum Rules<'a> {
    /// The body's digest; the path is normalized and encoded once more.
    Usual { body: &'a [u8] },
    /// What the request says in `x-amz-content-sha256`; the path stays as it is, as `//` and `..` are part of keys.
    S3 { content_sha256: &'a str },
}

impl Signed<'_> {
    /// What the signature is made of: algorithm, time, scope, and the digest of the canonical request.
    pub(super) fn string_to_sign(&self, time: &RequestTime, scope: &str) -> Vec<u8> {
        let mut out = self.canonical_request();
        let digest = Sha256::digest(&out);
        out.clear();
        for line in [ALGORITHM, time.as_str(), scope] {
            out.extend_from_slice(line.as_bytes());
            out.push(b'\n');
        }
        put_hex(&digest.into(), &mut out);
        out
    }

    pub(super) fn canonical_request(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(CANONICAL_BYTES_USUAL);
        out.extend_from_slice(self.method.as_str().as_bytes());
        out.push(b'\n');
        match self.rules {
            Rules::Usual { .. } => put_path(self.path, &mut out),
            Rules::S3 { .. } => put_path_of_key(self.path, &mut out),
        }
        out.push(b'\n');
        put_query(self.query, &mut out);
        out.push(b'\n');
        for name in self.names.split(';') {
            out.extend_from_slice(name.as_bytes());
            out.push(b':');
            for (position, value) in self.headers.get_all(name).iter().enumerate() {
                if position > 0 {
                    out.push(b',');
                }
                put_collapsed(value.as_bytes(), &mut out);
            }
            out.push(b'\n');
        }
        out.push(b'\n');
        out.extend_from_slice(self.names.as_bytes());
        out.push(b'\n');
        self.put_body_digest(&mut out);
        out
    }

    fn put_body_digest(&self, out: &mut Vec<u8>) {
        match self.rules {
            // Whoever reads the body compares it.
            Rules::S3 { content_sha256 } => out.extend_from_slice(content_sha256.as_bytes()),
            Rules::Usual { .. } if self.leaves_the_body_out() => out.extend_from_slice(UNSIGNED_PAYLOAD.as_bytes()),
            // A digest that the header claims is not believed.
            Rules::Usual { body } => put_hex(&Sha256::digest(body).into(), out),
        }
    }

    /// Presigners that sign headers as parameters say so in the query string.
    fn leaves_the_body_out(&self) -> bool {
        let says_so = |(name, value): (Cow<'_, str>, Cow<'_, str>)| {
            name.eq_ignore_ascii_case(CONTENT_SHA256.as_str()) && value == UNSIGNED_PAYLOAD
        };
        self.headers.get(CONTENT_SHA256).is_some_and(|given| given == UNSIGNED_PAYLOAD)
            || form_urlencoded::parse(self.query.as_bytes()).any(says_so)
    }
}

fn put_hex(digest: &[u8; 32], out: &mut Vec<u8>) {
    let mut digits = [0; 64];
    hex::encode_to_slice(digest, &mut digits).expect("32 bytes are 64 digits");
    out.extend_from_slice(&digits);
}

/// The path without empty and dot segments, encoded once more (all services but S3 do so).
fn put_path(path: &str, out: &mut Vec<u8>) {
    // Where SDKs send all that is not about a queue, and JSON even that.
    if path == "/" {
        out.push(b'/');
        return;
    }
    let mut segments: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => drop(segments.pop()),
            _ => segments.push(segment),
        }
    }
    for segment in &segments {
        out.push(b'/');
        out.extend(percent_encode(segment.as_bytes(), ENCODED).flat_map(str::bytes));
    }
    let is_folder = path.ends_with('/') || path.ends_with("/.") || path.ends_with("/..");
    if segments.is_empty() || is_folder {
        out.push(b'/');
    }
}

/// The path as it is, every character encoded in the one right way.
fn put_path_of_key(path: &str, out: &mut Vec<u8>) {
    for (position, segment) in path.split('/').enumerate() {
        if position > 0 {
            out.push(b'/');
        }
        let decoded: Cow<'_, [u8]> = percent_decode_str(segment).into();
        out.extend(percent_encode(&decoded, ENCODED).flat_map(str::bytes));
    }
}

/// The parameters sorted by name, then value, each encoded in the one right way; without the signature itself.
fn put_query(query: &str, out: &mut Vec<u8>) {
    if query.is_empty() {
        return;
    }
    let mut parameters: Vec<(String, String)> = query
        .split('&')
        .filter(|parameter| !parameter.is_empty())
        .map(|parameter| {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            (encoded_anew(name), encoded_anew(value))
        })
        .filter(|(name, _)| name != SIGNATURE)
        .collect();
    parameters.sort_unstable();
    for (position, (name, value)) in parameters.iter().enumerate() {
        if position > 0 {
            out.push(b'&');
        }
        out.extend_from_slice(name.as_bytes());
        out.push(b'=');
        out.extend_from_slice(value.as_bytes());
    }
}

fn encoded_anew(text: &str) -> String {
    let text = if text.contains('+') { Cow::Owned(text.replace('+', " ")) } else { Cow::Borrowed(text) };
    let decoded: Cow<'_, [u8]> = percent_decode_str(&text).into();
    percent_encode(&decoded, ENCODED).to_string()
}

/// A header's value without blanks around it, and with one space for each run of blanks inside.
fn put_collapsed(value: &[u8], out: &mut Vec<u8>) {
    if !value.iter().any(|byte| matches!(byte, b' ' | b'\t')) {
        out.extend_from_slice(value);
        return;
    }
    let mut words = value.split(|byte| matches!(byte, b' ' | b'\t')).filter(|word| !word.is_empty());
    out.extend_from_slice(words.next().unwrap_or_default());
    for word in words {
        out.push(b' ');
        out.extend_from_slice(word);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(path: &str) -> String {
        let mut out = Vec::new();
        put_path(path, &mut out);
        String::from_utf8(out).unwrap()
    }

    fn query(query: &str) -> String {
        let mut out = Vec::new();
        put_query(query, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn paths_are_normalized_and_encoded_once_more() {
        for (given, canonical) in [
            ("/", "/"),
            ("", "/"),
            ("//", "/"),
            ("/./", "/"),
            ("/example/..", "/"),
            ("/example1/example2/../..", "/"),
            ("/a/..", "/"),
            ("/../a", "/a"),
            ("/a/b/..", "/a/"),
            ("/./example", "/example"),
            ("//example//", "/example/"),
            ("/000000000000/orders.fifo", "/000000000000/orders.fifo"),
            ("/example space/", "/example%20space/"),
            ("/example%20space/", "/example%2520space/"),
            ("/ሴ", "/%E1%88%B4"),
            ("/-._~09AZaz", "/-._~09AZaz"),
        ] {
            assert_eq!(path(given), canonical, "{given}");
        }
    }

    #[test]
    fn parameters_are_sorted_and_encoded_in_one_way() {
        for (given, canonical) in [
            ("", ""),
            ("Param2=value2&Param1=value1", "Param1=value1&Param2=value2"),
            ("Param1=value2&Param1=Value1", "Param1=Value1&Param1=value2"),
            ("a=1&aa=2&a-=3", "a=1&a-=3&aa=2"),
            ("flag&&x", "flag=&x="),
            ("q=a+b%20c%2b%2f/", "q=a%20b%20c%2B%2F%2F"),
            ("u=http%3a//h&v=a=b", "u=http%3A%2F%2Fh&v=a%3Db"),
            ("ሴ=bar", "%E1%88%B4=bar"),
        ] {
            assert_eq!(query(given), canonical, "{given}");
        }
    }
}
