//! How the runtime has notifications delivered and shown, without knowing how that is done.

use std::sync::Arc;

use bongsu_broker::{
    CopyForm, DeliveryEnd, DeliveryOutcome, Facet, Function, Notification, PendingDelivery, Question,
    SubscriptionDefinition, SubscriptionId, TopicDefinition,
};
use bongsu_journal::BoxFuture;
use bongsu_rate_limit::Feedback;
use bytes::Bytes;

/// One attempt at the endpoint of a subscription.
pub struct Parcel {
    /// Whose endpoint.
    pub subscription: SubscriptionId,
    /// Everything about it.
    pub definition: Arc<SubscriptionDefinition>,
    /// Of what it is a subscription.
    pub topic: Arc<TopicDefinition>,
    /// How the delivery stands: when it was put in, how many attempts have failed.
    pub pending: PendingDelivery,
    /// What to run, if the endpoint is a function that exists.
    pub function: Option<Arc<Function>>,
    /// What is in it.
    pub content: ParcelContent,
}

/// What is delivered.
pub enum ParcelContent {
    /// A notification, and the form in which this subscriber gets it.
    Notification(Box<Notification>, CopyForm),
    /// A question to the endpoint's owner.
    Question(Question),
}

/// Delivers to endpoints that are not queues. A door implements it.
pub trait Courier: Send + Sync + 'static {
    /// Makes one attempt; always ends.
    fn deliver(&self, parcel: Parcel) -> BoxFuture<'static, Attempted>;
}

/// An attempt that has ended.
pub struct Attempted {
    /// How.
    pub outcome: DeliveryOutcome,
    /// What the endpoint said of how often it may be called.
    pub feedback: Feedback,
    /// Is told what became of the delivery by that, once it is durable.
    pub then: Box<dyn FnOnce(DeliveryEnd) + Send>,
}

impl Attempted {
    /// By an endpoint that said nothing else, and nobody is told.
    pub fn new(outcome: DeliveryOutcome) -> Attempted {
        Attempted { outcome, feedback: Feedback::default(), then: Box::new(drop) }
    }
}

/// Where nothing can be delivered: every attempt fails.
pub struct NoCourier;

impl Courier for NoCourier {
    fn deliver(&self, _: Parcel) -> BoxFuture<'static, Attempted> {
        Box::pin(std::future::ready(Attempted::new(DeliveryOutcome::Failed)))
    }
}

/// Writes what subscribed queues hold. A door implements it.
pub trait Envelopes: Send + Sync + 'static {
    /// What a consumer of the queue gets as the message's body: the same bytes each time. None if it cannot be written
    /// just now; the consumer then gets the message later.
    fn body(&self, notification: &Notification, form: CopyForm) -> Option<String>;

    /// The attributes, as doors keep them, that a consumer of the bare message gets beside it.
    fn attributes(&self, notification: &Notification) -> Bytes;

    /// The attributes of a notification as filters see them.
    fn facets(&self, notification: &Notification) -> Vec<Facet>;

    /// The region that ARNs are written with.
    fn region(&self) -> &str;
}

/// Everybody gets the bare message.
pub struct NoEnvelopes;

impl Envelopes for NoEnvelopes {
    fn body(&self, notification: &Notification, form: CopyForm) -> Option<String> {
        Some(form.body(notification).to_string())
    }

    fn attributes(&self, notification: &Notification) -> Bytes {
        notification.attributes.clone()
    }

    fn facets(&self, _: &Notification) -> Vec<Facet> {
        Vec::new()
    }

    fn region(&self) -> &str {
        "us-east-1"
    }
}
