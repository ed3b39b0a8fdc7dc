//! What the broker is asked to do with a batch: prepared by the checks of the operations.

use bongsu_broker::{
    FunctionRef, MachineRef, Outgoing, PipeAction, PipeEntry, Publication, QueueName, Text, TopicName,
};
use bongsu_runtime::PipeStep;
use serde_json::{Map, json};

use super::calls::array;
use super::fault::Fault;
use super::{Element, Work};
use crate::asking::Asking;
use crate::lambda::{self, Invocable};
use crate::pipes::parameters::SqsTargetParameters;
use crate::pipes::path::{Path, text_of};
use crate::sns::{self, Prepared};
use crate::sqs;

/// Entries that queues and topics take at once.
const ENTRIES_MAX: usize = 10;

/// What was made of elements, and the places of those of which nothing could be made.
struct Formed<T> {
    entries: Vec<PipeEntry<T>>,
    failed: Vec<usize>,
}

impl<T> Default for Formed<T> {
    fn default() -> Formed<T> {
        Formed { entries: Vec::new(), failed: Vec::new() }
    }
}

impl Work<'_> {
    /// An event for a function, which nobody waits for.
    pub(super) async fn event(&self, function: &FunctionRef, events: &[String]) -> Result<PipeAction, Fault> {
        let asking = Asking::new(self.door, self.trace_header.as_ref(), array(events));
        let members = Map::from_iter([
            ("FunctionName".to_owned(), json!(function.to_string())),
            ("InvocationType".to_owned(), json!("Event")),
        ]);
        match lambda::invoke_as_told(members, &asking.context()).await? {
            Invocable::Event(function, event) => Ok(PipeAction::QueueEvent { function, event }),
            Invocable::Answered(_) => unreachable!("an event is never waited for"),
        }
    }

    pub(super) fn execution(&self, machine: &MachineRef, events: &[String]) -> PipeAction {
        PipeAction::StartExecution {
            machine: machine.clone(),
            name: None,
            input: Text::from(array(events)),
            trace_header: self.trace_header.clone(),
        }
    }

    /// A message for each element.
    pub(super) fn messages(
        &self,
        queue: &QueueName,
        parameters: &SqsTargetParameters,
        elements: Vec<Element>,
    ) -> Result<PipeStep, Fault> {
        check_count(&elements)?;
        let mut formed = Formed::default();
        for element in elements {
            let content = self.message(queue, parameters, &element);
            if !self.take(&mut formed, element.places, content) {
                break;
            }
        }
        Ok(self.step(formed, |messages| PipeAction::Send { queue: queue.clone(), messages }))
    }

    fn message(
        &self,
        queue: &QueueName,
        parameters: &SqsTargetParameters,
        element: &Element,
    ) -> Result<Outgoing, Fault> {
        let SqsTargetParameters { message_group_id, message_deduplication_id } = parameters;
        let of_event = |given: &Option<String>| {
            let value = given.as_deref().filter(|given| !given.is_empty());
            value.map(|value| dynamic(value, &element.event)).transpose()
        };
        let request = json!({
            "QueueUrl": queue.name,
            "MessageBody": self.text(self.plan.template.as_ref(), &element.event)?,
            "MessageGroupId": of_event(message_group_id)?,
            "MessageDeduplicationId": of_event(message_deduplication_id)?,
        });
        let asking = Asking::new(self.door, self.trace_header.as_ref(), request.to_string());
        Ok(sqs::outgoing_of(&asking.context())?.1)
    }

    /// A notification for each element.
    pub(super) async fn notifications(&self, topic: &TopicName, elements: Vec<Element>) -> Result<PipeStep, Fault> {
        check_count(&elements)?;
        let mut formed = Formed::default();
        for element in elements {
            let content = self.notification(topic, &element).await;
            if !self.take(&mut formed, element.places, content) {
                break;
            }
        }
        let region = self.door.config.region.as_str().into();
        Ok(self.step(formed, |publications| PipeAction::Publish { topic: topic.clone(), publications, region }))
    }

    async fn notification(&self, topic: &TopicName, element: &Element) -> Result<Publication, Fault> {
        let arn = topic.arn(&self.door.config.region);
        let request = json!({ "TopicArn": arn, "Message": self.text(self.plan.template.as_ref(), &element.event)? });
        let asking = Asking::new(self.door, self.trace_header.as_ref(), request.to_string());
        match sns::prepare_publish(&asking.context()).await? {
            Prepared::Publication(_, publication) => Ok(*publication),
            Prepared::Sent { .. } => unreachable!("a topic is published to"),
        }
    }

    /// Adds what an element came to. After one that failed nothing may follow where order counts.
    fn take<T>(&self, formed: &mut Formed<T>, places: Vec<usize>, content: Result<T, Fault>) -> bool {
        match content {
            Ok(content) => formed.entries.push(PipeEntry { places, content }),
            Err(fault) if self.plan.in_order => {
                self.tell(&fault, 1);
                formed.failed.extend(self.places.iter().filter(|place| **place >= places[0]));
                return false;
            }
            Err(fault) => {
                self.tell(&fault, 1);
                formed.failed.extend(places);
            }
        }
        true
    }

    fn step<T>(&self, formed: Formed<T>, action: impl FnOnce(Vec<PipeEntry<T>>) -> PipeAction) -> PipeStep {
        let Formed { entries, mut failed } = formed;
        failed.sort_unstable();
        failed.dedup();
        match entries.is_empty() {
            true => self.ended(failed),
            false => PipeStep::Ask { action: Box::new(action(entries)), failed },
        }
    }
}

/// What an enrichment answers can be more than a batch may have.
fn check_count(elements: &[Element]) -> Result<(), Fault> {
    if elements.len() > ENTRIES_MAX {
        return Err(Fault(format!("the target takes at most {ENTRIES_MAX} events at once, not {}", elements.len())));
    }
    Ok(())
}

/// A parameter's value for an event: itself, or what stands there in the event.
pub(super) fn dynamic(value: &str, event: &str) -> Result<String, Fault> {
    if !Path::is_meant(value) {
        return Ok(value.to_owned());
    }
    let found = Path::parse(value).and_then(|path| path.find(event).map(|found| text_of(&found).into_owned()));
    found.ok_or_else(|| Fault(format!("the event has nothing at {value}")))
}
