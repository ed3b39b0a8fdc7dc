//! Steps of a story, and how they are drawn. What a step is about is named by its turn ("the latest handle but two"), so
//! that a story still makes sense when steps before it are cut out.

use std::mem::discriminant;
use std::ops::Range;

use bongsu_broker::DeliveryOutcome;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::BoxedStrategy;

use crate::attributes::{Allow, Setting, is_fifo};
use crate::model::{Entry, FUNCTION};

/// The queues of a story. Those called `d` start as dead-letter queues.
pub(crate) const QUEUES: [&str; 6] = ["a", "b", "d", "a.fifo", "b.fifo", "d.fifo"];

pub(crate) const TOPICS: [&str; 2] = ["t", "t.fifo"];

/// Enough messages of one tenant to make it noisy when most of them are in flight.
const CROWD: usize = 36;

type Tags = Vec<(String, String)>;

/// `Fail` receives until everything receivable has been received often; `Crowd` makes a tenant noisy. `Move` is what the
/// runtime does once move tasks are due; `Deliver` begins attempts at functions and has them all end alike; `MoveAnyway` does it at one queue, whether due or not. `StartAndCancel` starts and
/// cancels until older tasks are forgotten.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Send { queue: &'static str, entries: Vec<Entry> },
    Receive { queue: &'static str, max: usize, visibility: Option<u32>, request: Option<&'static str> },
    Fail { queue: &'static str },
    Crowd { queue: &'static str },
    Delete { queue: &'static str, handles: Vec<Picked> },
    Visibility { queue: &'static str, changes: Vec<(Picked, u32)> },
    Create { queue: &'static str, given: Vec<Setting>, tags: Tags, cooldown: bool },
    Set { queue: &'static str, given: Vec<Setting> },
    Tag { queue: &'static str, tags: Tags },
    Untag { queue: &'static str, keys: Vec<String> },
    Purge { queue: &'static str, cooldown: bool },
    DeleteQueue { queue: &'static str },
    List { prefix: &'static str },
    Sources { queue: &'static str },
    StartMoves { queue: &'static str, to: Option<&'static str>, rate: Option<u32> },
    CancelMoves { queue: &'static str, task: Picked },
    StartAndCancel { queue: &'static str },
    ListMoves { queue: &'static str, max: usize },
    Move,
    MoveAnyway { queue: &'static str },
    CreateTopic { topic: &'static str },
    DeleteTopic { topic: &'static str },
    Subscribe { topic: &'static str, endpoint: &'static str, dead_letters: Option<&'static str> },
    Unsubscribe { topic: &'static str, endpoint: &'static str },
    Publish { topic: &'static str, entries: Vec<Entry> },
    Deliver { max: usize, outcome: DeliveryOutcome },
    Pass(Time),
    Restart,
    Clean { one_in: usize, dies: bool },
}

/// One of the handles that were handed out, or of the tasks that were started, counted from the latest: of this queue, or
/// of any.
#[derive(Clone, Debug)]
pub(crate) struct Picked {
    pub(crate) back: usize,
    pub(crate) of_any: bool,
}

#[derive(Clone, Debug)]
pub(crate) enum Time {
    Milliseconds(u64),
    /// To the next point at which something changes by itself, or a later one; or a moment before or after it. One that
    /// is far only if so wanted: most messages are not to lie there until they expire.
    Deadline {
        later: usize,
        far: bool,
        off: i64,
    },
}

/// What every story starts with.
pub(crate) fn opening() -> Vec<Step> {
    let create =
        |queue, given: &[Setting]| Step::Create { queue, given: given.into(), tags: Vec::new(), cooldown: false };
    let dead_letters = |target: &str, after| Setting::Redrive(Some((target.into(), after)));
    vec![
        create("d", &[]),
        create("d.fifo", &[]),
        create("a", &[Setting::Visibility(10), dead_letters("d", 2)]),
        create("a.fifo", &[Setting::ContentDeduplication(true), Setting::Visibility(10), dead_letters("d.fifo", 2)]),
        create("b", &[Setting::Delay(3), dead_letters("d", 3)]),
        create(
            "b.fifo",
            &[Setting::ScopePerGroup(true), Setting::Visibility(20), Setting::Delay(2), dead_letters("d.fifo", 3)],
        ),
        Step::CreateTopic { topic: "t" },
        Step::CreateTopic { topic: "t.fifo" },
        Step::Subscribe { topic: "t", endpoint: "a", dead_letters: Some("d") },
        Step::Subscribe { topic: "t", endpoint: FUNCTION, dead_letters: Some("b") },
        Step::Subscribe { topic: "t.fifo", endpoint: "a.fifo", dead_letters: Some("d.fifo") },
        Step::Subscribe { topic: "t.fifo", endpoint: "b.fifo", dead_letters: None },
    ]
}

pub(crate) fn step() -> BoxedStrategy<Step> {
    let queue = || select(&QUEUES[..]);
    // Dead letters mostly come from where others are sent to.
    let fed = || prop_oneof![1 => select(vec!["a", "a.fifo"]), 1 => select(&QUEUES[..])];
    let source = || prop_oneof![4 => select(vec!["d", "d.fifo"]), 1 => select(&QUEUES[..])];
    let topic = || select(&TOPICS[..]);
    let endpoint = || prop_oneof![3 => select(&QUEUES[..]), 1 => Just(FUNCTION)];
    let outcome = select(vec![DeliveryOutcome::Delivered, DeliveryOutcome::Failed, DeliveryOutcome::Refused]);
    let cooldown = || prop::bool::weighted(0.5);
    let seconds = select(vec![1, 10, 60, 299, 300, 3600, 43_100]);
    let time = prop_oneof![
        6 => (0..4usize, prop::bool::weighted(0.1), -1..=1i64)
            .prop_map(|(later, far, off)| Time::Deadline { later, far, off }),
        2 => (1..4000u64).prop_map(Time::Milliseconds),
        1 => seconds.prop_map(|seconds: u64| Time::Milliseconds(seconds * 1000)),
    ];
    prop_oneof![
        60 => fed().prop_flat_map(|queue| {
            prop::collection::vec(entry(queue), 1..4).prop_map(move |entries| Step::Send { queue, entries })
        }),
        70 => (queue(), 1..=10usize, prop::option::weighted(0.4, timeout()), prop::option::weighted(0.3, select(vec!["r", "s"])))
            .prop_map(|(queue, max, visibility, request)| Step::Receive { queue, max, visibility, request }),
        24 => prop_oneof![2 => select(vec!["a", "a.fifo"]), 1 => select(vec!["b", "b.fifo"])].prop_map(|queue| Step::Fail { queue }),
        40 => (queue(), prop::collection::vec(picked(), 1..4)).prop_map(|(queue, handles)| Step::Delete { queue, handles }),
        40 => (queue(), prop::collection::vec((picked(), timeout()), 1..3))
            .prop_map(|(queue, changes)| Step::Visibility { queue, changes }),
        70 => time.prop_map(Step::Pass),
        8 => Just(Step::Restart),
        8 => (select(vec![1, 2, 5]), any::<bool>()).prop_map(|(one_in, dies)| Step::Clean { one_in, dies }),
        12 => queue().prop_flat_map(|queue| {
            settings(queue, 1..3).prop_map(move |given| Step::Set { queue, given })
        }),
        8 => queue().prop_flat_map(move |queue| {
            (settings(queue, 0..3), tags(), any::<bool>())
                .prop_map(move |(given, tags, cooldown)| Step::Create { queue, given, tags, cooldown })
        }),
        3 => (queue(), tags()).prop_map(|(queue, tags)| Step::Tag { queue, tags }),
        2 => (queue(), prop::collection::vec(tag_key(), 1..3)).prop_map(|(queue, keys)| Step::Untag { queue, keys }),
        3 => (queue(), cooldown()).prop_map(|(queue, cooldown)| Step::Purge { queue, cooldown }),
        2 => queue().prop_map(|queue| Step::DeleteQueue { queue }),
        1 => select(vec!["", "a", "d.", "x"]).prop_map(|prefix| Step::List { prefix }),
        2 => queue().prop_map(|queue| Step::Sources { queue }),
        16 => (source(), prop::option::weighted(0.4, queue()), prop::option::weighted(0.6, select(vec![1, 3, 10, 15, 500])))
            .prop_map(|(queue, to, rate)| Step::StartMoves { queue, to, rate }),
        3 => (source(), picked()).prop_map(|(queue, task)| Step::CancelMoves { queue, task }),
        1 => source().prop_map(|queue| Step::StartAndCancel { queue }),
        1 => (queue(), 1..=10usize).prop_map(|(queue, max)| Step::ListMoves { queue, max }),
        30 => Just(Step::Move),
        3 => queue().prop_map(|queue| Step::MoveAnyway { queue }),
        3 => select(vec!["b", "d"]).prop_map(|queue| Step::Crowd { queue }),
        30 => topic().prop_flat_map(|topic| {
            prop::collection::vec(entry(topic), 1..4).prop_map(move |entries| Step::Publish { topic, entries })
        }),
        20 => (1..4usize, outcome).prop_map(|(max, outcome)| Step::Deliver { max, outcome }),
        6 => (topic(), endpoint(), prop::option::of(select(vec!["d", "b"])))
            .prop_map(|(topic, endpoint, dead_letters)| {
                // A function has no use for a FIFO topic.
                let topic = if endpoint == FUNCTION { "t" } else { topic };
                let of_fifo = |name| if name == "d" { "d.fifo" } else { "b.fifo" };
                let dead_letters = if is_fifo(topic) { dead_letters.map(of_fifo) } else { dead_letters };
                Step::Subscribe { topic, endpoint, dead_letters }
            }),
        3 => (topic(), endpoint()).prop_map(|(topic, endpoint)| Step::Unsubscribe { topic, endpoint }),
        2 => topic().prop_map(|topic| Step::CreateTopic { topic }),
        1 => topic().prop_map(|topic| Step::DeleteTopic { topic }),
    ]
    .boxed()
}

fn timeout() -> impl Strategy<Value = u32> {
    select(vec![0, 0, 1, 2, 10, 10, 30, 600, 43_199, 43_200])
}

fn picked() -> impl Strategy<Value = Picked> {
    let back = prop_oneof![4 => 0..3usize, 1 => 0..20usize];
    (back, prop::bool::weighted(0.1)).prop_map(|(back, of_any)| Picked { back, of_any })
}

fn plain(body: &str) -> Entry {
    Entry { body: body.into(), attributes_size: 0, group: None, deduplication_id: None, delay: None, window: None }
}

/// What one tenant sends at once.
pub(crate) fn crowd() -> Vec<Entry> {
    let loud = Entry { group: Some("loud".into()), delay: Some(0), ..plain("m") };
    vec![loud; CROWD]
}

/// Mostly what the queue accepts.
fn entry(queue: &'static str) -> impl Strategy<Value = Entry> {
    let text = |values: &[&str]| select(values.iter().map(|value| Some((*value).to_owned())).collect::<Vec<_>>());
    let or_none = |weight, strategy: BoxedStrategy<Option<String>>| {
        (prop::bool::weighted(weight), strategy).prop_map(|(given, value)| value.filter(|_| given)).boxed()
    };
    let (grouped, identified, delayed) = if is_fifo(queue) { (0.97, 0.75, 0.03) } else { (0.3, 0.03, 0.3) };
    let group = or_none(grouped, text(&["g", "h", "i"]).boxed());
    let id = or_none(identified, text(&["x", "y", "z", "v", "w"]).boxed());
    let window = prop_oneof![5 => Just(None), 1 => select(vec![Some(60), Some(301), Some(3600)])];
    let size = prop_oneof![20 => Just(0usize), 1 => Just(1023), 1 => Just(1024)];
    let delay = prop::option::weighted(delayed, select(vec![0, 1, 5, 900]));
    let body = select(vec!["k", "l", "m", "n", "o", "p", "q"]);
    (body, size, group, id, delay, window).prop_map(
        |(body, attributes_size, group, deduplication_id, delay, window)| Entry {
            attributes_size,
            group,
            deduplication_id,
            delay,
            window,
            ..plain(body)
        },
    )
}

/// Each attribute once.
fn settings(queue: &'static str, count: Range<usize>) -> impl Strategy<Value = Vec<Setting>> {
    prop::collection::vec(setting(queue), count).prop_map(|settings| {
        let mut given: Vec<Setting> = Vec::new();
        for setting in settings {
            if given.iter().all(|other| discriminant(other) != discriminant(&setting)) {
                given.push(setting);
            }
        }
        given
    })
}

fn setting(queue: &'static str) -> BoxedStrategy<Setting> {
    let for_any = prop_oneof![
        3 => select(vec![0, 5, 10, 30]).prop_map(Setting::Visibility),
        2 => select(vec![60, 70, 300, 86_400, 1_209_600, 1_209_600]).prop_map(Setting::Retention),
        2 => select(vec![0, 0, 1, 4, 900]).prop_map(Setting::Delay),
        1 => select(vec![1024, 1025, 1_048_576]).prop_map(Setting::Size),
        3 => prop::option::weighted(0.8, (select(&QUEUES[..]), 1..4u32))
            .prop_map(|redrive| Setting::Redrive(redrive.map(|(target, count)| (target.to_owned(), count)))),
        1 => prop_oneof![
            3 => Just(Allow::Everybody),
            1 => Just(Allow::Nobody),
            1 => select(&QUEUES[..]).prop_map(|source| Allow::Only(source.to_owned())),
        ].prop_map(Setting::Allow),
    ];
    let for_fifo = prop_oneof![
        any::<bool>().prop_map(Setting::ContentDeduplication),
        any::<bool>().prop_map(Setting::ScopePerGroup),
        any::<bool>().prop_map(Setting::ThroughputPerGroup),
    ];
    let fifo_share = if is_fifo(queue) { 6 } else { 1 };
    prop_oneof![18 => for_any, fifo_share => for_fifo].boxed()
}

fn tag_key() -> impl Strategy<Value = String> + Clone {
    (0..60u8).prop_map(|number| format!("k{number}"))
}

fn tags() -> impl Strategy<Value = Tags> {
    let tag = (tag_key(), select(vec!["v", "w"])).prop_map(|(key, value)| (key, value.to_owned()));
    prop_oneof![4 => prop::collection::vec(tag.clone(), 0..3), 1 => prop::collection::vec(tag, 0..60)].prop_map(
        |mut tags| {
            tags.sort();
            tags.dedup_by(|one, other| one.0 == other.0);
            tags
        },
    )
}
