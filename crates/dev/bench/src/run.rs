//! The run: which cells, in which order, each against a fresh server.

use std::{
    collections::BTreeSet,
    io::{Write, stderr},
    path::{Path, PathBuf},
    time::{Duration, Instant, SystemTime},
};

use anyhow::{Result, anyhow, ensure};
use bongsu_client::Signer;
use bongsu_load::{BATCH, Shape};
use clap::Args;
use tempfile::TempDir;

use crate::{
    cell::{Cell, Measured},
    group_commit,
    home::{Homes, client},
    machine::Machine,
    report::{Report, Row},
    subject::{Subject, chosen},
    trials::{
        Findings, Trial, backlog, cold_starts, deliveries, drain, envelopes, filters, function_groups, groups, invokes,
        mapping, objects, one_object, polls, publish, queues, waiting_events, workflows,
    },
};

const QUICK_SECONDS: f64 = 1.0;
const QUICK_CONNECTIONS: [usize; 2] = [1, 64];
const QUICK_BACKLOG: u64 = 100_000;
const QUICK_DEEP: u64 = 200_000;
const QUICK_DRAIN: u64 = 20_000;
const QUICK_GROUPS: u64 = 10_000;
const QUICK_QUEUES: u64 = 1000;
const QUICK_POLLS: u64 = 1000;
const QUICK_DELIVERIES: u64 = 1000;
const QUICK_ENVELOPES: u64 = 1000;
const QUICK_MAPPED: u64 = 1000;
const QUICK_FUNCTION_GROUPS: u64 = 100;
const QUICK_WAITING: u64 = 1000;
const QUICK_EXECUTIONS: u64 = 2000;
const SIGNATURES: u32 = 20_000;

