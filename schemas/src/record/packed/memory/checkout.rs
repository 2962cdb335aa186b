//! The parts of events about checkouts and products in a packed record.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Raw;
use crate::cart;
use crate::checkout::{self, CancelReason};
use crate::id::{CheckoutId, CommandId};
use crate::money::Price;
use crate::record::packed::Malformed;
use crate::record::packed::cart::{Item, Line};

/// A checkout and what it is about.
#[derive(Serialize, Deserialize)]
pub(super) struct Sale<'a> {
    checkout: Raw,
    #[serde(borrow)]
    lines: Vec<Line<'a>>,
}

impl<'a> Sale<'a> {
    pub(super) fn of(checkout: CheckoutId, lines: &'a [cart::Line]) -> Self {
        Self { checkout: checkout.command().as_uuid().into_bytes(), lines: Line::all(lines) }
    }

    pub(super) fn read(self) -> Result<(CheckoutId, Vec<cart::Line>), Malformed> {
        let command = CommandId::from_uuid(Uuid::from_bytes(self.checkout));
        Ok((CheckoutId::from_command(command), Line::read_all(self.lines)?))
    }
}

#[derive(Serialize, Deserialize)]
pub(super) enum Reason {
    Requested,
    InsufficientStock,
    LeaseEnded,
}

impl Reason {
    pub(super) const fn of(reason: CancelReason) -> Self {
        match reason {
            CancelReason::Requested => Self::Requested,
            CancelReason::InsufficientStock => Self::InsufficientStock,
            CancelReason::LeaseEnded => Self::LeaseEnded,
        }
    }

    pub(super) const fn read(self) -> CancelReason {
        match self {
            Self::Requested => CancelReason::Requested,
            Self::InsufficientStock => CancelReason::InsufficientStock,
            Self::LeaseEnded => CancelReason::LeaseEnded,
        }
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct Short<'a> {
    #[serde(borrow)]
    item: Item<'a>,
    available: u32,
}

impl<'a> Short<'a> {
    fn of(short: &'a checkout::Shortage) -> Self {
        Self { item: Item::of(&short.item), available: short.available }
    }

    fn read(self) -> Result<checkout::Shortage, Malformed> {
        Ok(checkout::Shortage { item: self.item.read()?, available: self.available })
    }

    pub(super) fn all(short: &'a [checkout::Shortage]) -> Vec<Self> {
        short.iter().map(Self::of).collect()
    }

    pub(super) fn read_all(short: Vec<Self>) -> Result<Vec<checkout::Shortage>, Malformed> {
        short.into_iter().map(Self::read).collect()
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct News {
    price: Price,
    number: u64,
}

impl News {
    pub(super) const fn of(news: cart::News) -> Self {
        Self { price: news.price, number: news.number }
    }

    pub(super) const fn read(self) -> cart::News {
        cart::News { price: self.price, number: self.number }
    }
}
