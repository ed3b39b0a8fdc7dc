//! Functions as the broker knows them, run by the delivery door as processes.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use bongsu_aws_api::attributes_digest::Digest;
use bongsu_aws_api::message_attributes::{MessageAttributes, Value};
use bongsu_aws_api::received::{message_id, receipt_handle, system_attributes};
use bongsu_aws_api::request_id::RequestIds;
use bongsu_broker::{AttemptOutcome, Destination, Function, FunctionVersion, InvocationRecord, MessageId};
use bongsu_delivery::sqs_event::{
    BatchOutcome, EventAttribute, EventAttributeValue, EventRecord, batch_outcome, event,
};
use bongsu_delivery::{
    EPHEMERAL_STORAGE_MB_MIN, FunctionSpec, Functions, Invocation, InvocationEnd, LogFormat, LogLine, LogSink,
    LogStream, Runtime,
};
use bongsu_function_log::{LogStore, NewLine, Source};
use bongsu_journal::BoxFuture;
use bongsu_runtime::{Batch, Concluded, Event, EventEnd, FunctionRunner};
use bongsu_traces::{Exporter, Span, SpanKind, TraceContext};
use tracing::{info, warn};

use crate::log_tails::LogTails;

/// Runs functions in processes of their own.
#[derive(Clone)]
pub(crate) struct Processes {
    functions: Functions,
    shared: Arc<Shared>,
}

struct Shared {
    region: String,
    request_ids: RequestIds,
    spans: Option<Exporter>,
    /// Each function's definition as the delivery door wants it, made anew when it changes.
    specs: Mutex<BTreeMap<(Box<str>, FunctionVersion), Definition>>,
}

/// A function as the broker defines it, and as the delivery door wants it.
type Definition = (Arc<Function>, Arc<FunctionSpec>);

impl Processes {
    pub(crate) fn new(functions: Functions, region: String, spans: Option<Exporter>) -> Processes {
        let shared = Shared { region, request_ids: RequestIds::default(), spans, specs: Mutex::default() };
        Processes { functions, shared: Arc::new(shared) }
    }

    /// Runs a function once. Whoever asks has had the broker count it against the function's limit.
    pub(crate) async fn invoke(&self, function: &Arc<Function>, invocation: Invocation) -> InvocationEnd {
        self.functions.invoke(&self.spec(function), invocation).await
    }

    /// Ends all processes.
    pub(crate) async fn stop(&self) {
        self.functions.stop().await;
    }

    /// The function's directory holds other code than it did: processes that have read it take no more invocations.
    pub(crate) fn code_changed(&self, function: &str) {
        let mut specs = self.shared.specs.lock().expect("nothing panics while it holds this lock");
        if let Some((_, spec)) = specs.get_mut(&(function.into(), FunctionVersion::Latest)) {
            *spec = Arc::new(FunctionSpec { version: spec.version + 1, ..(**spec).clone() });
        }
    }

    fn spec(&self, function: &Arc<Function>) -> Arc<FunctionSpec> {
        let mut specs = self.shared.specs.lock().expect("nothing panics while it holds this lock");
        let key = (function.name.clone(), function.version);
        let version = match specs.get(&key) {
            Some((known, spec)) if Arc::ptr_eq(known, function) || known == function => return spec.clone(),
            Some((_, spec)) => spec.version + 1,
            None => 1,
        };
        let spec = Arc::new(to_spec(function, version));
        specs.insert(key, (function.clone(), spec.clone()));
        spec
    }
}

impl Processes {
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
}

