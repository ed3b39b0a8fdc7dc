//! Tasks: what they ask of the broker itself, and what who holds their token says.

use bongsu_states_language::{self as states, Input, Pattern, TaskId, Work};
use serde_json::Value;

use super::draft::{Draft, waits_for_end};
use crate::workflow::result;
use crate::{
    Broker, Decision, Entropy, ExecutionId, Fact, ParentTask, Rejection, Reply, TaskAction, TaskAnswer, TaskToken,
    Text, WorkflowRejection, WorkflowReply,
};

impl Broker {
    /// What is asked for and the end of the task are one step: neither is there without the other. What cannot be done
    /// leaves the task open, and is the caller's to tell it.
    pub(super) fn decide_carry_out(
        &self,
        task: Option<(ExecutionId, u64)>,
        action: TaskAction,
        entropy: &mut Entropy,
    ) -> Result<Decision, Rejection> {
        let mut draft = Draft::default();
        let Some((id, task)) = task else {
            let result = self.carry_out(&mut draft, action, None, entropy);
            self.follow(&mut draft, entropy);
            let result = result.map(|result| Text::from(result.to_string())).map_err(Box::new);
            return Ok(draft.decide(Reply::Workflow(WorkflowReply::CarriedOut(result))));
        };
        let (waits_for_token, as_json) = self.how_it_waits(id, task)?;
        let reply = |result| Reply::Workflow(WorkflowReply::CarriedOut(result));
        let parent = as_json.map(|as_json| Box::new(ParentTask { execution: id, task, as_json, input: "".into() }));
        let result = match self.carry_out(&mut draft, action, parent, entropy) {
            Ok(result) => result.to_string(),
            Err(rejection) => return Ok(Decision::reply(reply(Err(Box::new(rejection))))),
        };
        let task = TaskId(task);
        let input = match waits_for_token || as_json.is_some() {
            true => Input::TaskSubmitted { task, output: &result },
            false => Input::TaskSucceeded { task, output: &result },
        };
        self.go_on(&mut draft, id, &input, entropy)?;
        Ok(draft.decide(reply(Ok(Text::from(result)))))
    }

    /// Whether a task waits for its token, and if it waits for the end of an execution, in which form it wants it.
    fn how_it_waits(&self, id: ExecutionId, task: u64) -> Result<(bool, Option<bool>), Rejection> {
        let known = self.workflows.executions.get(&id).ok_or(WorkflowRejection::ExecutionDoesNotExist)?;
        let definition = self.revision(known.start.revision).and_then(|(_, definition)| definition);
        let definition = definition.ok_or(WorkflowRejection::DefinitionUnreadable)?;
        let open = known.state.task(&definition, TaskId(task)).ok_or(WorkflowRejection::TaskDoesNotExist)?;
        let Work::Call { resource, .. } = open.work else { return Ok((false, None)) };
        Ok((resource.pattern() == Pattern::WaitForTaskToken, waits_for_end(resource)))
    }

    fn carry_out(
        &self,
        draft: &mut Draft,
        action: TaskAction,
        parent: Option<Box<ParentTask>>,
        entropy: &mut Entropy,
    ) -> Result<Value, Rejection> {
        match action {
            TaskAction::Send { queue, message } => {
                let body_md5 = message.body_md5;
                let sent = self.decide_send(&queue, vec![message], entropy)?;
                let Reply::Sent(results) = &sent.reply else { unreachable!("a send answers what was sent") };
                let result = result::sent(body_md5, results[0].as_ref().map_err(Clone::clone)?);
                draft.extend(sent);
                Ok(result)
            }
            TaskAction::Publish { topic, publication, region } => {
                let published = self.decide_publish(&topic, vec![publication], &region, entropy)?;
                let Reply::Published { results, .. } = &published.reply else {
                    unreachable!("a publish answers what was published")
                };
                let result = result::published(&results[0]);
                draft.extend(published);
                Ok(result)
            }
            TaskAction::QueueEvent { function, event } => {
                let fact: Fact = self.queue_event(&function, event, 0)?;
                draft.push(fact);
                Ok(result::event_queued())
            }
            TaskAction::StartExecution { machine, name, input, trace_header } => {
                let parent = parent.map(|parent| Box::new(ParentTask { input: (&*input).into(), ..*parent }));
                let started = self.start(draft, machine, name, &input, parent, trace_header, entropy)?;
                Ok(result::started(&started))
            }
        }
    }

    pub(super) fn decide_answer_task(
        &self,
        token: TaskToken,
        answer: &TaskAnswer,
        entropy: &mut Entropy,
    ) -> Result<Decision, Rejection> {
        let task = TaskId(token.task);
        let known = self.workflows.executions.get(&token.execution).ok_or(WorkflowRejection::TaskDoesNotExist)?;
        let definition = self.revision(known.start.revision).and_then(|(_, definition)| definition);
        let open = definition.as_ref().and_then(|definition| known.state.task(definition, task));
        if !open.is_some_and(|open| token.opens(open.secret)) {
            return Err(WorkflowRejection::TaskDoesNotExist.into());
        }
        let input: states::Input<'_> = match answer {
            TaskAnswer::Success { output } => Input::TaskSucceeded { task, output },
            TaskAnswer::Failure { error, cause } => {
                Input::TaskFailed { task, error: error.as_deref(), cause: cause.as_deref() }
            }
            TaskAnswer::Heartbeat => Input::Heartbeat { task },
        };
        self.one_step(token.execution, &input, Reply::Done, entropy)
    }
}
