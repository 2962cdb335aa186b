//! Identifiers: one newtype per kind, parsed once, so that no two can be confused.
//!
//! Derived ids are `UUIDv5` in a constant namespace per kind. Random ids (`UUIDv7`) are made by the
//! edge and only carried here.

use std::fmt;
use std::str::FromStr;

mod command;
mod merge;
mod product;
mod sku;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use self::command::{CheckoutId, CommandId, StockAsk};
pub use self::merge::{InvalidMergeId, MergeId};
pub use self::product::ProductKey;
pub use self::sku::{InvalidSkuKey, SkuKey};

/// Namespace of cart ids: name = cart key, NUL, life in decimal.
const CART_NAMESPACE: Uuid = Uuid::from_u128(0x6f1d_40f2_7f0e_5a9e_9c58_0a36_1f3c_8d01);

/// The text is not an identifier of this kind: wrong length or a character outside
/// `[A-Za-z0-9._:@-]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected 1 to {max} characters of A-Z a-z 0-9 . _ : @ -")]
pub struct InvalidId {
    max: usize,
}

/// The characters of an identifier, as a regular expression of JSON Schema has them.
pub const ID_PATTERN: &str = "^[A-Za-z0-9._:@-]+$";

fn parse_text(text: &str, max: usize) -> Result<String, InvalidId> {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"._:@-".contains(&b);
    if text.is_empty() || text.len() > max || !text.bytes().all(allowed) {
        return Err(InvalidId { max });
    }
    Ok(text.to_owned())
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $max:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The longest, in characters.
            pub const MAX: usize = $max;

            /// The identifier as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                parse_text(text, Self::MAX).map(Self)
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;

            fn try_from(text: String) -> Result<Self, InvalidId> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_id!(
    /// A shop among several: 1–64 characters.
    TenantId,
    64
);
text_id!(
    /// The owner of a cart within a tenant: 1–128 characters.
    UserId,
    128
);
text_id!(
    /// A product of the catalog: 1–64 characters.
    ProductId,
    64
);
text_id!(
    /// A variant of a product: 1–64 characters.
    VariantId,
    64
);

text_id!(
    /// A shop's order, as whoever takes the payment names it: 1–64 characters.
    OrderId,
    64
);

/// Parts the key of something a tenant has, `tenant/…`, or `…` alone for the default tenant. No identifier
/// contains `/`, so the text is unambiguous.
fn of_tenant(text: &str) -> Result<(Option<TenantId>, &str), InvalidId> {
    match text.split_once('/') {
        Some((tenant, rest)) => Ok((Some(tenant.parse()?), rest)),
        None => Ok((None, text)),
    }
}

/// The key of a cart in topics and tables: `tenant/user`, or the plain user for the default tenant.
///
/// No identifier contains `/`, so the text is unambiguous.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CartKey {
    tenant: Option<TenantId>,
    user: UserId,
    text: String,
}

impl CartKey {
    /// The cart of `user` in `tenant`; `None` is the default tenant.
    #[must_use]
    pub fn new(tenant: Option<TenantId>, user: UserId) -> Self {
        let text = match &tenant {
            Some(tenant) => format!("{tenant}/{user}"),
            None => user.as_str().to_owned(),
        };
        Self { tenant, user, text }
    }

    /// The tenant; `None` is the default one.
    #[must_use]
    pub fn tenant(&self) -> Option<&TenantId> {
        self.tenant.as_ref()
    }

    /// The tenant's name in events and metrics: `default` for the default tenant.
    #[must_use]
    pub fn tenant_name(&self) -> &str {
        self.tenant.as_ref().map_or("default", TenantId::as_str)
    }

    /// The user whose cart this is.
    #[must_use]
    pub fn user(&self) -> &UserId {
        &self.user
    }

    /// The key as it stands in topics and tables.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl FromStr for CartKey {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let (tenant, user) = of_tenant(text)?;
        Ok(Self::new(tenant, user.parse()?))
    }
}

impl TryFrom<String> for CartKey {
    type Error = InvalidId;

    fn try_from(text: String) -> Result<Self, InvalidId> {
        text.parse()
    }
}

impl From<CartKey> for String {
    fn from(key: CartKey) -> Self {
        key.text
    }
}

