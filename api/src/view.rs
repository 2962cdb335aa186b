//! What a reader is shown of a cart: the source document's JSON. Asks nobody, and takes `now`.

mod cart;
mod checkout;
mod figures;
mod history;
mod level;
mod lifetime;
mod merge;
mod pass;
mod product;
mod status;
mod warning;
mod webhook;

use cart_schemas::cart::{Cart, Checkout, Lifespan, Line};
use cart_schemas::command::Offer;
use cart_schemas::id::{CartId, ItemId, UserId};
use cart_schemas::policy::Policy;
use cart_schemas::timestamp::Timestamp;
use serde::Serialize;

pub(crate) use self::cart::CartView;
pub(crate) use self::checkout::CheckoutView;
pub(crate) use self::figures::{
    AbandonmentView, BesideView, Figures, FunnelView, GoodsView, PointView,
};
pub(crate) use self::history::HistoryView;
pub(crate) use self::level::{ChangedView, DeliveryView, LevelView};
pub(crate) use self::lifetime::{ExpiryView, StateView};
pub(crate) use self::merge::{MergeView, MergedView, refusal};
pub(crate) use self::pass::{GuestView, TicketView};
pub(crate) use self::product::ProductView;
pub(crate) use self::status::{PendingView, StatusView};
pub(crate) use self::webhook::{PreferencesView, WebhookView, WebhooksView};

/// Whose cart, and what the store or a reply says of it.
pub(crate) struct Subject<'a> {
    pub(crate) user: &'a UserId,
    pub(crate) cart_id: CartId,
    pub(crate) version: u64,
    pub(crate) cart: &'a Cart,
}

/// What a cart is seen through.
pub(crate) struct Lens<'a> {
    /// What today's catalog says of a line.
    pub(crate) offer: &'a dyn Fn(&ItemId) -> Offer,
    /// What it is called in a language the reader has asked for; `None` is as it was added.
    pub(crate) called: &'a dyn Fn(&ItemId) -> Option<String>,
    pub(crate) policy: Policy,
    pub(crate) now: Timestamp,
}

/// Whether a cart can be bought from, as a reader sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Condition {
    /// Open to changes.
    Active,
    /// Somebody is paying for it.
    Locked,
    /// Past its time.
    Expired,
}

impl Condition {
    pub(crate) const ALL: [Self; 3] = [Self::Active, Self::Locked, Self::Expired];
}

impl<'a> Subject<'a> {
    /// The checkout that holds it. One whose lease has ended does not, stored or not.
    fn checkout(&self, lens: &Lens<'_>) -> Option<&'a Checkout> {
        self.cart.held_at(lens.now)
    }

    /// Whether it can be bought from.
    fn condition(&self, lens: &Lens<'_>) -> Condition {
        if self.is_expired(lens) {
            Condition::Expired
        } else if self.checkout(lens).is_some() {
            Condition::Locked
        } else {
            Condition::Active
        }
    }

    /// Whether its time has passed, stored or not.
    fn is_expired(&self, lens: &Lens<'_>) -> bool {
        self.cart.is_expired_at(lens.now)
    }

    /// The lines to show: an expired cart has none.
    fn lines(&self, lens: &Lens<'_>) -> &'a [Line] {
        if self.is_expired(lens) { &[] } else { &self.cart.lines }
    }

    /// Until when a restore brings lines back. What has expired and is not stored so yet counts from
    /// its end, or from that of the checkout that kept it from ending.
    fn restorable_until(&self, lens: &Lens<'_>) -> Option<Timestamp> {
        let unstored =
            self.cart.lifespan.filter(|_| self.is_expired(lens) && !self.cart.lines.is_empty());
        let held = self.cart.checkout.as_ref().map_or_else(Timestamp::default, |held| held.until);
        let since = unstored.map(|lifespan| lifespan.expires_at.max(held));
        let since = since.or_else(|| self.cart.restorable.as_ref().map(|taken| taken.since))?;
        let until = since.plus_seconds(lens.policy.restore_seconds);
        (until > lens.now).then_some(until)
    }

    /// Its times; a cart nobody has changed is as if made now.
    fn lifespan(&self, lens: &Lens<'_>) -> Lifespan {
        let fresh = || Lifespan {
            last_modified: lens.now,
            expires_at: lens.now.plus_seconds(lens.policy.empty_ttl_seconds),
        };
        self.cart.lifespan.unwrap_or_else(fresh)
    }
}

#[cfg(test)]
mod tests;
