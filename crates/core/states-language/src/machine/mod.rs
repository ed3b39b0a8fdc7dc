//! The machine: one input of the outside and what follows from it, up to the next thing that has to be waited for.
//!
//! `take` receives the input, `walk` enters states and leaves them, `data` shapes what goes in and out, `choice`
//! decides, `tasks` asks the outside and takes its answers, `children` runs branches and iterations, `items` finds what
//! they are about, `failures` retries, catches and gives up, `context` is what `$$` shows. `single` is for tests of one
//! state, `late` for timers that end after their time.

mod children;
mod choice;
mod context;
mod data;
mod failures;
mod items;
mod late;
mod scheduling;
mod single;
mod take;
mod tasks;
mod walk;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use bongsu_jsonata::Value;

use crate::definition::{Definition, Kind, State};
use crate::execution::{Execution, Head, Outcome, Status};
use crate::fault::{self, Fault};
use crate::history::{Event, HistoryEvent, Problem};
use crate::limits::{
    EVENTS_MAX, PAYLOAD_BYTES_MAX, PAYLOAD_DEPTH_MAX, STEP_BYTES_MAX, STEP_TRANSITIONS_MAX, STEP_WORK_MAX,
};
use crate::map_run::MapRun;
use crate::payload::PayloadId;
use crate::step::{Decision, Effect, Step};
use crate::strand::{Phase, Strand, StrandId};
use crate::{TaskId, Timestamp};

use failures::Failure;

pub(crate) use context::Surrounding;
pub use context::Surroundings;
pub use late::{Times, decide_late};
pub use single::Mock;
pub(crate) use single::Tried;
pub use take::{Input, Refusal};

/// What follows from one input, at that time.
///
/// The execution is not changed: that is done by [`Execution::apply`] once the step is durable. A refused input changes
/// nothing.
pub fn decide(
    definition: &Definition,
    execution: &Execution,
    input: Input<'_>,
    surroundings: &Surroundings<'_>,
    now: Timestamp,
    random: &mut dyn FnMut() -> u64,
) -> Result<Decision, Refusal> {
    let surrounding = Surrounding::Execution(surroundings);
    let mut machine = Machine::new(definition, execution, surrounding, now, random);
    machine.take(input)?;
    machine.run();
    Ok(machine.finish())
}

/// An execution while an input is worked off: what has changed lies over what was.
pub(crate) struct Machine<'a> {
    pub(crate) definition: &'a Definition,
    execution: &'a Execution,
    surrounding: Surrounding<'a>,
    now: Timestamp,
    random: &'a mut dyn FnMut() -> u64,
    head: Head,
    changed: BTreeMap<StrandId, Option<Strand>>,
    /// Rows of runs of distributed Maps that go in this very step, as they were last: whoever asks for the children of a
    /// run finds them in the steps.
    parted: Vec<(StrandId, Option<Strand>)>,
    /// Whose rows those are: what is gone of them has to be said.
    parted_ids: BTreeSet<StrandId>,
    texts: Vec<Arc<str>>,
    values: BTreeMap<PayloadId, Value>,
    events: Vec<HistoryEvent>,
    effects: Vec<Effect>,
    map_runs: Vec<MapRun>,
    ready: VecDeque<StrandId>,
    transitions: u32,
    /// Of new texts.
    bytes: usize,
    /// Steps that expressions took.
    work: u64,
    /// The history has no room for more than its last event.
    overflowed: bool,
    /// The token of the task whose arguments are evaluated.
    token: Option<String>,
    /// The error that a state was last left with or is tried again after, and whether it was caught.
    failed: Option<Problem>,
    caught: bool,
    /// Intermediate values, if somebody wants to see them.
    pub(crate) watched: Option<Vec<(&'static str, Value)>>,
}

