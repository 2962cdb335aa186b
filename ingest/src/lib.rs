//! The way in: an intent becomes a command on the log, and its outcome comes back.
//!
//! Consults the catalog, publishes, and awaits the reply of whichever processor owns the cart.
//! Knows no HTTP and decides nothing.

pub mod breaker;
pub mod catalog;
pub mod commands;
pub mod import;
pub mod read;
pub mod replies;
mod reply_path;
pub mod status;
mod unsettled;
