//! What members of a group go through.

use super::*;
use crate::log::LogError;
use crate::simulated::{ClientId, Fault};

fn owners(world: &World) -> Vec<Option<ClientId>> {
    (0..4).map(|number| world.owner(Partition::new(number))).collect()
}

/// Lets members live for a while.
fn live(world: &World, members: &mut [&mut Member], micros: i64) {
    for _ in 0..micros / 10_000 {
        run_for(world, 10_000);
        members.iter_mut().for_each(|member| member.run());
    }
}

/// Two members who share the partitions.
fn two(weather: Weather) -> (World, [Simulated; 2], [Member; 2]) {
    let world = world(3, weather);
    let clients = [world.client(), world.client()];
    let [mut one, mut other] = clients.each_ref().map(Member::join);
    live(&world, &mut [&mut one, &mut other], 3 * SECOND);
    assert_eq!((one.owned().len(), other.owned().len()), (2, 2));
    (world, clients, [one, other])
}

#[test]
fn a_dead_owner_is_replaced_after_its_session() {
    let (world, [dead, living], [_one, mut other]) = two(Weather::fair());

    world.kill(dead.id());
    live(&world, &mut [&mut other], 5 * SECOND);
    assert!(owners(&world).contains(&Some(dead.id())), "its session is not over");
    live(&world, &mut [&mut other], 2 * SECOND);

    assert_eq!(owners(&world), [Some(living.id()); 4]);
    assert_eq!(other.owned(), [0, 1, 2, 3]);
    assert_eq!(world.tally().get(Fault::MemberExpelled), 1);
}

#[test]
fn a_frozen_member_is_expelled_and_hears_so_after_its_thaw() {
    let (world, [frozen, living], [mut one, mut other]) = two(Weather::fair());

    world.freeze(frozen.id());
    live(&world, &mut [&mut other], 7 * SECOND);
    assert_eq!(owners(&world), [Some(living.id()); 4]);
    one.run();
    assert!(!one.heard("Lost"), "it stands still");

    world.thaw(frozen.id());
    live(&world, &mut [&mut one, &mut other], 3 * SECOND);
    assert!(one.heard("Lost"));
    assert_eq!((one.owned().len(), other.owned().len()), (2, 2), "it has joined again");
}

#[test]
fn a_short_nap_costs_nothing() {
    let (world, [frozen, _], [mut one, mut other]) = two(Weather::fair());
    let before = owners(&world);

    world.freeze(frozen.id());
    live(&world, &mut [&mut other], 5 * SECOND);
    world.thaw(frozen.id());
    live(&world, &mut [&mut one, &mut other], 9 * SECOND);

    assert_eq!(owners(&world), before);
    assert!(!one.heard("Lost"));
}

#[test]
fn a_deaf_owner_reads_on_while_another_owns() {
    let (world, [deaf, living], [mut one, mut other]) = two(Weather::fair());
    let at = commands(one.owned()[0]);

    let until = Timestamp::from_micros(world.now().micros() + 20 * SECOND);
    world.deafen(deaf.id(), until);
    live(&world, &mut [&mut one, &mut other], 7 * SECOND);
    assert_eq!(owners(&world), [Some(living.id()); 4]);
    drop(living.append(Lane::Facts, at, numbered(1)));
    drop(deaf.append(Lane::Facts, at, numbered(2)));
    one.tail.commit(&[(at, 1)]);
    live(&world, &mut [&mut one, &mut other], 3 * SECOND);
    assert_eq!((one.read.len(), other.read.len()), (2, 2), "both read the same");
    assert_eq!(world.committed(at.partition), None, "its commit is not heard");
    assert!(!one.heard("Lost") && !one.heard("Commit"));

    live(&world, &mut [&mut one, &mut other], 12 * SECOND);
    assert!(one.heard("Lost"));
    assert_eq!((one.owned().len(), other.owned().len()), (2, 2));
}

#[test]
fn a_deaf_member_releases_when_it_hears_again() {
    let (world, [deaf, living], [mut one, mut other]) = two(Weather::fair());
    let third = world.client();
    let mut more = Member::join(&third);
    // It is asked to give something up, and does not hear that it is deaf.
    while !one.heard("Revoking") && !other.heard("Revoking") {
        world.step();
        one.run();
        other.run();
        more.run();
    }
    let until = Timestamp::from_micros(world.now().micros() + 2 * SECOND);
    world.deafen(deaf.id(), until);
    world.deafen(living.id(), until);
    live(&world, &mut [&mut one, &mut other, &mut more], SECOND);
    assert_eq!(more.owned().len(), 0);

    live(&world, &mut [&mut one, &mut other, &mut more], 3 * SECOND);
    let mut shares = [one.owned().len(), other.owned().len(), more.owned().len()];
    shares.sort_unstable();
    assert_eq!(shares, [1, 1, 2]);
}

