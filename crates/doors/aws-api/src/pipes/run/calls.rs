//! Calls whose answers a pipe waits for. What is only busy, or not to be reached for now, is called again for as long as
//! the pipe stays as it is; that counts as no failure.

use std::collections::BTreeMap;
use std::time::Duration;

use bongsu_broker::{FunctionRef, MachineRef, Rejection, Text, WorkflowRejection};
use bongsu_rate_limit::Feedback;
use bongsu_runtime::Refusal;
use bongsu_states_language::Outcome;
use bytes::Bytes;
use serde_json::Value;

use super::Work;
use super::asked::dynamic;
use super::fault::Fault;
use super::plan::Answerer;
use crate::events::{self, ApiFault, DestinationCall};
use crate::lambda::{Invocation, InvokeRefusal};
use crate::pipes::parameters::HttpParameters;
use crate::pipes::path::is_json;

/// How long the first pause lasts; each is twice as long as the one before, up to the last.
const PAUSE_MIN: Duration = Duration::from_millis(100);
const PAUSE_MAX: Duration = Duration::from_secs(5);
/// The largest answer that is taken: what a function may return.
const ANSWER_BYTES_MAX: usize = 6 << 20;

/// The pauses so far.
#[derive(Default)]
struct Pauses(u32);

impl Pauses {
    fn next(&mut self) -> Duration {
        let doubled = PAUSE_MIN.saturating_mul(1 << self.0.min(16));
        self.0 += 1;
        doubled.min(PAUSE_MAX)
    }
}

impl Work<'_> {
    /// The answer to these inputs, which were made of the events.
    pub(super) async fn call(&self, by: &Answerer, events: &[String], inputs: &[String]) -> Result<Bytes, Fault> {
        let answer = match by {
            Answerer::Function(function) => {
                let answer = self.call_function(function, &array(inputs)).await?;
                self.hear(Feedback::from_returned(&answer, self.door.config.clock.now().0))?;
                answer
            }
            Answerer::Machine(machine) => self.call_machine(machine, &array(inputs)).await?,
            Answerer::ApiDestination(arn, parameters) => {
                let mut answers = Vec::new();
                for (event, input) in events.iter().zip(inputs) {
                    answers.push(self.call_destination(arn, parameters, event, input).await?);
                }
                // One event has one answer, which is no array of answers.
                Bytes::from(if let [answer] = &mut answers[..] { std::mem::take(answer) } else { array(&answers) })
            }
        };
        if answer.len() > ANSWER_BYTES_MAX {
            return Err(Fault(format!("the answer is longer than {ANSWER_BYTES_MAX} bytes")));
        }
        Ok(answer)
    }

    /// Keeps what an answer said of limits, where there is one that it can count towards.
    fn hear(&self, said: Feedback) -> Result<(), Fault> {
        if self.plan.limit.is_none() {
            return Ok(());
        }
        *self.said.lock().expect("nothing panics while it holds this lock") = said;
        if said.refused { Err(Fault("it came too early".to_owned())) } else { Ok(()) }
    }

    async fn call_function(&self, function: &FunctionRef, payload: &str) -> Result<Bytes, Fault> {
        let mut pauses = Pauses::default();
        loop {
            let invocation = Invocation {
                request_id: self.door.request_ids.next().to_string(),
                payload: Bytes::from(payload.to_owned()),
                trace_id: self.trace_header.as_ref().map(|header| header.to_string()),
                client_context: None,
                wants_log: false,
            };
            match self.door.config.functions.invoke(&function.to_string(), invocation).await {
                Ok(invoked) => {
                    let failed = |error: Bytes| Fault(format!("{function}: {}", String::from_utf8_lossy(&error)));
                    return invoked.result.map_err(failed);
                }
                Err(InvokeRefusal::DoesNotExist) => return Err(Fault(format!("there is no function {function}"))),
                Err(InvokeRefusal::TooManyRunning | InvokeRefusal::Unavailable) => self.pause(&mut pauses).await?,
            }
        }
    }

    async fn call_machine(&self, machine: &MachineRef, input: &str) -> Result<Bytes, Fault> {
        let mut pauses = Pauses::default();
        loop {
            let (input, trace_header) = (Text::from(input), self.trace_header.clone());
            match self.door.broker.run_express(machine.clone(), None, input, trace_header).await {
                Ok(ended) => {
                    let why = match ended.outcome {
                        Outcome::Output(_) => None,
                        Outcome::Error(error, cause) => Some((error.unwrap_or_default(), cause.unwrap_or_default())),
                    };
                    return match (ended.output, why) {
                        (Some(output), None) => Ok(Bytes::from(output.to_string())),
                        (_, why) => {
                            let (error, cause) = why.unwrap_or_default();
                            Err(Fault(format!("{}: {error} {cause}", ended.arn)))
                        }
                    };
                }
                Err(refusal) if is_passing(&refusal) => self.pause(&mut pauses).await?,
                Err(refusal) => return Err(Fault(format!("{}: {refusal:?}", machine.name))),
            }
        }
    }

    /// The answer to one event: JSON.
    async fn call_destination(
        &self,
        arn: &str,
        parameters: &HttpParameters,
        event: &str,
        input: &str,
    ) -> Result<String, Fault> {
        let parameters = of_event(parameters, event)?;
        let mut pauses = Pauses::default();
        loop {
            let (parameters, body) = (parameters.clone(), Bytes::from(input.to_owned()));
            let call = DestinationCall { destination: arn, parameters, body, turn: self.turn() };
            match self.door.call_destination(call).await {
                Ok(answer) => {
                    let said = answer.feedback(self.door.config.clock.now().0);
                    self.hear(said)?;
                    if answer.status.is_success() {
                        let text = String::from_utf8_lossy(&answer.body).into_owned();
                        return Ok(if is_json(&text) { text } else { Value::from(text).to_string() });
                    }
                    // The destination's own limit has heard of it, and lets the next call wait.
                    if !said.refused {
                        return Err(Fault(format!("{arn} answered {}", answer.status)));
                    }
                }
                Err(ApiFault::Socket(_) | ApiFault::TimedOut | ApiFault::Stopping) => {}
                Err(fault) => return Err(Fault(fault.to_string())),
            }
            self.pause(&mut pauses).await?;
        }
    }

    /// Waits before the next try, if the pipe still wants one.
    async fn pause(&self, pauses: &mut Pauses) -> Result<(), Fault> {
        tokio::time::sleep(pauses.next()).await;
        self.check_unchanged().await
    }

    /// Whoever waits for long may find that nobody wants it any more.
    pub(super) async fn check_unchanged(&self) -> Result<(), Fault> {
        match self.door.broker.describe_pipe(&self.pipe.name).await {
            Ok(known) if *known == *self.pipe => Ok(()),
            _ => Err(Fault("the pipe was changed while its target was busy".to_owned())),
        }
    }
}

