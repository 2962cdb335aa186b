//! What becomes of appends.

use futures::future::BoxFuture;

use super::*;
use crate::log::{Ack, AppendError};
use crate::simulated::Fault;

type Append = BoxFuture<'static, Result<Ack, AppendError>>;

fn append_all(client: &Simulated, lane: Lane, count: usize) -> Vec<Append> {
    let append =
        |number| -> Append { Box::pin(client.append(lane, commands(0), numbered(number))) };
    (0..count).map(append).collect()
}

#[test]
fn a_kill_lets_a_prefix_land() {
    let mut lengths = std::collections::BTreeSet::new();
    for seed in 0..50 {
        let world = world(seed, Weather::fair());
        let client = world.client();
        let mut appends = append_all(&client, Lane::Facts, 10);

        world.kill(client.id());
        run_out(&world);

        let landed = landed(&world, commands(0));
        assert_eq!(landed, (0..landed.len()).collect::<Vec<_>>(), "seed {seed}");
        assert!(appends.iter_mut().all(|append| answer(append).is_none()), "the dead hear nothing");
        drop(client.append(Lane::Facts, commands(0), numbered(99)));
        run_out(&world);
        assert_eq!(world.end(commands(0)), i64::try_from(landed.len()).unwrap());
        lengths.insert(landed.len());
    }
    assert!(lengths.len() > 5 && lengths.contains(&0) && lengths.contains(&10), "{lengths:?}");
}

#[test]
fn a_late_append_lands_after_its_caller_was_told_that_nobody_knows() {
    for (seed, lane) in (0..20).flat_map(|seed| [(seed, Lane::Commands), (seed, Lane::Replies)]) {
        let world = world(seed, Weather { append_late: Chance(1), ..Weather::fair() });
        let client = world.client();
        let mut append = append_all(&client, lane, 1);

        run_for(&world, 3 * SECOND);

        assert!(matches!(answer(&mut append[0]), Some(Err(AppendError::Unknown(_)))));
        assert_eq!(world.end(commands(0)), 0);
        run_out(&world);
        assert_eq!(landed(&world, commands(0)), [0]);
    }
}

#[test]
fn what_is_behind_a_late_append_lands_after_it() {
    let world = world(5, Weather { append_late: Chance(1), ..Weather::fair() });
    let client = world.client();
    let mut appends = append_all(&client, Lane::Commands, 1);
    world.set_weather(Weather::fair());
    appends.extend(append_all(&client, Lane::Commands, 3));

    run_out(&world);

    for append in &mut appends {
        assert!(matches!(answer(append), Some(Err(AppendError::Unknown(_)))));
    }
    assert_eq!(landed(&world, commands(0)), [0, 0, 1, 2]);
}

#[test]
fn facts_wait_however_late_they_are() {
    let world = world(5, Weather { append_late: Chance(2), ..Weather::fair() });
    let client = world.client();
    let mut appends = append_all(&client, Lane::Facts, 20);

    run_out(&world);

    for (number, append) in (0..).zip(&mut appends) {
        assert_eq!(answer(append).unwrap().unwrap().offset, number);
    }
}

#[test]
fn a_lost_append_never_lands_and_an_unacknowledged_one_does() {
    let lost = Weather { append_lost: Chance(1), ..Weather::fair() };
    let unacknowledged = Weather { append_ack_lost: Chance(1), ..Weather::fair() };
    for (weather, expected) in [(lost, &[][..]), (unacknowledged, &[0, 1][..])] {
        let world = world(5, weather);
        let mut appends = append_all(&world.client(), Lane::Commands, 2);

        run_out(&world);

        assert_eq!(landed(&world, commands(0)), expected);
        for append in &mut appends {
            assert!(matches!(answer(append), Some(Err(AppendError::Unknown(_)))));
        }
    }
}

#[test]
fn a_full_queue_appends_nothing_and_a_duplicated_append_lands_twice() {
    let mut full = Weather { append_full: Chance(1), ..Weather::fair() };
    let world = world(5, full.clone());
    let client = world.client();
    let mut append = append_all(&client, Lane::Facts, 1);
    assert!(matches!(answer(&mut append[0]), Some(Err(AppendError::Full))), "at once");

    (full.append_full, full.append_duplicated) = (Chance::NEVER, Chance(1));
    world.set_weather(full);
    drop(append_all(&client, Lane::Facts, 1));
    run_out(&world);

    assert_eq!(landed(&world, commands(0)), [0, 0]);
}

#[test]
fn a_broken_lane_answers_all_in_flight_and_lets_a_prefix_land() {
    let mut overtaken = 0;
    for seed in 0..100 {
        let world = world(seed, Weather::fair());
        let client = world.client();
        let mut appends = append_all(&client, Lane::Facts, 5);
        world.set_weather(Weather { lane_broke: Chance(1), ..Weather::fair() });
        let mut next = Box::pin(client.append(Lane::Facts, commands(0), numbered(5))) as Append;
        run_out(&world);

        for append in &mut appends {
            assert!(matches!(answer(append), Some(Err(AppendError::Broken(_)))));
        }
        assert!(matches!(answer(&mut next), Some(Ok(_))));
        let landed = landed(&world, commands(0));
        let old: Vec<_> = landed.iter().copied().filter(|number| *number < 5).collect();
        assert_eq!(old, (0..old.len()).collect::<Vec<_>>());
        overtaken += usize::from(landed.last() != Some(&5));
        assert_eq!(world.tally().get(Fault::LaneBroke), 1);
    }
    assert!(overtaken > 10, "{overtaken}");
}

#[test]
fn append_times_step_back_only_where_they_are_told_to() {
    for (chance, sorted) in [(Chance::NEVER, true), (Chance(3), false)] {
        let world = world(5, Weather { time_back: chance, ..Weather::fair() });
        drop(append_all(&world.client(), Lane::Facts, 50));

        run_out(&world);

        assert_eq!(world.records(commands(0)).is_sorted_by_key(|record| record.appended), sorted);
    }
}

#[test]
fn a_run_that_breaks_lands_as_a_prefix_and_appends_no_more() {
    let mut broken = 0;
    for seed in 0..100 {
        let world = world(seed, Weather { lane_broke: Chance(4), ..Weather::fair() });
        let client = world.client();
        let records = (0..5).map(|number| (commands(0), numbered(number))).collect();
        let mut run = Box::pin(client.append_run(Lane::Facts, records));
        run_out(&world);

        let run = answer(&mut run).unwrap();
        let landed = landed(&world, commands(0));
        assert_eq!(landed, (0..landed.len()).collect::<Vec<_>>(), "seed {seed}");
        assert!(run.acknowledged <= landed.len() && (run.failure.is_some() || landed.len() == 5));
        broken += usize::from(matches!(run.failure, Some(AppendError::Broken(_))));
    }
    assert!((10..90).contains(&broken), "{broken}");
}
