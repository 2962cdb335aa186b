//! Two carts become one: what each of them does, and what is asked of the other.

use cart_schemas::cart::Line;
use cart_schemas::command::{Absorb, Asked, Moved};
use cart_schemas::event::{Fact, ReturnReason};
use cart_schemas::generation::Generation;
use cart_schemas::id::{CartKey, CommandId};
use cart_schemas::merge::{MergePolicy, Warning, WarningCode};
use cart_schemas::record::{CartRecord, Entry, Outcome, Position};
use uuid::Uuid;

use super::*;
use crate::cart::{Ask, FollowUp, asks};
use crate::step::{Placement, Step, step};

mod memory;

/// A cart, the log of its commands, and what its decisions ask of others.
struct Scene {
    key: CartKey,
    record: CartRecord,
    offset: i64,
    asked: Vec<(CommandId, FollowUp)>,
}

fn scene(user: &str) -> Scene {
    let key = user.parse().unwrap();
    Scene { key, record: CartRecord::default(), offset: 0, asked: Vec::new() }
}

impl Scene {
    fn holding(user: &str, lines: &[(&str, u32)]) -> Self {
        let mut scene = scene(user);
        for (product, quantity) in lines {
            assert_eq!(scene.takes(add(product, *quantity, offer()), 10).outcome, Outcome::Applied);
        }
        scene
    }

    fn takes(&mut self, command: Command, time: i64) -> Entry {
        self.offset += 1;
        let id = CommandId::from_uuid(Uuid::from_u64_pair(1, self.offset.unsigned_abs()));
        self.takes_as(id, command, time)
    }

    fn takes_as(&mut self, id: CommandId, command: Command, time: i64) -> Entry {
        self.offset += 1;
        let cart = self.key.clone();
        let envelope = Envelope { id, cart, ..envelope(command) };
        let position = Position { generation: Generation::FIRST, offset: self.offset };
        let placement = Placement { position, appended: at(time) };
        let Step::Decided { entry, .. } = step(&mut self.record, placement, &envelope) else {
            panic!("{envelope:?} is not decided");
        };
        let cart = self.record.cart_id(&self.key);
        let asked = asks(&self.record, &envelope, &entry).into_iter().map(|ask| match ask {
            Ask::Cart(one) => one,
            Ask::Sku(one) => panic!("no merge asks a sku: {one:?}"),
        });
        self.asked.extend(asked.map(|one| (CommandId::asked_by(cart, id, entry.version), one)));
        entry
    }

    /// Hands everything this cart asks to another one.
    fn hand_over(&mut self, other: &mut Self, time: i64) -> Vec<Entry> {
        let asked = std::mem::take(&mut self.asked).into_iter();
        let handed = asked.map(|(id, FollowUp { cart, command, .. })| {
            assert_eq!(cart, other.key);
            other.takes_as(id, command, time)
        });
        handed.collect()
    }

    fn quantities(&self) -> Vec<(String, u32)> {
        let lines = self.record.cart.lines.iter();
        lines.map(|l| (l.item.product().to_string(), l.quantity.get())).collect()
    }
}

fn merging(policy: MergePolicy) -> Command {
    Command::Merge { into: "ann".parse().unwrap(), policy }
}

fn held(lines: &[(&str, u32)]) -> Vec<(String, u32)> {
    lines.iter().map(|(product, quantity)| ((*product).to_owned(), *quantity)).collect()
}

/// What a merge leaves in both carts, the guest's having been settled.
fn merged(
    policy: MergePolicy,
    guest: &[(&str, u32)],
    user: &[(&str, u32)],
) -> (Scene, Scene, Vec<Entry>) {
    let (mut guest, mut user) = (Scene::holding("guest-1", guest), Scene::holding("ann", user));
    assert_eq!(guest.takes(merging(policy), 20).outcome, Outcome::Applied);
    let answers = guest.hand_over(&mut user, 21);
    user.hand_over(&mut guest, 22);
    assert!(guest.record.dealings.outgoing.is_empty());
    (guest, user, answers)
}

