//! The command line.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;

use bongsu_broker::Account;
use bongsu_server::{Config, Storage, TemplateFile};
use clap::{Args, Parser, Subcommand};

/// The one setting that is no flag.
const LOG_HELP: &str = "The log goes to standard error. BONGSU_LOG sets how much: warn, info, or info,function=off \
                        without what functions print.";

/// The event pipeline of SQS, Lambda and webhooks as one durable binary.
#[derive(Parser)]
#[command(name = "bongsu", version, after_help = LOG_HELP)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Serve the AWS endpoint.
    Serve(ServeArguments),
    /// Serve, after deploying a CloudFormation or SAM template.
    Up {
        /// The template.
        template: PathBuf,
        /// A parameter of the template: NAME=VALUE. May be given several times.
        #[arg(long = "parameter", value_name = "NAME=VALUE", value_parser = parameter)]
        parameters: Vec<(String, String)>,
        #[command(flatten)]
        serve: ServeArguments,
    },
    /// Start a function's process so that it ends with the server.
    #[command(hide = true)]
    LaunchFunction {
        /// The server's process id.
        #[arg(long)]
        parent: i32,
        /// What to run.
        #[arg(last = true, required = true)]
        command: Vec<OsString>,
    },
}

#[derive(Args)]
pub(crate) struct ServeArguments {
    /// The AWS endpoint, for all services.
    #[arg(long, default_value = "127.0.0.1:4566", value_name = "ADDRESS", value_parser = address)]
    api: SocketAddr,
    /// The public front door for webhooks and HTTP APIs.
    #[arg(long, default_value = "127.0.0.1:8080", value_name = "ADDRESS", value_parser = address)]
    ingress: SocketAddr,
    /// The data directory; it is created if need be.
    #[arg(long, default_value = "./bongsu-data", value_name = "DIRECTORY")]
    data: PathBuf,
    /// Keep everything in memory: nothing survives the process.
    #[arg(long, conflicts_with = "data")]
    ephemeral: bool,
    /// The account of development requests and of templates: twelve digits.
    #[arg(long, default_value = "000000000000", value_parser = account)]
    account: Account,
    /// The region in ARNs and signatures.
    #[arg(long, default_value = "us-east-1", value_parser = region)]
    region: String,
    /// Verify every signature against this file: the AWS tools' format, with an `account` beside each key.
    #[arg(long, value_name = "FILE")]
    credentials: Option<PathBuf>,
    /// Refuse what AWS refuses for a minute: a second purge of a queue, and a new queue with the name of a deleted one.
    #[arg(long)]
    cooldowns: bool,
    /// Let anybody who can reach the ports in.
    #[arg(long)]
    insecure: bool,
    /// Memory for recent messages, in MiB; older ones are read from the journal.
    #[arg(long, default_value_t = 64, value_name = "MIB", value_parser = clap::value_parser!(u32).range(1..=1_048_576))]
    cache: u32,
}

impl ServeArguments {
    pub(crate) fn into_config(self, template: Option<(PathBuf, Vec<(String, String)>)>) -> Config {
        Config {
            api: self.api,
            ingress: self.ingress,
            storage: if self.ephemeral { Storage::Ephemeral } else { Storage::Directory(self.data) },
            account: self.account,
            region: self.region,
            credentials: self.credentials,
            cooldowns: self.cooldowns,
            insecure: self.insecure,
            recent_bytes_max: self.cache as usize * (1 << 20),
            launcher: crate::launch::launcher(),
            template: template
                .map(|(path, parameters)| TemplateFile { path, parameters: parameters.into_iter().collect() }),
        }
    }
}

fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| "an address is an IP address and a port, such as 127.0.0.1:4566".to_owned())
}

fn account(text: &str) -> Result<Account, String> {
    text.parse().map_err(|()| "an account is twelve digits".to_owned())
}

fn region(text: &str) -> Result<String, String> {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if !text.is_empty() && text.bytes().all(allowed) {
        Ok(text.to_owned())
    } else {
        Err("a region is of lower-case letters, digits and hyphens".to_owned())
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

    #[test]
    fn an_address_that_is_none_is_answered_with_one_that_is() {
        for wrong in ["localhost:4566", "127.0.0.1", "127.0.0.1:99999", "4566"] {
            let refused = Arguments::try_parse_from(["bongsu", "serve", "--api", wrong]).err().unwrap();
            assert!(refused.to_string().contains("such as 127.0.0.1:4566"), "{refused}");
        }
    }
}
