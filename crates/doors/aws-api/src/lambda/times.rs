//! Points in time as Lambda writes them.

use bongsu_policy::iso_8601;

/// As functions, layers and URLs have it: `2026-01-31T12:00:00.123+0000`.
pub(super) fn written(milliseconds: u64) -> String {
    let whole = iso_8601(milliseconds);
    let seconds = whole.split(['.', 'Z']).next().unwrap_or_default();
    format!("{seconds}.{:03}+0000", milliseconds % 1000)
}

/// As everything else has it: seconds since 1970.
pub(super) fn seconds(milliseconds: u64) -> f64 {
    milliseconds as f64 / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_its_milliseconds_and_its_zone() {
        assert_eq!(written(1_704_110_400_007), "2024-01-01T12:00:00.007+0000");
        assert_eq!(seconds(1_704_110_400_250), 1_704_110_400.25);
    }
}
