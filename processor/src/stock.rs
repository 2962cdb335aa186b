//! The sku's own logic: what a command decides, and how a change changes the stock.
//!
//! Pure: imports the contract only, so two processors given one log compute the same bytes.

pub mod decide;
pub mod evolve;

pub use decide::{Decided, decide};
pub use evolve::{Change, apply};

#[cfg(test)]
mod laws;
#[cfg(test)]
mod tests;
