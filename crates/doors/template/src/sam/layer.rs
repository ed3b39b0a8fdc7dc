//! `AWS::Serverless::LayerVersion` → a layer whose logical id changes with its content.

use super::build::{self, Made};
use super::{Expansion, Source};
use crate::node::Entry;

pub(super) fn expand(expansion: &mut Expansion<'_, '_>, entry: &Entry) {
    const TYPE: &str = "AWS::Lambda::LayerVersion";
    let Some(mut source) = expansion.source(entry, "LayerVersion", TYPE) else { return };
    let Source { logical_id, line, .. } = source;
    let retention = source.bag.take("RetentionPolicy");
    let retention = expansion.known_text(retention);
    let retention = match retention.as_deref() {
        None | Some("Retain") => "Retain",
        Some("Delete") => "Delete",
        Some(other) => {
            expansion.faults.at(line, format!("RetentionPolicy must be Retain or Delete, not {other}"));
            "Retain"
        }
    };
    let content = source.bag.take("ContentUri").map(|content| expansion.code(content));
    let name =
        source.bag.take("LayerName").unwrap_or_else(|| build::entry(line, "LayerName", build::text(line, logical_id)));
    let mut made = Made::new(logical_id, line, TYPE)
        .with_taken("Content", content)
        .with_taken("LayerName", Some(name))
        .with_all(&mut source.bag, &["CompatibleArchitectures", "CompatibleRuntimes", "Description", "LicenseInfo"])
        .with_attribute("DeletionPolicy", build::text(line, retention));
    source.bag.drop(&["PublishLambdaVersion"]);
    made.logical_id.push_str(&made.hash());
    expansion.scope.aliases.insert(logical_id.to_owned(), made.logical_id.clone());
    expansion.make(&source, made);
    source.bag.finish(expansion.faults);
}
