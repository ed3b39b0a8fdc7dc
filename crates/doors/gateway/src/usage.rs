//! Usage plans of REST APIs: who has a key, how fast it may be used, and how often in a day, a week or a month.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use hyper::{HeaderMap, header::HeaderName};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use sha2::{Digest, Sha256};

use crate::{Secret, Throttle, failure::Failure, throttle::Bucket};

const API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// Keys, and what they are good for.
#[derive(Clone, Debug)]
pub struct UsagePlan {
    /// Unique among all plans. A plan that several APIs name is the same one: its quotas are used up together.
    pub id: String,
    /// The stages of the API that its keys are for.
    pub stages: Vec<String>,
    /// Who may.
    pub keys: Vec<ApiKey>,
    /// Of each key.
    pub throttle: Option<Throttle>,
    /// Of each key.
    pub quota: Option<Quota>,
}

/// What somebody proves to be allowed by.
#[derive(Clone, Debug)]
pub struct ApiKey {
    /// What events call `apiKeyId`.
    pub id: String,
    /// What is sent.
    pub value: Secret,
}

/// How often a key may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// Requests in each period.
    pub limit: u32,
    /// In UTC.
    pub period: Period,
}

/// After which a quota begins anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Period {
    /// At midnight.
    Day,
    /// On Sunday.
    Week,
    /// On the first.
    Month,
}

/// The key that a request has shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UsedKey {
    pub(crate) id: String,
    pub(crate) value: String,
}

/// The id of a plan and that of a key of it.
pub(crate) type MeterName = (String, String);

/// The meters of all plans: one a key.
#[derive(Default)]
pub(crate) struct Meters(BTreeMap<MeterName, Arc<Meter>>);

/// How much of its plan a key has used.
struct Meter {
    bucket: Option<Bucket>,
    quota: Option<Quota>,
    used: Mutex<Used>,
}

#[derive(Clone, Copy, Default)]
struct Used {
    /// The first day of the period.
    since: Option<Date>,
    requests: u32,
}

/// The keys that one stage takes. They are found by their hash, so that how long it takes says nothing about them.
pub(crate) struct StageKeys(BTreeMap<[u8; 32], (String, Arc<Meter>)>);

impl Meters {
    /// The keys that the plans have for a stage; what is wrong with them.
    pub(crate) fn of_stage(&mut self, plans: &[UsagePlan], stage: &str) -> Result<StageKeys, String> {
        let mut keys = BTreeMap::new();
        for plan in plans.iter().filter(|plan| plan.stages.iter().any(|name| name == stage)) {
            for key in &plan.keys {
                let new = || {
                    let bucket = plan.throttle.map(Bucket::new);
                    Arc::new(Meter { bucket, quota: plan.quota, used: Mutex::default() })
                };
                let meter = self.0.entry((plan.id.clone(), key.id.clone())).or_insert_with(new).clone();
                if keys.insert(hash(key.value.bytes()), (key.id.clone(), meter)).is_some() {
                    return Err(format!("two keys of the stage `{stage}` have one value, or a key is in two plans"));
                }
            }
        }
        Ok(StageKeys(keys))
    }

    /// Goes on counting where others were.
    pub(crate) fn take_over(&self, before: &Meters) {
        for (name, meter) in &self.0 {
            if let Some(before) = before.0.get(name) {
                *meter.used() = *before.used();
            }
        }
    }
}

impl StageKeys {
    /// The key of a request, once it may be used one time more.
    pub(crate) fn admit(&self, shown: Option<String>, now_ms: u64) -> Result<UsedKey, Failure> {
        let value = shown.ok_or(Failure::NoKey)?;
        let (id, meter) = self.0.get(&hash(value.as_bytes())).ok_or(Failure::NoKey)?;
        meter.admit(now_ms)?;
        Ok(UsedKey { id: id.clone(), value })
    }
}

