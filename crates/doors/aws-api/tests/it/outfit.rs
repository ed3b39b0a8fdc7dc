//! What a server of the tests is started with: all of it has a default.

use std::sync::Arc;

use bongsu_aws_api::PublicUrl;
use bongsu_aws_api::cloudformation::Stacks;
use bongsu_aws_api::events::Calls;
use bongsu_aws_api::lambda::{Invoker, NoFunctions};
use bongsu_aws_api::sigv4::Verifier;
use bongsu_function_log::LogStore;
use bongsu_journal::MemoryJournal;

use crate::harness::ACCOUNT;

/// What a server is started with.
pub(crate) struct Outfit {
    pub(crate) journal: Arc<MemoryJournal>,
    pub(crate) verifier: Verifier,
    pub(crate) cooldowns: bool,
    pub(crate) public_url: Option<PublicUrl>,
    pub(crate) functions: Arc<dyn Invoker>,
    pub(crate) stacks: Option<Arc<dyn Stacks>>,
    pub(crate) logs: Option<Arc<LogStore>>,
    pub(crate) calls: Calls,
}

impl Default for Outfit {
    /// In development mode, with nothing of anything.
    fn default() -> Outfit {
        Outfit {
            journal: Arc::new(MemoryJournal::new()),
            verifier: Verifier::development(ACCOUNT),
            cooldowns: false,
            public_url: None,
            functions: Arc::new(NoFunctions),
            stacks: None,
            logs: None,
            calls: Calls::to_nobody(),
        }
    }
}
