//! One field of a cron expression: lists of values, ranges and steps.

use std::collections::BTreeSet;

use crate::fault::InvalidSchedule;

/// What a field may hold.
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) min: u16,
    pub(crate) max: u16,
    /// Names of its values, from the least; none if it has only numbers.
    pub(crate) names: &'static [&'static str],
    /// Whether a range may begin above its end.
    pub(crate) wraps: bool,
}

pub(crate) const MINUTES: Field = Field { name: "minutes", min: 0, max: 59, names: &[], wraps: true };
pub(crate) const HOURS: Field = Field { name: "hours", min: 0, max: 23, names: &[], wraps: true };
pub(crate) const DAY_OF_MONTH: Field = Field { name: "day-of-month", min: 1, max: 31, names: &[], wraps: true };
pub(crate) const MONTH: Field = Field {
    name: "month",
    min: 1,
    max: 12,
    names: &["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"],
    wraps: true,
};
pub(crate) const DAY_OF_WEEK: Field = Field {
    name: "day-of-week",
    min: 1,
    max: 7,
    names: &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"],
    wraps: true,
};
pub(crate) const YEAR: Field = Field { name: "year", min: 1970, max: 2199, names: &[], wraps: false };

impl Field {
    /// All values that a list names; at least one.
    pub(crate) fn parse(&self, text: &str) -> Result<BTreeSet<u16>, InvalidSchedule> {
        let mut values = BTreeSet::new();
        for term in text.split(',') {
            let (range, step) = match term.split_once('/') {
                Some((range, step)) => (range, Some(self.step(step)?)),
                None => (term, None),
            };
            let (first, last) = match range.split_once('-') {
                _ if range == "*" => (self.min, self.max),
                Some((first, last)) => (self.value(first)?, self.value(last)?),
                None if step.is_some() => (self.value(range)?, self.max),
                None => (self.value(range)?, self.value(range)?),
            };
            values.extend(self.range(first, last)?.step_by(step.unwrap_or(1)));
        }
        Ok(values)
    }

    /// One value, by its number or name.
    pub(crate) fn value(&self, text: &str) -> Result<u16, InvalidSchedule> {
        let named = (self.min..).zip(self.names).find(|(_, name)| name.eq_ignore_ascii_case(text));
        let value = named.map(|(value, _)| value).or_else(|| number(text));
        value.filter(|value| (self.min..=self.max).contains(value)).ok_or_else(|| {
            let Field { min, max, .. } = self;
            let named =
                if self.names.is_empty() { String::new() } else { format!(", nor a name such as {}", self.names[0]) };
            self.refuse(format!("`{text}` is not between {min} and {max}{named}"))
        })
    }

    pub(crate) fn refuse(&self, reason: impl std::fmt::Display) -> InvalidSchedule {
        InvalidSchedule::new(format!("{}: {reason}", self.name))
    }

    fn step(&self, text: &str) -> Result<usize, InvalidSchedule> {
        let step = number(text).filter(|step| (1..=self.max).contains(step));
        step.map(usize::from).ok_or_else(|| self.refuse(format!("`{text}` is no step between 1 and {}", self.max)))
    }

    fn range(&self, first: u16, last: u16) -> Result<impl Iterator<Item = u16> + use<>, InvalidSchedule> {
        if first > last && !self.wraps {
            return Err(self.refuse(format!("`{first}-{last}` begins above its end")));
        }
        let (min, size) = (self.min, self.max - self.min + 1);
        let length = if first <= last { last - first } else { last + size - first };
        Ok((first..=first + length).map(move |value| (value - min) % size + min))
    }
}

/// Of digits alone, four at most.
pub(crate) fn number(text: &str) -> Option<u16> {
    let is_plain = (1..=4).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_plain { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_has_values_ranges_and_steps() {
        for (field, text, expected) in [
            (&MINUTES, "5", &[5][..]),
            (&MINUTES, "0,15-17,59", &[0, 15, 16, 17, 59]),
            (&MINUTES, "*/20", &[0, 20, 40]),
            (&MINUTES, "10/20", &[10, 30, 50]),
            (&MINUTES, "10-31/10", &[10, 20, 30]),
            (&MINUTES, "55-2", &[0, 1, 2, 55, 56, 57, 58, 59]),
            (&HOURS, "22-4/3", &[1, 4, 22]),
            (&MONTH, "jan,MAR-APR,12", &[1, 3, 4, 12]),
            (&DAY_OF_WEEK, "FRI-MON", &[1, 2, 6, 7]),
            (&DAY_OF_WEEK, "MON/3", &[2, 5]),
            (&YEAR, "2026,2198-2199", &[2026, 2198, 2199]),
        ] {
            assert_eq!(field.parse(text).unwrap().into_iter().collect::<Vec<_>>(), expected, "{text}");
        }
        assert_eq!(YEAR.parse("*").unwrap().len(), 230);
    }

    #[test]
    fn what_is_no_list_is_refused() {
        for (field, text, reason) in [
            (&MINUTES, "60", "minutes: `60` is not between 0 and 59"),
            (&MINUTES, "", "minutes: `` is not between 0 and 59"),
            (&MINUTES, "1,,2", "minutes: `` is not between 0 and 59"),
            (&MINUTES, "+1", "minutes: `+1` is not between 0 and 59"),
            (&MINUTES, "/5", "minutes: `` is not between 0 and 59"),
            (&MINUTES, "-5", "minutes: `` is not between 0 and 59"),
            (&MINUTES, "?", "minutes: `?` is not between 0 and 59"),
            (&MINUTES, "0/0", "minutes: `0` is no step between 1 and 59"),
            (&MINUTES, "0/60", "minutes: `60` is no step between 1 and 59"),
            (&MINUTES, "0/5/5", "minutes: `5/5` is no step between 1 and 59"),
            (&HOURS, "24", "hours: `24` is not between 0 and 23"),
            (&MONTH, "0", "month: `0` is not between 1 and 12, nor a name such as JAN"),
            (&MONTH, "MON", "month: `MON` is not between 1 and 12, nor a name such as JAN"),
            (&DAY_OF_WEEK, "0", "day-of-week: `0` is not between 1 and 7, nor a name such as SUN"),
            (&YEAR, "1969", "year: `1969` is not between 1970 and 2199"),
            (&YEAR, "2027-2026", "year: `2027-2026` begins above its end"),
        ] {
            assert_eq!(field.parse(text).unwrap_err().to_string(), reason, "{text}");
        }
    }
}
