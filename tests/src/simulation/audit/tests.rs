//! Each check trips on a hand-made wrong observation, and lets the right one pass.

use std::sync::Arc;

use bytes::Bytes;
use cart_schemas::cloudevent;
use cart_schemas::command::Command;
use cart_schemas::cql::Index;
use cart_schemas::envelope::Envelope;
use cart_schemas::event::Event;
use cart_schemas::generation::CommandLog;
use cart_schemas::record::{CartRecord, Entry, Fingerprint, Format, Position};
use cart_schemas::topic::dead_letter;
use cart_storage::log::Header;
use cart_storage::simulated::{ClientId, Simulated, Weather};
use cart_storage::store::{Note, Store as _};
use futures::FutureExt as _;

use super::timers::entry;
use super::*;
use crate::simulation::plan::GENERATION;
use crate::simulation::shadow::samples::{P, at, envelope, one_partition, record, user};
use crate::simulation::shadow::{CartHistory, Decision};

mod cells;
mod crashes;
mod events;
mod forgetting;
mod holes;
mod letters;
mod merges;
mod replies;
mod settled;
mod timers;

const FIVE_MINUTES: i64 = 5 * 60 * 1_000_000;

/// A world whose processes are played by hand, and its audit. One cart, one partition.
struct Scene {
    audit: Audit,
    client: Simulated,
    next: i64,
}

/// The invariant that was broken.
fn broken(result: Result<(), Broken>) -> Invariant {
    result.unwrap_err().invariant
}

impl Scene {
    fn new() -> Self {
        let world = World::new(1, one_partition(), Weather::calm());
        let client = world.client();
        Self { audit: Audit::new(world, one_partition()), client, next: 0 }
    }

    /// A scene whose log has these commands, one a second.
    fn of(commands: impl IntoIterator<Item = Command>) -> Self {
        let mut scene = Self::new();
        for (number, command) in (0..).zip(commands) {
            scene.command(number, &envelope(u64::try_from(number).unwrap(), command));
        }
        scene
    }

    fn see(&mut self, what: What) -> Result<(), Broken> {
        self.audit.observe(&Observation { at: at(0), client: ClientId::OUTSIDE, what })
    }

    fn appended(&mut self, topic: Topic, record: Record) -> Result<(), Broken> {
        self.see(What::Appended { to: TopicPartition { topic, partition: P }, record })
    }

    fn command(&mut self, seconds: i64, envelope: &Envelope) -> Record {
        self.raw(record(self.next, at(seconds), envelope))
    }

    fn raw(&mut self, record: Record) -> Record {
        self.next += 1;
        self.appended(Topic::Commands, record.clone()).unwrap();
        record
    }

    fn history(&self) -> &CartHistory {
        self.audit.shadow().cart(&user()).unwrap()
    }

    fn decision(&self, number: usize) -> Arc<Decision> {
        Arc::clone(&self.history().decisions()[number])
    }

    /// The record that must be stored after a decision.
    fn stored(&self, number: usize) -> CartRecord {
        let decision = self.decision(number);
        let whole = |decision: &Arc<Decision>| Entry {
            position: Position { generation: GENERATION, offset: decision.offset },
            command: decision.command,
            digest: decision.digest,
            outcome: decision.outcome.clone(),
            version: decision.version,
            events: decision.events.clone(),
        };
        let print = |decision: &Arc<Decision>| Fingerprint {
            command: decision.command,
            digest: decision.digest,
            version: decision.version,
            rejected: decision.rejected(),
        };
        CartRecord {
            format: decision.format,
            life: 0,
            version: decision.version,
            ts: decision.ts,
            timer: decision.timer.map(|timer| timer.due),
            cart: (*decision.after).clone(),
            dealings: (*decision.dealings).clone(),
            ledger: self.history().ledger(number).iter().map(whole).collect(),
            fingerprints: self.history().fingerprints(number).iter().map(print).collect(),
        }
    }

    /// Two replicas have the timer a decision counts on, in its own slot.
    fn arm(&mut self, number: usize) {
        let Some(timer) = self.decision(number).timer else { return };
        let slot = timer.due.max(timer.since).micros().div_euclid(FIVE_MINUTES);
        let slot = format!("{GENERATION}/{P}/{slot}");
        let note = Note { entry: entry(&user(), timer.due), ts: timer.since };
        let noted = self.client.note(Index::Timers, &slot, &note.entry, note.ts);
        noted.now_or_never().unwrap().unwrap();
        for replica in [0, 2] {
            let (slot, note) = (slot.clone(), note.clone());
            self.see(What::Noted { replica, index: Index::Timers, slot, note }).unwrap();
        }
    }

    /// A replica takes a cell of the cart; the world's store has nothing of it.
    fn take(&mut self, record: &CartRecord, ts: Timestamp) -> Result<(), Broken> {
        let (key, cell) = (user().to_string(), record.encode().into());
        self.see(What::CellTaken { replica: 0, table: Table::Carts, key, cell, ts })
    }

    fn put(&self, table: Table, key: &str, cell: impl Into<Bytes>, ts: Timestamp) {
        let put = self.client.put(table, key, cell.into(), ts);
        put.now_or_never().unwrap().unwrap();
    }

    /// The record after a decision is armed and stored, as it should be.
    fn store(&mut self, number: usize) -> Result<(), Broken> {
        self.arm(number);
        let record = self.stored(number);
        self.put(Table::Carts, user().as_str(), record.encode(), record.ts);
        self.take(&record, record.ts)
    }

    /// An event as it must lie on the topic.
    fn event(&self, version: u64, n: u16) -> Record {
        event_record(self.history().event(version, n).unwrap())
    }

    /// Every event of a decision lands.
    fn emit(&mut self, number: usize) {
        for event in &self.decision(number).events {
            self.appended(Topic::Events, event_record(event)).unwrap();
        }
    }
}

fn event_record(event: &Event) -> Record {
    let headers = cloudevent::headers(&user(), event).into_iter();
    Record {
        offset: 0,
        appended: at(0),
        key: Some(user().to_string().into()),
        value: Some(event.encode().into()),
        headers: headers.map(|(name, value)| Header::text(name, value)).collect(),
    }
}

/// The dead letter of a command record.
fn letter_of(record: &Record, class: &str) -> Record {
    let mut letter = record.clone();
    letter.headers.extend([
        Header::text(dead_letter::PARTITION, P.to_string()),
        Header::text(dead_letter::OFFSET, record.offset.to_string()),
        Header::text(dead_letter::CLASS, class),
    ]);
    letter
}

#[test]
fn a_broken_invariant_says_which_and_how() {
    let broken = Invariant::NeverBack.broken("user123: 7 after 8");

    let said = "invariant 4 (a stored record never goes back): user123: 7 after 8";
    assert_eq!(broken.to_string(), said);
    let numbers: BTreeSet<_> = Invariant::ALL.iter().map(|each| each.number()).collect();
    assert_eq!(numbers.len(), Invariant::ALL.len());
}

#[test]
fn what_a_log_made_anew_holds_is_not_the_oracles() {
    let mut scene = Scene::of([Command::Clear, Command::Clear]);
    let again = record(0, at(9), &envelope(9, Command::Clear));

    scene.appended(Topic::Commands, again).unwrap();

    assert_eq!(scene.audit.shadow().end(P), 2);
    let hole = record(5, at(9), &envelope(9, Command::Clear));
    let mut scene = Scene::of([Command::Clear]);
    assert_eq!(broken(scene.appended(Topic::Commands, hole)), Invariant::NoHole);
}
