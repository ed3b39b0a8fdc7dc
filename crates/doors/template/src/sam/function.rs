//! `AWS::Serverless::Function` → the function, its role, version, alias, URL and event-invoke config; and its events.

use super::build::{self, Bag, Made};
use super::{Expansion, Source, events};
use crate::node::{Entry, Node, Value};
use crate::stack::Ignored;

const TYPE: &str = "AWS::Lambda::Function";
/// What both know by the same name.
const PASSED: [&str; 20] = [
    "Architectures",
    "CodeSigningConfigArn",
    "Description",
    "Environment",
    "EphemeralStorage",
    "FileSystemConfigs",
    "FunctionName",
    "Handler",
    "ImageConfig",
    "KmsKeyArn",
    "Layers",
    "LoggingConfig",
    "MemorySize",
    "RecursiveLoop",
    "ReservedConcurrentExecutions",
    "Runtime",
    "RuntimeManagementConfig",
    "SnapStart",
    "Timeout",
    "VpcConfig",
];
/// What of `Metadata: Bongsu:` is the function's own.
pub(super) const OWN: &str = "ConcurrencyPerProcess";
/// What a role is made of; nothing is asked of it.
const OF_ROLE: [&str; 4] = ["AssumeRolePolicyDocument", "PermissionsBoundary", "Policies", "RolePath"];

/// How other resources name the function: by its alias, if it publishes one.
pub(super) struct Invoked {
    logical_id: String,
    alias: Option<String>,
}

impl Invoked {
    /// What `FunctionName` takes.
    pub(super) fn name(&self, line: u32) -> Node {
        build::reference(line, self.alias.as_ref().unwrap_or(&self.logical_id))
    }

    pub(super) fn arn(&self, line: u32) -> Node {
        match &self.alias {
            Some(alias) => build::reference(line, alias),
            None => build::get_att(line, &self.logical_id, "Arn"),
        }
    }
}

pub(super) fn expand(expansion: &mut Expansion<'_, '_>, entry: &Entry) {
    let Some(mut source) = expansion.source(entry, "Function", TYPE) else { return };
    let Source { logical_id, line, .. } = source;
    let events = source.bag.take("Events");
    let (url, invoke_config) = (source.bag.take("FunctionUrlConfig"), source.bag.take("EventInvokeConfig"));
    let alias = source.bag.take("AutoPublishAlias");
    let alias = expansion.known_text(alias);
    let provisioned = source.bag.take("ProvisionedConcurrencyConfig");
    if let Some(provisioned) = provisioned.as_ref().filter(|_| alias.is_none()) {
        expansion.faults.at(provisioned.line, "ProvisionedConcurrencyConfig needs AutoPublishAlias");
    }
    if let Some(preference) = source.bag.take("DeploymentPreference") {
        let why = "an alias moves to its new version at once";
        let (logical_id, kind) = (logical_id.to_owned(), preference.key);
        expansion.ignored.push(Ignored { logical_id, line: preference.line, kind, why });
    }
    let code = expansion.code_of(&mut source);
    let version_description = source.bag.take("VersionDescription");
    let retention = source.bag.take("VersionDeletionPolicy").map(|entry| entry.node);
    make_function(expansion, &mut source, code.clone());

    let mut invoked = Invoked { logical_id: logical_id.to_owned(), alias: None };
    if let Some(name) = &alias {
        let hash = code.as_ref().map(|code| build::hash(&code.node)).unwrap_or_default();
        let version = Made::new(format!("{logical_id}Version{hash}"), line, "AWS::Lambda::Version")
            .with("FunctionName", build::reference(line, logical_id))
            .with_taken("Description", version_description)
            .with_attribute("DeletionPolicy", retention.unwrap_or_else(|| build::text(line, "Retain")));
        let alias = Made::new(build::id(&[logical_id, "Alias", name]), line, "AWS::Lambda::Alias")
            .with("Name", build::text(line, name))
            .with("FunctionName", build::reference(line, logical_id))
            .with("FunctionVersion", build::get_att(line, &version.logical_id, "Version"))
            .with_taken("ProvisionedConcurrencyConfig", provisioned);
        let aliases = &mut expansion.scope.aliases;
        aliases.insert(format!("{logical_id}.Version"), version.logical_id.clone());
        aliases.insert(format!("{logical_id}.Alias"), alias.logical_id.clone());
        invoked.alias = Some(alias.logical_id.clone());
        expansion.make(&source, version);
        expansion.make(&source, alias);
    }
    if let Some(url) = url {
        make_url(expansion, &source, &invoked, url);
    }
    if let Some(config) = invoke_config {
        make_invoke_config(expansion, &source, alias.as_deref(), config);
    }
    source.bag.drop(&["AutoPublishAliasAllProperties", "AutoPublishCodeSha256", "PropagateTags"]);
    events::expand(expansion, &source, &invoked, events);
    source.bag.finish(expansion.faults);
}

