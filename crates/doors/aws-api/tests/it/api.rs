//! Somebody else's API, in this process: what it answers is scripted, and what it was asked is noted.

use std::sync::{Arc, Mutex};

use bongsu_aws_api::events::{HttpCaller, HttpFault, HttpRequest};
use bongsu_aws_api::lambda::Answer;
use bytes::Bytes;
use hyper::Response;

type Script = dyn Fn(&HttpRequest) -> Result<Response<Bytes>, HttpFault> + Send + Sync;

pub(crate) struct Api {
    asked: Mutex<Vec<HttpRequest>>,
    script: Box<Script>,
}

impl Api {
    pub(crate) fn new(
        script: impl Fn(&HttpRequest) -> Result<Response<Bytes>, HttpFault> + Send + Sync + 'static,
    ) -> Arc<Api> {
        Arc::new(Api { asked: Mutex::default(), script: Box::new(script) })
    }

    /// One that answers every request so.
    pub(crate) fn answering(status: u16, body: &'static str) -> Arc<Api> {
        Api::new(move |_| answer(status, body))
    }

    /// What it was asked since this was asked last.
    pub(crate) fn asked(&self) -> Vec<HttpRequest> {
        std::mem::take(&mut *self.asked.lock().expect("nobody panicked with it"))
    }
}

pub(crate) fn answer(status: u16, body: &str) -> Result<Response<Bytes>, HttpFault> {
    Ok(Response::builder().status(status).body(Bytes::from(body.to_owned())).expect("an answer"))
}

/// The value of a header, empty if there is none.
pub(crate) fn header<'a>(request: &'a HttpRequest, name: &str) -> &'a str {
    request.headers.get(name).map_or("", |value| value.to_str().expect("a text"))
}

impl HttpCaller for Api {
    fn call(&self, request: HttpRequest) -> Answer<Result<Response<Bytes>, HttpFault>> {
        let answer = (self.script)(&request);
        self.asked.lock().expect("nobody panicked with it").push(request);
        Box::pin(std::future::ready(answer))
    }
}
