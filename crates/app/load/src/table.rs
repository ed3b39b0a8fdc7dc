//! Tables for people: aligned text, or Markdown.

/// A table whose first column is text and whose other columns are numbers.
pub struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// An empty table under these headings.
    pub fn new(headings: &[&str]) -> Self {
        Self { rows: vec![headings.iter().map(|&heading| heading.to_owned()).collect()] }
    }

    /// Adds a row; cells that it lacks stay empty.
    pub fn push(&mut self, mut row: Vec<String>) {
        row.resize(self.rows[0].len(), String::new());
        self.rows.push(row);
    }

    /// Columns aligned with spaces.
    pub fn text(&self) -> String {
        let widths = self.widths();
        self.rows.iter().map(|row| format!("{}\n", padded(row, &widths).join("  ").trim_end())).collect()
    }

    /// A Markdown table that is aligned too.
    pub fn markdown(&self) -> String {
        let widths = self.widths();
        let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
        let rule = widths.iter().enumerate().map(|(column, &width)| {
            let dashes = "-".repeat(width.max(3) - usize::from(column > 0));
            if column == 0 { dashes } else { dashes + ":" }
        });
        let mut text = line(padded(&self.rows[0], &widths)) + &line(rule.collect());
        text.extend(self.rows[1..].iter().map(|row| line(padded(row, &widths))));
        text
    }

    fn widths(&self) -> Vec<usize> {
        let width = |column: usize| self.rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        (0..self.rows[0].len()).map(|column| width(column).max(3)).collect()
    }
}

fn padded(row: &[String], widths: &[usize]) -> Vec<String> {
    let pad = |(column, (cell, &width)): (usize, (&String, &usize))| match column {
        0 => format!("{cell:<width$}"),
        _ => format!("{cell:>width$}"),
    };
    row.iter().zip(widths).enumerate().map(pad).collect()
}

/// A whole number with its thousands set apart, as in `48,210`.
pub fn grouped(number: f64) -> String {
    let digits = format!("{:.0}", number.max(0.0));
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> Table {
        let mut table = Table::new(&["cell", "messages/s", "µs"]);
        table.push(vec!["send".to_owned(), "48,210".to_owned(), "9.1".to_owned()]);
        table.push(vec!["send-batch".to_owned()]);
        table
    }

    #[test]
    fn columns_are_aligned_and_lines_end_without_spaces() {
        assert_eq!(example().text(), "cell        messages/s   µs\nsend            48,210  9.1\nsend-batch\n");
    }

    #[test]
    fn markdown_puts_numbers_to_the_right() {
        assert_eq!(
            example().markdown(),
            "| cell       | messages/s |  µs |\n\
             | ---------- | ---------: | --: |\n\
             | send       |     48,210 | 9.1 |\n\
             | send-batch |            |     |\n"
        );
    }

    #[test]
    fn thousands_are_set_apart() {
        for (number, text) in [(0.0, "0"), (999.4, "999"), (1000.0, "1,000"), (1_234_567.0, "1,234,567")] {
            assert_eq!(grouped(number), text);
        }
    }
}
