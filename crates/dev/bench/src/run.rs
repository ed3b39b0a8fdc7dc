//! The run: which cells, in which order, each against a fresh server.

use std::{
    collections::BTreeSet,
    fs,
    io::{Write, stderr},
    path::{Path, PathBuf},
    time::{Duration, Instant, SystemTime},
};

use anyhow::{Context, Result, anyhow, ensure};
use clap::{Args, ValueEnum};
use tempfile::TempDir;

use crate::{
    backlog::Backlog,
    client::Endpoint,
    group_commit,
    machine::Machine,
    process::Server,
    report::{Report, Row, Subject},
    signer::Signer,
    sqs::{BATCH, BODY_BYTES, Queue},
    stage::Measurement,
    workload::Cell,
};

const QUICK_SECONDS: f64 = 1.0;
const QUICK_CONNECTIONS: [usize; 2] = [1, 64];
const QUICK_BACKLOG: u64 = 100_000;
const SIGNATURES: u32 = 20_000;

const ACCESS_KEY: &str = "AKIDEXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const REGION: &str = "us-east-1";

/// What to measure.
#[derive(Args, Clone)]
pub struct Options {
    /// The server to measure.
    #[arg(long, default_value = "target/release/bongsu")]
    pub bin: PathBuf,
    /// Connections at once, one row of the table each.
    #[arg(long, value_delimiter = ',', default_values_t = [1, 16, 64, 256])]
    pub connections: Vec<usize>,
    /// How long each cell is measured, after a short warm-up.
    #[arg(long, default_value_t = 3.0)]
    pub seconds: f64,
    /// Measure only these, and the limits they are compared to.
    #[arg(long, value_enum, value_delimiter = ',')]
    pub only: Vec<Subject>,
    /// A short run: 1 second a cell, 1 and 64 connections, a backlog of 100,000.
    #[arg(long)]
    pub quick: bool,
    /// No signed requests. Without this and --signed: unsigned, and `send` in both ways.
    #[arg(long, conflicts_with = "signed")]
    pub unsigned: bool,
    /// Signed requests only. A server that gets signed requests also verifies them.
    #[arg(long)]
    pub signed: bool,
    /// Messages in the deep backlog.
    #[arg(long, default_value_t = 1_000_000)]
    pub backlog: u64,
    /// Where the temporary data directory is made; what counts is its file system.
    #[arg(long)]
    pub data: Option<PathBuf>,
    /// Show how to profile the server while each cell is measured.
    #[arg(long)]
    pub profile: bool,
}

/// One benchmark run with its temporary directory, which goes away with it.
pub struct Run {
    options: Options,
    subjects: BTreeSet<Subject>,
    folder: TempDir,
}

impl Run {
    /// Prepares a run; nothing is started yet.
    pub fn new(mut options: Options) -> Result<Self> {
        if options.quick {
            options.seconds = QUICK_SECONDS;
            options.connections = QUICK_CONNECTIONS.to_vec();
            options.backlog = QUICK_BACKLOG;
        }
        ensure!(options.seconds > 0.0 && options.seconds <= 3600.0, "--seconds must be above 0, at most 3600");
        ensure!(options.connections.iter().all(|&count| count > 0), "--connections must be above 0");
        let parent = options.data.clone().unwrap_or_else(std::env::temp_dir);
        let folder = tempfile::Builder::new().prefix("bongsu-bench-").tempdir_in(parent)?;
        Ok(Self { subjects: with_limits(&options.only), options, folder })
    }

    /// The temporary directory.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Measures everything that was asked for. A cell that fails is a row that says so; the others still run.
    pub async fn measure(&self) -> Result<Report> {
        let mut rows = Vec::new();
        // A limit and what is compared to it run soon after each other: machines change their mind within minutes.
        for &connections in &self.options.connections {
            for &subject in self.subjects.iter().filter(|&&subject| subject < Subject::Wake) {
                for signed in self.ways(subject) {
                    rows.push(self.row(subject, signed, connections).await);
                }
            }
        }
        if self.subjects.contains(&Subject::Wake) {
            rows.push(self.row(Subject::Wake, self.options.signed, 1).await);
        }
        rows.sort_by_key(|row| (row.subject, row.signed));
        let backlog = match self.subjects.contains(&Subject::Backlog) {
            true => Some(self.backlog().await.map_err(|error| format!("{error:#}"))),
            false => None,
        };
        Ok(Report { machine: Machine::describe(self.folder())?, signing_micros: signing_micros(), rows, backlog })
    }

    /// Unsigned, signed, or both.
    fn ways(&self, subject: Subject) -> Vec<bool> {
        match subject {
            Subject::Commit | Subject::CommitBatch => vec![false],
            _ if self.options.signed => vec![true],
            Subject::Echo | Subject::Send if !self.options.unsigned => vec![false, true],
            _ => vec![false],
        }
    }

    async fn row(&self, subject: Subject, signed: bool, connections: usize) -> Row {
        let outcome = self.cell(subject, signed, connections).await.map_err(|error| format!("{error:#}"));
        let shown = outcome.as_ref().map_or_else(|error| format!("FAILED: {error}"), ToString::to_string);
        let way = if signed { ", signed" } else { "" };
        progress(&format!("{}{way}, {connections} connections: {shown}", subject.name()));
        Row { subject, signed, connections, outcome }
    }

