//! Which product of which shop.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{InvalidId, ProductId, TenantId, of_tenant};

/// The key of a product in the catalog's topic: `tenant/product`, or the plain product for the default
/// tenant. A shop's keys lie together, in the order of their products.
///
/// No identifier contains `/`, so the text is unambiguous.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ProductKey {
    tenant: Option<TenantId>,
    product: ProductId,
}

impl ProductKey {
    /// This product of `tenant`; `None` is the default tenant.
    #[must_use]
    pub const fn new(tenant: Option<TenantId>, product: ProductId) -> Self {
        Self { tenant, product }
    }

    /// What no key of `tenant` comes before.
    #[must_use]
    pub fn first(tenant: Option<TenantId>) -> Self {
        // The least character of ids alone is the least id.
        Self { tenant, product: ProductId("-".to_owned()) }
    }

    /// The shop that sells it; `None` is the default one.
    #[must_use]
    pub const fn tenant(&self) -> Option<&TenantId> {
        self.tenant.as_ref()
    }

    /// The product.
    #[must_use]
    pub const fn product(&self) -> &ProductId {
        &self.product
    }
}

impl fmt::Display for ProductKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { tenant, product } = self;
        match tenant {
            Some(tenant) => write!(f, "{tenant}/{product}"),
            None => product.fmt(f),
        }
    }
}

impl FromStr for ProductKey {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let (tenant, product) = of_tenant(text)?;
        Ok(Self::new(tenant, product.parse()?))
    }
}

impl TryFrom<String> for ProductKey {
    type Error = InvalidId;

    fn try_from(text: String) -> Result<Self, InvalidId> {
        text.parse()
    }
}

impl From<ProductKey> for String {
    fn from(key: ProductKey) -> Self {
        key.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keys_of_a_shop_lie_together_behind_its_first() {
        let mut keys: Vec<ProductKey> = ["b/p", "z", "a/z", "-", "a/-", "a/.", "a.b/-", "p"]
            .map(|text| text.parse().unwrap())
            .into();
        keys.sort();

        let sorted: Vec<_> = keys.iter().map(ToString::to_string).collect();
        assert_eq!(sorted, ["-", "p", "z", "a/-", "a/.", "a/z", "a.b/-", "b/p"]);
        for key in keys {
            assert!(ProductKey::first(key.tenant().cloned()) <= key, "{key}");
        }
    }

    #[test]
    fn what_is_no_tenant_and_product_is_no_key() {
        for text in ["", "/p", "acme/", "a/b/c", "a b", "../x/p", &"x".repeat(65)] {
            assert!(text.parse::<ProductKey>().is_err(), "{text}");
        }
    }
}
