//! Works on the batches of pipes: filter, enrichment, target.
//!
//! What the broker does itself (messages, notifications, events for functions, executions) is only prepared here, and is
//! decided together with the end of the batch. All else is called here.

mod asked;
mod calls;
mod fault;
mod plan;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use bongsu_broker::{AttemptOutcome, LimitKey, Pipe, PipeAction, Rejection, Text};
use bongsu_delivery::sqs_event::{BatchOutcome, batch_outcome};
use bongsu_journal::BoxFuture;
use bongsu_policy::iso_8601;
use bongsu_rate_limit::{Feedback, KeyExpression, Rule};
use bongsu_runtime::{Admission, PipeBatch, PipeRunner, PipeStep, Refusal};
use serde::de::IgnoredAny;
use serde_json::Value;
use tracing::warn;

use super::path::{elements, is_json};
use super::template::InputTemplate;
use crate::asking::Asking;
use crate::error::ApiError;
use crate::later_door::LaterDoor;
use crate::queue_records::{record_json, written};
use crate::service::AwsApi;
use fault::Fault;
use plan::{Answerer, Plan, Plans, Target};

/// Works on the batches of pipes through a door, once there is one.
#[derive(Default)]
pub struct Pipes {
    door: LaterDoor,
    plans: Arc<Plans>,
}

impl Pipes {
    /// From now on batches are worked on through this door. Those that came before have waited for it.
    pub fn open(&self, door: &Arc<AwsApi>) {
        self.door.open(door);
    }
}

impl PipeRunner for Pipes {
    fn run(&self, batch: PipeBatch) -> BoxFuture<'static, PipeStep> {
        let (opened, plans) = (self.door.opened(), self.plans.clone());
        Box::pin(async move {
            let door = opened.await;
            let plan = plans.of(&batch.pipe, &Asking::new(&door, None, "").context());
            match plan {
                Ok(plan) => run(&door, &plan, batch).await,
                Err(reason) => {
                    warn!(pipe = %batch.pipe.name, reason, "the pipe cannot be read");
                    PipeStep::End(AttemptOutcome::Failed)
                }
            }
        })
    }

    fn refused(&self, pipe: &Pipe, rejection: &Rejection) {
        let reason = ApiError::from(Refusal::Rejected(rejection.clone()));
        warn!(pipe = %pipe.name, %reason, "the target did not take what the pipe has for it");
    }
}

async fn run(door: &AwsApi, plan: &Plan, batch: PipeBatch) -> PipeStep {
    let region = &door.config.region;
    let (mut places, mut ids, mut events) = (Vec::new(), Vec::new(), Vec::new());
    for (place, message) in written(&batch.messages, region).iter().enumerate() {
        if message.is_admitted(&plan.filters) {
            places.push(place);
            ids.push(message.id().to_owned());
            events.push(record_json(message, &plan.names.source_arn, region));
        }
    }
    if places.is_empty() {
        return PipeStep::End(AttemptOutcome::Succeeded);
    }
    let contents = places.iter().map(|place| &batch.messages[*place].content);
    let work = Work {
        door,
        plan,
        pipe: &batch.pipe,
        ids,
        groups: contents.clone().map(|content| content.group.clone()).collect(),
        trace_header: contents.filter_map(|content| content.trace_header.clone()).next(),
        ingested_at: iso_8601(door.config.clock.now().0),
        polled: batch.messages.len(),
        places,
        said: Mutex::default(),
    };
    match work.through(events).await {
        Ok(step) => step,
        Err(fault) => {
            work.tell(&fault, work.places.len());
            work.ended(work.places.clone())
        }
    }
}

/// The events of one batch that the filters let through.
struct Work<'a> {
    door: &'a AwsApi,
    plan: &'a Plan,
    pipe: &'a Pipe,
    /// Where their messages stand in the batch.
    places: Vec<usize>,
    /// The ids of their messages.
    ids: Vec<String>,
    /// The groups of their messages.
    groups: Vec<Option<Text>>,
    trace_header: Option<Text>,
    /// When they came, as ISO 8601 has it.
    ingested_at: String,
    /// How many messages the batch has.
    polled: usize,
    /// What the last answer said of limits.
    said: Mutex<Feedback>,
}

