//! The retry section of a delivery policy: four phases of retries and the time that they may take.

use crate::Fault;
use crate::backoff::BackoffFunction;
use crate::json::Section;

/// The greatest `maxDelayTarget`, in seconds.
pub const DELAY_TARGET_SECONDS_MAX: u32 = 3600;

/// The greatest `numRetries`.
pub const RETRIES_MAX: u32 = 100;

/// How long all retries to an HTTP endpoint may take together, in seconds.
pub const HTTP_TOTAL_SECONDS_MAX: u32 = 3600;

/// How long all retries of a function may take together, in seconds. An extension: AWS's schedule is fixed.
pub const FUNCTION_TOTAL_SECONDS_MAX: u32 = 24 * 60 * 60;

/// How often, and after which delays, a failed delivery is tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RetryPolicy {
    /// At least 1 and at most `max_delay_seconds`.
    pub(crate) min_delay_seconds: u32,
    pub(crate) max_delay_seconds: u32,
    /// Tried again at once.
    pub(crate) no_delay_retries: u32,
    /// After the least delay.
    pub(crate) min_delay_retries: u32,
    /// After delays that grow by the function from the least to the greatest. At most [`RETRIES_MAX`].
    pub(crate) backoff_retries: u32,
    /// After the greatest delay.
    pub(crate) max_delay_retries: u32,
    pub(crate) function: BackoffFunction,
}

impl RetryPolicy {
    /// Of HTTP endpoints, and of every field that a section leaves out.
    pub(crate) const DEFAULT: RetryPolicy = RetryPolicy {
        min_delay_seconds: 20,
        max_delay_seconds: 20,
        no_delay_retries: 0,
        min_delay_retries: 0,
        backoff_retries: 3,
        max_delay_retries: 0,
        function: BackoffFunction::Linear,
    };

    const KEYS: [&str; 7] = [
        "minDelayTarget",
        "maxDelayTarget",
        "numRetries",
        "numMaxDelayRetries",
        "numNoDelayRetries",
        "numMinDelayRetries",
        "backoffFunction",
    ];

    /// Reads the section at `key`, whose retries may take `total_seconds_max` together; nothing if it is unset.
    pub(crate) fn parse(parent: &Section<'_>, key: &str, total_seconds_max: u32) -> Result<Option<RetryPolicy>, Fault> {
        let Some(section) = parent.section(key, &Self::KEYS)? else { return Ok(None) };
        let default = RetryPolicy::DEFAULT;
        let min_delay = in_range(&section, "minDelayTarget", 1, u32::MAX)?.unwrap_or(default.min_delay_seconds);
        let max_delay = in_range(&section, "maxDelayTarget", 0, DELAY_TARGET_SECONDS_MAX)?;
        let max_delay = max_delay.unwrap_or(default.max_delay_seconds);
        if max_delay < min_delay {
            return Err(section.fault("maxDelayTarget", "must be greater than or equal to minDelayTarget"));
        }
        let retries = in_range(&section, "numRetries", 0, RETRIES_MAX)?.unwrap_or(default.retries());
        let phase = |key| in_range(&section, key, 0, u32::MAX).map(|count| count.unwrap_or(0));
        let no_delay_retries = phase("numNoDelayRetries")?;
        let min_delay_retries = phase("numMinDelayRetries")?;
        let max_delay_retries = phase("numMaxDelayRetries")?;
        let fixed = no_delay_retries.saturating_add(min_delay_retries).saturating_add(max_delay_retries);
        let backoff_retries = retries.checked_sub(fixed).ok_or_else(|| {
            let rule = "must be greater than or equal to total of \
                        numMinDelayRetries, numNoDelayRetries and numMaxDelayRetries";
            section.fault("numRetries", rule)
        })?;
        let policy = RetryPolicy {
            min_delay_seconds: min_delay,
            max_delay_seconds: max_delay,
            no_delay_retries,
            min_delay_retries,
            backoff_retries,
            max_delay_retries,
            function: parse_function(&section)?.unwrap_or(default.function),
        };
        policy.check_total(&section, total_seconds_max)?;
        Ok(Some(policy))
    }

    fn check_total(&self, section: &Section<'_>, total_seconds_max: u32) -> Result<(), Fault> {
        let total_seconds = self.total_ms().div_ceil(1000);
        if total_seconds <= u64::from(total_seconds_max) {
            return Ok(());
        }
        Err(section.whole_fault(format_args!(
            "retries for {total_seconds} seconds in total, which must be less than or equal to {total_seconds_max}"
        )))
    }

    /// The retries of all phases.
    pub(crate) fn retries(&self) -> u32 {
        self.no_delay_retries + self.min_delay_retries + self.backoff_retries + self.max_delay_retries
    }

    /// The delay before retry `index`, counted from 0; nothing when there are not so many.
    pub(crate) fn delay_ms(&self, index: u32) -> Option<u64> {
        let Some(index) = index.checked_sub(self.no_delay_retries) else { return Some(0) };
        let Some(index) = index.checked_sub(self.min_delay_retries) else { return Some(self.min_delay_ms()) };
        let Some(index) = index.checked_sub(self.backoff_retries) else { return Some(self.backoff_ms(index)) };
        (index < self.max_delay_retries).then(|| self.max_delay_ms())
    }

    /// All delays together.
    pub(crate) fn total_ms(&self) -> u64 {
        let backoff: u64 = (0..self.backoff_retries).map(|index| self.backoff_ms(index)).sum();
        u64::from(self.min_delay_retries) * self.min_delay_ms()
            + backoff
            + u64::from(self.max_delay_retries) * self.max_delay_ms()
    }

    fn backoff_ms(&self, index: u32) -> u64 {
        self.function.delay_ms(self.min_delay_ms(), self.max_delay_ms(), index, self.backoff_retries)
    }

    fn min_delay_ms(&self) -> u64 {
        u64::from(self.min_delay_seconds) * 1000
    }

    fn max_delay_ms(&self) -> u64 {
        u64::from(self.max_delay_seconds) * 1000
    }

    /// The section with every field, in AWS's order.
    pub(crate) fn text(&self) -> String {
        format!(
            r#"{{"minDelayTarget":{},"maxDelayTarget":{},"numRetries":{},"numMaxDelayRetries":{},"numNoDelayRetries":{},"numMinDelayRetries":{},"backoffFunction":"{}"}}"#,
            self.min_delay_seconds,
            self.max_delay_seconds,
            self.retries(),
            self.max_delay_retries,
            self.no_delay_retries,
            self.min_delay_retries,
            self.function.name(),
        )
    }
}

/// The integer at `key`, if it is given.
fn in_range(section: &Section<'_>, key: &str, min: u32, max: u32) -> Result<Option<u32>, Fault> {
    let Some(value) = section.integer(key)? else { return Ok(None) };
    if value < i64::from(min) {
        return Err(section.fault(key, format_args!("must be greater than or equal to {min}")));
    }
    match u32::try_from(value) {
        Ok(value) if value <= max => Ok(Some(value)),
        _ => Err(section.fault(key, format_args!("must be less than or equal to {max}"))),
    }
}

fn parse_function(section: &Section<'_>) -> Result<Option<BackoffFunction>, Fault> {
    let key = "backoffFunction";
    let Some(name) = section.string(key)? else { return Ok(None) };
    let unknown = || section.value_fault(key, &name, "is not a valid backoff function");
    BackoffFunction::parse(&name).map(Some).ok_or_else(unknown)
}
