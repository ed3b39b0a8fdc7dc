//! `AWS::Lambda::LayerVersion`: a directory that functions of the stack have besides their code.

use std::collections::BTreeMap;

use bongsu_template::{Code, LayerVersionResource, Reference};

use super::{Cx, Provider};
use crate::queues::Outcome;
use crate::stacks::provide::{Fault, Made};
use crate::stacks::record::Undo;

/// Where the stack keeps a layer's directory, for functions that refer to the layer.
const DIRECTORY: &str = "Directory";

impl Provider for LayerVersionResource {
    fn check(&self, cx: &Cx<'_>) -> Result<(), Fault> {
        Ok(directory_of(self, cx).map(drop)?)
    }

    async fn bring_about(&self, _: Option<&Self>, cx: &Cx<'_>) -> Result<Made, String> {
        let (region, account, name) = (&cx.world.region, cx.world.account, &self.name);
        let known = cx.site.record.resource(&cx.resource.logical_id);
        let before = known.and_then(|known| match &known.undo {
            Some(Undo::Replaced { physical_id, .. }) => physical_id.as_deref(),
            _ => None,
        });
        let number = |arn: &str| arn.rsplit(':').next()?.parse::<u32>().ok();
        let number = before.and_then(number).map_or(1, |number| number.saturating_add(1));
        let arn = format!("arn:aws:lambda:{region}:{account}:layer:{name}:{number}");
        let attributes = BTreeMap::from([
            ("LayerVersionArn".to_owned(), arn.clone()),
            (DIRECTORY.to_owned(), directory_of(self, cx)?),
        ]);
        Ok(Made { physical_id: Some(arn), attributes, ..Outcome::Made.into() })
    }

    /// The directory is not the stack's.
    async fn delete(&self, _: Option<&str>, _: &Cx<'_>) -> Result<(), String> {
        Ok(())
    }
}

fn directory_of(layer: &LayerVersionResource, cx: &Cx<'_>) -> Result<String, String> {
    match (&layer.content, cx.site.folder) {
        (Code::Directory(path), Some(folder)) => {
            let directory = folder.join(path);
            if directory.is_dir() {
                Ok(directory.to_string_lossy().into_owned())
            } else {
                Err(format!("{} is not a directory; a layer comes from a directory", directory.display()))
            }
        }
        _ => Err("a layer comes from a directory beside the template, which only `bongsu up` can reach".to_owned()),
    }
}

/// The directory of a layer that a function refers to.
pub(super) fn directory(layer: &Reference, cx: &Cx<'_>) -> Result<String, String> {
    match layer {
        Reference::Later { logical_id, .. } => {
            let attribute = Some(DIRECTORY.to_owned());
            cx.site.resolve(&Reference::Later { logical_id: logical_id.clone(), attribute })
        }
        Reference::Known(arn) => Err(format!("the layer {arn} is not one of this stack")),
    }
}
