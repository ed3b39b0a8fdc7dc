//! What holds in any story: random scripts, played with all the checks that a told one gets.
//!
//! A script that fails is shown shortened; as a scenario of its own it shows the fault, and then that it is mended.

use proptest::prelude::*;

use super::script::Story;

/// Lines between two looks at everything; each line alone is checked against the ledger and the order of groups.
const LINES_A_LOOK: usize = 6;

const SETTING: [&str; 10] = [
    "queue d visibility=5 retention=120",
    "queue a visibility=10 retention=90 dead-letters=d after=2",
    "queue d.fifo content-deduplication retention=120",
    "queue a.fifo content-deduplication visibility=10 retention=90 delay=1 dead-letters=d.fifo after=2",
    "queue b.fifo per-group visibility=0",
    "function f concurrency=3",
    "map a f batch=3 concurrency=2",
    "map a.fifo f batch=3",
    "map d f partial",
    "map d.fifo f",
];

fn queue() -> impl Strategy<Value = &'static str> {
    prop_oneof![4 => Just("a"), 4 => Just("a.fifo"), 1 => Just("b.fifo"), 1 => Just("d"), 1 => Just("d.fifo")]
}

fn entry() -> impl Strategy<Value = String> {
    let options = prop_oneof![
        4 => (0..3u8, 0..30u8).prop_map(|(group, id)| format!("group=g{group} dedup=d{id}")),
        4 => (0..3u8).prop_map(|group| format!("group=g{group}")),
        4 => Just(String::new()),
        1 => (0..30u8).prop_map(|delay| format!("delay={delay}")),
        2 => (0..9u8, 0..2u16).prop_map(|(id, hours)| format!("group=h dedup=w{id} window={}", 400 * hours)),
        1 => Just("group=g size=1048577".to_owned()),
    ];
    (0..50u8, options).prop_map(|(body, options)| format!("m{body} {options}"))
}

fn handle() -> impl Strategy<Value = String> {
    (1..12u8, 0..3u8).prop_map(|(message, receive)| match receive {
        0 => format!("#{message}"),
        receive => format!("#{message}x{receive}"),
    })
}

