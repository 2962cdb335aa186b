//! Parts of a cart: its state and its time.

use cart_schemas::id::CheckoutId;
use cart_schemas::timestamp::{Timestamp, rfc3339};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Condition, Lens, Subject};

/// The state of a cart and what will change it without anyone asking.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CartStatus)]
pub(crate) struct StateView {
    /// `active`, `locked` while somebody pays for it, or `expired`.
    #[schema(value_type = String, example = "active")]
    state: Condition,
    /// The cart's version.
    pub(crate) version: u64,
    /// Whether a checkout holds it.
    locked: bool,
    /// The checkout that holds it, or null.
    #[schema(value_type = Option<String>, required = true, format = "uuid")]
    locked_by: Option<CheckoutId>,
    /// Until when at the latest, or null.
    #[serde(with = "rfc3339::optional")]
    #[schema(value_type = Option<String>, required = true, format = DateTime)]
    locked_until: Option<Timestamp>,
    /// When what is due next is due.
    deadlines: Deadlines,
}

/// The times at which a cart changes by itself; null where it does not.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Deadlines {
    /// When the checkout that holds it ends, if nobody completes or cancels it before.
    #[serde(with = "rfc3339::optional")]
    #[schema(value_type = Option<String>, required = true, format = DateTime)]
    lease: Option<Timestamp>,
    /// When it expires; while a checkout holds it, not before that has ended.
    #[serde(with = "rfc3339::optional")]
    #[schema(value_type = Option<String>, required = true, format = DateTime)]
    expiry: Option<Timestamp>,
    /// Until when the items of the last expiry can be restored; null when there are none.
    #[serde(with = "rfc3339::optional")]
    #[schema(value_type = Option<String>, required = true, format = DateTime)]
    restore: Option<Timestamp>,
}

/// Until when a cart is kept.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Expiry)]
pub(crate) struct ExpiryView {
    /// The present end.
    #[serde(with = "rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
    /// Whole seconds until then; 0 when it has passed.
    seconds_left: u64,
    /// How far an extension may set it now.
    #[serde(with = "rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    max_expires_at: Timestamp,
}

impl StateView {
    /// The state as `lens` shows it.
    pub(crate) fn of(subject: &Subject<'_>, lens: &Lens<'_>) -> Self {
        let is_expired = subject.is_expired(lens);
        let lifespan = subject.cart.lifespan.filter(|_| !is_expired);
        let checkout = subject.checkout(lens);
        let lease = checkout.map(|checkout| checkout.until);
        Self {
            state: subject.condition(lens),
            version: subject.version,
            locked: checkout.is_some(),
            locked_by: checkout.map(|checkout| checkout.id),
            locked_until: lease,
            deadlines: Deadlines {
                lease,
                expiry: lifespan.map(|lifespan| lifespan.expires_at),
                restore: subject.restorable_until(lens),
            },
        }
    }
}

impl ExpiryView {
    /// The times as `lens` shows them.
    pub(crate) fn of(subject: &Subject<'_>, lens: &Lens<'_>) -> Self {
        let expires_at = subject.lifespan(lens).expires_at;
        let is_expired = subject.is_expired(lens);
        Self {
            expires_at,
            seconds_left: if is_expired { 0 } else { lens.now.seconds_until(expires_at) },
            max_expires_at: lens.now.plus_seconds(lens.policy.max_extension_seconds),
        }
    }
}
