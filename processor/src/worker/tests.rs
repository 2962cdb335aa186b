//! The worker driven by hand: which effects, in which order, about which input.

use cart_schemas::command::{Command, Intent, Offer};
use cart_schemas::envelope::Envelope;
use cart_schemas::generation::Generation;
use cart_schemas::id::{CommandId, ItemId};
use cart_schemas::partition::PartitionCount;
use cart_schemas::policy::{Policy, Rules};
use cart_schemas::quantity::Quantity;
use cart_schemas::record::{CartRecord, LEDGER, Owner};
use cart_schemas::timestamp::Timestamp;
use cart_schemas::topic::{Topic, dead_letter, header};
use cart_storage::log::{Header, NewRecord, Record};
use uuid::Uuid;

use super::*;
use crate::fold::Carts;

mod forgetting;

const P: Partition = Partition::new(0);
const GENERATION: Generation = Generation::FIRST.next();
const OWNER: Owner = Owner::new(Uuid::max());

fn log(partitions: u16) -> CommandLog {
    let partitions = PartitionCount::new(partitions).unwrap();
    CommandLog { generation: GENERATION, partitions }
}

fn beginning(frontier: i64) -> Begin {
    Begin { number: 0, owner: OWNER, frontier, progress: None, witness: None }
}

/// The progress row of the worker after the command of [`add`] at this offset.
fn progress(offset: i64) -> Progress {
    let id = Uuid::from_u64_pair(1, u64::try_from(offset).unwrap());
    let (command, ts) = (CommandId::from_uuid(id), Timestamp::default());
    Progress { generation: GENERATION, partitions: 1, offset, command, ts, owner: Some(OWNER) }
}

/// A worker of a log with one partition, which begins at `frontier`.
fn worker(frontier: i64) -> Worker<Carts> {
    let mut worker = Worker::new(Carts::new(), log(1), 1 << 20);
    worker.on(Input::Begin(P, beginning(frontier)));
    worker
}

fn add(cart: &str, offset: i64) -> Record {
    let item = ItemId::new("prod_1".parse().unwrap(), None);
    let intent = Intent::AddItem { item, quantity: Quantity::new(1).unwrap(), currency: None };
    let offer = Offer::Listed {
        name: "T-Shirt".to_owned(),
        price: 2_999.try_into().unwrap(),
        currency: "USD".parse().unwrap(),
        available: true,
        stock: 100,
        others: Vec::new(),
    };
    let digest = intent.digest(None);
    record(cart, offset, digest, intent.with_offer(offer))
}

fn record(
    cart: &str,
    offset: i64,
    digest: cart_schemas::digest::Digest,
    command: Command,
) -> Record {
    let envelope = Envelope {
        id: CommandId::from_uuid(Uuid::from_u64_pair(1, u64::try_from(offset).unwrap())),
        cart: cart.parse().unwrap(),
        rules: Rules::CURRENT,
        digest,
        expected_version: None,
        policy: Policy::default(),
        command,
    };
    Record {
        offset,
        appended: Timestamp::from_millis(1_700_000_000_000 + offset),
        key: Some(cart.to_owned().into()),
        value: Some(envelope.encode().into()),
        headers: vec![Header::text(header::REPLY_PARTITION, "0")],
    }
}

/// What the worker did with some records, with every effect answered at once.
#[derive(Default)]
struct Seen {
    order: Vec<&'static str>,
    stored: Vec<CellWrite>,
    events: usize,
    replies: usize,
    letters: Vec<NewRecord>,
    frontier: Option<i64>,
    mark: Option<Progress>,
    rewound: Option<i64>,
    stopped: Option<StopReason>,
}

