//! Bringing in what another shop has: the rows of a file become carts and products.
//!
//! A file is read row by row on a thread of its own, at most a few hundred rows ahead; a row that
//! says nothing good is told of and the next one is read. Knows bytes and ports, and neither
//! terminals nor settings.

pub mod row;

mod json_rows;
mod table;

pub mod cart;
pub mod product;

pub mod feed;

mod bring;

pub use bring::{bring_cart, bring_product};
