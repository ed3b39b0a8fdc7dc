//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use bongsu_broker::Account;
use bongsu_delivery::fence::Ids;
use bongsu_delivery::{FunctionUser, Launcher, PROCESSES_MAX, processes_max_here};
use bongsu_server::{Config, ElasticMqError, ElasticMqFile, Net, OtlpEndpoint, PublicUrl, Storage, TemplateFile};
use clap::{Args, Parser, Subcommand};

use crate::bench::BenchArguments;
use crate::doctor::DoctorArguments;
use crate::down::DownArguments;
use crate::launch::LaunchArguments;
use crate::logs::LogsArguments;
use crate::peek::PeekArguments;
use crate::plan::PlanArguments;
use crate::redrive::RedriveArguments;

/// Whose requests are, and where, when neither a flag nor a file says.
pub(crate) const ACCOUNT_DEFAULT: Account = Account(0);
pub(crate) const REGION_DEFAULT: &str = "us-east-1";

/// The settings that are no flags.
const VARIABLES_HELP: &str = "\
The log goes to standard error. BONGSU_LOG sets how much: warn, info, or info,function=off without what functions print.

BONGSU_ACCESS_KEY_ID and BONGSU_SECRET_ACCESS_KEY, with BONGSU_SESSION_TOKEN if need be, are a key of the account's root: \
signatures are verified against it as against those of --credentials.";

/// The event pipeline of SQS, Lambda and webhooks as one durable binary.
#[derive(Parser)]
#[command(name = "bongsu", version, after_help = VARIABLES_HELP)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Serve the AWS endpoint.
    Serve(ServeArguments),
    /// Serve, after deploying a CloudFormation or SAM template, and follow its changes.
    ///
    /// The template's resources are a stack, kept in the data directory. When the template changes, so does the stack; when
    /// that fails, everything stays as it was. When code in a directory beside the template changes, functions run the new.
    Up {
        #[command(flatten)]
        template: TemplateArguments,
        #[command(flatten)]
        serve: ServeArguments,
    },
    /// Show what `up` would change, without a change.
    ///
    /// Exit codes: 0 when nothing would change, 2 when something would, 1 when that cannot be told.
    Plan(PlanArguments),
    /// Delete a stack of a server that runs, with everything that it is made of.
    Down(DownArguments),
    /// Put any SQS endpoint under load and show rates and latencies.
    ///
    /// The endpoint is --endpoint-url, AWS_ENDPOINT_URL or that of --queue-url; else a Bongsu on this machine. Keys and
    /// region are found where the AWS tools look for them; without keys requests are not signed.
    Bench(BenchArguments),
    /// Show what functions printed, all of it or what is looked for.
    ///
    /// The server keeps it as long as there is room (serve --function-logs), and shows it to its own machine. A filter is a
    /// pattern of CloudWatch Logs: words that a line must have (ERROR "order 42"), of which it must have one (?WARN ?ERROR),
    /// that it must not have (-DEBUG), or a condition on lines of JSON ({ $.level = "ERROR" && $.took > 5 }).
    ///
    /// Exit codes: 0 when there were lines, 1 when there were none, 2 when it failed or was refused.
    Logs(LogsArguments),
    /// Show a queue's messages without receiving them.
    Peek(PeekArguments),
    /// Move the messages of a dead-letter queue back, or feed any queue to a function, a queue or a topic.
    ///
    /// The server moves a dead-letter queue's messages by itself; this command starts that and shows how far it is.
    ///
    /// With --from it receives the queue's messages, hands each on to --to, and deletes it then: for an emergency queue
    /// that is subscribed to a topic beside its function. A function gets the event that the topic would have sent, or
    /// else that of a queue with one message; it fails by an error, or by naming the message in batchItemFailures. A topic
    /// gets what was once published. What fails stays in the queue; what is sent after the beginning is left. Groups of a
    /// FIFO queue keep their order: a message that fails keeps back those behind it. Interrupted, it gives back what is in
    /// hand; the same command goes on from there. Nothing is lost, but a message whose work was interrupted, or done and
    /// not yet deleted, is done twice.
    ///
    /// Exit codes: 0 when all are moved, 1 when it failed or was refused, 3 when it was cancelled before the end, 4 when
    /// messages failed and were left, 130 when it was interrupted.
    Redrive(RedriveArguments),
    /// Tell what of this machine a server would have to work with, and how far functions are fenced in.
    ///
    /// Exit codes: 0 when a server would run, with warnings or without, 1 when something is in its way.
    Doctor(DoctorArguments),
    /// Start a function's process so that it ends with the server.
    #[command(hide = true)]
    LaunchFunction(LaunchArguments),
}

