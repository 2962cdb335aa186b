//! What a cart remembers of merges, so that each is applied once, and what it refuses because it
//! remembers no more.

use cart_schemas::dealings::{ARRIVED_MAX, REMEMBERED_SECONDS, SETTLED_MAX};

use super::*;

fn absorb(from: &str, version: u64, asked: (u128, &[u8]), left: i64) -> Absorb {
    let (currency, lines) = (two_shirts().currency.unwrap(), two_shirts().lines);
    let (command, digest) = asked;
    let (command, digest) = (CommandId::from_uuid(Uuid::from_u128(command)), Digest::of(digest));
    Absorb {
        merge: MergeId::new(CartId::of(&from.parse().unwrap(), 0), version),
        from: from.parse().unwrap(),
        policy: MergePolicy::Max,
        moved: Moved::Lines { currency, lines, left: at(left) },
        asked: Asked { command, digest },
    }
}

#[test]
fn a_key_that_another_merge_into_the_cart_had_is_refused_and_its_lines_go_back() {
    let mut user = scene("ann");
    user.takes(Command::Absorb(absorb("guest-1", 3, (7, b"one"), 10)), 11);
    let (first, other) = (user.record.version, absorb("guest-2", 3, (7, b"two"), 12));

    let refused = user.takes(Command::Absorb(other.clone()), 13);

    assert_eq!(refused.outcome, Outcome::Rejected(Rejection::IdempotencyConflict));
    assert_eq!(user.record.version, first);
    let settle = Command::Settle { merge: other.merge, refused: true };
    assert_eq!(user.asked[1].1.command, settle);
    // What the guest asks under one id of two carts is two commands.
    assert_ne!(user.asked[0].0, user.asked[1].0);
}

#[test]
fn a_key_used_again_once_the_guest_forgot_it_is_another_merge() {
    let (mut guest, mut user) = (Scene::holding("guest-1", &[("p1", 3)]), scene("ann"));
    let key = CommandId::from_uuid(Uuid::from_u128(7));
    guest.takes_as(key, merging(MergePolicy::Sum), 20);
    guest.hand_over(&mut user, 21);
    user.hand_over(&mut guest, 22);
    for decision in 0..100 {
        guest.takes(add("p1", 1, offer()), 100 + decision);
        guest.takes(Command::Clear, 100 + decision);
    }
    guest.takes(add("p1", 2, offer()), 300);

    guest.takes_as(key, merging(MergePolicy::Sum), 301);
    guest.hand_over(&mut user, 302);
    user.hand_over(&mut guest, 303);

    assert_eq!(user.quantities(), held(&[("p1", 5)]));
    assert!(guest.record.dealings.outgoing.is_empty());
}

#[test]
fn a_merge_asked_about_again_is_known_or_honestly_not() {
    let mut user = scene("ann");
    let taken = absorb("guest-1", 3, (7, b"one"), 10);
    user.takes(Command::Absorb(taken.clone()), 11);

    let again = user.takes(Command::Absorb(Absorb { moved: Moved::Again, ..taken }), 12);
    let never = absorb("guest-2", 3, (8, b"two"), 10);
    let unknown = user.takes(Command::Absorb(Absorb { moved: Moved::Again, ..never }), 13);

    assert_eq!((again.outcome, again.events.len()), (Outcome::Applied, 0));
    assert_eq!(unknown.outcome, Outcome::Rejected(Rejection::MergeNotFound));
    assert_eq!(user.record.dealings.arrived.len(), 1);
}

#[test]
fn beyond_what_a_cart_remembers_one_by_one_older_lines_go_back() {
    let mut user = scene("ann");
    let merges = i64::try_from(ARRIVED_MAX).unwrap() + 3;
    for n in 0..merges {
        let one = absorb("guest-1", n.unsigned_abs(), (n.unsigned_abs().into(), b"x"), 100 + n);
        assert_eq!(user.takes(Command::Absorb(one), 200 + n).outcome, Outcome::Applied);
    }
    assert_eq!(user.record.dealings.arrived.len(), ARRIVED_MAX);
    assert_eq!(user.record.dealings.forgotten, Some(at(102)));

    for left in [100, 102] {
        let version = u64::try_from(left - 100).unwrap();
        let again = absorb("guest-1", version, (999, b"x"), left);
        let late = user.takes(Command::Absorb(again), 400).outcome;
        assert_eq!(late, Outcome::Rejected(Rejection::InvalidMerge), "{left}");
    }
    assert_eq!(user.record.dealings.arrived.len(), ARRIVED_MAX);
}

