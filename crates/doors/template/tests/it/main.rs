//! What templates mean: the resources they give, the faults they are refused with, and texts that are no template at all.

mod example;
mod hostile;
mod intrinsics;
mod refusals;
mod resources;
mod topics;

use std::fmt::{self, Write};

use bongsu_template::{Inputs, Stack, parse};

fn inputs(parameters: &[(&str, &str)]) -> Inputs {
    let parameters = parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())).collect();
    Inputs { stack_name: "shop".to_owned(), parameters, ..Inputs::default() }
}

/// The resources as short lines, or the faults.
fn read_with(text: &str, parameters: &[(&str, &str)]) -> String {
    match parse(text, "template.yaml", &inputs(parameters)) {
        Ok(stack) => {
            let mut out = String::new();
            show(&mut out, &stack).expect("a string takes everything");
            out
        }
        Err(errors) => format!("{errors}\n"),
    }
}

fn read(text: &str) -> String {
    read_with(text, &[])
}

fn show(out: &mut String, stack: &Stack) -> fmt::Result {
    for queue in &stack.queues {
        let (line, name, dlq) = (queue.line, &queue.name, queue.dead_letter_queue.as_deref().unwrap_or("-"));
        writeln!(out, "{line}: queue {} = {name}, dead letters {dlq}", queue.logical_id)?;
        for (name, value) in &queue.attributes {
            writeln!(out, "     {name}={value}")?;
        }
        for (key, value) in &queue.tags {
            writeln!(out, "     tag {key}={value}")?;
        }
    }
    for topic in &stack.topics {
        writeln!(out, "{}: topic {} = {}", topic.line, topic.logical_id, topic.name)?;
        for (name, value) in &topic.attributes {
            writeln!(out, "     {name}={value}")?;
        }
        for (key, value) in &topic.tags {
            writeln!(out, "     tag {key}={value}")?;
        }
    }
    for policy in &stack.policies {
        writeln!(out, "{}: policy {} of {:?}", policy.line, policy.logical_id, policy.of)?;
        writeln!(out, "     {}", policy.document)?;
    }
    for function in &stack.functions {
        let (line, name, runtime, handler) = (function.line, &function.name, &function.runtime, &function.handler);
        writeln!(out, "{line}: function {} = {name}, {runtime} {handler} in {}", function.logical_id, function.code)?;
        let (timeout, memory, reserved) =
            (function.timeout_seconds, function.memory_mebibytes, function.reserved_concurrency);
        writeln!(out, "     {timeout} s, {memory} MiB, reserved {reserved:?}")?;
        for (name, value) in &function.environment {
            writeln!(out, "     {name}={}", value.expose())?;
        }
    }
    for mapping in &stack.mappings {
        let (line, from, to, batch) = (mapping.line, &mapping.queue, &mapping.function, mapping.batch_size);
        let (reports, most) = (mapping.report_batch_item_failures, mapping.maximum_concurrency);
        let state = if mapping.enabled { "enabled" } else { "disabled" };
        writeln!(
            out,
            "{line}: mapping {} {from} -> {to}, batch {batch}, reports {reports}, at once {most:?}, {state}",
            mapping.logical_id
        )?;
    }
    for subscription in &stack.subscriptions {
        let (line, topic, protocol) = (subscription.line, &subscription.topic, &subscription.protocol);
        let endpoint = if subscription.endpoint_is_secret { "(secret)" } else { &subscription.endpoint };
        writeln!(out, "{line}: subscription {} {topic} -> {protocol} {endpoint}", subscription.logical_id)?;
        for (name, value) in &subscription.attributes {
            writeln!(out, "     {name}={value}")?;
        }
    }
    for route in &stack.routes {
        writeln!(
            out,
            "{}: route {} {} {} -> {}",
            route.line, route.logical_id, route.api_name, route.key, route.queue
        )?;
        writeln!(out, "     body {:?}", route.body)?;
        writeln!(out, "     group {:?}, deduplication {:?}", route.group, route.deduplication)?;
        if let Some(webhook) = &route.webhook {
            let secrets: Vec<&str> = webhook.secrets.iter().map(|secret| secret.expose()).collect();
            writeln!(out, "     webhook {} (line {}) {secrets:?} {:?}", webhook.provider, webhook.line, webhook.hmac)?;
        }
    }
    for output in &stack.outputs {
        writeln!(out, "{}: output {} = {}", output.line, output.name, output.value)?;
    }
    for ignored in &stack.ignored {
        writeln!(out, "{}: ignored {} {}: {}", ignored.line, ignored.logical_id, ignored.kind, ignored.why)?;
    }
    Ok(())
}
