//! One run of a function: reads its messages, has it run, and tells the shard how it ended.

use std::sync::Arc;

use bongsu_broker::{AttemptOutcome, Command, Invocation, ReceiptHandle};

use crate::function_runner::{Batch, FunctionRunner};
use crate::handle::Handle;

/// Runs a function in a task of its own, which comes back with the outcome.
pub(crate) fn invoke(invocation: Invocation, functions: Arc<dyn FunctionRunner>, handle: Handle) {
    tokio::spawn(async move {
        let Invocation { attempt, mapping, function, deliveries } = invocation;
        let handed_out: Vec<_> = deliveries.iter().map(|delivery| delivery.handle).collect();
        let outcome = match handle.with_contents(deliveries).await {
            Ok(messages) if !messages.is_empty() => {
                let run: Vec<_> = messages.iter().map(|message| message.delivery.handle).collect();
                let batch = Batch { function, mapping, messages, broker: handle.clone() };
                in_terms_of(&handed_out, &run, functions.run(batch).await)
            }
            // Nothing was worked off.
            _ => AttemptOutcome::Failed,
        };
        handle.tell(Command::EndAttempt { attempt, outcome }).await;
    });
}

/// The outcome in places of the messages that were handed out, of which the function was not given those that were gone
/// by then: they were not worked off.
pub(crate) fn in_terms_of(
    handed_out: &[ReceiptHandle],
    run: &[ReceiptHandle],
    outcome: AttemptOutcome,
) -> AttemptOutcome {
    let failed = match &outcome {
        _ if run.len() == handed_out.len() => return outcome,
        AttemptOutcome::Failed | AttemptOutcome::Lost => return outcome,
        AttemptOutcome::Succeeded => &[],
        AttemptOutcome::PartlyFailed(failed) => failed.as_slice(),
    };
    let worked_off = |handle: &ReceiptHandle| {
        run.iter().position(|given| given == handle).is_some_and(|place| !failed.contains(&place))
    };
    AttemptOutcome::PartlyFailed((0..handed_out.len()).filter(|place| !worked_off(&handed_out[*place])).collect())
}