/// A template and what it is given.
#[derive(Args)]
pub(crate) struct TemplateArguments {
    /// The template.
    template: PathBuf,
    /// A parameter of the template: NAME=VALUE. May be given several times.
    #[arg(long = "parameter", value_name = "NAME=VALUE", value_parser = parameter)]
    parameters: Vec<(String, String)>,
    /// The name of the stack; otherwise that of the template's file, or of its folder if the file is called template.
    #[arg(long, value_name = "NAME", value_parser = stack_name)]
    stack_name: Option<String>,
}

impl TemplateArguments {
    pub(crate) fn into_file(self) -> TemplateFile {
        let TemplateArguments { template, parameters, stack_name } = self;
        TemplateFile { path: template, parameters: parameters.into_iter().collect(), stack_name }
    }
}

#[derive(Args)]
pub(crate) struct ServeArguments {
    /// The AWS endpoint, for all services.
    #[arg(long, default_value = "127.0.0.1:4566", value_name = "ADDRESS", value_parser = address)]
    api: SocketAddr,
    /// A further address of the AWS endpoint, such as 127.0.0.1:9324. May be given several times.
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    api_also: Vec<SocketAddr>,
    /// What queue URLs begin with, such as http://sqs.example.com:9324; otherwise the host that the client used.
    #[arg(long, value_name = "URL", value_parser = public_url)]
    public_url: Option<PublicUrl>,
    /// Make the queues of an ElasticMQ configuration file, and take over its address, region and account.
    #[arg(long, value_name = "FILE")]
    elasticmq_conf: Option<PathBuf>,
    /// The public front door for webhooks and HTTP APIs.
    #[arg(long, default_value = "127.0.0.1:8080", value_name = "ADDRESS", value_parser = address)]
    ingress: SocketAddr,
    /// The data directory; it is created if need be.
    #[arg(long, default_value = "./bongsu-data", value_name = "DIRECTORY")]
    data: PathBuf,
    /// Keep everything in memory: nothing survives the process.
    #[arg(long, conflicts_with = "data")]
    ephemeral: bool,
    /// The account of development requests and of templates: twelve digits [default: 000000000000]
    #[arg(long, value_parser = account)]
    account: Option<Account>,
    /// The region in ARNs and signatures [default: us-east-1]
    #[arg(long, value_parser = region)]
    region: Option<String>,
    /// Verify every signature against this file: the AWS tools' format, with an `account` and a `user`
    /// beside each key.
    #[arg(long, value_name = "FILE")]
    credentials: Option<PathBuf>,
    /// Refuse what AWS refuses for a minute: a second purge of a queue, and a new queue with the name of a deleted one.
    #[arg(long)]
    cooldowns: bool,
    /// Let anybody who can reach the ports in.
    #[arg(long)]
    insecure: bool,
    /// Tell /metrics, which names queues, to everybody who can reach the AWS endpoint and not only to this machine.
    #[arg(long)]
    metrics_open: bool,
    /// Deliver notifications to endpoints in this network too: loopback, private, all, or one such as 10.1.0.0/16. May be
    /// given several times. Public addresses are always allowed, this machine's own where there are no credentials.
    #[arg(long, value_name = "NETWORK")]
    allow_endpoints: Vec<Net>,
    /// What the addresses of signing certificates begin with, such as https://sns.us-east-1.amazonaws.com; otherwise as
    /// queue URLs.
    #[arg(long, value_name = "URL", value_parser = public_url)]
    certificate_url: Option<PublicUrl>,
    /// Trust the certificates in this file, in PEM, instead of those that the system trusts, when notifications are
    /// delivered to endpoints.
    #[arg(long, value_name = "FILE")]
    endpoint_ca_bundle: Option<PathBuf>,
    /// Let this machine's tests put the time forward: POST /_bongsu/clock/advance {"seconds": 3600}
    #[arg(long)]
    test_clock: bool,
    /// Let things go wrong on purpose where a queue's tag bongsu:faults or a subscription's attribute Faults says so: messages
    /// reordered, duplicated, delayed, dead-lettered.
    #[arg(long)]
    faults: bool,
    /// Log requests that take longer; waiting for messages does not count.
    #[arg(long, default_value_t = 1000, value_name = "MILLISECONDS")]
    slow_request_ms: u32,
    /// Send spans of requests and of functions' attempts to this OpenTelemetry collector, over OTLP/HTTP.
    #[arg(long, value_name = "URL", value_parser = otlp_endpoint)]
    otlp_endpoint: Option<OtlpEndpoint>,
    /// Keep what functions print in this much of the data directory, in MiB, for `bongsu logs`; the oldest lines make room. 0
    /// keeps nothing.
    #[arg(long, default_value_t = 256, value_name = "MIB", value_parser = clap::value_parser!(u32).range(..=1_048_576))]
    function_logs: u32,
    /// Whom functions run as: auto, same, or a user as UID or UID:GID. With auto, under a server that is root, that is nobody
    /// (65534), as long as nobody can read the code and its interpreter; otherwise it is the server's user.
    #[arg(long, default_value = "auto", value_name = "USER", value_parser = function_user)]
    function_user: FunctionUser,
    /// The most processes of functions at a time; what needs another one waits [default: as many as fit into the memory, one
    /// for each 24 MiB]
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(1..=PROCESSES_MAX as i64))]
    function_processes: Option<u16>,
    /// Let functions read and write all that the server's user can, without limits on files and processes.
    #[arg(long, conflicts_with = "function_user")]
    unfenced_functions: bool,
    /// Memory for recent messages, in MiB; older ones are read from the journal.
    #[arg(long, default_value_t = 64, value_name = "MIB", value_parser = clap::value_parser!(u32).range(1..=1_048_576))]
    cache: u32,
}

