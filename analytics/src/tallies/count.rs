//! What one event adds to the counts.

use std::collections::BTreeSet;

use cart_schemas::cart::Line;
use cart_schemas::event::{Event, Fact};
use cart_schemas::id::{CartKey, ProductId, TenantId};
use cart_schemas::money::Currency;
use cart_schemas::timestamp::Timestamp;
use serde::{Deserialize, Serialize};

use super::goods::Goods;
use super::tally::Tally;
use super::trail::Trail;

const MICROS_AN_HOUR: i64 = 3_600_000_000;
/// Hours of a day.
const HOURS_A_DAY: i64 = 24;
/// Lines of one cart that are told to be held together: what somebody looks for together is in a few, and
/// pairs grow with the square.
const TOGETHER_MAX: usize = 20;

/// An hour of UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Hour(i64);

impl Hour {
    /// The one a moment lies in.
    #[must_use]
    pub const fn of(at: Timestamp) -> Self {
        Self(at.micros().div_euclid(MICROS_AN_HOUR))
    }

    /// When it begins.
    #[must_use]
    pub const fn start(self) -> Timestamp {
        Timestamp::from_micros(self.0.saturating_mul(MICROS_AN_HOUR))
    }

    /// The first hour of its day.
    #[must_use]
    pub const fn midnight(self) -> Self {
        Self(self.day().saturating_mul(HOURS_A_DAY))
    }

    /// The same hour of the next day.
    #[must_use]
    pub const fn next_day(self) -> Self {
        Self(self.0.saturating_add(HOURS_A_DAY))
    }

    /// The day it belongs to, in days since 1970.
    #[must_use]
    pub const fn day(self) -> i64 {
        self.0.div_euclid(HOURS_A_DAY)
    }
}

/// What counts are kept apart by: by the event's own time, not by when it was read.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Scope {
    /// The shop; `None` is the default one.
    pub tenant: Option<TenantId>,
    /// The event's, or else the one the cart had last; `None` where it never had one.
    pub currency: Option<Currency>,
    /// When it happened.
    pub hour: Hour,
}

/// What an event adds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Count {
    pub(super) scope: Scope,
    pub(super) tally: Tally,
    pub(super) goods: Vec<(ProductId, Goods)>,
    /// Products that were in one cart when it was paid or left.
    pub(super) together: BTreeSet<ProductId>,
    pub(super) is_after_gap: bool,
}

impl Count {
    /// Goes on to an event of the cart at `key`; `None` if it was counted before: a processor that crashed
    /// tells its last events again.
    pub(super) fn take(trail: &mut Option<Trail>, key: &CartKey, event: &Event) -> Option<Self> {
        let met = Trail::follow(trail, event)?;
        let mut tally = Tally::of(event);
        tally.begun = u64::from(met.begins);
        if let (Fact::CartConverted { .. }, Some(seconds)) = (&event.fact, met.age) {
            tally.time(seconds);
        }
        let left = trail.as_ref().map_or(&[][..], Trail::left);
        let currency = trail.as_ref().and_then(|trail| trail.currency);
        Some(Self {
            scope: Scope { tenant: key.tenant().cloned(), currency, hour: Hour::of(event.at) },
            tally,
            goods: Goods::of(event, left),
            together: together(event, left),
            is_after_gap: met.is_after_gap,
        })
    }
}

/// The products of a cart that is paid or left, if there are several.
fn together(event: &Event, left: &[Line]) -> BTreeSet<ProductId> {
    let lines = if let Fact::CartConverted { lines, .. } = &event.fact {
        lines
    } else if let Fact::CartAbandoned { tier: 1, .. } = &event.fact {
        left
    } else {
        &[]
    };
    let lines = lines.iter().take(TOGETHER_MAX);
    let products: BTreeSet<_> = lines.map(|line| line.item.product().clone()).collect();
    if products.len() > 1 { products } else { BTreeSet::new() }
}
