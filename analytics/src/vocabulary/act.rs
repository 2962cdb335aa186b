//! What somebody did to a cart, as a difference.

use cart_schemas::cart::{Cart, Line};
use cart_schemas::event::{Event, Fact};
use cart_schemas::id::OrderId;
use cart_schemas::money::{Amount, Currency};
use cart_schemas::quantity::Quantity;

/// So many pieces of what is on a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// The line, as it is or was.
    pub line: Line,
    /// How many of it the act is about.
    pub quantity: u32,
}

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    /// Pieces were put in.
    Added,
    /// Pieces were taken out.
    Removed,
    /// Somebody wants to pay.
    CheckoutBegun,
    /// Somebody paid.
    Purchased(OrderId),
    /// Nobody came back for as long as a tier says.
    Abandoned(u8),
    /// Somebody came back after that tier.
    Recovered(u8),
}

/// Something somebody did, or nobody did for long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    /// What.
    pub deed: Deed,
    /// To what.
    pub pieces: Vec<Piece>,
    /// What that costs, as it was added or charged.
    pub value: Amount,
    /// In which currency.
    pub currency: Option<Currency>,
}

impl Act {
    /// The act an event tells of, to a cart that was `before`; `None` where nobody did anything these tools
    /// have a word for.
    #[must_use]
    pub fn of(before: &Cart, event: &Event) -> Option<Self> {
        let (deed, pieces) = match &event.fact {
            Fact::ItemAdded(line) => (Deed::Added, vec![whole(line)]),
            Fact::ItemUpdated(line) => difference(before, line)?,
            Fact::ItemRemoved(item) => (Deed::Removed, vec![whole(before.line(item)?)]),
            Fact::CartCleared => (Deed::Removed, before.lines.iter().map(whole).collect()),
            Fact::CheckoutStarted { lines, .. } => {
                (Deed::CheckoutBegun, lines.iter().map(whole).collect())
            }
            Fact::CartConverted { lines, order, .. } => {
                (Deed::Purchased(order.clone()), lines.iter().map(whole).collect())
            }
            Fact::CartAbandoned { tier, .. } => {
                let (lines, _) = before.left_behind()?;
                (Deed::Abandoned(*tier), lines.iter().map(whole).collect())
            }
            Fact::CartRecovered { tier } => {
                (Deed::Recovered(*tier), before.lines.iter().map(whole).collect())
            }
            Fact::ExpiryExtended
            | Fact::CartExpired(_)
            | Fact::CartRestored(_)
            | Fact::ExpiryWarned
            | Fact::CartMergedOut { .. }
            | Fact::CartMergedIn { .. }
            | Fact::MergeReturned { .. }
            | Fact::MergeUndone { .. }
            | Fact::CheckoutReady { .. }
            | Fact::CheckoutCancelled { .. }
            | Fact::CurrencyChanged { .. }
            | Fact::ItemOutOfStock { .. }
            | Fact::ItemAvailable { .. }
            | Fact::PriceChanged { .. } => return None,
        };
        let value = pieces.iter().map(Piece::value).fold(Amount::ZERO, Amount::plus);
        Some(Self { deed, pieces, value, currency: event.after.currency })
    }
}

impl Piece {
    /// What these pieces cost, as the line has it.
    fn value(&self) -> Amount {
        let quantity = Quantity::new(self.quantity);
        quantity.map_or(Amount::ZERO, |quantity| self.line.price.times(quantity))
    }
}

fn whole(line: &Line) -> Piece {
    Piece { line: line.clone(), quantity: line.quantity.get() }
}

/// What a new quantity puts in or takes out; `None` where it is the old one.
fn difference(before: &Cart, line: &Line) -> Option<(Deed, Vec<Piece>)> {
    let had = before.line(&line.item)?.quantity.get();
    let has = line.quantity.get();
    let piece = |quantity| vec![Piece { line: line.clone(), quantity }];
    if has > had {
        Some((Deed::Added, piece(has - had)))
    } else if has < had {
        Some((Deed::Removed, piece(had - has)))
    } else {
        None
    }
}
