//! What a run found, and how it is shown.

use clap::ValueEnum;
use serde::Serialize;

use crate::{
    backlog::Backlog,
    machine::Machine,
    stage::Measurement,
    table::{Table, grouped},
};

/// What can be measured. The order is that of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Subject {
    /// Limit: a bare HTTP server that is sent `SendMessage` requests.
    Echo,
    /// The same with batches of ten.
    EchoBatch,
    /// Limit: writers of 1 KiB that share one fdatasync.
    Commit,
    /// The same with writers of ten records at a time.
    CommitBatch,
    /// `SendMessage`.
    Send,
    /// `SendMessageBatch` of ten.
    SendBatch,
    /// `ReceiveMessage` and `DeleteMessage` of one message, from a filled queue.
    Receive,
    /// `ReceiveMessage` and `DeleteMessageBatch` of ten.
    ReceiveBatch,
    /// Producers and consumers at once; end-to-end latency.
    Pipeline,
    /// `SendMessage` to a FIFO queue with 1,000 groups.
    FifoSend,
    /// `ReceiveMessage` and `DeleteMessage` of one message, from a filled FIFO queue with 1,000 groups.
    FifoReceive,
    /// A send wakes one long poll.
    Wake,
    /// Memory and start-up time with a deep backlog.
    Backlog,
}

impl Subject {
    /// The limit that a subject's requests are compared to.
    pub fn echo(self) -> Option<Self> {
        match self {
            Self::Send | Self::Receive | Self::FifoSend | Self::FifoReceive => Some(Self::Echo),
            Self::SendBatch | Self::ReceiveBatch => Some(Self::EchoBatch),
            _ => None,
        }
    }

    /// The limit that a subject's messages are compared to.
    pub fn commit(self) -> Option<Self> {
        match self {
            Self::Send | Self::FifoSend => Some(Self::Commit),
            Self::SendBatch => Some(Self::CommitBatch),
            _ => None,
        }
    }

    /// The name on the command line and in the report.
    pub fn name(self) -> String {
        self.to_possible_value().expect("every subject has a name").get_name().to_owned()
    }
}

/// One line of the table.
#[derive(Serialize)]
pub struct Row {
    /// What was measured.
    pub subject: Subject,
    /// Whether the requests were signed.
    pub signed: bool,
    /// Connections, or writers of a file.
    pub connections: usize,
    /// What came out, or why nothing did.
    pub outcome: Result<Measurement, String>,
}

/// All that one run found.
#[derive(Serialize)]
pub struct Report {
    /// What it was measured on.
    pub machine: Machine,
    /// What signing a request costs the client.
    pub signing_micros: f64,
    /// The table.
    pub rows: Vec<Row>,
    /// The deep backlog, if it was asked for.
    pub backlog: Option<Result<Backlog, String>>,
}

const NOTES: &str = "\
Latencies are those of one request; of both requests for receive; of a message from send to receipt for pipeline;
from the start of the send to the end of the long poll for wake. Server µs are CPU of all its threads for each
message, client µs CPU for each request; others is what everything else took of one core meanwhile.
Of echo compares requests a second to a bare HTTP server that is sent SendMessage (or batches of ten) over as many
connections; of commit compares messages a second to as many writers that append to a pre-zeroed file with one
fdatasync for all that wait. Compare numbers of one run only.
";

impl Report {
    /// True if anything could not be measured.
    pub fn has_failures(&self) -> bool {
        self.rows.iter().any(|row| row.outcome.is_err()) || matches!(self.backlog, Some(Err(_)))
    }

    /// The whole report for people.
    pub fn show(&self, markdown: bool) -> String {
        let mut text =
            format!("{}\nSigning costs the client {:.1} µs a request.\n\n", self.machine, self.signing_micros);
        if !self.rows.is_empty() {
            let table = self.table();
            text += &if markdown { table.markdown() } else { table.text() };
            text += "\n";
            text += NOTES;
        }
        for row in &self.rows {
            if let Err(error) = &row.outcome {
                text += &format!("\nFAILED: {} with {} connections: {error}\n", row.title(), row.connections);
            }
        }
        match &self.backlog {
            Some(Ok(backlog)) => text += &format!("\n{}", backlog.lines()),
            Some(Err(error)) => text += &format!("\nFAILED: backlog: {error}\n"),
            None => {}
        }
        text
    }

