//! What filter policies cost a notification, for each subscription of its topic: compiled, and interpreted on trees of
//! JSON as one would at first.

mod naive;
mod samples;

use std::array;
use std::hint::black_box;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use bongsu_event_pattern::{Attributes, Body, FilterPolicy, Scope, Verdict};
use serde_json::Value;

use super::Findings;
use crate::checks::Check;
use samples::Notification;

/// Subscriptions of a topic.
const SUBSCRIPTIONS: [usize; 3] = [1, 100, SUBSCRIPTIONS_MAX];
const SUBSCRIPTIONS_MAX: usize = 1000;
/// Different ones, so that the processor does not learn the answers by heart.
const NOTIFICATIONS: usize = 64;
/// For a subscription among the most of them, with its share of what the notification costs to read.
const NANOS_MAX: f64 = 100.0;

/// Matches notifications against policies of mixed operators, for `duration` in each scope.
pub fn measure(duration: Duration) -> Result<Findings> {
    let notifications: Vec<Notification> = (0..NOTIFICATIONS).map(Notification::sample).collect();
    let mut found = Findings::default();
    for scope in [Scope::MessageAttributes, Scope::MessageBody] {
        measure_scope(scope, &notifications, duration / (SUBSCRIPTIONS.len() + 1) as u32, &mut found)?;
    }
    Ok(found)
}

fn measure_scope(scope: Scope, all: &[Notification], duration: Duration, found: &mut Findings) -> Result<()> {
    let what = match scope {
        Scope::MessageAttributes => "5 attributes",
        Scope::MessageBody => "1 KiB body",
    };
    let texts: Vec<String> = (0..SUBSCRIPTIONS_MAX).map(|number| samples::policy(number, scope)).collect();
    let compiled = texts.iter().map(|text| FilterPolicy::parse(text, scope)).collect::<Result<Vec<_>, _>>()?;
    let parsed: Vec<Value> = texts.iter().map(|text| serde_json::from_str(text)).collect::<Result<_, _>>()?;
    let [read] = nanos_each(all, duration, [&|notification| admitted(&[], scope, notification)])?;
    found.tell(format!("{what}, read once"), read, "ns");
    for count in SUBSCRIPTIONS {
        let compiled = |notification: &Notification| admitted(&compiled[..count], scope, notification);
        let naive = |notification: &Notification| naively(&parsed[..count], scope, notification);
        let mut admitted = 0;
        for notification in all {
            let (one, other) = (compiled(notification)?, naive(notification)?);
            ensure!(one == other, "{one} policies admit {}, naively {other}", notification.body);
            admitted += one;
        }
        let [fast, slow] = nanos_each(all, duration, [&compiled, &naive])?;
        let policies = if count == 1 { "policy" } else { "policies" };
        let named = |how: &str| format!("{what}, {count} {policies}, {how}");
        found.tell(named("admitted"), 100.0 * admitted as f64 / (all.len() * count) as f64, "%");
        found.tell(named("a subscription"), fast / count as f64, "ns");
        found.tell(named("notifications"), 1e9 / fast, "a second");
        found.tell(named("a subscription, naively"), slow / count as f64, "ns");
        found.tell(named("naively to compiled"), slow / fast, "times");
        if count == SUBSCRIPTIONS_MAX {
            let what = format!("filters, {what}, {count} policies");
            found.checks.push(Check::at_most(&what, fast / count as f64, NANOS_MAX, "ns a subscription"));
        }
    }
    Ok(())
}

/// How many policies admit the notification, which is read for them.
fn admitted(policies: &[FilterPolicy], scope: Scope, notification: &Notification) -> Result<usize> {
    let count = |admits: &dyn Fn(&FilterPolicy) -> Verdict| {
        policies.iter().filter(|policy| admits(policy) == Verdict::Admitted).count()
    };
    Ok(match scope {
        Scope::MessageAttributes => {
            let attributes = Attributes::read(&black_box(notification).attributes());
            count(&|policy| policy.admits_attributes(black_box(&attributes)))
        }
        Scope::MessageBody => {
            let body = Body::read(&black_box(notification).body);
            count(&|policy| policy.admits_body(black_box(&body)))
        }
    })
}

/// The same on trees of JSON.
fn naively(policies: &[Value], scope: Scope, notification: &Notification) -> Result<usize> {
    let tree = match scope {
        Scope::MessageAttributes => naive::tree(&black_box(notification).attributes())?,
        Scope::MessageBody => serde_json::from_str(&black_box(notification).body)?,
    };
    Ok(policies.iter().filter(|policy| naive::admits(policy, &tree)).count())
}

type Call<'c> = &'c dyn Fn(&Notification) -> Result<usize>;

/// What each call takes for a notification: of each notification the quickest time, for the others are those of a
/// machine that did something else meanwhile. The calls take turns, so that none has the quiet times for itself.
fn nanos_each<const N: usize>(all: &[Notification], duration: Duration, calls: [Call<'_>; N]) -> Result<[f64; N]> {
    let begun = Instant::now();
    let mut quickest: [Vec<Duration>; N] = array::from_fn(|_| vec![Duration::MAX; all.len()]);
    while begun.elapsed() < duration {
        for (call, times) in calls.iter().zip(&mut quickest) {
            for (notification, time) in all.iter().zip(times) {
                let begun = Instant::now();
                black_box(call(notification)?);
                *time = begun.elapsed().min(*time);
            }
        }
    }
    Ok(quickest.map(|times| times.iter().sum::<Duration>().as_secs_f64() * 1e9 / all.len() as f64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_admit_the_same_and_some_of_them() {
        let found = measure(Duration::from_millis(1)).unwrap();
        let table = found.table(crate::subject::Subject::Filters).text();
        assert!(table.contains("1 KiB body, 1000 policies, a subscription"), "{table}");
        assert_eq!(found.checks.len(), 2);
    }

    #[test]
    fn a_body_is_a_kibibyte() {
        for number in 0..NOTIFICATIONS {
            let bytes = Notification::sample(number).body.len();
            assert!((1000..1050).contains(&bytes), "{bytes}");
        }
    }
}
