//! Functions as the broker knows them, run by the delivery door as processes.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use bongsu_aws_api::lambda::{LogFormat as KeptLogFormat, RuntimeSettings, function_arn, mapping_rule};
use bongsu_aws_api::queue_records::{payload, written};
use bongsu_aws_api::received::message_id;
use bongsu_aws_api::request_id::RequestIds;
use bongsu_broker::{
    Account, AttemptOutcome, Destination, Function, FunctionVersion, InvocationRecord, Mapping, MappingDefinition,
    MappingId, MessageId,
};
use bongsu_delivery::sqs_event::{BatchOutcome, batch_outcome};
use bongsu_delivery::{
    FunctionSpec, Functions, Invocation, InvocationEnd, LogFormat, LogLine, LogSink, LogStream, Runtime,
};
use bongsu_event_pattern::Filters;
use bongsu_function_log::{LogStore, NewLine, Source};
use bongsu_journal::BoxFuture;
use bongsu_runtime::{Batch, Clock, Concluded, Event, EventEnd, FunctionRunner};
use bongsu_traces::{Exporter, Span, SpanKind, TraceContext};
use tracing::{Level, enabled, info, warn};

use crate::code::Code;
use crate::event_records::Writer;
use crate::function_counters::Counters;
use crate::limited;
use crate::log_tails::LogTails;

/// Mappings whose filters are kept as they were read; beyond that all are read anew.
const FILTERS_KEPT_MAX: usize = 10_000;

/// Runs functions in processes of their own.
#[derive(Clone)]
pub(crate) struct Processes {
    functions: Functions,
    shared: Arc<Shared>,
}

/// Where functions are, and what is told of them.
pub(crate) struct Place {
    pub(crate) region: String,
    pub(crate) account: Account,
    pub(crate) code: Code,
    pub(crate) clock: Clock,
    pub(crate) spans: Option<Exporter>,
}

struct Shared {
    place: Place,
    request_ids: RequestIds,
    counters: Counters,
    /// Each function's definition as the delivery door wants it, made anew when it changes.
    specs: Mutex<BTreeMap<(Box<str>, FunctionVersion), Definition>>,
    /// Each mapping's filters, read once.
    filters: Mutex<BTreeMap<MappingId, ReadFilters>>,
}

/// A function as the broker defines it, and as the delivery door wants it.
type Definition = (Arc<Function>, Arc<FunctionSpec>);

/// A mapping as it was, and its filters as they were read then.
type ReadFilters = (Arc<Mapping>, Arc<Filters>);

impl Processes {
    pub(crate) fn new(functions: Functions, place: Place) -> Processes {
        let shared = Shared {
            place,
            request_ids: RequestIds::default(),
            counters: Counters::default(),
            specs: Mutex::default(),
            filters: Mutex::default(),
        };
        Processes { functions, shared: Arc::new(shared) }
    }

    /// Runs a function once. Whoever asks has had the broker count it against the function's limit.
    pub(crate) async fn invoke(&self, function: &Arc<Function>, invocation: Invocation) -> InvocationEnd {
        let begun = Instant::now();
        let end = self.functions.invoke(&self.spec(function), invocation).await;
        self.shared.counters.invoked(&function.name, begun.elapsed(), matches!(end, InvocationEnd::Failed(_)));
        end
    }

    /// What functions have done.
    pub(crate) fn counters(&self) -> &Counters {
        &self.shared.counters
    }

    /// A function is gone, with all its versions or with this one alone: its processes end when they have nothing to do.
    pub(crate) fn forget(&self, function: &str, version: Option<FunctionVersion>) {
        let is_gone = |known: &(Box<str>, FunctionVersion)| {
            *known.0 == *function && version.is_none_or(|version| version == known.1)
        };
        self.shared.specs.lock().expect("nothing panics while it holds this lock").retain(|known, _| !is_gone(known));
        // Those of other versions are started anew when they are needed.
        self.functions.retire(function);
    }

    /// Ends all processes.
    pub(crate) async fn stop(&self) {
        self.functions.stop().await;
    }

    /// A directory holds other code than it did: processes that have read it take no more invocations. Tells whose it is.
    pub(crate) fn code_changed(&self, directory: &Path) -> Vec<String> {
        let mut specs = self.shared.specs.lock().expect("nothing panics while it holds this lock");
        let mut names = Vec::new();
        for (_, spec) in specs.values_mut() {
            if spec.code == directory || spec.layers.iter().any(|layer| layer == directory) {
                names.push(spec.name.clone());
                *spec = Arc::new(FunctionSpec { version: spec.version + 1, ..(**spec).clone() });
            }
        }
        names
    }

