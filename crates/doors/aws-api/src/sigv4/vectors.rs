//! AWS's own test suites for Signature Version 4, as they ship inside two published crates, in both forms.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use hmac::Mac;
use hyper::header::{HeaderName, HeaderValue};
use serde_json::Value;

use super::credentials::derive_signing_key;
use super::*;

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

/// A request as one of the suites writes it down.
struct Vector {
    name: String,
    method: Method,
    path: String,
    query: String,
    headers: HeaderMap,
    body: Vec<u8>,
    canonical_request: String,
    /// What there is to compare with besides: not every vector has it.
    string_to_sign: Option<String>,
}

/// How a suite means a header's value that goes on in the next line, which HTTP has given up.
#[derive(Clone, Copy)]
enum Continuation {
    /// As another value of the header.
    Value,
    /// As more of the same value.
    Words,
}

impl Vector {
    fn read(signed_request: &Path, canonical_request: &Path, string_to_sign: &Path, lines: Continuation) -> Self {
        let text = fs::read_to_string(signed_request).unwrap();
        let (head, body) = text.split_once("\n\n").unwrap_or((&text, ""));
        let mut head = head.lines();
        let (method, target) = head.next().unwrap().trim_end_matches(" HTTP/1.1").split_once(' ').unwrap();
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut values: Vec<(HeaderName, String)> = Vec::new();
        for line in head.filter(|line| !line.is_empty()) {
            match (line.strip_prefix(' '), lines) {
                (Some(more), Continuation::Words) => {
                    values.last_mut().unwrap().1.push_str(line.get(..1 + more.len()).unwrap())
                }
                (Some(more), Continuation::Value) => values.push((values.last().unwrap().0.clone(), more.to_owned())),
                (None, _) => {
                    let (name, value) = line.split_once(':').unwrap();
                    values.push((name.parse().unwrap(), value.to_owned()));
                }
            }
        }
        let mut headers = HeaderMap::new();
        for (name, value) in values {
            headers.append(name, HeaderValue::from_bytes(value.trim().as_bytes()).unwrap());
        }
        Vector {
            name: signed_request.display().to_string(),
            method: method.parse().unwrap(),
            path: path.to_owned(),
            query: query.to_owned(),
            headers,
            body: body.trim_end_matches('\n').into(),
            canonical_request: fs::read_to_string(canonical_request).unwrap().trim_end().to_owned(),
            string_to_sign: fs::read_to_string(string_to_sign).ok().map(|text| text.trim_end().to_owned()),
        }
    }

    /// Goes through the code that every request goes through, step by step, and then as a whole.
    fn is_accepted(&self) -> bool {
        let Vector { name, method, path, query, headers, body, .. } = self;
        let presigned = Presigned::read(query).unwrap();
        let authorization = match &presigned {
            Some(presigned) => presigned.authorization().unwrap(),
            None => Authorization::of_header(&headers[AUTHORIZATION], headers).unwrap(),
        };
        let signed =
            Signed { method, path, query, headers, rules: Rules::Usual { body }, names: authorization.signed_headers };
        let canonical_request = String::from_utf8(signed.canonical_request()).unwrap();
        let time = authorization.time;
        let scope = &authorization.scope;
        let string_to_sign = signed.string_to_sign(&time, scope.rest);
        let is_canonical = canonical_request == self.canonical_request;
        if is_canonical && let Some(expected) = &self.string_to_sign {
            assert_eq!(str::from_utf8(&string_to_sign).unwrap(), expected, "{name}");
        }
        let key = derive_signing_key(SECRET, scope.day, scope.region, scope.service);
        let is_right = key.chain_update(&string_to_sign).verify_slice(&authorization.signature).is_ok();
        assert_eq!(is_right, is_canonical, "{name}: {canonical_request}");

        // No request has a space in its target.
        if let Ok(uri) = format!("{path}?{query}").parse::<Uri>() {
            let mut credentials = Credentials::new();
            let session_token = authorization.session_token.map(|token| str::from_utf8(token).unwrap());
            let principal = Principal::Root;
            let key = AccessKey { id: "AKIDEXAMPLE", secret: SECRET, session_token, account: "1", principal };
            assert!(credentials.add(key));
            let verifier = Verifier::new(credentials, scope.region);
            let verified = verifier.verify(scope.service, method, &uri, headers, body, time.epoch_seconds());
            assert_eq!(verified.is_ok(), is_right, "{name}: {verified:?}");
        } else {
            assert!(path.contains(' '), "{name}");
        }
        is_right
    }
}

/// Where cargo keeps the source of a dependency.
fn source_of(package: &str) -> PathBuf {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let output = Command::new(cargo)
        .args(["metadata", "--format-version=1", "--offline", "--filter-platform=host-tuple"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let package = packages.iter().find(|known| known["name"] == package).unwrap();
    Path::new(package["manifest_path"].as_str().unwrap()).parent().unwrap().to_owned()
}

fn folders(path: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path());
    let mut folders: Vec<_> = entries.filter(|path| path.is_dir()).collect();
    folders.sort_unstable();
    folders
}

#[test]
fn the_published_suite_verifies() {
    let suite = source_of("scratchstack-aws-signature").join("src/aws-sig-v4-test-suite");
    let mut count = 0;
    for folder in folders(&suite).into_iter().flat_map(|folder| [folders(&folder), vec![folder]].concat()) {
        let file = |extension: &str| folder.join(folder.file_name().unwrap()).with_extension(extension);
        if !file("sreq").exists() {
            continue;
        }
        let vector = Vector::read(&file("sreq"), &file("creq"), &file("sts"), Continuation::Value);
        // Of the two with a form, one lacks the body and a header that it signs, and one signs the form as if it stood in
        // the query string, which no SDK does. The other suite has both as SDKs send them.
        let is_form = folder.file_name().unwrap().to_str().unwrap().starts_with("post-x-www-form-urlencoded");
        assert_eq!(vector.is_accepted(), !is_form, "{}", vector.name);
        count += 1;
    }
    assert_eq!(count, 31);
}

#[test]
fn the_suite_of_the_rust_sdk_verifies_in_both_forms() {
    let (mut accepted, mut refused) = (0, 0);
    for folder in folders(&source_of("aws-sigv4").join("aws-signing-test-suite/v4")) {
        // Two requests are the crate's own.
        let Ok(context) = fs::read(folder.join("context.json")) else { continue };
        let context: Value = serde_json::from_slice(&context).unwrap();
        for form in ["header", "query"] {
            let file = |what: &str| folder.join(format!("{form}-{what}.txt"));
            let files = [file("signed-request"), file("canonical-request"), file("string-to-sign")];
            let vector = Vector::read(&files[0], &files[1], &files[2], Continuation::Words);
            // Only S3 takes paths as they are, and only some services a token that is not signed with the rest of the
            // query string: SQS and STS do neither.
            let is_anothers = context["normalize"] == false || form == "query" && context["omit_session_token"] == true;
            if !is_anothers {
                assert!(vector.is_accepted(), "{}: {}", vector.name, vector.canonical_request);
                accepted += 1;
            } else if !vector.is_accepted() {
                refused += 1;
            }
        }
    }
    assert_eq!((accepted, refused), (61, 13), "two more are the same by either rule");
}