/// What stands for some messages of a batch on the way to the target.
struct Element {
    /// JSON.
    event: String,
    /// The places of the messages, by rising numbers.
    places: Vec<usize>,
}

impl Work<'_> {
    /// Brings the events through as soon as the pipe's limit lets them. Whom the target sends away comes again.
    async fn through(&self, events: Vec<String>) -> Result<PipeStep, Fault> {
        let Some(rule) = &self.plan.limit else { return self.work(&events).await };
        loop {
            let admission = self.admission(rule, &events);
            let permit = self.door.broker.admit(admission).await.map_err(ApiError::from)?;
            let step = self.work(&events).await;
            let said = std::mem::take(&mut *self.said.lock().expect("nothing panics while it holds this lock"));
            permit.end(said);
            if !said.refused {
                return step;
            }
            self.check_unchanged().await?;
        }
    }

    /// The limits that a call counts towards: those of all keys that its events have.
    fn admission(&self, rule: &Rule, events: &[String]) -> Admission {
        let key = |(event, group): (&String, &Option<Text>)| match &rule.key {
            None | Some(KeyExpression::Queue) => self.pipe.queue.name.to_string(),
            Some(KeyExpression::Group) => group.as_ref().map(|group| group.to_string()).unwrap_or_default(),
            Some(KeyExpression::Destination) => self.plan.names.target_arn.clone(),
            Some(KeyExpression::Path(path)) => {
                serde_json::from_str(event).map(|event| path.key(&event)).unwrap_or_default()
            }
        };
        let keys: BTreeSet<String> = events.iter().zip(&self.groups).map(key).collect();
        let scope = format!("pipe/{}", self.pipe.name);
        let of_key = |key: String| (LimitKey { scope: scope.as_str().into(), key: key.into() }, rule.limit);
        Admission { limits: keys.into_iter().map(of_key).collect(), turn: self.turn() }
    }

    /// Those that wait for one limit get turns by their groups.
    fn turn(&self) -> Box<str> {
        let group = self.groups.iter().flatten().next().map(|group| group.to_string()).unwrap_or_default();
        format!("{}/{group}", self.pipe.name).into()
    }

    async fn work(&self, events: &[String]) -> Result<PipeStep, Fault> {
        let elements = match &self.plan.enrichment {
            None => self.elements(events.iter().cloned()),
            Some(enrichment) => {
                let inputs: Result<Vec<_>, _> =
                    events.iter().map(|event| self.json(enrichment.template.as_ref(), event)).collect();
                let answer = self.call(&enrichment.by, events, &inputs?).await?;
                let text = String::from_utf8_lossy(&answer);
                match answered(&text)? {
                    Some(answered) => self.elements(answered.into_iter()),
                    // Nothing is left of the batch: it is done.
                    None => return Ok(self.ended(Vec::new())),
                }
            }
        };
        self.deliver(elements).await
    }

    /// One element each for as many events as there were; otherwise each stands for all.
    fn elements(&self, events: impl ExactSizeIterator<Item = String>) -> Vec<Element> {
        let one_each = events.len() == self.places.len();
        let of_place = |(at, event)| {
            let places = if one_each { vec![self.places[at]] } else { self.places.clone() };
            Element { event, places }
        };
        events.enumerate().map(of_place).collect()
    }

    async fn deliver(&self, elements: Vec<Element>) -> Result<PipeStep, Fault> {
        match &self.plan.target {
            Target::Queue(queue, parameters) => self.messages(queue, parameters, elements),
            Target::Topic(topic) => self.notifications(topic, elements).await,
            Target::Event(function) => Ok(self.asked(self.event(function, &self.payload(&elements)?).await?)),
            Target::Execution(machine) => Ok(self.asked(self.execution(machine, &self.payload(&elements)?))),
            Target::Answers(by) => {
                let events: Vec<String> = elements.iter().map(|element| element.event.clone()).collect();
                let answer = self.call(by, &events, &self.payload(&elements)?).await?;
                Ok(self.answered(by, &answer))
            }
        }
    }

    /// What is told of the batch by whom it went to.
    fn answered(&self, by: &Answerer, answer: &[u8]) -> PipeStep {
        if matches!(by, Answerer::ApiDestination(..)) || !names_failures(answer) {
            return self.ended(Vec::new());
        }
        let ids: Vec<&str> = self.ids.iter().map(String::as_str).collect();
        match batch_outcome(answer, true, &ids) {
            BatchOutcome::AllSucceeded => self.ended(Vec::new()),
            BatchOutcome::Failed(failed) => {
                self.tell(&Fault("the target says so".to_owned()), failed.len());
                self.ended(failed.into_iter().map(|at| self.places[at]).collect())
            }
            BatchOutcome::AllFailed => {
                let text = "the answer names failures as none can be named, or a message that is not in the batch";
                self.tell(&Fault(text.to_owned()), self.places.len());
                self.ended(self.places.clone())
            }
        }
    }

    /// What the target gets of each element: JSON.
    fn payload(&self, elements: &[Element]) -> Result<Vec<String>, Fault> {
        let template = self.plan.template.as_ref();
        elements.iter().map(|element| self.json(template, &element.event)).collect()
    }

    /// What a template comes to, as JSON: text becomes a string.
    fn json(&self, template: Option<&InputTemplate>, event: &str) -> Result<String, Fault> {
        let text = self.text(template, event)?;
        Ok(if is_json(&text) { text } else { Value::from(text).to_string() })
    }

    fn text(&self, template: Option<&InputTemplate>, event: &str) -> Result<String, Fault> {
        let Some(template) = template else { return Ok(event.to_owned()) };
        Ok(template.fill(event, &self.plan.names, &self.ingested_at)?)
    }

    fn asked(&self, action: PipeAction) -> PipeStep {
        PipeStep::Ask { action: Box::new(action), failed: Vec::new() }
    }

    /// The batch has ended but for the messages at these places.
    fn ended(&self, failed: Vec<usize>) -> PipeStep {
        PipeStep::End(match failed.len() {
            0 => AttemptOutcome::Succeeded,
            count if count == self.polled => AttemptOutcome::Failed,
            _ => AttemptOutcome::PartlyFailed(failed),
        })
    }

    fn tell(&self, fault: &Fault, messages: usize) {
        warn!(pipe = %self.pipe.name, messages, reason = %fault, "a batch failed, or a part of it");
    }
}

