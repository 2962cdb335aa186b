//! Where the carts that hold a product are found: the slots and entries of
//! [`Index::Holders`](crate::cql::Index::Holders). Knows no index.

use crate::id::{CartKey, ItemId, SkuKey};
use crate::partition::PartitionCount;

/// Parts of the carts: a product that a million carts hold is 64,000 entries each, some megabytes,
/// well below what one partition of a CQL store should hold.
pub const PARTS: u16 = 16;

/// The slot of a sku's holders among a part of the carts.
#[must_use]
pub fn slot(sku: &SkuKey, part: u16) -> String {
    format!("{sku}/{part}")
}

/// The slot in which a cart that holds an item of its shop is noted; its key is the entry.
#[must_use]
pub fn slot_of(item: &ItemId, cart: &CartKey) -> String {
    let parts = PartitionCount::new(PARTS).unwrap_or(PartitionCount::ONE);
    let part = parts.partition_of(cart.as_str().as_bytes());
    slot(&SkuKey::in_shop_of(cart, item), part.number())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cart_is_noted_in_one_of_the_parts() {
        let item = ItemId::new("p".parse().unwrap(), None);
        let sku = SkuKey::new(None, item.clone());
        let slots: Vec<_> = (0..PARTS).map(|part| slot(&sku, part)).collect();

        for number in 0..100 {
            let cart = format!("user{number}").parse().unwrap();
            assert!(slots.contains(&slot_of(&item, &cart)), "{cart}");
        }
    }

    #[test]
    fn the_carts_of_each_shop_are_noted_apart() {
        let item: ItemId = "i_cAA".parse().unwrap();
        let slot = |cart: &str| slot_of(&item, &cart.parse().unwrap());

        assert!(slot("ann").starts_with("i_cAA/"));
        assert!(slot("acme/ann").starts_with("acme/i_cAA/"));
    }
}
