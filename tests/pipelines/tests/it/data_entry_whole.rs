//! data-entry, whole: jobs of five seconds by the thousand, done once each by the example's function, whatever is out of
//! order, whoever dies, and whatever is published again.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use bongsu_testkit::Server;
use bongsu_testkit::wait::until;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::publishing::publish;
use crate::til_challenge::copy;

const TOPIC: &str = "arn:aws:sns:us-east-1:000000000000:data-entry";
const FUNCTION: &str = "data-entry";
/// How long a job takes.
const JOB_SECONDS: u32 = 5;
/// The outage ends before the attempt of this minute.
const RETURNED_MINUTE: u32 = 55;
/// Attempts of a minute before: the first, and the one at once.
const ATTEMPTS_AT_ONCE: u64 = 2;
/// Attempts after those, one each minute.
const RETRIES: u32 = 60;
/// How long everything may take that is waited for.
const WORK_TIMEOUT: Duration = Duration::from_secs(900);
/// Two of the jobs can never be done.
const POISONED: [&str; 2] = ["order 31/7", "order 99/8"];

const RUNNING: &str = "bongsu_lambda_concurrent_executions";
const ERRORS: &str = "bongsu_lambda_errors_total";
const UNDERWAY: &str = "bongsu_sns_approximate_number_of_attempts";
const UNDELIVERED: &str = "bongsu_sns_approximate_number_of_notifications_undelivered";
const DEAD_LETTERED: &str = "bongsu_sns_number_of_notifications_redriven_to_dlq_total";
const LINES_LEFT_OUT: &str = "bongsu_function_log_lines_left_out_total";

/// How much is done: all that the example promises with `BONGSU_ENTRY_WHOLE=1`, less in the suite.
struct Size {
    /// Jobs published in a second, and for how many seconds.
    rate: u32,
    seconds: u32,
    /// Jobs among which two fail.
    among: u32,
}

impl Size {
    fn asked_for() -> Size {
        match std::env::var_os("BONGSU_ENTRY_WHOLE") {
            Some(_) => Size { rate: 1_000, seconds: 10, among: 100_000 },
            None => Size { rate: 200, seconds: 5, among: 5_000 },
        }
    }

    fn jobs(&self) -> u32 {
        self.rate * self.seconds
    }

    /// How many go on at the same time while they come at the rate.
    fn side_by_side(&self) -> u32 {
        self.rate * self.seconds.min(JOB_SECONDS)
    }
}

/// The example, deployed from a copy of its folder.
struct DataEntry {
    server: Server,
    folder: TempDir,
}

impl DataEntry {
    fn up(job_seconds: u32) -> DataEntry {
        let folder = tempfile::tempdir().unwrap();
        let example = folder.path().join("example");
        copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/data-entry"), &example);
        let (template, data) = (example.join("template.yaml"), folder.path().join("data"));
        let job_seconds = format!("JobSeconds={job_seconds}");
        let parameters = ["--parameter", job_seconds.as_str(), "--parameter", "Store=../entries"].map(Into::into);
        let arguments = ["up".into(), template.into(), "--data".into(), data.into(), "--test-clock".into()];
        let server = Server::start(arguments.into_iter().chain(parameters)).unwrap();
        fs::create_dir_all(folder.path().join("example/entries")).unwrap();
        DataEntry { server, folder }
    }

    fn store(&self) -> PathBuf {
        self.folder.path().join("example/entries")
    }

