//! Reads what a Map has more than other states.

use bongsu_jsonata::Value;

use super::fields::Fields;
use super::read::Builder;
use super::{Kind, StateId};
use crate::limits::{
    DISTRIBUTED_CONCURRENCY_MAX, DISTRIBUTED_ITEMS_MAX, LABEL_CHARS_MAX, PAYLOAD_BYTES_MAX, SECONDS_MAX,
};
use crate::template::{Language, Template};

#[derive(Debug)]
pub(crate) struct Map {
    pub(crate) start: StateId,
    pub(crate) items: ItemSource,
    pub(crate) selector: Option<Template>,
    pub(crate) concurrency: Option<Template>,
    pub(crate) distributed: bool,
    pub(crate) label: Option<Box<str>>,
    pub(crate) tolerated_count: Option<Template>,
    pub(crate) tolerated_percentage: Option<Template>,
    pub(crate) batcher: Option<Batcher>,
    pub(crate) writer: Option<ResultWriter>,
}

/// Where the items come from.
#[derive(Debug)]
pub(crate) enum ItemSource {
    /// `ItemsPath` or `Items`; all of the input if neither is given.
    Input(Option<Template>),
    Reader(ItemReader),
}

/// How items are read from an object store.
#[derive(Debug)]
pub struct ItemReader {
    /// Which items these are.
    pub input: ReaderInput,
    pub(crate) parameters: Option<Template>,
    pub(crate) items_max: Option<Template>,
}

/// What an `ItemReader` reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReaderInput {
    /// The keys that `listObjectsV2` gives.
    Listing,
    /// What is in one object.
    Object(ReaderFormat),
}

/// How items are written in an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReaderFormat {
    /// One JSON array, or what `ItemsPointer` points to in a document.
    Json {
        /// A JSON pointer.
        pointer: Option<Box<str>>,
    },
    /// A JSON value a line.
    JsonLines,
    /// Rows with a separator.
    Csv {
        /// Where names of columns come from.
        headers: CsvHeaders,
        /// What separates columns.
        delimiter: char,
    },
}

/// Where the names of a CSV file's columns come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CsvHeaders {
    /// From its first row.
    FirstRow,
    /// From the definition.
    Given(Vec<Box<str>>),
}

#[derive(Debug)]
pub(crate) struct Batcher {
    pub(crate) items_max: Option<Template>,
    pub(crate) bytes_max: Option<Template>,
    pub(crate) input: Option<Template>,
}

#[derive(Debug)]
pub(crate) struct ResultWriter {
    pub(crate) parameters: Template,
}

pub(super) fn read(builder: &mut Builder, fields: &mut Fields<'_>, location: &str) -> Option<Map> {
    fields.exclusive(&["ItemProcessor", "Iterator"], &mut builder.report);
    let name = if fields.has("Iterator") { "Iterator" } else { "ItemProcessor" };
    fields.require(&[name], &mut builder.report);
    let (start, distributed) = processor(builder, fields, name, location)?;
    let report = &mut builder.report;
    let concurrency_max = if distributed { DISTRIBUTED_CONCURRENCY_MAX } else { SECONDS_MAX };
    let concurrency = fields.amount("MaxConcurrency", "MaxConcurrencyPath", 0, concurrency_max, report);
    let selector = match fields.language {
        Language::JsonPath if fields.has("Parameters") => {
            fields.exclusive(&["ItemSelector", "Parameters"], report);
            fields.template("Parameters", report)
        }
        _ => fields.template("ItemSelector", report),
    };
    let items = match fields.language {
        Language::JsonPath if fields.has("ItemsPath") => fields.path("ItemsPath", report),
        Language::JsonPath => None,
        Language::Jsonata => fields.template("Items", report),
    };
    let mut map = Map {
        start,
        items: ItemSource::Input(items),
        selector,
        concurrency,
        distributed,
        label: None,
        tolerated_count: None,
        tolerated_percentage: None,
        batcher: None,
        writer: None,
    };
    if distributed {
        distribution(builder, fields, &mut map);
    }
    Some(map)
}

