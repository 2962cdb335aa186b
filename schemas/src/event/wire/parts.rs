//! What of a fact has a field of its own in an event's JSON. Knows no JSON.

use super::Reason;
use crate::cart::{Line, News, total};
use crate::checkout::Shortage;
use crate::event::Fact;
use crate::id::{CheckoutId, ItemId, MergeId, OrderId, UserId};
use crate::merge::Warning;
use crate::money::{Amount, Currency};
use crate::timestamp::Timestamp;

/// What of a fact has a field of its own.
#[derive(Default)]
pub(super) struct Parts<'a> {
    pub(super) item: Option<&'a ItemId>,
    pub(super) line: Option<&'a Line>,
    pub(super) lines: Option<&'a [Line]>,
    pub(super) tier: Option<u8>,
    pub(super) since: Option<Timestamp>,
    pub(super) value: Option<Amount>,
    pub(super) merge: Option<MergeId>,
    pub(super) to: Option<&'a UserId>,
    pub(super) from: Option<&'a UserId>,
    pub(super) warnings: Option<&'a [Warning]>,
    pub(super) reason: Option<Reason>,
    pub(super) restorable: Option<Currency>,
    pub(super) removed: Option<&'a [ItemId]>,
    pub(super) returned: Option<&'a [Line]>,
    pub(super) checkout: Option<CheckoutId>,
    pub(super) until: Option<Timestamp>,
    pub(super) order: Option<&'a OrderId>,
    pub(super) short: Option<&'a [Shortage]>,
    pub(super) news: Option<News>,
    pub(super) before: Option<Currency>,
}

impl<'a> Parts<'a> {
    pub(super) fn of(fact: &'a Fact) -> Self {
        match fact {
            Fact::ItemAdded(line) | Fact::ItemUpdated(line) => {
                Self { item: Some(&line.item), line: Some(line), ..Self::default() }
            }
            Fact::ItemRemoved(item) => Self { item: Some(item), ..Self::default() },
            Fact::CartCleared | Fact::ExpiryExtended | Fact::ExpiryWarned => Self::default(),
            Fact::CartExpired(lines) | Fact::CartRestored(lines) => {
                Self { lines: Some(lines), ..Self::default() }
            }
            Fact::CartAbandoned { tier, since, value } => {
                let (tier, since) = (Some(*tier), Some(*since));
                Self { tier, since, value: Some(*value), ..Self::default() }
            }
            Fact::CartRecovered { tier } => Self { tier: Some(*tier), ..Self::default() },
            Fact::CartMergedOut { merge, to, lines } => {
                Self { to: Some(to), ..Self::merge(*merge, lines) }
            }
            Fact::CartMergedIn { merge, from, lines, warnings } => {
                Self { from: Some(from), warnings: Some(warnings), ..Self::merge(*merge, lines) }
            }
            Fact::MergeReturned { merge, reason, restorable, lines, warnings } => Self {
                reason: Some(Reason::Returned(*reason)),
                restorable: *restorable,
                warnings: Some(warnings),
                ..Self::merge(*merge, lines)
            },
            Fact::MergeUndone { merge, from, lines, removed, returned } => Self {
                from: Some(from),
                removed: Some(removed),
                returned: Some(returned),
                ..Self::merge(*merge, lines)
            },
            Fact::CheckoutStarted { checkout, until, lines, recovered } => {
                Self { until: Some(*until), tier: *recovered, ..Self::sale(*checkout, lines) }
            }
            Fact::CheckoutReady { checkout, until, lines } => {
                Self { until: Some(*until), ..Self::sale(*checkout, lines) }
            }
            Fact::CheckoutCancelled { checkout, reason, lines, short } => Self {
                reason: Some(Reason::Cancelled(*reason)),
                short: Some(short),
                ..Self::sale(*checkout, lines)
            },
            Fact::CartConverted { checkout, order, lines, recovered } => {
                Self { order: Some(order), tier: *recovered, ..Self::sale(*checkout, lines) }
            }
            Fact::CurrencyChanged { from, lines } => {
                Self { before: Some(*from), lines: Some(lines), ..Self::default() }
            }
            Fact::ItemOutOfStock { line, news }
            | Fact::ItemAvailable { line, news }
            | Fact::PriceChanged { line, news } => Self {
                item: Some(&line.item),
                line: Some(line),
                news: Some(*news),
                ..Self::default()
            },
        }
    }

    fn merge(merge: MergeId, lines: &'a [Line]) -> Self {
        Self { merge: Some(merge), lines: Some(lines), ..Self::default() }
    }

    fn sale(checkout: CheckoutId, lines: &'a [Line]) -> Self {
        let value = Some(total(lines));
        Self { checkout: Some(checkout), lines: Some(lines), value, ..Self::default() }
    }
}
