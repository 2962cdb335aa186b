//! What is counted of one product.

use cart_schemas::cart::Line;
use cart_schemas::event::{Event, Fact};
use cart_schemas::id::ProductId;
use cart_schemas::money::Amount;
use serde::{Deserialize, Serialize};

/// What became of a product in carts. Counts add up, as those of a [`Tally`](super::Tally) do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Goods {
    /// Lines of it that were added.
    pub added: u64,
    /// Lines of it that were removed, one by one.
    pub removed: u64,
    /// Lines of it in carts that were left: of the first tier.
    pub left: u64,
    /// Pieces on them.
    pub left_pieces: u64,
    /// What they cost, in the currency's minor units.
    pub left_value: Amount,
    /// Lines of it that were paid.
    pub sold: u64,
    /// Pieces on them.
    pub sold_pieces: u64,
    /// What was charged for them, in the currency's minor units.
    pub sold_value: Amount,
    /// Lines of it in carts that were told it costs less now than when it was added.
    pub cheaper: u64,
}

impl Goods {
    /// What an event counts of each product; `left` are the lines of a cart that is left with it.
    pub(super) fn of(event: &Event, left: &[Line]) -> Vec<(ProductId, Self)> {
        match &event.fact {
            Fact::ItemAdded(line) => vec![(line.item.product().clone(), Self::one_added())],
            Fact::ItemRemoved(item) => vec![(item.product().clone(), Self::one_removed())],
            Fact::CartAbandoned { tier: 1, .. } => each(left, Self::left),
            Fact::CartConverted { lines, .. } => each(lines, Self::sold),
            Fact::PriceChanged { line, news } if news.price.minor() < line.price.minor() => {
                vec![(line.item.product().clone(), Self { cheaper: 1, ..Self::default() })]
            }
            Fact::CartAbandoned { .. }
            | Fact::PriceChanged { .. }
            | Fact::ItemUpdated(_)
            | Fact::CartCleared
            | Fact::ExpiryExtended
            | Fact::CartExpired(_)
            | Fact::CartRestored(_)
            | Fact::ExpiryWarned
            | Fact::CartRecovered { .. }
            | Fact::CartMergedOut { .. }
            | Fact::CartMergedIn { .. }
            | Fact::MergeReturned { .. }
            | Fact::MergeUndone { .. }
            | Fact::CheckoutStarted { .. }
            | Fact::CheckoutReady { .. }
            | Fact::CheckoutCancelled { .. }
            | Fact::CurrencyChanged { .. }
            | Fact::ItemOutOfStock { .. }
            | Fact::ItemAvailable { .. } => Vec::new(),
        }
    }

    fn one_added() -> Self {
        Self { added: 1, ..Self::default() }
    }

    fn one_removed() -> Self {
        Self { removed: 1, ..Self::default() }
    }

    fn left(line: &Line) -> Self {
        let (left_pieces, left_value) = (line.quantity.get().into(), line.total());
        Self { left: 1, left_pieces, left_value, ..Self::default() }
    }

    fn sold(line: &Line) -> Self {
        let (sold_pieces, sold_value) = (line.quantity.get().into(), line.total());
        Self { sold: 1, sold_pieces, sold_value, ..Self::default() }
    }

    /// Adds what was counted elsewhere.
    pub fn add(&mut self, other: &Self) {
        self.added += other.added;
        self.removed += other.removed;
        self.left += other.left;
        self.left_pieces += other.left_pieces;
        self.left_value = self.left_value.plus(other.left_value);
        self.sold += other.sold;
        self.sold_pieces += other.sold_pieces;
        self.sold_value = self.sold_value.plus(other.sold_value);
        self.cheaper += other.cheaper;
    }
}

fn each(lines: &[Line], counts: impl Fn(&Line) -> Goods) -> Vec<(ProductId, Goods)> {
    lines.iter().map(|line| (line.item.product().clone(), counts(line))).collect()
}
