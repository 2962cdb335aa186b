//! The whole cart. Key order is the source document's; what it does not have follows.

use std::borrow::Cow;

use cart_schemas::cart::{Line, LineState};
use cart_schemas::command::Offer;
use cart_schemas::id::{CartId, ItemId, ProductId, UserId};
use cart_schemas::money::{Amount, Currency, Decimal};
use cart_schemas::timestamp::{Timestamp, rfc3339};
use serde::Serialize;
use utoipa::ToSchema;

use super::warning::{WarningView, warnings};
use super::{Condition, Lens, Subject};
use crate::openapi::{money, optional_money};

/// A cart.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Cart)]
pub(crate) struct CartView<'a> {
    /// Whose it is.
    #[serde(rename = "userID")]
    #[schema(value_type = String, example = "user123")]
    user: &'a UserId,
    /// Its items in the order they were added.
    items: Vec<ItemView<'a>>,
    /// The sum of the items, with its currency's decimals.
    #[schema(schema_with = money)]
    total: Decimal,
    /// The sum of the quantities.
    item_count: u64,
    /// The last change by a person.
    #[serde(with = "rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    last_modified: Timestamp,
    /// Until when it is kept.
    #[serde(with = "rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
    /// Raised by every change; the `ETag`.
    version: u64,
    /// Whether a checkout holds it.
    locked: bool,
    /// The cart itself, whoever reads it.
    #[serde(rename = "cartID")]
    #[schema(value_type = String, format = "uuid")]
    cart_id: CartId,
    /// `active`, `locked` while somebody pays for it, or `expired`.
    #[schema(value_type = String, example = "active")]
    state: Condition,
    /// The currency of every amount; null for an empty cart.
    #[schema(value_type = Option<String>, required = true, example = "USD")]
    currency: Option<Currency>,
    /// What today's catalog says otherwise of the items. A merge's answer has what was cut in its
    /// place.
    #[serde(skip_serializing_if = "Option::is_none")]
    warnings: Option<Vec<WarningView<'a>>>,
}

/// One product in one variant.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CartItem)]
pub(crate) struct ItemView<'a> {
    /// Names the item within the cart.
    #[serde(rename = "itemID")]
    #[schema(value_type = String)]
    item: &'a ItemId,
    /// The product.
    #[serde(rename = "productID")]
    #[schema(value_type = String, example = "prod_456")]
    product: &'a ProductId,
    /// Its name when it was added; of a read, in a language of `Accept-Language` if the catalog has one.
    name: Cow<'a, str>,
    /// Its price when it was added.
    #[schema(schema_with = money)]
    price: Decimal,
    /// How many.
    quantity: u32,
    /// Its variant; empty for the bare product.
    #[schema(example = "large-red")]
    variant: &'a str,
    /// When it was added.
    #[serde(with = "rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    added_at: Timestamp,
    /// When it last changed.
    #[serde(with = "rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    last_modified: Timestamp,
    /// `added`, `updated`, `out_of_stock` while it cannot be bought, or `available` once it can be
    /// again.
    #[schema(value_type = String, example = "added")]
    state: LineState,
    /// Its price now; null when it is gone or not sold in the cart's currency.
    #[schema(schema_with = optional_money, required = true)]
    current_price: Option<Decimal>,
    /// Whether it can be bought now: it is for sale, and there are some left or reserved for this cart.
    available: bool,
}

impl<'a> CartView<'a> {
    /// The cart as `lens` shows it.
    pub(crate) fn of(subject: &Subject<'a>, lens: &Lens<'_>) -> Self {
        let cart = subject.cart;
        let is_expired = subject.is_expired(lens);
        let lifespan = subject.lifespan(lens);
        let currency = cart.currency.filter(|_| !is_expired);
        let (total, item_count) =
            if is_expired { (Amount::ZERO, 0) } else { (cart.total(), cart.item_count()) };
        let checkout = subject.checkout(lens);
        let item = |line: &'a Line| {
            let reserved = checkout.is_some_and(|checkout| checkout.sells(&line.item));
            ItemView::of((line, reserved), currency, lens)
        };
        Self {
            user: subject.user,
            items: subject.lines(lens).iter().map(item).collect(),
            total: total.decimal(currency),
            item_count,
            last_modified: lifespan.last_modified,
            expires_at: lifespan.expires_at,
            version: subject.version,
            locked: checkout.is_some(),
            cart_id: subject.cart_id,
            state: subject.condition(lens),
            currency,
            warnings: Some(warnings(subject, lens)),
        }
    }

    /// The same for an answer that has warnings of its own.
    pub(super) fn unwarned(self) -> Self {
        Self { warnings: None, ..self }
    }
}

impl<'a> ItemView<'a> {
    /// The line as `lens` shows it. What a checkout has reserved is there, however few are left.
    pub(super) fn of(
        (line, reserved): (&'a Line, bool),
        currency: Option<Currency>,
        lens: &Lens<'_>,
    ) -> Self {
        let offer = (lens.offer)(&line.item);
        let current_price = currency.and_then(|ours| Some(offer.price_in(ours)?.decimal(ours)));
        let available = match offer {
            Offer::NoProduct | Offer::NoVariant => false,
            Offer::Listed { available, stock, .. } => available && (stock > 0 || reserved),
        };
        let decimal = |currency| line.price.decimal(currency);
        Self {
            item: &line.item,
            product: line.item.product(),
            name: (lens.called)(&line.item).map_or(Cow::Borrowed(&*line.name), Cow::Owned),
            // A cart with lines has a currency.
            price: currency.map_or_else(|| Amount::ZERO.decimal(None), decimal),
            quantity: line.quantity.get(),
            variant: line.item.variant().map_or("", |variant| variant.as_str()),
            added_at: line.added_at,
            last_modified: line.last_modified,
            state: line.state,
            current_price,
            available,
        }
    }
}