fn to_spec(function: &Function, version: u64) -> FunctionSpec {
    FunctionSpec {
        name: function.name.to_string(),
        version_name: function.version.to_string(),
        version,
        runtime: runtime(&function.runtime),
        handler: function.handler.to_string(),
        code: (*function.code).into(),
        layers: function.layers.iter().map(|layer| (&**layer).into()).collect(),
        timeout: Duration::from_secs(function.timeout_seconds.into()),
        memory_mb: function.memory_mb,
        ephemeral_storage_mb: EPHEMERAL_STORAGE_MB_MIN,
        concurrency_per_process: 1,
        log_format: LogFormat::Text,
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
    fn run(&self, batch: Batch) -> BoxFuture<'static, AttemptOutcome> {
        let this = self.clone();
        Box::pin(async move {
            let name = &batch.function.name;
            let ids: Vec<String> = batch.messages.iter().map(|m| message_id(m.content.message_id)).collect();
            let request_id = this.shared.request_ids.next().to_string();
            let trace_id = batch.messages.first().and_then(|message| message.content.trace_header.as_ref());
            let trace_id = trace_id.map(|header| header.to_string());
            let payload = payload(&batch, &ids, &this.shared.region);
            let context = trace_id.as_deref().and_then(TraceContext::from_xray);
            let begun = Instant::now();
            let invocation = Invocation { trace_id, ..Invocation::new(request_id, payload) };
            let end = this.invoke(&batch.function, invocation).await;
            if let Some(spans) = &this.shared.spans {
                spans.record(span(&batch, context, begun.elapsed(), matches!(end, InvocationEnd::Failed(_))));
            }
            let response = match end {
                InvocationEnd::Returned(response) => response,
                InvocationEnd::Failed(failure) => {
                    warn!(function = %name, queue = %batch.mapping.definition.queue.name, messages = ids.len(), %failure, "attempt failed");
                    return AttemptOutcome::Failed;
                }
            };
            let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
            match batch_outcome(&response, batch.mapping.definition.report_batch_item_failures, &ids) {
                BatchOutcome::AllSucceeded => AttemptOutcome::Succeeded,
                BatchOutcome::Failed(places) => {
                    let (messages, failed) = (ids.len(), places.len());
                    warn!(function = %name, queue = %batch.mapping.definition.queue.name, messages, failed, "attempt partly failed");
                    AttemptOutcome::PartlyFailed(places)
                }
                BatchOutcome::AllFailed => {
                    let failure = "the response is not a batch response, or names a message that is not in the batch";
                    warn!(function = %name, queue = %batch.mapping.definition.queue.name, messages = ids.len(), failure, "attempt failed");
                    AttemptOutcome::Failed
                }
            }
        })
    }

    fn run_event(&self, event: Event) -> BoxFuture<'static, EventEnd> {
        let this = self.clone();
        Box::pin(async move {
            let request_id = message_id(MessageId(event.invocation.request_id));
            let trace_id = event.invocation.trace_header.as_ref().map(|header| header.to_string());
            let payload = event.invocation.payload.into_bytes();
            let invocation = Invocation { trace_id, ..Invocation::new(request_id, payload) };
            match this.invoke(&event.function, invocation).await {
                InvocationEnd::Returned(response) => EventEnd::Returned(response),
                InvocationEnd::Failed(failure) => {
                    warn!(function = %event.invoked, %failure, "event failed");
                    EventEnd::Failed(failure.payload)
                }
            }
        })
    }

    fn records(&self, _: Concluded) -> BoxFuture<'static, Vec<(Destination, InvocationRecord)>> {
        Box::pin(async { Vec::new() })
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

/// The event that the function gets.
fn payload(batch: &Batch, ids: &[String], region: &str) -> bytes::Bytes {
    /// What a record borrows from.
    struct Owned {
        handle: String,
        attributes: MessageAttributes,
        body_md5: Digest,
        attributes_md5: Option<Digest>,
    }
    let owned: Vec<Owned> = batch
        .messages
        .iter()
        .map(|message| {
            // Written by this server; unreadable attributes are left out rather than the message.
            let stored = &mut &message.content.attributes[..];
            let attributes =
                if stored.is_empty() { Ok(MessageAttributes::default()) } else { MessageAttributes::decode(stored) };
            let attributes = attributes.unwrap_or_default();
            Owned {
                handle: receipt_handle(message.delivery.handle),
                body_md5: Digest::from_bytes(message.content.body_md5),
                attributes_md5: (!attributes.is_empty()).then(|| attributes.digest()),
                attributes,
            }
        })
        .collect();
    let arn = batch.mapping.definition.queue.arn(region);
    let records: Vec<EventRecord<'_>> = batch
        .messages
        .iter()
        .zip(ids)
        .zip(&owned)
        .map(|((message, id), owned)| EventRecord {
            message_id: id,
            receipt_handle: &owned.handle,
            body: &message.content.body,
            attributes: system_attributes(message, region).collect(),
            message_attributes: owned.attributes.iter().map(to_event).collect(),
            md5_of_body: owned.body_md5.as_str(),
            md5_of_message_attributes: owned.attributes_md5.as_ref().map(Digest::as_str),
            event_source_arn: &arn,
            aws_region: region,
        })
        .collect();
    event(&records)
}

fn to_event(attribute: &bongsu_aws_api::message_attributes::MessageAttribute) -> EventAttribute<'_> {
    EventAttribute {
        name: &attribute.name,
        data_type: &attribute.data_type,
        value: match &attribute.value {
            Value::Text(text) => EventAttributeValue::String(text),
            Value::Binary(bytes) => EventAttributeValue::Binary(bytes),
        },
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
        let request_id = line.request_id.as_deref().unwrap_or("-");
        for part in readable(&line).split(LINE_ENDS) {
            info!(target: "function", "function={} request_id={request_id} {part}", line.function);
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
    let Some(id) = line.request_id.as_deref().filter(|_| line.stream == LogStream::Platform) else {
        return Cow::Borrowed(&line.text);
    };
    let text = line.text.replace("RequestId: ", "").replace(&format!("{id} "), "").replace(id, "");
    let (verb, parts) = text.split_once('\t').unwrap_or((&text, ""));
    let words = |part: &str| part.split_whitespace().collect::<Vec<_>>().join(" ");
    let parts: Vec<String> = parts.split('\t').map(words).filter(|part| !part.is_empty()).collect();
    Cow::Owned([words(verb), parts.join(", ")].join(" ").trim_end().to_owned())
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
