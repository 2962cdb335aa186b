//! An event in a packed record, without what its entry says.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Raw;
use super::checkout::{News, Reason, Sale, Short};
use super::merge::{Merge, Undone, Warning};
use crate::cart;
use crate::event::{self, Place, ReturnReason, Summary};
use crate::id::{CartId, UserId};
use crate::money::{Amount, Currency};
use crate::record::packed::Malformed;
use crate::record::packed::cart::{Item, Line};
use crate::timestamp::Timestamp;

/// Whose an event is: a life of a cart, and its user.
pub(super) type Owner = (CartId, UserId);

/// The owners of a record's events in the order of their first event; nearly always one.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Owners<'a>(#[serde(borrow)] Vec<(Raw, &'a str)>);

impl<'a> Owners<'a> {
    /// The number of an event's owner, who is listed if he was not.
    fn number(&mut self, event: &'a event::Event) -> usize {
        let owner = (event.place.cart.as_uuid().into_bytes(), event.user.as_str());
        let known = self.0.iter().position(|other| *other == owner);
        known.unwrap_or_else(|| {
            self.0.push(owner);
            self.0.len().saturating_sub(1)
        })
    }

    pub(super) fn read(self) -> Result<Vec<Owner>, Malformed> {
        let owner = |(cart, user): (Raw, &str)| {
            Ok((CartId::from_uuid(Uuid::from_bytes(cart)), user.parse()?))
        };
        self.0.into_iter().map(owner).collect()
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct Event<'a> {
    owner: usize,
    at: Timestamp,
    #[serde(borrow)]
    currency: Option<&'a str>,
    total: Amount,
    item_count: u64,
    expires_at: Timestamp,
    #[serde(borrow)]
    fact: Fact<'a>,
}

impl<'a> Event<'a> {
    pub(super) fn of(event: &'a event::Event, owners: &mut Owners<'a>) -> Self {
        let Summary { currency, total, item_count, expires_at } = event.after;
        Self {
            owner: owners.number(event),
            at: event.at,
            currency: currency.map(|currency| currency.code()),
            total,
            item_count,
            expires_at,
            fact: Fact::of(&event.fact),
        }
    }

