//! The sections of a configuration file, and what each of them means here.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use bongsu_broker::Account;

use crate::error::ElasticMqErrors;
use crate::hocon;
use crate::queue::{self, QueueSpec};
use crate::section::{Findings, Section};

/// The port of ElasticMQ's endpoint when the file names none.
const PORT_DEFAULT: u16 = 9324;
/// The host of ElasticMQ's queue URLs when the file names none.
const HOST_DEFAULT: &str = "localhost";
/// The host that asks for queue URLs with the host that the client used.
const HOST_OF_REQUEST: &str = "*";
/// Sections for the libraries that ElasticMQ is made of.
const FOREIGN: &[&str] = &["akka", "pekko"];
const STORAGE: &[&str] = &["messages-storage", "queues-storage"];

/// What a configuration file asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// `aws.region`.
    pub region: Option<String>,
    /// `aws.accountId`.
    pub account: Option<Account>,
    /// Where `rest-sqs` listens, unless it is switched off or not in the file.
    pub rest_sqs: Option<SocketAddr>,
    /// What queue URLs begin with, unless they follow the client.
    pub node_address: Option<NodeAddress>,
    /// The queues to create, in an order in which dead-letter queues come first wherever that is possible.
    pub queues: Vec<QueueSpec>,
    /// What somebody should know about the file, in the order of its lines.
    pub notices: Vec<Notice>,
}

/// `node-address`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeAddress {
    /// Where it stands in the file.
    pub line: u32,
    /// `protocol://host:port/context-path`; whether it is a URL is for the reader to find out.
    pub url: String,
}

/// Something that is not done as ElasticMQ does it, and is no fault either.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Where it stands in the file, counted from 1.
    pub line: u32,
    /// Whether somebody may have wanted something else.
    pub weight: Weight,
    /// A sentence without its full stop.
    pub text: String,
}

/// How much a notice matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// Nothing is lost.
    Info,
    /// A setting has no effect here.
    Warning,
}

/// Reads a configuration file; `file_name` is for errors, `environment` tells the variables that the file may name.
pub fn read(
    text: &str,
    file_name: &str,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Settings, ElasticMqErrors> {
    let document = match hocon::parse(text, environment) {
        Ok(document) => document,
        Err(fault) => return Err(ElasticMqErrors::new(file_name, vec![fault])),
    };
    let mut found = Findings::default();
    for line in document.default_includes {
        found.info(line, "the include is left out: it brings in nothing but ElasticMQ's defaults");
    }
    let mut root = Section::root(document.root, &mut found);
    // What substitutions read needs no meaning of its own.
    root.used = document.referred;
    let mut settings = read_sections(root);
    if !found.faults.is_empty() {
        return Err(ElasticMqErrors::new(file_name, found.faults));
    }
    found.notices.sort_by_key(|notice| notice.line);
    settings.notices = found.notices;
    Ok(settings)
}

fn read_sections(mut root: Section<'_>) -> Settings {
    let mut settings = Settings::default();
    if let Some(aws) = root.section("aws") {
        (settings.region, settings.account) = read_aws(aws);
    }
    settings.rest_sqs = root.section("rest-sqs").and_then(read_rest_sqs);
    if let Some(stats) = root.section("rest-stats") {
        read_rest_stats(stats);
    }
    let node_address = root.section("node-address").and_then(read_node_address);
    settings.node_address = node_address.filter(|_| !generates_node_address(&mut root));
    if let Some(auto_create) = root.section("auto-create-queues") {
        read_auto_create(auto_create);
    }
    settings.queues = root.section("queues").map_or_else(Vec::new, queue::read);
    for key in STORAGE {
        if let Some(node) = root.take(key) {
            let text = format!("{key} has no effect: everything is kept in --data, or in memory with --ephemeral");
            root.found.warning(node.line, text);
        }
    }
    for key in FOREIGN {
        if let Some(node) = root.take(key) {
            root.found.warning(node.line, format!("{key} has no effect"));
        }
    }
    root.finish();
    settings
}

fn read_aws(mut section: Section<'_>) -> (Option<String>, Option<Account>) {
    let is_region = |text: &str| {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        !text.is_empty() && text.bytes().all(allowed)
    };
    let expected = "it must be of lower-case letters, digits and hyphens";
    let region = section.parsed("region", expected, |text| is_region(text).then(|| text.to_owned()));
    let account = section.parsed("accountId", "it must be twelve digits", |text| text.parse().ok());
    section.finish();
    (region, account)
}

fn read_rest_sqs(mut section: Section<'_>) -> Option<SocketAddr> {
    let is_enabled = section.boolean("enabled").unwrap_or(true);
    let port = port(&mut section, "bind-port");
    let host = host(&mut section, "bind-hostname");
    let line = section.line;
    let limits = ["strict", "relaxed"];
    let limits = section
        .parsed("sqs-limits", "it must be strict or relaxed", |text| limits.into_iter().find(|limits| *limits == text));
    if limits == Some("relaxed") {
        section.found.warning(line, "rest-sqs.sqs-limits has no effect: limits are AWS's");
    }
    section.finish();
    // Loopback unless the file says otherwise: ElasticMQ listens everywhere.
    let address = SocketAddr::new(host.unwrap_or(Ipv4Addr::LOCALHOST.into()), port.unwrap_or(PORT_DEFAULT));
    is_enabled.then_some(address)
}

fn read_rest_stats(mut section: Section<'_>) {
    let is_enabled = section.boolean("enabled").unwrap_or(true);
    port(&mut section, "bind-port");
    host(&mut section, "bind-hostname");
    if is_enabled {
        section.found.warning(section.line, "rest-stats has no effect: there is no statistics endpoint");
    }
    section.finish();
}

fn port(section: &mut Section<'_>, key: &str) -> Option<u16> {
    section.parsed(key, "it must be a port from 0 to 65535", |text| text.parse().ok())
}

fn host(section: &mut Section<'_>, key: &str) -> Option<IpAddr> {
    section.parsed(key, "it must be an IP address, or localhost", |text| match text {
        "localhost" => Some(Ipv4Addr::LOCALHOST.into()),
        text => text.parse().ok(),
    })
}

fn read_node_address(mut section: Section<'_>) -> Option<NodeAddress> {
    let protocol = section.text("protocol").map_or_else(|| "http".to_owned(), |given| given.text);
    let host = section.text("host").map_or_else(|| HOST_DEFAULT.to_owned(), |given| given.text);
    let port = port(&mut section, "port").unwrap_or(PORT_DEFAULT);
    let path = section.text("context-path").map(|given| given.text).unwrap_or_default();
    let line = section.line;
    section.finish();
    let path = path.trim_matches('/');
    let slash = if path.is_empty() { "" } else { "/" };
    let url = format!("{protocol}://{host}:{port}{slash}{path}");
    (host != HOST_OF_REQUEST).then_some(NodeAddress { line, url })
}

/// Whether queue URLs follow the client although there is a node address.
fn generates_node_address(root: &mut Section<'_>) -> bool {
    const KEY: &str = "generate-node-address";
    let line = root.line_of(KEY);
    let generates = root.boolean(KEY).unwrap_or(false);
    if generates {
        root.found.info(line, "node-address is left out: queue URLs begin with the host that the client used");
    }
    generates
}

fn read_auto_create(mut section: Section<'_>) {
    if section.boolean("enabled").unwrap_or(false) {
        let reason = "queues are not made on their first use: name them under queues { }";
        section.fault(section.line, reason);
    }
    // How it would make them does not matter then.
    section.rest();
}
