//! Sorted entries in slots, dropped by the slot up to a timestamp.

use cart_schemas::cql::Index;
use cart_schemas::timestamp::Timestamp;
use cart_storage::store::{Filing, Note, Store};
use futures::future::join_all;

use super::{TEXTS, at, fresh};

async fn note<S: Store>(store: &S, slot: &str, entry: &str, ts: Timestamp) {
    store.note(Index::Timers, slot, entry, ts).await.expect("the entry is noted");
}

async fn drop_slot<S: Store>(store: &S, slot: &str, ts: Timestamp) {
    store.drop_slot(Index::Timers, slot, ts).await.expect("the slot is dropped");
}

async fn page<S: Store>(store: &S, slot: &str, after: Option<&str>, limit: u16) -> Vec<Note> {
    store.entries(Index::Timers, slot, after, limit).await.expect("the entries are read")
}

/// Asserts everything a slot holds.
async fn holds<S: Store>(store: &S, slot: &str, expected: &[(&str, Timestamp)]) {
    let expected = expected.iter().map(|(entry, ts)| Note { entry: (*entry).to_owned(), ts: *ts });
    let found = page(store, slot, None, 1_000).await;
    assert_eq!(found, expected.collect::<Vec<_>>(), "the entries of {slot:?}");
}

pub async fn an_absent_slot_has_no_entries<S: Store>(store: &S) {
    holds(store, &fresh("slot"), &[]).await;
}

pub async fn entries_come_in_the_order_of_their_bytes<S: Store>(store: &S) {
    let slot = fresh("slot");
    // The last two come the other way round where text is compared as UTF-16.
    let sorted = ["0", "00", "A", "B", "a", "a/", "a0", "b", "\u{e9}", "\u{ffff}", "\u{10000}"];

    for entry in sorted.iter().rev().step_by(2).chain(sorted.iter().step_by(2)) {
        note(store, &slot, entry, at(1)).await;
    }
    for entry in sorted {
        note(store, &slot, entry, at(2)).await;
    }

    holds(store, &slot, &sorted.map(|entry| (entry, at(2)))).await;
}

pub async fn pages_neither_skip_nor_repeat<S: Store>(store: &S) {
    let slot = &fresh("slot");
    let all = (0..50).map(|n| format!("{n:03}")).collect::<Vec<_>>();
    join_all(all.iter().map(|entry| note(store, slot, entry, at(1)))).await;

    for limit in [1, 7, 25, 50, 51, u16::MAX] {
        let mut read = Vec::<String>::new();
        loop {
            let after = read.last().cloned();
            let page = page(store, slot, after.as_deref(), limit).await;
            assert!(page.len() <= usize::from(limit), "{} entries of {limit}", page.len());
            if page.is_empty() {
                break;
            }
            read.extend(page.into_iter().map(|note| note.entry));
            assert!(read.len() <= all.len(), "pages of {limit} repeat: {read:?}");
        }
        assert_eq!(read, all, "pages of {limit}");
    }
}

pub async fn a_page_begins_after_an_entry_that_is_not_there<S: Store>(store: &S) {
    let slot = fresh("slot");
    for entry in ["a", "c", "e"] {
        note(store, &slot, entry, at(1)).await;
    }

    let between = page(store, &slot, Some("b"), 1).await;
    let past = page(store, &slot, Some("e"), 1).await;

    assert_eq!(between, [Note { entry: "c".to_owned(), ts: at(1) }]);
    assert_eq!(past, []);
}

pub async fn a_limit_of_zero_gives_nothing<S: Store>(store: &S) {
    let slot = fresh("slot");
    note(store, &slot, "a", at(1)).await;

    assert_eq!(page(store, &slot, None, 0).await, []);
}

pub async fn noting_again_keeps_the_highest_timestamp<S: Store>(store: &S) {
    let slot = fresh("slot");

    for (step, highest) in [(2, 2), (2, 2), (5, 5), (3, 5)] {
        note(store, &slot, "a", at(step)).await;
        holds(store, &slot, &[("a", at(highest))]).await;
    }
}

pub async fn concurrent_notes_all_show<S: Store>(store: &S) {
    let slot = &fresh("slot");
    let names = (0..100).map(|n| format!("{n:03}")).collect::<Vec<_>>();

    join_all(names.iter().zip(0..).map(|(name, step)| note(store, slot, name, at(step)))).await;

    let expected = names.iter().zip(0..).map(|(name, step)| (name.as_str(), at(step)));
    holds(store, slot, &expected.collect::<Vec<_>>()).await;
}

