//! Two ports, [`Log`](log::Log) and [`Store`](store::Store), and the engines behind them.
//!
//! The ports' documentation states what an engine guarantees; the contract suite of the tests
//! crate checks it. Nothing of a client library appears in a signature outside its own module.

pub mod log;
pub mod store;
pub mod turns;

pub mod cql;
pub mod embedded;
pub mod kafka;
pub mod simulated;

mod shares;
