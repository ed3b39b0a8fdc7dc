//! `AWS::SNS::Subscription`.

use bongsu_broker::TopicName;
use bongsu_runtime::Refusal;
use bongsu_template::SubscriptionResource;

use super::{Cx, Provider, gone, told};
use crate::stacks::provide::{Fault, Made};
use crate::topics::Subscription;

impl Provider for SubscriptionResource {
    fn check(&self, cx: &Cx<'_>) -> Result<(), Fault> {
        if self.faults.is_some() {
            return Err("fault policies are not supported yet".to_owned().into());
        }
        Ok(parse(self, cx).map(drop)?)
    }

    async fn exists(&self, cx: &Cx<'_>) -> Result<bool, String> {
        parse(self, cx)?.is_there(&cx.world.broker).await.map_err(|refusal| crate::reason::reason(&refusal))
    }

    async fn bring_about(&self, _: Option<&Self>, cx: &Cx<'_>) -> Result<Made, String> {
        let subscribed = told(parse(self, cx)?.bring_about(&cx.world.broker, &cx.world.region).await)?;
        let topic = TopicName { account: cx.world.account, name: self.topic.as_str().into() };
        let arn = subscribed.id.arn(&topic, &cx.world.region);
        Ok(Made { physical_id: Some(arn), pending: subscribed.pending, ..Made::from(subscribed.outcome) })
    }

    async fn delete(&self, _: Option<&str>, cx: &Cx<'_>) -> Result<(), String> {
        gone(parse(self, cx)?.end(&cx.world.broker).await)
    }
}

fn parse(subscription: &SubscriptionResource, cx: &Cx<'_>) -> Result<Subscription, String> {
    told(Subscription::parse(subscription, cx.world.account, &cx.world.region).map_err(Refusal::from))
}
