//! The body of a change of stock and what it asks. Knows no HTTP.

use cart_schemas::id::{ItemId, ProductId, SkuKey, TenantId};
use cart_schemas::money::Decimal;
use cart_schemas::stock::{StockCommand, Units};
use serde::Deserialize;
use utoipa::ToSchema;

use super::payload::Form;
use crate::problem::{Code, Problem};

/// So many came, or went otherwise than by a sale.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct AdjustStock {
    /// How many more; fewer if negative.
    #[schema(value_type = i64, example = -3)]
    delta: Decimal,
    /// The variant; absent, null or empty for the bare product.
    #[serde(default)]
    #[schema(pattern = "^[A-Za-z0-9._:@-]{0,64}$", example = "large-red")]
    variant: Option<String>,
}

impl Form for AdjustStock {}

impl AdjustStock {
    /// What is asked.
    pub(crate) fn command(&self) -> Result<StockCommand, Problem> {
        let invalid = |expected| Problem::at(Code::InvalidStock, "/delta", &expected);
        Ok(StockCommand::Adjust { delta: delta(&self.delta).map_err(invalid)? })
    }

    /// Of which sku of `product` in the shop `tenant`.
    pub(crate) fn sku(
        &self,
        tenant: Option<&TenantId>,
        product: ProductId,
    ) -> Result<SkuKey, Problem> {
        let variant = self.variant.as_deref().filter(|variant| !variant.is_empty());
        let variant = variant.map(str::parse).transpose();
        let unknown = |error| Problem::at(Code::UnknownVariant, "/variant", &error);
        Ok(SkuKey::new(tenant.cloned(), ItemId::new(product, variant.map_err(unknown)?)))
    }
}

/// How many more, or fewer: of nothing can there come or go more than there can be.
///
/// # Errors
/// What is expected instead.
pub(super) fn delta(number: &Decimal) -> Result<i64, String> {
    let delta = number.whole().filter(|delta| delta.unsigned_abs() <= Units::MAX.into());
    delta.ok_or_else(|| format!("expected a whole number from -{0} to {0}", Units::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::strict;

    fn asked(json: &str) -> Result<(SkuKey, StockCommand), Code> {
        let form = strict::parse::<AdjustStock>(json.as_bytes());
        let asked =
            form.and_then(|form| Ok((form.sku(None, "p".parse().unwrap())?, form.command()?)));
        asked.map_err(|problem| problem.code())
    }

    fn adjusts(variant: Option<&str>, delta: i64) -> Result<(SkuKey, StockCommand), Code> {
        let variant = variant.map(|variant| variant.parse().unwrap());
        let item = ItemId::new("p".parse().unwrap(), variant);
        Ok((SkuKey::new(None, item), StockCommand::Adjust { delta }))
    }

    #[test]
    fn the_stock_of_a_variant_or_the_bare_product_is_adjusted() {
        assert_eq!(asked(r#"{"delta":5}"#), adjusts(None, 5));
        assert_eq!(asked(r#"{"delta":-5,"variant":""}"#), adjusts(None, -5));
        assert_eq!(asked(r#"{"delta":0,"variant":"red"}"#), adjusts(Some("red"), 0));
    }

    #[test]
    fn a_delta_that_cannot_be_is_invalid_and_what_is_none_is_malformed() {
        assert_eq!(asked(r#"{"delta":1.5}"#), Err(Code::InvalidStock));
        assert_eq!(asked(r#"{"delta":-1000000001}"#), Err(Code::InvalidStock));
        assert_eq!(asked(r#"{"delta":-1000000000}"#), adjusts(None, -1_000_000_000));
        assert_eq!(asked(r#"{"delta":1,"variant":"a b"}"#), Err(Code::UnknownVariant));
        for json in [r#"{"delta":"5"}"#, r#"{"delta":null}"#, "{}"] {
            assert_eq!(asked(json), Err(Code::Malformed), "{json}");
        }
    }
}
