//! What a function's process may do to the machine, and what `bongsu doctor` says of that.

#![expect(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::harness::{Server, path};

const NOBODY: u32 = 65_534;

/// A folder outside of `/tmp`, which functions have to themselves, that everybody may enter.
fn outside() -> TempDir {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let folder = tempfile::tempdir_in(if target.starts_with("/tmp") { Path::new("/var/tmp") } else { target }).unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// A place with code, somebody else's secret, and a directory for temporary files.
struct Place {
    folder: TempDir,
    tmp: TempDir,
    user: Option<u32>,
}

impl Place {
    fn new(user: Option<u32>) -> Place {
        let (folder, tmp) = (outside(), tempfile::tempdir().unwrap());
        for name in ["code", "secret", "given"] {
            fs::create_dir(folder.path().join(name)).unwrap();
            fs::write(folder.path().join(name).join("file"), name).unwrap();
        }
        for open in [tmp.path().to_owned(), folder.path().join("given")] {
            fs::set_permissions(open, fs::Permissions::from_mode(0o777)).unwrap();
        }
        Place { folder, tmp, user }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn fence(&self) -> Value {
        json!({
            "readable": [self.path("code")],
            "writable": [self.path("given")],
            "tmp": self.tmp.path(),
            "user": self.user.map(|id| json!({ "uid": id, "gid": id })),
            "file_bytes_max": 1 << 20,
            "data_bytes_max": 1u64 << 30,
            "open_files_max": 1024,
        })
    }

    fn launch(&self, words: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bongsu"));
        command.args(["launch-function", "--parent", &std::process::id().to_string()]);
        command.args(["--fence", &self.fence().to_string(), "--"]).args(words);
        command.current_dir(self.path("code")).env("TMPDIR", self.tmp.path()).output().unwrap()
    }

    /// What a shell says within the fence, errors included.
    fn shell(&self, line: &str) -> String {
        let output = self.launch(&["sh", "-c", &format!("exec 2>&1; {line}")]);
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    }

    fn held(&self) -> Value {
        let output = self.launch(&[]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }
}

#[test]
fn a_function_reads_its_code_and_the_system_and_nothing_else() {
    let place = Place::new(None);
    if place.held()["landlock"].is_null() {
        println!("Skipped: the kernel has no Landlock.");
        return;
    }
    assert_eq!(place.shell("cat file"), "code");
    assert!(place.shell("cat /etc/passwd").contains("root"));
    let secret = place.shell(&format!("cat {}", place.path("secret/file").display()));
    assert!(secret.ends_with("Permission denied"), "{secret}");
    for line in ["echo x > file", "echo x > new", "rm file", "mkdir new"] {
        assert!(place.shell(line).contains("Permission denied"), "{line}");
    }
    let given = place.path("given");
    assert_eq!(place.shell(&format!("cd {0} && echo x > new && mv new file && cat {0}/file", given.display())), "x");
    assert_eq!(place.shell("echo lost > /dev/null; cat /dev/null"), "");
}

#[test]
fn a_process_has_tmp_to_itself() {
    let place = Place::new(None);
    if place.held()["own_tmp"] != true {
        println!("Skipped: there are no namespaces for mounts.");
        return;
    }
    assert_eq!(place.shell("echo x > /tmp/file; echo $TMPDIR; ls /tmp"), "/tmp\nfile");
    assert_eq!(fs::read_to_string(place.tmp.path().join("file")).unwrap(), "x\n");
}

#[test]
fn code_in_tmp_leaves_tmp_to_all() {
    let place = Place::new(None);
    let mut fence = place.fence();
    fence["readable"] = json!([place.tmp.path()]);
    let mut command = Command::new(env!("CARGO_BIN_EXE_bongsu"));
    command.args(["launch-function", "--parent", &std::process::id().to_string(), "--fence", &fence.to_string()]);
    let held: Value = serde_json::from_slice(&command.output().unwrap().stdout).unwrap();
    assert_eq!(held["own_tmp"], false);
}

#[test]
fn limits_hold_and_no_privileges_can_be_gained() {
    let place = Place::new(None);
    assert_eq!(place.shell("ulimit -n; ulimit -c; grep NoNewPrivs /proc/self/status"), "1024\n0\nNoNewPrivs:\t1");
    let large = place.shell("head -c 2000000 /dev/zero > /tmp/large; wc -c < /tmp/large");
    assert!(large.ends_with("1048576"), "{large}");
    let held = place.held();
    if held["landlock"].as_u64() >= Some(6) {
        assert!(place.shell("kill -0 $PPID").contains("not permitted"));
    }
}

#[test]
fn a_root_becomes_nobody_or_gives_up_what_makes_it_root() {
    if !is_root() {
        println!("Skipped: only root can become somebody else.");
        return;
    }
    let nobody = Place::new(Some(NOBODY));
    assert_eq!(nobody.shell("id -u; id -g; id -G; cat file"), "65534\n65534\n65534\ncode");
    assert_eq!(nobody.held()["user"], NOBODY);
    let capabilities = Place::new(None).shell("grep -E 'Cap(Eff|Bnd)' /proc/self/status");
    // To use files whatever their mode, within the fence.
    assert_eq!(capabilities, "CapEff:\t0000000000000006\nCapBnd:\t0000000000000006");
}

#[test]
fn what_cannot_be_run_is_said() {
    let place = Place::new(None);
    let output = place.launch(&["/nowhere"]);
    assert_eq!(output.status.code(), Some(127));
    assert!(String::from_utf8_lossy(&output.stderr).contains("No such file"));
    assert_eq!(place.launch(&[path(&place.path("code/file"))]).status.code(), Some(126));
}

const PROBE: &str = "import os, tempfile, urllib.parse, urllib.request

def attempt(path):
    try:
        with open(path, 'w') as file: file.write('x')
        return 'written'
    except OSError as error:
        return type(error).__name__

def handler(event, context):
    found = [attempt('here'), attempt('/tmp/there'), attempt('../given/file'), os.listdir('/tmp') == ['there']]
    form = {'Action': 'SendMessage', 'QueueUrl': 'results', 'MessageBody': ' '.join(map(str, found))}
    urllib.request.urlopen(os.environ['AWS_ENDPOINT_URL'], urllib.parse.urlencode(form).encode()).read()
";

const TEMPLATE: &str = "Transform: AWS::Serverless-2016-10-31
Resources:
  Results: { Type: AWS::SQS::Queue, Properties: { QueueName: results } }
  Work: { Type: AWS::SQS::Queue, Properties: { QueueName: work } }
  Worker:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: worker
      Runtime: python3.11
      Handler: app.handler
      CodeUri: ./code
      Environment: { Variables: { BONGSU_WRITABLE: ../given } }
      Events: { Messages: { Type: SQS, Properties: { Queue: !GetAtt Work.Arn, BatchSize: 1 } } }
";

fn probe(more: &[&str]) -> (String, String) {
    let folder = outside();
    fs::create_dir(folder.path().join("code")).unwrap();
    fs::write(folder.path().join("code/app.py"), PROBE).unwrap();
    let template = folder.path().join("template.yaml");
    fs::write(&template, TEMPLATE).unwrap();
    let mut arguments = vec!["up", path(&template), "--ephemeral"];
    arguments.extend(more);
    let server = Server::start(&arguments);
    server.sqs("SendMessage", json!({ "QueueUrl": "work", "MessageBody": "m" }));
    let found = server.receive("results").unwrap();
    assert_eq!(fs::read_to_string(folder.path().join("given/file")).unwrap(), "x");
    (found, server.stop())
}

#[test]
fn a_function_of_a_template_writes_where_it_may() {
    let place = Place::new(None).held();
    let is_in_tmp = Path::new(env!("CARGO_BIN_EXE_bongsu")).starts_with("/tmp");
    if place["landlock"].is_null() || place["own_tmp"] != true || is_in_tmp {
        println!("Skipped: the kernel has no Landlock, no namespaces for mounts, or the server itself lies in /tmp.");
        return;
    }
    assert_eq!(probe(&[]).0, "PermissionError written written True");
}

#[test]
fn functions_without_a_fence_write_everywhere() {
    let (found, _) = probe(&["--unfenced-functions"]);
    assert!(found.starts_with("written written written"), "{found}");
}

#[test]
fn a_doctor_says_what_holds_and_what_is_in_the_way() {
    let folder = outside();
    let doctor = |data: &Path, more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bongsu"));
        command.args(["doctor", "--data", path(data)]).args(more).output().unwrap()
    };
    let output = doctor(&folder.path().join("not/there/yet"), &[]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{text}");
    for line in text.lines() {
        assert!(["PASS  ", "WARN  "].iter().any(|state| line.starts_with(state)), "{line}");
    }
    for name in ["kernel", "user", "interpreter", "landlock", "/tmp", "privileges", "memory", "open files", "clock"] {
        assert!(text.lines().any(|line| line[6..].starts_with(name)), "{name}: {text}");
    }
    let output = doctor(Path::new("/proc/none"), &["--json"]);
    assert_eq!(output.status.code(), Some(1));
    let findings: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    let failed: Vec<&Value> = findings.iter().filter(|finding| finding["state"] == "FAIL").collect();
    assert!(failed.iter().any(|finding| finding["name"] == "data"), "{failed:?}");
    assert!(!folder.path().join("not").exists(), "a doctor leaves nothing behind");
}
