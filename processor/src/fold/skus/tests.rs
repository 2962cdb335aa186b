//! A worker of skus driven by hand: what it stores and says, and that repeats change nothing.

use std::collections::VecDeque;

use cart_schemas::generation::{CommandLog, Generation};
use cart_schemas::id::CheckoutId;
use cart_schemas::partition::{Partition, PartitionCount};
use cart_schemas::policy::{Policy, Rules};
use cart_schemas::record::{Owner, Progress};
use cart_schemas::stock::{Level, StockCommand, StockReply, Units};
use cart_schemas::topic::header;
use cart_storage::log::{Header, NewRecord, Record, TopicPartition};
use serde_json::{Value, json};
use uuid::Uuid;

use super::*;
use crate::worker::{Action, Begin, CellWrite, Done, Effect, Input, Worker};

const P: Partition = Partition::new(0);

/// A command with the id of its number, at its offset, sent for somebody who waits.
fn record(offset: i64, number: u128, command: StockCommand) -> Record {
    let sku: SkuKey = "i_cHJvZF80NTYAbGFyZ2UtcmVk".parse().unwrap();
    let envelope = StockEnvelope {
        id: CommandId::from_uuid(Uuid::from_u128(number)),
        sku: sku.clone(),
        rules: Rules::CURRENT,
        digest: command.digest(),
        policy: Policy::default(),
        command,
    };
    Record {
        offset,
        appended: Timestamp::from_millis(1_700_000_000_000 + offset),
        key: Some(sku.to_string().into()),
        value: Some(envelope.encode().into()),
        headers: vec![Header::text(header::REPLY_PARTITION, "3"), Header::text("traceparent", "t")],
    }
}

fn put(units: u32) -> StockCommand {
    StockCommand::Put { units: Units::new(units).unwrap() }
}

fn reserve(quantity: u32) -> StockCommand {
    StockCommand::Reserve {
        checkout: CheckoutId::from_command(CommandId::from_uuid(Uuid::from_u128(77))),
        cart: "ann".parse().unwrap(),
        quantity: quantity.try_into().unwrap(),
        until: Timestamp::from_micros(i64::MAX),
    }
}

/// What a worker without memory did with records, with everything it asked for done.
#[derive(Debug, Default)]
struct Seen {
    stored: Vec<CellWrite>,
    facts: Vec<(TopicPartition, NewRecord)>,
    replies: Vec<(TopicPartition, NewRecord)>,
    armed: usize,
    mark: Option<Progress>,
}

impl Seen {
    fn take(&mut self, action: Action, cell: Option<&CellWrite>) -> Option<Done> {
        match action {
            Action::Load(keys) => {
                let cells = keys.iter().map(|_| cell.map(|cell| cell.cell.clone()));
                Some(Done::Loaded(cells.collect(), self.mark.clone()))
            }
            Action::Arm(timers) => {
                self.armed += timers.len();
                Some(Done::Armed)
            }
            Action::Store(writes) => {
                self.stored.extend(writes);
                Some(Done::Stored)
            }
            Action::Mark(progress) => {
                self.mark = Some(progress);
                Some(Done::Marked)
            }
            Action::Emit(emission) => {
                self.facts.extend(emission.facts);
                self.replies.extend(emission.replies);
                Some(Done::Emitted)
            }
            Action::Advance(_) | Action::Pause | Action::Resume | Action::Drained => None,
            Action::Rewind(_) | Action::BeginAnew | Action::Stop(_) => panic!("{action:?}"),
        }
    }

    fn levels(&self) -> Vec<(u32, u64)> {
        let levels = self.facts.iter().filter(|(to, _)| to.topic == Topic::InventoryLevels);
        let level = |fact: &NewRecord| Level::decode(fact.value.as_deref().unwrap()).unwrap();
        levels.map(|(_, fact)| level(fact)).map(|level| (level.available, level.version)).collect()
    }

    fn replies(&self) -> Vec<StockReply> {
        let values = self.replies.iter().map(|(_, reply)| reply.value.as_deref().unwrap());
        values.map(|value| StockReply::decode(value).unwrap()).collect()
    }
}

/// A new owner, of a sku stored so, is given these records.
fn owner(cell: Option<&CellWrite>, records: Vec<Record>) -> Seen {
    let log = CommandLog { generation: Generation::FIRST, partitions: PartitionCount::ONE };
    let mut worker = Worker::new(Skus::new(), log, 1 << 20);
    let owner = Owner::new(Uuid::nil());
    let begin = Begin { number: 0, owner, frontier: 0, progress: None, witness: None };
    worker.on(Input::Begin(P, begin));
    let mut seen = Seen::default();
    let mut effects = VecDeque::from(worker.on(Input::Records(P, records)));
    while let Some(Effect { ticket, action, .. }) = effects.pop_front() {
        if let Some(done) = seen.take(action, cell) {
            effects.extend(worker.on(Input::Done(P, ticket, done)));
        }
    }
    seen
}

