//! A simulated log and store: one [`World`] per seed, with faults, in virtual time.
//!
//! Everything that can happen outside a process is an event of the world's agenda, and every
//! chance is drawn from its one seed: the same calls in the same order have the same outcome. It
//! knows no clock, no threads and nothing of what its records and cells mean.

mod agenda;
mod appends;
mod client;
mod fault;
mod fetches;
mod forgetting;
mod group;
mod handle;
mod kills;
mod links;
mod look;
mod members;
mod observation;
mod questions;
mod reader;
mod replicas;
mod silence;
mod state;
mod tail;
mod topics;
mod weather;
mod world;
mod writes;

#[cfg(test)]
mod tests;

pub use client::ClientId;
pub use fault::{Fault, Tally};
pub use handle::Simulated;
pub use observation::{Observation, What};
pub use tail::SimulatedTail;
pub use weather::{Chance, Weather};
pub use world::World;
