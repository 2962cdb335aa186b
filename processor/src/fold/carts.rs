//! The fold of carts: what comes of a command about one, as records for the topics. How it is
//! decided is [`step`](crate::step)'s; knows no partition's queue and no store.

use bytes::Bytes;
use cart_schemas::cloudevent;
use cart_schemas::command::{Asked, Command};
use cart_schemas::cql::Table;
use cart_schemas::digest::Digest;
use cart_schemas::envelope::{DecodeError, Envelope, SCHEMA};
use cart_schemas::event::Event;
use cart_schemas::holders;
use cart_schemas::id::{CartKey, CommandId};
use cart_schemas::policy::{Policy, Rules};
use cart_schemas::record::{CartRecord, Entry, Outcome};
use cart_schemas::rejection::Rejection;
use cart_schemas::reply::{Answer, Reply};
use cart_schemas::timestamp::Timestamp;
use cart_schemas::topic::{PROCESSORS, Topic, header};
use cart_schemas::traceparent::{CE_TRACEPARENT, TRACEPARENT};
use cart_storage::log::{Header, NewRecord, TopicPartition};

mod answer;
mod asked;

use self::answer::answer;
use super::{Fold, Folded, Site, Wake};
use crate::cart::asks_again;
use crate::defects::{Defect, Defects, NoDefects};
use crate::intake::Incoming;
use crate::step::{Step, Stepping};
use crate::timers::Timer;

/// The carts, or a mutant of them.
#[derive(Debug, Clone, Default)]
pub struct Carts<D = NoDefects> {
    /// How they differ.
    pub defects: D,
}

impl Carts {
    /// The carts as they are meant to be.
    #[must_use]
    pub const fn new() -> Self {
        Self { defects: NoDefects }
    }
}

impl<D: Defects> Fold for Carts<D> {
    type Key = CartKey;
    type Envelope = Envelope;
    type Record = CartRecord;
    type Defects = D;

    const SITE: Site = Site {
        commands: Topic::Commands,
        dead_letters: Topic::CommandsDeadLetters,
        group: PROCESSORS,
        table: Table::Carts,
    };
    const WAKE: Option<Wake> = Some(wake);

    fn defects(&self) -> &D {
        &self.defects
    }

    fn envelope(value: &[u8]) -> Result<Envelope, DecodeError> {
        Envelope::decode(value)
    }

    fn id(envelope: &Envelope) -> CommandId {
        envelope.id
    }

    fn key(envelope: &Envelope) -> &CartKey {
        &envelope.cart
    }

    fn decode(cell: &[u8]) -> Result<CartRecord, String> {
        CartRecord::decode(cell).map_err(|error| error.to_string())
    }

    fn encode(record: &CartRecord) -> Vec<u8> {
        record.encode()
    }

    fn ts(record: &CartRecord) -> Timestamp {
        record.ts
    }

    fn step(
        &self,
        record: &mut CartRecord,
        began: Timestamp,
        incoming: &Incoming<Envelope>,
    ) -> Folded {
        let again = record.is_past(incoming.placement.position);
        let stepping = Stepping { defects: &self.defects, began };
        let step = stepping.step(record, incoming.placement, &incoming.envelope);
        let put_back = again && !self.defects.has(not_put_back(&step));
        let store = put_back || matches!(step, Step::Decided { .. });
        Folded { store, ..carried_out(&self.defects, incoming, record, step) }
    }
}

/// A record met again may have been loaded from a write that nobody acknowledged: it is put back
/// before anything is said of it. This is what a mutant does that leaves that out.
const fn not_put_back(step: &Step) -> Defect {
    match step {
        Step::Replayed(_) => Defect::ReplayNotPutBack,
        Step::Decided { .. } | Step::Remembered(_) | Step::Conflict | Step::Passed => {
            Defect::RepeatNotPutBack
        }
    }
}