    /// The names of all entries. What a killed process has left of one begins with a dot.
    fn entries(&self) -> BTreeSet<String> {
        let names = fs::read_dir(self.store()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names
            .filter_map(|name| name.strip_suffix(".json").filter(|id| !id.starts_with('.')).map(str::to_owned))
            .collect()
    }

    /// There is the one entry of each of these jobs, and no other.
    fn check_entries(&self, jobs: u32) {
        let entries = self.entries();
        assert_eq!(entries, (0..jobs).map(id).collect());
        for number in (0..jobs).step_by(jobs as usize / 100) {
            let entry = fs::read(self.store().join(format!("{}.json", id(number)))).unwrap();
            assert_eq!(serde_json::from_slice::<Value>(&entry).unwrap(), job(number));
        }
    }

    fn publish(&self, jobs: std::ops::Range<u32>, rate: Option<u32>) -> f64 {
        publish(&self.server, TOPIC, jobs, rate, |number| job(number).to_string())
    }

    fn wait_until(&self, what: &str, is_so: impl Fn() -> bool) {
        until(what, WORK_TIMEOUT, || is_so().then_some(()));
    }

    fn wait_until_all_is_delivered(&self) {
        self.wait_until("all jobs to be done", || self.server.metric(UNDELIVERED) == 0);
    }

    /// Waits until so many invocations have failed, and none goes on.
    fn wait_for_errors(&self, errors: u64) {
        self.wait_until("the attempts of a round", || {
            self.server.metric(ERRORS) >= errors && self.server.metric(UNDERWAY) == 0
        });
        assert_eq!(self.server.metric(ERRORS), errors, "nothing is tried twice");
    }

    /// Lets the next minute's attempts come.
    fn advance_a_minute(&self) {
        self.server.advance(Duration::from_secs(60));
    }

    fn depth(&self, queue: &str) -> u64 {
        self.server.sqs().depth(&format!("{}/000000000000/{queue}", self.server.api_url())).unwrap()
    }

    /// What `bongsu logs` finds, a line each.
    fn logged(&self, filter: &str) -> Vec<String> {
        let found = self.server.command(&["logs", FUNCTION, "--json", "--filter", filter]);
        assert_ne!(found.status.code(), Some(2), "{found:?}");
        String::from_utf8(found.stdout).unwrap().lines().map(str::to_owned).collect()
    }

    /// Does something, and returns the most invocations that went on meanwhile, as far as they were looked at.
    fn peak_while(&self, doing: impl FnOnce()) -> u64 {
        let (peak, is_over) = (AtomicU64::new(0), AtomicBool::new(false));
        thread::scope(|scope| {
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    peak.fetch_max(self.server.metric(RUNNING), Ordering::Relaxed);
                    thread::sleep(Duration::from_millis(20)); // Between two looks, which cost the server time.
                }
            });
            let _ended = Ended(&is_over);
            doing();
        });
        peak.into_inner()
    }

    fn report(&self, peak: u64) {
        let (processes, kilobytes) = self.functions_memory();
        let server = self.server.resident_bytes() / (1 << 20);
        println!("{peak} at once; the server has {server} MiB, {processes} processes {} MiB", kilobytes / 1024);
    }

    /// How many child processes the server has, and their memory in kilobytes.
    fn functions_memory(&self) -> (usize, u64) {
        let threads = fs::read_dir(format!("/proc/{}/task", self.server.process_id())).unwrap();
        let lists = threads.filter_map(|thread| fs::read_to_string(thread.ok()?.path().join("children")).ok());
        let list = lists.collect::<Vec<_>>().join(" ");
        let resident = |id: &str| {
            let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
            let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
            line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok()).unwrap_or(0)
        };
        let kilobytes: Vec<u64> = list.split_whitespace().map(resident).collect();
        (kilobytes.len(), kilobytes.iter().sum())
    }
}

/// Says that something is over, also when it fails.
struct Ended<'a>(&'a AtomicBool);

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn id(number: u32) -> String {
    format!("job-{number:06}")
}

