//! Bringing in what another shop has: the rows of a file become carts and products.
//!
//! A file is read row by row on a thread of its own, at most a few hundred rows ahead; a row that
//! says nothing good is told of and the next one is read. Knows bytes and ports, and neither
//! terminals nor settings.

use std::time::Duration;

pub mod cart;
pub mod feed;
pub mod outcome;
pub mod product;
pub mod row;
pub mod seen;

mod bring;
mod check;
mod json_rows;
mod standing;
mod table;

pub use bring::{bring_cart, bring_product};
pub use check::{check_cart, check_product};

/// How soon something that did not go is tried again, and a pending outcome asked for.
const AGAIN: Duration = Duration::from_millis(500);