fn make_function(expansion: &mut Expansion<'_, '_>, source: &mut Source<'_>, code: Option<Entry>) {
    let Source { logical_id, line, ref mut bag, .. } = *source;
    let given = bag.take("Role");
    let role = Made::new(format!("{logical_id}Role"), line, "AWS::IAM::Role").with_all(bag, &OF_ROLE);
    let mut made = Made::new(logical_id, line, TYPE)
        .with_taken("Code", code)
        .with_taken("PackageType", bag.take("PackageType"))
        .with_taken("Tags", bag.take("Tags").map(tags))
        .with_taken("TracingConfig", bag.take("Tracing").map(|mode| wrapped(mode, "Mode")))
        .with_all(bag, &PASSED);
    if let Some(queue) = bag.take("DeadLetterQueue") {
        made = made.with_taken("DeadLetterConfig", Some(dead_letter_config(expansion, queue)));
    }
    made = match &given {
        Some(_) => made.with_taken("Role", given.clone()),
        None => made.with("Role", build::get_att(line, &role.logical_id, "Arn")),
    };
    let kept = ["DependsOn", "DeletionPolicy", "UpdateReplacePolicy"];
    made.attributes.extend(kept.iter().filter_map(|name| source.attribute(name)));
    if let Some(mut metadata) = source.attribute("Metadata") {
        // What else is ours goes to what is made of the events.
        if let Value::Map(entries) = &mut metadata.node.value
            && let Some(ours) = entries.iter_mut().find(|entry| entry.key == "Bongsu")
            && let Value::Map(ours) = &mut ours.node.value
        {
            ours.retain(|entry| entry.key == OWN);
        }
        made.attributes.push(metadata);
    }
    if given.is_none() {
        expansion.make(source, role);
    }
    expansion.make(source, made);
}

/// SAM's map → CloudFormation's list.
pub(super) fn tags(tags: Entry) -> Entry {
    let Value::Map(entries) = tags.node.value else { return tags };
    let line = tags.line;
    let tag =
        |entry: Entry| build::map(entry.line, [("Key", build::text(entry.line, entry.key)), ("Value", entry.node)]);
    Entry { node: build::list(line, entries.into_iter().map(tag).collect()), ..tags }
}

/// `Active` → `{Mode: Active}`.
fn wrapped(entry: Entry, key: &str) -> Entry {
    Entry { node: build::map(entry.line, [(key, entry.node)]), ..entry }
}

/// The kind is said twice: the ARN says it too.
fn dead_letter_config(expansion: &mut Expansion<'_, '_>, queue: Entry) -> Entry {
    let Some(mut bag) = Bag::of(&queue.node) else { return queue };
    let kind = bag.take("Type");
    if kind.is_none() {
        expansion.faults.at(queue.line, "Type is missing");
    }
    if let Some(kind) = expansion.known_text(kind).filter(|kind| !["SQS", "SNS"].contains(&kind.as_str())) {
        expansion.faults.at(queue.line, format!("DeadLetterQueue: Type must be SQS or SNS, not {kind}"));
    }
    let arn = bag.take("TargetArn").into_iter().collect();
    bag.finish(expansion.faults);
    Entry { node: Node { line: queue.node.line, value: Value::Map(arn) }, ..queue }
}

fn make_url(expansion: &mut Expansion<'_, '_>, source: &Source<'_>, invoked: &Invoked, url: Entry) {
    let (logical_id, line) = (source.logical_id, url.line);
    let Some(mut bag) = Bag::of(&url.node) else {
        expansion.faults.at(line, format!("FunctionUrlConfig must be a map, not {}", url.node.kind()));
        return;
    };
    let auth = bag.take("AuthType");
    let is_public = expansion.known_text(auth.clone()).is_some_and(|auth| auth == "NONE");
    let made = Made::new(format!("{logical_id}Url"), line, "AWS::Lambda::Url")
        .with("TargetFunctionArn", invoked.name(line))
        .with_taken("AuthType", auth)
        .with_all(&mut bag, &["Cors", "InvokeMode"]);
    expansion.make(source, made);
    if is_public {
        let permission = Made::new(format!("{logical_id}UrlPublicPermissions"), line, "AWS::Lambda::Permission")
            .with("Action", build::text(line, "lambda:InvokeFunctionUrl"))
            .with("FunctionName", invoked.name(line))
            .with("Principal", build::text(line, "*"))
            .with("FunctionUrlAuthType", build::text(line, "NONE"));
        expansion.make(source, permission);
    }
    bag.finish(expansion.faults);
}