fn line() -> impl Strategy<Value = String> {
    let outcome = prop_oneof![
        3 => Just("succeeded"), 2 => Just("failed"), 2 => Just("partly 0"), 1 => Just("partly 1 2"), 1 => Just("lost"),
    ];
    let seldom = [
        "restart",
        "clean",
        "clean 10",
        "end-lost",
        "woken",
        "functions",
        "list",
        "unmap a f",
        "publish-version f",
        "function f concurrency=3 code=two",
        "delete-version f 1",
        "alias f live 1",
        "treat f retries=1 age=90 failure=a success=a.fifo",
        "map a f batch=3 window=5",
        "delete-function f",
        "purge a",
        "faults a delay=0.2 delay-seconds=3 drop=0.1 reorder=0.3 seed=1",
        "faults a.fifo delay=0.1 delay-seconds=2 drop=0.1 seed=2",
        "purge a.fifo",
        "tag a x:1",
        "set a.fifo delay=3 retention=60",
        "set a.fifo delay=0 retention=90",
        "set a retention=60",
        "set d.fifo content-deduplication visibility=7",
        "peek a",
        "delete-queue a",
        "delete-queue d",
        "delete-queue a.fifo",
        "delete-queue d.fifo",
        "redrive d",
        "redrive d to=a rate=2",
        "redrive d to=e",
        "redrive d rate=1",
        "redrive d.fifo",
        "redrive d.fifo to=b.fifo rate=3",
        "cancel-redrive d %1",
        "cancel-redrive d.fifo %2",
        "redrives d",
        "redrives d.fifo",
        "queue e retention=60 delay=5 dead-letters=d after=1",
        "delete-queue e",
    ];
    prop_oneof![
        8 => (queue(), prop::collection::vec(entry(), 1..4))
            .prop_map(|(queue, entries)| format!("send {queue} {}", entries.join(" | "))),
        6 => (queue(), 1..=10u8).prop_map(|(queue, max)| format!("receive {queue} max={max}")),
        2 => (1..=10u8, 0..3u8).prop_map(|(max, id)| format!("receive a.fifo max={max} request=r{id}")),
        2 => (queue(), 1..=10u8, 0..40u8)
            .prop_map(|(queue, max, timeout)| format!("receive {queue} max={max} visibility={timeout}")),
        5 => (queue(), handle(), handle()).prop_map(|(queue, one, other)| format!("delete {queue} {one} {other}")),
        3 => (queue(), handle(), 0..40u8)
            .prop_map(|(queue, handle, timeout)| format!("visibility {queue} {handle}={timeout}")),
        6 => queue().prop_map(|queue| format!("dispatch {queue}")),
        2 => prop::sample::select(vec!["event f", "event f:1", "event f:live"]).prop_map(str::to_owned),
        2 => (1..3u8).prop_map(|max| format!("run max={max}")),
        2 => (1..12u8, prop::sample::select(vec!["succeeded", "failed", "not-run"]))
            .prop_map(|(event, outcome)| format!("ran ~{event} {outcome}")),
        5 => (1..8u8, outcome).prop_map(|(attempt, outcome)| format!("end !{attempt} {outcome}")),
        4 => (1..20_000u16).prop_map(|time| format!("+{time}ms")),
        1 => (1..200u8).prop_map(|time| format!("+{time}s")),
        3 => prop::sample::select(seldom.to_vec()).prop_map(str::to_owned),
        2 => prop_oneof![Just("move"), Just("moves"), Just("redrive d"), Just("redrive d.fifo")].prop_map(str::to_owned),
        1 => prop::sample::select(SETTING.to_vec()).prop_map(str::to_owned),
    ]
}

/// Lines about one standard queue with tenants, some of which are noisy at times.
fn tenants_line() -> impl Strategy<Value = String> {
    let some = || (1..90u8).prop_map(|message| format!("#{message}"));
    let send = |group: u8| if group == 0 { "m".to_owned() } else { format!("m group=g{group}") };
    prop_oneof![
        6 => prop::collection::vec((0..12u8).prop_map(send), 1..9).prop_map(|entries| format!("send t {}", entries.join(" | "))),
        1 => (1..3u8).prop_map(|group| format!("send t {}", vec![format!("m group=g{group}"); 40].join(" | "))),
        9 => (1..=10u8).prop_map(|max| format!("receive t max={max}")),
        2 => Just("dispatch t".to_owned()),
        4 => (some(), some()).prop_map(|(one, other)| format!("delete t {one} {other}")),
        3 => (some(), 0..40u8).prop_map(|(message, timeout)| format!("visibility t {message}={timeout}")),
        2 => (1..20u8).prop_map(|time| format!("+{time}s")),
        1 => Just("restart".to_owned()),
    ]
}

const TOPICS_SETTING: [&str; 19] = [
    "queue d visibility=5 retention=120",
    "queue a visibility=10 retention=90 dead-letters=d after=1",
    "queue b delay=1",
    "queue d.fifo retention=120",
    "queue a.fifo visibility=10 retention=90 dead-letters=d.fifo after=2",
    "function f concurrency=2",
    "map b f batch=3",
    "topic t",
    "topic u",
    "topic t.fifo content-deduplication",
    r#"set-topic t.fifo ArchivePolicy {"MessageRetentionPeriod":"1"}"#,
    "subscribe t a",
    "subscribe t b raw dead-letters=d",
    "subscribe t https:w dead-letters=d",
    "subscribe t lambda:f dead-letters=a",
    "subscribe u lambda:f",
    "subscribe u a",
    "subscribe t.fifo a.fifo dead-letters=d.fifo",
    "subscribe t.fifo b",
];

