//! What becomes of writes.

use super::*;
use crate::simulated::replicas::{Change, Replicas};
use crate::store::{Note, StoreError};

fn at(step: i64) -> Timestamp {
    Timestamp::from_micros(step)
}

#[test]
fn every_read_sees_every_answered_write_while_one_replica_is_behind() {
    for seed in 0..20 {
        let world = world(seed, Weather { replica_behind: Chance(1), ..Weather::fair() });
        let client = world.client();
        for step in 0..20 {
            let cell = format!("{step}");
            let mut put = Box::pin(client.put(Table::Carts, "ann", cell.clone().into(), at(step)));
            let mut note = Box::pin(client.note(Index::Timers, "slot", &cell, at(step)));
            run_for(&world, SECOND);
            assert!(answer(&mut put).unwrap().is_ok() && answer(&mut note).unwrap().is_ok());

            let reads = world.quorum_reads(Table::Carts, "ann");
            assert_eq!(reads, [0; 3].map(|_| Some((cell.clone().into(), at(step)))));
            let mut entries = Box::pin(client.entries(Index::Timers, "slot", None, 100));
            run_for(&world, SECOND);
            let seen = answer(&mut entries).unwrap().unwrap();
            assert_eq!(i64::try_from(seen.len()).unwrap(), step + 1);
        }
    }
}

#[test]
fn a_write_that_is_not_answered_is_on_as_many_replicas_as_its_fault_says() {
    let fates = [
        (Weather { write_lost: Chance(1), ..Weather::fair() }, 0..=1),
        (Weather { write_ack_lost: Chance(1), ..Weather::fair() }, 3..=3),
        (Weather { write_late: Chance(1), ..Weather::fair() }, 0..=3),
    ];
    for (weather, expected) in fates {
        let mut reached = std::collections::BTreeSet::new();
        for seed in 0..50 {
            let world = world(seed, weather.clone());
            let client = world.client();
            let mut put = Box::pin(client.put(Table::Carts, "ann", "cell".into(), at(1)));

            let seen = run_out(&world);

            assert!(matches!(answer(&mut put), Some(Err(StoreError::Unavailable(_)))));
            let taken = seen.iter().filter(|seen| seen.what.to_string().contains("took")).count();
            assert!(expected.contains(&taken), "{taken}");
            reached.insert(taken);
        }
        assert_eq!(reached, expected.collect());
    }
}

#[test]
fn of_two_writes_at_one_time_the_greater_bytes_win() {
    for order in [["a", "b"], ["b", "a"]] {
        let mut replicas = Replicas::default();
        for cell in order {
            let key = "ann".to_owned();
            let put = Change::Put { table: Table::Carts, key, cell: cell.into(), ts: at(1) };
            replicas.take(0, &put);
        }
        let put = Change::Put {
            table: Table::Carts,
            key: "ann".to_owned(),
            cell: "old".into(),
            ts: at(0),
        };
        replicas.take(0, &put);

        assert_eq!(replicas.cell(Table::Carts, "ann", &[0]), Some(&(at(1), "b".into())));
        assert_eq!(replicas.cell(Table::Carts, "ann", &[1, 2]), None);
    }
}

#[test]
fn replicas_agree_on_the_latest_drop_and_the_latest_note() {
    let mut replicas = Replicas::default();
    let note = |entry: &str, step| Change::Note {
        index: Index::Timers,
        slot: "slot".to_owned(),
        entry: entry.to_owned(),
        ts: at(step),
    };
    replicas.take(0, &note("a", 5));
    replicas.take(1, &note("a", 3));
    replicas.take(0, &note("b", 4));
    replicas.take(1, &Change::Drop { index: Index::Timers, slot: "slot".to_owned(), ts: at(4) });
    replicas.take(1, &note("c", 4));
    let notes =
        |of: &[usize]| -> Vec<Note> { replicas.notes((Index::Timers, "slot"), None, of).collect() };

    assert_eq!(notes(&[0, 1]), [Note { entry: "a".to_owned(), ts: at(5) }]);
    assert_eq!(notes(&[0]).len(), 2);
    assert_eq!(notes(&[1, 2]), []);
}

#[test]
fn a_killed_writers_shares_land_each_by_itself() {
    let mut reached = std::collections::BTreeSet::new();
    for seed in 0..50 {
        let world = world(seed, Weather::fair());
        let client = world.client();
        drop(client.put(Table::Carts, "ann", "cell".into(), at(1)));
        world.kill(client.id());

        let seen = run_out(&world);

        reached.insert(seen.iter().filter(|seen| seen.what.to_string().contains("took")).count());
    }
    assert_eq!(reached, (0..=3).collect());
}