impl<'a> Machine<'a> {
    pub(crate) fn new(
        definition: &'a Definition,
        execution: &'a Execution,
        surrounding: Surrounding<'a>,
        now: Timestamp,
        random: &'a mut dyn FnMut() -> u64,
    ) -> Machine<'a> {
        Machine {
            definition,
            execution,
            surrounding,
            now,
            random,
            head: execution.head.clone(),
            changed: BTreeMap::new(),
            parted: Vec::new(),
            parted_ids: BTreeSet::new(),
            texts: Vec::new(),
            values: BTreeMap::new(),
            events: Vec::new(),
            effects: Vec::new(),
            map_runs: Vec::new(),
            ready: VecDeque::new(),
            transitions: 0,
            bytes: 0,
            work: 0,
            overflowed: false,
            token: None,
            failed: None,
            caught: false,
            watched: None,
        }
    }

    /// Goes on with all strands that can, up to the bound.
    pub(crate) fn run(&mut self) {
        while let Some(id) = self.ready.front().copied() {
            if self.head.status != Status::Running {
                break;
            }
            if self.overflowed {
                self.end_overflowed();
                break;
            }
            if self.has_had_its_turn() {
                self.effects.push(Effect::Proceed);
                break;
            }
            self.ready.pop_front();
            if self.find(id).is_some_and(Strand::is_ready) {
                self.transitions += 1;
                self.advance(id);
            }
        }
        if self.overflowed && self.head.status == Status::Running {
            self.end_overflowed();
        }
    }

    /// Whether what is left is to go on in the next step, so that others get theirs.
    fn has_had_its_turn(&self) -> bool {
        self.transitions >= STEP_TRANSITIONS_MAX || self.bytes >= STEP_BYTES_MAX || self.work >= STEP_WORK_MAX
    }

    pub(crate) fn finish(mut self) -> Decision {
        let definition = self.definition;
        let running = self.changed.values().flatten().filter_map(|strand| MapRun::of(definition, strand));
        let mut map_runs: Vec<MapRun> = running.collect();
        map_runs.retain(|run| self.map_runs.iter().all(|ended| ended.id != run.id));
        map_runs.append(&mut self.map_runs);
        self.head.next_payload += self.texts.len() as u32;
        let step = Step {
            first_payload: PayloadId(self.execution.head.next_payload),
            payloads: self.texts,
            events: self.events,
            map_runs,
            head: self.head,
            strands: self.parted.into_iter().chain(self.changed).map(|(id, row)| (id, row.map(Arc::new))).collect(),
        };
        Decision { step, effects: self.effects }
    }

    // What is there.

    pub(crate) fn find(&self, id: StrandId) -> Option<&Strand> {
        match self.changed.get(&id) {
            Some(row) => row.as_ref(),
            None => self.execution.strands.get(&id).map(|strand| &**strand),
        }
    }

    pub(crate) fn strand(&self, id: StrandId) -> &Strand {
        self.find(id).expect("only strands that are there are worked on")
    }

    fn strand_mut(&mut self, id: StrandId) -> &mut Strand {
        let before = &self.execution.strands;
        let row = self.changed.entry(id).or_insert_with(|| before.get(&id).map(|strand| Strand::clone(strand)));
        row.as_mut().expect("only strands that are there are worked on")
    }

    pub(crate) fn state(&self, id: StrandId) -> &'a State {
        self.definition.state(self.strand(id).state)
    }

    /// All strands that are there now.
    fn ids(&self) -> Vec<StrandId> {
        let known = self.execution.strands.keys().filter(|id| !self.changed.contains_key(id));
        let changed = self.changed.iter().filter(|(_, row)| row.is_some()).map(|(id, _)| *id);
        let mut ids: Vec<StrandId> = known.chain(changed).collect();
        ids.sort_unstable();
        ids
    }

    fn add_strand(&mut self, strand: Strand) -> StrandId {
        let id = StrandId(self.head.next_strand);
        self.head.next_strand += 1;
        self.changed.insert(id, Some(strand));
        id
    }

    fn remove_strand(&mut self, id: StrandId) {
        if self.execution.strands.contains_key(&id) || self.parted_ids.contains(&id) {
            self.changed.insert(id, None);
        } else {
            self.changed.remove(&id);
        }
    }

    fn set_phase(&mut self, id: StrandId, phase: Phase) {
        if matches!(phase, Phase::Enter | Phase::Attempt) {
            self.ready.push_back(id);
        }
        self.strand_mut(id).phase = phase;
    }

    // Texts.

    fn text(&self, id: PayloadId) -> Arc<str> {
        let first = self.execution.head.next_payload;
        let text = match id.0.checked_sub(first) {
            Some(at) => self.texts.get(at as usize),
            None => self.execution.payloads.get(id),
        };
        text.expect("a row names only texts that are there").clone()
    }

    pub(crate) fn value(&mut self, id: PayloadId) -> Value {
        if let Some(value) = self.values.get(&id) {
            return value.clone();
        }
        let value: Value = serde_json::from_str(&self.text(id)).expect("what was kept is JSON");
        self.values.insert(id, value.clone());
        value
    }

    /// Keeps a text whose value is known.
    fn keep_text(&mut self, text: Arc<str>, value: Value) -> PayloadId {
        let id = PayloadId(self.execution.head.next_payload + self.texts.len() as u32);
        self.bytes += text.len();
        self.texts.push(text);
        self.values.insert(id, value);
        id
    }

    /// Keeps a value, under a number that it has already if it reads the same as one of those.
    fn keep(&mut self, value: Value, same: &[PayloadId]) -> Result<PayloadId, Fault> {
        // What only passes through is not written out again.
        if let Some(id) = same.iter().copied().find(|id| self.value(*id).shares(&value)) {
            return Ok(id);
        }
        self.keep_written(value.to_string(), value, same)
    }

    /// Keeps a value that was written. Whoever limits it does so before: what is kept is in the step.
    fn keep_written(&mut self, text: String, value: Value, same: &[PayloadId]) -> Result<PayloadId, Fault> {
        if depth(&text) > PAYLOAD_DEPTH_MAX {
            let text = format!("Data must not be nested more deeply than {PAYLOAD_DEPTH_MAX} levels.");
            return Err(Fault::new(fault::DATA_LIMIT_EXCEEDED, text));
        }
        let mut reads_same = |id: PayloadId| {
            let known = self.value(id);
            *self.text(id) == *text || known == value && known.to_string() == text
        };
        match same.iter().copied().find(|id| reads_same(*id)) {
            Some(id) => Ok(id),
            None => Ok(self.keep_text(text.into(), value)),
        }
    }

    /// Keeps what a state or task gives, if it is not too large.
    fn keep_bounded(&mut self, value: Value, same: &[PayloadId], what: &str) -> Result<PayloadId, Fault> {
        let text = value.to_string();
        if text.len() > PAYLOAD_BYTES_MAX { Err(too_large(what)) } else { self.keep_written(text, value, same) }
    }

    fn watch(&mut self, key: &'static str, value: &Value) {
        if let Some(watched) = &mut self.watched {
            watched.retain(|(known, _)| *known != key);
            watched.push((key, value.clone()));
        }
    }

    // History.

    /// Adds an event of that strand; the next one will follow it.
    fn tell(&mut self, id: StrandId, event: Event) -> u32 {
        let event = self.tell_aside(id, event);
        self.strand_mut(id).previous = event;
        event
    }

    /// Adds an event of that strand that the next one does not follow.
    fn tell_aside(&mut self, id: StrandId, event: Event) -> u32 {
        let previous = self.strand(id).previous;
        if self.is_hidden(id) {
            // Children of a distributed Map count their own events; nobody reads them.
            return previous + 1;
        }
        self.record(previous, event)
    }

    fn record(&mut self, previous: u32, event: Event) -> u32 {
        let last = matches!(
            event,
            Event::ExecutionFailed(_)
                | Event::ExecutionTimedOut(_)
                | Event::ExecutionAborted(_)
                | Event::ExecutionSucceeded(_)
        );
        if !last && self.definition.kind == Kind::Standard && self.head.events + 1 >= EVENTS_MAX {
            self.overflowed = true;
            return self.head.events;
        }
        self.head.events += 1;
        self.events.push(HistoryEvent { id: self.head.events, previous, at: self.now, event });
        self.head.events
    }

    /// Whether the strand lies below a distributed Map.
    fn is_hidden(&self, id: StrandId) -> bool {
        let mut parent = self.strand(id).parent;
        while let Some(id) = parent {
            let strand = self.strand(id);
            if matches!(&strand.phase, Phase::Children(children) if children.run.is_some()) {
                return true;
            }
            parent = strand.parent;
        }
        false
    }

    // The end.

    fn end(&mut self, status: Status, outcome: Outcome, previous: u32, event: Event) {
        self.record(previous, event);
        for task in self.open_tasks() {
            self.effects.push(Effect::CancelTask(task));
        }
        if status == Status::Succeeded {
            for id in self.ids() {
                self.remove_strand(id);
            }
        }
        self.head.status = status;
        self.head.outcome = Some(Box::new(outcome));
        self.head.deadline = None;
        self.ready.clear();
        self.effects.push(Effect::Finished);
    }

    fn end_failed(&mut self, previous: u32, problem: Problem) {
        let outcome = Outcome::Error(problem.error.clone(), problem.cause.clone());
        self.end(Status::Failed, outcome, previous, Event::ExecutionFailed(problem));
    }

    fn end_overflowed(&mut self) {
        self.end_failed(self.head.events, too_many_events().problem());
    }

    fn open_tasks(&self) -> Vec<TaskId> {
        let strands = self.ids().into_iter().filter_map(|id| match &self.strand(id).phase {
            Phase::Calling(call) => Some(call.task),
            _ => None,
        });
        strands.collect()
    }
}

/// How deep arrays and objects lie in one another in a JSON text.
fn depth(text: &str) -> usize {
    let (mut depth, mut deepest, mut quoted, mut escaped) = (0_usize, 0, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'{' | b'[' if !quoted => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' if !quoted => depth -= 1,
            _ => {}
        }
    }
    deepest
}

/// That a history has no room for more.
fn too_many_events() -> Failure {
    let cause = format!("The execution reached the maximum number of history events ({EVENTS_MAX}).");
    Failure::told(Some(fault::RUNTIME.into()), Some(cause.into()))
}

pub(crate) fn too_large(what: &str) -> Fault {
    Fault::new(
        fault::DATA_LIMIT_EXCEEDED,
        format!(
            "The state/task '{what}' returned a result with a size exceeding the maximum number of bytes service limit."
        ),
    )
}