    fn spec(&self, function: &Arc<Function>) -> Arc<FunctionSpec> {
        let mut specs = self.shared.specs.lock().expect("nothing panics while it holds this lock");
        let key = (function.name.clone(), function.version);
        let version = match specs.get(&key) {
            Some((known, spec)) if Arc::ptr_eq(known, function) || known == function => return spec.clone(),
            Some((_, spec)) => spec.version + 1,
            None => 1,
        };
        let spec = Arc::new(to_spec(function, version, &self.shared.place.code));
        specs.insert(key, (function.clone(), spec.clone()));
        spec
    }

    /// The filters of a mapping. Patterns were looked at when they were set; one that cannot be read now lets all through.
    fn filters(&self, mapping: &Arc<Mapping>) -> Arc<Filters> {
        let mut filters = self.shared.filters.lock().expect("nothing panics while it holds this lock");
        match filters.get(&mapping.id) {
            Some((known, read)) if known.definition.filters == mapping.definition.filters => read.clone(),
            _ => {
                let read = Filters::parse(&mapping.definition.filters).unwrap_or_else(|fault| {
                    warn!(queue = %mapping.definition.queue.name, reason = fault.reason(), "filters cannot be read");
                    Filters::default()
                });
                let read = Arc::new(read);
                if filters.len() >= FILTERS_KEPT_MAX {
                    filters.clear();
                }
                filters.insert(mapping.id, (mapping.clone(), read.clone()));
                read
            }
        }
    }

    fn arn(&self, function: &str) -> String {
        let Place { region, account, .. } = &self.shared.place;
        function_arn(region, *account, function)
    }

    /// Runs a function on a notification.
    pub(crate) async fn notify(
        &self,
        function: &Arc<Function>,
        payload: bytes::Bytes,
        trace_header: Option<&str>,
    ) -> Result<(), String> {
        let request_id = self.shared.request_ids.next().to_string();
        let trace_id = trace_header.map(str::to_owned);
        match self.invoke(function, Invocation { trace_id, ..Invocation::new(request_id, payload) }).await {
            InvocationEnd::Returned(_) => Ok(()),
            InvocationEnd::Failed(failure) => Err(failure.to_string()),
        }
    }

    /// Runs a function on those messages of a batch that its mapping's filters let through; the others are worked off.
    async fn run_batch(&self, batch: Batch) -> AttemptOutcome {
        let filters = self.filters(&batch.mapping);
        let messages = written(&batch.messages, &self.shared.place.region);
        let places: Vec<usize> = (0..messages.len()).filter(|place| messages[*place].is_admitted(&filters)).collect();
        drop(messages);
        let (polled, id) = (batch.messages.len(), batch.mapping.id);
        if places.is_empty() {
            self.shared.counters.batch(id, polled, 0, 0);
            return AttemptOutcome::Succeeded;
        }
        let count = places.len();
        let failed = match mapping_rule(&batch.mapping.definition) {
            Some(rule) => limited::run(self, batch, rule, &places).await,
            None => self.run_messages(&batch, &places).await.failed,
        };
        self.shared.counters.batch(id, polled, count, failed.len());
        match failed.len() {
            0 => AttemptOutcome::Succeeded,
            count if count == polled => AttemptOutcome::Failed,
            _ => AttemptOutcome::PartlyFailed(failed),
        }
    }

    /// Runs a function once, on the messages at these places of a batch.
    pub(crate) async fn run_messages(&self, batch: &Batch, places: &[usize]) -> Ran {
        let (region, definition) = (&self.shared.place.region, &batch.mapping.definition);
        let admitted = written(places.iter().map(|place| &batch.messages[*place]), region);
        let request_id = self.shared.request_ids.next().to_string();
        let trace_id = places.iter().find_map(|place| batch.messages[*place].content.trace_header.as_ref());
        let trace_id = trace_id.map(|header| header.to_string());
        let context = trace_id.as_deref().and_then(TraceContext::from_xray);
        let invoked_arn = Some(self.arn(&definition.function.to_string()));
        let payload = payload(&admitted, &definition.queue.arn(region), region);
        let begun = Instant::now();
        let invocation = Invocation { trace_id, invoked_arn, ..Invocation::new(request_id, payload) };
        let end = self.invoke(&batch.function, invocation).await;
        if let Some(spans) = &self.shared.place.spans {
            spans.record(span(batch, context, begun.elapsed(), matches!(end, InvocationEnd::Failed(_))));
        }
        let returned = match &end {
            InvocationEnd::Returned(response) => Some(response.clone()),
            InvocationEnd::Failed(_) => None,
        };
        let ids: Vec<&str> = admitted.iter().map(|message| message.id()).collect();
        let failed = failed(batch, &ids, end).into_iter().map(|place| places[place]).collect();
        Ran { failed, returned }
    }

