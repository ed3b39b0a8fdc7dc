//! Subscribing, saying yes to it, changing it and ending it.

use std::ops::Bound;

use crate::topic::Topic;
use crate::topic::subscription::Subscription;
use crate::{
    Account, Broker, Decision, Entropy, Fact, PendingDelivery, Protocol, Question, Rejection, Reply, Seconds,
    SubscriptionAdded, SubscriptionDefinition, SubscriptionDescription, SubscriptionId, SubscriptionState, Token,
    TopicName,
};

/// How long an endpoint may take to say yes to its subscription, or no to the end of it.
/// <https://docs.aws.amazon.com/sns/latest/api/API_ConfirmSubscription.html>
pub const QUESTION_INTERVAL: Seconds = Seconds(2 * 86_400);
/// How many questions to one endpoint may be on their way.
const QUESTIONS_MAX: usize = 10;
/// How many subscriptions a topic may have: their copies of a batch of ten have to fit into one record.
pub const SUBSCRIPTIONS_MAX: usize = 4_000;
/// How many subscriptions a FIFO topic may have.
pub const FIFO_SUBSCRIPTIONS_MAX: usize = 100;
/// How many subscriptions of a topic may have a filter policy.
pub const FILTER_POLICIES_MAX: usize = 200;

impl Broker {
    pub(crate) fn subscription(
        &self,
        id: SubscriptionId,
    ) -> Result<(&Subscription, &SubscriptionDefinition), Rejection> {
        let known = self.topics.subscription(id).ok_or(Rejection::SubscriptionDoesNotExist)?;
        let definition = known.definition();
        if matches!(definition.state, SubscriptionState::Ended { .. }) {
            return Err(Rejection::SubscriptionDoesNotExist);
        }
        Ok((known, definition))
    }

    /// Idempotent for one endpoint. Whoever has to say yes is asked again each time.
    pub(super) fn decide_subscribe(
        &self,
        name: &TopicName,
        added: SubscriptionAdded,
        entropy: &mut Entropy,
    ) -> Result<Decision, Rejection> {
        let topic = self.topic(name)?;
        check_kinds(topic, &added)?;
        let endpoint = (added.protocol, added.endpoint.clone());
        if let Some(id) = topic.by_endpoint.get(&endpoint) {
            let known = &self.topics.subscriptions[id];
            let attributes = &known.definition().attributes;
            if added.attributes.texts().any(|(name, value)| !attributes.has(name, value)) {
                let text = "Attributes Reason: Subscription already exists with different attributes";
                return Err(Rejection::InvalidParameter(text.into()));
            }
            let reply = Reply::Subscribed { id: *id, pending: known.definition().is_pending() };
            let facts = match known.definition().state {
                SubscriptionState::Pending { token, .. } if known.outbox.len() < QUESTIONS_MAX => {
                    vec![self.ask(*id, known.outbox.next_sequence, Question::Confirm { token })]
                }
                _ => Vec::new(),
            };
            return Ok(Decision { facts, ..Decision::reply(reply) });
        }
        let max = if topic.id.is_fifo() { FIFO_SUBSCRIPTIONS_MAX } else { SUBSCRIPTIONS_MAX };
        if topic.subscriptions.len() >= max {
            return Err(Rejection::TooManySubscriptions);
        }
        let protocols = self.topics.protocols_of(topic).chain(std::iter::once(added.protocol));
        topic.definition().attributes.check_subscribers(protocols)?;
        if added.attributes.filter.is_some() {
            self.check_filters(topic)?;
        }
        self.check_faults_allowed(&added.attributes)?;
        let id = SubscriptionId(entropy.next_uuid());
        let has_to_say_yes =
            added.protocol.is_http() || matches!(added.protocol, Protocol::Email | Protocol::EmailJson);
        let token = has_to_say_yes.then(|| new_token(id, entropy));
        let state = match token {
            Some(token) => SubscriptionState::Pending { token, until: self.now() + QUESTION_INTERVAL },
            None => SubscriptionState::Confirmed { authenticated: true, token: None },
        };
        let SubscriptionAdded { owner, principal, protocol, endpoint, queue, attributes } = added;
        let definition =
            SubscriptionDefinition { topic: topic.id, owner, principal, protocol, endpoint, queue, attributes, state };
        let replay = self.decide_replay(id, &definition)?;
        let mut facts = vec![Fact::SubscriptionDefined { id, definition }];
        facts.extend(replay);
        facts.extend(token.map(|token| self.ask(id, 0, Question::Confirm { token })));
        Ok(Decision { facts, ..Decision::reply(Reply::Subscribed { id, pending: has_to_say_yes }) })
    }

