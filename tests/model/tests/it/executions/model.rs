//! A naive model of executions: threads that go from state to state with a number, looked through from the start for
//! every question.

use bongsu_broker::TaskCall;

const SECOND: u64 = 1_000;
/// Of the first retry; each further one comes after twice as long.
const INTERVAL: u64 = 2 * SECOND;
/// An execution's longest run: a year.
const LONGEST: u64 = 365 * 24 * 3600 * SECOND;

/// A state that a number passes through.
#[derive(Clone, Debug)]
pub(crate) enum State {
    Add(i64),
    Wait(u64),
    /// Fails with a larger number.
    AtMost(i64),
    Task(Task),
    /// Two branches, whose numbers are added.
    Both([Vec<State>; 2], bool),
    /// For the number and the one behind it, so many at once; the numbers are added.
    Each(Vec<State>, usize),
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Task {
    pub(crate) kind: Kind,
    /// After an error that is called `Busy`.
    pub(crate) retries: u32,
    /// Goes on with 0 after an error.
    pub(crate) caught: bool,
    /// In seconds.
    pub(crate) timeout: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A function.
    Call,
    /// A message; the end of the task is one step with it.
    Send,
    /// A message with a token, whose answer is waited for.
    Ask,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    Busy,
    Other,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    Running,
    Succeeded(i64),
    Failed,
    TimedOut,
    Aborted,
}

/// One execution.
pub(crate) struct Run {
    pub(crate) status: Status,
    pub(crate) input: i64,
    timeout: Option<u64>,
    deadline: u64,
    root: Thread,
}

/// What goes from state to state.
pub(crate) struct Thread {
    left: Vec<State>,
    value: i64,
    retries: u32,
    phase: Phase,
}

enum Phase {
    Pending,
    Ready,
    Waiting(u64),
    Retrying(u64),
    Calling(Box<Open>),
    Children(Vec<Thread>),
    Done,
}

/// A task that is not answered.
pub(crate) struct Open {
    pub(crate) kind: Kind,
    pub(crate) value: i64,
    pub(crate) submitted: bool,
    deadline: Option<u64>,
    /// What the broker asks for it, once that was seen.
    pub(crate) call: Option<TaskCall>,
}

impl Run {
    pub(crate) fn start(states: &[State], timeout: Option<u64>, input: i64, now: u64) -> Run {
        let root = Thread::new(states, input, Phase::Ready);
        let mut run = Run { status: Status::Running, input, timeout, deadline: 0, root };
        run.deadline = run.deadline_from(now);
        run.advance(now);
        run
    }

    fn deadline_from(&self, now: u64) -> u64 {
        now + self.timeout.map_or(LONGEST, |seconds| seconds * SECOND)
    }

    fn advance(&mut self, now: u64) {
        match self.root.advance(now) {
            Err(_) => self.status = Status::Failed,
            Ok(()) if matches!(self.root.phase, Phase::Done) => self.status = Status::Succeeded(self.root.value),
            Ok(()) => {}
        }
    }

    pub(crate) fn is_running(&self) -> bool {
        self.status == Status::Running
    }

    pub(crate) fn next_deadline(&self) -> Option<u64> {
        self.is_running().then(|| self.root.deadline().map_or(self.deadline, |at| at.min(self.deadline)))
    }

    /// What is due happens.
    pub(crate) fn pass(&mut self, now: u64) {
        if self.is_running() && self.deadline <= now {
            self.status = Status::TimedOut;
        }
        if self.is_running() {
            match self.root.fire(now) {
                Ok(()) => self.advance(now),
                Err(_) => self.status = Status::Failed,
            }
        }
    }

    /// Tasks that are not answered, in the order of their threads.
    pub(crate) fn open(&mut self) -> Vec<&mut Open> {
        let mut found = Vec::new();
        if self.status == Status::Running {
            self.root.open(&mut found);
        }
        found
    }

    /// The end of one of [`Run::open`].
    pub(crate) fn answer(&mut self, at: usize, answer: Result<i64, Fault>, now: u64) {
        let mut place = at;
        match self.root.answer(&mut place, answer, now) {
            Ok(_) => self.advance(now),
            Err(_) => self.status = Status::Failed,
        }
    }

    pub(crate) fn stop(&mut self) {
        self.status = Status::Aborted;
    }

    pub(crate) fn redrive(&mut self, now: u64) {
        (self.status, self.deadline) = (Status::Running, self.deadline_from(now));
        self.root.redrive();
        self.advance(now);
    }
}

impl Thread {
    fn new(states: &[State], value: i64, phase: Phase) -> Thread {
        Thread { left: states.to_vec(), value, retries: 0, phase }
    }

    fn go_on(&mut self, value: i64) {
        self.left.remove(0);
        (self.value, self.retries, self.phase) = (value, 0, Phase::Ready);
    }

