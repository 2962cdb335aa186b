//! How mutants sell: what a cart asks of its skus, and what a sku decides, with one rule broken.

use cart_processor::cart::{Ask, asks};
use cart_processor::stock::{Change, Decided, decide};
use cart_schemas::envelope::Envelope;
use cart_schemas::id::StockAsk;
use cart_schemas::record::{CartRecord, Entry};
use cart_schemas::stock::{Stock, StockCommand, StockRejection};
use cart_schemas::timestamp::Timestamp;

/// The rule that is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trade {
    /// What a sku grants too late is not freed.
    StrayKept,
    /// A checkout that is over frees nothing.
    ReleaseForgotten,
    /// A paid checkout takes nothing from the stock.
    CommitForgotten,
    /// What others hold counts as there.
    HeldCountsAsFree,
    /// A sku frees what it holds by its own clock.
    LeaseFreesStock,
}

impl Trade {
    /// See [`asks()`].
    pub(super) fn asks(self, record: &CartRecord, envelope: &Envelope, entry: &Entry) -> Vec<Ask> {
        let unasked = |kind| {
            let mut all = asks(record, envelope, entry);
            all.retain(|ask| !matches!(ask, Ask::Sku(follow) if follow.kind == kind));
            all
        };
        match self {
            Self::StrayKept => unasked(StockAsk::ReleaseStray),
            Self::ReleaseForgotten => unasked(StockAsk::Release),
            Self::CommitForgotten => unasked(StockAsk::Commit),
            Self::HeldCountsAsFree | Self::LeaseFreesStock => asks(record, envelope, entry),
        }
    }

    /// See [`decide()`].
    pub(super) fn decide(
        self,
        stock: &Stock,
        command: &StockCommand,
        at: Timestamp,
    ) -> Result<Decided, StockRejection> {
        match (self, command) {
            (Self::HeldCountsAsFree, StockCommand::Reserve { .. }) => {
                let free = Stock { reservations: Vec::new(), ..stock.clone() };
                decide(&free, command, at)
            }
            (Self::LeaseFreesStock, StockCommand::Reserve { .. }) => {
                let mut lapsed = stock.clone();
                lapsed.reservations.retain(|one| one.until > at);
                decide(&lapsed, command, at)
            }
            (Self::LeaseFreesStock, StockCommand::Commit { checkout }) => {
                let place = stock.place(*checkout).ok();
                let held = place.and_then(|place| stock.reservations.get(place));
                let lapsed = held.is_some_and(|held| held.until <= at);
                let change = lapsed.then_some(Change::Freed(*checkout));
                match change {
                    Some(_) => Ok(Decided { change, follow_up: None }),
                    None => decide(stock, command, at),
                }
            }
            (_, _) => decide(stock, command, at),
        }
    }
}
