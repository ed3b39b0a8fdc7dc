//! Branches and iterations: how they begin, how many at once, and what their state has when all have ended.

use std::sync::Arc;

use bongsu_jsonata::{Object, Value};

use super::data::Got;
use super::{Machine, too_large};
use crate::definition::{ItemSource, Map, StateId, StateKind};
use crate::fault::{self, Fault};
use crate::history::Event;
use crate::limits::{CHILD_BYTES, PAYLOAD_BYTES_MAX, STEP_SIZE_MAX};
use crate::map_run::{self, MapRunStatus};
use crate::payload::PayloadId;
use crate::query::Reads;
use crate::strand::{Children, Phase, Purpose, Run, Strand, StrandId};

impl Machine<'_> {
    /// Begins all branches of a Parallel.
    pub(super) fn begin_branches(&mut self, id: StrandId, branches: &[StateId]) -> Result<(), Fault> {
        let state = self.state(id);
        let input = self.arguments(id)?;
        let same = [self.strand(id).input];
        let input = self.keep_bounded(input, &same, &state.name)?;
        let started = self.tell(id, Event::ParallelStateStarted);
        let first = StrandId(self.head.next_strand);
        for (index, branch) in branches.iter().enumerate() {
            let child = self.add_child(id, index as u32, *branch, input);
            self.strand_mut(child).previous = started;
            self.set_phase(child, Phase::Enter);
        }
        let count = branches.len() as u32;
        let children = Children {
            first,
            count,
            begun: count,
            running: count,
            succeeded: 0,
            failed: 0,
            concurrency: count,
            run: None,
        };
        self.set_phase(id, Phase::Children(Box::new(children)));
        Ok(())
    }

    fn add_child(&mut self, parent: StrandId, index: u32, state: StateId, input: PayloadId) -> StrandId {
        self.add_strand(Strand {
            parent: Some(parent),
            index,
            state,
            entered_event: 0,
            entered_at: self.now,
            previous: 0,
            input,
            item: None,
            variables: Vec::new(),
            retries: Vec::new(),
            phase: Phase::Pending,
        })
    }

    /// Begins the iterations of a Map over these inputs; that it begins was told.
    pub(super) fn begin_iterations(
        &mut self,
        id: StrandId,
        map: &Map,
        items: Vec<Value>,
        run: Option<Run>,
    ) -> Result<(), Fault> {
        let concurrency = self.concurrency(id, map)?;
        let size: usize = items.iter().map(|item| item.to_string().len() + CHILD_BYTES).sum();
        if self.bytes + size > STEP_SIZE_MAX {
            return Err(too_many_items(map, size));
        }
        let count = items.len() as u32;
        let started = self.strand(id).previous;
        let first = StrandId(self.head.next_strand);
        for (index, item) in items.into_iter().enumerate() {
            let item = self.keep(item, &[])?;
            let child = self.add_child(id, index as u32, map.start, item);
            self.strand_mut(child).item = Some(item);
        }
        let children = Children { first, count, begun: 0, running: 0, succeeded: 0, failed: 0, concurrency, run };
        self.set_phase(id, Phase::Children(Box::new(children)));
        self.fill(id, started);
        Ok(())
    }

    /// Begins as many iterations as may run at once; or ends the state if there is nothing left to do.
    pub(super) fn fill(&mut self, id: StrandId, previous: u32) {
        loop {
            let Phase::Children(children) = &self.strand(id).phase else { return };
            if children.is_complete() {
                if let Err(fault) = self.complete(id) {
                    let failure = self.failure(id, fault);
                    self.fail(id, failure);
                }
                return;
            }
            if children.begun == children.count || children.running >= children.concurrency {
                return;
            }
            if self.has_had_its_turn() {
                return self.ready.push_back(id);
            }
            if let Err(fault) = self.begin_iteration(id, previous) {
                let failure = self.failure(id, fault);
                self.fail(id, failure);
                return;
            }
        }
    }

    fn begin_iteration(&mut self, id: StrandId, previous: u32) -> Result<(), Fault> {
        let state = self.state(id);
        let StateKind::Map(map) = &state.work else { return Ok(()) };
        let Phase::Children(children) = &self.strand(id).phase else { return Ok(()) };
        let child = StrandId(children.first.0 + children.begun);
        if let Some(selector) = &map.selector {
            let input = self.effective_input(id)?;
            let mut reads = Reads::default();
            selector.queries().into_iter().for_each(|query| reads.add(query));
            let scope = self.scope(id, Some(child), &input, None, &reads);
            let selected = selector.evaluate(&scope, self.random);
            self.work += scope.work.get();
            let selected = selected?;
            let selected = self.keep_bounded(selected, &[], &state.name)?;
            self.strand_mut(child).input = selected;
        }
        if let Phase::Children(children) = &mut self.strand_mut(id).phase {
            children.begun += 1;
            children.running += 1;
        }
        let index = self.strand(child).index;
        // A child of a distributed Map counts its own events.
        self.strand_mut(child).previous = if map.distributed { 0 } else { previous };
        self.tell(child, Event::MapIterationStarted(state.name.clone(), index));
        self.set_phase(child, Phase::Enter);
        Ok(())
    }

    /// A branch or iteration has ended well.
    pub(super) fn child_done(&mut self, parent: StrandId, id: StrandId, output: PayloadId) {
        self.set_phase(id, Phase::Done(output));
        // What it was about is not needed any more, nor are its variables.
        let now = self.now;
        let strand = self.strand_mut(id);
        strand.entered_at = now;
        strand.variables = Vec::new();
        let (previous, index, hidden) = (strand.previous, strand.index, self.is_hidden(id));
        let state = self.state(parent);
        let last = match state.work {
            StateKind::Map(_) => self.tell_aside(id, Event::MapIterationSucceeded(state.name.clone(), index)),
            _ => previous,
        };
        let Phase::Children(children) = &mut self.strand_mut(parent).phase else { return };
        children.running -= 1;
        children.succeeded += 1;
        if !hidden {
            self.strand_mut(parent).previous = last;
        }
        // The next iteration follows what this one ended with, as its own end does.
        self.fill(parent, previous);
    }

    /// All children have ended.
    fn complete(&mut self, id: StrandId) -> Result<(), Fault> {
        let state = self.state(id);
        let Phase::Children(children) = &self.strand(id).phase else { return Ok(()) };
        let (ids, run) = (children.ids(), children.run.clone());
        if let (StateKind::Map(map), Some(run)) = (&state.work, &run)
            && let Some(writer) = &map.writer
        {
            let input = self.effective_input(id)?;
            let parameters = self.evaluate(id, &writer.parameters, &input, None)?;
            let is_selected = map.selector.is_some();
            let results: Vec<Value> = ids.map(|child| self.result_of(child, is_selected)).collect();
            let results = Value::from(results);
            let text = results.to_string();
            if text.len() > STEP_SIZE_MAX {
                return Err(too_large(&state.name));
            }
            let results = self.keep_written(text, results, &[])?;
            let parameters = self.keep_bounded(parameters, &[], &state.name)?;
            let purpose = Purpose::Write(results, run.id);
            self.end_run(id, MapRunStatus::Succeeded, None);
            self.remove_children(id);
            self.request(id, purpose, parameters);
            return Ok(());
        }
        let outputs: Vec<PayloadId> = ids
            .filter_map(|child| match self.strand(child).phase {
                Phase::Done(output) => Some(output),
                _ => None,
            })
            .collect();
        let bytes: usize = outputs.iter().map(|output| self.text(*output).len() + 1).sum();
        if bytes > PAYLOAD_BYTES_MAX {
            return Err(too_large(&state.name));
        }
        let values: Vec<Value> = outputs.into_iter().map(|output| self.value(output)).collect();
        self.end_run(id, MapRunStatus::Succeeded, None);
        self.remove_children(id);
        self.tell_succeeded(id);
        self.leave(id, Some(Got { value: Value::from(values), payload: None }), None)
    }

    /// Success and exit follow the same event.
    fn tell_succeeded(&mut self, id: StrandId) {
        let event = match self.state(id).work {
            StateKind::Map(_) => Event::MapStateSucceeded,
            _ => Event::ParallelStateSucceeded,
        };
        self.tell_aside(id, event);
    }

    /// What a ResultWriter has of a child.
    fn result_of(&mut self, id: StrandId, is_selected: bool) -> Value {
        let mut result = Object::new();
        let strand = self.strand(id);
        let (index, phase) = (strand.index, strand.phase.clone());
        // What its last state had is not what it began with, unless that was made of the item.
        let input = strand.item.filter(|_| !is_selected).unwrap_or(strand.input);
        result.insert("Index", Value::from(u64::from(index)));
        result.insert("Input", Value::String(self.text(input)));
        let mut tell = |key: &'static str, text: Option<Arc<str>>| {
            if let Some(text) = text {
                result.insert(key, Value::String(text));
            }
        };
        match phase {
            Phase::Done(output) => {
                tell("Output", Some(self.text(output)));
                tell("Status", Some("SUCCEEDED".into()));
            }
            Phase::Failed(error, cause) => {
                tell("Error", error);
                tell("Cause", cause);
                tell("Status", Some("FAILED".into()));
            }
            _ => tell("Status", Some("PENDING".into())),
        }
        Value::Object(result)
    }

    /// The results of a distributed Map are written; the state's result says where.
    pub(super) fn results_written(&mut self, id: StrandId, run: u128, place: Value) -> Result<(), Fault> {
        let arn = map_run::arn(self.surrounding.machine_arn(), &self.map_label(id), run);
        let mut result = Object::new();
        result.insert("MapRunArn", Value::from(arn));
        result.insert("ResultWriterDetails", place);
        self.tell_succeeded(id);
        self.leave(id, Some(Got { value: Value::Object(result), payload: None }), None)
    }

    /// What a Map's runs are called in their ARNs.
    pub(super) fn map_label(&self, id: StrandId) -> Arc<str> {
        let state = self.state(id);
        match &state.work {
            StateKind::Map(map) => map.label.as_deref().map_or_else(|| state.name.clone(), Arc::from),
            _ => state.name.clone(),
        }
    }
}

/// That items do not fit into the step that makes them children.
fn too_many_items(map: &Map, size: usize) -> Fault {
    let error = match map.items {
        ItemSource::Reader(_) => fault::ITEM_READER_FAILED,
        ItemSource::Input(_) => fault::DATA_LIMIT_EXCEEDED,
    };
    let text = format!(
        "The items take {size} bytes, with {CHILD_BYTES} for each; a Map takes {STEP_SIZE_MAX}. Fewer are had with \
         MaxItems or an ItemBatcher."
    );
    Fault::new(error, text)
}
