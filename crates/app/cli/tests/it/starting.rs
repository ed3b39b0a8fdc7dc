//! What keeps a server from starting is said in one line.

use std::fs;
use std::net::TcpListener;

use serde_json::json;

use crate::harness::{Server, exchange, folder, path, refuses};

#[test]
fn faults_of_a_credentials_file_name_the_place_and_never_the_secret() {
    let key = "aws_access_key_id = A\naws_secret_access_key = topsecret\n";
    for (text, fault) in [
        (String::new(), "the file holds no credentials"),
        ("[a]\nnonsense".to_owned(), "line 2 is neither [section] nor name = value"),
        ("aws_access_key_id = A".to_owned(), "line 1 is neither [section] nor name = value"),
        (format!("[a]\n{key}region = x"), "line 4: unknown setting region"),
        ("[a]\naws_access_key_id = A".to_owned(), "section [a] has no aws_secret_access_key"),
        (format!("[a]\n{key}account = 12"), "section [a]: an account is twelve digits"),
        (format!("[a]\n{key}[b]\n{key}"), "section [b]: an earlier section has the same aws_access_key_id"),
    ] {
        let (directory, _) = folder(&[("credentials", &text)]);
        let file = directory.path().join("credentials");
        let said = refuses(&["serve", "--ephemeral", "--credentials", path(&file)]);
        assert_eq!(said, format!("{}: {fault}", file.display()));
    }
    let said = refuses(&["serve", "--ephemeral", "--credentials", "/nowhere/credentials"]);
    assert!(said.starts_with("/nowhere/credentials: No such file or directory"), "{said}");
}

#[test]
fn credentials_close_the_api_to_strangers() {
    let (directory, _) = folder(&[("keys", "[a]\naws_access_key_id = A\naws_secret_access_key = s\n")]);
    let keys = directory.path().join("keys");
    let server = Server::start(&["serve", "--ephemeral", "--credentials", path(&keys), "--api", "0.0.0.0:0"]);
    let api = (std::net::Ipv4Addr::LOCALHOST, server.api.port()).into();
    let answer = exchange(api, "POST", "/", &[("x-amz-target", "AmazonSQS.ListQueues")], b"{}");
    assert_eq!(answer.status, 403);
    assert!(answer.body.contains("AccessDeniedException"), "{}", answer.body);
    server.stop();
}

#[test]
fn a_key_in_the_environment_closes_the_api_too() {
    let serve = |variables: &[(&str, &str)], arguments: &[&str]| {
        let mut command = crate::harness::bongsu(&[&["serve", "--ephemeral"], arguments].concat());
        command.envs(variables.iter().copied());
        command
    };
    let key = [("BONGSU_ACCESS_KEY_ID", "A"), ("BONGSU_SECRET_ACCESS_KEY", "topsecret")];
    let (directory, _) = folder(&[("keys", "[a]\naws_access_key_id = A\naws_secret_access_key = s\n")]);
    let keys = directory.path().join("keys");
    for (variables, arguments, fault) in [
        (&key[..1], &[][..], "BONGSU_SECRET_ACCESS_KEY is not set, although BONGSU_ACCESS_KEY_ID is".to_owned()),
        (
            &key[..],
            &["--credentials", path(&keys)],
            format!("the access key id of BONGSU_ACCESS_KEY_ID stands in {} too", keys.display()),
        ),
    ] {
        let output = serve(variables, arguments).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && said.contains(&fault) && !said.contains("topsecret"), "{said}");
    }
}

#[test]
fn listening_beyond_loopback_takes_credentials_or_a_word() {
    let said = refuses(&["serve", "--ephemeral", "--api", "0.0.0.0:0"]);
    let reason = "can be reached from outside: configure credentials with --credentials FILE, or say --insecure";
    assert!(said.contains(reason), "{said}");
    Server::start(&["serve", "--ephemeral", "--api", "0.0.0.0:0", "--insecure"]).stop();
    // Nothing to reach without a route.
    Server::start(&["serve", "--ephemeral", "--ingress", "0.0.0.0:0"]).stop();
}

#[test]
fn a_port_in_use_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for port in ["--api", "--ingress"] {
        let said = refuses(&["serve", "--ephemeral", port, &address]);
        assert!(said.starts_with(&format!("cannot listen on {address}: Address already in use")), "{said}");
    }
}

#[test]
fn a_data_directory_belongs_to_one_server_at_a_time() {
    let (directory, _) = folder(&[]);
    let data = directory.path().join("data");
    let server = Server::start(&["serve", "--data", path(&data)]);
    let said = refuses(&["serve", "--data", path(&data)]);
    let holder = format!("is held by another process ({})", server.child.id());
    assert!(said.starts_with("the data directory cannot be used: ") && said.contains(&holder), "{said}");
    server.stop();
    Server::start(&["serve", "--data", path(&data)]).stop();
}

#[test]
fn a_data_directory_that_cannot_be_one_is_refused() {
    let (directory, _) = folder(&[("data", "a file")]);
    let said = refuses(&["serve", "--data", path(&directory.path().join("data"))]);
    assert!(said.starts_with("the data directory cannot be used: "), "{said}");
    // Nobody, not even root, can make a directory there.
    let said = refuses(&["serve", "--data", "/proc/bongsu-data"]);
    assert!(said.starts_with("the data directory cannot be used: "), "{said}");
}

#[test]
fn a_directory_of_a_newer_version_is_left_alone() {
    let (directory, _) = folder(&[]);
    let data = directory.path().join("data");
    Server::start(&["serve", "--data", path(&data)]).stop();
    let files = || fs::read_dir(data.join("journal")).unwrap().map(|entry| entry.unwrap().path());
    let segments: Vec<_> = files().filter(|file| fs::read(file).unwrap().starts_with(b"bongsu\0J")).collect();
    for segment in &segments {
        let mut bytes = fs::read(segment).unwrap();
        bytes[8] = 9;
        fs::write(segment, &bytes).unwrap();
    }
    let said = refuses(&["serve", "--data", path(&data)]);
    assert!(said.starts_with("the data directory cannot be used: "), "{said}");
    assert!(said.ends_with("has format version 9; this release reads up to 1"), "{said}");
    assert!(segments.iter().all(|segment| fs::read(segment).unwrap()[8] == 9));
}

#[test]
fn what_was_acknowledged_survives_a_kill() {
    let (directory, _) = folder(&[]);
    let data = directory.path().join("data");
    let mut server = Server::start(&["serve", "--data", path(&data)]);
    server.sqs("CreateQueue", json!({ "QueueName": "orders" }));
    server.sqs("SendMessage", json!({ "QueueUrl": "orders", "MessageBody": "kept" }));
    server.child.kill().unwrap();
    server.child.wait().unwrap();
    let server = Server::start(&["serve", "--data", path(&data)]);
    assert_eq!(server.receive("orders").as_deref(), Some("kept"));
    server.stop();
}

#[test]
fn an_ephemeral_server_leaves_nothing_behind() {
    let (directory, _) = folder(&[]);
    let mut command = crate::harness::bongsu(&["serve", "--ephemeral", "--data", "x"]);
    let output = command.current_dir(directory.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "--ephemeral and --data contradict each other");
    let server = Server::ephemeral();
    server.sqs("CreateQueue", json!({ "QueueName": "orders" }));
    server.stop();
    let server = Server::ephemeral();
    assert_eq!(server.sqs("ListQueues", json!({})), json!({}));
    server.stop();
    assert!(!std::path::Path::new("bongsu-data").exists());
}
