//! Properties of any machine: replay equals what was lived, every step ends, and nothing panics.

use std::fmt::Write;

use bongsu_states_language::{Definition, Effect, Execution, Input, Kind, STEP_TRANSITIONS_MAX, Status, Step, TaskId};
use proptest::prelude::*;

use crate::story::World;

/// Draws choices from bytes, so that what fails shrinks with them.
struct Dice<'b> {
    bytes: std::slice::Iter<'b, u8>,
    names: u32,
}

impl Dice<'_> {
    fn below(&mut self, sides: u8) -> u8 {
        self.bytes.next().map_or(0, |byte| byte % sides)
    }

    /// The states of one level, one after the other, with Choices that leave some out.
    fn level(&mut self, depth: u8) -> String {
        let count = 1 + u32::from(self.below(4));
        let first = self.names;
        self.names += count + 1;
        let mut states = String::new();
        for at in 0..count {
            let (name, next) = (first + at, first + at + 1);
            // Forth only, and past itself: endless loops have their own tests, and of nested Maps each would take as long
            // as those around it together.
            let any = first + (at + 1 + u32::from(self.below(4))).min(count);
            let later = first + (at + 1 + u32::from(self.below(3))).min(count);
            let handlers = match self.below(3) {
                0 => format!(
                    r#","Retry":[{{"ErrorEquals":["A","States.Timeout"],"MaxAttempts":2}}],"Catch":[{{"ErrorEquals":["States.ALL"],"Next":"{any}"}}]"#
                ),
                1 => format!(r#","Catch":[{{"ErrorEquals":["B"],"ResultPath":"$.x","Next":"{any}"}}]"#),
                _ => String::new(),
            };
            let state = match self.below(if depth == 0 { 5 } else { 8 }) {
                0 => format!(
                    r#"{{"Type":"Pass","Result":{{"n":{at}}},"ResultPath":"$.x","Assign":{{"v{depth}":{at}}},"Next":"{next}"}}"#
                ),
                1 => format!(r#"{{"Type":"Wait","Seconds":{},"Next":"{next}"}}"#, self.below(9)),
                2 => format!(
                    r#"{{"Type":"Choice","Choices":[{{"Variable":"$.x","IsPresent":true,"Next":"{later}"}}],"Default":"{next}"}}"#
                ),
                3 => format!(
                    r#"{{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage.waitForTaskToken","HeartbeatSeconds":5,"ResultPath":"$.x"{handlers},"Next":"{next}"}}"#
                ),
                4 => format!(
                    r#"{{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:000000000000:function:f","TimeoutSeconds":7{handlers},"Next":"{next}"}}"#
                ),
                5 => format!(
                    r#"{{"Type":"Parallel","Branches":[{},{}]{handlers},"ResultPath":"$.x","Next":"{next}"}}"#,
                    self.level(depth - 1),
                    self.level(depth - 1)
                ),
                6 => format!(
                    r#"{{"Type":"Map","ItemsPath":"$$.Execution.Input.l","MaxConcurrency":{},"ItemProcessor":{}{handlers},"Next":"{next}"}}"#,
                    self.below(3),
                    self.level(depth - 1)
                ),
                _ => format!(
                    r#"{{"Type":"Map","ItemsPath":"$$.Execution.Input.l","ToleratedFailureCount":{},"ItemProcessor":{}{handlers},"Next":"{next}"}}"#,
                    self.below(3),
                    self.level(depth - 1).replacen(
                        '{',
                        r#"{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"#,
                        1
                    )
                ),
            };
            write!(states, r#""{name}":{state},"#).unwrap();
        }
        let end = match self.below(3) {
            0 => r#"{"Type":"Fail","Error":"A"}"#,
            _ => r#"{"Type":"Pass","End":true}"#,
        };
        format!(r#"{{"StartAt":"{first}","States":{{{states}"{}":{end}}}}}"#, first + count)
    }
}

/// What the outside does, one byte an input.
fn line(byte: u8, asked: usize) -> String {
    let task = if asked == 0 { 1 } else { 1 + usize::from(byte >> 4) % asked };
    match byte & 15 {
        0..=4 => format!(r#"succeed {} {{"x":{byte}}}"#, asked.max(1)),
        5 => format!(r#"succeed {task} "text""#),
        6 => format!("fail {task} A"),
        7 => format!("fail {task} B why"),
        8 => format!("started {task}"),
        9 => format!("submitted {task} {{}}"),
        10 => format!("heartbeat {task}"),
        11 => "redrive".into(),
        12 => "+3s".into(),
        13 if byte == 13 => "stop X".into(),
        _ => "+10s".into(),
    }
}

fn machine(bytes: &[u8]) -> String {
    Dice { bytes: bytes.iter(), names: 0 }.level(2)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// The stories' checks, for machines and answers of all kinds.
    #[test]
    fn any_machine_is_recovered_after_any_step(
        bytes in proptest::collection::vec(any::<u8>(), 0..60),
        answers in proptest::collection::vec(any::<u8>(), 0..40),
    ) {
        let mut world = World::new(Kind::Standard, &machine(&bytes));
        world.line(r#"start {"l":[1,2,3]}"#);
        for answer in answers {
            let line = line(answer, world.asked());
            world.line(&line);
        }
        if world.live.status() == Status::Running {
            // Whatever it waits for can end: nothing is lost between a row and the outside.
            prop_assert!(world.live.next_deadline().is_some());
        }
    }

    #[test]
    fn any_step_ends(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
        let mut world = World::new(Kind::Express, &without_waiting(&machine(&bytes)));
        let decision = world.decide(Input::Start { input: r#"{"l":[1,2,3]}"# }).unwrap();
        prop_assert!(decision.step.events.len() <= STEP_TRANSITIONS_MAX as usize * 8);
        let mut execution = Execution::default();
        execution.apply(&decision.step);
        let goes_on = decision.effects.contains(&Effect::Proceed);
        prop_assert_eq!(execution.is_runnable(), goes_on);
    }

    #[test]
    fn no_text_panics(text in "\\PC{0,200}") {
        prop_assert!(Definition::parse(&text, Kind::Standard).is_err());
    }

    /// Words in wrong places: refused, or played as far as it goes.
    #[test]
    fn no_definition_panics(
        bytes in proptest::collection::vec(any::<u8>(), 0..60),
        swaps in proptest::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 1..4),
    ) {
        let machine = machine(&bytes);
        let mut words: Vec<&str> = machine.split('"').collect();
        for (at, word) in swaps {
            let at = at.index(words.len());
            words[at] = WORDS[word.index(WORDS.len())];
        }
        if let Ok(definition) = Definition::parse(&words.join("\""), Kind::Standard) {
            let mut world = World::of(definition);
            world.line(r#"start {"l":[1,2,3]}"#);
            for answer in 0..6 {
                let line = line(answer * 37, world.asked());
                world.line(&line);
            }
        }
    }

    #[test]
    fn no_path_or_function_panics(
        text in r"(\$|\$\$|\$v|States\.(Format|Array|MathAdd|JsonMerge|ArrayRange))[\[\]().*?@&|!=<>'\\,:a1 $-]{0,24}",
        input in r#"(\{"a":\[1,"x",\{"a":null\}\]\}|\[1,2\]|"s"|7)"#,
    ) {
        let state = format!(r#"{{"Type":"Pass","Parameters":{{"v.$":{text:?}}},"End":true}}"#);
        if let Ok(definition) = Definition::parse(&crate::story::single(&state), Kind::Standard) {
            let mut world = World::of(definition);
            world.input(Input::Start { input: &input });
            prop_assert!(world.live.outcome().is_some());
        }
    }

    #[test]
    fn damaged_bytes_are_refused_and_do_not_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), at in 0_usize..400, bit in 0_u8..8) {
        prop_assert!(Step::decode(bytes.clone().into()).is_err() || bytes.len() > 8);
        let mut world = World::new(Kind::Standard, &machine(&bytes));
        let mut encoded = world.decide(Input::Start { input: r#"{"l":[1]}"# }).unwrap().step.encode();
        let length = encoded.len();
        encoded[at % length] ^= 1 << bit;
        let _read = Step::decode(encoded.clone().into());
        let _whole = Execution::decode(encoded.into());
        let refused = world.decide(Input::Heartbeat { task: TaskId(7) }).is_err();
        prop_assert!(refused);
    }
}

/// What stands in definitions, and what does not.
const WORDS: &[&str] = &[
    "Next",
    "End",
    ":true,",
    ":null,",
    ":[],",
    ":{},",
    ":7,",
    "$",
    "$.l",
    "$.l[*]",
    "$$.Execution",
    "$..x",
    "$v2.n",
    "{% $states.input.l %}",
    "{% $count($states.context.Execution.Input.l) %}",
    "JSONata",
    "QueryLanguage",
    "Type",
    "Pass",
    "Task",
    "Map",
    "Fail",
    "Succeed",
    "Parallel",
    "Choice",
    "Wait",
    "Assign",
    "Output",
    "Arguments",
    "Items",
    "Condition",
    "ItemSelector",
    "ItemsPath",
    "ResultPath",
    "InputPath",
    "OutputPath",
    "Parameters",
    "Result",
    "x.$",
    "States.Array($.l)",
    "States.ALL",
    "ErrorEquals",
    "SecondsPath",
    "0",
    "1",
    "",
];

/// The same machine without anything from outside, so that only its transitions bound it.
fn without_waiting(machine: &str) -> String {
    let services = machine.replace(".waitForTaskToken", "");
    services
        .replace(r#""Mode":"DISTRIBUTED","ExecutionType":"STANDARD""#, r#""Mode":"INLINE""#)
        .replace(r#""ToleratedFailureCount":0,"#, "")
        .replace(r#""ToleratedFailureCount":1,"#, "")
        .replace(r#""ToleratedFailureCount":2,"#, "")
}