#[test]
fn each_policy_leaves_what_its_table_says() {
    let (both, only_guest, only_user) = (("p1", 3), ("p2", 4), ("p3", 5));
    for (policy, expected) in [
        (MergePolicy::Sum, 5),
        (MergePolicy::Max, 3),
        (MergePolicy::KeepUser, 2),
        (MergePolicy::KeepGuest, 3),
    ] {
        let (guest, user, _) = merged(policy, &[both], &[("p1", 2)]);
        assert_eq!(user.quantities(), held(&[("p1", expected)]), "{policy:?}");
        assert_eq!(guest.quantities(), [], "{policy:?}");

        let (_, user, _) = merged(policy, &[only_guest], &[only_user]);
        assert_eq!(user.quantities(), held(&[only_user, only_guest]), "{policy:?}");
    }
}

#[test]
fn in_between_the_lines_are_in_the_dealings_of_the_cart_they_left_and_it_stays_open() {
    let (mut guest, mut user) = (Scene::holding("guest-1", &[("p1", 3)]), scene("ann"));
    let lines = guest.record.cart.lines.clone();

    let left = guest.takes(merging(MergePolicy::Sum), 20);

    let merge = MergeId::new(guest.record.cart_id(&guest.key), left.version);
    assert_eq!(guest.record.dealings.outgoing(merge).unwrap().lines, lines);
    assert_eq!(guest.takes(add("p9", 1, offer()), 30).outcome, Outcome::Applied);
    let late = guest.takes(Command::Wake { due: at(1) }, i64::from(90 * DAY));
    assert!(!late.events.iter().any(|event| matches!(event.fact, Fact::CartExpired(_))));
    guest.hand_over(&mut user, 40);
    assert_eq!(user.quantities(), held(&[("p1", 3)]));
}

#[test]
fn what_the_shop_does_not_allow_is_cut_and_told() {
    let (_, user, answers) =
        merged(MergePolicy::Sum, &[("p1", 8), ("p2", 2)], &[("p1", 7), ("p3", 1)]);

    assert_eq!(user.quantities(), held(&[("p1", 10), ("p3", 1)]));
    let warning = |code, product, requested, applied| Warning {
        code,
        item: item(product),
        requested,
        applied,
    };
    let Fact::CartMergedIn { warnings, .. } = &answers[0].events[0].fact else {
        panic!("{answers:?}")
    };
    assert_eq!(
        *warnings,
        [
            warning(WarningCode::QuantityCapped, "p1", 15, 10),
            warning(WarningCode::LineLimit, "p2", 2, 0)
        ]
    );
}

#[test]
fn refused_lines_come_back_to_what_is_there_by_then() {
    let (mut guest, mut user) = (Scene::holding("guest-1", &[("p1", 3)]), scene("ann"));
    let yen = changed_offer(|_, _, code| *code = "JPY".to_owned());
    user.takes(add("p3", 1, yen), 10);
    guest.takes(merging(MergePolicy::Sum), 20);
    guest.takes(add("p1", 1, offer()), 21);

    let refused = guest.hand_over(&mut user, 22);
    let back = user.hand_over(&mut guest, 23);

    assert_eq!(refused[0].outcome, Outcome::Rejected(Rejection::CurrencyMismatch));
    assert_eq!(user.quantities(), held(&[("p3", 1)]));
    assert_eq!(guest.quantities(), held(&[("p1", 4)]));
    let reason = ReturnReason::Refused;
    assert!(
        matches!(&back[0].events[0].fact, Fact::MergeReturned { reason: r, .. } if *r == reason)
    );
    // A second refusal finds nothing any more.
    let merge = MergeId::new(guest.record.cart_id(&guest.key), 2);
    assert_eq!(guest.takes(Command::Settle { merge, refused: true }, 24).events, []);
}

