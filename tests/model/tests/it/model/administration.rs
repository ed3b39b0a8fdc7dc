//! Making, changing, tagging, purging, deleting and listing queues.

use super::*;

impl Model {
    /// "Same name again: success if every attribute supplied equals the queue's current value."
    pub(crate) fn create(
        &mut self,
        name: &str,
        given: &[Setting],
        tags: &[(String, String)],
        cooldown: bool,
        answer: &Answer,
    ) {
        let mut attributes = Attributes::default();
        given.iter().for_each(|setting| attributes.set(setting));
        let faults = attributes.faults(name, given);
        if !faults.is_empty() {
            return refused(answer, &faults);
        }
        if let Some(queue) = self.find(name) {
            return match given.iter().all(|setting| queue.attributes.has(setting)) {
                true => done(answer),
                false => refused(answer, &["QueueExists"]),
            };
        }
        let mut faults = self.redrive_faults(name, given);
        // "Re-creating within 60 s of deletion: QueueDeletedRecently; make it an option." Cleaning may forget a deletion.
        let is_recent = |deleted: &&Deleted| deleted.name == name && self.now < deleted.at + MINUTE;
        let deleted = self.deleted.iter().filter(|_| cooldown).find(is_recent);
        let is_refused = deleted.is_some_and(|deleted| !deleted.is_cleaned || answer.is_err());
        if is_refused {
            faults.push("QueueDeletedRecently");
        }
        if tags.len() > TAGS_MAX {
            faults.push("TooManyTags");
        }
        if !faults.is_empty() {
            return refused(answer, &faults);
        }
        done(answer);
        // "Changed after creation, the effective scope did not change."
        attributes.deduplicates_per_group = attributes.scope_per_group;
        self.deleted.retain(|deleted| deleted.name != name);
        self.queues.push(Queue {
            name: name.to_owned(),
            id: QueueId(0),
            attributes,
            tags: tags.iter().cloned().collect(),
            created_at: self.now,
            modified_at: self.now,
            purged_at: None,
            messages: Vec::new(),
            remembered: Vec::new(),
            requests: Vec::new(),
            tasks: Vec::new(),
            last_sequence: None,
        });
    }

    /// What speaks against a redrive policy; the rows of its table that a well-formed one can still break.
    fn redrive_faults(&self, source: &str, given: &[Setting]) -> Vec<Fault> {
        let redrive = given.iter().rev().find_map(|setting| match setting {
            Setting::Redrive(redrive) => Some(redrive),
            _ => None,
        });
        let Some(Some((target, _))) = redrive else { return Vec::new() };
        let is_allowed = self.find(target).is_some_and(|target| target.attributes.allows(source));
        let is_same_type = is_fifo(target) == is_fifo(source);
        if is_allowed && is_same_type { Vec::new() } else { vec!["RedrivePolicyInvalid"] }
    }

    /// "All validated before any is applied."
    pub(crate) fn set(&mut self, name: &str, given: &[Setting], answer: &Answer) {
        let place = resolve!(self, name, answer);
        let mut attributes = self.queues[place].attributes.clone();
        given.iter().for_each(|setting| attributes.set(setting));
        let mut faults = attributes.faults(name, given);
        faults.extend(self.redrive_faults(name, given));
        if !faults.is_empty() {
            return refused(answer, &faults);
        }
        done(answer);
        let queue = &mut self.queues[place];
        // "A new DelaySeconds is not retroactive on standard queues but is on FIFO queues."
        if is_fifo(name) && attributes.delay != queue.attributes.delay {
            for message in queue.messages.iter_mut().filter(|message| message.is_delayed(self.now)) {
                message.delayed_until = message.sent_at + u64::from(attributes.delay) * 1000;
            }
        }
        queue.attributes = attributes;
        queue.modified_at = self.now;
        // "A change of MessageRetentionPeriod applies to messages already stored."
        self.expire();
    }

    /// "At most 50 tags; re-tag overwrites."
    pub(crate) fn tag(&mut self, name: &str, added: &[(String, String)], answer: &Answer) {
        let place = resolve!(self, name, answer);
        let mut tags = self.queues[place].tags.clone();
        tags.extend(added.iter().cloned());
        if tags.len() > TAGS_MAX {
            return refused(answer, &["TooManyTags"]);
        }
        done(answer);
        self.queues[place].tags = tags;
    }

    /// "Untagging an absent key is silent."
    pub(crate) fn untag(&mut self, name: &str, keys: &[String], answer: &Answer) {
        let place = resolve!(self, name, answer);
        done(answer);
        self.queues[place].tags.retain(|key, _| !keys.contains(key));
    }

    /// "Removes every message incl. in-flight and delayed and, for FIFO, the dedup history."
    pub(crate) fn purge(&mut self, name: &str, cooldown: bool, answer: &Answer) {
        let place = resolve!(self, name, answer);
        let queue = &mut self.queues[place];
        // "A second call within 60 s: PurgeQueueInProgress; make the rule optional."
        if cooldown && queue.purged_at.is_some_and(|at| self.now < at + MINUTE) {
            return refused(answer, &["PurgeInProgress"]);
        }
        done(answer);
        queue.messages.clear();
        queue.remembered.clear();
        queue.requests.clear();
        queue.purged_at = Some(self.now);
    }

    /// "Deletes messages."
    pub(crate) fn delete_queue(&mut self, name: &str, answer: &Answer) {
        let place = resolve!(self, name, answer);
        done(answer);
        self.queues.remove(place);
        self.deleted.push(Deleted { name: name.to_owned(), at: self.now, is_cleaned: false });
    }

    /// The journal before now may be gone.
    pub(crate) fn clean(&mut self) {
        self.deleted.iter_mut().for_each(|deleted| deleted.is_cleaned = true);
    }

    /// "Prefix is case-sensitive."
    pub(crate) fn list(&self, prefix: &str, answer: &Answer) {
        self.lists(|queue| queue.name.starts_with(prefix), answer);
    }

    /// "Queues whose RedrivePolicy targets this one."
    pub(crate) fn sources(&self, name: &str, answer: &Answer) {
        resolve!(self, name, answer);
        self.lists(|queue| queue.attributes.redrive.as_ref().is_some_and(|(target, _)| target == name), answer);
    }

    fn lists(&self, belongs: impl Fn(&Queue) -> bool, answer: &Answer) {
        let Reply::Queues(listed) = reply(answer) else { panic!("not a list: {answer:?}") };
        let listed: Vec<&str> = listed.iter().map(|queue| &*queue.name).collect();
        let mut expected: Vec<&str> =
            self.queues.iter().filter(|queue| belongs(queue)).map(|queue| queue.name.as_str()).collect();
        expected.sort_unstable();
        assert_eq!(listed, expected, "names");
    }
}
