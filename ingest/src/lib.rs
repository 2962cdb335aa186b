//! The way in: an intent becomes a command on the log, and its outcome comes back.
//!
//! Consults the catalog, publishes, and awaits the reply of whichever processor owns the cart or sku.
//! Knows no HTTP and decides nothing.

pub mod breaker;
pub mod catalog;
pub mod commands;
mod followed;
mod fuse;
pub mod guarded;
pub mod hops;
pub mod import;
pub mod news;
mod publisher;
pub mod read;
pub mod replies;
mod reply_path;
pub mod shelves;
pub mod status;
mod unsettled;
