//! Fault policies of `Metadata: Bongsu: Faults:`, in the words that queues' tags and subscriptions' attributes have.

use bongsu_template::FaultPolicy;

/// `duplicate=0.1 seed=7` and the like; faults that never happen are left out.
pub(super) fn words(policy: &FaultPolicy) -> String {
    let FaultPolicy { reorder, duplicate, delay, delay_seconds, drop, seed } = policy;
    let mut words = Vec::new();
    for (name, probability) in [("reorder", reorder), ("duplicate", duplicate), ("delay", delay), ("drop", drop)] {
        if *probability > 0.0 {
            words.push(format!("{name}={probability}"));
        }
    }
    if *delay > 0.0 {
        words.push(format!("delay-seconds={delay_seconds}"));
    }
    words.push(format!("seed={seed}"));
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_broker_reads_what_is_written() {
        let policy = FaultPolicy { reorder: 0.25, duplicate: 0.0, delay: 1.0, delay_seconds: 5, drop: 0.001, seed: 7 };
        assert_eq!(words(&policy), "reorder=0.25 delay=1 drop=0.001 delay-seconds=5 seed=7");
        assert!(bongsu_broker::FaultPolicy::parse(&words(&policy), false).is_ok());
    }
}
