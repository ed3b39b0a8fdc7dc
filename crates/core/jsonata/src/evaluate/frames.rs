//! Frames: the variables of blocks, calls and tuples, in one place, so that functions may hold on to them in circles.

use std::sync::Arc;

use crate::value::Value;

/// What a frame weighs that lives on after its block.
const WEIGHT_OF_FRAME: u64 = 128;

/// A frame of one evaluation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct FrameId(usize);

#[derive(Default)]
struct Frame {
    parent: Option<FrameId>,
    variables: Vec<(Arc<str>, Option<Value>)>,
    /// A function holds on to it: it stays until the evaluation ends.
    is_captured: bool,
}

/// All frames of an evaluation; they go when it ends.
#[derive(Default)]
pub(super) struct Frames {
    list: Vec<Frame>,
    free: Vec<FrameId>,
}

impl Frames {
    pub(super) fn open(&mut self, parent: Option<FrameId>) -> FrameId {
        let id = self.free.pop().unwrap_or_else(|| {
            self.list.push(Frame::default());
            FrameId(self.list.len() - 1)
        });
        self.list[id.0].parent = parent;
        id
    }

    /// Gives a frame up, unless a function holds on to it, and returns what stays.
    pub(super) fn close(&mut self, id: FrameId) -> u64 {
        let frame = &mut self.list[id.0];
        if frame.is_captured {
            return WEIGHT_OF_FRAME;
        }
        frame.variables.clear();
        self.free.push(id);
        0
    }

    /// Keeps a frame, and those around it, until the evaluation ends.
    pub(super) fn capture(&mut self, id: FrameId) {
        let mut next = Some(id);
        while let Some(id) = next {
            let frame = &mut self.list[id.0];
            if frame.is_captured {
                break;
            }
            frame.is_captured = true;
            next = frame.parent;
        }
    }

    pub(super) fn bind(&mut self, id: FrameId, name: &Arc<str>, value: Option<Value>) {
        let variables = &mut self.list[id.0].variables;
        match variables.iter_mut().find(|(bound, _)| bound == name) {
            Some((_, bound)) => *bound = value,
            None => variables.push((name.clone(), value)),
        }
    }

    /// What a name is bound to, seen from a frame; the inner nothing is bound too, to no value.
    pub(super) fn get(&self, id: FrameId, name: &str) -> Option<Option<&Value>> {
        let mut next = Some(id);
        while let Some(id) = next {
            let frame = &self.list[id.0];
            if let Some((_, value)) = frame.variables.iter().find(|(bound, _)| &**bound == name) {
                return Some(value.as_ref());
            }
            next = frame.parent;
        }
        None
    }
}
