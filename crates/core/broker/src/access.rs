//! Access: who asks, and whether a queue's owner or its policy lets them.

use std::net::IpAddr;
use std::sync::Arc;

use bongsu_policy::{Policy, Principal, Request, Verdict};

use crate::{Account, Broker, Command, ObjectCommand, QueueName, Rejection, SubscriptionId, TopicName};

/// Who asks for something to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caller {
    /// The server itself, for its templates, webhooks and mappings: may do everything.
    Server,
    /// Somebody whose right has to be looked at.
    Client {
        /// Who it is.
        client: Arc<Client>,
        /// The operation that was called, in the words of policies without the service: `SendMessage`.
        operation: &'static str,
        /// The region that queues' ARNs are written with.
        region: Arc<str>,
        /// Where the request came from.
        source_ip: Option<IpAddr>,
        /// Whether nobody could listen on the way.
        secure_transport: bool,
    },
}

/// Somebody who may or may not have access to a queue: everything about them that stays the same from request to request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// The user, role or service.
    pub principal: Principal,
    /// The account that they belong to; none for a service that acts for somebody else.
    pub account: Option<Account>,
    /// What a service acts for, such as a topic.
    pub source_arn: Option<Box<str>>,
    /// The account of what a service acts for.
    pub source_account: Option<Box<str>>,
}

/// What only a queue's own account may do, whatever its policy says.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-customer-managed-policy-examples.html>
const OWNER_ONLY: [&str; 11] = [
    "AddPermission",
    "CancelMessageMoveTask",
    "DeleteQueue",
    "ListMessageMoveTasks",
    "ListQueueTags",
    "ListQueues",
    "RemovePermission",
    "SetQueueAttributes",
    "StartMessageMoveTask",
    "TagQueue",
    "UntagQueue",
];

/// What the owner's root may do even where the policy denies it: otherwise a policy that denies everything to everybody
/// could never be mended.
const NEVER_LOCKED: [&str; 3] = ["GetQueueAttributes", "RemovePermission", "SetQueueAttributes"];

/// What only a topic's own account may do, whatever its policy says: all but what AWS lets a topic's policy name.
/// <https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-language-api-permissions-reference.html>
const TOPIC_OWNER_ONLY: [&str; 3] = ["TagResource", "UntagResource", "ListTagsForResource"];

/// As with queues.
const TOPIC_NEVER_LOCKED: [&str; 3] = ["GetTopicAttributes", "RemovePermission", "SetTopicAttributes"];

impl Broker {
    /// Whether `caller` may have `command` done. To be asked before [`Broker::decide`].
    ///
    /// A queue that does not exist is nobody's, and refused by `decide` itself.
    pub fn permit(&self, caller: &Caller, command: &Command) -> Result<(), Rejection> {
        let Caller::Client { client, operation, .. } = caller else { return Ok(()) };
        if let Some(queue) = command.queue() {
            self.permit_at(queue, caller, client, operation)?;
        }
        if let Some(topic) = command.topic() {
            self.permit_at_topic(topic, caller, client, operation)?;
        }
        if let Some(account) = command.entries_of().filter(|account| client.account != Some(*account)) {
            return Err(denied(client, operation, format!("entries of {account}"), false));
        }
        if let Command::Object(command) = command {
            self.permit_at_bucket(command, client, operation)?;
        }
        match command {
            Command::StartMoveTask { source, destination, .. } => {
                self.permit_move(source, destination.as_ref(), caller, client)
            }
            Command::Unsubscribe { id, has_credentials: true }
            | Command::SetSubscriptionAttribute { id, .. }
            | Command::DescribeSubscription { id } => self.permit_at_subscription(*id, caller, client, operation),
            _ => Ok(()),
        }
    }

    /// Who has messages moved takes them out of one queue and puts them into others. Else they could be read from where
    /// they may not be received, by way of a queue where they may, or fill queues that nobody may send to.
    /// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html>
    fn permit_move(
        &self,
        source: &QueueName,
        destination: Option<&QueueName>,
        caller: &Caller,
        client: &Client,
    ) -> Result<(), Rejection> {
        for operation in ["ReceiveMessage", "DeleteMessage"] {
            self.permit_at(source, caller, client, operation)?;
        }
        let may_send = |queue: &QueueName| self.permit_at(queue, caller, client, "SendMessage");
        match (destination, self.queue(source)) {
            (Some(destination), _) => may_send(destination),
            (None, Ok(queue)) => queue.sources.iter().try_for_each(may_send),
            (None, Err(_)) => Ok(()),
        }
    }