fn processor(
    builder: &mut Builder,
    fields: &mut Fields<'_>,
    name: &'static str,
    location: &str,
) -> Option<(StateId, bool)> {
    let value = fields.take(name)?;
    let location = format!("{location}/{name}");
    let mut fields = Fields::of(value, location.clone(), fields.language, &mut builder.report)?;
    fields.require(&["States", "StartAt"], &mut builder.report);
    fields.text("Comment", &mut builder.report);
    let mut distributed = false;
    if let Some(config) = fields.take("ProcessorConfig") {
        let report = &mut builder.report;
        let mut config = Fields::of(config, format!("{location}/ProcessorConfig"), fields.language, report)?;
        distributed = match config.text("Mode", report) {
            None | Some("INLINE") => false,
            Some("DISTRIBUTED") => true,
            Some(_) => {
                report.schema(
                    "The field 'Mode' should have one of these values: [INLINE, DISTRIBUTED]",
                    config.at("Mode"),
                );
                false
            }
        };
        match config.text("ExecutionType", report) {
            None if distributed => config.require(&["ExecutionType"], report),
            None | Some("STANDARD" | "EXPRESS") => {}
            Some(_) => {
                let message = "The field 'ExecutionType' should have one of these values: [STANDARD, EXPRESS]";
                report.schema(message, config.at("ExecutionType"));
            }
        }
        config.finish(report);
    }
    if distributed && builder.kind == Kind::Express {
        let message = "Express state machine does not support 'DISTRIBUTED' mode";
        builder.report.schema(message, format!("{location}/ProcessorConfig/Mode"));
    }
    let start = builder.level(&mut fields, &location);
    fields.finish(&mut builder.report);
    start.map(|start| (start, distributed))
}

fn distribution(builder: &mut Builder, fields: &mut Fields<'_>, map: &mut Map) {
    let report = &mut builder.report;
    map.label = fields.text("Label", report).map(Box::from);
    if map.label.as_ref().is_some_and(|label| label.is_empty() || label.chars().count() > LABEL_CHARS_MAX) {
        report.schema(format!("Value must have 1 to {LABEL_CHARS_MAX} characters"), fields.at("Label"));
    }
    map.tolerated_count = fields.amount("ToleratedFailureCount", "ToleratedFailureCountPath", 0, SECONDS_MAX, report);
    map.tolerated_percentage =
        fields.amount("ToleratedFailurePercentage", "ToleratedFailurePercentagePath", 0, 100, report);
    if let Some(value) = fields.take("ItemReader") {
        fields.exclusive(&["ItemReader", "ItemsPath", "Items"], report);
        if let Some(mut fields) = Fields::of(value, fields.at("ItemReader"), fields.language, report) {
            if let Some(reader) = reader(&mut fields, report) {
                map.items = ItemSource::Reader(reader);
            }
            fields.finish(report);
        }
    }
    if let Some(value) = fields.take("ItemBatcher")
        && let Some(mut fields) = Fields::of(value, fields.at("ItemBatcher"), fields.language, report)
    {
        let items_max =
            fields.amount("MaxItemsPerBatch", "MaxItemsPerBatchPath", 1, DISTRIBUTED_ITEMS_MAX as u32, report);
        let bytes_max =
            fields.amount("MaxInputBytesPerBatch", "MaxInputBytesPerBatchPath", 1, PAYLOAD_BYTES_MAX as u32, report);
        if items_max.is_none() && bytes_max.is_none() {
            let message = "One of these fields is required: [MaxItemsPerBatch, MaxInputBytesPerBatch]";
            report.schema(message, fields.location().to_string());
        }
        map.batcher = Some(Batcher { items_max, bytes_max, input: fields.template("BatchInput", report) });
        fields.finish(report);
    }
    if let Some(value) = fields.take("ResultWriter")
        && let Some(mut fields) = Fields::of(value, fields.at("ResultWriter"), fields.language, report)
    {
        fields.require(&["Resource"], report);
        if fields.text("Resource", report).is_some_and(|resource| resource != "arn:aws:states:::s3:putObject") {
            let message = "The field 'Resource' should have one of these values: [arn:aws:states:::s3:putObject]";
            report.schema(message, fields.at("Resource"));
        }
        map.writer = parameters(&mut fields, report).map(|parameters| ResultWriter { parameters });
        fields.finish(report);
    }
}

