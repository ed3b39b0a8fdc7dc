//! What a pipe does with a batch: its details, read once.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use bongsu_broker::{FunctionRef, MachineRef, Pipe, QueueName, TopicName};
use bongsu_event_pattern::Filters;
use bongsu_rate_limit::Rule;

use crate::operation::Context;
use crate::pipes::details::Details;
use crate::pipes::ends::End;
use crate::pipes::limit;
use crate::pipes::parameters::{HttpParameters, OTHER_ENRICHMENT, OTHER_TARGET, SqsTargetParameters};
use crate::pipes::template::{InputTemplate, Names};

/// Pipes whose plans are kept as they were read; beyond that all are read anew.
const PLANS_KEPT_MAX: usize = 1_000;

/// What is done with every batch of a pipe.
pub(super) struct Plan {
    /// Whether messages of the source come in an order that has to be kept.
    pub(super) in_order: bool,
    pub(super) filters: Filters,
    pub(super) limit: Option<Rule>,
    pub(super) enrichment: Option<Enrichment>,
    pub(super) target: Target,
    /// Forms what the target gets.
    pub(super) template: Option<InputTemplate>,
    pub(super) names: Names,
}

/// What is asked for more about events.
pub(super) struct Enrichment {
    pub(super) by: Answerer,
    pub(super) template: Option<InputTemplate>,
}

/// Who answers a call.
pub(super) enum Answerer {
    Function(FunctionRef),
    /// An express one.
    Machine(MachineRef),
    ApiDestination(String, HttpParameters),
}

/// Who gets the events.
pub(super) enum Target {
    /// The batch is done when it has answered.
    Answers(Answerer),
    /// The batch is done when the function is sure to get it.
    Event(FunctionRef),
    /// The batch is done when the execution has begun, or has ended.
    Execution(MachineRef),
    Queue(QueueName, SqsTargetParameters),
    Topic(TopicName),
}

impl Plan {
    /// What the details of a pipe say.
    ///
    /// # Errors
    ///
    /// Why they cannot be read, which were looked at when they were set.
    fn read(pipe: &Pipe, cx: &Context<'_>) -> Result<Plan, String> {
        let details = Details::of(pipe);
        let waits = details.waits();
        let template = |text: Option<&String>| text.map(|text| InputTemplate::parse(text)).transpose();
        let enrichment = match &*details.enrichment {
            "" => None,
            arn => {
                let http = details.enrichment_parameters.http_parameters.clone().unwrap_or_default();
                let by =
                    answerer(cx.end(arn, OTHER_ENRICHMENT)?, http).ok_or_else(|| format!("{arn} enriches nothing"))?;
                Some(Enrichment { by, template: template(details.enrichment_parameters.input_template.as_ref())? })
            }
        };
        let parameters = &details.target_parameters;
        let target = match cx.end(&details.target, OTHER_TARGET)? {
            End::Queue(queue) => Target::Queue(queue, parameters.sqs_queue_parameters.clone().unwrap_or_default()),
            End::Topic(topic) => Target::Topic(topic),
            End::Function(function) if !waits => Target::Event(function),
            End::Machine(machine) if !waits => Target::Execution(machine),
            end => {
                let http = parameters.http_parameters.clone().unwrap_or_default();
                Target::Answers(answerer(end, http).ok_or_else(|| format!("{} answers nothing", details.target))?)
            }
        };
        Ok(Plan {
            in_order: pipe.queue.is_fifo(),
            filters: Filters::parse(&details.source_parameters.patterns())
                .map_err(|fault| fault.reason().to_owned())?,
            limit: limit::rule(&details.tags).map_err(|fault| fault.message().to_owned())?,
            enrichment,
            target,
            template: template(parameters.input_template.as_ref())?,
            names: Names {
                pipe_arn: cx.pipe_arn(&pipe.name),
                pipe_name: pipe.name.to_string(),
                source_arn: details.source,
                enrichment_arn: details.enrichment,
                target_arn: details.target,
            },
        })
    }
}

fn answerer(end: End, http: HttpParameters) -> Option<Answerer> {
    match end {
        End::Function(function) => Some(Answerer::Function(function)),
        End::Machine(machine) => Some(Answerer::Machine(machine)),
        End::ApiDestination(arn) => Some(Answerer::ApiDestination(arn, http)),
        End::Queue(_) | End::Topic(_) => None,
    }
}

/// The plans of pipes by their names, each with the pipe as it was.
#[derive(Default)]
pub(super) struct Plans(Mutex<BTreeMap<Box<str>, ReadPipe>>);

/// A pipe as it was, and its plan as it was read then.
type ReadPipe = (Arc<Pipe>, Arc<Plan>);

impl Plans {
    /// The plan of a pipe as it is now.
    ///
    /// # Errors
    ///
    /// Those of [`Plan::read`].
    pub(super) fn of(&self, pipe: &Arc<Pipe>, cx: &Context<'_>) -> Result<Arc<Plan>, String> {
        let mut plans = self.0.lock().expect("nothing panics while it holds this lock");
        if let Some((_, plan)) = plans.get(&pipe.name).filter(|(known, _)| known == pipe) {
            return Ok(plan.clone());
        }
        let plan = Arc::new(Plan::read(pipe, cx)?);
        if plans.len() >= PLANS_KEPT_MAX {
            plans.clear();
        }
        plans.insert(pipe.name.clone(), (pipe.clone(), plan.clone()));
        Ok(plan)
    }
}