#[test]
fn a_reserve_tells_its_cart_and_everybody_and_answers_nobody_itself() {
    let seen = owner(None, vec![record(0, 1, put(10)), record(1, 2, reserve(3))]);

    assert_eq!(seen.levels(), [(10, 1), (7, 2)]);
    assert_eq!((seen.replies().len(), seen.armed), (1, 0));
    let (to, told) = seen.facts.last().unwrap();
    assert_eq!((to.topic, told.key.as_deref()), (Topic::Commands, Some(&b"ann"[..])));
    let value: Value = serde_json::from_slice(told.value.as_deref().unwrap()).unwrap();
    let reserved = json!({
        "checkout": Uuid::from_u128(77),
        "item": "i_cHJvZF80NTYAbGFyZ2UtcmVk",
        "granted": true,
        "available": 7,
    });
    assert_eq!(value["command"], json!({ "reserved": reserved }));
    let id = CommandId::follow_up(CommandId::from_uuid(Uuid::from_u128(2)), 0).to_string();
    assert_eq!(value["id"], id);
    let header = |name| told.headers.iter().find(|header| header.name == name).unwrap();
    assert_eq!(header(header::COMMAND).value, id);
    assert_eq!(header(header::REPLY_PARTITION).value, "3");
    assert_eq!(header("traceparent").value, "t");
}

#[test]
fn a_redelivered_command_puts_the_record_back_as_it_is_and_says_it_all_again() {
    let records = vec![record(0, 1, put(10)), record(1, 2, reserve(3))];
    let first = owner(None, records.clone());

    let again = owner(first.stored.last(), records);

    assert_eq!(again.stored, first.stored);
    assert_eq!(again.facts, first.facts);
    assert_eq!(again.replies().len(), first.replies().len());
}

#[test]
fn a_command_appended_twice_is_decided_once() {
    let add = StockCommand::Adjust { delta: 5 };
    let sent = vec![record(0, 1, put(10)), record(1, 2, add.clone()), record(2, 2, add)];

    let seen = owner(None, sent);

    assert_eq!(seen.levels(), [(10, 1), (15, 2)]);
    let replies = seen.replies();
    assert_eq!(replies[2].stock, StockAnswer::Remembered(StockOutcome::Applied));
    assert_eq!((replies[2].level.on_hand, replies[2].level.version), (15, 2));
}

#[test]
fn one_id_that_asks_two_things_is_a_conflict_and_decides_the_first() {
    let (two, five) = (StockCommand::Adjust { delta: 2 }, StockCommand::Adjust { delta: 5 });

    let seen = owner(None, vec![record(0, 1, two), record(1, 1, five)]);

    assert_eq!(seen.levels(), [(2, 1)]);
    assert_eq!(seen.replies()[1].stock, StockAnswer::Conflict);
}

#[test]
fn what_cannot_be_counted_is_rejected_and_says_no_level() {
    let seen = owner(None, vec![record(0, 1, StockCommand::Adjust { delta: -1 })]);

    assert_eq!(seen.levels(), []);
    let rejected = StockAnswer::Rejected(StockRejection::InvalidStock);
    assert_eq!(seen.replies()[0].stock, rejected);
    let stored = Skus::<NoDefects>::decode(&seen.stored[0].cell).unwrap();
    assert_eq!((stored.version, stored.stock.on_hand), (0, Units::default()));
}

#[test]
fn a_busy_sku_is_read_back_as_it_was_stored() {
    let adjust =
        |offset| record(offset, offset.unsigned_abs().into(), StockCommand::Adjust { delta: 1 });
    let mut records: Vec<_> = (1..100).map(adjust).collect();
    records.push(record(100, 500, reserve(3)));

    let seen = owner(None, records);

    let cell = &seen.stored.last().unwrap().cell;
    let stored = Skus::<NoDefects>::decode(cell).unwrap();
    assert_eq!((stored.stock.available(), stored.version), (96, 100));
    assert_eq!(*cell, Skus::<NoDefects>::encode(&stored));
}

fn of_checkout(command: fn(CheckoutId) -> StockCommand) -> StockCommand {
    command(CheckoutId::from_command(CommandId::from_uuid(Uuid::from_u128(77))))
}

#[test]
fn what_a_cart_asks_is_told_to_everybody_and_answered_to_nobody() {
    for (end, levels) in [
        (of_checkout(|checkout| StockCommand::Commit { checkout }), [(10, 1), (7, 2), (7, 3)]),
        (of_checkout(|checkout| StockCommand::Release { checkout }), [(10, 1), (7, 2), (10, 3)]),
    ] {
        let seen =
            owner(None, vec![record(0, 1, put(10)), record(1, 2, reserve(3)), record(2, 3, end)]);

        assert_eq!((seen.levels(), seen.replies().len()), (levels.to_vec(), 1));
        let to_carts = seen.facts.iter().filter(|(to, _)| to.topic == Topic::Commands);
        assert_eq!(to_carts.count(), 1);
    }
}

#[test]
fn a_reserve_that_is_refused_tells_its_cart_and_nobody_else() {
    let seen = owner(None, vec![record(0, 1, put(2)), record(1, 2, reserve(3))]);

    assert_eq!((seen.levels(), seen.replies().len()), (vec![(2, 1)], 1));
    let (to, told) = seen.facts.last().unwrap();
    let value: Value = serde_json::from_slice(told.value.as_deref().unwrap()).unwrap();
    let reserved = &value["command"]["reserved"];
    assert_eq!(to.topic, Topic::Commands);
    assert_eq!((&reserved["granted"], &reserved["available"]), (&json!(false), &json!(2)));
}

#[test]
fn a_reserve_that_arrives_twice_is_decided_and_told_once() {
    let sent = vec![record(0, 1, put(10)), record(1, 2, reserve(3)), record(2, 2, reserve(3))];

    let seen = owner(None, sent);

    assert_eq!(seen.levels(), [(10, 1), (7, 2)]);
    let to_carts = seen.facts.iter().filter(|(to, _)| to.topic == Topic::Commands);
    assert_eq!(to_carts.count(), 1);
}