/// What is added to the call for this event.
fn of_event(parameters: &HttpParameters, event: &str) -> Result<events::HttpParameters, Fault> {
    let of_map = |map: &Option<BTreeMap<String, String>>| {
        let values = map.iter().flatten().map(|(name, value)| Ok((name.clone(), dynamic(value, event)?)));
        values.collect::<Result<BTreeMap<String, String>, Fault>>()
    };
    let path_values = parameters.path_parameter_values.iter().flatten().map(|value| dynamic(value, event));
    Ok(events::HttpParameters {
        path_values: path_values.collect::<Result<_, _>>()?,
        headers: of_map(&parameters.header_parameters)?,
        query: of_map(&parameters.query_string_parameters)?,
    })
}

/// Whether it may be otherwise soon.
fn is_passing(refusal: &Refusal) -> bool {
    match refusal {
        Refusal::Unavailable | Refusal::Rejected(Rejection::StorageFull) => true,
        Refusal::Rejected(Rejection::Workflow(rejection)) => *rejection == WorkflowRejection::TooManyExecutions,
        Refusal::Rejected(_) => false,
    }
}

/// The batch as functions and machines get it.
pub(super) fn array(events: &[String]) -> String {
    format!("[{}]", events.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_up_to_the_longest() {
        let mut pauses = Pauses::default();
        let given: Vec<u128> = (0..8).map(|_| pauses.next().as_millis()).collect();
        assert_eq!(given, [100, 200, 400, 800, 1600, 3200, 5000, 5000]);
        pauses.0 = u32::MAX - 1;
        assert_eq!(pauses.next(), PAUSE_MAX);
    }
}
