//! How many there are of a sku, as a caller sees it.

use cart_schemas::stock::Level;
use serde::Serialize;
use utoipa::ToSchema;

/// How many there are of a product in one variant.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Stock)]
pub(crate) struct LevelView<'a> {
    /// The product.
    #[serde(rename = "productID")]
    #[schema(example = "prod_456")]
    product: &'a str,
    /// Its variant; null for the bare product.
    #[schema(required, example = "large-red")]
    variant: Option<&'a str>,
    #[serde(flatten)]
    count: CountView,
}

/// How many there are, whatever it is of.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Count)]
pub(crate) struct CountView {
    /// How many there are.
    on_hand: u32,
    /// How many of them checkouts hold.
    reserved: u32,
    /// How many more can be sold.
    available: u32,
    /// Raised by every change of it.
    version: u64,
}

impl CountView {
    /// Of this level.
    pub(crate) fn of(level: &Level) -> Self {
        Self {
            on_hand: level.on_hand,
            reserved: level.reserved,
            available: level.available,
            version: level.version,
        }
    }
}

impl<'a> LevelView<'a> {
    /// Of this level.
    pub(crate) fn of(level: &'a Level) -> Self {
        let item = level.sku.item();
        Self {
            product: item.product().as_str(),
            variant: item.variant().map(|variant| variant.as_str()),
            count: CountView::of(level),
        }
    }
}

/// What came of a delivery of stock.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DeliveredChanges)]
pub(crate) struct DeliveryView<'a> {
    /// The stock after each change, in their order.
    pub(crate) levels: Vec<ChangedView<'a>>,
}

/// The stock after one change of a delivery.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DeliveredStock)]
pub(crate) struct ChangedView<'a> {
    #[serde(flatten)]
    level: LevelView<'a>,
    /// Only of a change that was refused: why, as in `invalid_stock`.
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<&'static str>,
}

impl<'a> ChangedView<'a> {
    /// Of the level after it, and why that did not change.
    pub(crate) fn of(level: &'a Level, refused: Option<&'static str>) -> Self {
        Self { level: LevelView::of(level), refused }
    }
}
