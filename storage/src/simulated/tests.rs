//! What a world does, seen from its clients and its driver. Helpers here, sentences below.

use std::collections::BTreeMap;
use std::future::Future;

use cart_schemas::cql::{Index, Table};
use cart_schemas::partition::{Partition, PartitionCount};
use cart_schemas::timestamp::Timestamp;
use cart_schemas::topic::{PROCESSORS, Topic};
use futures::FutureExt as _;

use super::{Chance, Observation, Simulated, SimulatedTail, Weather, World};
use crate::log::{Lane, Log as _, NewRecord, Tail as _, TailEvent, TopicPartition};
use crate::store::Store as _;

mod appends;
mod forgetting;
mod members;
mod reading;
mod storing;

const SECOND: i64 = 1_000_000;

fn world(seed: u64, weather: Weather) -> World {
    World::new(seed, PartitionCount::new(4).unwrap(), weather)
}

fn commands(number: u16) -> TopicPartition {
    TopicPartition { topic: Topic::Commands, partition: Partition::new(number) }
}

fn numbered(number: usize) -> NewRecord {
    NewRecord { value: Some(number.to_string().into()), ..NewRecord::default() }
}

/// The numbers of the records that lie in a partition.
fn landed(world: &World, at: TopicPartition) -> Vec<usize> {
    let records = world.records(at);
    let texts = records.iter().map(|record| std::str::from_utf8(record.value.as_ref().unwrap()));
    texts.map(|text| text.unwrap().parse().unwrap()).collect()
}

/// Runs everything there is to come.
fn run_out(world: &World) -> Vec<Observation> {
    std::iter::from_fn(|| world.step()).flatten().collect()
}

/// Runs what comes within a time.
fn run_for(world: &World, micros: i64) -> Vec<Observation> {
    let end = Timestamp::from_micros(world.now().micros() + micros);
    let mut seen = Vec::new();
    while world.next_at().is_some_and(|at| at <= end) {
        seen.extend(world.step().unwrap_or_default());
    }
    world.advance_to(end);
    seen
}

/// The answer to a request under way, if that is there.
fn answer<F: Future + Unpin>(waiting: &mut F) -> Option<F::Output> {
    waiting.now_or_never()
}

/// A member that starts what it is assigned at its beginning and releases at once. It checks that
/// it is given records of its own partitions only, and those without a hole.
struct Member {
    tail: SimulatedTail,
    /// Where each of its partitions goes on.
    next: BTreeMap<u16, i64>,
    read: Vec<(u16, i64)>,
    /// What else it was told.
    told: Vec<String>,
}

impl Member {
    fn join(client: &Simulated) -> Self {
        let tail = client.subscribe(PROCESSORS, Topic::Commands).unwrap();
        Self { tail, next: BTreeMap::new(), read: Vec::new(), told: Vec::new() }
    }

    fn owned(&self) -> Vec<u16> {
        self.next.keys().copied().collect()
    }

    /// Deals with everything it has been told.
    fn run(&mut self) {
        while let Some(event) = self.tail.next().now_or_never() {
            if !matches!(event, TailEvent::Records(..)) {
                self.told.push(format!("{event:?}"));
            }
            match event {
                TailEvent::Records(at, records) => {
                    let number = at.partition.number();
                    for record in records {
                        let next = self.next.insert(number, record.offset + 1);
                        assert_eq!(next, Some(record.offset), "a hole in {at:?}, or not ours");
                        self.read.push((number, record.offset));
                    }
                }
                TailEvent::Assigned(all) => {
                    self.tail.start(&all.iter().map(|at| (*at, 0)).collect::<Vec<_>>());
                    self.next.extend(all.iter().map(|at| (at.partition.number(), 0)));
                }
                TailEvent::Revoking(all) | TailEvent::Lost(all) => {
                    self.tail.release(&all);
                    let kept = |number: u16| all.iter().all(|at| at.partition.number() != number);
                    self.next.retain(|number, _| kept(*number));
                }
                TailEvent::Committed
                | TailEvent::CommitFailed(_)
                | TailEvent::Trouble(_)
                | TailEvent::Ended(_) => {}
            }
        }
    }

    fn heard(&self, what: &str) -> bool {
        self.told.iter().any(|told| told.starts_with(what))
    }
}