/// What is to be said of a step that led to this cart.
fn carried_out<D: Defects>(
    defects: &D,
    incoming: &Incoming<Envelope>,
    cart: &CartRecord,
    step: Step,
) -> Folded {
    let envelope = &incoming.envelope;
    let reply = answer(envelope, cart, &step).and_then(|answer| reply(incoming, cart, answer));
    let id = cart.cart_id(&envelope.cart);
    let said = |outcome| Folded {
        store: false,
        holds: Vec::new(),
        timer: None,
        panicked: false,
        facts: Vec::new(),
        reply: reply.clone(),
        kind: envelope.command.kind(),
        outcome,
    };
    let emitted = |outcome, entry: &Entry| {
        let events = entry.events.iter().map(|event| fact(incoming, event));
        let asked = defects.asks(cart, envelope, entry).into_iter();
        let asked = asked.map(|ask| asked::record(incoming, (id, entry.version), ask));
        Folded {
            holds: holds(&envelope.cart, entry),
            panicked: entry.outcome == Outcome::Rejected(Rejection::Internal),
            facts: events.chain(asked).collect(),
            ..said(outcome)
        }
    };
    match step {
        Step::Decided { entry, arm } => {
            let timer = arm.map(|due| Timer { cart: envelope.cart.clone(), due, ts: cart.ts });
            Folded { timer, ..emitted(outcome_name(&entry), &entry) }
        }
        Step::Replayed(entry) => emitted("replayed", &entry),
        Step::Remembered(print) => {
            let place = incoming.placement.position;
            let again = asks_again(cart, envelope, place, &print).into_iter();
            let facts = again.map(|ask| asked::record(incoming, (id, print.version), ask));
            Folded { facts: facts.collect(), ..said("remembered") }
        }
        Step::Conflict => said("conflict"),
        Step::Passed => said("passed"),
    }
}

/// Where a cart is found by what came into it. A line that was there already is noted once more,
/// which is harmless.
fn holds(cart: &CartKey, entry: &Entry) -> Vec<String> {
    let came = entry.events.iter().flat_map(|event| event.fact.came());
    came.map(|line| holders::slot_of(&line.item, cart)).collect()
}

fn outcome_name(entry: &Entry) -> &'static str {
    match &entry.outcome {
        Outcome::Applied => "applied",
        Outcome::Rejected(rejection) => rejection.code().as_str(),
    }
}

/// The reply to whoever waits, with the cart as `record` holds it.
fn reply(
    incoming: &Incoming<Envelope>,
    record: &CartRecord,
    (Asked { command, digest }, answer): (Asked, Answer),
) -> Option<(TopicPartition, NewRecord)> {
    let partition = incoming.reply_to?;
    let after = record.snapshot(&incoming.envelope.cart);
    let reply = Reply { command, digest, answer, after };
    let key = Some(Bytes::from(command.to_string()));
    let value = Some(Bytes::from(reply.encode()));
    let to = TopicPartition { topic: Topic::Replies, partition };
    let headers = incoming.trace(TRACEPARENT).into_iter().collect();
    Some((to, NewRecord { key, value, headers }))
}

/// An event of the cart a command is for, as a `CloudEvent` on the command's partition.
fn fact(incoming: &Incoming<Envelope>, event: &Event) -> (TopicPartition, NewRecord) {
    let cart = &incoming.envelope.cart;
    let attributes = cloudevent::headers(cart, event).into_iter();
    let mut headers: Vec<_> = attributes.map(|(name, value)| Header::text(name, value)).collect();
    headers.extend(incoming.trace(CE_TRACEPARENT));
    let key = Some(Bytes::copy_from_slice(cart.as_str().as_bytes()));
    let value = Some(Bytes::from(event.encode()));
    let to = TopicPartition { topic: Topic::Events, partition: incoming.home.partition };
    (to, NewRecord { key, value, headers })
}

/// The command that wakes a cart. Each is a command of its own: a timer that fires twice is two
/// needless decisions at worst, one that is taken for a repeat would be a timer lost.
fn wake(timer: &Timer, id: CommandId, policy: Policy) -> NewRecord {
    let envelope = Envelope {
        id,
        cart: timer.cart.clone(),
        rules: Rules::CURRENT,
        digest: Digest::of(b"wake"),
        expected_version: None,
        policy,
        command: Command::Wake { due: timer.due },
    };
    record(&envelope)
}

/// A command as it lies in the log.
pub(super) fn record(envelope: &Envelope) -> NewRecord {
    NewRecord {
        key: Some(Bytes::copy_from_slice(envelope.cart.as_str().as_bytes())),
        value: Some(Bytes::from(envelope.encode())),
        headers: vec![
            Header::text(header::COMMAND, envelope.id.to_string()),
            Header::text(header::SCHEMA, SCHEMA.to_string()),
        ],
    }
}

#[cfg(test)]
mod tests;
