//! Programs in other languages, each run against a server of its own.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use bongsu_testkit::Server;

/// Two accounts with a key each and a temporary one, in the AWS shared credentials format.
const CREDENTIALS: &str = "
[first]
aws_access_key_id = AKIDFIRST
aws_secret_access_key = first-secret
account = 111111111111

[second]
aws_access_key_id = AKIDSECOND
aws_secret_access_key = second-secret
account = 222222222222

[third]
aws_access_key_id = ASIATHIRD
aws_secret_access_key = third-secret
aws_session_token = third-token
account = 222222222222
role = worker/one
";

#[test]
fn boto3_lives_through_the_life_of_messages() {
    check(&Server::ephemeral(&[]), "messages.py", &[]);
}

#[test]
fn botocore_does_so_over_the_query_protocol() {
    check(&Server::ephemeral(&[]), "messages.py", &[("BONGSU_PROTOCOL", "query")]);
}

#[test]
fn boto3_looks_after_queues_and_redrives_what_failed() {
    check(&Server::ephemeral(&[]), "queues.py", &[]);
}

#[test]
fn botocore_does_that_too_over_the_query_protocol() {
    check(&Server::ephemeral(&[]), "queues.py", &[("BONGSU_PROTOCOL", "query")]);
}

#[test]
fn boto3_is_refused_with_its_own_exceptions() {
    check(&Server::ephemeral(&[]), "errors.py", &[]);
}

#[test]
fn botocore_is_refused_likewise_over_the_query_protocol() {
    check(&Server::ephemeral(&[]), "errors.py", &[("BONGSU_PROTOCOL", "query")]);
}

#[test]
fn terraform_makes_and_deletes_queues() {
    check(&Server::ephemeral(&[]), "terraform.py", &[]);
}

#[test]
fn terraform_changes_a_queue_and_its_policies_as_it_does_with_aws() {
    check(&Server::ephemeral(&[]), "terraform_changes.py", &[]);
}

#[test]
fn requests_and_answers_have_the_published_shapes() {
    check(&Server::ephemeral(&[]), "shapes.py", &[]);
}

#[test]
fn what_is_described_is_what_is_published() {
    check(&Server::ephemeral(&[]), "described.py", &[]);
    check(&Server::ephemeral(&[]), "described_sns.py", &[]);
    check(&Server::ephemeral(&[]), "described_lambda.py", &[]);
    check(&Server::ephemeral(&[]), "described_cloudformation.py", &[]);
    check(&Server::ephemeral(&[]), "described_states.py", &[]);
    check(&Server::ephemeral(&[]), "described_pipes.py", &[]);
    check(&Server::ephemeral(&[]), "described_events.py", &[]);
    check(&Server::ephemeral(&[]), "described_scheduler.py", &[]);
}

#[test]
fn the_aws_cli_lives_through_the_life_of_messages() {
    check(&Server::ephemeral(&[]), "cli.sh", &[]);
}

#[test]
fn the_aws_cli_looks_after_queues_and_redrives_what_failed() {
    check(&Server::ephemeral(&[]), "cli_redrive.sh", &[]);
}

#[test]
fn boto3_runs_machines_to_their_ends() {
    check(&Server::ephemeral(&[]), "states.py", &[]);
}

#[test]
fn the_sdk_for_javascript_runs_machines_to_their_ends() {
    check(&Server::ephemeral(&[]), "workflows.mjs", &[]);
}

#[test]
fn the_aws_cli_runs_machines_and_asks_how_far_they_are() {
    check(&Server::ephemeral(&[]), "cli_workflows.sh", &[]);
}

#[test]
fn boto3_and_the_aws_cli_lead_messages_through_pipes() {
    let server = Server::ephemeral(&[]);
    check(&server, "pipes.py", &[]);
    check(&server, "cli_pipes.sh", &[]);
}

#[test]
fn boto3_and_the_aws_cli_call_an_api_by_connections() {
    let server = Server::ephemeral(&[]);
    check(&server, "http_calls.py", &[]);
    check(&server, "cli_http_calls.sh", &[]);
}

#[test]
fn boto3_and_the_aws_cli_schedule_messages_executions_and_calls() {
    let server = Server::ephemeral(&["--test-clock"]);
    check(&server, "scheduler.py", &[]);
    check(&server, "cli_scheduler.sh", &[]);
}

#[test]
fn boto3_and_the_aws_cli_deploy_stacks() {
    let server = Server::ephemeral(&[]);
    check(&server, "cli_stacks.sh", &[]);
    check(&server, "cloudformation.py", &[]);
}

