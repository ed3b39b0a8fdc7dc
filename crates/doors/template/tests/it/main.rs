//! What templates mean: the resources they give, the faults they are refused with, and texts that are no template at all.

mod authorizers;
mod example;
mod hostile;
mod intrinsics;
mod machines;
mod plan;
mod refusals;
mod resources;
mod sam;
mod templates;
mod topics;
mod types;

use std::collections::BTreeMap;
use std::fmt::{self, Write};

use bongsu_template::{
    AccessResource, ApiResource, Architecture, Code, Definition, FaultPolicy, FunctionResource, Inputs, Reference,
    Resource, Stack, SubscriptionResource, parse,
};

fn inputs(parameters: &[(&str, &str)]) -> Inputs {
    let parameters = parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())).collect();
    let exports = BTreeMap::from([("other-name".to_owned(), "exported".to_owned())]);
    Inputs { stack_name: "shop".to_owned(), parameters, exports, ..Inputs::default() }
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
    for (Resource { logical_id, line, .. }, queue) in stack.queues() {
        let (name, dlq) = (&queue.name, queue.dead_letter_queue.as_deref().unwrap_or("-"));
        writeln!(out, "{line}: queue {logical_id} = {name}, dead letters {dlq}")?;
        show_texts(out, "", &queue.attributes)?;
        show_texts(out, "tag ", &queue.tags)?;
        show_faults(out, queue.faults.as_ref())?;
    }
    for (Resource { logical_id, line, .. }, topic) in stack.topics() {
        writeln!(out, "{line}: topic {logical_id} = {}", topic.name)?;
        show_texts(out, "", &topic.attributes)?;
        show_texts(out, "tag ", &topic.tags)?;
        topic
            .subscriptions
            .iter()
            .try_for_each(|subscription| show_subscription(out, *line, logical_id, subscription))?;
    }
    for (Resource { logical_id, line, .. }, policy) in stack.policies() {
        writeln!(out, "{line}: policy {logical_id} of {:?}", policy.of)?;
        writeln!(out, "     {}", policy.document)?;
    }
    for (Resource { logical_id, line, .. }, function) in stack.functions() {
        show_function(out, *line, logical_id, function)?;
    }
    for (Resource { logical_id, line, .. }, mapping) in stack.mappings() {
        let (from, to, batch) = (&mapping.queue, &mapping.function, mapping.batch_size);
        let (reports, most) = (mapping.report_batch_item_failures, mapping.maximum_concurrency);
        let state = if mapping.enabled { "enabled" } else { "disabled" };
        writeln!(
            out,
            "{line}: mapping {logical_id} {from} -> {to}, batch {batch}, reports {reports}, at once {most:?}, {state}"
        )?;
        if mapping.batching_window_seconds > 0 {
            writeln!(out, "     waits {} s", mapping.batching_window_seconds)?;
        }
        for pattern in &mapping.filters {
            writeln!(out, "     filter {pattern}")?;
        }
        show_texts(out, "tag ", &mapping.tags)?;
    }
    for (Resource { logical_id, line, .. }, subscription) in stack.subscriptions() {
        show_subscription(out, *line, logical_id, subscription)?;
    }
    for (Resource { logical_id, line, .. }, api) in stack.apis() {
        writeln!(out, "{line}: api {logical_id} {} {:?}, stages {}", api.name, api.kind, stages(api))?;
        if let Some(cors) = &api.cors {
            writeln!(out, "     {cors:?}")?;
        }
        if !api.binary_media_types.is_empty() {
            writeln!(out, "     binary {:?}", api.binary_media_types)?;
        }
        for authorizer in &api.authorizers {
            writeln!(out, "     {} from {:?}: {:?}", authorizer.id, authorizer.identity, authorizer.kind)?;
        }
        for plan in &api.usage_plans {
            writeln!(out, "     {plan:?}, keys from authorizers {}", api.keys_from_authorizers)?;
        }
        for route in &api.routes {
            writeln!(out, "{}: route {} {}", route.line, route.logical_id, route.key)?;
            writeln!(out, "     {:?}", route.integration)?;
            if route.access != AccessResource::default() {
                writeln!(out, "     {:?}", route.access)?;
            }
            if let Some(webhook) = &route.webhook {
                let secrets: Vec<&str> = webhook.secrets.iter().map(|secret| secret.expose()).collect();
                let (provider, line, options) = (&webhook.provider, webhook.line, &webhook.options);
                writeln!(out, "     webhook {provider} (line {line}) {secrets:?} {options:?}")?;
                writeln!(out, "     group {:?}, deduplication {:?}", webhook.group, webhook.deduplication)?;
            }
        }
    }
    for Resource { logical_id, line, type_name, definition, .. } in &stack.resources {
        match definition {
            Definition::Version(_)
            | Definition::Alias(_)
            | Definition::LayerVersion(_)
            | Definition::FunctionUrl(_)
            | Definition::EventInvokeConfig(_)
            | Definition::Permission(_)
            | Definition::Bucket(_)
            | Definition::Schedule(_)
            | Definition::StateMachine(_)
            | Definition::MachineVersion(_)
            | Definition::MachineAlias(_) => writeln!(out, "{line}: {logical_id} {type_name}\n     {definition:?}")?,
            _ => {}
        }
    }
    for output in &stack.outputs {
        let value = match &output.value {
            Reference::Known(value) => value.clone(),
            later @ Reference::Later { .. } => format!("{later:?}"),
        };
        let export = output.export.as_ref().map(|name| format!(", exported as {name}")).unwrap_or_default();
        writeln!(out, "{}: output {} = {value}{export}", output.line, output.name)?;
    }
    for ignored in &stack.ignored {
        writeln!(out, "{}: ignored {} {}: {}", ignored.line, ignored.logical_id, ignored.kind, ignored.why)?;
    }
    Ok(())
}

