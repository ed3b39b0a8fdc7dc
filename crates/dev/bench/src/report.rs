//! What a run found, and how it is shown.

use bongsu_load::table::{Table, grouped};
use serde::Serialize;

use crate::cell::Measured;
use crate::checks::{self, Check};
use crate::machine::Machine;
use crate::subject::Subject;
use crate::trials::Trial;

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
    pub outcome: Result<Measured, String>,
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
    /// What takes more than a line to tell.
    pub trials: Vec<Trial>,
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
        self.rows.iter().any(|row| row.outcome.is_err()) || self.trials.iter().any(|trial| trial.outcome.is_err())
    }

    /// The whole report for people.
    pub fn show(&self, markdown: bool) -> String {
        let table = |table: &Table| if markdown { table.markdown() } else { table.text() };
        let mut text =
            format!("{}\nSigning costs the client {:.1} µs a request.\n\n", self.machine, self.signing_micros);
        if !self.rows.is_empty() {
            text += &table(&self.table());
            text += "\n";
            text += NOTES;
        }
        for row in &self.rows {
            if let Err(error) = &row.outcome {
                text += &format!("\nFAILED: {} with {} connections: {error}\n", row.title(), row.connections);
            }
        }
        for trial in &self.trials {
            match &trial.outcome {
                Ok(found) => {
                    text.extend(found.tables(trial.subject).map(|found| format!("\n{}", table(&found))));
                }
                Err(error) => text += &format!("\nFAILED: {}: {error}\n", trial.subject.name()),
            }
        }
        let checks = self.checks();
        if !checks.is_empty() {
            text += &format!("\n{}", table(&table_of(&checks)));
        }
        text
    }

    /// What was to be reached, of what was measured.
    pub fn checks(&self) -> Vec<Check> {
        let found = self.trials.iter().filter_map(|trial| trial.outcome.as_ref().ok());
        checks::of_rows(&self.rows).into_iter().chain(found.flat_map(|found| found.checks.clone())).collect()
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
                    grouped(measured.load.message_rate()),
                    grouped(measured.load.request_rate()),
                    format!("{:.2}", measured.load.p50_micros / 1e3),
                    format!("{:.2}", measured.load.p99_micros / 1e3),
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

    fn of_echo(&self, row: &Row, measured: &Measured) -> Option<f64> {
        Some(
            measured.load.request_rate()
                / self.limit(row.subject.echo()?, row.signed, row.connections)?.load.request_rate(),
        )
    }

    fn of_commit(&self, row: &Row, measured: &Measured) -> Option<f64> {
        Some(
            measured.load.message_rate()
                / self.limit(row.subject.commit()?, false, row.connections)?.load.message_rate(),
        )
    }

    fn limit(&self, subject: Subject, signed: bool, connections: usize) -> Option<&Measured> {
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

fn table_of(checks: &[Check]) -> Table {
    let mut table = Table::new(&["check", "goal", "reached", ""]);
    for Check { what, goal, reached, is_reached } in checks {
        let verdict = if *is_reached { "yes" } else { "NO" };
        table.push(vec![what.clone(), goal.clone(), reached.clone(), verdict.to_owned()]);
    }
    table
}

fn percent(ratio: Option<f64>) -> String {
    ratio.map_or_else(String::new, |ratio| format!("{:.0} %", ratio * 100.0))
}

#[cfg(test)]
pub(crate) mod tests {
    use std::path::Path;

    use bongsu_load::Measurement;

    use super::*;

    pub(crate) fn row(subject: Subject, signed: bool, requests: u64, messages: u64) -> Row {
        let load = Measurement {
            seconds: 2.0,
            requests,
            messages,
            p50_micros: 250.0,
            p99_micros: 1250.0,
            max_micros: 2000.0,
            ..Measurement::default()
        };
        let measured = Measured {
            load,
            client_micros_per_request: 7.0,
            server_micros_per_message: Some(9.0),
            server_resident_bytes: Some(20 << 20),
            other_cores: 0.05,
        };
        Row { subject, signed, connections: 16, outcome: Ok(measured) }
    }

    fn report(rows: Vec<Row>) -> Report {
        Report { machine: Machine::describe(Path::new(".")).unwrap(), signing_micros: 2.0, rows, trials: vec![] }
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
