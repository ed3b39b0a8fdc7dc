//! What is to be reached, and whether it was.

use serde::Serialize;

use crate::cell::Measured;
use crate::report::Row;
use crate::subject::Subject;

/// The number of connections that goals are set for.
const CONNECTIONS: usize = 64;

/// A goal and what became of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Check {
    /// What is compared.
    pub what: String,
    /// In words.
    pub goal: String,
    /// In the same words.
    pub reached: String,
    /// Whether that is enough.
    pub is_reached: bool,
}

impl Check {
    /// `part` is to be at least `goal` of `whole`.
    pub fn share(what: &str, part: f64, whole: f64, goal: f64) -> Self {
        let share = part / whole;
        let percent = |share: f64| format!("{:.0} %", share * 100.0);
        Self::new(what, format!("at least {}", percent(goal)), percent(share), share >= goal)
    }

    /// `value` is to be at most `goal`.
    pub fn at_most(what: &str, value: f64, goal: f64, unit: &str) -> Self {
        Self::new(what, format!("at most {goal} {unit}"), format!("{value:.2} {unit}"), value <= goal)
    }

    /// `value` is to be at least `goal`.
    pub fn at_least(what: &str, value: f64, goal: f64, unit: &str) -> Self {
        Self::new(what, format!("at least {goal} {unit}"), format!("{value:.2} {unit}"), value >= goal)
    }

    /// `count` is to be all of them.
    pub fn all(what: &str, count: u64, all: u64) -> Self {
        Self::new(what, all.to_string(), count.to_string(), count == all)
    }

    fn new(what: &str, goal: String, reached: String, is_reached: bool) -> Self {
        Self { what: what.to_owned(), goal, reached, is_reached }
    }
}

/// The checks that these rows allow.
pub fn of_rows(rows: &[Row]) -> Vec<Check> {
    let most = rows.iter().filter(|row| row.subject.is_cell()).map(|row| row.connections).max();
    let connections = if rows.iter().any(|row| row.connections == CONNECTIONS) { Some(CONNECTIONS) } else { most };
    let found = |subject: Subject, signed: bool| -> Option<&Measured> {
        let wanted = if subject == Subject::Wake { 1 } else { connections? };
        let same = |row: &&Row| (row.subject, row.signed, row.connections) == (subject, signed, wanted);
        rows.iter().find(same)?.outcome.as_ref().ok()
    };
    let plain = |subject| found(subject, false);
    let share = |what: &str, part: Subject, whole: Subject, goal: f64| {
        Some(Check::share(what, plain(part)?.load.message_rate(), plain(whole)?.load.message_rate(), goal))
    };
    let server_micros = |signed: bool| found(Subject::Send, signed)?.server_micros_per_message;
    [
        share("send, of echo", Subject::Send, Subject::Echo, 0.6),
        server_micros(false).map(|micros| Check::at_most("send, server CPU", micros, 20.0, "µs")),
        plain(Subject::SendBatch).map(|batch| {
            let rate = batch.load.message_rate();
            let (goal, reached) = ("at least 150000/s".to_owned(), format!("{rate:.0}/s"));
            Check::new("send-batch", goal, reached, rate >= 150_000.0)
        }),
        share("receive-batch, of send-batch", Subject::ReceiveBatch, Subject::SendBatch, 0.8),
        share("fifo-send-batch, of send-batch", Subject::FifoSendBatch, Subject::SendBatch, 0.8),
        share("fifo-receive-batch, of receive-batch", Subject::FifoReceiveBatch, Subject::ReceiveBatch, 0.8),
        server_micros(true).zip(server_micros(false)).map(|(signed, plain)| {
            Check::at_most("send, signed, server CPU to unsigned", signed / plain, 1.15, "times")
        }),
        plain(Subject::Send).zip(plain(Subject::Commit)).map(|(send, commit)| {
            let times = send.load.p99_micros / commit.load.p99_micros;
            Check::at_most("send p99, to that of a shared fdatasync", times, 3.0, "times")
        }),
        plain(Subject::Wake).map(|wake| Check::at_most("wake p99", wake.load.p99_micros / 1e3, 3.0, "ms")),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::row;

    #[test]
    fn shares_and_times_are_compared_to_their_goals() {
        let rows = [
            row(Subject::Echo, false, 100_000, 100_000),
            row(Subject::Send, false, 59_000, 59_000),
            row(Subject::Send, true, 50_000, 50_000),
            row(Subject::SendBatch, false, 40_000, 400_000),
            row(Subject::ReceiveBatch, false, 70_000, 350_000),
        ];
        let checks: Vec<_> =
            of_rows(&rows).into_iter().map(|check| (check.what, check.reached, check.is_reached)).collect();
        let check = |what: &str, reached: &str, is_reached| (what.to_owned(), reached.to_owned(), is_reached);
        assert_eq!(
            checks,
            [
                check("send, of echo", "59 %", false),
                check("send, server CPU", "9.00 µs", true),
                check("send-batch", "200000/s", true),
                check("receive-batch, of send-batch", "88 %", true),
                check("send, signed, server CPU to unsigned", "1.00 times", true),
            ]
        );
    }
}
