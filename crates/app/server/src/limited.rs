//! Batches for functions that keep to a rate limit: each run waits for its turn, and one that came too early is made
//! again. Meanwhile the messages stay hidden.

use std::collections::BTreeMap;
use std::sync::Arc;

use bongsu_aws_api::lambda::rule_key;
use bongsu_broker::{Admission, LimitKey, VISIBILITY_TIMEOUT_MAX};
use bongsu_rate_limit::{Feedback, Rule};
use bongsu_runtime::Batch;
use tokio::sync::Mutex;
use tokio::task::JoinSet;
use tracing::warn;

use crate::functions::Processes;

/// For how long a function may say of the same messages that they come too early; then they have failed.
const REFUSED_MS_MAX: u64 = VISIBILITY_TIMEOUT_MAX.0 as u64 * 1000;

/// Messages that share a key, by their places in the batch.
struct Part {
    key: String,
    places: Vec<usize>,
}

/// A batch whose parts wait one by one.
#[derive(Clone)]
struct Limited {
    processes: Processes,
    batch: Arc<Batch>,
    rule: Arc<Rule>,
    /// One part runs at a time: the attempt counts once against the function's limit.
    running: Arc<Mutex<()>>,
}

/// Runs the function on the messages at these places, once for each key. Returns the places of those that it did not work
/// off, rising.
pub(crate) async fn run(processes: &Processes, batch: Batch, rule: Rule, places: &[usize]) -> Vec<usize> {
    let is_fifo = batch.mapping.definition.queue.is_fifo();
    let mut parts = parts(processes, &batch, &rule, places, is_fifo).into_iter();
    let (batch, rule, running) = (Arc::new(batch), Arc::new(rule), Arc::default());
    let limited = Limited { processes: processes.clone(), batch, rule, running };
    let mut failed = Vec::new();
    if is_fifo {
        while failed.is_empty()
            && let Some(part) = parts.next()
        {
            failed.extend(limited.clone().run(part).await);
        }
        // What comes after a message that failed waits for it.
        failed.extend(parts.flat_map(|part| part.places));
    } else {
        let mut runs: JoinSet<Vec<usize>> = parts.map(|part| limited.clone().run(part)).collect();
        while let Some(ended) = runs.join_next().await {
            failed.extend(ended.expect("runs do not panic"));
        }
    }
    failed.sort_unstable();
    failed
}

/// In a FIFO queue only neighbours are put together, so that the order stays.
fn parts(processes: &Processes, batch: &Batch, rule: &Rule, places: &[usize], is_fifo: bool) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    let mut by_key: BTreeMap<String, usize> = BTreeMap::new();
    for place in places {
        let group = batch.messages[*place].content.group.as_deref();
        let key = rule_key(rule, &batch.mapping.definition, group, || processes.record(batch, *place));
        let found = match is_fifo {
            true => parts.len().checked_sub(1).filter(|last| parts[*last].key == key),
            false => by_key.get(&key).copied(),
        };
        match found {
            Some(index) => parts[index].places.push(*place),
            None => {
                by_key.insert(key.clone(), parts.len());
                parts.push(Part { key, places: vec![*place] });
            }
        }
    }
    parts
}

impl Limited {
    async fn run(self, part: Part) -> Vec<usize> {
        let Limited { processes, batch, rule, running } = self;
        let key = LimitKey::of_mapping(batch.mapping.id, &part.key);
        // Groups have turns: messages of one come one after the other anyway.
        let first = part.places.first().and_then(|place| batch.messages[*place].content.group.as_deref());
        let admission = Admission { limits: vec![(key, rule.limit)], turn: first.unwrap_or_default().into() };
        let began_at = processes.now_ms();
        loop {
            let permit = match batch.broker.admit(admission.clone()).await {
                Ok(permit) => permit,
                Err(refusal) => {
                    warn!(function = %batch.function.name, ?refusal, "messages were not admitted");
                    return part.places;
                }
            };
            let one_at_a_time = running.lock().await;
            let ran = processes.run_messages(&batch, &part.places).await;
            drop(one_at_a_time);
            let now = processes.now_ms();
            let returned = ran.returned.as_deref();
            let feedback = returned.map_or_else(Feedback::default, |text| Feedback::from_returned(text, now));
            permit.end(feedback);
            if !feedback.refused {
                return ran.failed;
            }
            if now.saturating_sub(began_at) >= REFUSED_MS_MAX {
                return part.places;
            }
        }
    }
}
