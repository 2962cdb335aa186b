//! A checkout: while it is under way from the cart, afterwards from what the cart remembers of it.

use cart_schemas::cart::{Cart, Checkout, Line, total};
use cart_schemas::dealings::{Dealings, Ended, Ending};
use cart_schemas::id::{CheckoutId, OrderId};
use cart_schemas::money::{Currency, Decimal};
use cart_schemas::timestamp::{Timestamp, rfc3339};
use serde::Serialize;
use utoipa::ToSchema;

use super::Lens;
use super::cart::ItemView;
use crate::openapi::optional_money;

/// A checkout of a cart.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Checkout)]
pub(crate) struct CheckoutView<'a> {
    /// Names it.
    #[serde(rename = "checkoutID")]
    #[schema(value_type = String, format = "uuid")]
    checkout: CheckoutId,
    /// What is sold, at the prices charged; null once that is forgotten.
    #[schema(required = true)]
    lines: Option<Vec<ItemView<'a>>>,
    /// What is to be paid; null once that is forgotten.
    #[schema(schema_with = optional_money, required = true)]
    total: Option<Decimal>,
    /// The currency of every amount; null once that is forgotten.
    #[schema(value_type = Option<String>, required = true, example = "USD")]
    currency: Option<Currency>,
    /// Until when it holds what is sold, or would have.
    #[serde(with = "rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
    /// How far it is.
    state: CheckoutState,
    /// The cart's version; the `ETag`.
    version: u64,
    /// The order it was completed with; null before and otherwise.
    #[serde(rename = "orderID")]
    #[schema(value_type = Option<String>, required = true)]
    order: Option<&'a OrderId>,
}

/// How far a checkout is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CheckoutState {
    /// The stock is being reserved.
    Reserving,
    /// It can be paid and completed.
    Ready,
    /// It is sold.
    Completed,
    /// Somebody cancelled it.
    Cancelled,
    /// Not everything could be reserved.
    Refused,
    /// Nobody completed it in time.
    Expired,
}

impl<'a> CheckoutView<'a> {
    /// A cart's checkout under way; `None` if it has another one, or none.
    pub(crate) fn under_way(
        (cart, version): (&'a Cart, u64),
        checkout: CheckoutId,
        lens: &Lens<'_>,
    ) -> Option<Self> {
        let current = cart.checkout.as_ref().filter(|current| current.id == checkout)?;
        let state = match current {
            Checkout { until, .. } if *until <= lens.now => CheckoutState::Expired,
            Checkout { ready: true, .. } => CheckoutState::Ready,
            Checkout { ready: false, .. } => CheckoutState::Reserving,
        };
        let sale = cart.currency.map(|currency| (currency, &current.lines[..]));
        Some(Self { version, ..Self::of((checkout, current.until, state), sale, lens) })
    }

    /// One that has ended, as the cart remembers it; `None` if it does not.
    pub(crate) fn ended(
        (dealings, version): (&'a Dealings, u64),
        checkout: CheckoutId,
        lens: &Lens<'_>,
    ) -> Option<Self> {
        let Ended { until, ending, sale, .. } = dealings.ended(checkout)?;
        let (state, order) = match ending {
            Ending::Converted(order) => (CheckoutState::Completed, Some(order)),
            Ending::Cancelled => (CheckoutState::Cancelled, None),
            Ending::Refused(_) => (CheckoutState::Refused, None),
            Ending::Lapsed => (CheckoutState::Expired, None),
        };
        let sale = sale.as_ref().map(|sale| (sale.currency, &sale.lines[..]));
        Some(Self { version, order, ..Self::of((checkout, *until, state), sale, lens) })
    }

    fn of(
        (checkout, expires_at, state): (CheckoutId, Timestamp, CheckoutState),
        sale: Option<(Currency, &'a [Line])>,
        lens: &Lens<'_>,
    ) -> Self {
        let reserved = matches!(state, CheckoutState::Reserving | CheckoutState::Ready);
        let item = |line, currency| ItemView::of((line, reserved), Some(currency), lens);
        Self {
            checkout,
            lines: sale
                .map(|(currency, lines)| lines.iter().map(|line| item(line, currency)).collect()),
            total: sale.map(|(currency, lines)| total(lines).decimal(Some(currency))),
            currency: sale.map(|(currency, _)| currency),
            expires_at,
            state,
            version: 0,
            order: None,
        }
    }

    /// The cart's version.
    pub(crate) const fn version(&self) -> u64 {
        self.version
    }

    /// Whether asking again will tell more.
    pub(crate) const fn is_pending(&self) -> bool {
        matches!(self.state, CheckoutState::Reserving)
    }
}
