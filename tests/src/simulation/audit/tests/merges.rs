//! A merge that loses or doubles lines is noticed, and one that moves them is not.

use cart_schemas::cart::{Line, LineState};
use cart_schemas::event::{Event, Fact, Place, ReturnReason, Summary};
use cart_schemas::id::{CartId, CartKey, MergeId};

use super::super::merges::Merges;
use super::*;
use crate::simulation::shadow::samples::item;

fn key(user: &str) -> CartKey {
    user.parse().unwrap()
}

fn merge() -> MergeId {
    MergeId::new(CartId::of(&key("guest"), 0), 2)
}

fn lines(all: &[(&str, u32)]) -> Vec<Line> {
    let line = |(product, pieces): &(&str, u32)| Line {
        item: item(product),
        name: "T-Shirt".to_owned(),
        price: 2_999.try_into().unwrap(),
        quantity: (*pieces).try_into().unwrap(),
        state: LineState::Added,
        added_at: at(0),
        last_modified: at(0),
    };
    all.iter().map(line).collect()
}

/// What the events of two carts come to.
fn told(facts: &[(&str, Fact)]) -> Result<(), Broken> {
    let mut merges = Merges::default();
    for (user, fact) in facts {
        let currency = Some("USD".parse().unwrap());
        let (total, item_count) = (0.try_into().unwrap(), 0);
        let event = Event {
            place: Place { cart: CartId::of(&key(user), 0), version: 1, n: 0, of: 1 },
            user: key(user).user().clone(),
            at: at(1),
            after: Summary { currency, total, item_count, expires_at: at(99) },
            fact: fact.clone(),
        };
        merges.land(&key(user), &event)?;
    }
    merges.settled()
}

fn added(pieces: u32) -> Fact {
    Fact::ItemAdded(lines(&[("p1", pieces)]).remove(0))
}

fn left(pieces: u32) -> Fact {
    let to = key("ann").user().clone();
    Fact::CartMergedOut { merge: merge(), to, lines: lines(&[("p1", pieces)]) }
}

fn came(pieces: u32) -> Fact {
    let (merge, from) = (merge(), key("guest").user().clone());
    Fact::CartMergedIn { merge, from, lines: lines(&[("p1", pieces)]), warnings: vec![] }
}

fn back(reason: ReturnReason, pieces: u32) -> Fact {
    let lines = lines(&[("p1", pieces)]);
    Fact::MergeReturned { merge: merge(), reason, restorable: None, lines, warnings: vec![] }
}

fn undone(pieces: u32, returned: u32) -> Fact {
    Fact::MergeUndone {
        merge: merge(),
        from: key("guest").user().clone(),
        lines: lines(&[("p1", pieces)]),
        removed: vec![],
        returned: lines(&[("p1", returned)]),
    }
}

#[test]
fn lines_that_come_or_come_back_once_are_conserved() {
    let (guest, ann) = ("guest", "ann");
    let away = [(guest, added(3)), (ann, added(2)), (guest, left(3))];
    let then = |more: &[(&'static str, Fact)]| told(&[&away[..], more].concat());

    assert_eq!(then(&[(ann, came(5))]), Ok(()));
    assert_eq!(then(&[(guest, back(ReturnReason::Refused, 3))]), Ok(()));
    let undo = [(ann, undone(2, 3)), (guest, back(ReturnReason::Undone, 3))];
    assert_eq!(then(&[&[(ann, came(5))][..], &undo].concat()), Ok(()));
}

#[test]
fn lines_that_are_lost_or_there_twice_are_noticed() {
    let (guest, ann) = ("guest", "ann");
    let away = [(guest, added(3)), (ann, added(2)), (guest, left(3))];
    let refused = || (guest, back(ReturnReason::Refused, 3));
    for wrong in [
        vec![],
        vec![(ann, came(4))],
        vec![(ann, came(6))],
        vec![(ann, came(5)), (ann, came(5))],
        vec![(ann, came(5)), refused()],
        vec![refused(), refused()],
        vec![(ann, came(5)), (ann, undone(2, 3))],
        vec![(ann, came(5)), (guest, back(ReturnReason::Undone, 3))],
        vec![(ann, came(5)), (ann, undone(2, 4)), (guest, back(ReturnReason::Undone, 4))],
        vec![(ann, came(5)), (ann, undone(5, 3)), (guest, back(ReturnReason::Undone, 3))],
    ] {
        let broken = told(&[&away[..], &wrong].concat()).unwrap_err();
        assert_eq!(broken.invariant, Invariant::Conserved, "{wrong:?}");
    }
    assert!(told(&[(guest, added(3)), (guest, left(2))]).is_err());
}
