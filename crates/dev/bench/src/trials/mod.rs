//! What takes more than a line of the table to tell: a server in an extreme state, and what that costs.

pub mod backlog;
pub mod cold_starts;
pub mod deliveries;
pub mod drain;
pub mod envelopes;
pub mod filters;
pub mod function_groups;
pub mod groups;
pub mod invokes;
pub mod mapping;
pub mod objects;
pub mod one_object;
pub mod polls;
pub mod publish;
pub mod queues;
pub mod waiting_events;
pub mod workflows;

use bongsu_load::table::{Table, grouped};
use serde::Serialize;

use crate::cell::Measured;
use crate::checks::Check;
use crate::subject::Subject;

/// One of them and what came out.
#[derive(Serialize)]
pub struct Trial {
    /// Which one.
    pub subject: Subject,
    /// What was found, or why nothing was.
    pub outcome: Result<Findings, String>,
}

/// What a trial found.
#[derive(Default, Serialize)]
pub struct Findings {
    /// In the order of what happened.
    pub figures: Vec<Figure>,
    /// Loads that are compared with each other.
    pub loads: Vec<LoadOf>,
    /// What was to be reached.
    pub checks: Vec<Check>,
}

/// A number with a name.
#[derive(Serialize)]
pub struct Figure {
    what: String,
    value: f64,
    unit: &'static str,
}

/// A load, and of what.
#[derive(Serialize)]
pub struct LoadOf {
    what: String,
    connections: usize,
    /// What each message, or object, holds, if it is to be told how many bytes a second that makes.
    bytes: Option<usize>,
    #[serde(flatten)]
    measured: Measured,
}

impl Findings {
    /// Adds a load.
    pub fn tell_load(&mut self, what: &str, connections: usize, bytes: Option<usize>, measured: &Measured) {
        self.loads.push(LoadOf { what: what.to_owned(), connections, bytes, measured: measured.clone() });
    }

    /// Adds a number.
    pub fn tell(&mut self, what: impl Into<String>, value: f64, unit: &'static str) {
        self.figures.push(Figure { what: what.into(), value, unit });
    }

    /// Adds an amount of memory or disk, given in bytes.
    pub fn tell_bytes(&mut self, what: impl Into<String>, bytes: u64) {
        self.tell(what, bytes as f64 / f64::from(1 << 20), "MiB");
    }

    /// Loads and figures, each as a table.
    pub fn tables(&self, subject: Subject) -> impl Iterator<Item = Table> {
        let loads = (!self.loads.is_empty()).then(|| self.table_of_loads(subject));
        let figures = (!self.figures.is_empty()).then(|| self.table(subject));
        loads.into_iter().chain(figures)
    }

    fn table_of_loads(&self, subject: Subject) -> Table {
        let headings = [&subject.name(), "connections", "a second", "MB/s", "p50 ms", "p99 ms", "server µs"];
        let mut table = Table::new(&headings);
        for LoadOf { what, connections, bytes, measured } in &self.loads {
            let rate = measured.load.message_rate();
            table.push(vec![
                what.clone(),
                connections.to_string(),
                grouped(rate),
                bytes.map_or_else(String::new, |bytes| format!("{:.1}", rate * bytes as f64 / 1e6)),
                format!("{:.2}", measured.load.p50_micros / 1e3),
                format!("{:.2}", measured.load.p99_micros / 1e3),
                measured.server_micros_per_message.map_or_else(String::new, |micros| format!("{micros:.1}")),
            ]);
        }
        table
    }

    /// The figures as a table.
    fn table(&self, subject: Subject) -> Table {
        let mut table = Table::new(&[&subject.name(), "", ""]);
        for Figure { what, value, unit } in &self.figures {
            let value = if *value < 100.0 { format!("{value:.2}") } else { grouped(*value) };
            table.push(vec![what.clone(), value, (*unit).to_owned()]);
        }
        table
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_stand_in_a_table() {
        let mut found = Findings::default();
        found.tell("ready again", 1.5, "s");
        found.tell_bytes("resident memory", 1500 << 20);
        let text = found.table(Subject::Deep).text();
        assert_eq!(text, "deep\nready again       1.50    s\nresident memory  1,500  MiB\n");
    }
}
