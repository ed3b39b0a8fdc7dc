//! Calls that begin and end: what that means for how often their keys may be called.

use bongsu_rate_limit::{Bucket, Feedback, Limit};

use crate::{Broker, Decision, Fact, LimitKey, Reply};

impl Broker {
    /// A call begins that may.
    pub(super) fn decide_begin_call(&self, limits: &[(LimitKey, Option<Limit>)]) -> Decision {
        let now = self.now().0;
        let facts = limits
            .iter()
            .filter_map(|(key, limit)| self.changed_limit(key, |bucket| bucket.begin(limit.as_ref(), now)));
        Decision { facts: facts.collect(), ..Decision::reply(Reply::Done) }
    }

    /// A call that runs has ended, and its target said this. It counts for the first of its keys, the narrowest: one
    /// shop that has had enough keeps nobody from the others.
    pub(super) fn decide_end_call(&self, limits: &[(LimitKey, Option<Limit>)], feedback: &Feedback) -> Decision {
        let now = self.now().0;
        let facts = limits.first().and_then(|(key, _)| {
            let others = self.limits.calls.0.running(key).saturating_sub(1);
            self.changed_limit(key, |bucket| bucket.end(feedback, others, now))
        });
        Decision { facts: facts.into_iter().collect(), ..Decision::reply(Reply::Done) }
    }

    /// Nothing, if a change is none.
    pub(super) fn changed_limit(&self, key: &LimitKey, change: impl FnOnce(&mut Bucket)) -> Option<Fact> {
        let before = self.limits.bucket(key);
        let mut bucket = before.clone();
        change(&mut bucket);
        (bucket != before).then(|| Fact::LimitSet { key: key.clone(), bucket })
    }
}
