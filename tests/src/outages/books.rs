//! The carts in the end against the books of those who filled them.

use std::collections::BTreeMap;

use anyhow::Result;
use cart_storage::log::Log;
use cart_storage::store::Store;

use crate::support::customer::Customer;
use crate::support::history::{self, History};

/// By how much carts and books differ.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Books {
    /// Commands carried out, as the customers know.
    pub(super) applied: u64,
    /// Commands whose outcome nobody told in time.
    pub(super) unknown: u64,
    /// Pieces that were acknowledged and are not there.
    pub(super) lost: u64,
    /// Pieces that are there and were not acknowledged.
    pub(super) doubled: u64,
}

/// Folds every event, compares each cart's fold with its row, and both with the customer's book.
///
/// # Errors
/// The stream has a gap or two contents, or a row is not the fold of its events.
pub(super) async fn compare<L: Log, S: Store>(
    log: &L,
    store: &S,
    customers: &[Customer],
) -> Result<Books> {
    let told = history::told(log).await?;
    history::compare(store, &told).await?;
    let mut books = Books::default();
    for customer in customers {
        books.applied += customer.applied;
        books.unknown += customer.unknown;
        // Who does not know what became of a command cannot say what must be there.
        if customer.unknown == 0 {
            books.add(&customer.lines, &lines(told.get(customer.user())));
        }
    }
    Ok(books)
}

fn lines(history: Option<&History>) -> BTreeMap<String, u64> {
    let lines = history.into_iter().flat_map(|history| &history.told.cart().lines);
    lines.map(|line| (line.item.product().to_string(), u64::from(line.quantity.get()))).collect()
}

impl Books {
    fn add(&mut self, booked: &BTreeMap<String, u64>, present: &BTreeMap<String, u64>) {
        let pieces = |of: &BTreeMap<String, u64>, product: &str| {
            of.get(product).copied().unwrap_or_default()
        };
        for (product, booked) in booked {
            self.lost += booked.saturating_sub(pieces(present, product));
        }
        for (product, present) in present {
            self.doubled += present.saturating_sub(pieces(booked, product));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cart(lines: &[(&str, u64)]) -> BTreeMap<String, u64> {
        lines.iter().map(|(product, pieces)| ((*product).to_owned(), *pieces)).collect()
    }

    #[test]
    fn what_is_missing_is_lost_and_what_nobody_booked_is_doubled() {
        let mut books = Books::default();

        books.add(&cart(&[("a", 3), ("b", 1)]), &cart(&[("a", 5)]));
        books.add(&cart(&[("a", 2)]), &cart(&[("a", 2), ("c", 4)]));

        assert_eq!((books.lost, books.doubled), (1, 6));
    }
}
