//! `bongsu up` that follows changes, `bongsu plan` that shows them, `bongsu down` that takes a stack away.

use std::fs;
use std::io::{BufRead, BufReader, Lines, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::json;

use crate::fake::{ask, said};
use crate::harness::{Server, bongsu, exchange, folder, path, refuses};

const TEMPLATE: &str = "Transform: AWS::Serverless-2016-10-31
Resources:
  Queue: { Type: AWS::SQS::Queue, Properties: { QueueName: orders, VisibilityTimeout: 5 } }
  Says:
    Type: AWS::Serverless::Function
    Properties: { FunctionName: says, Runtime: python3.11, Handler: app.handler, CodeUri: ./code }
";

fn says(word: &str) -> String {
    format!("def handler(event, context):\n    return '{word}'\n")
}

/// A server whose output is read on after it is ready.
struct Following {
    child: Child,
    said: Lines<BufReader<Box<dyn Read>>>,
    logged: Lines<BufReader<Box<dyn Read>>>,
    api: std::net::SocketAddr,
}

impl Following {
    fn up(template: &Path) -> Following {
        Following::start(&["up", path(template), "--ephemeral"])
    }

    fn start(arguments: &[&str]) -> Following {
        let mut child = bongsu(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary");
        let lines = |from: Box<dyn Read>| BufReader::new(from).lines();
        let mut said = lines(Box::new(child.stdout.take().expect("piped")));
        let logged = lines(Box::new(child.stderr.take().expect("piped")));
        let mut api = None;
        for line in said.by_ref().map_while(Result::ok).take_while(|line| line != "Ready.") {
            api = api
                .or_else(|| line.strip_prefix("API      http://").map(|address| address.parse().expect("an address")));
        }
        Following { child, said, logged, api: api.expect("an address") }
    }

    /// The lines of standard output until the one that ends a reload.
    fn reloaded(&mut self) -> Vec<String> {
        self.said.by_ref().map_while(Result::ok).take_while(|line| line != "Reloaded.").collect()
    }

    /// The next line of the log that has this in it.
    fn logs(&mut self, part: &str) -> String {
        self.logged.by_ref().map_while(Result::ok).find(|line| line.contains(part)).expect("a line")
    }

    fn invoke(&self) -> String {
        exchange(self.api, "POST", "/2015-03-31/functions/says/invocations", &[], b"{}").body
    }

    fn timeout(&self) -> String {
        let input = json!({ "QueueUrl": "orders", "AttributeNames": ["VisibilityTimeout"] }).to_string();
        let headers =
            [("content-type", "application/x-amz-json-1.0"), ("x-amz-target", "AmazonSQS.GetQueueAttributes")];
        exchange(self.api, "POST", "/", &headers, input.as_bytes()).body
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        self.child.kill().unwrap_or_default();
        self.child.wait().map(drop).unwrap_or_default();
    }
}

/// What `bongsu plan` says: its exit code, standard output and standard error.
fn plan(file: &Path, more: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bongsu"));
    for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"] {
        command.env_remove(name);
    }
    command.env("AWS_CONFIG_FILE", "/nowhere").env("AWS_SHARED_CREDENTIALS_FILE", "/nowhere");
    said(&command.args([&["plan", path(file)], more].concat()).output().expect("the binary runs"))
}

#[test]
fn up_follows_the_template_and_the_code_beside_it() {
    let (directory, file) = folder(&[("template.yaml", TEMPLATE), ("code/app.py", &says("one"))]);
    let mut server = Following::up(&file);
    assert_eq!(server.invoke(), "\"one\"");
    fs::write(directory.path().join("code/app.py"), says("another")).unwrap();
    server.logs("its code changed");
    assert_eq!(server.invoke(), "\"another\"");

    fs::write(&file, TEMPLATE.replace("VisibilityTimeout: 5", "VisibilityTimeout: 66")).unwrap();
    let told = server.reloaded();
    assert!(told.iter().any(|line| line.starts_with("Changed  orders ")), "{told:?}");
    assert!(server.timeout().contains("\"66\""));
    assert_eq!(server.invoke(), "\"another\"");

    fs::write(&file, TEMPLATE.replace("VisibilityTimeout: 5", "VisibilityTimeout: soon")).unwrap();
    let refused = server.logs("the template is not deployed, and everything stays as it was");
    assert!(refused.contains(":3: "), "{refused}");
    assert!(server.timeout().contains("\"66\""));

    fs::write(&file, TEMPLATE.split("  Says:").next().unwrap()).unwrap();
    let told = server.reloaded();
    assert!(told.contains(&"Removed  function says".to_owned()), "{told:?}");
}

#[test]
fn up_publishes_a_version_when_code_changes() {
    let template = TEMPLATE.replace("CodeUri: ./code", "CodeUri: ./code, AutoPublishAlias: live");
    let (directory, file) = folder(&[("template.yaml", &template), ("code/app.py", &says("one"))]);
    let mut server = Following::up(&file);
    let invoke = |api, name: &str| {
        exchange(api, "POST", &format!("/2015-03-31/functions/says:{name}/invocations"), &[], b"{}").body
    };
    assert_eq!(invoke(server.api, "live"), "\"one\"");
    fs::write(directory.path().join("code/app.py"), says("another")).unwrap();
    server.reloaded();
    let answers = ["live", "2", "1", "$LATEST"].map(|name| invoke(server.api, name));
    assert_eq!(answers, ["\"another\"", "\"another\"", "\"one\"", "\"another\""]);
    // Another change of the template is none of the code.
    fs::write(&file, template.replace("VisibilityTimeout: 5", "VisibilityTimeout: 66")).unwrap();
    server.reloaded();
    let versions = exchange(server.api, "GET", "/2015-03-31/functions/says/versions", &[], b"").body;
    assert_eq!(versions.matches("\"Version\":").count(), 3, "{versions}");
}

#[test]
fn code_that_was_given_as_a_directory_over_the_wire_is_followed_too() {
    let (directory, _) = folder(&[("code/app.py", &says("one"))]);
    let mut server = Following::start(&["serve", "--ephemeral"]);
    let code = json!({ "S3Bucket": "hot-reload", "S3Key": directory.path().join("code") });
    let role = "arn:aws:iam::000000000000:role/r";
    let (runtime, handler) = ("python3.11", "app.handler");
    let input = json!({ "FunctionName": "says", "Role": role, "Code": code, "Runtime": runtime, "Handler": handler });
    let made = exchange(server.api, "POST", "/2015-03-31/functions", &[], input.to_string().as_bytes());
    assert_eq!(made.status, 201, "{}", made.body);
    assert_eq!(server.invoke(), "\"one\"");
    fs::write(directory.path().join("code/app.py"), says("another")).unwrap();
    server.logs("its code changed");
    assert_eq!(server.invoke(), "\"another\"");
}

#[test]
fn up_again_on_the_same_data_makes_of_the_stack_what_the_template_says_now() {
    let (directory, _) = folder(&[("shop.yaml", TEMPLATE), ("code/app.py", &says("one"))]);
    let file = directory.path().join("shop.yaml");
    let data = directory.path().join("data");
    let of_data = ["--data", path(&data)];
    let up = |file: &Path, more: &[&str]| Server::start(&[&["up", path(file)], &of_data[..], more].concat());
    let plan = |file: &Path, more: &[&str]| plan(file, &[&of_data[..], more].concat());
    let server = up(&file, &[]);
    let url = json!({ "QueueUrl": "orders", "MessageBody": "waits" });
    server.sqs("SendMessage", url);
    server.stop();

    fs::write(&file, TEMPLATE.replace("VisibilityTimeout: 5", "VisibilityTimeout: 66")).unwrap();
    let (_, told, _) = plan(&file, &[]);
    assert!(told.starts_with("Update   Queue  AWS::SQS::Queue ") && told.ends_with("(VisibilityTimeout)\n"), "{told}");
    let server = up(&file, &[]);
    let asked = json!({ "QueueUrl": "orders", "AttributeNames": ["All"] });
    let told = server.sqs("GetQueueAttributes", asked);
    let attribute = |name: &str| told["Attributes"][name].as_str().map(str::to_owned);
    let attributes = (attribute("VisibilityTimeout"), attribute("ApproximateNumberOfMessages"));
    assert_eq!(attributes, (Some("66".to_owned()), Some("1".to_owned())));
    server.stop();

    // Another template that would be the same stack by its name alone: nothing of the first is lost unasked.
    let (elsewhere, _) = folder(&[("shop.yaml", "Resources:\n  Other: { Type: 'AWS::SQS::Queue' }\n")]);
    let other = elsewhere.path().join("shop.yaml");
    let refused = refuses(&[&["up", path(&other)], &of_data[..]].concat());
    assert!(refused.contains("the stack shop is deployed from") && refused.contains("--stack-name shop"), "{refused}");
    let (code, _, stderr) = plan(&other, &[]);
    assert_eq!((code, stderr.contains("the stack shop is deployed from")), (1, true), "{stderr}");
    let told = plan(&other, &["--stack-name", "shop"]).1;
    assert!(told.contains("Delete   Queue  AWS::SQS::Queue") && told.contains("Create   Other"), "{told}");

    // A resource that is taken out goes, with its messages.
    fs::write(&file, "Resources:\n  Other: { Type: 'AWS::SQS::Queue' }\n").unwrap();
    assert!(plan(&file, &[]).1.contains("Delete   Queue  AWS::SQS::Queue"));
    let server = up(&file, &[]);
    assert_eq!(server.try_sqs("GetQueueUrl", &json!({ "QueueName": "orders" })).status, 400);
    server.stop();
    // What is no longer there was moved.
    fs::remove_file(&file).unwrap();
    assert_eq!(plan(&other, &[]).0, 0);
}

#[test]
fn a_plan_says_what_would_change_and_changes_nothing() {
    let queue = TEMPLATE.split("  Says:").next().unwrap();
    let secret = "Parameters:\n  Name: { Type: String, NoEcho: true, Default: shop }\n";
    let named = format!("{secret}{}", queue.replace("QueueName: orders", "QueueName: !Ref Name"));
    let (directory, file) = folder(&[("template.yaml", &named)]);
    let data = directory.path().join("data");
    let plan = |file: &Path, more: &[&str]| plan(file, &[&["--stack-name", "shop"], more].concat());
    let of_data = ["--data", path(&data)];
    let (code, stdout, _) = plan(&file, &of_data);
    assert_eq!((code, stdout.as_str()), (2, "Create   Queue  AWS::SQS::Queue\n"));

    let server = Server::start(&["up", path(&file), "--stack-name", "shop", "--data", path(&data)]);
    let of_server = ["--against", &format!("http://{}", server.api)];
    for against in [&of_data, &of_server] {
        let (code, stdout, stderr) = plan(&file, against);
        assert_eq!((code, stdout.as_str(), stderr.as_str()), (0, "", "The stack shop would stay as it is.\n"));
    }
    let changed = directory.path().join("changed.yaml");
    fs::write(&changed, named.replace("VisibilityTimeout: 5", "VisibilityTimeout: 6")).unwrap();
    for against in [&of_data, &of_server] {
        let (code, stdout, stderr) = plan(&changed, against);
        assert_eq!(code, 2, "{stderr}");
        assert!(stdout.starts_with("Update   Queue  AWS::SQS::Queue  http"), "{stdout}");
        assert!(stdout.ends_with("/shop  (VisibilityTimeout)\n"), "{stdout}");
    }
    fs::write(&changed, "Resources: [").unwrap();
    let (code, _, stderr) = plan(&changed, &of_data);
    assert!(code == 1 && stderr.starts_with("bongsu: "), "{code} {stderr}");
    server.stop();
}

#[test]
fn a_stack_survives_the_process_and_goes_with_down() {
    let (directory, file) = folder(&[("template.yaml", TEMPLATE), ("code/app.py", &says("one"))]);
    let data = directory.path().join("data");
    Server::start(&["up", path(&file), "--stack-name", "shop", "--data", path(&data)]).stop();
    let server = Server::start(&["serve", "--data", path(&data)]);
    let endpoint = format!("http://{}", server.api);
    let (code, _, stderr) = ask(&endpoint, &["down", "mall"]);
    assert_eq!((code, stderr.contains("there is no stack mall")), (1, true), "{stderr}");
    let (code, _, stderr) = ask(&endpoint, &["down"]);
    assert_eq!((code, stderr.as_str()), (0, "Deleted the stack shop.\n"));
    let gone = server.try_sqs("GetQueueUrl", &json!({ "QueueName": "orders" }));
    assert_eq!(gone.status, 400, "{}", gone.body);
    let (code, _, stderr) = ask(&endpoint, &["down"]);
    assert_eq!((code, stderr.contains("there is no stack")), (1, true), "{stderr}");
    server.stop();
}
