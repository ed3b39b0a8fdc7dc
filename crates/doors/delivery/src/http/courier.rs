//! The courier: one attempt, from the endpoint's name to the end of its answer.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use hyper::header::HeaderValue;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout};

use super::answer::Answer;
use super::authorization::authorization;
use super::connector::Connector;
use super::excerpt::excerpt;
use super::line::Line;
use super::pool::Pool;
use super::request::encode_head;
use super::{Attempt, Fault, HttpSettings, Outcome, Post};

/// Hands over requests. Cloning is cheap, and clones share their connections.
#[derive(Clone)]
pub struct HttpCourier {
    pub(super) inner: Arc<Inner>,
}

pub(super) struct Inner {
    pub(super) connector: Connector,
    pool: Arc<Pool>,
    pub(super) timeout: Duration,
    /// One permit for every attempt that goes on.
    attempts: Semaphore,
}

impl HttpCourier {
    /// Fails if the bundle of certificates cannot be used.
    pub fn new(settings: HttpSettings) -> io::Result<Self> {
        let connector = Connector::new(&settings)?;
        let pool = Arc::new(Pool::new(&settings));
        let attempts = Semaphore::new(settings.attempts_max.max(1));
        Ok(Self { inner: Arc::new(Inner { connector, pool, timeout: settings.timeout, attempts }) })
    }

    /// Makes one attempt, within the settings' timeout, as soon as no more than the settings allow go on. To be called in a
    /// tokio runtime. Dropping the attempt closes its connection.
    ///
    /// The answer's status decides, even if the rest of it never comes. The endpoint can see the request twice: when it
    /// asks for a password, and when it closes a connection without a word that had been idle just before.
    pub async fn post(&self, post: Post) -> Attempt {
        let _permit = self.inner.attempts.acquire().await.expect("it is never closed");
        let began = Instant::now();
        let mut answer = Answer::default();
        let fault = match timeout(self.inner.timeout, self.inner.attempt(&post, &mut answer)).await {
            Ok(Ok(())) => None,
            Ok(Err(fault)) => Some(fault),
            Err(_) => Some(Fault::TimedOut),
        };
        sum_up(&answer, fault, began.elapsed())
    }
}

impl Inner {
    async fn attempt(&self, post: &Post, answer: &mut Answer) -> Result<(), Fault> {
        self.send(post, None, answer).await?;
        if let Some(authorization) = asked_for(answer, post) {
            *answer = Answer::default();
            self.send(post, Some(&authorization), answer).await?;
        }
        Ok(())
    }

    async fn send(&self, post: &Post, authorization: Option<&HeaderValue>, answer: &mut Answer) -> Result<(), Fault> {
        let origin = post.endpoint.origin();
        if let Some(line) = self.pool.take(&origin) {
            match self.send_on(line, post, authorization, answer).await {
                // The endpoint closed the idle connection while the request was on its way. That is nobody's fault, and
                // waiting for the next attempt would not make it safer.
                Err(_) if !answer.is_begun() => {}
                sent => return sent,
            }
        }
        // Boxed, as it is large and over long before a slow endpoint answers.
        let line = Box::pin(self.connector.open(&post.endpoint)).await?;
        self.send_on(line, post, authorization, answer).await
    }

    async fn send_on(
        &self,
        mut line: Line,
        post: &Post,
        authorization: Option<&HeaderValue>,
        answer: &mut Answer,
    ) -> Result<(), Fault> {
        let body = post.body.bytes().await?;
        let exchange = line.exchange(encode_head(post, authorization, body.len()), body, answer);
        if exchange.await.map_err(|error| Fault::NoAnswer(error.to_string()))? {
            self.pool.put(post.endpoint.origin(), line);
        }
        Ok(())
    }
}

/// How to answer the endpoint's challenge, if it makes one and the URL has credentials.
fn asked_for(answer: &Answer, post: &Post) -> Option<HeaderValue> {
    let challenge = answer.head()?.challenge.as_ref()?;
    authorization(challenge, post.endpoint.credentials()?, post.endpoint.target())
}

fn sum_up(answer: &Answer, fault: Option<Fault>, elapsed: Duration) -> Attempt {
    let Some(head) = answer.head() else {
        let fault = fault.expect("an attempt without an answer has a fault");
        let outcome = Outcome::of_fault(&fault);
        return Attempt {
            outcome,
            status: None,
            limits: Vec::new(),
            fault: Some(fault),
            provider_response: String::new(),
            elapsed,
        };
    };
    let provider_response = if head.is_compressed { String::new() } else { excerpt(&answer.body()) };
    let outcome = Outcome::of_status(head.status);
    let (status, limits) = (Some(head.status), head.limits.clone());
    Attempt { outcome, status, limits, fault: None, provider_response, elapsed }
}
