//! `AWS::Lambda::Version`: what a function is at one time.

use std::collections::BTreeMap;

use bongsu_broker::FunctionVersion;
use bongsu_template::VersionResource;

use super::{Cx, Provider, gone, told};
use crate::queues::Outcome;
use crate::stacks::provide::{Fault, Made};

impl Provider for VersionResource {
    fn check(&self, _: &Cx<'_>) -> Result<(), Fault> {
        if self.code_sha256.is_some() {
            return Err("CodeSha256 is not supported yet".to_owned().into());
        }
        Ok(())
    }

    /// A version stays what it was; it is published once.
    async fn bring_about(&self, before: Option<&Self>, cx: &Cx<'_>) -> Result<Made, String> {
        if before.is_some() {
            return Ok(Outcome::Made.into());
        }
        let published = told(cx.world.broker.publish_version(&self.function, None, None).await)?;
        let number = published.function.version.to_string();
        let (region, account) = (&cx.world.region, cx.world.account);
        let arn = format!("arn:aws:lambda:{region}:{account}:function:{}:{number}", self.function);
        let attributes = BTreeMap::from([("FunctionArn".to_owned(), arn.clone()), ("Version".to_owned(), number)]);
        Ok(Made { physical_id: Some(arn), attributes, ..Outcome::Made.into() })
    }

    async fn delete(&self, physical_id: Option<&str>, cx: &Cx<'_>) -> Result<(), String> {
        let qualifier = physical_id.and_then(|arn| arn.rsplit(':').next()).and_then(FunctionVersion::parse);
        match qualifier {
            Some(FunctionVersion::Number(number)) => {
                gone(cx.world.broker.delete_function(&self.function, Some(number)).await)
            }
            // It was never published.
            _ => Ok(()),
        }
    }
}
