//! Room in the journal: how much there is, and who is refused when it runs out.

use bongsu_broker::{Command, Rejection, Seconds, Timestamp};

use crate::shard::Shard;

/// How soon a full disk is asked again whether it has space by now.
const PREPARE_AGAIN_AFTER: Seconds = Seconds(1);

impl Shard {
    /// Begins cleaning if it is due, notes how much room there is, and has more prepared when it is low.
    pub(crate) fn look_at_journal(&mut self) {
        let span = self.journal.span();
        self.cleaner.consider(&self.broker, &span, &self.limits);
        (self.room, self.is_full) = (span.room, span.is_full);
        self.room_for_cleaning = if span.is_full { self.cleaner.need(&self.broker, &span) } else { 0 };
        if !self.wants_room() {
            (self.room_is_scarce, self.prepare_again_at) = (false, Timestamp(0));
            return;
        }
        if self.preparing.is_none() && self.broker.now() >= self.prepare_again_at {
            self.prepare_again_at = self.broker.now() + PREPARE_AGAIN_AFTER;
            self.preparing = Some(self.journal.prepare());
        }
        self.room_is_scarce = span.is_full || self.preparing.is_none();
    }

    /// Refuses what could not be made durable, before it changes anything.
    pub(crate) fn admit(&self, command: &Command) -> Result<(), Rejection> {
        let kept = match command {
            Command::DescribeQueue { .. }
            | Command::ListQueues { .. }
            | Command::ListDeadLetterSources { .. }
            | Command::Peek { .. }
            | Command::ListFunctions
            | Command::DescribeSchedule { .. }
            | Command::ListSchedules { .. }
            | Command::DescribePipe { .. }
            | Command::ListPipes
            | Command::DescribeFunction { .. }
            | Command::ListVersions { .. }
            | Command::ListAliases { .. }
            | Command::ListInvokeConfigs { .. }
            | Command::ListMoveTasks { .. }
            | Command::DescribeTopic { .. }
            | Command::ListTopics { .. }
            | Command::DescribeSubscription { .. }
            | Command::ListSubscriptions { .. }
            | Command::ListSubscriptionsByTopic { .. }
            | Command::GetEntry { .. }
            | Command::ListEntries { .. } => return Ok(()),
            Command::Object(command) if command.only_looks() => return Ok(()),
            Command::Workflow(command) if command.only_looks() => return Ok(()),
            Command::Object(command) if command.lets_go() => self.limits.room_kept_for_cleaning,
            Command::Workflow(command) if command.lets_go() => self.limits.room_kept_for_cleaning,
            Command::Object(_)
            | Command::Workflow(_)
            | Command::Send { .. }
            | Command::CreateQueue { .. }
            | Command::SetQueueAttributes { .. }
            | Command::TagQueue { .. }
            | Command::AddPermission { .. }
            | Command::PutFunction { .. }
            | Command::SetConcurrency { .. }
            | Command::PublishVersion { .. }
            | Command::PutAlias { .. }
            | Command::PutInvokeConfig { .. }
            | Command::PutMapping { .. }
            | Command::PutPipe { .. }
            | Command::ConcludeAttempt { .. }
            | Command::PutSchedule { .. }
            | Command::QueueInvocation { .. }
            | Command::CreateTopic { .. }
            | Command::SetTopicAttribute { .. }
            | Command::TagTopic { .. }
            | Command::AddTopicPermission { .. }
            | Command::Subscribe { .. }
            | Command::ConfirmSubscription { .. }
            | Command::SetSubscriptionAttribute { .. }
            | Command::Publish { .. }
            | Command::ChangeEntries { .. } => self.limits.room_kept_from_sends + self.room_for_cleaning,
            _ => self.limits.room_kept_for_cleaning,
        };
        if self.has_room_beyond(kept) { Ok(()) } else { Err(Rejection::StorageFull) }
    }

    pub(crate) fn wants_room(&self) -> bool {
        self.is_full || self.is_room_low()
    }

    pub(crate) fn is_room_low(&self) -> bool {
        !self.has_room_beyond(self.limits.room_kept_from_sends)
    }

    pub(crate) fn has_room_beyond(&self, kept: u64) -> bool {
        self.room() >= kept + self.limits.command_bytes_max as u64
    }

    /// Bytes that the journal can surely still take, besides what is on its way.
    pub(crate) fn room(&self) -> u64 {
        self.room.saturating_sub(self.batch.bytes_len() as u64)
    }
}