#[test]
fn the_sdk_for_javascript_lives_through_the_life_of_messages() {
    check(&Server::ephemeral(&[]), "javascript.mjs", &[]);
}

#[test]
fn the_sdk_for_javascript_keeps_objects_in_buckets() {
    check(&Server::ephemeral(&[]), "objects.mjs", &[]);
}

#[test]
fn the_sdk_for_javascript_deploys_and_invokes_functions_and_reads_what_they_print() {
    check(&Server::ephemeral(&[]), "functions.mjs", &[]);
}

#[test]
fn every_paginator_of_boto3_reads_all_pages_and_every_waiter_is_satisfied() {
    check(&Server::ephemeral(&[]), "paginators.py", &[]);
}

#[test]
fn sqs_consumer_retries_and_gives_up() {
    check(&Server::ephemeral(&[]), "consumer.mjs", &[]);
}

#[test]
fn boto3_fans_out_and_keeps_groups_in_order() {
    check(&Server::ephemeral(&[]), "topics.py", &[]);
}

#[test]
fn the_aws_cli_fans_out() {
    check(&Server::ephemeral(&[]), "cli_topics.sh", &[]);
}

#[test]
fn the_sdk_for_javascript_fans_out_and_its_validator_finds_signatures_good() {
    check(&server_with_certificate_of_amazon(), "topics.mjs", &[]);
}

#[test]
fn a_web_server_confirms_and_finds_signatures_good() {
    check(&server_with_certificate_of_amazon(), "webhooks.py", &[]);
}

#[test]
fn terraform_makes_and_changes_topics_and_subscriptions() {
    check(&Server::ephemeral(&[]), "terraform_topics.py", &[]);
}

/// Validators insist on a certificate of Amazon's host; the programs look for it here.
fn server_with_certificate_of_amazon() -> Server {
    Server::ephemeral(&["--certificate-url", "https://sns.us-east-1.amazonaws.com"])
}

#[test]
fn boto3_makes_changes_and_invokes_functions() {
    check(&Server::ephemeral(&[]), "control_plane.py", &[]);
}

#[test]
fn boto3_fires_events_and_hears_how_they_ended() {
    check(&Server::ephemeral(&["--test-clock"]), "events.py", &[]);
}

#[test]
fn boto3_has_queues_feed_functions() {
    check(&Server::ephemeral(&["--test-clock"]), "mappings.py", &[]);
}

#[test]
fn the_aws_cli_lives_through_the_life_of_a_function() {
    check(&Server::ephemeral(&[]), "cli_functions.sh", &[]);
}

#[test]
fn the_aws_cli_packages_code_and_deploys_it() {
    check(&Server::ephemeral(&[]), "cli_package.sh", &[]);
}

#[test]
fn templates_in_awss_patterns_are_deployed_as_they_are() {
    check(&Server::ephemeral(&["--test-clock"]), "deployed.py", &[]);
}

#[test]
fn the_sam_cli_builds_deploys_looks_after_and_deletes_an_application() {
    let sam = installed("BONGSU_SAM", "sam/bin/sam");
    check(&Server::ephemeral(&[]), "sam.sh", &[("BONGSU_SAM", sam.to_str().unwrap())]);
}

#[test]
fn the_aws_cdk_deploys_compares_and_destroys_an_application() {
    check(&Server::ephemeral(&[]), "cdk.sh", &[("BONGSU_NODE", node().to_str().unwrap())]);
}

#[test]
fn terraform_makes_and_changes_functions() {
    check(&Server::ephemeral(&[]), "terraform_functions.py", &[]);
}

#[test]
fn boto3_keeps_objects_in_buckets() {
    check(&Server::ephemeral(&[]), "s3.py", &[]);
}

#[test]
fn many_writers_of_one_document_lose_no_update() {
    check(&Server::ephemeral(&[]), "s3_shared_state.py", &[]);
}

#[test]
fn the_aws_cli_copies_and_syncs_files() {
    check(&Server::ephemeral(&[]), "cli_s3.sh", &[]);
}

#[test]
fn only_those_who_can_sign_get_at_objects() {
    check(&server_with_credentials(), "s3_signatures.py", &[]);
}

#[test]
fn celery_runs_its_tasks() {
    check(&Server::ephemeral(&[]), "celery_workers.py", &[]);
}

#[test]
fn only_signed_requests_are_accepted_once_credentials_are_configured() {
    check_signatures("json");
}

#[test]
fn only_signed_requests_are_accepted_over_the_query_protocol_too() {
    check_signatures("query");
}

fn check_signatures(protocol: &str) {
    check(&server_with_credentials(), "signatures.py", &[("BONGSU_PROTOCOL", protocol)]);
}

