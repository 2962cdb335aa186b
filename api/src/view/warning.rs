//! What a person should know of items before paying for them. Asks no catalog: the lens has.

use cart_schemas::cart::Line;
use cart_schemas::command::Offer;
use cart_schemas::id::ItemId;
use cart_schemas::merge::{Warning, WarningCode};
use cart_schemas::money::{Currency, Decimal};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Lens, Subject};
use crate::openapi::money;

/// An item that is not as it was put in, or that a merge has cut.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "code", rename_all = "snake_case")]
#[schema(as = CartWarning)]
pub(crate) enum WarningView<'a> {
    /// It costs something else than it was added at.
    PriceChanged {
        /// The item.
        #[serde(rename = "itemID")]
        #[schema(value_type = String)]
        item: &'a ItemId,
        /// What it was added at.
        #[schema(schema_with = money)]
        price: Decimal,
        /// What it costs now.
        #[serde(rename = "currentPrice")]
        #[schema(schema_with = money)]
        current_price: Decimal,
    },
    /// It cannot be bought now.
    OutOfStock {
        /// The item.
        #[serde(rename = "itemID")]
        #[schema(value_type = String)]
        item: &'a ItemId,
    },
    /// There are fewer than it holds.
    InsufficientStock {
        /// The item.
        #[serde(rename = "itemID")]
        #[schema(value_type = String)]
        item: &'a ItemId,
        /// How many there are.
        available: u32,
    },
    /// Of a merge: the shop allows no more of one item.
    QuantityCapped {
        /// The item.
        #[serde(rename = "itemID")]
        #[schema(value_type = String)]
        item: &'a ItemId,
        /// How many it would hold.
        requested: u32,
        /// How many it holds.
        applied: u32,
    },
    /// Of a merge: the shop allows no more items.
    LineLimit {
        /// The item, which is not there.
        #[serde(rename = "itemID")]
        #[schema(value_type = String)]
        item: &'a ItemId,
        /// How many it would hold.
        requested: u32,
        /// Always 0.
        applied: u32,
    },
}

impl<'a> WarningView<'a> {
    /// What a merge has cut.
    pub(super) fn cut(warning: &'a Warning) -> Self {
        let Warning { code, ref item, requested, applied } = *warning;
        match code {
            WarningCode::QuantityCapped => Self::QuantityCapped { item, requested, applied },
            WarningCode::LineLimit => Self::LineLimit { item, requested, applied },
        }
    }
}

/// What today's catalog says otherwise of a cart's items. While somebody pays for them they are
/// reserved, at the prices they are charged.
pub(super) fn warnings<'a>(subject: &Subject<'a>, lens: &Lens<'_>) -> Vec<WarningView<'a>> {
    let currency = subject.cart.currency.filter(|_| subject.checkout(lens).is_none());
    let Some(currency) = currency else { return Vec::new() };
    subject.lines(lens).iter().flat_map(|line| of_line(line, currency, lens)).collect()
}

fn of_line<'a>(line: &'a Line, ours: Currency, lens: &Lens<'_>) -> Vec<WarningView<'a>> {
    let item = &line.item;
    let (now, stock) = match (lens.offer)(item) {
        Offer::Listed { price, currency, available: true, stock: stock @ 1.., .. }
            if currency == ours =>
        {
            (price, stock)
        }
        Offer::Listed { .. } | Offer::NoProduct | Offer::NoVariant => {
            return vec![WarningView::OutOfStock { item }];
        }
    };
    let (price, current_price) = (line.price.decimal(ours), now.decimal(ours));
    let price =
        (now != line.price).then_some(WarningView::PriceChanged { item, price, current_price });
    let short = stock < line.quantity.get();
    let short = short.then_some(WarningView::InsufficientStock { item, available: stock });
    price.into_iter().chain(short).collect()
}