    fn table(&self) -> Table {
        let mut table = Table::new(&[
            "",
            "connections",
            "messages/s",
            "requests/s",
            "p50 ms",
            "p99 ms",
            "server µs",
            "client µs",
            "server MiB",
            "others",
            "of echo",
            "of commit",
        ]);
        for row in &self.rows {
            let mut cells = vec![row.title(), row.connections.to_string()];
            match &row.outcome {
                Ok(measured) => cells.extend([
                    grouped(measured.message_rate()),
                    grouped(measured.request_rate()),
                    format!("{:.2}", measured.p50_micros / 1e3),
                    format!("{:.2}", measured.p99_micros / 1e3),
                    measured.server_micros_per_message.map_or_else(String::new, |micros| format!("{micros:.1}")),
                    format!("{:.1}", measured.client_micros_per_request),
                    measured.server_resident_bytes.map_or_else(String::new, |bytes| (bytes >> 20).to_string()),
                    percent(Some(measured.other_cores)),
                    percent(self.of_echo(row, measured)),
                    percent(self.of_commit(row, measured)),
                ]),
                Err(_) => cells.push("FAILED".to_owned()),
            }
            table.push(cells);
        }
        table
    }

    fn of_echo(&self, row: &Row, measured: &Measurement) -> Option<f64> {
        Some(measured.request_rate() / self.limit(row.subject.echo()?, row.signed, row.connections)?.request_rate())
    }

    fn of_commit(&self, row: &Row, measured: &Measurement) -> Option<f64> {
        Some(measured.message_rate() / self.limit(row.subject.commit()?, false, row.connections)?.message_rate())
    }

    fn limit(&self, subject: Subject, signed: bool, connections: usize) -> Option<&Measurement> {
        let same = |row: &&Row| (row.subject, row.signed, row.connections) == (subject, signed, connections);
        self.rows.iter().find(same)?.outcome.as_ref().ok()
    }
}

impl Row {
    fn title(&self) -> String {
        let signed = if self.signed { ", signed" } else { "" };
        format!("{}{signed}", self.subject.name())
    }
}

fn percent(ratio: Option<f64>) -> String {
    ratio.map_or_else(String::new, |ratio| format!("{:.0} %", ratio * 100.0))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn row(subject: Subject, signed: bool, requests: u64, messages: u64) -> Row {
        let measurement = Measurement {
            seconds: 2.0,
            requests,
            messages,
            p50_micros: 250.0,
            p99_micros: 1250.0,
            max_micros: 2000.0,
            client_micros_per_request: 7.0,
            server_micros_per_message: Some(9.0),
            server_resident_bytes: Some(20 << 20),
            other_cores: 0.05,
        };
        Row { subject, signed, connections: 16, outcome: Ok(measurement) }
    }

    fn report(rows: Vec<Row>) -> Report {
        Report { machine: Machine::describe(Path::new(".")).unwrap(), signing_micros: 2.0, rows, backlog: None }
    }

    #[test]
    fn each_row_is_compared_to_the_limit_of_its_own_kind() {
        let report = report(vec![
            row(Subject::Echo, false, 100_000, 100_000),
            row(Subject::Echo, true, 50_000, 50_000),
            row(Subject::CommitBatch, false, 20_000, 200_000),
            row(Subject::Send, false, 40_000, 40_000),
            row(Subject::Send, true, 40_000, 40_000),
            row(Subject::SendBatch, false, 10_000, 100_000),
        ]);
        let text = report.table().text();
        let lines: Vec<_> = text.lines().skip(4).map(|line| line.split_whitespace().collect::<Vec<_>>()).collect();
        assert_eq!(
            lines[0],
            ["send", "16", "20,000", "20,000", "0.25", "1.25", "9.0", "7.0", "20", "5", "%", "40", "%"]
        );
        assert_eq!(lines[1][12..], ["80", "%"]);
        assert_eq!(
            lines[2],
            ["send-batch", "16", "50,000", "5,000", "0.25", "1.25", "9.0", "7.0", "20", "5", "%", "50", "%"]
        );
    }

    #[test]
    fn a_failed_cell_cannot_be_overlooked() {
        let failed = Row { outcome: Err("status 500".to_owned()), ..row(Subject::Send, false, 1, 1) };
        let report = report(vec![failed]);
        assert!(report.has_failures());
        assert!(report.show(false).contains("FAILED: send with 16 connections: status 500"));
    }
}
