//! What takes more than a line of the table to tell: a server in an extreme state, and what that costs.

pub mod backlog;
pub mod deliveries;
pub mod drain;
pub mod envelopes;
pub mod filters;
pub mod groups;
pub mod polls;
pub mod publish;
pub mod queues;

use bongsu_load::table::{Table, grouped};
use serde::Serialize;

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

impl Findings {
    /// Adds a number.
    pub fn tell(&mut self, what: impl Into<String>, value: f64, unit: &'static str) {
        self.figures.push(Figure { what: what.into(), value, unit });
    }

    /// Adds an amount of memory or disk, given in bytes.
    pub fn tell_bytes(&mut self, what: impl Into<String>, bytes: u64) {
        self.tell(what, bytes as f64 / f64::from(1 << 20), "MiB");
    }

    /// The figures as a table.
    pub fn table(&self, subject: Subject) -> Table {
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