impl Seen {
    fn take(&mut self, action: Action, stored: &Stored<'_>) -> Option<Done> {
        let (name, done) = match action {
            Action::Load(keys) => {
                let cells = keys.iter().map(|key| stored.cells.get(key).cloned()).collect();
                ("load", Some(Done::Loaded(cells, stored.mark.clone())))
            }
            Action::Arm(_) => ("arm", Some(Done::Armed)),
            Action::Store(writes) => {
                self.stored.extend(writes);
                ("store", Some(Done::Stored))
            }
            Action::Mark(progress) => {
                self.mark = Some(progress);
                ("mark", Some(Done::Marked))
            }
            Action::Emit(emission) => {
                self.replies += emission.replies.len();
                for (to, fact) in emission.facts {
                    if to.topic == Topic::Events {
                        self.events += 1;
                    } else {
                        self.letters.push(fact);
                    }
                }
                ("emit", Some(Done::Emitted))
            }
            Action::Advance(frontier) => {
                self.frontier = Some(frontier);
                ("advance", None)
            }
            Action::Pause => ("pause", None),
            Action::Resume => ("resume", None),
            Action::Rewind(offset) => {
                self.rewound = Some(offset);
                ("rewind", None)
            }
            Action::Drained => ("drained", None),
            Action::BeginAnew => ("begin anew", None),
            Action::Stop(reason) => {
                self.stopped = Some(reason);
                ("stop", None)
            }
        };
        self.order.push(name);
        done
    }
}

/// What a store gives.
struct Stored<'a> {
    cells: &'a HashMap<String, Bytes>,
    mark: Option<Progress>,
}

/// Drives the worker until it wants nothing more, with a store that gives these cells and forgot no
/// progress.
fn drive(worker: &mut Worker<Carts>, input: Input, cells: &HashMap<String, Bytes>) -> Seen {
    let mut seen = Seen::default();
    let mut effects = std::collections::VecDeque::from(worker.on(input));
    while let Some(effect) = effects.pop_front() {
        let mark = worker.owned.get(&P).and_then(Owned::mark).cloned();
        if let Some(done) = seen.take(effect.action, &Stored { cells, mark }) {
            effects.extend(worker.on(Input::Done(effect.partition, effect.ticket, done)));
        }
    }
    seen
}

fn receive(worker: &mut Worker<Carts>, records: Vec<Record>) -> Seen {
    drive(worker, Input::Records(P, records), &HashMap::new())
}

fn cell(seen: &Seen) -> HashMap<String, Bytes> {
    seen.stored.iter().map(|write| (write.key.clone(), write.cell.clone())).collect()
}

#[test]
fn a_batch_loads_arms_stores_marks_emits_and_only_then_advances() {
    let seen = receive(&mut worker(0), vec![add("ann", 0), add("bob", 1), add("ann", 2)]);

    assert_eq!(seen.order, ["load", "arm", "store", "mark", "emit", "advance"]);
    assert_eq!((seen.stored.len(), seen.events, seen.replies), (2, 3, 3));
    assert_eq!(seen.frontier, Some(3));
}

#[test]
fn of_a_cart_in_memory_only_the_progress_is_asked_for_and_its_timer_is_not_armed_again() {
    let mut worker = worker(0);
    receive(&mut worker, vec![add("ann", 0)]);

    let effects = worker.on(Input::Records(P, vec![add("ann", 1)]));
    assert!(matches!(&effects[0].action, Action::Load(carts) if carts.is_empty()));

    let mark = worker.owned.get(&P).and_then(Owned::mark).cloned();
    let loaded = Done::Loaded(Vec::new(), mark);
    let seen = drive(&mut worker, Input::Done(P, effects[0].ticket, loaded), &HashMap::new());
    assert_eq!(seen.order, ["store", "mark", "emit", "advance"]);
}

#[test]
fn a_cart_takes_no_more_records_of_a_batch_than_its_ledger_holds() {
    let records = (0..20).map(|offset| add("ann", offset)).collect();

    let seen = receive(&mut worker(0), records);

    assert_eq!(
        seen.order.iter().filter(|name| **name == "store").count(),
        20_usize.div_ceil(LEDGER)
    );
    assert_eq!((seen.events, seen.frontier), (20, Some(20)));
}