impl fmt::Display for CartKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Identity of a line: product and variant, so one function serves add, update and merge.
///
/// The text is `i_` + base64url(product, NUL, variant); it can be read back, so the edge finds the
/// product of a line without reading the cart.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ItemId {
    product: ProductId,
    variant: Option<VariantId>,
}

/// The text is not an item id made by this service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected an itemID of a line in the cart")]
pub struct InvalidItemId;

impl ItemId {
    /// The longest text: `i_`, then base64url of the longest product, a NUL and the longest variant.
    pub const TEXT_MAX: usize = 2 + ((ProductId::MAX + 1 + VariantId::MAX) * 4).div_ceil(3);

    /// The line of `product` in `variant`; `None` is the bare product.
    #[must_use]
    pub fn new(product: ProductId, variant: Option<VariantId>) -> Self {
        Self { product, variant }
    }

    /// The product on this line.
    #[must_use]
    pub fn product(&self) -> &ProductId {
        &self.product
    }

    /// Its variant; `None` is the bare product.
    #[must_use]
    pub fn variant(&self) -> Option<&VariantId> {
        self.variant.as_ref()
    }
}

impl fmt::Display for ItemId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let variant = self.variant.as_ref().map_or("", VariantId::as_str);
        let name = format!("{}\0{variant}", self.product);
        write!(f, "i_{}", URL_SAFE_NO_PAD.encode(name))
    }
}

impl FromStr for ItemId {
    type Err = InvalidItemId;

    fn from_str(text: &str) -> Result<Self, InvalidItemId> {
        let code = text.strip_prefix("i_").ok_or(InvalidItemId)?;
        let name = URL_SAFE_NO_PAD.decode(code).map_err(|_| InvalidItemId)?;
        let name = String::from_utf8(name).map_err(|_| InvalidItemId)?;
        let (product, variant) = name.split_once('\0').ok_or(InvalidItemId)?;
        let product = product.parse().map_err(|_| InvalidItemId)?;
        let variant = match variant {
            "" => None,
            text => Some(text.parse().map_err(|_| InvalidItemId)?),
        };
        Ok(Self { product, variant })
    }
}

impl TryFrom<String> for ItemId {
    type Error = InvalidItemId;

    fn try_from(text: String) -> Result<Self, InvalidItemId> {
        text.parse()
    }
}

impl From<ItemId> for String {
    fn from(id: ItemId) -> Self {
        id.to_string()
    }
}

/// Identity of one life of a cart; a new one begins only at erasure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CartId(Uuid);

impl CartId {
    /// The id of the `life`-th life (from 0) of the cart at `key`.
    #[must_use]
    pub fn of(key: &CartKey, life: u32) -> Self {
        let name = format!("{key}\0{life}");
        Self(Uuid::new_v5(&CART_NAMESPACE, name.as_bytes()))
    }

    /// An id read back.
    #[must_use]
    pub(crate) const fn from_uuid(id: Uuid) -> Self {
        Self(id)
    }

    /// The id as a UUID.
    #[must_use]
    pub(crate) const fn as_uuid(&self) -> &Uuid {
        &self.0
    }
}

impl fmt::Display for CartId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_id_is_read_back_from_its_text() {
        for variant in [None, Some("large-red".parse().unwrap())] {
            let id = ItemId::new("prod_456".parse().unwrap(), variant);

            assert_eq!(id.to_string().parse(), Ok(id));
        }
    }

    #[test]
    fn the_bare_product_and_a_variant_are_different_lines() {
        let bare = ItemId::new("p".parse().unwrap(), None);
        let variant = ItemId::new("p".parse().unwrap(), Some("v".parse().unwrap()));

        assert_ne!(bare.to_string(), variant.to_string());
    }

    #[test]
    fn ids_with_other_characters_or_lengths_are_refused() {
        for text in ["", "a/b", "a b", "ü", "a\0", &"x".repeat(129)] {
            assert!(text.parse::<UserId>().is_err(), "{text:?}");
        }
        assert!("x".repeat(128).parse::<UserId>().is_ok());
    }

    #[test]
    fn a_cart_key_names_its_tenant_and_user() {
        let key: CartKey = "shop-1/user@example.org".parse().unwrap();

        assert_eq!(key.tenant_name(), "shop-1");
        assert_eq!(key.user().as_str(), "user@example.org");
        assert_eq!(key.as_str(), "shop-1/user@example.org");
    }
}
