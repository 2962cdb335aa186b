//! A store that lost what it had acknowledged, or another owner that writes to it: nothing is decided
//! upon what may be old.

use super::*;

/// A worker that marked offset 1, that row, and what it asks for about the next record.
fn marked() -> (Worker<Carts>, Progress, Effect) {
    let mut worker = worker(0);
    let seen = receive(&mut worker, vec![add("ann", 0), add("bob", 1)]);
    let load = worker.on(Input::Records(P, vec![add("ann", 2)])).remove(0);
    (worker, seen.mark.unwrap(), load)
}

#[test]
fn nothing_is_decided_upon_a_store_whose_progress_is_not_what_was_marked() {
    let others = Some(Owner::new(Uuid::nil()));
    for found in 0..5 {
        let (mut worker, mark, load) = marked();
        let found = match found {
            0 => None,
            1 => Some(progress(0)),
            // Another owner has caught up, to here or further: after the carts were read, perhaps.
            2 => Some(Progress { owner: others, ..mark }),
            3 => Some(Progress { owner: others, offset: 7, ts: mark.ts.next(), ..mark }),
            _ => Some(Progress { generation: GENERATION.next(), ..mark }),
        };

        let loaded = Done::Loaded(Vec::new(), found);
        let seen = drive(&mut worker, Input::Done(P, load.ticket, loaded), &HashMap::new());

        assert_eq!(seen.order, ["pause", "begin anew"]);
        assert!(receive(&mut worker, vec![add("ann", 3)]).order.is_empty());
    }
}

#[test]
fn a_quiet_partition_looks_what_the_store_remembers() {
    for (forgets, then) in [(true, "begin anew"), (false, "advance")] {
        let mut worker = worker(0);
        let mark = receive(&mut worker, vec![add("ann", 0), add("bob", 1)]).mark;
        let look = worker.on(Input::Recall(P)).remove(0);
        assert!(matches!(&look.action, Action::Load(carts) if carts.is_empty()));
        assert!(worker.on(Input::Recall(P)).is_empty(), "one look at a time");

        let loaded = Done::Loaded(Vec::new(), mark.filter(|_| !forgets));
        let seen = drive(&mut worker, Input::Done(P, look.ticket, loaded), &HashMap::new());

        assert_eq!(seen.order.last(), Some(&then));
    }
}

#[test]
fn a_row_of_an_earlier_generation_says_nothing() {
    let mut worker = worker(0);
    let load = worker.on(Input::Records(P, vec![add("ann", 0)])).remove(0);

    let earlier = Progress { generation: Generation::FIRST, ..progress(700) };
    let loaded = Done::Loaded(vec![None], Some(earlier));
    let seen = drive(&mut worker, Input::Done(P, load.ticket, loaded), &HashMap::new());

    assert_eq!(seen.frontier, Some(1));
}

#[test]
fn a_store_that_was_away_while_it_was_written_to_is_begun_with_anew() {
    let (mut worker, mark, load) = marked();
    let loaded = Done::Loaded(Vec::new(), Some(mark));
    let store = worker.on(Input::Done(P, load.ticket, loaded)).remove(0);
    assert!(matches!(store.action, Action::Store(_)));

    let seen = drive(&mut worker, Input::Done(P, store.ticket, Done::Doubtful), &HashMap::new());

    assert_eq!(seen.order, ["pause", "begin anew"]);
}