    fn permit_at(
        &self,
        name: &QueueName,
        caller: &Caller,
        client: &Client,
        operation: &'static str,
    ) -> Result<(), Rejection> {
        let Ok(queue) = self.queue(name) else { return Ok(()) };
        let policy = queue.attributes().policy.as_ref();
        if client.account == Some(name.account) && policy.is_none() {
            return Ok(());
        }
        let Caller::Client { region, .. } = caller else { return Ok(()) };
        let of_queue = Resource {
            account: name.account,
            arn: name.arn(region),
            action: format!("sqs:{operation}"),
            owner_only: &OWNER_ONLY,
            never_locked: &NEVER_LOCKED,
        };
        self.permit_by(policy, &of_queue, caller, client, operation)
    }

    fn permit_at_topic(
        &self,
        name: &TopicName,
        caller: &Caller,
        client: &Client,
        operation: &'static str,
    ) -> Result<(), Rejection> {
        let Ok(topic) = self.topic(name) else { return Ok(()) };
        let policy = topic.definition().attributes.policy.as_ref();
        if client.account == Some(name.account) && policy.is_none() {
            return Ok(());
        }
        let Caller::Client { region, .. } = caller else { return Ok(()) };
        let of_topic = Resource {
            account: name.account,
            arn: name.arn(region),
            action: format!("SNS:{operation}"),
            owner_only: &TOPIC_OWNER_ONLY,
            never_locked: &TOPIC_NEVER_LOCKED,
        };
        self.permit_by(policy, &of_topic, caller, client, operation)
    }

    /// A subscription is its owner's, and the topic's owner's.
    fn permit_at_subscription(
        &self,
        id: SubscriptionId,
        caller: &Caller,
        client: &Client,
        operation: &'static str,
    ) -> Result<(), Rejection> {
        let Ok((_, definition)) = self.subscription(id) else { return Ok(()) };
        let Some(topic) = self.topics.name_of(definition.topic) else { return Ok(()) };
        if client.account == Some(definition.owner) || client.account == Some(topic.account) {
            return Ok(());
        }
        let Caller::Client { region, .. } = caller else { return Ok(()) };
        Err(denied(client, operation, id.arn(topic, region), false))
    }

    /// Buckets have no policies: what is in one is its owner's alone.
    fn permit_at_bucket(
        &self,
        command: &ObjectCommand,
        client: &Client,
        operation: &'static str,
    ) -> Result<(), Rejection> {
        let bucket = command.bucket().and_then(|name| self.objects.bucket(name));
        let definition = bucket.map(|(_, bucket)| bucket.definition());
        let owner = definition.map(|definition| definition.owner).or(command.account());
        if owner.is_none() || owner == client.account {
            return Ok(());
        }
        let resource = definition.map_or_else(|| "arn:aws:s3:::*".to_owned(), |definition| definition.name.arn());
        Err(denied(client, operation, resource, false))
    }

    fn permit_by(
        &self,
        policy: Option<&Policy>,
        resource: &Resource<'_>,
        caller: &Caller,
        client: &Client,
        operation: &'static str,
    ) -> Result<(), Rejection> {
        let Caller::Client { source_ip, secure_transport, .. } = caller else { return Ok(()) };
        let request = Request {
            principal: &client.principal,
            action: &resource.action,
            resource: &resource.arn,
            source_arn: client.source_arn.as_deref(),
            source_account: client.source_account.as_deref(),
            now_ms: self.now().0,
            secure_transport: *secure_transport,
            source_ip: *source_ip,
        };
        let verdict = policy.map_or(Verdict::Silent, |policy| policy.evaluate(&request));
        if is_allowed(verdict, client, operation, resource) {
            return Ok(());
        }
        Err(denied(client, operation, resource.arn.clone(), verdict == Verdict::Deny))
    }
}

/// Something that belongs to an account and may have a policy.
struct Resource<'a> {
    account: Account,
    arn: String,
    /// What is to be done, in the words of policies.
    action: String,
    /// What only its own account may do.
    owner_only: &'a [&'a str],
    /// What the owner's root may do even where the policy denies it.
    never_locked: &'a [&'a str],
}

fn denied(client: &Client, operation: &'static str, resource: String, by_deny: bool) -> Rejection {
    let caller = match &client.principal {
        Principal::Account { arn, .. } => arn.clone(),
        Principal::Service { name } => name.clone(),
    };
    Rejection::AccessDenied { caller, operation, resource: resource.into(), by_deny }
}

fn is_allowed(verdict: Verdict, client: &Client, operation: &str, resource: &Resource<'_>) -> bool {
    let is_owner = client.account == Some(resource.account);
    match verdict {
        Verdict::Deny => is_owner && is_root(&client.principal) && resource.never_locked.contains(&operation),
        Verdict::Allow => is_owner || !resource.owner_only.contains(&operation),
        Verdict::Silent => is_owner,
    }
}