impl ServeArguments {
    /// Flags come before the ElasticMQ configuration, and that before what is usual.
    pub(crate) fn into_config(self, template: Option<TemplateArguments>) -> Result<Config, ElasticMqError> {
        let elasticmq = self.elasticmq_conf.as_deref().map(ElasticMqFile::read).transpose()?;
        let settings = elasticmq.as_ref().map(ElasticMqFile::settings);
        let rest_sqs = settings.and_then(|settings| settings.rest_sqs);
        let api_also = match rest_sqs.filter(|rest_sqs| self.api_also.is_empty() && !covers(self.api, *rest_sqs)) {
            Some(rest_sqs) => vec![rest_sqs],
            None => self.api_also,
        };
        let public_url = self.public_url.or_else(|| elasticmq.as_ref()?.public_url().cloned());
        Ok(Config {
            api: self.api,
            api_also,
            public_url,
            ingress: self.ingress,
            storage: if self.ephemeral { Storage::Ephemeral } else { Storage::Directory(self.data) },
            account: self.account.or_else(|| settings?.account).unwrap_or(ACCOUNT_DEFAULT),
            region: self.region.or_else(|| settings?.region.clone()).unwrap_or_else(|| REGION_DEFAULT.to_owned()),
            credentials: self.credentials,
            cooldowns: self.cooldowns,
            insecure: self.insecure,
            metrics_open: self.metrics_open,
            allowed_endpoints: self.allow_endpoints,
            certificate_url: self.certificate_url,
            ca_bundle: self.endpoint_ca_bundle,
            test_clock: self.test_clock,
            faults: self.faults,
            slow_after: Duration::from_millis(self.slow_request_ms.into()),
            otlp_endpoint: self.otlp_endpoint,
            function_log_bytes_max: u64::from(self.function_logs) << 20,
            recent_bytes_max: self.cache as usize * (1 << 20),
            launcher: Launcher {
                words: crate::launch::words(self.unfenced_functions),
                user: if self.unfenced_functions { FunctionUser::Same } else { self.function_user },
                processes_max: self.function_processes.map_or_else(processes_max_here, usize::from),
            },
            template: template.map(TemplateArguments::into_file),
            elasticmq,
        })
    }
}

/// Whether whoever connects to `address` reaches a listener at `listening` already.
fn covers(listening: SocketAddr, address: SocketAddr) -> bool {
    // Port 0 is another one each time.
    listening.port() == address.port()
        && address.port() != 0
        && (listening.ip() == address.ip() || listening.ip().is_unspecified())
}

fn public_url(text: &str) -> Result<PublicUrl, &'static str> {
    text.parse()
}

fn otlp_endpoint(text: &str) -> Result<OtlpEndpoint, String> {
    text.parse().map_err(|fault| format!("{fault}"))
}

fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| "an address is an IP address and a port, such as 127.0.0.1:4566".to_owned())
}

pub(crate) fn account(text: &str) -> Result<Account, String> {
    text.parse().map_err(|()| "an account is twelve digits".to_owned())
}

