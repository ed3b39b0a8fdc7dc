//! What executions did: their events, and the texts that these name, read from where the steps lie.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bongsu_broker::{ExecutionDescription, ExecutionId, Recorded, StepPlace, Stored};
use bongsu_journal::ReadError;
use bongsu_states_language::{HistoryEvent, PayloadId, Step};

use crate::contents::LOCATE_TRIES;
use crate::handle::{Handle, Refusal};

/// Steps that are read at a time.
pub(super) const STEPS_A_READ: usize = 256;

/// Events of an execution, and the texts that they name.
#[derive(Clone, Debug, PartialEq)]
pub struct HistoryPage {
    /// In order, or in reverse.
    pub events: Vec<HistoryEvent>,
    /// By their numbers.
    pub texts: BTreeMap<PayloadId, Arc<str>>,
}

/// What an execution began with and what came of it.
#[derive(Clone, Debug, PartialEq)]
pub struct ExecutionTexts {
    /// Its input.
    pub input: Option<Arc<str>>,
    /// Its output, if it has succeeded.
    pub output: Option<Arc<str>>,
    /// Its last event, which says why it failed.
    pub last: Option<HistoryEvent>,
}

impl Handle {
    /// Up to `max` events of an execution with numbers from `from` on; with `reverse`, from `from` down. Without
    /// `texts`, events alone.
    pub async fn execution_history(
        &self,
        id: ExecutionId,
        from: u32,
        max: usize,
        reverse: bool,
        texts: bool,
    ) -> Result<HistoryPage, Refusal> {
        for _ in 0..LOCATE_TRIES {
            let described = self.describe_execution(id).await?;
            match self.page(&described, from, max, reverse, texts).await {
                Ok(page) => return Ok(page),
                // Cleaning has written the step again further on.
                Err(ReadError::Gone { .. }) => {}
                Err(_) => return Err(Refusal::Unavailable),
            }
        }
        Err(Refusal::Unavailable)
    }

    /// Input, output and end of an execution.
    pub async fn execution_texts(&self, described: &ExecutionDescription) -> Result<ExecutionTexts, Refusal> {
        let mut described = described.clone();
        for _ in 0..LOCATE_TRIES {
            match self.texts(&described).await {
                Ok(texts) => return Ok(texts),
                Err(ReadError::Gone { .. }) => described = self.describe_execution(described.summary.id).await?,
                Err(_) => return Err(Refusal::Unavailable),
            }
        }
        Err(Refusal::Unavailable)
    }

    async fn texts(&self, described: &ExecutionDescription) -> Result<ExecutionTexts, ReadError> {
        let wanted = [Some(PayloadId(0)), described.output.map(PayloadId)];
        let texts = self.read_texts(&described.steps, wanted.into_iter().flatten()).await?;
        let last = match described.steps.last() {
            Some(step) => {
                self.read_steps(&[*step]).await?.into_iter().flat_map(|step| step.events.last().cloned()).last()
            }
            None => None,
        };
        let text = |id: u32| texts.get(&PayloadId(id)).cloned();
        Ok(ExecutionTexts { input: text(0), output: described.output.and_then(text), last })
    }

    async fn page(
        &self,
        described: &ExecutionDescription,
        from: u32,
        max: usize,
        reverse: bool,
        texts: bool,
    ) -> Result<HistoryPage, ReadError> {
        let span = u32::try_from(max).unwrap_or(u32::MAX);
        let (first, last) = match reverse {
            false => (from, from.saturating_add(span).saturating_sub(1)),
            true => (from.saturating_sub(span.saturating_sub(1)).max(1), from),
        };
        let begin = described.steps.partition_point(|step| step.first_event <= first).saturating_sub(1);
        let end = described.steps.partition_point(|step| step.first_event <= last);
        let (mut events, mut known, mut elsewhere) = (Vec::new(), BTreeMap::new(), BTreeSet::new());
        for steps in described.steps[begin.min(end)..end].chunks(STEPS_A_READ) {
            for step in self.read_steps(steps).await? {
                for event in step.events.iter().filter(|event| (first..=last).contains(&event.id)) {
                    events.push(event.clone());
                    // Most name texts of their own step.
                    for id in event.payloads().into_iter().filter(|_| texts) {
                        match text_of(&step, id) {
                            Some(text) => drop(known.insert(id, text.clone())),
                            None => drop(elsewhere.insert(id)),
                        }
                    }
                }
            }
        }
        let elsewhere = elsewhere.into_iter().filter(|id| !known.contains_key(id)).collect::<Vec<_>>();
        known.extend(self.read_texts(&described.steps, elsewhere.into_iter()).await?);
        if reverse {
            events.reverse();
        }
        Ok(HistoryPage { events, texts: known })
    }

    pub(super) async fn read_texts(
        &self,
        steps: &[StepPlace],
        wanted: impl Iterator<Item = PayloadId>,
    ) -> Result<BTreeMap<PayloadId, Arc<str>>, ReadError> {
        let mut by_step: BTreeMap<usize, Vec<PayloadId>> = BTreeMap::new();
        for id in wanted {
            let step = steps.partition_point(|step| step.first_payload <= id.0).saturating_sub(1);
            by_step.entry(step).or_default().push(id);
        }
        let mut texts = BTreeMap::new();
        let places: Vec<(usize, Vec<PayloadId>)> = by_step.into_iter().collect();
        for chunk in places.chunks(STEPS_A_READ) {
            let read = self
                .read_steps(&chunk.iter().filter_map(|(step, _)| steps.get(*step).copied()).collect::<Vec<_>>())
                .await?;
            for (step, (_, ids)) in read.iter().zip(chunk) {
                texts.extend(ids.iter().filter_map(|id| Some((*id, text_of(step, *id)?.clone()))));
            }
        }
        Ok(texts)
    }

    pub(super) async fn read_steps(&self, steps: &[StepPlace]) -> Result<Vec<Arc<Step>>, ReadError> {
        let places: Vec<_> = steps.iter().map(|step| step.place).collect();
        let records = self.read(&places).await?;
        let step = |record| match Recorded::decode(record).ok()?.into_stored(0)? {
            Stored::Step(step) => Some(step.0),
            _ => None,
        };
        Ok(records.into_iter().filter_map(step).collect())
    }
}

/// A text that is new in a step.
fn text_of(step: &Step, id: PayloadId) -> Option<&Arc<str>> {
    step.payloads.get(id.0.checked_sub(step.first_payload.0)? as usize)
}