fn parameters(fields: &mut Fields<'_>, report: &mut super::fields::Report) -> Option<Template> {
    match fields.language {
        Language::JsonPath => fields.template("Parameters", report),
        Language::Jsonata => fields.template("Arguments", report),
    }
}

fn reader(fields: &mut Fields<'_>, report: &mut super::fields::Report) -> Option<ItemReader> {
    fields.require(&["Resource"], report);
    let parameters = parameters(fields, report);
    let listing = match fields.text("Resource", report)? {
        "arn:aws:states:::s3:getObject" => false,
        "arn:aws:states:::s3:listObjectsV2" => true,
        _ => {
            let message = "The field 'Resource' should have one of these values: \
                           [arn:aws:states:::s3:getObject, arn:aws:states:::s3:listObjectsV2]";
            report.schema(message, fields.at("Resource"));
            return None;
        }
    };
    let nothing = Value::Object(bongsu_jsonata::Object::new());
    let config = fields.take("ReaderConfig").unwrap_or(&nothing);
    let mut config = Fields::of(config, fields.at("ReaderConfig"), fields.language, report)?;
    let items_max = config.amount("MaxItems", "MaxItemsPath", 1, 100_000_000, report);
    let input = if listing { Some(ReaderInput::Listing) } else { format(&mut config, report).map(ReaderInput::Object) };
    config.finish(report);
    Some(ItemReader { input: input?, parameters, items_max })
}

fn format(config: &mut Fields<'_>, report: &mut super::fields::Report) -> Option<ReaderFormat> {
    config.require(&["InputType"], report);
    match config.text("InputType", report)? {
        "JSON" => Some(ReaderFormat::Json { pointer: config.text("ItemsPointer", report).map(Box::from) }),
        "JSONL" => Some(ReaderFormat::JsonLines),
        "CSV" => csv(config, report),
        _ => {
            // Inventories (MANIFEST) and PARQUET are refused: nothing here writes them.
            let message = "The field 'InputType' should have one of these values: [CSV, JSON, JSONL]";
            report.schema(message, config.at("InputType"));
            None
        }
    }
}

fn csv(config: &mut Fields<'_>, report: &mut super::fields::Report) -> Option<ReaderFormat> {
    config.require(&["CSVHeaderLocation"], report);
    let headers = match config.text("CSVHeaderLocation", report)? {
        "FIRST_ROW" => CsvHeaders::FirstRow,
        "GIVEN" => {
            config.require(&["CSVHeaders"], report);
            let names = config.array("CSVHeaders", report)?;
            CsvHeaders::Given(names.iter().map(|name| name.as_str().map(Box::from)).collect::<Option<_>>()?)
        }
        _ => {
            let message = "The field 'CSVHeaderLocation' should have one of these values: [FIRST_ROW, GIVEN]";
            report.schema(message, config.at("CSVHeaderLocation"));
            return None;
        }
    };
    let delimiter = match config.text("CSVDelimiter", report) {
        None | Some("COMMA") => ',',
        Some("PIPE") => '|',
        Some("SEMICOLON") => ';',
        Some("SPACE") => ' ',
        Some("TAB") => '\t',
        Some(_) => {
            let message =
                "The field 'CSVDelimiter' should have one of these values: [COMMA, PIPE, SEMICOLON, SPACE, TAB]";
            report.schema(message, config.at("CSVDelimiter"));
            return None;
        }
    };
    Some(ReaderFormat::Csv { headers, delimiter })
}