#[test]
fn a_redelivered_command_puts_the_record_back_as_it_is_and_emits_it_all_again() {
    let first = receive(&mut worker(0), vec![add("ann", 0), add("ann", 1)]);

    let mut owner = worker(0);
    let again = drive(&mut owner, Input::Records(P, vec![add("ann", 0)]), &cell(&first));

    assert_eq!(again.order, ["load", "store", "mark", "emit", "advance"]);
    assert_eq!(again.stored, first.stored);
    assert_eq!((again.events, again.replies), (1, 1));
}

#[test]
fn a_command_known_from_another_record_is_answered_and_nothing_is_stored() {
    let mut worker = worker(0);
    receive(&mut worker, vec![add("ann", 0)]);
    let mut twice = add("ann", 0);
    twice.offset = 1;

    let seen = receive(&mut worker, vec![twice]);

    assert_eq!(seen.order, ["load", "emit", "advance"]);
    assert_eq!((seen.events, seen.replies), (0, 1));
}

#[test]
fn an_undecodable_record_is_dead_lettered_whole_and_the_partition_goes_on() {
    let mut broken = add("ann", 0);
    broken.value = Some("not a command".into());
    let mut foreign = add("ann", 1);
    foreign.key = Some("bob".into());

    let seen = receive(&mut worker(0), vec![broken.clone(), foreign, add("ann", 2)]);

    assert_eq!((seen.letters.len(), seen.events, seen.frontier), (2, 1, Some(3)));
    let letter = &seen.letters[0];
    assert_eq!((&letter.key, &letter.value), (&broken.key, &broken.value));
    let header = |name| letter.headers.iter().find(|header| header.name == name).unwrap();
    assert_eq!(header(dead_letter::CLASS).value, "Undecodable");
    assert_eq!(header(dead_letter::OFFSET).value, "0");
    let reason = std::str::from_utf8(&header(dead_letter::MESSAGE).value).unwrap();
    assert_eq!(reason, "undecodable: malformed command: expected ident at line 1 column 2");
}

#[test]
fn a_cart_command_on_the_wrong_partition_is_dead_lettered() {
    let mut worker = Worker::new(Carts::new(), log(64), 1 << 20);
    worker.on(Input::Begin(P, beginning(0)));

    let seen = receive(&mut worker, vec![add("ann", 0)]);

    assert_eq!((seen.letters.len(), seen.stored.len()), (1, 0));
}

#[test]
fn a_record_of_a_newer_build_stops_the_partition_after_what_lies_before_it() {
    let mut newer = add("ann", 1);
    let text = String::from_utf8(newer.value.unwrap().to_vec()).unwrap();
    newer.value = Some(text.replace("\"rules\":4", "\"rules\":9").into());

    let seen = receive(&mut worker(0), vec![add("ann", 0), newer, add("ann", 2)]);

    assert_eq!(seen.frontier, Some(1));
    assert!(matches!(seen.stopped, Some(StopReason::Newer { offset: 1, .. })));
}

#[test]
fn a_log_whose_record_is_not_the_stored_carts_last_one_stops_the_partition() {
    let command = CommandId::from_uuid(Uuid::from_u64_pair(9, 9));
    let progress = Some(Progress { command, ..progress(3) });
    let mut worker = Worker::new(Carts::new(), log(1), 1 << 20);
    worker.on(Input::Begin(
        P,
        Begin { number: 0, owner: OWNER, frontier: 4, witness: progress.clone(), progress },
    ));

    let seen = receive(&mut worker, vec![add("ann", 3), add("ann", 4)]);

    assert_eq!(seen.stopped, Some(StopReason::ForeignLog { offset: 3 }));
    assert!(seen.stored.is_empty());
}

