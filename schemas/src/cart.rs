//! A cart and its lines, as the log's fold leaves them. Knows no prices of today and no clock.

use serde::{Deserialize, Serialize};

use crate::id::{CheckoutId, ItemId};
use crate::money::{Amount, Currency, Price};
use crate::quantity::Quantity;
use crate::timestamp::Timestamp;

/// Whether a cart can be bought from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CartState {
    /// Open to changes.
    #[default]
    Active,
    /// Past its time: its lines are in [`Cart::restorable`], the next add opens it again.
    Expired,
}

/// How a line came to be as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineState {
    /// As first added.
    Added,
    /// Its quantity changed since.
    Updated,
    /// It cannot be bought now.
    OutOfStock,
    /// It could not be bought for a while.
    Available,
}

/// One product in one variant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Product and variant; no two lines of a cart share it.
    pub item: ItemId,
    /// The product's name when it was added.
    pub name: String,
    /// The price when it was added; later adds keep it.
    pub price: Price,
    /// How many.
    pub quantity: Quantity,
    /// How the line came to be as it is.
    pub state: LineState,
    /// When the line was added.
    pub added_at: Timestamp,
    /// When it last changed.
    pub last_modified: Timestamp,
}

impl Line {
    /// Price times quantity, exactly.
    #[must_use]
    pub fn total(&self) -> Amount {
        self.price.times(self.quantity)
    }
}

/// What these lines cost, exactly.
#[must_use]
pub fn total(lines: &[Line]) -> Amount {
    lines.iter().map(Line::total).fold(Amount::ZERO, Amount::plus)
}

/// When a person last changed a cart, and until when it is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lifespan {
    /// The last change by a person.
    pub last_modified: Timestamp,
    /// From this time on the cart is expired.
    pub expires_at: Timestamp,
}

/// The lines of an expired cart, kept for a restore.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restorable {
    /// When the cart expired.
    pub since: Timestamp,
    /// The currency of the lines.
    pub currency: Currency,
    /// The lines as they were; never empty.
    pub lines: Vec<Line>,
}

/// That nobody has touched a cart with lines for so long that it was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Abandonment {
    /// The highest tier that was told, from 1.
    pub tier: u8,
    /// Since when nobody has touched it.
    pub since: Timestamp,
}

/// A cart somebody is paying for: nobody changes it meanwhile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkout {
    /// The checkout.
    pub id: CheckoutId,
    /// When its lease ends: what it holds is free again then.
    pub until: Timestamp,
    /// Whether all of it is reserved, so that it can be paid.
    pub ready: bool,
    /// What is sold, as it is charged; never empty. Lines that come back from another cart meanwhile
    /// are in the cart and not here.
    pub lines: Vec<Line>,
    /// The tier of abandonment it brought somebody back from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recovered: Option<u8>,
}

impl Checkout {
    /// Whether it is about this line.
    #[must_use]
    pub fn sells(&self, item: &ItemId) -> bool {
        self.lines.iter().any(|line| line.item == *item)
    }

    /// What is to be paid, exactly.
    #[must_use]
    pub fn total(&self) -> Amount {
        total(&self.lines)
    }
}

/// What a cart was last told of a product it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct News {
    /// What one costs now, in the cart's currency.
    pub price: Price,
    /// Later news of a product have a higher number.
    pub number: u64,
}

/// [`News`] of a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// The line.
    pub item: ItemId,
    /// What of it.
    pub news: News,
}

/// A cart. [`Cart::default`] is the cart of a user nobody has seen.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Cart {
    /// Whether it can be bought from.
    pub state: CartState,
    /// The currency of the lines; `None` exactly when there are none.
    pub currency: Option<Currency>,
    /// The lines in the order they were added.
    pub lines: Vec<Line>,
    /// `None` until the first change.
    pub lifespan: Option<Lifespan>,
    /// What an expiry took out and a restore would bring back.
    pub restorable: Option<Restorable>,
    /// Whether it counts as abandoned; over with the next change by a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub abandoned: Option<Abandonment>,
    /// Whether its end was announced; over with the next change by a person.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub warned: bool,
    /// The checkout it is locked for; only an active cart has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkout: Option<Checkout>,
    /// What it was told of products it holds; most carts were told nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub told: Vec<Told>,
}

impl Cart {
    /// The line of `item`.
    #[must_use]
    pub fn line(&self, item: &ItemId) -> Option<&Line> {
        self.lines.iter().find(|line| line.item == *item)
    }

    /// The sum of the lines, exactly.
    #[must_use]
    pub fn total(&self) -> Amount {
        total(&self.lines)
    }

    /// What lies there since a person last touched the cart, and its currency: its lines, or those its end
    /// has taken out since.
    #[must_use]
    pub fn left_behind(&self) -> Option<(&[Line], Currency)> {
        let since = self.lifespan?.last_modified;
        match self.state {
            CartState::Active => Some((&self.lines, self.currency?)),
            CartState::Expired => {
                let taken = self.restorable.as_ref().filter(|taken| taken.since >= since)?;
                Some((&taken.lines, taken.currency))
            }
        }
    }

    /// What it was last told of the product on a line.
    #[must_use]
    pub fn news(&self, item: &ItemId) -> Option<News> {
        self.told.iter().find(|told| told.item == *item).map(|told| told.news)
    }

    /// The sum of the quantities.
    #[must_use]
    pub fn item_count(&self) -> u64 {
        let quantities = self.lines.iter().map(|line| u64::from(line.quantity.get()));
        quantities.sum()
    }

    /// The checkout that holds it at `now`, until when its lease ends, whether or not that is stored
    /// yet.
    #[must_use]
    pub fn held_at(&self, now: Timestamp) -> Option<&Checkout> {
        self.checkout.as_ref().filter(|checkout| checkout.until > now)
    }

    /// Whether its time has passed at `now`, whether or not the expiry is stored yet. While somebody
    /// pays for it, it does not.
    #[must_use]
    pub fn is_expired_at(&self, now: Timestamp) -> bool {
        let past = |lifespan: Lifespan| lifespan.expires_at <= now;
        let passed = self.held_at(now).is_none() && self.lifespan.is_some_and(past);
        self.state == CartState::Expired || passed
    }
}
