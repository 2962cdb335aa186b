//! A cart and its lines in a packed record. Texts are borrowed both ways.

use serde::{Deserialize, Serialize};

use super::Malformed;
use super::numbers::{CartStateNumber, LineStateNumber};
use super::rare::Rare;
use crate::cart::{self, CartState, LineState};
use crate::id::ItemId;
use crate::money::Price;
use crate::quantity::Quantity;
use crate::timestamp::Timestamp;

#[derive(Serialize, Deserialize)]
pub(super) struct Cart<'a> {
    #[serde(with = "CartStateNumber")]
    state: CartState,
    #[serde(borrow)]
    currency: Option<&'a str>,
    #[serde(borrow)]
    lines: Vec<Line<'a>>,
    lifespan: Option<Lifespan>,
    #[serde(borrow)]
    restorable: Option<Restorable<'a>>,
}

impl<'a> Cart<'a> {
    pub(super) fn of(cart: &'a cart::Cart) -> Self {
        Self {
            state: cart.state,
            currency: cart.currency.map(|currency| currency.code()),
            lines: Line::all(&cart.lines),
            lifespan: cart.lifespan.map(Lifespan::of),
            restorable: cart.restorable.as_ref().map(Restorable::of),
        }
    }

    /// The cart, with what else a record's rare part says of it.
    pub(super) fn read(self, rare: Rare) -> Result<cart::Cart, Malformed> {
        let Rare { abandoned, warned, checkout, told, dealings: _ } = rare;
        Ok(cart::Cart {
            state: self.state,
            currency: self.currency.map(str::parse).transpose()?,
            lines: Line::read_all(self.lines)?,
            lifespan: self.lifespan.map(Lifespan::read),
            restorable: self.restorable.map(Restorable::read).transpose()?,
            abandoned,
            warned,
            checkout,
            told,
        })
    }
}

#[derive(Serialize, Deserialize)]
struct Lifespan {
    last_modified: Timestamp,
    expires_at: Timestamp,
}

impl Lifespan {
    fn of(lifespan: cart::Lifespan) -> Self {
        let cart::Lifespan { last_modified, expires_at } = lifespan;
        Self { last_modified, expires_at }
    }

    fn read(self) -> cart::Lifespan {
        let Self { last_modified, expires_at } = self;
        cart::Lifespan { last_modified, expires_at }
    }
}

#[derive(Serialize, Deserialize)]
struct Restorable<'a> {
    since: Timestamp,
    currency: &'a str,
    #[serde(borrow)]
    lines: Vec<Line<'a>>,
}

impl<'a> Restorable<'a> {
    fn of(restorable: &'a cart::Restorable) -> Self {
        let cart::Restorable { since, currency, lines } = restorable;
        Self { since: *since, currency: currency.code(), lines: Line::all(lines) }
    }

    fn read(self) -> Result<cart::Restorable, Malformed> {
        let Self { since, currency, lines } = self;
        let (currency, lines) = (currency.parse()?, Line::read_all(lines)?);
        Ok(cart::Restorable { since, currency, lines })
    }
}

/// Product and variant, of which an item's text is made.
#[derive(Serialize, Deserialize)]
pub(super) struct Item<'a> {
    product: &'a str,
    #[serde(borrow)]
    variant: Option<&'a str>,
}

impl<'a> Item<'a> {
    pub(super) fn of(item: &'a ItemId) -> Self {
        let variant = item.variant().map(|variant| variant.as_str());
        Self { product: item.product().as_str(), variant }
    }

    pub(super) fn read(self) -> Result<ItemId, Malformed> {
        let variant = self.variant.map(str::parse).transpose()?;
        Ok(ItemId::new(self.product.parse()?, variant))
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct Line<'a> {
    #[serde(borrow)]
    item: Item<'a>,
    name: &'a str,
    price: Price,
    quantity: Quantity,
    #[serde(with = "LineStateNumber")]
    state: LineState,
    added_at: Timestamp,
    last_modified: Timestamp,
}

impl<'a> Line<'a> {
    pub(super) fn of(line: &'a cart::Line) -> Self {
        let cart::Line { price, quantity, state, added_at, last_modified, .. } = *line;
        let (item, name) = (Item::of(&line.item), line.name.as_str());
        Self { item, name, price, quantity, state, added_at, last_modified }
    }

    pub(super) fn all(lines: &'a [cart::Line]) -> Vec<Self> {
        lines.iter().map(Self::of).collect()
    }

    pub(super) fn read(self) -> Result<cart::Line, Malformed> {
        let Self { item, name, price, quantity, state, added_at, last_modified } = self;
        let (item, name) = (item.read()?, name.to_owned());
        Ok(cart::Line { item, name, price, quantity, state, added_at, last_modified })
    }

    pub(super) fn read_all(lines: Vec<Self>) -> Result<Vec<cart::Line>, Malformed> {
        lines.into_iter().map(Self::read).collect()
    }
}