#[test]
fn refused_lines_wait_for_a_restore_where_the_cart_has_another_currency_by_now() {
    let (mut guest, mut user) = (Scene::holding("guest-1", &[("p1", 3)]), scene("ann"));
    let yen = || changed_offer(|_, _, code| *code = "JPY".to_owned());
    user.takes(add("p3", 1, yen()), 10);
    guest.takes(merging(MergePolicy::Sum), 20);
    guest.takes(add("p4", 1, yen()), 21);

    guest.hand_over(&mut user, 22);
    user.hand_over(&mut guest, 23);

    assert_eq!(guest.quantities(), held(&[("p4", 1)]));
    guest.takes(Command::Clear, 24);
    guest.takes(Command::Restore, 25);
    assert_eq!(guest.quantities(), held(&[("p1", 3)]));
}

#[test]
fn within_an_hour_untouched_lines_go_back_and_the_cart_is_as_it_was() {
    let (mut guest, mut user, answers) =
        merged(MergePolicy::Max, &[("p1", 3), ("p2", 1)], &[("p1", 2)]);
    let Fact::CartMergedIn { merge, .. } = answers[0].events[0].fact else { panic!("{answers:?}") };

    let undone = user.takes(Command::UndoMerge { merge }, 30);
    assert_eq!((undone.outcome, undone.events.len()), (Outcome::Applied, 1));
    let again = user.takes(Command::UndoMerge { merge }, 31);
    assert_eq!((again.outcome, again.events.len()), (Outcome::Applied, 0));
    let back = user.asked[0].1.command.clone();
    user.hand_over(&mut guest, 32);

    assert_eq!(user.quantities(), held(&[("p1", 2)]));
    assert_eq!(guest.quantities(), held(&[("p1", 3), ("p2", 1)]));
    assert_eq!(guest.takes(back, 33).events, []);
}

#[test]
fn a_merge_whose_lines_were_touched_or_that_is_an_hour_old_stays() {
    let undoing = |touch: Option<Command>, time| {
        let (_, mut user, answers) = merged(MergePolicy::Sum, &[("p1", 3)], &[]);
        let Fact::CartMergedIn { merge, .. } = answers[0].events[0].fact else { panic!() };
        touch.into_iter().for_each(|touch| drop(user.takes(touch, 25)));
        user.takes(Command::UndoMerge { merge }, time).outcome
    };
    let changed = Outcome::Rejected(Rejection::MergeChanged);

    assert_eq!(undoing(Some(add("p2", 1, offer())), 30), Outcome::Applied);
    assert_eq!(undoing(Some(set("p1", 2, offer())), 30), changed);
    assert_eq!(undoing(Some(remove("p1")), 30), changed);
    assert_eq!(undoing(None, 21 + 3_599), Outcome::Applied);
    assert_eq!(undoing(None, 21 + 3_600), changed);
    let mut nobody = scene("bob");
    let merge = MergeId::new(CartId::of(&"guest-1".parse().unwrap(), 0), 9);
    let unknown = nobody.takes(Command::UndoMerge { merge }, 30).outcome;
    assert_eq!(unknown, Outcome::Rejected(Rejection::MergeNotFound));
}

#[test]
fn an_empty_cart_is_merged_without_a_change_and_no_cart_into_itself() {
    let mut guest = scene("guest-1");
    let empty = guest.takes(merging(MergePolicy::Sum), 20);
    assert_eq!((empty.outcome, empty.version), (Outcome::Applied, 0));
    assert_eq!(guest.asked.len(), 1);

    let mut ann = Scene::holding("ann", &[("p1", 1)]);
    let itself = ann.takes(merging(MergePolicy::Sum), 20);
    assert_eq!(itself.outcome, Outcome::Rejected(Rejection::InvalidMerge));
}

#[test]
fn a_merge_is_not_undone_into_a_cart_of_another_currency() {
    let (_, mut user, answers) = merged(MergePolicy::KeepUser, &[("p1", 3)], &[("p1", 2)]);
    let Fact::CartMergedIn { merge, .. } = answers[0].events[0].fact else { panic!("{answers:?}") };
    user.takes(Command::Clear, 23);
    let yen = changed_offer(|_, _, code| *code = "JPY".to_owned());
    user.takes(add("p3", 1, yen), 24);

    let undone = user.takes(Command::UndoMerge { merge }, 25);

    assert_eq!(undone.outcome, Outcome::Rejected(Rejection::MergeChanged));
}