    async fn cell(&self, subject: Subject, signed: bool, connections: usize) -> Result<Measurement> {
        let duration = Duration::from_secs_f64(self.options.seconds);
        let folder = tempfile::tempdir_in(self.folder())?;
        let server = match subject {
            Subject::Commit => return group_commit::measure(folder.path(), connections, 1, duration).await,
            Subject::CommitBatch => return group_commit::measure(folder.path(), connections, BATCH, duration).await,
            Subject::Echo | Subject::EchoBatch => start_echo(folder.path()).await?,
            _ => self.start(folder.path(), signed).await?,
        };
        if self.options.profile {
            progress(&format!("perf record -g -p {} -- sleep {}", server.id(), self.options.seconds));
        }
        let endpoint = Endpoint { address: server.address, signer: signed.then(signer) };
        let cell = Cell { endpoint, server: server.id(), connections, duration };
        work(&cell, subject).await.map_err(|error| anyhow!("{error:#}; its log ends with {:?}", server.last_words()))
    }

    async fn backlog(&self) -> Result<Backlog> {
        let folder = tempfile::tempdir_in(self.folder())?;
        Backlog::measure(self.options.backlog, folder.path(), async || self.start(folder.path(), false).await).await
    }

    /// Starts the server under test with its data and its log in `folder`; one that is to get signed requests knows the
    /// caller, or it would not verify them.
    async fn start(&self, folder: &Path, signed: bool) -> Result<Server> {
        let bin = &self.options.bin;
        let bin = bin.canonicalize().with_context(|| format!("there is no server at {}", bin.display()))?;
        let folder = folder.to_str().context("the data directory's path is not text")?;
        let (data, credentials, log) =
            (format!("{folder}/data"), format!("{folder}/credentials"), format!("{folder}/log"));
        let mut arguments = vec!["serve", "--api", "127.0.0.1:0", "--ingress", "127.0.0.1:0", "--data", &data];
        if signed {
            let keys = format!("[bench]\naws_access_key_id = {ACCESS_KEY}\naws_secret_access_key = {SECRET}\n");
            fs::write(&credentials, keys)?;
            arguments.extend(["--credentials", &credentials]);
        }
        Server::start(&bin, &arguments, log.into()).await
    }
}

async fn start_echo(folder: &Path) -> Result<Server> {
    Server::start(&std::env::current_exe()?, &["echo-server"], folder.join("log")).await
}

async fn work(cell: &Cell, subject: Subject) -> Result<Measurement> {
    let create = async |is_fifo| Queue::create(&cell.endpoint, is_fifo).await;
    match subject {
        Subject::Echo => cell.send(&Queue::imaginary(), 1).await,
        Subject::EchoBatch => cell.send(&Queue::imaginary(), BATCH).await,
        Subject::Send => cell.send(&create(false).await?, 1).await,
        Subject::SendBatch => cell.send(&create(false).await?, BATCH).await,
        Subject::Receive => cell.receive(&create(false).await?, 1).await,
        Subject::ReceiveBatch => cell.receive(&create(false).await?, BATCH).await,
        Subject::Pipeline => cell.pipeline(&create(false).await?).await,
        Subject::FifoSend => cell.send(&create(true).await?, 1).await,
        Subject::FifoReceive => cell.receive(&create(true).await?, 1).await,
        Subject::Wake => cell.wake(&create(false).await?).await,
        Subject::Commit | Subject::CommitBatch | Subject::Backlog => unreachable!("no cell of a server"),
    }
}

/// All subjects if none is named, else the named ones with the limits they need.
fn with_limits(only: &[Subject]) -> BTreeSet<Subject> {
    let named = if only.is_empty() { Subject::value_variants() } else { only };
    named.iter().flat_map(|subject| [Some(*subject), subject.echo(), subject.commit()]).flatten().collect()
}

/// A signer for requests of the next minutes.
fn signer() -> Signer {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("the clock is set").as_secs();
    Signer::new(ACCESS_KEY, SECRET, REGION, "sqs", now)
}

/// What the client pays to sign a `SendMessage`, measured on its own.
fn signing_micros() -> f64 {
    let (signer, canonical, body) = (signer(), "x".repeat(200), vec![b'x'; BODY_BYTES + 100]);
    let begun = Instant::now();
    for _ in 0..SIGNATURES {
        std::hint::black_box(signer.sign(&canonical, std::hint::black_box(&body)));
    }
    begun.elapsed().as_secs_f64() * 1e6 / f64::from(SIGNATURES)
}

/// Progress goes to standard error, so that standard output is the report alone.
fn progress(line: &str) {
    // Not worth failing for.
    writeln!(stderr(), "{line}").ok();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_named_subject_brings_its_limits_along() {
        assert_eq!(
            with_limits(&[Subject::SendBatch, Subject::Wake]),
            BTreeSet::from([Subject::EchoBatch, Subject::CommitBatch, Subject::SendBatch, Subject::Wake])
        );
        assert_eq!(with_limits(&[]).len(), Subject::value_variants().len());
    }
}
