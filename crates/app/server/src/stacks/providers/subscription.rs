//! `AWS::SNS::Subscription`.

use bongsu_broker::{FAULTS_ATTRIBUTE, TopicName};
use bongsu_runtime::Refusal;
use bongsu_template::SubscriptionResource;

use super::{Cx, Provider, faults, gone, told};
use crate::stacks::provide::{Fault, Made};
use crate::topics::Subscription;

impl Provider for SubscriptionResource {
    fn check(&self, cx: &Cx<'_>) -> Result<(), Fault> {
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
    let mut subscription = subscription.clone();
    let faults = subscription.faults.as_ref().map(|policy| (FAULTS_ATTRIBUTE.to_owned(), faults::words(policy)));
    subscription.attributes.extend(faults);
    told(Subscription::parse(&subscription, cx.world.account, &cx.world.region).map_err(Refusal::from))
}