    /// Whether one more subscription of the topic may have a filter policy.
    fn check_filters(&self, topic: &Topic) -> Result<(), Rejection> {
        let filters = |id: &&SubscriptionId| self.topics.subscriptions[*id].definition().attributes.filter.is_some();
        let count = topic.subscriptions.iter().filter(filters).count();
        if count < FILTER_POLICIES_MAX { Ok(()) } else { Err(Rejection::TooManyFilterPolicies) }
    }

    fn ask(&self, subscription: SubscriptionId, sequence: u64, question: Question) -> Fact {
        let now = self.now();
        let pending = PendingDelivery { queued_at: now, failed_attempts: 0, next_attempt_at: now };
        Fact::QuestionQueued { subscription, sequence, question, pending }
    }

    /// Says yes to a subscription, or no to the end of one. Saying it again changes nothing.
    pub(super) fn decide_confirm(&self, token: Token, authenticated: bool) -> Result<Decision, Rejection> {
        let id = token.subscription();
        let unknown = || Rejection::InvalidParameter("Token".into());
        let known = self.topics.subscription(id).ok_or_else(unknown)?;
        let definition = known.definition();
        let reply = Decision::reply(Reply::Subscribed { id, pending: false });
        let asked = match definition.state {
            SubscriptionState::Pending { token, .. } | SubscriptionState::Ended { token, .. } => token,
            SubscriptionState::Confirmed { token: Some(used), .. } if used.is_known_as(token) => return Ok(reply),
            SubscriptionState::Confirmed { .. } => return Err(unknown()),
        };
        if !asked.is_known_as(token) {
            return Err(unknown());
        }
        let topic = &self.topics.by_id[&definition.topic];
        let endpoint = (definition.protocol, definition.endpoint.clone());
        if topic.by_endpoint.get(&endpoint).is_some_and(|other| *other != id) {
            // Somebody subscribed it anew in the meantime.
            return Err(unknown());
        }
        let state = SubscriptionState::Confirmed { authenticated, token: Some(token) };
        let definition = SubscriptionDefinition { state, ..definition.as_ref().clone() };
        Ok(Decision { facts: vec![Fact::SubscriptionDefined { id, definition }], ..reply })
    }

    /// Idempotent. Without credentials the endpoint of a web server gets to know, and may say no.
    pub(super) fn decide_unsubscribe(
        &self,
        id: SubscriptionId,
        has_credentials: bool,
        entropy: &mut Entropy,
    ) -> Result<Decision, Rejection> {
        let Ok((known, definition)) = self.subscription(id) else { return Ok(Decision::reply(Reply::Done)) };
        match definition.state {
            SubscriptionState::Pending { .. } => {
                let text = "SubscriptionArn Reason: the subscription is pending confirmation";
                Err(Rejection::InvalidParameter(text.into()))
            }
            SubscriptionState::Confirmed { authenticated: true, .. } if !has_credentials => {
                Err(Rejection::UnsubscribeNeedsCredentials)
            }
            _ if !has_credentials && definition.protocol.is_http() => {
                let token = new_token(id, entropy);
                let state = SubscriptionState::Ended { token, until: self.now() + QUESTION_INTERVAL };
                let definition = SubscriptionDefinition { state, ..definition.clone() };
                let question = self.ask(id, known.outbox.next_sequence, Question::Restore { token });
                let facts = vec![Fact::SubscriptionDefined { id, definition }, question];
                Ok(Decision { facts, ..Decision::reply(Reply::Done) })
            }
            _ => Ok(Decision::fact(Fact::Unsubscribed { id })),
        }
    }