    /// Goes as far as it can.
    fn advance(&mut self, now: u64) -> Result<(), Fault> {
        loop {
            if let Phase::Children(_) = &self.phase {
                match self.advance_children(now) {
                    Ok(None) => return Ok(()),
                    Ok(Some(sum)) => self.go_on(sum),
                    Err(fault) => self.fail(fault, now)?,
                }
            }
            if !matches!(self.phase, Phase::Ready) {
                return Ok(());
            }
            let Some(state) = self.left.first().cloned() else {
                self.phase = Phase::Done;
                return Ok(());
            };
            match state {
                State::Add(number) => self.go_on(self.value + number),
                State::Wait(0) => self.go_on(self.value),
                State::Wait(seconds) => self.phase = Phase::Waiting(now + seconds * SECOND),
                State::AtMost(most) if self.value <= most => self.go_on(self.value),
                State::AtMost(_) => self.fail(Fault::Other, now)?,
                State::Task(task) => {
                    let deadline = task.timeout.map(|seconds| now + seconds * SECOND);
                    let (kind, value) = (task.kind, self.value);
                    self.phase = Phase::Calling(Box::new(Open { kind, value, submitted: false, deadline, call: None }));
                }
                State::Both(branches, _) => {
                    let child = |states: &Vec<State>| Thread::new(states, self.value, Phase::Ready);
                    self.phase = Phase::Children(branches.iter().map(child).collect());
                }
                State::Each(states, _) => {
                    let child = |value| Thread::new(&states, value, Phase::Pending);
                    self.phase = Phase::Children([self.value, self.value + 1].map(child).into());
                }
            }
        }
    }

    /// The sum of what children gave, once all have ended.
    fn advance_children(&mut self, now: u64) -> Result<Option<i64>, Fault> {
        let at_once = if let Some(State::Each(_, at_once)) = self.left.first() { *at_once } else { usize::MAX };
        let Phase::Children(children) = &mut self.phase else { return Ok(None) };
        let runs = |child: &Thread| !matches!(child.phase, Phase::Pending | Phase::Done);
        for at in 0..children.len() {
            if matches!(children[at].phase, Phase::Pending)
                && children.iter().filter(|child| runs(child)).count() < at_once
            {
                children[at].phase = Phase::Ready;
            }
            children[at].advance(now)?;
        }
        let is_done = children.iter().all(|child| matches!(child.phase, Phase::Done));
        Ok(is_done.then(|| children.iter().map(|child| child.value).sum()))
    }

    /// Its state has failed: it is tried again, or the error is caught, or it fails.
    fn fail(&mut self, fault: Fault, now: u64) -> Result<(), Fault> {
        let (retries, caught) = match self.left.first() {
            Some(State::Task(task)) => (task.retries, task.caught),
            Some(State::Both(_, caught)) => (0, *caught),
            _ => (0, false),
        };
        if fault == Fault::Busy && self.retries < retries {
            self.phase = Phase::Retrying(now + (INTERVAL << self.retries));
            self.retries += 1;
        } else if caught {
            self.go_on(0);
        } else {
            return Err(fault);
        }
        Ok(())
    }

    fn deadline(&self) -> Option<u64> {
        match &self.phase {
            Phase::Waiting(at) | Phase::Retrying(at) => Some(*at),
            Phase::Calling(open) => open.deadline,
            Phase::Children(children) => children.iter().filter_map(Thread::deadline).min(),
            Phase::Pending | Phase::Ready | Phase::Done => None,
        }
    }

    /// What is due has its end; nothing goes on yet.
    fn fire(&mut self, now: u64) -> Result<(), Fault> {
        match &mut self.phase {
            Phase::Waiting(at) if *at <= now => self.go_on(self.value),
            Phase::Retrying(at) if *at <= now => self.phase = Phase::Ready,
            Phase::Calling(open) if open.deadline.is_some_and(|at| at <= now) => self.fail(Fault::Other, now)?,
            Phase::Children(children) => {
                if let Err(fault) = children.iter_mut().try_for_each(|child| child.fire(now)) {
                    self.fail(fault, now)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn open<'t>(&'t mut self, found: &mut Vec<&'t mut Open>) {
        match &mut self.phase {
            Phase::Calling(open) => found.push(open),
            Phase::Children(children) => children.iter_mut().for_each(|child| child.open(found)),
            _ => {}
        }
    }

    /// Whether the task was here: `at` counts those before it.
    fn answer(&mut self, at: &mut usize, answer: Result<i64, Fault>, now: u64) -> Result<bool, Fault> {
        match &mut self.phase {
            Phase::Calling(_) if *at == 0 => {
                match answer {
                    Ok(value) => self.go_on(value),
                    Err(fault) => self.fail(fault, now)?,
                }
                return Ok(true);
            }
            Phase::Calling(_) => *at -= 1,
            Phase::Children(children) => {
                for child in children {
                    match child.answer(at, answer, now) {
                        Ok(true) => return Ok(true),
                        Ok(false) => {}
                        Err(fault) => return self.fail(fault, now).map(|()| true),
                    }
                }
            }
            _ => {}
        }
        Ok(false)
    }

    /// Whatever had not ended begins its state again.
    fn redrive(&mut self) {
        match &mut self.phase {
            Phase::Children(children) => children.iter_mut().for_each(Thread::redrive),
            Phase::Pending | Phase::Done => {}
            _ => (self.phase, self.retries) = (Phase::Ready, 0),
        }
    }
}
