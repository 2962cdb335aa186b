//! The cart's own logic: what is due, what a command decides, how an event changes a cart.
//!
//! Pure: imports the contract only, so two processors given one log compute the same bytes.

pub mod decide;
pub mod evolve;
pub mod told;

pub use decide::{Change, decide, due};
pub use evolve::{Moment, apply, evolve};
pub use told::{Heard, Told};

#[cfg(test)]
mod laws;
#[cfg(test)]
mod tests;
