//! `AWS::SQS::QueuePolicy`, `AWS::SNS::TopicPolicy` and their inline forms: who else may use queues and topics.

use bongsu_broker::{QueueName, TopicName};
use bongsu_runtime::Refusal;
use bongsu_template::{PolicyOf, PolicyResource};

use super::{Cx, Provider, gone, told};
use crate::queues::{self, Outcome};
use crate::stacks::provide::Made;
use crate::topics;

/// A policy that is unset.
const NOBODY: &str = "";

impl Provider for PolicyResource {
    async fn bring_about(&self, before: Option<&Self>, cx: &Cx<'_>) -> Result<Made, String> {
        for of in &self.of {
            told(permit(of, &self.document, cx).await)?;
        }
        for of in before.into_iter().flat_map(|before| &before.of).filter(|of| !self.of.contains(of)) {
            gone(permit(of, NOBODY, cx).await)?;
        }
        Ok(Outcome::Made.into())
    }

    async fn delete(&self, _: Option<&str>, cx: &Cx<'_>) -> Result<(), String> {
        for of in &self.of {
            gone(permit(of, NOBODY, cx).await)?;
        }
        Ok(())
    }
}

async fn permit(of: &PolicyOf, document: &str, cx: &Cx<'_>) -> Result<(), Refusal> {
    let (broker, account) = (&cx.world.broker, cx.world.account);
    match of {
        PolicyOf::Queue(name) => {
            let queue = QueueName { account, name: name.as_str().into() };
            queues::permit(broker, &queue, document, &cx.world.region).await
        }
        PolicyOf::Topic(name) => {
            let topic = TopicName { account, name: name.as_str().into() };
            topics::permit(broker, &topic, document).await
        }
    }
}
