//! `AWS::Lambda::Url`: an address of its own for a function, at the front door.

use bongsu_gateway::FunctionUrl;
use bongsu_template::FunctionUrlResource;
use sha2::{Digest as _, Sha256};

use super::{Cx, Provider, api, front_key};
use crate::queues::Outcome;
use crate::stacks::fronts::Front;
use crate::stacks::provide::{Fault, Made};

/// Of the host's first label; AWS's has as many characters.
const ID_BYTES: usize = 16;

impl Provider for FunctionUrlResource {
    fn check(&self, cx: &Cx<'_>) -> Result<(), Fault> {
        let checked = cx.world.fronts.check(&front_key(cx), Front::Url(url(self)));
        Ok(checked.map_err(|error| error.to_string())?)
    }

    async fn bring_about(&self, _: Option<&Self>, cx: &Cx<'_>) -> Result<Made, String> {
        self.resume(cx)?;
        Ok(Outcome::Made.into())
    }

    async fn delete(&self, _: Option<&str>, cx: &Cx<'_>) -> Result<(), String> {
        cx.world.fronts.replace(front_key(cx), None).map_err(|error| error.to_string())
    }

    fn resume(&self, cx: &Cx<'_>) -> Result<(), String> {
        cx.world.fronts.replace(front_key(cx), Some(Front::Url(url(self)))).map_err(|error| error.to_string())
    }
}

fn url(resource: &FunctionUrlResource) -> FunctionUrl {
    let function = resource.function.to_string();
    FunctionUrl {
        id: hex::encode(&Sha256::digest(&function)[..ID_BYTES]),
        function,
        iam: resource.iam,
        streams: resource.streams,
        cors: resource.cors.clone().map(api::cors),
    }
}
