//! Where the carts that hold a product are found: the slots and entries of
//! [`Index::Holders`](crate::cql::Index::Holders). Knows no index.

use crate::id::{CartKey, ItemId};
use crate::partition::PartitionCount;

/// Parts of the carts: a product that a million carts hold is 64,000 entries each, some megabytes,
/// well below what one partition of a CQL store should hold.
pub const PARTS: u16 = 16;

/// The slot of a product's holders among a part of the carts.
#[must_use]
pub fn slot(item: &ItemId, part: u16) -> String {
    format!("{item}/{part}")
}

/// The slot in which a cart that holds a product is noted; its key is the entry.
#[must_use]
pub fn slot_of(item: &ItemId, cart: &CartKey) -> String {
    let parts = PartitionCount::new(PARTS).unwrap_or(PartitionCount::ONE);
    slot(item, parts.partition_of(cart.as_str().as_bytes()).number())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cart_is_noted_in_one_of_the_parts() {
        let item = ItemId::new("p".parse().unwrap(), None);
        let slots: Vec<_> = (0..PARTS).map(|part| slot(&item, part)).collect();

        for number in 0..100 {
            let cart = format!("user{number}").parse().unwrap();
            assert!(slots.contains(&slot_of(&item, &cart)), "{cart}");
        }
    }
}