/// Lines about topics, their subscribers, and what becomes of the copies.
fn topics_line() -> impl Strategy<Value = String> {
    let topic = || prop_oneof![4 => Just("t"), 2 => Just("u"), 3 => Just("t.fifo")];
    let queue = || prop::sample::select(vec!["a", "b", "d", "a.fifo", "d.fifo"]);
    let entry = prop_oneof![
        3 => (0..30u8, 0..3u8).prop_map(|(body, group)| format!("m{body} group=g{group}")),
        2 => (0..30u8, 0..12u8).prop_map(|(body, count)| format!("m{body} group=g attributes={count}")),
        2 => (0..30u8).prop_map(|body| format!("m{body}")),
        1 => (0..9u8).prop_map(|id| format!("m group=g dedup=x{id}")),
        1 => Just("m group=g for=https:own".to_owned()),
    ];
    let copy = || {
        let endpoint = prop::sample::select(vec!["a", "b", "https:w", "lambda:f", "a.fifo"]);
        (1..20u8, endpoint).prop_map(|(message, endpoint)| format!("#{message}@{endpoint}"))
    };
    let attempt = || prop_oneof![3 => Just("first"), 2 => Just("last")];
    let seldom = [
        "restart",
        "clean",
        "clean 10",
        "clean 3",
        "woken",
        "confirm t https:w",
        "unsubscribe t https:w",
        "unsubscribe t https:w anonymous",
        "unsubscribe t a",
        "unsubscribe t lambda:f",
        "unsubscribe t.fifo a.fifo",
        "set-topic t DisplayName x",
        r#"set-subscription t https:w DeliveryPolicy {"throttlePolicy":{"maxReceivesPerSecond":1}}"#,
        r#"set-subscription t https:w DeliveryPolicy {"throttlePolicy":{"maxReceivesPerSecond":3}}"#,
        r#"set-subscription t https:w DeliveryPolicy {"healthyRetryPolicy":{"numRetries":1}}"#,
        "set-topic t.fifo FifoThroughputScope MessageGroup",
        "set-subscription t a RawMessageDelivery true",
        "tag-topic t a:b",
        "delete-topic t",
        "delete-topic u",
        "delete-topic t.fifo",
        "subscriptions t",
        "delete-queue a",
        "delete-queue d",
        "delete-queue a.fifo",
        "purge a",
        "redrive d",
        "redrive d to=b rate=2",
        "redrive d.fifo to=a.fifo",
        "moves",
        "function f concurrency=1",
        "function f concurrency=3",
        "delete-function f",
        "unmap b f",
        "map b f",
        "+2d",
        r#"set-topic t.fifo ArchivePolicy {"MessageRetentionPeriod":"1"}"#,
        r#"set-topic t.fifo ArchivePolicy {"MessageRetentionPeriod":"2"}"#,
        "set-topic t.fifo ArchivePolicy {}",
        "set-subscription t.fifo a.fifo ReplayPolicy {}",
        "replay",
        "replay max=1",
    ];
    prop_oneof![
        8 => (topic(), prop::collection::vec(entry, 1..4))
            .prop_map(|(topic, entries)| format!("publish {topic} {}", entries.join(" | "))),
        4 => (1..6u8).prop_map(|max| format!("begin max={max}")),
        2 => Just("begin".to_owned()),
        3 => attempt().prop_map(|attempt| format!("delivered {attempt}")),
        4 => attempt().prop_map(|attempt| format!("failed {attempt}")),
        2 => attempt().prop_map(|attempt| format!("refused {attempt}")),
        6 => (queue(), 1..=10u8).prop_map(|(queue, max)| format!("receive {queue} max={max}")),
        4 => (queue(), copy()).prop_map(|(queue, copy)| format!("delete {queue} {copy}")),
        2 => (queue(), copy(), 0..20u8).prop_map(|(queue, copy, timeout)| format!("visibility {queue} {copy}={timeout}")),
        3 => Just("dispatch b".to_owned()),
        3 => (1..8u8, prop_oneof![Just("succeeded"), Just("failed"), Just("partly 0")])
            .prop_map(|(attempt, outcome)| format!("end !{attempt} {outcome}")),
        4 => (1..20_000u16).prop_map(|time| format!("+{time}ms")),
        2 => (1..100u8).prop_map(|time| format!("+{time}s")),
        3 => prop::sample::select(seldom.to_vec()).prop_map(str::to_owned),
        1 => prop_oneof![Just("a.fifo"), Just("b")].prop_map(|queue| {
            let policy = r#"{"PointType":"Timestamp","StartingPoint":"2026-01-01T00:00:00Z"}"#;
            format!("set-subscription t.fifo {queue} ReplayPolicy {policy}")
        }),
        2 => prop::sample::select(vec!["replay", "replay max=1"]).prop_map(str::to_owned),
        2 => prop::sample::select(TOPICS_SETTING.to_vec()).prop_map(str::to_owned),
    ]
}