#[test]
fn a_commit_by_an_expelled_member_is_refused() {
    let (world, [frozen, _], [mut one, mut other]) = two(Weather::fair());
    let at = commands(one.owned()[0]);
    world.freeze(frozen.id());
    live(&world, &mut [&mut other], 7 * SECOND);

    world.thaw(frozen.id());
    one.tail.commit(&[(at, 5)]);
    live(&world, &mut [&mut one, &mut other], SECOND);

    assert!(one.heard("CommitFailed(Unreachable"), "{:?}", one.told);
    assert_eq!(world.committed(at.partition), None);
}

#[test]
fn a_commit_that_fails_may_be_answered_or_not_and_stored_or_not() {
    let (world, _, [mut one, mut other]) = two(Weather::fair());
    let at = commands(one.owned()[0]);
    let mut commit = |weather, offset| {
        world.set_weather(weather);
        one.told.clear();
        one.tail.commit(&[(at, offset)]);
        live(&world, &mut [&mut one, &mut other], SECOND);
        (one.heard("Committed"), one.heard("CommitFailed"), world.committed(at.partition))
    };

    assert_eq!(commit(Weather::fair(), 1), (true, false, Some(1)));
    let refused = Weather { commit_failed: Chance(1), ..Weather::fair() };
    assert_eq!(commit(refused, 2), (false, true, Some(1)));
    let mut stored = 0;
    for offset in 3..23 {
        let silent = Weather { commit_unanswered: Chance(1), ..Weather::fair() };
        let (told, refused, committed) = commit(silent, offset);
        assert!(!told && !refused);
        stored += usize::from(committed == Some(offset));
    }
    assert!((1..20).contains(&stored), "{stored}");
}

#[test]
fn a_rebalance_moves_one_partition_of_a_group() {
    let (world, _, [mut one, mut other]) = two(Weather::fair());
    let before = owners(&world);

    world.rebalance();
    live(&world, &mut [&mut one, &mut other], 2 * SECOND);

    let after = owners(&world);
    assert_eq!(before.iter().zip(&after).filter(|(before, after)| before != after).count(), 1);
    assert_eq!(one.owned().len() + other.owned().len(), 4);
}

#[test]
fn partitions_nobody_releases_move_after_the_drain() {
    let world = world(3, Weather::fair());
    let clients = [world.client(), world.client()];
    let mut idle = Member::join(&clients[0]);
    live(&world, &mut [&mut idle], SECOND);
    let mut other = Member::join(&clients[1]);

    live(&world, &mut [&mut other], 4 * SECOND);
    assert!(other.owned().is_empty());
    live(&world, &mut [&mut other], 3 * SECOND);

    assert_eq!(other.owned().len(), 2);
}

#[test]
fn a_command_meant_for_an_earlier_assignment_does_nothing() {
    let (world, [frozen, _], [mut one, mut other]) = two(Weather::fair());
    world.freeze(frozen.id());
    live(&world, &mut [&mut other], 7 * SECOND);
    world.thaw(frozen.id());
    // It is assigned anew and has not looked at that yet.
    live(&world, &mut [&mut other], 3 * SECOND);

    let all: Vec<_> = (0..4).map(commands).collect();
    one.tail.start(&all.iter().map(|at| (*at, 1_000)).collect::<Vec<_>>());
    one.tail.release(&all);
    live(&world, &mut [&mut one, &mut other], SECOND);

    assert_eq!(one.owned().len(), 2);
    assert!(!one.heard("Trouble"), "{:?}", one.told);
}

#[test]
fn a_recreated_topic_is_empty_and_its_readers_stand_outside_it() {
    let (world, [client, _], [mut one, mut other]) = two(Weather::fair());
    let at = commands(one.owned()[0]);
    drop(client.append(Lane::Facts, at, numbered(1)));
    live(&world, &mut [&mut one, &mut other], SECOND);
    one.tail.commit(&[(at, 1)]);
    live(&world, &mut [&mut one, &mut other], SECOND);
    assert_eq!(world.committed(at.partition), Some(1));

    world.recreate(Topic::Commands);
    live(&world, &mut [&mut one, &mut other], SECOND);

    let outside = LogError::OutOfRange(Topic::Commands.to_string());
    let told = format!("Trouble({outside:?}");
    assert!(one.heard(told.trim_end_matches("\")")), "{:?}", one.told);
    assert_eq!((world.end(at), world.committed(at.partition)), (0, None));
    drop(client.append(Lane::Facts, at, numbered(1)));
    run_out(&world);
    assert_eq!(world.records(at)[0].offset, 0);
}