pub(crate) fn region(text: &str) -> Result<String, String> {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if !text.is_empty() && text.bytes().all(allowed) {
        Ok(text.to_owned())
    } else {
        Err("a region is of lower-case letters, digits and hyphens".to_owned())
    }
}

pub(crate) fn stack_name(text: &str) -> Result<String, String> {
    let begins = text.bytes().next().is_some_and(|first| first.is_ascii_alphabetic());
    if begins && text.len() <= 128 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
        Ok(text.to_owned())
    } else {
        Err("a stack's name is a letter, then up to 127 letters, digits and hyphens".to_owned())
    }
}

pub(crate) fn function_user(text: &str) -> Result<FunctionUser, &'static str> {
    match text {
        "auto" => return Ok(FunctionUser::Auto),
        "same" => return Ok(FunctionUser::Same),
        _ => {}
    }
    let (uid, gid) = text.split_once(':').unwrap_or((text, text));
    match (uid.parse(), gid.parse()) {
        (Ok(uid), Ok(gid)) => Ok(FunctionUser::Ids(Ids { uid, gid })),
        _ => Err("write auto, same, or numbers as UID or UID:GID"),
    }
}

fn parameter(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn the_help_says_what_this_is() {
        let help = Arguments::command().render_help().to_string();
        assert!(help.starts_with("The event pipeline of SQS, Lambda and webhooks"), "{help}");
        assert!(help.contains("BONGSU_LOG"), "{help}");
    }

    fn parses(line: &str) -> bool {
        Arguments::try_parse_from(line.split(' ')).is_ok()
    }

    #[test]
    fn a_bench_takes_what_a_queue_can() {
        assert!(parses("bongsu bench"));
        assert!(parses(
            "bongsu bench --workload pipeline --connections 8 --batch 10 --fifo --groups 5 --rate 100 --json"
        ));
        assert!(parses("bongsu bench --queue-url http://h:1/0/q --size 28 --seconds 0.5"));
        for wrong in [
            "--batch 11",
            "--batch 0",
            "--size 27",
            "--size 1048577",
            "--connections 0",
            "--rate 0",
            "--groups 5",
            "--seconds 0",
            "--seconds -1",
            "--seconds nan",
            "--workload both",
        ] {
            assert!(!parses(&format!("bongsu bench {wrong}")), "{wrong}");
        }
    }

    #[test]
    fn a_redrive_does_one_thing() {
        assert!(parses("bongsu redrive dlq --to orders --rate 500"));
        assert!(parses("bongsu redrive dlq --status") && parses("bongsu redrive dlq --cancel"));
        assert!(parses("bongsu redrive --from emergency --to function/work --rate 1000/s --concurrency 50"));
        for wrong in [
            "",
            "dlq --rate 0",
            "dlq --to lambda/work",
            "dlq --concurrency 5",
            "dlq --from emergency --to orders",
            "--from emergency",
            "--from emergency --to orders --concurrency 0",
            "--from emergency --to orders --rate 10/h",
            "--from emergency --cancel",
            "dlq --cancel --watch",
            "dlq --status --to orders",
            "dlq --cancel --rate 1",
        ] {
            assert!(!parses(format!("bongsu redrive {wrong}").trim()), "{wrong}");
        }
    }

    #[test]
    fn a_plan_is_held_against_one_stack() {
        assert!(parses("bongsu plan t.yaml --parameter A=b --data d --stack-name s"));
        assert!(parses("bongsu plan t.yaml --against http://127.0.0.1:4566") && parses("bongsu down shop"));
        for wrong in ["plan", "plan t.yaml --data d --against u", "down a_b", "plan t.yaml --stack-name 1"] {
            assert!(!parses(&format!("bongsu {wrong}")), "{wrong}");
        }
    }

    #[test]
    fn a_peek_names_a_queue() {
        assert!(parses("bongsu peek orders --max 3 --json"));
        assert!(!parses("bongsu peek") && !parses("bongsu peek orders --max 0"));
    }

    #[test]
    fn an_address_that_is_none_is_answered_with_one_that_is() {
        for wrong in ["localhost:4566", "127.0.0.1", "127.0.0.1:99999", "4566"] {
            let refused = Arguments::try_parse_from(["bongsu", "serve", "--api", wrong]).err().unwrap();
            assert!(refused.to_string().contains("such as 127.0.0.1:4566"), "{refused}");
        }
    }
}
