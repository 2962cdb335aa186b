//! A store that lost what it had acknowledged: nothing is decided upon what is left.

use super::*;

/// A worker that marked offset 1, and what it asks for about the next record.
fn marked() -> (Worker<Carts>, Effect) {
    let mut worker = worker(0);
    receive(&mut worker, vec![add("ann", 0), add("bob", 1)]);
    let load = worker.on(Input::Records(P, vec![add("ann", 2)])).remove(0);
    (worker, load)
}

#[test]
fn a_store_that_has_lost_its_progress_is_not_decided_upon() {
    for remembered in [None, Some(progress(0))] {
        let (mut worker, load) = marked();

        let loaded = Done::Loaded(Vec::new(), remembered);
        let seen = drive(&mut worker, Input::Done(P, load.ticket, loaded), &HashMap::new());

        assert_eq!(seen.order, ["pause", "begin anew"]);
        assert!(receive(&mut worker, vec![add("ann", 3)]).order.is_empty());
    }
}

#[test]
fn a_quiet_partition_looks_what_the_store_remembers() {
    for (remembered, then) in [(None, "begin anew"), (Some(progress(1)), "advance")] {
        let mut worker = worker(0);
        receive(&mut worker, vec![add("ann", 0), add("bob", 1)]);
        let look = worker.on(Input::Recall(P)).remove(0);
        assert!(matches!(&look.action, Action::Load(carts) if carts.is_empty()));
        assert!(worker.on(Input::Recall(P)).is_empty(), "one look at a time");

        let loaded = Done::Loaded(Vec::new(), remembered);
        let seen = drive(&mut worker, Input::Done(P, look.ticket, loaded), &HashMap::new());

        assert_eq!(seen.order.last(), Some(&then));
    }
}

#[test]
fn a_store_with_progress_of_another_owner_has_forgotten_nothing() {
    let (mut worker, load) = marked();

    let loaded = Done::Loaded(Vec::new(), Some(progress(7)));
    let seen = drive(&mut worker, Input::Done(P, load.ticket, loaded), &HashMap::new());

    assert_eq!(seen.frontier, Some(3));
}

#[test]
fn a_store_that_was_away_while_it_was_written_to_is_begun_with_anew() {
    let (mut worker, load) = marked();
    let loaded = Done::Loaded(Vec::new(), Some(progress(1)));
    let store = worker.on(Input::Done(P, load.ticket, loaded)).remove(0);
    assert!(matches!(store.action, Action::Store(_)));

    let seen = drive(&mut worker, Input::Done(P, store.ticket, Done::Doubtful), &HashMap::new());

    assert_eq!(seen.order, ["pause", "begin anew"]);
}
