//! What a shop keeps stock of: a product in one variant.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{CartKey, ItemId, ProductKey, TenantId, of_tenant};

/// The key of a sku in topics and tables: `tenant/itemID`, or the plain `itemID` for the default tenant, as
/// the lines that hold it are named.
///
/// No identifier contains `/`, so the text is unambiguous.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SkuKey {
    tenant: Option<TenantId>,
    item: ItemId,
}

/// The text is no key of a sku.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected an itemID, or a tenant, a slash and an itemID")]
pub struct InvalidSkuKey;

impl SkuKey {
    /// The sku of this product and variant in `tenant`; `None` is the default tenant.
    #[must_use]
    pub const fn new(tenant: Option<TenantId>, item: ItemId) -> Self {
        Self { tenant, item }
    }

    /// What a line of this cart is of: a cart holds what its own shop sells.
    #[must_use]
    pub fn in_shop_of(cart: &CartKey, item: &ItemId) -> Self {
        Self::new(cart.tenant().cloned(), item.clone())
    }

    /// The shop that sells it; `None` is the default one.
    #[must_use]
    pub const fn tenant(&self) -> Option<&TenantId> {
        self.tenant.as_ref()
    }

    /// Its product and variant.
    #[must_use]
    pub const fn item(&self) -> &ItemId {
        &self.item
    }

    /// Its product.
    #[must_use]
    pub fn product(&self) -> ProductKey {
        ProductKey::new(self.tenant.clone(), self.item.product().clone())
    }
}

impl fmt::Display for SkuKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { tenant, item } = self;
        match tenant {
            Some(tenant) => write!(f, "{tenant}/{item}"),
            None => item.fmt(f),
        }
    }
}

impl FromStr for SkuKey {
    type Err = InvalidSkuKey;

    fn from_str(text: &str) -> Result<Self, InvalidSkuKey> {
        let (tenant, item) = of_tenant(text).map_err(|_| InvalidSkuKey)?;
        Ok(Self { tenant, item: item.parse().map_err(|_| InvalidSkuKey)? })
    }
}

impl TryFrom<String> for SkuKey {
    type Error = InvalidSkuKey;

    fn try_from(text: String) -> Result<Self, InvalidSkuKey> {
        text.parse()
    }
}

impl From<SkuKey> for String {
    fn from(key: SkuKey) -> Self {
        key.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ITEM: &str = "i_cHJvZF80NTYAbGFyZ2UtcmVk";

    #[test]
    fn the_same_item_is_another_sku_in_another_shop() {
        let (plain, acme): (SkuKey, SkuKey) =
            (ITEM.parse().unwrap(), format!("acme/{ITEM}").parse().unwrap());

        assert_eq!(plain.item(), acme.item());
        assert_ne!(plain, acme);
        assert_eq!(acme.tenant().map(TenantId::as_str), Some("acme"));
        assert_eq!(acme.product().to_string(), "acme/prod_456");
    }

    #[test]
    fn a_line_is_of_what_the_shop_of_its_cart_sells() {
        let item = ITEM.parse().unwrap();
        let of = |cart: &str| SkuKey::in_shop_of(&cart.parse().unwrap(), &item).to_string();

        assert_eq!(of("ann"), ITEM);
        assert_eq!(of("acme/ann"), format!("acme/{ITEM}"));
    }

    #[test]
    fn a_sku_is_written_and_packed_as_its_text() {
        for text in [ITEM.to_owned(), format!("acme/{ITEM}")] {
            let key: SkuKey = text.parse().unwrap();

            assert_eq!(serde_json::to_string(&key).unwrap(), format!("\"{text}\""));
            let packed = postcard::to_allocvec(&key).unwrap();
            assert_eq!(packed, postcard::to_allocvec(&text).unwrap());
            assert_eq!(postcard::from_bytes(&packed), Ok(key));
        }
    }

    #[test]
    fn what_is_no_tenant_and_item_is_no_sku() {
        let twice = format!("acme/acme/{ITEM}");
        let (nameless, up) = (format!("/{ITEM}"), format!("../x/{ITEM}"));
        for text in ["", "prod_456", "acme/prod_456", "acme/", &twice, &nameless, &up] {
            assert_eq!(text.parse::<SkuKey>(), Err(InvalidSkuKey), "{text}");
        }
    }
}