const BACKLOG_GOALS: backlog::Goals = backlog::Goals { bytes_a_message: 250.0, ready_seconds: 5.0 };
/// Ten times the messages may take ten times as long, and recent ones are no longer a large share of the memory.
const DEEP_GOALS: backlog::Goals = backlog::Goals { bytes_a_message: 150.0, ready_seconds: 50.0 };

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
    /// Also what takes minutes, gigabytes, interpreters or thousands of connections: invokes, cold-starts, mapping,
    /// function-groups, waiting-events, waiting-executions, deliveries, deep, fifo-groups, queues and polls.
    #[arg(long)]
    pub deep: bool,
    /// A short run: 1 second a cell, 1 and 64 connections, small backlogs.
    #[arg(long)]
    pub quick: bool,
    /// No signed requests. Without this and --signed: unsigned, and `send` in both ways.
    #[arg(long, conflicts_with = "signed")]
    pub unsigned: bool,
    /// Signed requests only. A server that gets signed requests also verifies them.
    #[arg(long)]
    pub signed: bool,
    /// Messages of backlog.
    #[arg(long, default_value_t = 1_000_000)]
    pub backlog: u64,
    /// Messages of deep.
    #[arg(long, default_value_t = 10_000_000)]
    pub deep_messages: u64,
    /// Messages of fifo-drain.
    #[arg(long, default_value_t = 216_000)]
    pub drain: u64,
    /// Groups of fifo-groups.
    #[arg(long, default_value_t = 100_000)]
    pub groups: u64,
    /// Queues of queues.
    #[arg(long, default_value_t = 10_000)]
    pub queues: u64,
    /// Long polls of polls.
    #[arg(long, default_value_t = 10_000)]
    pub polls: u64,
    /// Signed messages of envelopes: fewer than the server remembers signatures.
    #[arg(long, default_value_t = 4000)]
    pub envelopes: u64,
    /// Deliveries of deliveries.
    #[arg(long, default_value_t = 10_000)]
    pub deliveries: u64,
    /// Messages of mapping.
    #[arg(long, default_value_t = 10_000)]
    pub mapped: u64,
    /// Groups of function-groups.
    #[arg(long, default_value_t = 1000)]
    pub function_groups: u64,
    /// Events of waiting-events.
    #[arg(long, default_value_t = 10_000)]
    pub waiting: u64,
    /// Executions of waiting-executions, twice.
    #[arg(long, default_value_t = 100_000)]
    pub executions: u64,
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
            options.deep_messages = QUICK_DEEP;
            options.drain = QUICK_DRAIN;
            options.groups = QUICK_GROUPS;
            options.queues = QUICK_QUEUES;
            options.polls = QUICK_POLLS;
            options.deliveries = QUICK_DELIVERIES;
            options.envelopes = QUICK_ENVELOPES;
            options.mapped = QUICK_MAPPED;
            options.function_groups = QUICK_FUNCTION_GROUPS;
            options.waiting = QUICK_WAITING;
            options.executions = QUICK_EXECUTIONS;
        }
        ensure!(options.seconds > 0.0 && options.seconds <= 3600.0, "--seconds must be above 0, at most 3600");
        ensure!(options.connections.iter().all(|&count| count > 0), "--connections must be above 0");
        let sizes = [
            options.backlog,
            options.deep_messages,
            options.drain,
            options.groups,
            options.queues,
            options.polls,
            options.deliveries,
            options.envelopes,
            options.mapped,
            options.function_groups,
            options.waiting,
            options.executions,
        ];
        ensure!(sizes.iter().all(|&size| size > 0), "a size must be above 0");
        let parent = options.data.clone().unwrap_or_else(std::env::temp_dir);
        let folder = tempfile::Builder::new().prefix("bongsu-bench-").tempdir_in(parent)?;
        Ok(Self { subjects: chosen(&options.only, options.deep), options, folder })
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
            for &subject in self.subjects.iter().filter(|subject| subject.is_cell()) {
                for signed in self.ways(subject) {
                    rows.push(self.row(subject, signed, connections).await);
                }
            }
        }
        if self.subjects.contains(&Subject::Wake) {
            rows.push(self.row(Subject::Wake, self.options.signed, 1).await);
        }
        rows.sort_by_key(|row| (row.subject, row.signed));
        let mut trials = Vec::new();
        for &subject in self.subjects.iter().filter(|&&subject| subject > Subject::Wake) {
            trials.push(self.trial(subject).await);
        }
        Ok(Report { machine: Machine::describe(self.folder())?, signing_micros: signing_micros(), rows, trials })
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
        let shown =
            outcome.as_ref().map_or_else(|error| format!("FAILED: {error}"), |measured| measured.load.to_string());
        let way = if signed { ", signed" } else { "" };
        progress(&format!("{}{way}, {connections} connections: {shown}", subject.name()));
        Row { subject, signed, connections, outcome }
    }

    async fn cell(&self, subject: Subject, signed: bool, connections: usize) -> Result<Measured> {
        let duration = self.duration();
        let home = self.homes().fresh()?;
        let server = match subject {
            Subject::Commit => return group_commit::measure(home.path(), connections, 1, duration).await,
            Subject::CommitBatch => return group_commit::measure(home.path(), connections, BATCH, duration).await,
            Subject::Echo | Subject::EchoBatch => home.start_echo().await?,
            _ => home.start(signed).await?,
        };
        if self.options.profile {
            progress(&format!("perf record -g -p {} -- sleep {}", server.id(), self.options.seconds));
        }
        let cell = Cell { client: client(&server, signed)?, server: server.id(), connections, duration };
        cell.run(subject).await.map_err(|error| anyhow!("{error:#}; its log ends with {:?}", server.last_words()))
    }

    async fn trial(&self, subject: Subject) -> Trial {
        progress(&format!("{} …", subject.name()));
        let (homes, sizes) = (self.homes(), &self.options);
        let outcome: Result<Findings> = match subject {
            Subject::Backlog => backlog::measure(&homes, sizes.backlog, self.duration(), BACKLOG_GOALS).await,
            Subject::FifoDrain => drain::measure(&homes, sizes.drain).await,
            Subject::Filters => filters::measure(self.duration()),
            Subject::Publish => publish::measure(&homes, self.duration()).await,
            Subject::Envelopes => envelopes::measure(&homes, sizes.envelopes).await,
            Subject::Objects => objects::measure(&homes, self.duration()).await,
            Subject::OneObject => one_object::measure(&homes, self.duration()).await,
            Subject::Standard => workflows::standard::measure(&homes, self.duration()).await,
            Subject::Express => workflows::express::measure(&homes, self.duration()).await,
            Subject::Transitions => workflows::transitions::measure(&homes, self.duration()).await,
            Subject::History => workflows::history::measure(&homes, self.duration()).await,
            Subject::Invokes => invokes::measure(&homes, self.duration()).await,
            Subject::ColdStarts => cold_starts::measure(&homes).await,
            Subject::Mapping => mapping::measure(&homes, sizes.mapped, self.duration()).await,
            Subject::FunctionGroups => function_groups::measure(&homes, sizes.function_groups).await,
            Subject::WaitingEvents => waiting_events::measure(&homes, sizes.waiting).await,
            Subject::WaitingExecutions => workflows::waiting::measure(&homes, sizes.executions).await,
            Subject::Deliveries => deliveries::measure(&homes, sizes.deliveries, self.duration()).await,
            Subject::Deep => backlog::measure(&homes, sizes.deep_messages, self.duration(), DEEP_GOALS).await,
            Subject::FifoGroups => groups::measure(&homes, sizes.groups).await,
            Subject::Queues => queues::measure(&homes, sizes.queues).await,
            Subject::Polls => polls::measure(&homes, sizes.polls).await,
            other => unreachable!("{} is no trial", other.name()),
        };
        Trial { subject, outcome: outcome.map_err(|error| format!("{error:#}")) }
    }

    fn duration(&self) -> Duration {
        Duration::from_secs_f64(self.options.seconds)
    }

    fn homes(&self) -> Homes {
        Homes { bin: self.options.bin.clone(), parent: self.folder().to_owned() }
    }
}

/// What the client pays to sign a `SendMessage`, measured on its own.
fn signing_micros() -> f64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("the clock is set").as_secs();
    let signer = Signer::new("AKIDEXAMPLE", "secret", "us-east-1", "sqs", now);
    let (canonical, body) = ("x".repeat(200), vec![b'x'; Shape::STANDARD.body_bytes + 100]);
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
