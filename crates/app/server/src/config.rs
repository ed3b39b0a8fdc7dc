//! What a server is told from outside.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use bongsu_aws_api::PublicUrl;
use bongsu_broker::Account;
use bongsu_delivery::Launcher;
use bongsu_delivery::http::Net;
use bongsu_traces::Endpoint as OtlpEndpoint;

use crate::ElasticMqFile;

/// How many addresses the AWS endpoint may have besides the first.
pub const API_ALSO_MAX: usize = 4;

/// Everything that can be set.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where the AWS endpoint listens.
    pub api: SocketAddr,
    /// Where it listens besides, at most [`API_ALSO_MAX`] addresses.
    pub api_also: Vec<SocketAddr>,
    /// What queue URLs begin with; otherwise the host that the client used.
    pub public_url: Option<PublicUrl>,
    /// Where the public front door listens.
    pub ingress: SocketAddr,
    /// Where facts are kept.
    pub storage: Storage,
    /// The account of requests in development mode, and of templates.
    pub account: Account,
    /// The region in ARNs and signatures.
    pub region: String,
    /// A credentials file; with one, or with a key in the environment, every signature is verified.
    pub credentials: Option<PathBuf>,
    /// Keep AWS's minute between two purges of a queue, and between a queue's deletion and the next of its name.
    pub cooldowns: bool,
    /// Listen beyond loopback without credentials, and take unsigned webhooks there.
    pub insecure: bool,
    /// Tell `/metrics` to everybody who can reach the AWS endpoint, not only to this machine.
    pub metrics_open: bool,
    /// Run on a clock that this machine's tests can put forward.
    pub test_clock: bool,
    /// Let fault policies have an effect: things then go wrong on purpose.
    pub faults: bool,
    /// A request that takes longer is logged.
    pub slow_after: Duration,
    /// Where spans of requests and of functions' attempts go, if anywhere.
    pub otlp_endpoint: Option<OtlpEndpoint>,
    /// Memory for recent messages, in bytes.
    pub recent_bytes_max: usize,
    /// What the lines that functions print take of the disk, in bytes; with 0 they are not kept.
    pub function_log_bytes_max: u64,
    /// How functions' processes are started.
    pub launcher: Launcher,
    /// A template to deploy before serving.
    pub template: Option<TemplateFile>,
    /// Networks besides the public ones that notifications may be delivered to. This machine's own is among them where no
    /// credentials are configured.
    pub allowed_endpoints: Vec<Net>,
    /// What the addresses of signing certificates begin with; otherwise what queue URLs begin with.
    pub certificate_url: Option<PublicUrl>,
    /// Certificates, in PEM, that endpoints are trusted by instead of those that the system trusts.
    pub ca_bundle: Option<PathBuf>,
    /// Queues to make before serving, as an ElasticMQ's configuration names them.
    pub elasticmq: Option<ElasticMqFile>,
}

/// Where facts are kept.
#[derive(Clone, Debug)]
pub enum Storage {
    /// In a directory, durably.
    Directory(PathBuf),
    /// In memory: gone with the process.
    Ephemeral,
}

/// A template and the parameters given to it.
#[derive(Clone, Debug)]
pub struct TemplateFile {
    /// Where it lies; code directories are relative to its folder.
    pub path: PathBuf,
    /// Parameters by name.
    pub parameters: BTreeMap<String, String>,
    /// The name of its stack; otherwise that of the file, or of its folder.
    pub stack_name: Option<String>,
}