#[test]
fn nothing_is_decided_before_the_compared_record_and_reading_then_goes_back() {
    let named = add("ann", 3);
    let progress = Some(progress(3));
    let mut worker = Worker::new(Carts::new(), log(1), 1 << 20);
    worker.on(Input::Begin(
        P,
        Begin { number: 0, owner: OWNER, frontier: 1, witness: progress.clone(), progress },
    ));

    let compared = receive(&mut worker, vec![named.clone(), add("ann", 4)]);
    assert_eq!((compared.order, compared.rewound), (vec!["rewind"], Some(1)));

    // Fetched before the rewind, and on its way since.
    assert!(receive(&mut worker, vec![add("ann", 5)]).order.is_empty());

    assert!(worker.on(Input::Rewound(P)).is_empty());
    let decided = receive(&mut worker, vec![add("ann", 1), add("ann", 2), named]);
    assert_eq!((decided.events, decided.frontier), (3, Some(4)));
}

#[test]
fn a_drained_partition_finishes_its_batch_and_takes_nothing_new() {
    let mut worker = worker(0);
    let loading = worker.on(Input::Records(P, vec![add("ann", 0)]));
    assert!(worker.on(Input::Drain(P)).is_empty());

    let ticket = loading[0].ticket;
    let seen =
        drive(&mut worker, Input::Done(P, ticket, Done::Loaded(vec![None], None)), &HashMap::new());
    assert_eq!(seen.order.last(), Some(&"drained"));
    assert_eq!(seen.frontier, Some(1));

    assert!(receive(&mut worker, vec![add("ann", 1)]).order.is_empty());
}

#[test]
fn an_answer_to_what_was_asked_before_memory_was_dropped_is_ignored() {
    let mut worker = worker(0);
    let stale = worker.on(Input::Records(P, vec![add("ann", 0)]));
    worker.on(Input::Drop(P));
    worker.on(Input::Begin(P, beginning(0)));

    let late = Input::Done(P, stale[0].ticket, Done::Loaded(vec![None], None));

    assert!(worker.on(late).is_empty());
    assert_eq!(receive(&mut worker, vec![add("ann", 0)]).frontier, Some(1));
}

#[test]
fn a_long_queue_pauses_the_partition_and_resumes_it_once_it_is_short() {
    let records = (0..2_700).map(|offset| add(&format!("user{offset}"), offset)).collect();

    let seen = receive(&mut worker(0), records);

    let at = |name| seen.order.iter().position(|one| *one == name).unwrap();
    assert!(at("pause") < at("resume"));
    assert_eq!(seen.frontier, Some(2_700));
}

#[test]
fn a_small_cache_forgets_carts_and_loads_them_again() {
    let mut worker = Worker::new(Carts::new(), log(1), 1);
    worker.on(Input::Begin(P, beginning(0)));
    let first = receive(&mut worker, vec![add("ann", 0)]);

    let second = drive(&mut worker, Input::Records(P, vec![add("ann", 1)]), &cell(&first));

    assert_eq!(second.order.first(), Some(&"load"));
    let record = CartRecord::decode(&second.stored[0].cell).unwrap();
    assert_eq!(record.version, 2);
}

#[test]
fn a_replay_does_not_set_progress_back() {
    let first = receive(&mut worker(0), vec![add("ann", 0), add("ann", 1)]);
    let ts = Timestamp::from_millis(1_700_000_000_001);
    let progress = Some(Progress { ts, ..progress(1) });
    let mut owner = Worker::new(Carts::new(), log(1), 1 << 20);
    owner.on(Input::Begin(
        P,
        Begin { number: 0, owner: OWNER, frontier: 0, progress, witness: None },
    ));

    let again = drive(&mut owner, Input::Records(P, vec![add("ann", 0)]), &cell(&first));

    let mark = again.mark.unwrap();
    assert_eq!(mark.offset, 1);
    assert!(mark.ts > ts);
}

#[test]
fn heavy_records_pause_the_partition_long_before_there_are_many() {
    let heavy = |offset| {
        let mut record = add(&format!("user{offset}"), offset);
        record.headers.push(Header::text("ballast", "x".repeat(600_000)));
        record
    };

    let seen = receive(&mut worker(0), (0..12).map(heavy).collect());

    assert!(seen.order.contains(&"pause"));
    assert_eq!(seen.frontier, Some(12));
}