/// Begins and fails whatever is due, at last for good, until nothing is left: every row ends without anybody looking for
/// it.
fn deliver_everything(story: &mut Story) {
    for round in 0..100 {
        // Functions are tried for weeks.
        let end = if round < 10 { "failed first" } else { "refused first" };
        // Those that go on are what a function's concurrency is used up by.
        while story.play(end) != "no such attempt" || story.play("begin") != "nothing" {}
        if story.world.broker.topics.subscriptions.values().all(|known| known.outbox.len() == 0) {
            return;
        }
        story.play("+1h");
    }
    panic!("something is left that nobody delivers");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Every copy is somewhere and ends once, nothing that is due is forgotten, no function runs too often, and a restart,
    /// before and after cleaning, finds what was there.
    #[test]
    fn any_script_about_topics_keeps_all_promises(lines in prop::collection::vec(topics_line(), 1..80)) {
        let mut story = Story::new();
        for line in TOPICS_SETTING {
            story.play(line);
        }
        for (number, line) in lines.iter().enumerate() {
            if story.knows(line) {
                story.play(line);
            }
            if number % LINES_A_LOOK == 0 {
                story.world.verify();
            }
        }
        story.world.verify();
        for attempt in 1..=99 {
            if story.knows(&format!("end !{attempt} failed")) {
                story.play(&format!("end !{attempt} failed"));
            }
        }
        while story.play("replay") != "nothing" {}
        deliver_everything(&mut story);
        story.world.verify();
        story.play("+15d");
        story.world.verify();
        prop_assert_eq!(story.world.broker.alive_bytes(), 0, "in the end everything has ended");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Whoever is noisy comes last, everything else in order; a restart, before and after cleaning, agrees.
    #[test]
    fn any_script_about_tenants_is_fair(lines in prop::collection::vec(tenants_line(), 1..60)) {
        let mut story = Story::new();
        for line in ["queue u", "queue t visibility=25 retention=90 dead-letters=u after=3", "function f", "map t f batch=4"] {
            story.play(line);
        }
        for (number, line) in lines.iter().enumerate() {
            if story.knows(line) {
                story.play(line);
            }
            if number % LINES_A_LOOK == 0 {
                story.world.verify();
            }
        }
        story.world.verify();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Nothing panics, groups keep their order, every message ends once, and a restart finds what was there.
    #[test]
    fn any_script_keeps_all_promises(lines in prop::collection::vec(line(), 1..80)) {
        let mut story = Story::new();
        for line in SETTING {
            story.play(line);
        }
        for (number, line) in lines.iter().enumerate() {
            if story.knows(line) {
                story.play(line);
            }
            if number % LINES_A_LOOK == 0 {
                story.world.verify();
            }
        }
        story.world.verify();
        story.play("restart");
        story.play("+15d");
        // Too old by now, and nobody is told.
        story.play("treat f");
        story.play("run");
        story.world.verify();
        prop_assert_eq!(story.world.broker.alive_bytes(), 0, "in the end everything has ended");
    }
}
