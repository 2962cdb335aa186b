//! What tails are given to read.

use super::*;
use crate::log::Start;

fn appended(world: &World, count: usize) -> Simulated {
    let client = world.client();
    for number in 0..count {
        drop(client.append(Lane::Facts, commands(0), numbered(number)));
    }
    run_out(world);
    client
}

/// The offsets a tail has been given.
fn offsets(tail: &mut SimulatedTail) -> Vec<i64> {
    let mut offsets = Vec::new();
    while let Some(event) = tail.next().now_or_never() {
        if let TailEvent::Records(_, records) = event {
            offsets.extend(records.iter().map(|record| record.offset));
        }
    }
    offsets
}

#[test]
fn trouble_leaves_no_hole() {
    let mut troubles = 0;
    for seed in 0..20 {
        let world = world(seed, Weather { trouble: Chance(3), ..Weather::fair() });
        let client = appended(&world, 1_000);
        let mut tail = client.assign(vec![(commands(0), Start::Beginning)]).unwrap();

        run_out(&world);

        assert_eq!(offsets(&mut tail), (0..1_000).collect::<Vec<_>>());
        troubles += world.tally().get(crate::simulated::Fault::Trouble);
    }
    assert!(troubles > 5, "{troubles}");
}

#[test]
fn a_tail_nobody_reads_stops_fetching_and_begins_again() {
    let world = world(1, Weather::fair());
    let client = appended(&world, 0);
    let mut tail = client.assign(vec![(commands(0), Start::Beginning)]).unwrap();
    for number in 0..500 {
        drop(client.append(Lane::Facts, commands(0), numbered(number)));
        run_for(&world, SECOND);
    }
    assert!(world.look().tails.values().all(|reader| !reader.is_open()));

    let mut read = Vec::new();
    while read.len() < 500 {
        read.extend(offsets(&mut tail));
        run_out(&world);
    }

    assert_eq!(read, (0..500).collect::<Vec<_>>());
}

#[test]
fn a_frozen_tail_fetches_nothing_and_goes_on_after_its_thaw() {
    let world = world(1, Weather::fair());
    let client = appended(&world, 10);
    world.freeze(client.id());
    let mut tail = client.assign(vec![(commands(0), Start::Beginning)]).unwrap();

    run_out(&world);
    assert!(offsets(&mut tail).is_empty());
    world.thaw(client.id());
    run_out(&world);

    assert_eq!(offsets(&mut tail), (0..10).collect::<Vec<_>>());
}

#[test]
fn the_driver_learns_who_has_something_to_do() {
    let world = world(1, Weather::fair());
    let (one, other) = (world.client(), world.client());
    assert!(!world.take_called());
    drop(one.append(Lane::Facts, commands(0), numbered(0)));
    assert!(world.take_called() && !world.take_called());
    assert_eq!(world.take_woken(), []);
    run_out(&world);
    assert_eq!(world.take_woken(), [one.id()]);

    let tail = other.assign(vec![(commands(0), Start::Beginning)]).unwrap();
    run_out(&world);

    assert_eq!(world.take_woken(), [other.id()]);
    drop(tail);
}

#[test]
fn a_killed_client_asks_for_nothing_more() {
    let world = world(1, Weather::fair());
    let client = appended(&world, 1);
    let tail = client.assign(vec![(commands(0), Start::Beginning)]).unwrap();
    world.kill(client.id());
    run_out(&world);
    assert!(world.take_called(), "before its death");

    drop(tail);
    drop(client.bounds(commands(0)));
    let mut late = client.subscribe(PROCESSORS, Topic::Commands).unwrap();

    assert!(!world.take_called());
    assert!(late.next().now_or_never().is_none());
    assert_eq!(run_out(&world), []);
}
