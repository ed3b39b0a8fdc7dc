//! The core beside a naive model of SQS: random operations, time that passes, restarts and cleaning; both must agree.
//!
//! `BONGSU_MODEL_STEPS=5000000` takes more steps than usual, `BONGSU_MODEL_SEED=17` draws other ones.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test says so by failing")]

mod attributes;
mod events;
mod executions;
mod model;
mod objects;
mod step;
mod story;
mod system;

use std::env;
use std::fmt::Debug;
use std::panic::{self, AssertUnwindSafe};

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner};
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest};

use step::Step;
use story::Story;

/// Steps that are taken when nobody says how many.
const STEPS: u64 = 80_000;
/// Steps of one story: enough for deep states, few enough to be shrunk.
const STEPS_A_STORY: u64 = 250;
/// How often a failing story is made shorter before it is told.
const SHRINKS_MAX: u32 = 20_000;

/// Draws stories. A model that follows the broker's choices cannot run ahead of it, so it is not here but in [`Story`];
/// here is the strategy that all steps are drawn from.
struct Stories;

impl ReferenceStateMachine for Stories {
    type State = BoxedStrategy<Step>;
    type Transition = Step;

    fn init_state() -> BoxedStrategy<Self::State> {
        Just(step::step()).boxed()
    }

    fn transitions(steps: &Self::State) -> BoxedStrategy<Step> {
        steps.clone()
    }

    fn apply(steps: Self::State, _: &Step) -> Self::State {
        steps
    }
}

/// Plays a story; it panics where the broker and the model part.
struct Played;

impl StateMachineTest for Played {
    type SystemUnderTest = Story;
    type Reference = Stories;

    fn init_test(_: &BoxedStrategy<Step>) -> Story {
        let mut story = Story::new();
        step::opening().iter().for_each(|step| story.play(step));
        story
    }

    fn apply(mut story: Story, _: &BoxedStrategy<Step>, step: Step) -> Story {
        story.play(&step);
        story
    }
}

fn number(variable: &str) -> Option<u64> {
    env::var(variable).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{variable}={text} is not a number")))
}

/// The lines of a story up to where it fails, and how it does.
fn tell(steps: &[Step]) -> String {
    let mut story = Story::new();
    let mut opening = step::opening();
    opening.extend_from_slice(steps);
    for step in &opening {
        let Err(fault) = panic::catch_unwind(AssertUnwindSafe(|| story.play(step))) else { continue };
        let owned = fault.downcast_ref::<String>().map(String::as_str);
        let message = owned.or(fault.downcast_ref::<&str>().copied()).unwrap_or("a panic without words");
        return format!("{}\n-> {message}", story.lines.join("\n"));
    }
    "It does not fail again.".into()
}

#[test]
fn the_core_and_the_model_agree() {
    let stories = number("BONGSU_MODEL_STEPS").unwrap_or(STEPS).div_ceil(STEPS_A_STORY);
    let config = Config {
        cases: stories.try_into().unwrap(),
        max_shrink_iters: SHRINKS_MAX,
        failure_persistence: None,
        ..Config::default()
    };
    let mut seed = [0; 32];
    seed[..8].copy_from_slice(&number("BONGSU_MODEL_SEED").unwrap_or(0).to_le_bytes());
    let mut runner = TestRunner::new_with_rng(config.clone(), TestRng::from_seed(RngAlgorithm::ChaCha, &seed));
    let length = STEPS_A_STORY as usize;
    // Panics while a story is being made shorter would only hide the one that counts.
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let result = runner.run(&Stories::sequential_strategy(length..=length), |(steps, story, seen)| {
        Played::test_sequential(config.clone(), steps, story, seen);
        Ok(())
    });
    let told = match result {
        Ok(()) => None,
        Err(TestError::Fail(_, (_, steps, _))) => Some(tell(&steps)),
        Err(abort) => Some(abort.to_string()),
    };
    panic::set_hook(hook);
    if let Some(told) = told {
        panic!("the core and the model part here:\n{told}");
    }
}

/// Stories of the other models, of which one is quickly told.
const STORIES: u64 = 250;

/// Plays stories that are drawn, and tells the shortest that fails.
fn play_stories<S: Debug + Clone>(drawn: impl Strategy<Value = S>, play: impl Fn(&S)) {
    let stories = number("BONGSU_MODEL_STEPS").map_or(STORIES, |steps| steps.div_ceil(STEPS_A_STORY));
    let config = Config {
        cases: stories.try_into().unwrap(),
        max_shrink_iters: SHRINKS_MAX,
        failure_persistence: None,
        ..Config::default()
    };
    let mut seed = [0; 32];
    seed[..8].copy_from_slice(&number("BONGSU_MODEL_SEED").unwrap_or(0).to_le_bytes());
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &seed));
    let result = runner.run(&drawn, |story| {
        play(&story);
        Ok(())
    });
    if let Err(TestError::Fail(reason, story)) = &result {
        panic!("the core and the model part here: {reason}\n{story:#?}");
    }
    result.unwrap();
}

#[test]
fn the_core_and_the_model_of_events_agree() {
    play_stories(events::steps(), |steps| {
        let mut story = events::Story::new();
        steps.iter().for_each(|step| story.play(step));
    });
}

#[test]
fn the_core_and_the_model_of_objects_agree() {
    play_stories(objects::steps(), |steps| {
        let mut story = objects::Story::new();
        steps.iter().for_each(|step| story.play(step));
    });
}

#[test]
fn the_core_and_the_model_of_executions_agree() {
    play_stories(executions::drawn(), |(machines, steps)| {
        let mut story = executions::Story::new(machines);
        steps.iter().for_each(|step| story.play(step));
    });
}
