//! Brings the queues of an ElasticMQ configuration file into being.

use std::path::Path;

use bongsu_aws_api::PublicUrl;
use bongsu_broker::{Account, AttributesGiven, QueueName};
use bongsu_elasticmq::{ElasticMqErrors, QueueSpec, Settings, Weight};
use bongsu_runtime::{Handle, Refusal};
use tracing::{info, warn};

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

    /// Makes the queues and tells their names. A queue that exists stays, and must have the same attributes.
    pub(crate) async fn deploy(
        &self,
        broker: &Handle,
        account: Account,
        region: &str,
    ) -> Result<Vec<&str>, ElasticMqError> {
        let mut made = Vec::with_capacity(self.settings.queues.len());
        for queue in &self.settings.queues {
            self.queue(queue, broker, account, region).await.map_err(|refusal| ElasticMqError::Queue {
                file: self.file.clone(),
                line: queue.line,
                queue: queue.name.clone(),
                reason: reason(&refusal),
            })?;
            if !queue.tags.is_empty() {
                warn!("{}:{}: queue {}: tags have no effect here", self.file, queue.line, queue.name);
            }
            made.push(queue.name.as_str());
        }
        Ok(made)
    }

    async fn queue(&self, queue: &QueueSpec, broker: &Handle, account: Account, region: &str) -> Result<(), Refusal> {
        let name = QueueName { account, name: queue.name.as_str().into() };
        let mut attributes = queue.attributes.clone();
        let policy = queue.dead_letters.as_ref().map(|letters| letters.policy(account, region));
        attributes.extend(policy.map(|policy| ("RedrivePolicy".to_owned(), policy)));
        let given = AttributesGiven::parse(&attributes, &name, region)?;
        broker.create_queue(name, given).await
    }
}
