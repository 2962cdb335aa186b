//! What a shop keeps stock of: a product in one variant.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{InvalidItemId, ItemId};

/// The key of a sku in topics and tables. Its text is that of the lines that hold it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SkuKey(ItemId);

impl SkuKey {
    /// The sku of this product and variant.
    #[must_use]
    pub const fn new(item: ItemId) -> Self {
        Self(item)
    }

    /// Its product and variant.
    #[must_use]
    pub const fn item(&self) -> &ItemId {
        &self.0
    }
}

impl fmt::Display for SkuKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for SkuKey {
    type Err = InvalidItemId;

    fn from_str(text: &str) -> Result<Self, InvalidItemId> {
        text.parse().map(Self)
    }
}