fn job(number: u32) -> Value {
    json!({ "id": id(number), "text": format!("entry {number}") })
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn every_job_is_done_once_through_an_outage_a_kill_and_a_redrive() {
    let size = Size::asked_for();
    let mut pipeline = DataEntry::up(JOB_SECONDS);
    jobs_that_take_time_go_on_side_by_side(&pipeline, &size);
    an_outage_of_55_minutes_heals_by_itself(&mut pipeline, &size);
    what_is_redriven_is_recognised(&pipeline, 2 * size.jobs());
}

fn jobs_that_take_time_go_on_side_by_side(pipeline: &DataEntry, size: &Size) {
    let begun = Instant::now();
    let peak = pipeline.peak_while(|| {
        pipeline.publish(0..size.jobs(), Some(size.rate));
        let published = begun.elapsed();
        pipeline.wait_until_all_is_delivered();
        println!(
            "all done after {:?}, {:?} after the last was published",
            begun.elapsed(),
            begun.elapsed() - published
        );
    });
    pipeline.report(peak);
    assert!(peak >= u64::from(size.side_by_side()) * 8 / 10, "{peak} of {} went on at once", size.side_by_side());
    pipeline.check_entries(size.jobs());
    assert_eq!(pipeline.server.metric(ERRORS), 0);
}

fn an_outage_of_55_minutes_heals_by_itself(pipeline: &mut DataEntry, size: &Size) {
    let (jobs, begun) = (u64::from(size.jobs()), Instant::now());
    let outage = pipeline.store().join("outage");
    fs::write(&outage, "").unwrap();
    pipeline.publish(size.jobs()..2 * size.jobs(), Some(size.rate));
    let mut errors = ATTEMPTS_AT_ONCE * jobs;
    pipeline.wait_for_errors(errors);
    for _minute in 1..RETURNED_MINUTE {
        pipeline.advance_a_minute();
        errors += jobs;
        pipeline.wait_for_errors(errors);
        assert_eq!(pipeline.server.metric(UNDELIVERED), jobs);
    }
    println!("{errors} attempts failed in {:?}", begun.elapsed());
    fs::remove_file(outage).unwrap();
    pipeline.advance_a_minute();
    // All of them at once; the server dies when some are done and the others go on.
    let some = size.jobs() as usize / 10;
    let peak = pipeline.peak_while(|| {
        pipeline.wait_until("some jobs to be done", || pipeline.entries().len() > size.jobs() as usize + some);
    });
    pipeline.report(peak);
    pipeline.server.kill_nine();
    pipeline.server.restart().unwrap();
    pipeline.wait_until_all_is_delivered();
    pipeline.check_entries(2 * size.jobs());
    assert_eq!((pipeline.server.metric(ERRORS), pipeline.depth("data-entry-dead-letters")), (0, 0));
}

/// Everything that was published is still in the emergency queue. Some entries are lost, and none of the others is made
/// again.
fn what_is_redriven_is_recognised(pipeline: &DataEntry, jobs: u32) {
    let lost: Vec<u32> = (0..jobs).step_by(100).collect();
    for number in &lost {
        fs::remove_file(pipeline.store().join(format!("{}.json", id(*number)))).unwrap();
    }
    let before = pipeline.logged("\"done before\"").len();
    assert_eq!(pipeline.depth("data-entry-emergency"), u64::from(jobs));
    let begun = Instant::now();
    let arguments = ["--from", "data-entry-emergency", "--to", "function/data-entry", "--rate", "1000/s"];
    let redriven = pipeline.server.command(&[&["redrive"], &arguments[..], &["--concurrency", "500"]].concat());
    println!("redriven in {:?}: {}", begun.elapsed(), said(&redriven));
    assert!(redriven.status.success(), "{}", said(&redriven));
    pipeline.check_entries(jobs);
    assert_eq!(pipeline.depth("data-entry-emergency"), 0);
    assert_eq!(pipeline.server.metric(ERRORS), 0, "a repeated job is a success");
    let recognised = pipeline.logged("\"done before\"").len() - before;
    assert_eq!(recognised, jobs as usize - lost.len());
}

#[test]
fn two_failures_among_very_many_jobs_are_found_and_counted() {
    let jobs = Size::asked_for().among;
    let pipeline = DataEntry::up(0);
    let is_poisoned = |number: u32| POISONED.iter().zip([jobs / 3, jobs - 7]).find(|(_, at)| *at == number);
    let begun = Instant::now();
    publish(&pipeline.server, TOPIC, 0..jobs, None, |number| match is_poisoned(number) {
        Some((id, _)) => json!({ "id": id }).to_string(),
        None => job(number).to_string(),
    });
    pipeline.wait_until("all but two to be done", || {
        pipeline.server.metric(UNDELIVERED) == 2 && pipeline.server.metric(UNDERWAY) == 0
    });
    println!("{jobs} jobs of no time done after {:?}", begun.elapsed());
    assert_eq!(pipeline.entries().len(), jobs as usize - 2);
    assert_eq!(pipeline.server.metric(LINES_LEFT_OUT), 0);
    check_failures_are_found(&pipeline);

    for _minute in 0..RETRIES {
        let errors = pipeline.server.metric(ERRORS);
        pipeline.advance_a_minute();
        pipeline.wait_until("the minute's attempts", || {
            pipeline.server.metric(ERRORS) >= errors + 2 || pipeline.server.metric(UNDELIVERED) == 0
        });
    }
    pipeline.wait_until_all_is_delivered();
    assert_eq!((pipeline.server.metric(DEAD_LETTERED), pipeline.depth("data-entry-dead-letters")), (2, 2));
    check_failures_are_found(&pipeline);
}

/// Each line that the filter finds is of one of the two, and there are as many as the metric counts.
fn check_failures_are_found(pipeline: &DataEntry) {
    let (lines, took) = until("a search during which nothing fails", WORK_TIMEOUT, || {
        let (begun, errors) = (Instant::now(), pipeline.server.metric(ERRORS));
        let lines = pipeline.logged("ERROR \"not the name of a job\"");
        (pipeline.server.metric(ERRORS) == errors && lines.len() as u64 == errors).then_some((lines, begun.elapsed()))
    });
    println!("{} lines found in {took:?}", lines.len());
    let of_each = POISONED.map(|id| lines.iter().filter(|line| line.contains(&format!("'{id}'"))).count());
    assert!(of_each.iter().all(|count| *count > 0), "{lines:?}");
    assert_eq!(of_each.iter().sum::<usize>(), lines.len(), "{lines:?}");
}
