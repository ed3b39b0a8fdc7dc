//! Has the front door serve the addresses that functions were given over the wire.

use bongsu_aws_api::lambda::{FunctionUrl, UrlDoor};
use bongsu_gateway::Cors;
use tracing::warn;

use crate::stacks::Fronts;

impl UrlDoor for Fronts {
    fn serve(&self, urls: Vec<FunctionUrl>) {
        let urls = urls.into_iter().map(|url| bongsu_gateway::FunctionUrl {
            id: url.id,
            function: url.function.to_string(),
            iam: url.iam,
            streams: url.streams,
            cors: url.cors.map(|cors| Cors {
                credentials: cors.allow_credentials.unwrap_or_default(),
                headers: cors.allow_headers,
                methods: cors.allow_methods,
                origins: cors.allow_origins,
                exposed_headers: cors.expose_headers,
                max_age_seconds: cors.max_age.and_then(|seconds| u32::try_from(seconds).ok()),
            }),
        });
        if let Err(error) = self.replace_urls(urls.collect()) {
            warn!(%error, "a function's URL cannot be served beside those of stacks");
        }
    }
}
