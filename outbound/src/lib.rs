//! Requests to hosts that others name: a key set's, a webhook's, a sink's. They go to the world and not into
//! one's own network, follow nobody elsewhere, and take a bounded time. Knows not what is asked.

#![warn(missing_docs)]

mod client;
mod destination;
mod network;

pub use client::{Answer, BadAuthorities, Bounds, Client, OutboundError, Outgoing};
pub use destination::{Destination, InvalidDestination, Reach};