fn is_root(principal: &Principal) -> bool {
    matches!(principal, Principal::Account { account, arn, .. } if **arn == *format!("arn:aws:iam::{account}:root"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{AttributesGiven, Entropy, Fact, Place, Tags, Timestamp};

    const REGION: &str = "us-east-1";
    const OWN: &str = "000000000001";
    const OTHER: &str = "000000000002";

    fn queue() -> QueueName {
        QueueName { account: Account(1), name: "q".into() }
    }

    /// A broker with one queue of this policy.
    fn broker(policy: &str) -> Broker {
        let mut broker = Broker::new();
        broker.finish_replay();
        let given = [("Policy".to_owned(), policy.to_owned())].into();
        let given = AttributesGiven::parse(&given, &queue(), REGION).unwrap();
        let command = Command::CreateQueue { name: queue(), given, tags: Tags::new(), cooldown: false };
        let decision = broker.decide(command, Timestamp(0), &mut Entropy::from_seed([0; 32])).unwrap();
        decision.facts.iter().for_each(|fact| broker.apply(fact, Timestamp(0), Place::default()));
        broker
    }

    fn somebody(account: &str, user: &str) -> Client {
        let arn = format!("arn:aws:iam::{account}:{user}").into();
        Client {
            principal: Principal::Account { account: account.into(), arn, user_id: "AIDA".into() },
            account: account.parse().ok(),
            source_arn: None,
            source_account: None,
        }
    }

    fn topic(arn: &str) -> Client {
        Client {
            principal: Principal::Service { name: "sns.amazonaws.com".into() },
            account: None,
            source_arn: Some(arn.into()),
            ..somebody(OWN, "root")
        }
    }

    fn caller(client: Client, operation: &'static str) -> Caller {
        let (client, region) = (Arc::new(client), REGION.into());
        Caller::Client { client, operation, region, source_ip: None, secure_transport: true }
    }

    fn may(policy: &str, client: Client, operation: &'static str) -> Result<(), bool> {
        let caller = caller(client, operation);
        let permitted = broker(policy).permit(&caller, &Command::DescribeQueue { queue: queue() });
        permitted.map_err(|rejection| match rejection {
            Rejection::AccessDenied { by_deny, .. } => by_deny,
            other => panic!("refused for another reason: {other:?}"),
        })
    }

    fn statement(effect: &str, principal: &str, action: &str, more: &str) -> String {
        let resource = queue().arn(REGION);
        format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"{effect}","Principal":{principal},"Action":"{action}","Resource":"{resource}"{more}}}]}}"#
        )
    }

    #[test]
    fn without_a_policy_the_owner_may_everything_and_others_nothing() {
        assert_eq!(may("", somebody(OWN, "user/a"), "DeleteQueue"), Ok(()));
        assert_eq!(may("", somebody(OTHER, "root"), "SendMessage"), Err(false));
        assert_eq!(may("", topic("arn:aws:sns:us-east-1:000000000001:t"), "SendMessage"), Err(false));
    }

    #[test]
    fn a_policy_lets_others_in_and_only_for_what_it_names() {
        let policy = statement("Allow", r#"{"AWS":"000000000002"}"#, "sqs:SendMessage", "");
        assert_eq!(may(&policy, somebody(OTHER, "user/b"), "SendMessage"), Ok(()));
        assert_eq!(may(&policy, somebody(OTHER, "user/b"), "SendMessageBatch"), Ok(()));
        assert_eq!(may(&policy, somebody(OTHER, "user/b"), "ReceiveMessage"), Err(false));
        assert_eq!(may(&policy, somebody("000000000003", "root"), "SendMessage"), Err(false));
        assert_eq!(may(&policy, somebody(OWN, "user/a"), "ReceiveMessage"), Ok(()));
    }

    #[test]
    fn what_only_the_owner_may_do_no_policy_gives_away() {
        let policy = statement("Allow", r#""*""#, "sqs:*", "");
        assert_eq!(may(&policy, somebody(OTHER, "root"), "PurgeQueue"), Ok(()));
        for operation in OWNER_ONLY {
            assert_eq!(may(&policy, somebody(OTHER, "root"), operation), Err(false), "{operation}");
        }
    }

    #[test]
    fn a_deny_wins_and_the_owners_root_can_still_mend_it() {
        let policy = statement("Deny", r#""*""#, "sqs:*", "");
        assert_eq!(may(&policy, somebody(OWN, "user/a"), "SendMessage"), Err(true));
        assert_eq!(may(&policy, somebody(OWN, "user/a"), "SetQueueAttributes"), Err(true));
        assert_eq!(may(&policy, somebody(OWN, "root"), "SendMessage"), Err(true));
        assert_eq!(may(&policy, somebody(OWN, "root"), "SetQueueAttributes"), Ok(()));
        assert_eq!(may(&policy, somebody(OTHER, "root"), "SetQueueAttributes"), Err(true));
        let one = statement("Deny", r#"{"AWS":"arn:aws:iam::000000000001:user/a"}"#, "sqs:DeleteMessage", "");
        assert_eq!(may(&one, somebody(OWN, "user/a"), "DeleteMessage"), Err(true));
        assert_eq!(may(&one, somebody(OWN, "user/b"), "DeleteMessage"), Ok(()));
    }

    #[test]
    fn whoever_moves_messages_must_be_allowed_to_take_them_out_and_to_send_them() {
        let user = r#"{"AWS":"arn:aws:iam::000000000001:user/a"}"#;
        let may_move = |denied: &str, source: &str, destination: Option<&str>| {
            let mut broker = broker(&statement("Deny", user, denied, ""));
            let name = |name: &str| QueueName { account: Account(1), name: name.into() };
            // Another queue, whose messages were dead-lettered in part into this one, and in part into the first.
            let (first, dead) = (*broker.by_name.get(&queue()).unwrap(), crate::QueueId(2));
            let attributes = crate::QueueAttributes::default();
            let created = Fact::QueueCreated { id: dead, name: name("dead"), attributes, tags: Vec::new() };
            broker.apply(&created, Timestamp(0), Place::default());
            broker.queues.get_mut(&dead).unwrap().sources.push(queue());
            broker.queues.get_mut(&first).unwrap().sources.push(name("dead"));
            let destination = destination.map(name);
            let command = Command::StartMoveTask { source: name(source), destination, messages_per_second: None };
            broker.permit(&caller(somebody(OWN, "user/a"), "StartMessageMoveTask"), &command).is_ok()
        };
        for operation in ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:StartMessageMoveTask"] {
            assert!(!may_move(operation, "q", None) && !may_move(operation, "q", Some("dead")), "{operation}");
            assert!(may_move(operation, "dead", None) && may_move(operation, "dead", Some("q")), "{operation}");
        }
        assert!(!may_move("sqs:SendMessage", "dead", Some("q")) && !may_move("sqs:SendMessage", "dead", None));
        assert!(may_move("sqs:SendMessage", "q", Some("dead")) && may_move("sqs:SendMessage", "q", None));
    }

    #[test]
    fn a_policy_sees_how_a_request_came() {
        let condition = r#","Condition":{"Bool":{"aws:SecureTransport":"false"}}"#;
        let broker = broker(&statement("Deny", r#""*""#, "sqs:*", condition));
        let permitted = |secure_transport| {
            let (client, region) = (Arc::new(somebody(OWN, "user/a")), REGION.into());
            let caller = Caller::Client { client, operation: "SendMessage", region, source_ip: None, secure_transport };
            broker.permit(&caller, &Command::DescribeQueue { queue: queue() }).is_ok()
        };
        assert_eq!([true, false].map(permitted), [true, false]);
    }

    #[test]
    fn a_topic_may_send_where_the_policy_names_it_as_the_source() {
        let (named, other) = ("arn:aws:sns:us-east-1:000000000001:t", "arn:aws:sns:us-east-1:000000000001:u");
        let condition = format!(r#","Condition":{{"ArnEquals":{{"aws:SourceArn":"{named}"}}}}"#);
        let policy = statement("Allow", r#"{"Service":"sns.amazonaws.com"}"#, "sqs:SendMessage", &condition);
        assert_eq!(may(&policy, topic(named), "SendMessage"), Ok(()));
        assert_eq!(may(&policy, topic(other), "SendMessage"), Err(false));
        assert_eq!(may(&policy, topic(named), "ReceiveMessage"), Err(false));
    }

    #[test]
    fn the_server_itself_may_everything_and_a_missing_queue_is_nobodys() {
        let policy = statement("Deny", r#""*""#, "sqs:*", "");
        let command = Command::DescribeQueue { queue: queue() };
        assert_eq!(broker(&policy).permit(&Caller::Server, &command), Ok(()));
        let missing = Command::DescribeQueue { queue: QueueName { account: Account(1), name: "x".into() } };
        assert_eq!(broker("").permit(&caller(somebody(OTHER, "root"), "SendMessage"), &missing), Ok(()));
    }
}
