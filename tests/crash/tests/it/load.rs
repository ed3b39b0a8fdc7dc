//! Clients that send, receive and delete on two queues, each over its own connection, and keep the books.

use std::sync::{Arc, Condvar, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use bongsu_testkit::server::Server;
use bongsu_testkit::sqs::{Failure, Message, Sent, Sqs};
use bongsu_testkit::wait::until;
use serde_json::{Value, json};

use crate::ledger::{Counts, Key, Ledger};
use crate::random::Random;

/// Short, so that what a killed client had in flight soon returns.
const VISIBILITY_TIMEOUT: Duration = Duration::from_secs(1);
/// Clients of a kind: two senders and two receivers a queue.
const CLIENTS: u32 = 2;
/// Message groups of each sender.
const GROUPS: u32 = 8;
/// Senders slow down when more than this is waiting to be deleted.
const BACKLOG_MAX: u64 = 4_000;
/// One message in so many is received and left to return.
const FORGOTTEN_ONE_IN: u64 = 50;
/// One FIFO message in so many is sent again although it was acknowledged.
const REPEATED_ONE_IN: u64 = 10;
/// How long the queues may take to run empty at the end.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(120);

/// How the server goes down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// Without a word.
    Sudden,
    /// With its disk failing: it may answer that it can do no more.
    FailingDisk,
}

/// What the clients are to do now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// The server is up.
    Run,
    /// The server is down, or about to be: a failed client waits.
    Down,
    /// Senders end; receivers delete all they get.
    Drain,
    /// Everybody ends.
    End,
}

/// What all clients share.
struct Shared {
    ledger: Ledger,
    phase: Mutex<Phase>,
    phase_changed: Condvar,
}

impl Shared {
    fn phase(&self) -> Phase {
        *self.phase.lock().unwrap()
    }

    fn set(&self, phase: Phase) {
        *self.phase.lock().unwrap() = phase;
        self.phase_changed.notify_all();
    }

    fn wait_while_down(&self) {
        let phase = self.phase.lock().unwrap();
        drop(self.phase_changed.wait_while(phase, |phase| *phase == Phase::Down).unwrap());
    }
}

/// The clients at work.
pub(crate) struct Load {
    shared: Arc<Shared>,
    clients: Vec<JoinHandle<()>>,
    standard: String,
    fifo: String,
}

impl Load {
    /// Makes the two queues and sets the clients to work.
    pub(crate) fn start(server: &Server, end: End, random: &mut Random) -> Load {
        let visibility = VISIBILITY_TIMEOUT.as_secs().to_string();
        let mut sqs = server.sqs();
        let standard = sqs.create_queue("work", &[("VisibilityTimeout", &visibility)]).unwrap();
        let fifo = [("FifoQueue", "true"), ("VisibilityTimeout", visibility.as_str())];
        let fifo = sqs.create_queue("orders.fifo", &fifo).unwrap();
        let ledger = Ledger::new(VISIBILITY_TIMEOUT);
        let shared = Shared { ledger, phase: Mutex::new(Phase::Run), phase_changed: Condvar::new() };
        let shared = Arc::new(shared);
        let work: [(&str, Work); 4] = [
            (&standard, Client::send_singles_and_batches),
            (&standard, Client::receive_in_any_order),
            (&fifo, Client::send_to_groups),
            (&fifo, Client::receive_in_order),
        ];
        let mut clients = Vec::new();
        for (number, (queue, work)) in (0..CLIENTS).flat_map(|number| work.map(|work| (number, work))) {
            let mut client = Client {
                shared: Arc::clone(&shared),
                sqs: server.sqs(),
                queue: queue.to_owned(),
                end,
                number,
                random: Random::new(random.within(0..u64::MAX)),
            };
            clients.push(thread::spawn(move || work(&mut client)));
        }
        Load { shared, clients, standard, fifo }
    }

    /// Lets the clients have `successes` more sends and deletes acknowledged.
    pub(crate) fn run(&self, successes: u64) {
        self.shared.ledger.wait_for_progress(successes);
        self.shared.ledger.check();
    }

    /// The server is about to go down: clients that fail are to wait.
    pub(crate) fn pause(&self) {
        self.shared.set(Phase::Down);
    }

    /// The server is up again.
    pub(crate) fn resume(&self) {
        self.shared.set(Phase::Run);
    }

