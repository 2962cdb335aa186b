//! Which entries are noted with one request, and which wait for others. Pure.

use cart_storage::store::{FILING_BYTES, FILING_SLOTS, Filing};

/// Entries that are noted with one request.
pub(super) type Batch = Vec<Filing>;

/// Requests that may be under way at once: no cart is in two of them.
pub(super) type Round = Vec<Batch>;

/// The entries of some carts, or of whatever else has an order, each one's in theirs, as rounds: one round
/// after the other keeps that order.
pub(super) fn rounds(carts: impl IntoIterator<Item = Vec<Filing>>) -> Vec<Round> {
    let mut rounds: Vec<Vec<Batch>> = Vec::new();
    for cart in carts {
        for (number, run) in runs(cart).into_iter().enumerate() {
            match rounds.get_mut(number) {
                Some(round) => round.push(run),
                None => rounds.push(vec![run]),
            }
        }
    }
    rounds.into_iter().map(batches).collect()
}

/// A cart's entries in pieces of one slot that fit a request; an entry too long for that goes alone.
fn runs(cart: Vec<Filing>) -> Vec<Batch> {
    let mut runs: Vec<Batch> = Vec::new();
    for filing in cart {
        match runs.last_mut() {
            Some(run) if goes_with(run, &filing) => run.push(filing),
            Some(_) | None => runs.push(vec![filing]),
        }
    }
    runs
}

fn goes_with(run: &[Filing], filing: &Filing) -> bool {
    let same_slot = run.first().is_some_and(|first| first.slot == filing.slot);
    same_slot && bytes(run) + bytes(std::slice::from_ref(filing)) <= FILING_BYTES
}

/// Puts pieces of different carts together.
fn batches(runs: Vec<Batch>) -> Round {
    let mut round = Round::new();
    let (mut carts, mut filled) = (FILING_SLOTS, 0);
    for run in runs {
        let more = bytes(&run);
        match round.last_mut() {
            Some(batch) if carts < FILING_SLOTS && filled + more <= FILING_BYTES => {
                batch.extend(run);
                (carts, filled) = (carts + 1, filled + more);
            }
            Some(_) | None => {
                round.push(run);
                (carts, filled) = (1, more);
            }
        }
    }
    round
}

fn bytes(filings: &[Filing]) -> usize {
    filings.iter().map(|filing| filing.slot.len() + filing.note.entry.len()).sum()
}

#[cfg(test)]
mod tests {
    use cart_schemas::timestamp::Timestamp;
    use cart_storage::store::Note;
    use proptest::prelude::*;

    use super::*;

    /// The `n`-th entry of a cart, so many bytes long, four to a slot.
    fn filing(cart: usize, n: usize, bytes: usize) -> Filing {
        let entry = format!("{n:03}{}", "x".repeat(bytes));
        let note = Note { entry, ts: Timestamp::from_millis(1) };
        Filing { slot: format!("{cart}/{}", n / 4), note }
    }

    fn cart(number: usize, sizes: &[usize]) -> Vec<Filing> {
        sizes.iter().enumerate().map(|(n, bytes)| filing(number, n, *bytes)).collect()
    }

    fn cart_of(filing: &Filing) -> &str {
        filing.slot.split('/').next().unwrap()
    }

    #[test]
    fn small_entries_of_several_carts_are_one_request() {
        let rounds = rounds((0..4).map(|number| cart(number, &[100, 100])));

        let sizes: Vec<Vec<_>> =
            rounds.iter().map(|round| round.iter().map(Vec::len).collect()).collect();
        assert_eq!(sizes, [[8]]);
    }

    #[test]
    fn an_entry_that_fills_a_request_goes_alone() {
        let rounds = rounds([cart(0, &[5_000]), cart(1, &[10])]);

        assert_eq!(rounds.iter().flatten().map(Vec::len).collect::<Vec<_>>(), [1, 1]);
    }

    proptest! {
        #[test]
        fn every_entry_is_noted_once_in_its_carts_order_and_no_request_is_too_large(
            sizes in prop::collection::vec(prop::collection::vec(0_usize..5_000, 0..9), 0..30),
        ) {
            let carts: Vec<_> =
                sizes.iter().enumerate().map(|(number, sizes)| cart(number, sizes)).collect();

            let rounds = rounds(carts.clone());

            let noted: Vec<_> = rounds.iter().flatten().flatten().collect();
            for cart in &carts {
                let its = |filing: &&&Filing| {
                    cart.first().is_some_and(|first| cart_of(first) == cart_of(filing))
                };
                prop_assert!(noted.iter().filter(its).copied().eq(cart));
            }
            for round in &rounds {
                let of = |batch: &Batch| {
                    let mut carts: Vec<_> = batch.iter().map(|one| cart_of(one).to_owned()).collect();
                    carts.dedup();
                    carts
                };
                let mut carts: Vec<_> = round.iter().flat_map(of).collect();
                let all = carts.len();
                carts.sort();
                carts.dedup();
                prop_assert_eq!(carts.len(), all, "a cart is in one request of a round");
                for batch in round {
                    let mut slots: Vec<_> = batch.iter().map(|filing| &filing.slot).collect();
                    slots.dedup();
                    prop_assert!(slots.len() == of(batch).len() && slots.len() <= FILING_SLOTS);
                    prop_assert!(batch.len() == 1 || bytes(batch) <= FILING_BYTES);
                }
            }
        }
    }
}