/// The key in a request's headers.
pub(crate) fn key_in(headers: &HeaderMap) -> Option<String> {
    headers.get(API_KEY).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

impl Meter {
    fn used(&self) -> std::sync::MutexGuard<'_, Used> {
        self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn admit(&self, now_ms: u64) -> Result<(), Failure> {
        if let Some(quota) = self.quota {
            let (mut used, since) = (self.used(), quota.period.began(now_ms));
            if used.since != Some(since) {
                *used = Used { since: Some(since), requests: 0 };
            }
            if used.requests >= quota.limit {
                return Err(Failure::QuotaUsed);
            }
            if self.bucket.as_ref().is_some_and(|bucket| !bucket.admits(now_ms)) {
                return Err(Failure::Throttled);
            }
            used.requests += 1;
            return Ok(());
        }
        match &self.bucket {
            Some(bucket) if !bucket.admits(now_ms) => Err(Failure::Throttled),
            _ => Ok(()),
        }
    }
}

impl Period {
    /// The first day of the period that a time is in.
    fn began(self, now_ms: u64) -> Date {
        let now = i64::try_from(now_ms).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok());
        let today = now.unwrap_or(Timestamp::MAX).to_zoned(TimeZone::UTC).date();
        match self {
            Self::Day => today,
            Self::Week => {
                let since_sunday = i64::from(today.weekday().to_sunday_zero_offset());
                today.checked_sub(jiff::Span::new().days(since_sunday)).unwrap_or(today)
            }
            Self::Month => today.first_of_month(),
        }
    }
}

fn hash(value: &[u8]) -> [u8; 32] {
    Sha256::digest(value).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY_MS: u64 = 86_400_000;
    /// A Friday, the 15th of May 2020.
    const NOW_MS: u64 = 1_589_522_469_693;

    fn plan(throttle: Option<Throttle>, quota: Option<Quota>) -> UsagePlan {
        let key = |id: &str| ApiKey { id: id.into(), value: format!("the-value-of-{id}").as_str().into() };
        UsagePlan { id: "p".into(), stages: vec!["prod".into()], keys: vec![key("a"), key("b")], throttle, quota }
    }

    fn stage(plans: &[UsagePlan]) -> StageKeys {
        Meters::default().of_stage(plans, "prod").unwrap()
    }

    fn outcome(keys: &StageKeys, key: &str, now_ms: u64) -> String {
        match keys.admit(Some(format!("the-value-of-{key}")), now_ms) {
            Ok(used) => used.id,
            Err(failure) => failure.to_string(),
        }
    }

    #[test]
    fn only_a_key_of_the_stage_is_taken() {
        let plans = [plan(None, None)];
        let keys = stage(&plans);
        assert_eq!(outcome(&keys, "a", NOW_MS), "a");
        let refused = "the request has no key of a usage plan of this stage";
        assert_eq!(outcome(&keys, "c", NOW_MS), refused);
        assert_eq!(keys.admit(None, NOW_MS).unwrap_err().to_string(), refused);
        let other = Meters::default().of_stage(&plans, "test").unwrap();
        assert_eq!(outcome(&other, "a", NOW_MS), refused);
    }

    #[test]
    fn a_quota_is_of_each_key_and_of_each_period() {
        for (period, next_ms) in [(Period::Day, DAY_MS), (Period::Week, 2 * DAY_MS), (Period::Month, 17 * DAY_MS)] {
            let keys = stage(&[plan(None, Some(Quota { limit: 2, period }))]);
            let mut told = Vec::new();
            for (key, now_ms) in [("a", 0), ("a", 0), ("a", 0), ("b", 0), ("a", next_ms - DAY_MS / 2), ("a", next_ms)] {
                told.push(outcome(&keys, key, NOW_MS + now_ms));
            }
            let used_up = "the key's quota is used up";
            assert_eq!(told, ["a", "a", used_up, "b", used_up, "a"], "{period:?}");
        }
    }

    #[test]
    fn what_is_throttled_uses_nothing_of_the_quota() {
        let throttle = Some(Throttle { rate: 1.0, burst: 1 });
        let keys = stage(&[plan(throttle, Some(Quota { limit: 2, period: Period::Day }))]);
        let told: Vec<_> = [0, 0, 1000, 2000].map(|after| outcome(&keys, "a", NOW_MS + after)).into();
        assert_eq!(told, ["a", "the route's requests are throttled", "a", "the key's quota is used up"]);
    }

    #[test]
    fn other_apis_go_on_counting() {
        let plans = [plan(None, Some(Quota { limit: 1, period: Period::Day }))];
        let (mut old, mut new) = (Meters::default(), Meters::default());
        let (before, after) = (old.of_stage(&plans, "prod").unwrap(), new.of_stage(&plans, "prod").unwrap());
        assert_eq!(outcome(&before, "a", NOW_MS), "a");
        new.take_over(&old);
        assert_eq!(outcome(&after, "a", NOW_MS), "the key's quota is used up");
    }

    #[test]
    fn a_key_is_in_one_plan_of_a_stage() {
        let twice = [plan(None, None), UsagePlan { id: "q".into(), ..plan(None, None) }];
        assert!(Meters::default().of_stage(&twice, "prod").is_err());
    }
}