    /// Empties the queues, checks the books, and returns how much was done.
    pub(crate) fn finish(self, server: &Server) -> Counts {
        self.shared.set(Phase::Drain);
        let mut sqs = server.sqs();
        until("the queues to run empty", DRAIN_TIMEOUT, || {
            self.shared.ledger.check();
            let waiting = sqs.depth(&self.standard).unwrap() + sqs.depth(&self.fifo).unwrap();
            (waiting == 0).then_some(())
        });
        self.shared.set(Phase::End);
        self.clients.into_iter().for_each(|client| client.join().unwrap());
        self.shared.ledger.settle();
        self.shared.ledger.check()
    }
}

/// What a client does until it is no longer wanted.
type Work = fn(&mut Client);

/// What became of a request.
enum Outcome<T> {
    Done(T),
    /// The server has not seen it.
    NotSent,
    /// It may have been carried out.
    Unknown,
    Refused(Failure),
}

struct Client {
    shared: Arc<Shared>,
    sqs: Sqs,
    queue: String,
    end: End,
    number: u32,
    random: Random,
}

impl Client {
    fn ledger(&self) -> &Ledger {
        &self.shared.ledger
    }

    fn is_sending(&self) -> bool {
        self.ledger().wait_for_room(BACKLOG_MAX);
        matches!(self.shared.phase(), Phase::Run | Phase::Down)
    }

    fn is_receiving(&self) -> bool {
        self.shared.phase() != Phase::End
    }

    fn judge<T>(&self, result: Result<T, Failure>) -> Outcome<T> {
        match result {
            Ok(value) => Outcome::Done(value),
            Err(Failure::NotSent(_)) => Outcome::NotSent,
            Err(Failure::Unknown(_)) => Outcome::Unknown,
            Err(Failure::Refused { status: 500.., .. }) if self.end == End::FailingDisk => Outcome::Unknown,
            Err(refused) => Outcome::Refused(refused),
        }
    }

    fn refused(&self, what: &str, failure: &Failure) {
        self.ledger().break_promise(format!("{what} was refused: {failure}"));
    }

    /// Every message once: what fails is not repeated.
    fn send_singles_and_batches(&mut self) {
        let mut next = self.number;
        while self.is_sending() {
            let count = self.random.within(1..11);
            let keys: Vec<Key> = (0..count).map(|_| next_key(&mut next)).collect();
            keys.iter().for_each(|key| self.ledger().sending(*key));
            let result = match keys.as_slice() {
                [key] => self.sqs.send(&self.queue, &key.body()).map(|sent| vec![sent]),
                keys => self.send_batch(keys),
            };
            match self.judge(result) {
                Outcome::Done(sent) => keys.iter().zip(sent).for_each(|(key, sent)| self.ledger().sent(*key, sent)),
                Outcome::NotSent => {
                    keys.iter().for_each(|key| self.ledger().not_sent(*key));
                    self.shared.wait_while_down();
                }
                Outcome::Unknown => {
                    keys.iter().for_each(|_| self.ledger().send_unknown());
                    self.shared.wait_while_down();
                }
                Outcome::Refused(failure) => self.refused("a send", &failure),
            }
        }
    }

    fn send_batch(&mut self, keys: &[Key]) -> Result<Vec<Sent>, Failure> {
        let entry = |(id, key): (usize, &Key)| json!({ "Id": id.to_string(), "MessageBody": key.body() });
        let entries: Vec<Value> = keys.iter().enumerate().map(entry).collect();
        let output = self.sqs.call("SendMessageBatch", &json!({ "QueueUrl": self.queue, "Entries": entries }))?;
        let successful = output["Successful"].as_array().map(Vec::as_slice).unwrap_or_default();
        if successful.len() != keys.len() {
            self.ledger().break_promise(format!("a batch was not accepted as a whole: {output}"));
        }
        let sent = |entry: &Value| Sent {
            message_id: entry["MessageId"].as_str().unwrap_or_default().to_owned(),
            sequence_number: None,
        };
        Ok(successful.iter().map(sent).collect())
    }

    /// Every message until it is acknowledged, each group in order, some again after that.
    fn send_to_groups(&mut self) {
        let mut numbers = [0; GROUPS as usize];
        while self.is_sending() {
            let at = self.random.within(0..u64::from(GROUPS));
            let number = &mut numbers[usize::try_from(at).expect("a group's place is small")];
            let group = self.number * GROUPS + u32::try_from(at).expect("a group's place is small");
            let key = Key { group: Some(group), number: *number };
            *number += 1;
            self.ledger().sending(key);
            if self.send_until_acknowledged(key) && self.random.one_in(REPEATED_ONE_IN) {
                self.send_until_acknowledged(key);
            }
        }
    }

