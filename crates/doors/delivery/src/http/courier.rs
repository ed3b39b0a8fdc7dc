//! The courier: one attempt, from the endpoint's name to the end of its answer.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::{ACCEPT_ENCODING, AUTHORIZATION, CONNECTION, CONTENT_ENCODING, HOST, HeaderValue};
use hyper::{Method, Request, Response};
use tokio::time::{Instant, timeout};

use super::authorization::{Asked, authorization};
use super::challenge::Challenge;
use super::connector::Connector;
use super::excerpt::excerpt;
use super::line::{Line, NoAnswer};
use super::pool::Pool;
use super::{Attempt, Fault, HttpSettings, Outcome, Post};

/// Bytes of an answer's body that are read. With more to come the connection is closed.
pub const ANSWER_BODY_BYTES_MAX: usize = 4096;

const UNAUTHORIZED: u16 = 401;

/// Hands over requests. Cloning is cheap, and clones share their connections.
#[derive(Clone)]
pub struct HttpCourier {
    inner: Arc<Inner>,
}

struct Inner {
    connector: Connector,
    pool: Arc<Pool>,
    timeout: Duration,
}

/// What there is of an answer so far.
#[derive(Default)]
struct Answer {
    status: Option<u16>,
    challenge: Option<Challenge>,
    is_compressed: bool,
    body: Vec<u8>,
}

impl HttpCourier {
    /// Fails if the bundle of certificates cannot be used.
    pub fn new(settings: HttpSettings) -> io::Result<Self> {
        let connector = Connector::new(&settings)?;
        let pool = Arc::new(Pool::new(&settings));
        Ok(Self { inner: Arc::new(Inner { connector, pool, timeout: settings.timeout }) })
    }

    /// Makes one attempt, within the settings' timeout. To be called in a tokio runtime; the caller bounds how many run
    /// at once. Dropping the attempt closes its connection.
    ///
    /// The answer's status decides, even if the rest of it never comes. The endpoint can see the request twice: when it
    /// asks for a password, and when it closes a connection without a word that had been idle just before.
    pub async fn post(&self, post: Post) -> Attempt {
        let began = Instant::now();
        let mut answer = Answer::default();
        let fault = match timeout(self.inner.timeout, self.inner.exchange(&post, &mut answer)).await {
            Ok(Ok(())) => None,
            Ok(Err(fault)) => Some(fault),
            Err(_) => Some(Fault::TimedOut),
        };
        answer.into_attempt(fault, began.elapsed())
    }
}

impl Inner {
    async fn exchange(&self, post: &Post, answer: &mut Answer) -> Result<(), Fault> {
        self.send(post, None, answer).await?;
        if let Some(authorization) = answer.authorization(post) {
            *answer = Answer::default();
            self.send(post, Some(authorization), answer).await?;
        }
        Ok(())
    }

    async fn send(&self, post: &Post, authorization: Option<HeaderValue>, answer: &mut Answer) -> Result<(), Fault> {
        let (line, response) = self.deliver(post, authorization.as_ref()).await?;
        if answer.read(response).await {
            self.pool.put(post.endpoint.origin(), line);
        }
        Ok(())
    }

    async fn deliver(
        &self,
        post: &Post,
        authorization: Option<&HeaderValue>,
    ) -> Result<(Line, Response<Incoming>), Fault> {
        if let Some(mut line) = self.pool.take(&post.endpoint.origin()) {
            match line.send(request(post, authorization)).await {
                Ok(response) => return Ok((line, response)),
                // The endpoint has closed the idle connection while the request was on its way. That is nobody's fault.
                Err(NoAnswer { is_silent: true, .. }) => {}
                Err(NoAnswer { error, .. }) => return Err(no_answer(&error)),
            }
        }
        // Boxed, as it is large and over long before a slow endpoint answers.
        let mut line = Box::pin(self.connector.open(&post.endpoint)).await?;
        match line.send(request(post, authorization)).await {
            Ok(response) => Ok((line, response)),
            Err(NoAnswer { error, .. }) => Err(no_answer(&error)),
        }
    }
}

impl Answer {
    /// Reads the beginning of the body. True if that was all of it, so that the connection can be used again.
    async fn read(&mut self, response: Response<Incoming>) -> bool {
        let status = response.status().as_u16();
        self.status = Some(status);
        self.challenge = (status == UNAUTHORIZED).then(|| Challenge::strongest(response.headers())).flatten();
        self.is_compressed = response.headers().contains_key(CONTENT_ENCODING);
        let mut body = response.into_body();
        while let Some(frame) = body.frame().await {
            let Ok(frame) = frame else { return false };
            let Ok(bytes) = frame.into_data() else { continue };
            let room = ANSWER_BODY_BYTES_MAX - self.body.len();
            self.body.extend_from_slice(&bytes[..bytes.len().min(room)]);
            if bytes.len() > room {
                return false;
            }
        }
        true
    }

    /// How to answer the endpoint's challenge, if it makes one and the URL has credentials.
    fn authorization(&self, post: &Post) -> Option<HeaderValue> {
        let target = post.endpoint.target().to_string();
        let asked = Asked { method: Method::POST.as_str(), target: &target };
        authorization(self.challenge.as_ref()?, post.endpoint.credentials()?, asked)
    }

    fn into_attempt(self, fault: Option<Fault>, elapsed: Duration) -> Attempt {
        // An answer that breaks off has been given all the same.
        let fault = fault.filter(|_| self.status.is_none());
        let outcome = match (self.status, &fault) {
            (Some(status), _) => Outcome::of_status(status),
            (None, Some(fault)) => Outcome::of_fault(fault),
            (None, None) => unreachable!("an exchange without a fault has a status"),
        };
        let provider_response = if self.is_compressed { String::new() } else { excerpt(&self.body) };
        Attempt { outcome, status: self.status, fault, provider_response, elapsed }
    }
}

fn request(post: &Post, authorization: Option<&HeaderValue>) -> Request<Full<Bytes>> {
    let mut request = Request::new(Full::new(post.body.clone()));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = post.endpoint.target().clone();
    let headers = request.headers_mut();
    headers.extend(post.headers.iter().cloned());
    let host = HeaderValue::from_str(post.endpoint.authority()).expect("a host of ASCII letters");
    headers.insert(HOST, host);
    headers.insert(CONNECTION, HeaderValue::from_static("Keep-Alive"));
    // What SNS sends. Nothing of an answer is ever decompressed.
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip,deflate"));
    if let Some(authorization) = authorization {
        headers.insert(AUTHORIZATION, authorization.clone());
    }
    request
}

fn no_answer(error: &hyper::Error) -> Fault {
    let cause = std::error::Error::source(error).map(|cause| format!(": {cause}")).unwrap_or_default();
    Fault::NoAnswer(format!("{error}{cause}"))
}