#[test]
fn a_cart_gives_no_more_merges_a_week_than_it_can_remember() {
    let mut guest = scene("guest-1");
    let most = i64::try_from(SETTLED_MAX).unwrap();
    for n in 0..most {
        guest.takes(add("p1", 1, offer()), 100 + n);
        assert_eq!(guest.takes(merging(MergePolicy::Sum), 100 + n).outcome, Outcome::Applied);
        let merge = MergeId::new(guest.record.cart_id(&guest.key), guest.record.version);
        guest.takes(Command::Settle { merge, refused: false }, 100 + n);
    }
    guest.takes(add("p1", 1, offer()), 500);
    let full = guest.takes(merging(MergePolicy::Sum), 501);
    assert_eq!(full.outcome, Outcome::Rejected(Rejection::CartLimit));

    let week = i64::from(REMEMBERED_SECONDS);
    guest.takes(add("p1", 1, offer()), 600 + week);
    let free = guest.takes(merging(MergePolicy::Sum), 601 + week);
    assert_eq!(free.outcome, Outcome::Applied);
}

#[test]
fn lines_that_arrive_after_a_week_go_back() {
    let mut user = scene("ann");
    let absorb = absorb("guest-1", 3, (9, b"merge"), 10);

    let late = user.takes(Command::Absorb(absorb.clone()), 10 + i64::from(REMEMBERED_SECONDS));

    assert_eq!(late.outcome, Outcome::Rejected(Rejection::InvalidMerge));
    let settle = Command::Settle { merge: absorb.merge, refused: true };
    assert_eq!(user.asked[0].1.command, settle);
    // Nothing has to be remembered of it: it is as late ever after.
    assert!(user.record.dealings.is_empty());
    assert_eq!(user.takes(Command::Absorb(absorb), 11).outcome, late.outcome);
}

#[test]
fn what_no_cart_could_hold_is_cut_when_it_comes_back_and_told() {
    let mut guest = Scene::holding("guest-1", &[("p1", 1)]);
    let merge = MergeId::new(guest.record.cart_id(&guest.key), 2);
    guest.takes(merging(MergePolicy::Sum), 20);
    guest.takes(Command::Settle { merge, refused: false }, 21);
    let line =
        |number: u32| Line { item: item(&format!("q{number}")), ..two_shirts().lines[0].clone() };
    let most = u32::from(Policy::LINES_MAX);
    guest.record.cart.lines = (1..most).map(line).collect();
    guest.record.cart.currency = two_shirts().currency;

    let (currency, lines) = (two_shirts().currency.unwrap(), vec![line(most), line(most + 1)]);
    let back = guest.takes(Command::Return { merge, currency, lines }, 22);

    let Fact::MergeReturned { lines, warnings, .. } = &back.events[0].fact else { panic!() };
    assert_eq!((lines.len(), warnings.len()), (1, 1));
    assert_eq!(guest.record.cart.lines.len(), usize::from(Policy::LINES_MAX));
}

#[test]
fn a_merge_that_arrives_twice_is_applied_once() {
    let (mut guest, mut user) = (Scene::holding("guest-1", &[("p1", 3)]), scene("ann"));
    guest.takes(merging(MergePolicy::Sum), 20);
    let again = guest.asked[0].1.command.clone();
    guest.hand_over(&mut user, 21);

    let twice = user.takes(again, 30);

    assert_eq!((twice.outcome, twice.events.len()), (Outcome::Applied, 0));
    assert_eq!(user.quantities(), held(&[("p1", 3)]));
}
