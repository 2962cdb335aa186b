//! The body of a delivery of stock: what an inventory service counted. Knows no HTTP and no signature.

use cart_schemas::id::{ItemId, ProductId, SkuKey, TenantId};
use cart_schemas::money::Decimal;
use cart_schemas::stock::{StockCommand, Units};
use serde::Deserialize;
use utoipa::ToSchema;

use super::stock::delta;
use super::strict;
use crate::problem::{Code, FieldError, Problem};

/// The most changes of one delivery: each is a command, and the sender waits for all of them.
pub(crate) const CHANGES_MAX: usize = 100;

/// What changed in the inventory.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct StockDelivery {
    /// One to a hundred of them; two of one product and variant are carried out in their order.
    #[schema(min_items = 1, max_items = 100)]
    changes: Vec<StockChange>,
}

/// The stock of one product in one variant: how many more, or how many.
#[derive(Debug, Deserialize, ToSchema)]
struct StockChange {
    /// The product.
    #[serde(rename = "productID")]
    #[schema(pattern = "^[A-Za-z0-9._:@-]{1,64}$", example = "prod_456")]
    product: String,
    /// Its variant; absent, null or empty for the bare product.
    #[serde(default)]
    #[schema(pattern = "^[A-Za-z0-9._:@-]{0,64}$", example = "large-red")]
    variant: Option<String>,
    /// How many more; fewer if negative. Either this or `stock`.
    #[serde(default)]
    #[schema(value_type = Option<i64>, example = -3)]
    delta: Option<Decimal>,
    /// How many there are; ignored if that is what was said the last time.
    #[serde(default)]
    #[schema(value_type = Option<u32>, maximum = 1_000_000_000)]
    stock: Option<Decimal>,
}

/// A change that can be asked for.
pub(crate) type Changed = (SkuKey, StockCommand);

impl StockDelivery {
    /// Reads a body whose sender is known by then.
    pub(crate) fn read(body: &[u8]) -> Result<Self, Problem> {
        strict::parse(body)
    }

    /// What is asked of the shop `tenant`, in order; or everything that is wrong, and nothing is asked.
    /// `is_listed` says whether the catalog has a sku.
    pub(crate) fn changes(
        &self,
        tenant: Option<&TenantId>,
        is_listed: impl Fn(&SkuKey) -> bool,
    ) -> Result<Vec<Changed>, Problem> {
        if !(1..=CHANGES_MAX).contains(&self.changes.len()) {
            let expected = format!("expected 1 to {CHANGES_MAX} changes");
            return Err(Problem::at(Code::InvalidStock, "/changes", &expected));
        }
        let (mut changes, mut errors) = (Vec::new(), Vec::new());
        for (number, change) in self.changes.iter().enumerate() {
            match change.asked(tenant, &is_listed) {
                Ok(asked) => changes.push(asked),
                Err((field, detail)) => {
                    let pointer = format!("/changes/{number}/{field}").into();
                    errors.push(FieldError { pointer, detail });
                }
            }
        }
        if errors.is_empty() {
            return Ok(changes);
        }
        let detail = "some changes cannot be asked for; none was";
        Err(Problem::new(Code::InvalidStock, detail).with_errors(errors))
    }
}

/// The field that is wrong, and what is expected there.
type Fault = (&'static str, String);

impl StockChange {
    fn asked(
        &self,
        tenant: Option<&TenantId>,
        is_listed: impl Fn(&SkuKey) -> bool,
    ) -> Result<Changed, Fault> {
        let product: Result<ProductId, _> = self.product.parse();
        let product = product.map_err(|error| ("productID", error.to_string()))?;
        let variant = self.variant.as_deref().filter(|variant| !variant.is_empty());
        let variant = variant.map(str::parse).transpose();
        let variant = variant.map_err(|error| ("variant", format!("{error}")))?;
        let sku = SkuKey::new(tenant.cloned(), ItemId::new(product, variant));
        let command = self.command()?;
        if is_listed(&sku) {
            return Ok((sku, command));
        }
        let field = if sku.item().variant().is_some() { "variant" } else { "productID" };
        Err((field, "expected a product and variant of the catalog".to_owned()))
    }

    fn command(&self) -> Result<StockCommand, Fault> {
        match (&self.delta, &self.stock) {
            (Some(number), None) => {
                let delta = delta(number).map_err(|expected| ("delta", expected))?;
                Ok(StockCommand::Adjust { delta })
            }
            (None, Some(number)) => {
                let units = number.whole().and_then(|number| u32::try_from(number).ok());
                let units = units.and_then(|number| Units::new(number).ok());
                let expected = || ("stock", format!("expected a whole number to {}", Units::MAX));
                Ok(StockCommand::Put { units: units.ok_or_else(expected)? })
            }
            (Some(_), Some(_)) | (None, None) => {
                Err(("delta", "expected either delta or stock".to_owned()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(json: &str) -> Result<Vec<Changed>, Problem> {
        let delivery = StockDelivery::read(json.as_bytes())?;
        delivery.changes(None, |sku| sku.item().product().as_str() == "p")
    }

    #[test]
    fn a_change_is_so_many_more_or_so_many() {
        let changes = asked(
            r#"{"changes":[{"productID":"p","variant":"red","delta":-2},{"productID":"p","stock":7}]}"#,
        );

        let sku = |variant: Option<&str>| {
            let variant = variant.map(|variant| variant.parse().unwrap());
            SkuKey::new(None, ItemId::new("p".parse().unwrap(), variant))
        };
        let put = StockCommand::Put { units: Units::new(7).unwrap() };
        let adjust = StockCommand::Adjust { delta: -2 };
        assert_eq!(changes.unwrap(), [(sku(Some("red")), adjust), (sku(None), put)]);
    }

    #[test]
    fn each_change_that_cannot_be_asked_for_is_named() {
        let problem = asked(
            r#"{"changes":[{"productID":"p","delta":1},{"productID":"a b","delta":1},
                {"productID":"p"},{"productID":"p","delta":1,"stock":1},
                {"productID":"p","delta":1000000001},{"productID":"p","stock":-1},
                {"productID":"q","variant":"","stock":1},{"productID":"q","variant":"x","stock":1}]}"#,
        )
        .unwrap_err();

        let view = serde_json::to_value(problem.view()).unwrap();
        let pointers: Vec<_> = view["errors"].as_array().unwrap().iter().collect();
        let pointers: Vec<_> =
            pointers.iter().map(|one| one["pointer"].as_str().unwrap()).collect();
        assert_eq!(view["code"], "invalid_stock");
        assert_eq!(
            pointers,
            [
                "/changes/1/productID",
                "/changes/2/delta",
                "/changes/3/delta",
                "/changes/4/delta",
                "/changes/5/stock",
                "/changes/6/productID",
                "/changes/7/variant",
            ]
        );
    }

    #[test]
    fn a_delivery_has_changes_but_not_too_many() {
        let of = |count: usize| {
            let change = r#"{"productID":"p","delta":1}"#;
            asked(&format!(r#"{{"changes":[{}]}}"#, vec![change; count].join(",")))
        };

        assert_eq!(of(0).unwrap_err().code(), Code::InvalidStock);
        assert_eq!(of(100).unwrap().len(), 100);
        assert_eq!(of(101).unwrap_err().code(), Code::InvalidStock);
        assert_eq!(asked("{}").unwrap_err().code(), Code::Malformed);
    }
}