    /// What a message is to a rule that looks into it: the record that the function gets.
    pub(crate) fn record(&self, batch: &Batch, place: usize) -> serde_json::Value {
        let region = &self.shared.place.region;
        let event =
            payload(&written([&batch.messages[place]], region), &batch.mapping.definition.queue.arn(region), region);
        let event: serde_json::Value = serde_json::from_slice(&event).expect("it was just written");
        event["Records"][0].clone()
    }

    pub(crate) fn now_ms(&self) -> u64 {
        self.shared.place.clock.now().0
    }
}

/// How one run of a function on messages ended.
pub(crate) struct Ran {
    /// The places in the batch of those that it did not work off, rising.
    pub(crate) failed: Vec<usize>,
    /// What it returned, unless it failed.
    pub(crate) returned: Option<bytes::Bytes>,
}

/// Which of these messages the function did not work off, by their places, in rising order.
fn failed(batch: &Batch, ids: &[&str], end: InvocationEnd) -> Vec<usize> {
    let definition = &batch.mapping.definition;
    let (function, queue, messages) = (&batch.function.name, &definition.queue.name, ids.len());
    let response = match end {
        InvocationEnd::Returned(response) => response,
        InvocationEnd::Failed(failure) => {
            warn!(%function, %queue, messages, %failure, "attempt failed");
            return (0..messages).collect();
        }
    };
    match batch_outcome(&response, definition.report_batch_item_failures, ids) {
        BatchOutcome::AllSucceeded => Vec::new(),
        BatchOutcome::Failed(places) => {
            warn!(%function, %queue, messages, failed = places.len(), "attempt partly failed");
            places
        }
        BatchOutcome::AllFailed => {
            let failure = "the response is not a batch response, or names a message that is not in the batch";
            warn!(%function, %queue, messages, failure, "attempt failed");
            (0..messages).collect()
        }
    }
}

fn to_spec(function: &Function, version: u64, code: &Code) -> FunctionSpec {
    let settings = RuntimeSettings::of(function);
    FunctionSpec {
        name: function.name.to_string(),
        version_name: function.version.to_string(),
        version,
        runtime: runtime(&function.runtime),
        handler: function.handler.to_string(),
        code: code.directory(&function.code),
        layers: function.layers.iter().map(|layer| code.directory(layer)).collect(),
        timeout: Duration::from_secs(function.timeout_seconds.into()),
        memory_mb: function.memory_mb,
        ephemeral_storage_mb: settings.ephemeral_storage_mb,
        concurrency_per_process: settings.concurrency_per_process,
        log_format: match settings.log_format {
            KeptLogFormat::Text => LogFormat::Text,
            KeptLogFormat::Json { level } => LogFormat::Json { level },
        },
        environment: function.environment.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect(),
    }
}

fn runtime(name: &str) -> Runtime {
    match (name.strip_prefix("python"), name.strip_prefix("nodejs")) {
        (Some(version), _) => Runtime::Python { version: version.to_owned() },
        (_, Some(version)) => Runtime::Node { version: version.to_owned() },
        _ => Runtime::Provided,
    }
}

impl FunctionRunner for Processes {
    fn is_limited(&self, mapping: &MappingDefinition) -> bool {
        mapping_rule(mapping).is_some()
    }

    fn run(&self, batch: Batch) -> BoxFuture<'static, AttemptOutcome> {
        let this = self.clone();
        Box::pin(async move { this.run_batch(batch).await })
    }

    fn run_event(&self, event: Event) -> BoxFuture<'static, EventEnd> {
        let this = self.clone();
        Box::pin(async move {
            let age = this.shared.place.clock.now().0.saturating_sub(event.queued_at.0);
            this.shared.counters.event_began(&event.function.name, Duration::from_millis(age));
            let request_id = message_id(MessageId(event.invocation.request_id));
            let trace_id = event.invocation.trace_header.as_ref().map(|header| header.to_string());
            let invoked_arn = Some(this.arn(&event.invoked.to_string()));
            let payload = event.invocation.payload.into_bytes();
            let invocation = Invocation { trace_id, invoked_arn, ..Invocation::new(request_id, payload) };
            match this.invoke(&event.function, invocation).await {
                InvocationEnd::Returned(response) => EventEnd::Returned(response),
                InvocationEnd::Failed(failure) => {
                    warn!(function = %event.invoked, %failure, "event failed");
                    EventEnd::Failed(failure.payload)
                }
            }
        })
    }

    fn records(&self, concluded: Concluded) -> BoxFuture<'static, Vec<(Destination, InvocationRecord)>> {
        let Place { region, account, clock, .. } = &self.shared.place;
        let next_request_id = self.shared.request_ids.next().number();
        let writer = Writer { region, account: *account, now: clock.now(), next_request_id };
        Box::pin(std::future::ready(writer.records(&concluded)))
    }
}