/// Everything goes wrong now and then.
fn stormy() -> Weather {
    let often = Chance(5);
    Weather {
        append_late: often,
        append_lost: often,
        append_ack_lost: often,
        append_duplicated: often,
        append_full: often,
        lane_broke: often,
        write_late: often,
        write_lost: often,
        write_ack_lost: often,
        replica_behind: often,
        read_failed: often,
        ask_failed: often,
        commit_failed: often,
        commit_unanswered: often,
        time_back: often,
        trouble: often,
        store_killed: Chance(500),
        ..Weather::fair()
    }
}

/// Three members and all kinds of requests and mishaps, to the end; returns all there was to see.
fn story(seed: u64) -> (World, Vec<Observation>) {
    let world = world(seed, stormy());
    let clients = [world.client(), world.client(), world.client()];
    let mut members = clients.each_ref().map(Member::join);
    let mut seen = Vec::new();
    for round in 0..200 {
        for (number, (client, member)) in clients.iter().zip(&mut members).enumerate() {
            let lane = [Lane::Facts, Lane::Commands, Lane::Replies][round % 3];
            let at = commands(u16::try_from(round % 4).unwrap());
            drop(client.append(lane, at, numbered(round)));
            let ts = Timestamp::from_micros(i64::try_from(round).unwrap());
            drop(client.put(Table::Carts, &format!("{}", round % 7), "cell".into(), ts));
            drop(client.note(Index::Timers, "slot", &format!("{round}"), ts));
            drop((client.load(Table::Carts, "1"), client.entries(Index::Timers, "slot", None, 9)));
            drop(client.bounds(at));
            if round % 20 == 7 * number {
                world.freeze(client.id());
            }
            if round % 20 == 19 {
                world.thaw(client.id());
            }
            member.run();
            member.tail.commit(&[(at, i64::try_from(round).unwrap())]);
        }
        match round {
            50 => world
                .deafen(clients[1].id(), Timestamp::from_micros(world.now().micros() + 9 * SECOND)),
            30 | 45 => world.rebalance(),
            120 => world.kill(clients[0].id()),
            150 => world.recreate(Topic::Commands),
            _ => {}
        }
        seen.extend(run_for(&world, SECOND / 4));
    }
    seen.extend(run_out(&world));
    (world, seen)
}

#[test]
fn the_same_seed_and_the_same_calls_tell_the_same() {
    for seed in 0..5 {
        let ((one, seen), (other, again)) = (story(seed), story(seed));

        assert!(seen.len() > 2_000, "{}", seen.len());
        assert_eq!(seen, again, "seed {seed}");
        assert_eq!(one.tally(), other.tally());
        assert_eq!(one.now(), other.now());
    }
    assert_ne!(story(1).1, story(2).1);
}

#[test]
fn stories_know_every_fault() {
    let mut tally = super::Tally::default();
    (0..20).for_each(|seed| tally.merge(&story(seed).0.tally()));

    for fault in super::Fault::ALL {
        assert!(tally.get(fault) > 0, "{fault} of {tally}");
    }
}

#[test]
fn what_is_seen_prints_on_one_line() {
    for seen in story(3).1 {
        let line = seen.to_string();
        assert!(line.len() < 120 && !line.contains('\n'), "{line}");
    }
}

#[test]
fn calm_weather_answers_at_the_call() {
    let world = world(1, Weather::calm());
    let client = world.client();

    let ack = client.append(Lane::Facts, commands(0), numbered(7)).now_or_never();
    assert_eq!(ack.unwrap().unwrap().offset, 0);
    let put = client.put(Table::Carts, "ann", "cell".into(), Timestamp::from_micros(1));
    assert!(put.now_or_never().unwrap().is_ok());
    let cell = client.load(Table::Carts, "ann").now_or_never();
    assert_eq!(cell.unwrap().unwrap().unwrap(), "cell");
    let mut member = Member::join(&client);
    member.run();

    assert_eq!(member.owned(), [0, 1, 2, 3]);
    assert_eq!(member.read, [(0, 0)]);
    assert_eq!(world.next_at(), Some(world.now()), "there is something to tell");
    run_out(&world);
    assert_eq!(world.next_at(), None);
}
