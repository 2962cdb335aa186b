//! Notes events in the index of histories.

use std::collections::HashMap;

use cart_schemas::cql::Index;
use cart_schemas::id::CartId;
use cart_schemas::topic::HISTORIANS;
use cart_storage::log::{Log, Record};
use cart_storage::store::{Filing, Note, Store};

use super::entry::{self, Head};
use crate::projection::{Projection, Stubborn, Waiting, follow};

/// Keeps the events of every cart, together with the other members of its group, until `stop`
/// resolves. Trouble of the log or the store is waited for; nothing is skipped meanwhile. What is kept
/// again after a crash is the same entries.
pub async fn keep<L: Log, S: Store>((log, store): (L, S), stop: impl Future<Output = ()>) {
    follow(log, || Keeper { store: Stubborn::new(store.clone()) }, stop).await;
}

struct Keeper<S> {
    store: Stubborn<S>,
}

impl<S: Store> Projection<S> for Keeper<S> {
    const NAME: &'static str = "history";
    const GROUP: &'static str = HISTORIANS;

    fn store(&self) -> &Stubborn<S> {
        &self.store
    }

    /// Those of one cart go one after the other, so that whoever finds one finds all before it; carts go
    /// together and side by side.
    async fn keep(&mut self, waiting: &Waiting) {
        let mut carts: HashMap<CartId, Vec<Filing>> = HashMap::new();
        for record in waiting.records() {
            match filings(record) {
                Some((cart, filings)) => carts.entry(cart).or_default().extend(filings),
                None => skip(record),
            }
        }
        self.store.note(Index::History, carts.into_values()).await;
    }

    /// It remembers nothing.
    fn forget(&mut self) {}
}

/// The event in a record, as entries of its cart.
fn filings(record: &Record) -> Option<(CartId, Vec<Filing>)> {
    let json = std::str::from_utf8(record.value.as_deref()?).ok()?;
    let head: Head = serde_json::from_str(json).ok()?;
    let place = head.place()?;
    let slot = entry::slot(head.cart, place.version);
    let filing = |entry| Filing { slot: slot.clone(), note: Note { entry, ts: head.at } };
    Some((head.cart, entry::entries(place, json).into_iter().map(filing).collect()))
}

/// Passes over what is no event. Anyone may write to a topic; what no processor decided has no version
/// that would be missed, and waiting for it to become one would hold up every cart of its partition.
/// An event of a later build is one: only its head is read.
fn skip(record: &Record) {
    tracing::warn!(offset = record.offset, "a record among the events is none");
    metrics::counter!("cartstream_history_skipped_total").increment(1);
}