/// The file with the credentials is read before the server is ready, and may be gone afterwards.
fn server_with_credentials() -> Server {
    let folder = tempfile::tempdir().unwrap();
    let credentials = folder.path().join("credentials");
    fs::write(&credentials, CREDENTIALS).unwrap();
    Server::ephemeral(&["--credentials", credentials.to_str().unwrap()])
}

#[test]
fn a_function_calls_back_with_a_key_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let credentials = folder.path().join("credentials");
    let own = "[own]\naws_access_key_id = AKIDOWN\naws_secret_access_key = own-secret\n";
    fs::write(&credentials, own).unwrap();
    let template = Path::new(env!("CARGO_MANIFEST_DIR")).join("function/template.yaml");
    let packages = fs::read_dir(python().parent().unwrap().join("../lib")).unwrap().next().unwrap().unwrap();
    let packages = format!("Packages={}", packages.path().join("site-packages").display());
    let arguments = [template.to_str().unwrap(), "--parameter", &packages, "--ephemeral", "--credentials"];
    let arguments = ["up"].into_iter().chain(arguments).chain(credentials.to_str());
    let server = Server::start(arguments.map(OsString::from)).unwrap();
    check(&server, "answers.py", &[("BONGSU_INGRESS", &format!("http://{}", server.ingress()))]);
}

#[test]
fn boto3_and_the_aws_cli_invoke_a_function() {
    let folder = tempfile::tempdir().unwrap();
    let credentials = folder.path().join("credentials");
    // What every program signs with here.
    fs::write(&credentials, "[test]\naws_access_key_id = test\naws_secret_access_key = test\n").unwrap();
    let template = Path::new(env!("CARGO_MANIFEST_DIR")).join("invoked/template.yaml");
    let arguments = ["up", template.to_str().unwrap(), "--ephemeral", "--credentials", credentials.to_str().unwrap()];
    check(&Server::start(arguments.map(OsString::from)).unwrap(), "invoke.py", &[]);
}

#[test]
fn boto3_and_the_aws_cli_read_what_functions_print() {
    let template = Path::new(env!("CARGO_MANIFEST_DIR")).join("invoked/template.yaml");
    let server = Server::start(["up", template.to_str().unwrap(), "--ephemeral"].map(OsString::from)).unwrap();
    check(&server, "logs.py", &[]);
    check(&server, "cli_logs.sh", &[]);
}

/// Runs a program of `clients/` and fails with what it printed if it fails.
#[track_caller]
fn check(server: &Server, program: &str, variables: &[(&str, &str)]) {
    let home = tempfile::tempdir().unwrap();
    let inherited = env::var("PATH").unwrap();
    let output = command(program)
        .env_clear()
        .env("PATH", format!("{}:{inherited}", python().parent().unwrap().display()))
        .env("HOME", home.path())
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("LC_ALL", "C.UTF-8")
        .env("AWS_ENDPOINT_URL", server.api_url())
        .env("AWS_DEFAULT_REGION", "us-east-1")
        .env("AWS_REGION", "us-east-1")
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env("AWS_MAX_ATTEMPTS", "1")
        .env("AWS_PAGER", "")
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{program}: {}\n{}", output.status, String::from_utf8_lossy(&said));
}

/// A program of `clients/` with what runs it.
fn command(program: &str) -> Command {
    let clients = Path::new(env!("CARGO_MANIFEST_DIR")).join("clients");
    match program.rsplit_once('.') {
        Some((_, "py")) => with(python(), &[], &clients.join(program)),
        Some((_, "mjs")) => {
            let node = node();
            // A module finds its packages from the folder it was reached through, which has them beside it.
            let linked = node.parent().unwrap().join("clients").join(program);
            with(node, &["--preserve-symlinks", "--preserve-symlinks-main"], &linked)
        }
        _ => with(PathBuf::from("bash"), &[], &clients.join(program)),
    }
}

fn with(interpreter: PathBuf, options: &[&str], program: &Path) -> Command {
    let mut command = Command::new(interpreter);
    command.args(options).arg(program);
    command
}

/// The Python that has the published SDKs installed.
fn python() -> PathBuf {
    installed("BONGSU_PYTHON", "venv/bin/python")
}

/// The Node that has the published JavaScript clients installed beside it.
fn node() -> PathBuf {
    installed("BONGSU_NODE", "node/node")
}

/// What `cargo xtask test` names in a variable, or left in cargo's own target folder.
fn installed(variable: &str, left: &str) -> PathBuf {
    let path = env::var_os(variable).map(PathBuf::from);
    let path = path.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target").join(left));
    assert!(path.exists(), "{} is missing; `cargo xtask test` installs it", path.display());
    path
}