    pub(super) fn decide_set_subscription_attribute(
        &self,
        id: SubscriptionId,
        name: &str,
        value: &str,
        region: &str,
    ) -> Result<Decision, Rejection> {
        let (_, definition) = self.subscription(id)?;
        let attributes = definition.attributes.with(name, value, &definition.subscriber(region))?;
        if attributes.filter.is_some() && definition.attributes.filter.is_none() {
            self.check_filters(&self.topics.by_id[&definition.topic])?;
        }
        self.check_faults_allowed(&attributes)?;
        let definition = SubscriptionDefinition { attributes, ..definition.clone() };
        let replay = if name == "ReplayPolicy" { self.decide_replay(id, &definition)? } else { None };
        let mut facts = vec![Fact::SubscriptionDefined { id, definition }];
        facts.extend(replay);
        Ok(Decision { facts, ..Decision::reply(Reply::Done) })
    }

    pub(super) fn decide_describe_subscription(&self, id: SubscriptionId) -> Result<Decision, Rejection> {
        self.subscription(id)?;
        let described = self.describe(id).ok_or(Rejection::SubscriptionDoesNotExist)?;
        Ok(Decision::reply(Reply::Subscription(Box::new(described))))
    }

    fn describe(&self, id: SubscriptionId) -> Option<SubscriptionDescription> {
        let known = self.topics.subscription(id)?;
        let definition = known.definition();
        let topic = &self.topics.by_id[&definition.topic];
        Some(SubscriptionDescription {
            id,
            topic: topic.definition().name.clone(),
            topic_attributes: topic.definition().attributes.clone(),
            definition: definition.as_ref().clone(),
            undelivered: known.outbox.len(),
            oldest: known.outbox.oldest(),
            replay: known.replay,
        })
    }

    pub(super) fn decide_list_subscriptions(
        &self,
        account: Account,
        after: Option<SubscriptionId>,
        max: usize,
    ) -> Decision {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let ids = self.topics.subscriptions.range((from, Bound::Unbounded)).map(|(id, _)| *id);
        let listed = ids.filter(|id| self.subscription(*id).is_ok_and(|(_, definition)| definition.owner == account));
        Decision::reply(Reply::Subscriptions(listed.take(max).filter_map(|id| self.describe(id)).collect()))
    }

    pub(super) fn decide_list_subscriptions_by_topic(
        &self,
        name: &TopicName,
        after: Option<SubscriptionId>,
        max: usize,
    ) -> Result<Decision, Rejection> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let ids = self.topic(name)?.subscriptions.range((from, Bound::Unbounded)).copied();
        let listed = ids.filter(|id| self.subscription(*id).is_ok());
        Ok(Decision::reply(Reply::Subscriptions(listed.take(max).filter_map(|id| self.describe(id)).collect())))
    }
}

/// FIFO topics are for queues, and FIFO queues for FIFO topics: a message of a standard topic need not have a group.
fn check_kinds(topic: &Topic, added: &SubscriptionAdded) -> Result<(), Rejection> {
    let invalid = |text: &str| Err(Rejection::InvalidParameter(text.into()));
    match (topic.id.is_fifo(), added.protocol) {
        (true, Protocol::Sqs) => Ok(()),
        (true, other) => invalid(&format!("Invalid protocol type: {}", other.name())),
        // The prefix twice, as AWS has it.
        (false, Protocol::Sqs) if added.endpoint.ends_with(".fifo") => {
            invalid("Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics")
        }
        (false, _) => Ok(()),
    }
}

fn new_token(id: SubscriptionId, entropy: &mut Entropy) -> Token {
    let mut token = [0; 32];
    token[..16].copy_from_slice(&id.0.to_be_bytes());
    token[16..24].copy_from_slice(&entropy.next_u64().to_be_bytes());
    token[24..].copy_from_slice(&entropy.next_u64().to_be_bytes());
    Token(token)
}