fn show_texts(out: &mut String, prefix: &str, texts: &BTreeMap<String, String>) -> fmt::Result {
    texts.iter().try_for_each(|(name, value)| writeln!(out, "     {prefix}{name}={value}"))
}

fn show_faults(out: &mut String, faults: Option<&FaultPolicy>) -> fmt::Result {
    faults.into_iter().try_for_each(|faults| writeln!(out, "     {faults:?}"))
}

fn show_function(out: &mut String, line: u32, logical_id: &str, function: &FunctionResource) -> fmt::Result {
    let FunctionResource { name, runtime, handler, code, timeout_seconds, memory_mebibytes, .. } = function;
    let code = match code {
        Code::Directory(path) => path.clone(),
        other => format!("{other:?}"),
    };
    writeln!(out, "{line}: function {logical_id} = {name}, {runtime} {handler} in {code}")?;
    let reserved = function.reserved_concurrency;
    writeln!(out, "     {timeout_seconds} s, {memory_mebibytes} MiB, reserved {reserved:?}")?;
    for (name, value) in &function.environment {
        writeln!(out, "     {name}={}", value.expose())?;
    }
    if !function.layers.is_empty() {
        writeln!(out, "     layers {:?}", function.layers)?;
    }
    if let Some(arn) = &function.dead_letter {
        writeln!(out, "     dead letters {arn}")?;
    }
    if function.architecture == Architecture::Arm || function.tracing || function.ephemeral_storage_mebibytes != 512 {
        let (built, traced, room) = (function.architecture, function.tracing, function.ephemeral_storage_mebibytes);
        writeln!(out, "     for {built:?}, traced {traced}, {room} MiB under /tmp")?;
    }
    if function.concurrency_per_process != 1 || function.capacity_provider.is_some() {
        let (number, provider) = (function.concurrency_per_process, &function.capacity_provider);
        writeln!(out, "     {number} at a time in a process, {provider:?}")?;
    }
    show_texts(out, "tag ", &function.tags)
}

fn show_subscription(
    out: &mut String,
    line: u32,
    logical_id: &str,
    subscription: &SubscriptionResource,
) -> fmt::Result {
    let (topic, protocol) = (&subscription.topic, &subscription.protocol);
    let endpoint = if subscription.endpoint_is_secret { "(secret)" } else { &subscription.endpoint };
    writeln!(out, "{line}: subscription {logical_id} {topic} -> {protocol} {endpoint}")?;
    show_texts(out, "", &subscription.attributes)?;
    show_faults(out, subscription.faults.as_ref())
}

fn stages(api: &ApiResource) -> String {
    let names = api.stages.iter().map(|stage| {
        let mut name = stage.name.clone();
        if !stage.variables.is_empty() {
            name += &format!(" {:?}", stage.variables);
        }
        if stage.throttle.is_some() || !stage.route_throttles.is_empty() {
            name += &format!(" {:?} {:?}", stage.throttle, stage.route_throttles);
        }
        name
    });
    names.collect::<Vec<_>>().join(", ")
}
