//! Brings the queues of an ElasticMQ configuration file into being.

use std::path::Path;

use bongsu_aws_api::PublicUrl;
use bongsu_broker::{Account, QueueName};
use bongsu_elasticmq::{ElasticMqErrors, QueueSpec, Settings, Weight};
use bongsu_runtime::{Handle, Refusal};
use tracing::{info, warn};

use crate::queues::{bring_about, dead_letter_to};
use crate::reason::reason;

/// Why the configuration of an ElasticMQ cannot be taken over.
#[derive(Debug, thiserror::Error)]
pub enum ElasticMqError {
    /// The file could not be read.
    #[error("{file}: {source}")]
    Unreadable {
        /// The configuration file.
        file: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// The file is wrong; every fault has its line.
    #[error(transparent)]
    Wrong(#[from] ElasticMqErrors),
    /// Its `node-address` cannot begin queue URLs.
    #[error("{file}:{line}: node-address is {url}; {reason}")]
    NodeAddress {
        /// The configuration file.
        file: String,
        /// Where the section begins.
        line: u32,
        /// The address, put together.
        url: String,
        /// What is wrong.
        reason: &'static str,
    },
    /// A queue cannot be made.
    #[error("{file}:{line}: queue {queue}: {reason}")]
    Queue {
        /// The configuration file.
        file: String,
        /// Where the queue begins.
        line: u32,
        /// Its name.
        queue: String,
        /// What is wrong.
        reason: String,
    },
}

/// A configuration file that was read.
#[derive(Clone, Debug)]
pub struct ElasticMqFile {
    file: String,
    settings: Settings,
    public_url: Option<PublicUrl>,
}

impl ElasticMqFile {
    /// Reads the file; its substitutions may name variables of the environment.
    pub fn read(path: &Path) -> Result<ElasticMqFile, ElasticMqError> {
        let file = path.display().to_string();
        let text = std::fs::read_to_string(path)
            .map_err(|source| ElasticMqError::Unreadable { file: file.clone(), source })?;
        let settings = bongsu_elasticmq::read(&text, &file, &|name| std::env::var(name).ok())?;
        let public_url = settings.node_address.as_ref().map(|address| {
            let (line, url) = (address.line, address.url.clone());
            let parsed = url.parse();
            parsed.map_err(|reason| ElasticMqError::NodeAddress { file: file.clone(), line, url, reason })
        });
        Ok(ElasticMqFile { public_url: public_url.transpose()?, file, settings })
    }

    /// What the file asks for.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// What queue URLs begin with, unless they follow the client.
    pub fn public_url(&self) -> Option<&PublicUrl> {
        self.public_url.as_ref()
    }

    /// Logs what is not done as ElasticMQ does it.
    pub(crate) fn tell_notices(&self) {
        for notice in &self.settings.notices {
            let (file, line) = (&self.file, notice.line);
            match notice.weight {
                Weight::Info => info!("{file}:{line}: {}", notice.text),
                Weight::Warning => warn!("{file}:{line}: {}", notice.text),
            }
        }
    }

    /// Makes the queues and tells their names. One that exists gets the attributes of the file.
    pub(crate) async fn deploy(
        &self,
        broker: &Handle,
        account: Account,
        region: &str,
    ) -> Result<Vec<&str>, ElasticMqError> {
        let name = |queue: &QueueSpec| QueueName { account, name: queue.name.as_str().into() };
        for queue in &self.settings.queues {
            let made = bring_about(broker, &name(queue), &queue.attributes, &queue.tags, region).await;
            made.map_err(|refusal| self.fault(queue, &refusal))?;
        }
        // Now that all are there: dead-letter queues may have dead-letter queues, in a circle even.
        for queue in &self.settings.queues {
            if let Some(letters) = &queue.dead_letters {
                let set = dead_letter_to(broker, &name(queue), &letters.policy(account, region), region).await;
                set.map_err(|refusal| self.fault(queue, &refusal))?;
            }
        }
        Ok(self.settings.queues.iter().map(|queue| queue.name.as_str()).collect())
    }

    fn fault(&self, queue: &QueueSpec, refusal: &Refusal) -> ElasticMqError {
        ElasticMqError::Queue {
            file: self.file.clone(),
            line: queue.line,
            queue: queue.name.clone(),
            reason: reason(refusal),
        }
    }
}
