//! Any function, mapping, event, schedule or limit: strategies.

use bongsu_rate_limit::{Feedback, Usage, Window};
use proptest::prelude::*;

use super::*;

prop_compose! {
    pub(super) fn any_function()(
        texts in prop::collection::vec(any_box(), 6),
        (timeout_seconds, memory_mb, revision) in any::<(u32, u32, u128)>(),
        environment in prop::collection::vec((any_box(), any_box()), 0..3),
        layers in prop::collection::vec(any_box(), 0..3),
        version in any_version(),
        dead_letters in prop::option::of(any_destination()),
    ) -> Function {
        Function {
            name: texts[0].clone(),
            version,
            revision,
            runtime: texts[1].clone(),
            handler: texts[2].clone(),
            code: texts[3].clone(),
            code_digest: texts[4].clone(),
            layers,
            timeout_seconds,
            memory_mb,
            environment,
            dead_letters,
            details: texts[5].clone(),
        }
    }
}

prop_compose! {
    pub(super) fn any_pipe()(
        name in any_box(),
        queue in any_name(),
        (batch_size, window, enabled, holds, concurrency_max) in any::<(u32, u32, bool, bool, Option<u32>)>(),
        details in any_box(),
    ) -> Pipe {
        Pipe { name, queue, batch_size, window: Seconds(window), enabled, holds, concurrency_max, details }
    }
}

prop_compose! {
    pub(super) fn any_mapping()(
        queue in any_name(),
        function in any_function_ref(),
        (batch_size, window, report_batch_item_failures, concurrency_max, enabled) in
            any::<(u32, u32, bool, Option<u32>, bool)>(),
        filters in prop::collection::vec(any_box(), 0..3),
        details in any_box(),
    ) -> MappingDefinition {
        MappingDefinition {
            queue,
            function,
            batch_size,
            window: Seconds(window),
            report_batch_item_failures,
            concurrency_max,
            enabled,
            filters,
            details,
        }
    }
}

prop_compose! {
    pub(super) fn any_function_ref()(name in any_box(), qualifier in prop::option::of(any_box())) -> FunctionRef {
        FunctionRef { name, qualifier }
    }
}

prop_compose! {
    pub(super) fn any_version()(number: u32) -> FunctionVersion {
        if number == 0 { FunctionVersion::Latest } else { FunctionVersion::Number(number) }
    }
}

pub(super) fn any_destination() -> impl Strategy<Value = Destination> {
    prop_oneof![
        any_name().prop_map(Destination::Queue),
        (any::<u64>(), any_box())
            .prop_map(|(account, name)| { Destination::Topic(TopicName { account: Account(account), name }) }),
        any_function_ref().prop_map(Destination::Function),
    ]
}

prop_compose! {
    pub(super) fn any_schedule()(
        texts in prop::collection::vec(any_box(), 5),
        (enabled, deletes_itself) in any::<(bool, bool)>(),
        start in prop::option::of(any_time()),
        end in prop::option::of(any_time()),
        targets in prop::collection::vec(any_target(), 0..3),
        window in any::<u32>().prop_map(Seconds),
    ) -> ScheduleDefinition {
        let [name, arn, source, expression, zone] = <[Box<str>; 5]>::try_from(texts).expect("five of them");
        ScheduleDefinition {
            name, arn, source, expression, zone, enabled, start, end, deletes_itself, targets, window,
        }
    }
}

fn any_schedule_destination() -> impl Strategy<Value = ScheduleDestination> {
    let machine = (any_box(), prop::option::of(any_box())).prop_map(|(name, qualifier)| MachineRef { name, qualifier });
    prop_oneof![
        any_destination().prop_map(ScheduleDestination::Told),
        machine.prop_map(ScheduleDestination::Machine),
        (any_box(), any_box()).prop_map(|(service, action)| ScheduleDestination::Operation { service, action }),
    ]
}

prop_compose! {
    pub(super) fn any_target()(
        destination in any_schedule_destination(),
        input in prop::option::of(any_box()),
        group in prop::option::of(any_box()),
        (retries_max, age_max) in any::<(u32, u32)>(),
        dead_letters in prop::option::of(any_name()),
    ) -> ScheduleTarget {
        ScheduleTarget { destination, input, group, retries_max, age_max: Seconds(age_max), dead_letters }
    }
}

prop_compose! {
    pub(super) fn any_schedule_attempt()(
        definition in any_schedule(),
        (target, id) in any::<(u32, u128)>(),
        (at, queued_at, next_attempt_at) in (any_time(), any_time(), any_time()),
        failed_attempts in any::<u32>(),
    ) -> ScheduleAttempt {
        let pending = PendingDelivery { queued_at, failed_attempts, next_attempt_at };
        ScheduleAttempt { definition, target, at, id, pending }
    }
}

prop_compose! {
    pub(super) fn any_alias()(
        name in any_box(),
        version in any_version(),
        canary in prop::option::of((any_version(), any::<u32>())),
        revision: u128,
        details in any_box(),
    ) -> Alias {
        Alias { name, version, canary, revision, details }
    }
}

prop_compose! {
    pub(super) fn any_invoke_config()(
        (retries_max, age_max) in any::<(u32, u32)>(),
        on_success in prop::option::of(any_destination()),
        on_failure in prop::option::of(any_destination()),
        details in any_box(),
    ) -> InvokeConfig {
        InvokeConfig { retries_max, age_max: Seconds(age_max), on_success, on_failure, details }
    }
}

prop_compose! {
    pub(super) fn any_invocation()(
        qualifier in prop::option::of(any_box()),
        request_id: u128,
        payload in any_text(),
        trace_header in prop::option::of(any_text()),
    ) -> QueuedInvocation {
        QueuedInvocation { qualifier, request_id, payload, trace_header }
    }
}

prop_compose! {
    pub(super) fn any_limit_key()(scope in any_box(), key in any_box()) -> LimitKey { LimitKey { scope, key } }
}

prop_compose! {
    pub(super) fn any_bucket()(
        refused: bool, pause_ms: Option<u64>, usage: Option<(u32, u32)>, window: Option<(u32, u64)>,
        running: u32, now: u32,
    ) -> Bucket {
        let usage = usage.map(|(used, capacity)| Usage { used, capacity: capacity.max(1) });
        let window = window.map(|(remaining, resets_at_ms)| Window { remaining, resets_at_ms });
        let mut bucket = Bucket::default();
        bucket.end(&Feedback { refused, pause_ms, usage, window }, running, now.into());
        bucket
    }
}
