//! Definitions of state machines, and what the outside answers to their executions.
//!
//! An input is a definition, a blank line, the execution's input, a blank line, and a byte for each thing that happens.

use bongsu_states_language::{
    Decision, Definition, Effect, Execution, HistoryEvent, Input, Kind, Refusal, Status, Step, Surroundings, TaskId,
    Timestamp, decide, invalid_definition,
};

use crate::http_text;

/// When every execution begins: 2026-01-01T00:00:00Z.
const BEGINNING: Timestamp = Timestamp(1_767_225_600_000);
/// Things that happen to one execution.
const HAPPENINGS_MAX: usize = 24;
/// Steps that follow one another without anything happening.
const STEPS_IN_A_ROW_MAX: usize = 3;
/// Events of one execution.
const EVENTS_MAX: u32 = 25_000;

/// Takes a machine and what happens to its execution.
///
/// # Panics
///
/// If a definition is refused without a reason, a step is not read as it was written, two executions that had the same
/// steps differ, or an execution is left that waits for nothing.
pub fn states(input: &[u8]) {
    let (definition, rest) = http_text::split_at_blank_line(input);
    let (input, happenings) = http_text::split_at_blank_line(rest);
    let (Ok(definition), Ok(input)) = (std::str::from_utf8(definition), std::str::from_utf8(input)) else { return };
    let definition = match Definition::parse(definition, Kind::Standard) {
        Ok(definition) => definition,
        Err(diagnostics) => return assert!(!invalid_definition(&diagnostics).is_empty() && !diagnostics.is_empty()),
    };
    let mut played = Played::of(definition);
    played.take(Input::Start { input });
    for happening in happenings.iter().take(HAPPENINGS_MAX) {
        played.happen(*happening);
    }
    if played.live.status() == Status::Running {
        let waits = played.live.is_runnable() || played.live.next_deadline().is_some();
        assert!(waits, "an execution goes on, or waits for something that comes");
    }
}

/// An execution, and another one that is told its steps as bytes.
struct Played {
    definition: Definition,
    live: Execution,
    replayed: Execution,
    now: Timestamp,
    seed: u64,
    tasks: Vec<TaskId>,
    last: Option<HistoryEvent>,
}

impl Played {
    fn of(definition: Definition) -> Played {
        let (live, replayed) = (Execution::default(), Execution::default());
        Played { definition, live, replayed, now: BEGINNING, seed: 0, tasks: Vec::new(), last: None }
    }

    /// What a byte stands for: an answer to one of the tasks, or time that passes.
    fn happen(&mut self, byte: u8) {
        let at = usize::from(byte >> 4);
        let task = self.tasks.get(self.tasks.len().wrapping_sub(at + 1)).copied().unwrap_or(TaskId(u64::from(byte)));
        let output = format!(r#"{{"x":{byte}}}"#);
        match byte & 15 {
            0..=4 => self.take(Input::TaskSucceeded { task, output: &output }),
            5 => self.take(Input::TaskSucceeded { task, output: "[1,2,3]" }),
            6 => self.take(Input::TaskFailed { task, error: Some("A"), cause: None }),
            7 => self.take(Input::TaskFailed { task, error: Some("States.TaskFailed"), cause: Some("why") }),
            8 => self.take(Input::TaskStarted { task, worker: Some("w") }),
            9 => self.take(Input::TaskSubmitted { task, output: "{}" }),
            10 => self.take(Input::Heartbeat { task }),
            11 => self.take(Input::Redrive),
            12 => self.take(Input::Stop { error: Some("X"), cause: None }),
            13 => self.take(Input::TaskSucceeded { task, output: "{" }),
            14 => self.pass(3_000),
            _ => {
                let until = self.live.next_deadline().map_or(0, |due| due.0.saturating_sub(self.now.0));
                self.pass(until);
            }
        }
    }

    fn pass(&mut self, milliseconds: u64) {
        self.now = Timestamp(self.now.0.saturating_add(milliseconds));
        self.take(Input::Proceed);
    }

    fn take(&mut self, input: Input<'_>) {
        let mut next = Some(input);
        for _ in 0..STEPS_IN_A_ROW_MAX {
            let Some(input) = next else { return };
            let Ok(Decision { step, effects }) = self.decide(input) else { return };
            self.apply(&step);
            self.tasks.extend(effects.iter().filter_map(|effect| match effect {
                Effect::StartTask(task) => Some(*task),
                _ => None,
            }));
            next = effects.contains(&Effect::Proceed).then_some(Input::Proceed);
        }
    }

    fn decide(&mut self, input: Input<'_>) -> Result<Decision, Refusal> {
        let token = |task: TaskId, secret: u128| format!("{task:?}-{secret}");
        let surroundings = Surroundings {
            execution_arn: "arn:aws:states:us-east-1:000000000000:execution:m:e",
            execution_name: "e",
            role_arn: "arn:aws:iam::000000000000:role/r",
            machine_arn: "arn:aws:states:us-east-1:000000000000:stateMachine:m",
            machine_name: "m",
            region: "us-east-1",
            redriven_at: None,
            token: &token,
        };
        let seed = &mut self.seed;
        let mut random = || {
            *seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
            *seed
        };
        decide(&self.definition, &self.live, input, &surroundings, self.now, &mut random)
    }

    fn apply(&mut self, step: &Step) {
        let read = Step::decode(step.encode().into()).expect("a step that was written");
        assert_eq!(read, *step);
        self.live.apply(step);
        self.replayed.apply(&read);
        assert_eq!(self.live, self.replayed);
        assert_eq!(Execution::decode(self.live.encode().into()).as_ref(), Ok(&self.live));
        for event in &step.events {
            assert_eq!(event.id, self.last.as_ref().map_or(1, |last| last.id + 1), "ids have no gaps");
            assert!(event.previous < event.id && self.last.as_ref().is_none_or(|last| last.at <= event.at));
            assert!(event.id <= EVENTS_MAX);
            self.last = Some(event.clone());
        }
        let open = self.live.open_tasks().all(|task| self.live.task(&self.definition, task).is_some());
        assert!(open, "who is asked can find out for what");
    }
}