    /// The event at this version, number and count of its entry.
    pub(super) fn read(
        self,
        owners: &[Owner],
        (version, n, of): (u64, u16, u16),
    ) -> Result<event::Event, Malformed> {
        let (cart, user) = owners.get(self.owner).ok_or(Malformed::Owner)?;
        let currency = self.currency.map(str::parse).transpose()?;
        let Self { at, total, item_count, expires_at, .. } = self;
        Ok(event::Event {
            place: Place { cart: *cart, version, n, of },
            user: user.clone(),
            at,
            after: Summary { currency, total, item_count, expires_at },
            fact: self.fact.read()?,
        })
    }
}

#[derive(Serialize, Deserialize)]
enum Fact<'a> {
    #[serde(borrow)]
    ItemAdded(Line<'a>),
    ItemUpdated(Line<'a>),
    ItemRemoved(Item<'a>),
    CartCleared,
    ExpiryExtended,
    CartExpired(Vec<Line<'a>>),
    CartRestored(Vec<Line<'a>>),
    ExpiryWarned,
    CartAbandoned {
        tier: u8,
        since: Timestamp,
        value: Amount,
    },
    CartRecovered {
        tier: u8,
    },
    CartMergedOut {
        merge: Merge,
        to: &'a str,
        lines: Vec<Line<'a>>,
    },
    CartMergedIn {
        merge: Merge,
        from: &'a str,
        lines: Vec<Line<'a>>,
        warnings: Vec<Warning<'a>>,
    },
    MergeReturned {
        merge: Merge,
        undone: bool,
        restorable: Option<&'a str>,
        lines: Vec<Line<'a>>,
        warnings: Vec<Warning<'a>>,
    },
    MergeUndone(Box<Undone<'a>>),
    CheckoutStarted(#[serde(borrow)] Sale<'a>, Timestamp, Option<u8>),
    CheckoutReady(#[serde(borrow)] Sale<'a>, Timestamp),
    CheckoutCancelled(#[serde(borrow)] Sale<'a>, Reason, #[serde(borrow)] Vec<Short<'a>>),
    CartConverted(#[serde(borrow)] Sale<'a>, &'a str, Option<u8>),
    ItemOutOfStock(Line<'a>, News),
    ItemAvailable(Line<'a>, News),
    PriceChanged(Line<'a>, News),
    CurrencyChanged(&'a str, Vec<Line<'a>>),
}

impl<'a> Fact<'a> {
    fn of(fact: &'a event::Fact) -> Self {
        match fact {
            event::Fact::ItemAdded(line) => Self::ItemAdded(Line::of(line)),
            event::Fact::ItemUpdated(line) => Self::ItemUpdated(Line::of(line)),
            event::Fact::ItemRemoved(item) => Self::ItemRemoved(Item::of(item)),
            event::Fact::CartCleared => Self::CartCleared,
            event::Fact::ExpiryExtended => Self::ExpiryExtended,
            event::Fact::CartExpired(lines) => Self::CartExpired(Line::all(lines)),
            event::Fact::CartRestored(lines) => Self::CartRestored(Line::all(lines)),
            event::Fact::ExpiryWarned => Self::ExpiryWarned,
            event::Fact::CartAbandoned { tier, since, value } => {
                Self::CartAbandoned { tier: *tier, since: *since, value: *value }
            }
            event::Fact::CartRecovered { tier } => Self::CartRecovered { tier: *tier },
            event::Fact::CartMergedOut { merge, to, lines } => Self::CartMergedOut {
                merge: Merge::of(*merge),
                to: to.as_str(),
                lines: Line::all(lines),
            },
            event::Fact::CartMergedIn { merge, from, lines, warnings } => {
                let (merge, from) = (Merge::of(*merge), from.as_str());
                let (lines, warnings) = (Line::all(lines), Warning::all(warnings));
                Self::CartMergedIn { merge, from, lines, warnings }
            }
            event::Fact::MergeReturned { merge, reason, restorable, lines, warnings } => {
                let (merge, undone) = (Merge::of(*merge), *reason == ReturnReason::Undone);
                let restorable = restorable.as_ref().map(|currency| currency.code());
                let (lines, warnings) = (Line::all(lines), Warning::all(warnings));
                Self::MergeReturned { merge, undone, restorable, lines, warnings }
            }
            event::Fact::MergeUndone { merge, from, lines, removed, returned } => {
                let (from, removed) = (from.as_str(), removed.iter().map(Item::of).collect());
                let (lines, returned) = (Line::all(lines), Line::all(returned));
                let merge = Merge::of(*merge);
                Self::MergeUndone(Box::new(Undone { merge, from, lines, removed, returned }))
            }
            event::Fact::CheckoutStarted { checkout, until, lines, recovered } => {
                Self::CheckoutStarted(Sale::of(*checkout, lines), *until, *recovered)
            }
            event::Fact::CheckoutReady { checkout, until, lines } => {
                Self::CheckoutReady(Sale::of(*checkout, lines), *until)
            }
            event::Fact::CheckoutCancelled { checkout, reason, lines, short } => {
                let (sale, short) = (Sale::of(*checkout, lines), Short::all(short));
                Self::CheckoutCancelled(sale, Reason::of(*reason), short)
            }
            event::Fact::CartConverted { checkout, order, lines, recovered } => {
                Self::CartConverted(Sale::of(*checkout, lines), order.as_str(), *recovered)
            }
            event::Fact::ItemOutOfStock { line, news } => {
                Self::ItemOutOfStock(Line::of(line), News::of(*news))
            }
            event::Fact::ItemAvailable { line, news } => {
                Self::ItemAvailable(Line::of(line), News::of(*news))
            }
            event::Fact::PriceChanged { line, news } => {
                Self::PriceChanged(Line::of(line), News::of(*news))
            }
            event::Fact::CurrencyChanged { from, lines } => Self::repriced(*from, lines),
        }
    }

    fn repriced(from: Currency, lines: &'a [cart::Line]) -> Self {
        Self::CurrencyChanged(from.code(), Line::all(lines))
    }

    fn read(self) -> Result<event::Fact, Malformed> {
        Ok(match self {
            Self::ItemAdded(line) => event::Fact::ItemAdded(line.read()?),
            Self::ItemUpdated(line) => event::Fact::ItemUpdated(line.read()?),
            Self::ItemRemoved(item) => event::Fact::ItemRemoved(item.read()?),
            Self::CartCleared => event::Fact::CartCleared,
            Self::ExpiryExtended => event::Fact::ExpiryExtended,
            Self::CartExpired(lines) => event::Fact::CartExpired(Line::read_all(lines)?),
            Self::CartRestored(lines) => event::Fact::CartRestored(Line::read_all(lines)?),
            Self::ExpiryWarned => event::Fact::ExpiryWarned,
            Self::CartAbandoned { tier, since, value } => {
                event::Fact::CartAbandoned { tier, since, value }
            }
            Self::CartRecovered { tier } => event::Fact::CartRecovered { tier },
            Self::CartMergedOut { merge, to, lines } => event::Fact::CartMergedOut {
                merge: merge.read(),
                to: to.parse()?,
                lines: Line::read_all(lines)?,
            },
            Self::CartMergedIn { merge, from, lines, warnings } => event::Fact::CartMergedIn {
                merge: merge.read(),
                from: from.parse()?,
                lines: Line::read_all(lines)?,
                warnings: Warning::read_all(warnings)?,
            },
            Self::MergeReturned { merge, undone, restorable, lines, warnings } => {
                let reason = if undone { ReturnReason::Undone } else { ReturnReason::Refused };
                let (merge, restorable) = (merge.read(), restorable.map(str::parse).transpose()?);
                let (lines, warnings) = (Line::read_all(lines)?, Warning::read_all(warnings)?);
                event::Fact::MergeReturned { merge, reason, restorable, lines, warnings }
            }
            Self::MergeUndone(undone) => undone.read()?,
            Self::CheckoutStarted(sale, until, recovered) => {
                let (checkout, lines) = sale.read()?;
                event::Fact::CheckoutStarted { checkout, until, lines, recovered }
            }
            Self::CheckoutReady(sale, until) => {
                let (checkout, lines) = sale.read()?;
                event::Fact::CheckoutReady { checkout, until, lines }
            }
            Self::CheckoutCancelled(sale, reason, short) => {
                let ((checkout, lines), short) = (sale.read()?, Short::read_all(short)?);
                let reason = reason.read();
                event::Fact::CheckoutCancelled { checkout, reason, lines, short }
            }
            Self::CartConverted(sale, order, recovered) => {
                let ((checkout, lines), order) = (sale.read()?, order.parse()?);
                event::Fact::CartConverted { checkout, order, lines, recovered }
            }
            Self::ItemOutOfStock(line, news) => {
                event::Fact::ItemOutOfStock { line: line.read()?, news: news.read() }
            }
            Self::ItemAvailable(line, news) => {
                event::Fact::ItemAvailable { line: line.read()?, news: news.read() }
            }
            Self::PriceChanged(line, news) => {
                event::Fact::PriceChanged { line: line.read()?, news: news.read() }
            }
            Self::CurrencyChanged(from, lines) => read_repriced(from, lines)?,
        })
    }
}

fn read_repriced(from: &str, lines: Vec<Line<'_>>) -> Result<event::Fact, Malformed> {
    let (from, lines) = (from.parse()?, Line::read_all(lines)?);
    Ok(event::Fact::CurrencyChanged { from, lines })
}
