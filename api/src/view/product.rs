//! A product as the catalog has it, with how many are left: what was put, and beside it what the skus'
//! writers say.

use std::collections::BTreeMap;

use cart_schemas::id::{ItemId, VariantId};
use cart_schemas::money::{Currency, Decimal};
use cart_schemas::prices::{Language, NamesWire, PricesWire};
use cart_schemas::product::{Product, Variant};
use cart_schemas::stock::Level;
use serde::Serialize;
use utoipa::ToSchema;

use super::level::CountView;
use crate::openapi::{money, names, prices};

/// A product and how many are left.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ListedProduct)]
pub(crate) struct ProductView<'a> {
    /// The bare product.
    #[serde(flatten)]
    bare: SkuView<'a>,
    /// Its variants, each with its own price and stock.
    variants: Vec<SkuView<'a>>,
    /// Whether it is for sale.
    available: bool,
    /// The currency of its prices.
    #[schema(value_type = String, example = "USD")]
    currency: Currency,
    /// What it is called in other languages, by their tags.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(schema_with = names, required = false)]
    names: NamesWire,
}

/// What is sold under one id, of the catalog or of a product's variants.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ListedSku)]
pub(crate) struct SkuView<'a> {
    /// Its id.
    #[schema(example = "prod_456")]
    id: &'a str,
    /// Its name.
    #[schema(example = "T-Shirt")]
    name: &'a str,
    /// Its price.
    #[schema(schema_with = money)]
    price: Decimal,
    /// How many the last PUT said there are.
    stock: u32,
    /// How many there are now; null until they have been counted once, a moment after the first PUT.
    #[schema(required)]
    level: Option<CountView>,
    /// What it costs in other currencies, by their codes.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(schema_with = prices, required = false)]
    prices: PricesWire,
}

impl<'a> ProductView<'a> {
    /// Of this product, whose skus stand as `level` says, for a reader of these languages.
    pub(crate) fn of<L: AsRef<Level>>(
        product: &'a Product,
        languages: &[Language],
        level: impl Fn(&ItemId) -> Option<L>,
    ) -> Self {
        let Product { id, name, currency, price, stock, variants, available, prices, names } =
            product;
        let name = names.for_reader(languages).map_or(&**name, |(_, name)| name);
        let count = |variant: Option<&VariantId>| {
            let item = ItemId::new(id.clone(), variant.cloned());
            level(&item).map(|level| CountView::of(level.as_ref()))
        };
        let variant = |Variant { id, name, price, stock, prices }: &'a Variant| SkuView {
            id: id.as_str(),
            name,
            price: price.decimal(*currency),
            stock: *stock,
            level: count(Some(id)),
            prices: prices.wire(),
        };
        let bare = SkuView {
            id: id.as_str(),
            name,
            price: price.decimal(*currency),
            stock: *stock,
            level: count(None),
            prices: prices.wire(),
        };
        let variants = variants.iter().map(variant).collect();
        let names = names.wire();
        Self { bare, variants, available: *available, currency: *currency, names }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_not_been_counted_says_so_variant_by_variant() {
        let shirt = Product::decode(
            br#"{"id":"p","name":"Shirt","price":29.90,"stock":3,"variants":[{"id":"v","name":"V","price":30.00,"stock":2}],"available":true,"currency":"USD"}"#,
        );
        let counted = |item: &ItemId| {
            let json = r#"{"sku":"SKU","available":1,"onHand":2,"reserved":1,"version":4,"ts":7}"#;
            let json = json.replace("SKU", &item.to_string());
            let level = Level::decode(json.as_bytes()).unwrap();
            item.variant().map(|_| Box::new(level))
        };

        let view = serde_json::to_string(&ProductView::of(&shirt.unwrap(), &[], counted)).unwrap();

        assert_eq!(
            view,
            r#"{"id":"p","name":"Shirt","price":29.90,"stock":3,"level":null,"variants":[{"id":"v","name":"V","price":30.00,"stock":2,"level":{"onHand":2,"reserved":1,"available":1,"version":4}}],"available":true,"currency":"USD"}"#
        );
    }
}