/// One attempt of a function, as a part of the trace that its first message belongs to.
fn span(batch: &Batch, context: Option<TraceContext>, took: Duration, failed: bool) -> Span {
    Span {
        name: format!("invoke {}", batch.function.name),
        kind: SpanKind::Consumer,
        context,
        ended_at: SystemTime::now(),
        took,
        attributes: vec![
            ("faas.invoked_name", batch.function.name.to_string()),
            ("messaging.destination.name", batch.mapping.definition.queue.name.to_string()),
            ("messaging.batch.message_count", batch.messages.len().to_string()),
        ],
        failed,
    }
}

/// Runtimes join the lines of a traceback by CR, as AWS has it; in the log each is a line again, and says whose.
const LINE_ENDS: [char; 2] = ['\r', '\n'];

/// Writes functions' output into the server's log and into the one that can be searched, and keeps the end of it for those
/// who wait for that.
pub(crate) struct FunctionLog {
    pub(crate) tails: Arc<LogTails>,
    pub(crate) store: Option<Arc<LogStore>>,
}

impl LogSink for FunctionLog {
    fn line(&self, line: LogLine) {
        if let Some(request_id) = &line.request_id {
            self.tails.line(request_id, &line.text);
        }
        if enabled!(target: "function", Level::INFO) {
            let request_id = line.request_id.as_deref().unwrap_or("-");
            for part in readable(&line).split(LINE_ENDS) {
                info!(target: "function", "function={} request_id={request_id} {part}", line.function);
            }
        }
        if let Some(store) = &self.store {
            store.keep(to_kept(line));
        }
    }
}

/// The line as of now, which is this machine's time, whatever a test says the time is.
fn to_kept(line: LogLine) -> NewLine {
    let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    NewLine {
        time_ms: u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX),
        function: line.function,
        version: line.version,
        request_id: line.request_id,
        source: match line.stream {
            LogStream::Stdout => Source::Stdout,
            LogStream::Stderr => Source::Stderr,
            LogStream::Platform => Source::Platform,
        },
        text: line.text,
    }
}

/// The line without what stands before it already: the platform's own lines name the request again, with tabs between
/// their parts.
fn readable(line: &LogLine) -> Cow<'_, str> {
    let id = line.request_id.as_deref().filter(|_| line.stream == LogStream::Platform);
    let Some((before, after)) = id.and_then(|id| line.text.split_once(id)) else { return Cow::Borrowed(&line.text) };
    // Three lines for each invocation come by here.
    let mut readable = String::with_capacity(line.text.len());
    readable += before.strip_suffix("RequestId: ").unwrap_or(before);
    let mut separator = "";
    for part in after.split('\t').map(str::trim).filter(|part| !part.is_empty()) {
        readable.extend([separator, part]);
        separator = ", ";
    }
    readable.truncate(readable.trim_end().len());
    Cow::Owned(readable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_platforms_lines_name_the_request_once() {
        for (stream, text, expected) in [
            (LogStream::Platform, "START RequestId: r-1 Version: $LATEST", "START Version: $LATEST"),
            (LogStream::Platform, "END RequestId: r-1", "END"),
            (
                LogStream::Platform,
                "REPORT RequestId: r-1\tDuration: 1.25 ms\tBilled Duration: 2 ms\t",
                "REPORT Duration: 1.25 ms, Billed Duration: 2 ms",
            ),
            (LogStream::Platform, "r-1 Task timed out after 1.00 seconds", "Task timed out after 1.00 seconds"),
            (LogStream::Platform, "ended: \"RequestId: r-1 Error: exit status 3\"", "ended: \"Error: exit status 3\""),
            (LogStream::Stdout, "a\t  b r-1", "a\t  b r-1"),
        ] {
            let line = LogLine {
                function: "til".into(),
                version: "$LATEST".into(),
                request_id: Some("r-1".into()),
                stream,
                text: text.to_owned(),
            };
            assert_eq!(readable(&line), expected);
        }
    }
}
