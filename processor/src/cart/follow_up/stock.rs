//! What a cart in checkout asks of its skus.
//!
//! Only the cart frees what it reserved, so it does so however it comes to know of it: when the
//! checkout ends, and when a sku grants one that had ended before.

use cart_schemas::cart::Line;
use cart_schemas::command::Command;
use cart_schemas::envelope::Envelope;
use cart_schemas::event::{Event, Fact};
use cart_schemas::id::{CheckoutId, ItemId, StockAsk};
use cart_schemas::record::{CartRecord, Position};
use cart_schemas::stock::StockCommand;

/// A command to a sku.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StockFollow {
    /// The sku.
    pub item: ItemId,
    /// Which of the cart's asks it is.
    pub kind: StockAsk,
    /// What is asked of it.
    pub command: StockCommand,
}

/// What an event asks of skus.
pub(super) fn asks_skus(
    record: &CartRecord,
    envelope: &Envelope,
    event: &Event,
) -> Vec<StockFollow> {
    match &event.fact {
        Fact::CheckoutStarted { checkout, until, lines, .. } => {
            let reserving = record.dealings.reserving(*checkout);
            let awaited = |line: &&Line| {
                reserving.is_some_and(|reserving| reserving.awaited.contains(&line.item))
            };
            let reserve = |line: &Line| StockCommand::Reserve {
                checkout: *checkout,
                cart: envelope.cart.clone(),
                quantity: line.quantity,
                until: *until,
            };
            let asked = lines.iter().filter(awaited);
            asked.map(|line| of(&line.item, StockAsk::Reserve, reserve(line))).collect()
        }
        Fact::CheckoutCancelled { checkout, lines, .. } => {
            lines.iter().map(|line| release(&line.item, StockAsk::Release, *checkout)).collect()
        }
        Fact::CartConverted { checkout, lines, .. } => {
            let commit = StockCommand::Commit { checkout: *checkout };
            lines.iter().map(|line| of(&line.item, StockAsk::Commit, commit.clone())).collect()
        }
        Fact::ItemAdded(_)
        | Fact::ItemUpdated(_)
        | Fact::ItemRemoved(_)
        | Fact::CartCleared
        | Fact::ExpiryExtended
        | Fact::CartExpired(_)
        | Fact::CartRestored(_)
        | Fact::ExpiryWarned
        | Fact::CartAbandoned { .. }
        | Fact::CartRecovered { .. }
        | Fact::CartMergedOut { .. }
        | Fact::CartMergedIn { .. }
        | Fact::MergeReturned { .. }
        | Fact::MergeUndone { .. }
        | Fact::CheckoutReady { .. }
        | Fact::CurrencyChanged { .. }
        | Fact::ItemOutOfStock { .. }
        | Fact::ItemAvailable { .. }
        | Fact::PriceChanged { .. } => Vec::new(),
    }
}

/// A sku holds something for a checkout that was not under way at this place of the log any more: it
/// is freed. What was granted to one that has ended since is known to its end, which sells it or
/// frees it. Freed here, at a replay, it would be gone before it is sold.
pub(super) fn strays(
    record: &CartRecord,
    envelope: &Envelope,
    place: Position,
) -> Option<StockFollow> {
    let Command::Reserved { checkout, item, granted: true, .. } = &envelope.command else {
        return None;
    };
    let current = record.cart.checkout.as_ref().is_some_and(|current| current.id == *checkout);
    // What the ledger does not list any more is acknowledged: the end has asked before.
    let since = record.ledger.iter().filter(|entry| entry.position >= place);
    let ended = since.flat_map(|entry| &entry.events).any(|event| ends(&event.fact, *checkout));
    (!current && !ended).then(|| release(item, StockAsk::ReleaseStray, *checkout))
}

fn ends(fact: &Fact, one: CheckoutId) -> bool {
    let (Fact::CheckoutCancelled { checkout, .. } | Fact::CartConverted { checkout, .. }) = fact
    else {
        return false;
    };
    *checkout == one
}

fn release(item: &ItemId, kind: StockAsk, checkout: CheckoutId) -> StockFollow {
    of(item, kind, StockCommand::Release { checkout })
}

fn of(item: &ItemId, kind: StockAsk, command: StockCommand) -> StockFollow {
    StockFollow { item: item.clone(), kind, command }
}
