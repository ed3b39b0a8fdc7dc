//! Deciding: a file a decision. Reads the state, refuses or answers with facts, and changes nothing.

mod deletion;
mod deliveries;
mod entries;
mod faults;
pub(crate) mod functions;
pub(crate) mod invocations;
mod limits;
mod mappings;
mod move_tasks;
mod objects;
mod peek;
mod permissions;
mod pipes;
mod publish;
mod queues;
mod receive;
mod replays;
mod schedules;
mod send;
pub(crate) mod subscriptions;
mod telling;
mod topics;
mod visibility;
mod workflows;

use crate::{Broker, Command, Decision, Entropy, Rejection, Timestamp};

impl Broker {
    /// What becomes of a command at `now`, which must be the time this state was advanced to.
    ///
    /// The facts must be applied before the next decision, and be durable before anybody hears the reply.
    pub fn decide(&self, command: Command, now: Timestamp, entropy: &mut Entropy) -> Result<Decision, Rejection> {
        assert_eq!(now, self.now(), "time passes through advance");
        match command {
            Command::CreateQueue { name, given, tags, cooldown } => {
                self.decide_create_queue(name, given, tags, cooldown, entropy)
            }
            Command::SetQueueAttributes { queue, given } => self.decide_set_queue_attributes(&queue, &given),
            Command::TagQueue { queue, tags } => self.decide_tag_queue(&queue, tags),
            Command::UntagQueue { queue, keys } => self.decide_untag_queue(&queue, &keys),
            Command::AddPermission { queue, added } => self.decide_add_permission(&queue, &added),
            Command::RemovePermission { queue, label } => self.decide_remove_permission(&queue, &label),
            Command::PurgeQueue { queue, cooldown } => self.decide_purge_queue(&queue, cooldown),
            Command::DeleteQueue { queue } => self.decide_delete_queue(&queue),
            Command::DescribeQueue { queue } => self.decide_describe_queue(&queue),
            Command::ListQueues { account, prefix, after, max } => {
                Ok(self.decide_list_queues(account, &prefix, after, max))
            }
            Command::ListDeadLetterSources { queue, after, max } => {
                self.decide_list_dead_letter_sources(&queue, after.as_deref(), max)
            }
            Command::Peek { queue, from, max } => self.decide_peek(&queue, from, max),
            Command::Send { queue, entries } => self.decide_send(&queue, entries, entropy),
            Command::Receive { queue, max, visibility_timeout, request } => {
                self.decide_receive(&queue, max, visibility_timeout, request)
            }
            Command::Delete { queue, handles } => self.decide_delete(&queue, &handles),
            Command::ChangeVisibility { queue, changes } => self.decide_change_visibility(&queue, &changes),
            Command::PutFunction { function, when } => self.decide_put_function(function, when, entropy),
            Command::SetConcurrency { name, reserved } => self.decide_set_concurrency(&name, reserved),
            Command::PublishVersion { name, revision, details } => {
                self.decide_publish_version(&name, revision, details, entropy)
            }
            Command::DeleteFunction { name, version } => self.decide_delete_function(&name, version),
            Command::DescribeFunction { function } => self.decide_describe_function(&function),
            Command::ListVersions { name } => self.decide_list_versions(&name),
            Command::PutAlias { function, alias, when } => self.decide_put_alias(&function, alias, when, entropy),
            Command::DeleteAlias { function, name } => self.decide_delete_alias(&function, &name),
            Command::ListAliases { function } => self.decide_list_aliases(&function),
            Command::PutInvokeConfig { function, config } => self.decide_put_invoke_config(function, config),
            Command::ListInvokeConfigs { name } => self.decide_list_invoke_configs(&name),
            Command::QueueInvocation { function, invocation } => self.decide_queue_invocation(&function, invocation),
            Command::EndInvocation { function, sequence, outcome } => {
                Ok(self.decide_end_invocation(&function, sequence, outcome))
            }
            Command::ConcludeInvocation { function, sequence, condition, records, region } => {
                Ok(self.decide_conclude_invocation(&function, sequence, condition, records, &region, entropy))
            }
            Command::PutSchedule { definition, entries } => self.decide_put_schedule(definition, entries),
            Command::DeleteSchedule { name } => Ok(self.decide_delete_schedule(&name)),
            Command::DeleteSchedules { prefix, account, entries } => {
                self.decide_delete_schedules(&prefix, account, entries)
            }
            Command::DescribeSchedule { name } => self.decide_describe_schedule(&name),
            Command::ListSchedules { prefix } => Ok(self.decide_list_schedules(&prefix)),
            Command::EndScheduleCall { name, number, id, fault, region } => {
                Ok(self.decide_end_schedule_call(&name, (number, id), fault, &region, entropy))
            }
            Command::FireSchedule { name, region } => Ok(self.decide_fire_schedule(&name, &region, entropy)),
            Command::PutMapping { id, definition, when } => self.decide_put_mapping(id, definition, when, entropy),
            Command::DeleteMapping { id } => Ok(self.decide_delete_mapping(id)),
            Command::ListFunctions => Ok(self.decide_list_functions()),
            Command::Dispatch { queue } => Ok(self.decide_dispatch(queue, entropy)),
            Command::EndAttempt { attempt, outcome } => Ok(self.decide_end_attempt(attempt, &outcome)),
            Command::PutPipe { pipe, when } => self.decide_put_pipe(pipe, when, entropy),
            Command::DeletePipe { name } => self.decide_delete_pipe(&name),
            Command::DescribePipe { name } => self.decide_describe_pipe(&name),
            Command::ListPipes => Ok(self.decide_list_pipes()),
            Command::ConcludeAttempt { attempt, action, failed, holds } => {
                self.decide_conclude_attempt(attempt, action, failed, holds, entropy)
            }
            Command::EndLostAttempts => Ok(self.decide_end_lost_attempts()),
            Command::StartMoveTask { source, destination, messages_per_second } => {
                self.decide_start_move_task(&source, destination, messages_per_second, entropy)
            }
            Command::CancelMoveTask { id, source } => self.decide_cancel_move_task(id, &source),
            Command::ListMoveTasks { source, max } => self.decide_list_move_tasks(&source, max),
            Command::CreateTopic { name, attributes, tags } => {
                self.decide_create_topic(name, attributes, tags, entropy)
            }
            Command::SetTopicAttribute { topic, name, value } => self.decide_set_topic_attribute(&topic, &name, &value),
            Command::TagTopic { topic, tags } => self.decide_tag_topic(&topic, tags),
            Command::UntagTopic { topic, keys } => self.decide_untag_topic(&topic, &keys),
            Command::AddTopicPermission { topic, added } => self.decide_add_topic_permission(&topic, &added),
            Command::RemoveTopicPermission { topic, label } => self.decide_remove_topic_permission(&topic, &label),
            Command::DeleteTopic { topic } => Ok(self.decide_delete_topic(&topic)),
            Command::DescribeTopic { topic } => self.decide_describe_topic(&topic),
            Command::ListTopics { account, after, max } => Ok(self.decide_list_topics(account, after, max)),
            Command::Subscribe { topic, added } => self.decide_subscribe(&topic, added, entropy),
            Command::ConfirmSubscription { token, authenticated } => self.decide_confirm(token, authenticated),
            Command::Unsubscribe { id, has_credentials } => self.decide_unsubscribe(id, has_credentials, entropy),
            Command::SetSubscriptionAttribute { id, name, value, region } => {
                self.decide_set_subscription_attribute(id, &name, &value, &region)
            }
            Command::DescribeSubscription { id } => self.decide_describe_subscription(id),
            Command::ListSubscriptions { account, after, max } => {
                Ok(self.decide_list_subscriptions(account, after, max))
            }
            Command::ListSubscriptionsByTopic { topic, after, max } => {
                self.decide_list_subscriptions_by_topic(&topic, after, max)
            }
            Command::Publish { topic, entries, region } => self.decide_publish(&topic, entries, &region, entropy),
            Command::StepOfReplay { subscription, from, messages, region } => {
                Ok(self.decide_step_of_replay(subscription, from, messages, &region))
            }
            Command::EndDelivery { subscription, sequence, outcome, feedback } => {
                Ok(self.decide_end_delivery(subscription, sequence, outcome, &feedback))
            }
            Command::BeginCall { limits } => Ok(self.decide_begin_call(&limits)),
            Command::EndCall { limits, feedback } => Ok(self.decide_end_call(&limits, &feedback)),
            Command::ChangeEntries { account, changes } => self.decide_change_entries(account, changes),
            Command::GetEntry { key } => Ok(self.decide_get_entry(&key)),
            Command::ListEntries { account, prefix, after, max } => {
                Ok(self.decide_list_entries(account, &prefix, after.as_deref(), max))
            }
            Command::Object(command) => self.decide_object(*command, entropy),
            Command::Workflow(command) => self.decide_workflow(*command, entropy),
            Command::MoveMessages { source } => Ok(self.decide_move_messages(source, entropy)),
        }
    }
}
