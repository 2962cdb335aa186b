//! What the port `Store` promises, as sentences that any engine must keep. Knows no engine.

use cart_schemas::timestamp::Timestamp;
use cart_storage::store::Store;
use uuid::Uuid;

pub mod cells;
pub mod entries;
pub mod rows;

/// Checks every sentence, all at once and each with keys of its own, and names those that fail.
/// What is wrong with them is told by their panics.
pub async fn failures<S: Store>(store: &S) -> Vec<&'static str> {
    macro_rules! check {
        ($($chapter:ident::$sentence:ident),+ $(,)?) => {
            vec![$({
                let store = store.clone();
                let check = tokio::spawn(async move { $chapter::$sentence(&store).await });
                (stringify!($sentence), check)
            }),+]
        };
    }
    let checks = check![
        cells::an_absent_cell_is_none,
        cells::a_read_sees_every_acknowledged_write,
        cells::a_read_of_another_clone_sees_it_too,
        cells::the_last_timestamp_wins_whatever_the_order_of_arrival,
        cells::an_older_write_never_shows,
        cells::the_same_bytes_at_the_same_timestamp_change_nothing,
        cells::concurrent_writes_end_at_the_highest_timestamp,
        cells::a_cell_keeps_any_bytes,
        cells::a_cell_keeps_200_kib,
        cells::a_key_is_any_text,
        cells::tables_do_not_share_their_keys,
        rows::a_table_nobody_wrote_to_is_one_empty_page,
        rows::a_scan_gives_every_key_once_whatever_the_pages,
        rows::a_page_has_at_least_one_row,
        rows::a_scan_gives_the_newest_cell_and_its_timestamp,
        rows::a_scan_is_resumed_from_the_text_of_a_cursor,
        rows::keys_written_during_a_scan_disturb_no_other,
        rows::a_scanned_key_is_any_text,
        rows::a_page_of_large_cells_is_short,
        rows::a_scan_knows_its_table_alone,
        entries::an_absent_slot_has_no_entries,
        entries::entries_come_in_the_order_of_their_bytes,
        entries::pages_neither_skip_nor_repeat,
        entries::a_page_begins_after_an_entry_that_is_not_there,
        entries::a_limit_of_zero_gives_nothing,
        entries::noting_again_keeps_the_highest_timestamp,
        entries::concurrent_notes_all_show,
        entries::entries_noted_together_show_each_in_its_slot,
        entries::a_slot_and_an_entry_are_any_text,
        entries::dropping_a_slot_drops_what_was_noted_at_or_before,
        entries::an_entry_replayed_at_or_before_the_drop_stays_dropped,
        entries::an_entry_noted_above_the_drop_shows,
        entries::an_entry_noted_before_and_after_the_drop_stays,
        entries::a_drop_reaches_entries_that_arrive_after_it,
        entries::an_earlier_drop_changes_nothing,
        entries::a_drop_spares_the_other_slots,
        entries::an_entry_keeps_48_kib,
        entries::indexes_do_not_share_their_slots,
    ];
    let mut failures = Vec::new();
    for (sentence, check) in checks {
        if check.await.is_err() {
            failures.push(sentence);
        }
    }
    failures
}

/// A key, or a slot, that no run has used.
#[expect(clippy::disallowed_methods, reason = "a run must not meet what another one left")]
fn fresh(what: &str) -> String {
    format!("{what}-{}", Uuid::now_v7())
}

/// A time of the log; only its order matters.
const fn at(step: i64) -> Timestamp {
    Timestamp::from_micros(1_705_314_600_000_000 + step)
}

/// Texts that an engine might mistake for something else.
const TEXTS: [&str; 7] = [
    "acme/u1",
    "a/b//c/",
    "u 1'\"; --",
    "Straße-日本-🛒",
    "e\u{301}",
    "\u{e9}",
    "line\nbreak\ttab\u{0}nul",
];
