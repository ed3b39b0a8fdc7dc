//! Why a template could not be deployed.

use bongsu_template::TemplateErrors;

/// Why a template could not be deployed. Everything is as it was before.
#[derive(Debug, thiserror::Error)]
pub enum DeployError {
    /// The file could not be read.
    #[error("{path}: {source}")]
    Unreadable {
        /// The template.
        path: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// The template is wrong; every fault has its line.
    #[error("{0}")]
    Template(TemplateErrors),
    /// A resource cannot be made.
    #[error("{file}:{line}: resource {resource}: {reason}")]
    Resource {
        /// The template.
        file: String,
        /// Where the resource begins.
        line: u32,
        /// Its logical id.
        resource: String,
        /// What is wrong.
        reason: String,
    },
    /// An earlier deployment failed, and what it left cannot be cleared away.
    #[error("the stack {stack} cannot be brought to where it could be deployed: {reason}")]
    Stuck {
        /// The stack.
        stack: String,
        /// What is wrong.
        reason: String,
    },
    /// The stack is not in a state to be deployed, or cannot be kept.
    #[error("{0}")]
    Refused(String),
}