    /// False when there is no more sending, and the message's fate is unknown.
    fn send_until_acknowledged(&mut self, key: Key) -> bool {
        let body = key.body();
        let group = format!("g{}", key.group.expect("a FIFO message has a group"));
        while matches!(self.shared.phase(), Phase::Run | Phase::Down) {
            let result = self.sqs.send_to_group(&self.queue, &group, &body.replace('/', "-"), &body);
            match self.judge(result) {
                Outcome::Done(sent) => {
                    self.ledger().sent(key, sent);
                    return true;
                }
                Outcome::NotSent => self.shared.wait_while_down(),
                Outcome::Unknown => {
                    self.ledger().send_unknown();
                    self.shared.wait_while_down();
                }
                Outcome::Refused(failure) => self.refused("a send to a group", &failure),
            }
        }
        false
    }

    fn receive(&mut self) -> Vec<(Key, Message)> {
        let asked = Instant::now();
        let result = self.sqs.receive(&self.queue, 1);
        match self.judge(result) {
            Outcome::Done(messages) => {
                let keys = self.ledger().received(&messages, asked);
                return keys.into_iter().zip(messages).collect();
            }
            Outcome::NotSent | Outcome::Unknown => self.shared.wait_while_down(),
            Outcome::Refused(failure) => self.refused("a receive", &failure),
        }
        Vec::new()
    }

    fn receive_in_any_order(&mut self) {
        while self.is_receiving() {
            let mut messages = self.receive();
            if self.shared.phase() != Phase::Drain {
                messages.retain(|_| !self.random.one_in(FORGOTTEN_ONE_IN));
            }
            if !messages.is_empty() {
                self.delete_batch(&messages);
            }
        }
    }

    fn delete_batch(&mut self, messages: &[(Key, Message)]) {
        let entry = |(id, (_, message)): (usize, &(Key, Message))| json!({ "Id": id.to_string(), "ReceiptHandle": message.receipt_handle });
        let entries: Vec<Value> = messages.iter().enumerate().map(entry).collect();
        messages.iter().for_each(|(key, _)| self.ledger().deleting(*key));
        let input = json!({ "QueueUrl": self.queue, "Entries": entries });
        let result = self.sqs.call("DeleteMessageBatch", &input);
        match self.judge(result) {
            Outcome::Done(output) => {
                if output["Failed"].as_array().is_some_and(|failed| !failed.is_empty()) {
                    self.ledger().break_promise(format!("a delete on a standard queue was refused: {output}"));
                }
                messages.iter().for_each(|(key, _)| self.ledger().deleted(*key));
            }
            Outcome::NotSent => messages.iter().for_each(|(key, _)| self.ledger().not_deleted(*key)),
            Outcome::Unknown => messages.iter().for_each(|(key, _)| self.ledger().delete_unknown(*key)),
            Outcome::Refused(failure) => self.refused("a batch of deletes", &failure),
        }
    }

    /// Deletes one by one, and leaves the rest of the answer alone after the first that is not acknowledged.
    fn receive_in_order(&mut self) {
        while self.is_receiving() {
            for (key, message) in self.receive() {
                let forgotten = self.shared.phase() != Phase::Drain && self.random.one_in(FORGOTTEN_ONE_IN);
                if forgotten || !self.delete(key, &message) {
                    break;
                }
            }
        }
    }

    fn delete(&mut self, key: Key, message: &Message) -> bool {
        self.ledger().deleting(key);
        let result = self.sqs.delete(&self.queue, &message.receipt_handle);
        let outcome = self.judge(result);
        match &outcome {
            Outcome::Done(()) => self.ledger().deleted(key),
            Outcome::NotSent => self.ledger().not_deleted(key),
            Outcome::Refused(failure) => {
                self.ledger().not_deleted(key);
                // Whoever takes longer than the visibility timeout has lost the message.
                if !matches!(failure, Failure::Refused { code, .. } if code == "InvalidParameterValue") {
                    self.refused("a delete from a group", failure);
                }
            }
            Outcome::Unknown => self.ledger().delete_unknown(key),
        }
        matches!(outcome, Outcome::Done(()))
    }
}

/// The standard queue's numbers are shared out among its senders.
fn next_key(next: &mut u32) -> Key {
    let key = Key { group: None, number: *next };
    *next += CLIENTS;
    key
}
