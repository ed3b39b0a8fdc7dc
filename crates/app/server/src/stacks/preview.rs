//! What deploying a template would change, without a change.

use std::collections::BTreeMap;
use std::path::PathBuf;

use bongsu_broker::Account;
use bongsu_template::{Action, Stack};

use super::record::{Labels, Source, Surroundings};
use super::store::{StacksError, peek};
use super::up::Template;
use crate::{DeployError, TemplateFile};

/// What a stack without a server is said to be on.
const API_BASE: &str = "http://127.0.0.1:4566";
const INGRESS_BASE: &str = "http://127.0.0.1:8080";
/// What a server says instead of a secret.
const MASK: &str = "****";

/// The stack that a template is held against.
#[derive(Clone, Debug)]
pub enum Against {
    /// The one of a data directory.
    Directory(PathBuf),
    /// What a server has told of it; `None` if it has no such stack.
    Told(Option<Told>),
}

/// What a server tells of a stack.
#[derive(Clone, Debug)]
pub struct Told {
    /// Its template.
    pub template: String,
    /// Its parameters, with `****` for secrets: those count as unchanged, and have the value that is given now or their default.
    pub parameters: BTreeMap<String, String>,
    /// What its exports are, and those of all others.
    pub exports: BTreeMap<String, String>,
}

/// What would change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preview {
    /// The name of the stack.
    pub stack: String,
    /// In the order in which it would be done.
    pub changes: Vec<PreviewChange>,
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreviewChange {
    /// `Create`, `Update`, `Replace` or `Delete`.
    pub action: &'static str,
    /// Of the resource.
    pub logical_id: String,
    /// Of the resource.
    pub type_name: String,
    /// Of the resource, if it is known.
    pub physical_id: Option<String>,
    /// The properties that differ.
    pub what: Vec<String>,
}

/// Why it is not known what would change.
#[derive(Debug, thiserror::Error)]
pub enum PreviewError {
    /// The template is wrong.
    #[error(transparent)]
    Template(#[from] DeployError),
    /// The stack cannot be read.
    #[error(transparent)]
    Stacks(#[from] StacksError),
    /// The template that is deployed can no longer be read.
    #[error("the template of the stack {stack}, as it is deployed, can no longer be read: {reason}")]
    Deployed {
        /// The stack.
        stack: String,
        /// What is wrong.
        reason: String,
    },
}

/// The name of the stack that `bongsu up` makes of this template.
pub fn stack_name(file: &TemplateFile) -> Result<String, DeployError> {
    Ok(Template::new(file)?.name().to_owned())
}

/// Compares a template with what is deployed of it.
///
/// # Errors
/// When either of the two cannot be read.
pub fn preview(file: &TemplateFile, against: Against, account: Account, region: &str) -> Result<Preview, PreviewError> {
    let template = Template::new(file)?;
    let name = template.name();
    let mut surroundings = Surroundings {
        region: region.to_owned(),
        account: account.to_string(),
        api_base: API_BASE.to_owned(),
        ingress_base: INGRESS_BASE.to_owned(),
    };
    let mut exports = BTreeMap::new();
    let parameters = file.parameters.clone();
    let deployed = match against {
        Against::Directory(data) => {
            let deployed = peek(&data, name)?.and_then(|record| record.deployed);
            template.check_origin(deployed.as_ref())?;
            deployed
        }
        Against::Told(told) => told.map(|told| {
            exports = told.exports;
            let shared = told.parameters.into_iter().filter_map(|(name, value)| {
                // Nobody can tell, so it is the same on both sides: what is given, or else the default.
                let value = if value == MASK { parameters.get(&name).cloned()? } else { value };
                Some((name, value))
            });
            Source {
                parameters: shared.collect(),
                template: told.template,
                file: name.to_owned(),
                folder: None,
                surroundings: surroundings.clone(),
                labels: Labels::default(),
            }
        }),
    };
    if let Some(source) = &deployed {
        surroundings = source.surroundings.clone();
    }
    let source = Source { parameters, ..template.source(surroundings)? };
    // The id stands in no other place than in templates that ask for it, and there in both.
    let to = source.read(name, name, exports.clone()).map_err(DeployError::Template)?;
    let from = deployed.map_or_else(|| Ok(Stack::default()), |source| source.read(name, name, exports));
    let from = from.map_err(|faults| PreviewError::Deployed { stack: name.to_owned(), reason: faults.to_string() })?;
    let changes = bongsu_template::plan(&from, &to).into_iter().filter_map(told).collect();
    Ok(Preview { stack: name.to_owned(), changes })
}

fn told(change: bongsu_template::Change) -> Option<PreviewChange> {
    let action = match change.action {
        Action::Create => "Create",
        Action::Update => "Update",
        Action::Replace => "Replace",
        Action::Delete => "Delete",
        Action::None => return None,
    };
    // Of what is not there all differs, and its name may be another where it is made.
    let is_new = change.action == Action::Create;
    Some(PreviewChange {
        action,
        logical_id: change.logical_id,
        type_name: change.type_name.to_owned(),
        physical_id: change.physical_id.filter(|_| !is_new),
        what: if is_new { Vec::new() } else { change.what },
    })
}
