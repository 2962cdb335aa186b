//! What a store that is killed keeps, and what its clients hear of it.

use std::pin::Pin;

use super::*;
use crate::simulated::What;
use crate::store::StoreError;

/// The first write is among the last before a kill.
fn deadly() -> Weather {
    Weather { store_killed: Chance(1), ..Weather::fair() }
}

type Writing = Pin<Box<dyn Future<Output = Result<(), StoreError>>>>;

fn put(client: &Simulated, number: i64) -> Writing {
    let (client, ts) = (client.clone(), Timestamp::from_micros(number + 1));
    let put = async move { client.put(Table::Carts, &number.to_string(), "cell".into(), ts).await };
    let mut put: Writing = Box::pin(put);
    assert!(answer(&mut put).is_none(), "it takes a while");
    put
}

fn is_away<T>(answer: Option<&Result<T, StoreError>>) -> bool {
    matches!(answer, Some(Err(StoreError::Away(_))))
}

/// Runs until the store is killed; the fault strikes no second time.
fn run_until_killed(world: &World) -> Vec<Observation> {
    let mut seen = Vec::new();
    while seen.iter().all(|seen: &Observation| seen.what != What::StoreForgot) {
        seen.extend(world.step().unwrap());
    }
    world.set_weather(Weather::fair());
    seen
}

/// Writes one cell after the other until the store is killed; returns when each was acknowledged,
/// and when the kill was.
fn written_one_by_one(world: &World, client: &Simulated) -> (Vec<Timestamp>, Timestamp) {
    let mut acknowledged = Vec::new();
    for number in 0.. {
        let mut write = put(client, number);
        let answered = std::iter::from_fn(|| {
            world.step();
            Some(answer(&mut write))
        });
        match answered.flatten().next() {
            Some(Ok(())) => acknowledged.push(world.now()),
            Some(Err(error)) => {
                assert!(error.may_have_forgotten(), "{error}");
                break;
            }
            None => {}
        }
    }
    (acknowledged, world.now())
}

#[test]
fn a_killed_store_has_lost_the_end_of_what_it_acknowledged_and_nothing_before() {
    let mut lost_most = 0;
    for seed in 0..50 {
        let world = world(seed, deadly());
        let client = world.client();

        let (acknowledged, killed) = written_one_by_one(&world, &client);

        let kept = |number: usize| world.cell(Table::Carts, &number.to_string()).is_some();
        let first_lost = (0..acknowledged.len()).find(|number| !kept(*number));
        let first_lost = first_lost.unwrap_or(acknowledged.len());
        assert!((first_lost + 1..acknowledged.len()).all(|number| !kept(number)), "seed {seed}");
        // The answer to the last request takes a hop, and the kill one more to be heard.
        let early = killed.micros() - 100_000 - 2 * 200_000;
        assert!(acknowledged[first_lost..].iter().all(|at| at.micros() > early));
        lost_most = lost_most.max(acknowledged.len() - first_lost);
    }
    assert!(lost_most > 1, "nothing was ever lost");
}

#[test]
fn what_was_acknowledged_before_the_newest_survivor_was_written_is_on_every_quorum() {
    for seed in 0..50 {
        let world = world(seed, deadly());
        let client = world.client();
        let (acknowledged, _) = written_one_by_one(&world, &client);
        let newest = (0..acknowledged.len())
            .rfind(|number| world.cell(Table::Carts, &number.to_string()).is_some());

        for number in 0..newest.unwrap_or(0) {
            let reads = world.quorum_reads(Table::Carts, &number.to_string());
            assert!(reads.iter().all(Option::is_some), "seed {seed}: {number}");
        }
    }
}

#[test]
fn requests_of_a_killed_store_are_told_so_until_it_is_back() {
    for seed in 0..20 {
        let world = world(seed, deadly());
        let (client, other, third) = (world.client(), world.client(), world.client());
        drop(put(&client, 0));
        let killed = run_until_killed(&world);
        let at = killed.last().unwrap().at;
        let (mut write, mut read) = (put(&other, 1), Box::pin(client.load(Table::Carts, "0")));
        let mut late = Box::pin(third.entries(Index::Timers, "slot", None, 9));
        run_for(&world, SECOND / 4);
        assert!(is_away(answer(&mut write).as_ref()) && is_away(answer(&mut read).as_ref()));
        assert!(is_away(answer(&mut late).as_ref()));

        run_for(&world, 16 * SECOND);
        let mut write = put(&other, 1);
        run_for(&world, SECOND);

        assert!(answer(&mut write).unwrap().is_ok());
        assert_eq!(world.tally().get(crate::simulated::Fault::StoreKilled), 1);
        assert!(world.now().micros() - at.micros() > 16 * SECOND);
    }
}

#[test]
fn nothing_under_way_lands_after_a_kill() {
    for seed in 0..50 {
        let late = Weather { write_late: Chance(2), replica_behind: Chance(2), ..deadly() };
        let world = world(seed, late);
        let client = world.client();
        (0..20).for_each(|number| drop(put(&client, number)));
        run_until_killed(&world);

        let after = run_out(&world);

        assert!(after.iter().all(|seen| !seen.what.to_string().contains("took")));
    }
}

#[test]
fn whoever_slept_through_a_kill_learns_of_it_by_its_next_request() {
    for seed in 0..20 {
        let world = world(seed, deadly());
        let (client, sleeper) = (world.client(), world.client());
        drop(put(&client, 0));
        world.freeze(sleeper.id());
        run_until_killed(&world);
        run_for(&world, 16 * SECOND);
        world.thaw(sleeper.id());
        let mut first = put(&sleeper, 1);
        run_for(&world, SECOND);
        let mut second = put(&sleeper, 1);
        run_for(&world, SECOND);

        assert!(is_away(answer(&mut first).as_ref()), "seed {seed}");
        assert!(answer(&mut second).unwrap().is_ok());
    }
}

#[test]
fn until_the_kill_a_world_is_as_it_would_be_without() {
    let story = |weather| {
        let world = world(3, weather);
        let client = world.client();
        (0..20).for_each(|number| drop(put(&client, number)));
        run_out(&world).into_iter().take_while(|seen| seen.what != What::StoreSynced)
    };
    let (deadly, fair): (Vec<_>, Vec<_>) =
        (story(deadly()).collect(), story(Weather::fair()).collect());

    assert!(deadly.len() > 1);
    assert!(fair.starts_with(&deadly));
}