pub async fn entries_noted_together_show_each_in_its_slot<S: Store>(store: &S) {
    let slots = [fresh("slot"), fresh("slot")];
    let filing = |slot: &String, entry: &str, step| {
        let note = Note { entry: entry.to_owned(), ts: at(step) };
        Filing { slot: slot.clone(), note }
    };
    note(store, &slots[0], "b", at(9)).await;
    let filings = [
        filing(&slots[0], "a", 1),
        filing(&slots[1], "a", 2),
        filing(&slots[0], "b", 3),
        filing(&slots[1], "c", 4),
    ];

    for _ in 0..2 {
        store.note_all(Index::Timers, &filings).await.expect("the entries are noted");
    }
    store.note_all(Index::Timers, &[]).await.expect("there is nothing to note");

    holds(store, &slots[0], &[("a", at(1)), ("b", at(9))]).await;
    holds(store, &slots[1], &[("a", at(2)), ("c", at(4))]).await;
}

pub async fn a_slot_and_an_entry_are_any_text<S: Store>(store: &S) {
    for text in TEXTS {
        let slot = format!("{text}{}", fresh(""));

        note(store, &slot, text, at(1)).await;

        holds(store, &slot, &[(text, at(1))]).await;
        holds(store, &format!("{slot}/"), &[]).await;
    }
}

pub async fn dropping_a_slot_drops_what_was_noted_at_or_before<S: Store>(store: &S) {
    let slot = fresh("slot");
    for (entry, step) in [("a", 9), ("b", 10), ("c", 11), ("d", 1), ("e", 20)] {
        note(store, &slot, entry, at(step)).await;
    }

    drop_slot(store, &slot, at(10)).await;

    holds(store, &slot, &[("c", at(11)), ("e", at(20))]).await;
}

pub async fn an_entry_replayed_at_or_before_the_drop_stays_dropped<S: Store>(store: &S) {
    let slot = fresh("slot");
    note(store, &slot, "a", at(9)).await;
    note(store, &slot, "b", at(10)).await;
    drop_slot(store, &slot, at(10)).await;

    note(store, &slot, "a", at(9)).await;
    note(store, &slot, "b", at(10)).await;

    holds(store, &slot, &[]).await;
}

pub async fn an_entry_noted_above_the_drop_shows<S: Store>(store: &S) {
    let slot = fresh("slot");
    note(store, &slot, "a", at(9)).await;
    drop_slot(store, &slot, at(10)).await;

    note(store, &slot, "a", at(11)).await;
    note(store, &slot, "b", at(12)).await;

    holds(store, &slot, &[("a", at(11)), ("b", at(12))]).await;
}

pub async fn an_entry_noted_before_and_after_the_drop_stays<S: Store>(store: &S) {
    let slot = fresh("slot");
    note(store, &slot, "a", at(9)).await;
    note(store, &slot, "a", at(30)).await;

    drop_slot(store, &slot, at(20)).await;
    note(store, &slot, "a", at(9)).await;

    holds(store, &slot, &[("a", at(30))]).await;
}

pub async fn a_drop_reaches_entries_that_arrive_after_it<S: Store>(store: &S) {
    let slot = fresh("slot");

    drop_slot(store, &slot, at(10)).await;
    note(store, &slot, "late", at(10)).await;
    note(store, &slot, "later", at(11)).await;

    holds(store, &slot, &[("later", at(11))]).await;
}

pub async fn an_earlier_drop_changes_nothing<S: Store>(store: &S) {
    let slot = fresh("slot");
    note(store, &slot, "a", at(15)).await;
    note(store, &slot, "b", at(25)).await;

    for step in [20, 10, 20] {
        drop_slot(store, &slot, at(step)).await;
        note(store, &slot, "a", at(15)).await;

        holds(store, &slot, &[("b", at(25))]).await;
    }
}

pub async fn a_drop_spares_the_other_slots<S: Store>(store: &S) {
    let (slot, other) = (fresh("slot"), fresh("slot"));
    note(store, &slot, "a", at(1)).await;
    note(store, &other, "a", at(1)).await;

    drop_slot(store, &slot, at(10)).await;

    holds(store, &slot, &[]).await;
    holds(store, &other, &[("a", at(1))]).await;
}

/// The longest an entry may be: a CQL clustering key ends at 64 KiB.
pub async fn an_entry_keeps_48_kib<S: Store>(store: &S) {
    let (slot, long) = (fresh("slot"), "é".repeat(24 * 1024));

    note(store, &slot, &long, at(1)).await;

    holds(store, &slot, &[(&long, at(1))]).await;
}

pub async fn indexes_do_not_share_their_slots<S: Store>(store: &S) {
    let slot = fresh("slot");
    note(store, &slot, "a", at(1)).await;
    let history = store.entries(Index::History, &slot, None, 9).await.expect("they are read");
    assert_eq!(history, []);

    store.note(Index::History, &slot, "b", at(2)).await.expect("the entry is noted");
    drop_slot(store, &slot, at(3)).await;

    let history = store.entries(Index::History, &slot, None, 9).await.expect("they are read");
    assert_eq!(history, [Note { entry: "b".to_owned(), ts: at(2) }]);
}