fn make_invoke_config(expansion: &mut Expansion<'_, '_>, source: &Source<'_>, alias: Option<&str>, config: Entry) {
    let (logical_id, line) = (source.logical_id, config.line);
    let Some(mut bag) = Bag::of(&config.node) else {
        expansion.faults.at(line, format!("EventInvokeConfig must be a map, not {}", config.node.kind()));
        return;
    };
    let mut destinations = Vec::new();
    if let Some(mut given) = bag.take("DestinationConfig").and_then(|config| Bag::of(&config.node)) {
        for name in ["OnSuccess", "OnFailure"] {
            destinations.extend(given.take(name).and_then(|given| destination(expansion, source, name, given)));
        }
        given.finish(expansion.faults);
    }
    let mut made = Made::new(format!("{logical_id}EventInvokeConfig"), line, "AWS::Lambda::EventInvokeConfig")
        .with("FunctionName", build::reference(line, logical_id))
        .with("Qualifier", build::text(line, alias.unwrap_or("$LATEST")))
        .with_all(&mut bag, &["MaximumEventAgeInSeconds", "MaximumRetryAttempts"]);
    if !destinations.is_empty() {
        made = made.with("DestinationConfig", Node { line, value: Value::Map(destinations) });
    }
    if let Some(alias) = alias {
        made = made.with_attribute("DependsOn", build::text(line, build::id(&[logical_id, "Alias", alias])));
    }
    expansion.make(source, made);
    bag.finish(expansion.faults);
}

/// A destination that is named, or a queue or topic of its own.
fn destination(expansion: &mut Expansion<'_, '_>, source: &Source<'_>, name: &str, given: Entry) -> Option<Entry> {
    let line = given.line;
    let Some(mut bag) = Bag::of(&given.node) else { return Some(given) };
    let kind = bag.take("Type");
    let kind = expansion.known_text(kind);
    let named = bag.take("Destination");
    bag.finish(expansion.faults);
    let own = |suffix: &str| format!("{}EventInvokeConfig{name}{suffix}", source.logical_id);
    let node = match (named, kind.as_deref()) {
        (Some(named), _) => named.node,
        (None, Some("SQS")) => {
            let queue = Made::new(own("Queue"), line, "AWS::SQS::Queue");
            let arn = build::get_att(line, &queue.logical_id, "Arn");
            expansion.make(source, queue);
            arn
        }
        (None, Some("SNS")) => {
            let topic = Made::new(own("Topic"), line, "AWS::SNS::Topic");
            let arn = build::reference(line, &topic.logical_id);
            expansion.make(source, topic);
            arn
        }
        _ => {
            expansion.faults.at(line, format!("{name} needs a Destination, or the Type SQS or SNS"));
            return None;
        }
    };
    Some(build::entry(line, name, build::map(line, [("Destination", node)])))
}

impl Expansion<'_, '_> {
    /// `CodeUri` or `InlineCode`.
    fn code_of(&mut self, source: &mut Source<'_>) -> Option<Entry> {
        let (uri, inline) = (source.bag.take("CodeUri"), source.bag.take("InlineCode"));
        match (uri, inline) {
            (Some(_), Some(inline))
                if source.node.get("Properties").is_some_and(|own| own.get("CodeUri").is_some()) =>
            {
                self.faults.at(inline.line, "there is a CodeUri too");
                None
            }
            (_, Some(inline)) => Some(wrapped(inline, "ZipFile")),
            (Some(uri), None) => Some(self.code(uri)),
            (None, None) => {
                // Who brings its own image is refused for that.
                if source.node.get("Properties").is_none_or(|own| own.get("ImageUri").is_none()) {
                    self.faults.at(source.line, "CodeUri is missing");
                }
                None
            }
        }
    }

    /// `CodeUri` and `ContentUri`: a path, `s3://bucket/key` or a map → `Code` and `Content`.
    pub(super) fn code(&mut self, uri: Entry) -> Entry {
        let line = uri.line;
        let Some(known) = self.known(&uri.node) else { return uri };
        if let Some(mut bag) = Bag::of(&known) {
            let mut found = Vec::new();
            for (from, to) in [("Bucket", "S3Bucket"), ("Key", "S3Key"), ("Version", "S3ObjectVersion")] {
                found.extend(bag.take(from).map(|entry| Entry { key: to.to_owned(), ..entry }));
            }
            bag.finish(self.faults);
            return Entry { node: Node { line, value: Value::Map(found) }, ..uri };
        }
        let object = known.as_text().and_then(|text| text.text.strip_prefix("s3://")?.split_once('/'));
        match object {
            Some((bucket, key)) => {
                let object = [("S3Bucket", build::text(line, bucket)), ("S3Key", build::text(line, key))];
                Entry { node: build::map(line, object), ..uri }
            }
            None => Entry { node: known, ..uri },
        }
    }
}