/// The events that an enrichment answered, if it answered any. What is not an array is one.
fn answered(answer: &str) -> Result<Option<Vec<String>>, Fault> {
    let answer = answer.trim();
    if matches!(answer, "" | "\"\"" | "null") || is_empty(answer) {
        return Ok(None);
    }
    if let Some(all) = elements(answer) {
        return Ok(Some(all.iter().map(|element| element.get().to_owned()).collect()));
    }
    if is_json(answer) { Ok(Some(vec![answer.to_owned()])) } else { Err(Fault("the answer is not JSON".to_owned())) }
}

/// Whether an answer is about failures at all. Nobody agreed on what it is to be: anything else says nothing of them.
fn names_failures(answer: &[u8]) -> bool {
    let members: Result<BTreeMap<String, IgnoredAny>, _> = serde_json::from_slice(answer);
    members.is_ok_and(|members| members.contains_key("batchItemFailures"))
}

/// `{}` or `[]`, however it is written.
fn is_empty(answer: &str) -> bool {
    let inside = answer.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
    let inside = inside.or_else(|| answer.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')));
    inside.is_some_and(|inside| inside.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_enrichment_answers_is_events_or_nothing() {
        for nothing in ["", " ", "\"\"", "null", "{}", "[ ]", "{\n}"] {
            assert_eq!(answered(nothing), Ok(None), "{nothing:?}");
        }
        for (answer, events) in [
            ("[{}]", vec!["{}"]),
            (r#"{"a": 1.0}"#, vec![r#"{"a": 1.0}"#]),
            (r#"[1, "x", {"a":[2]}]"#, vec!["1", r#""x""#, r#"{"a":[2]}"#]),
            ("7", vec!["7"]),
        ] {
            assert_eq!(answered(answer).unwrap().unwrap(), events, "{answer}");
        }
        assert!(answered("no JSON").is_err());
    }
}
