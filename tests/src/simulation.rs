//! The simulation: the product's own ingest, processors and sockets on simulated ports and virtual
//! time, one seed after another, with everything that may go wrong going wrong.
//!
//! A seed makes a [`plan`]; [`run`] carries it out: [`fleet`] runs the nodes, [`orders`] and
//! [`device`] are the customers, [`audit`] checks what lands against the oracle in [`shadow`].
//! [`mutant`]s prove that the checks notice; [`census`] that enough happened.

mod altered;
pub mod audit;
pub mod census;
mod currencies;
mod customers;
pub mod device;
mod draft;
pub mod edge;
pub mod fleet;
pub mod goods;
mod idle;
mod imports;
mod judgement;
mod merges;
pub mod mutant;
pub mod node;
pub mod orders;
mod panics;
pub mod plan;
mod recreated;
pub mod run;
pub mod seeds;
mod selling;
mod settle;
pub mod shadow;
pub mod shrink;
pub mod socket;
mod strays;
pub mod surroundings;
pub mod tampered;
pub mod trade;
pub mod weather;

#[cfg(test)]
mod tests;
