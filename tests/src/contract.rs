//! What the ports promise, one sentence per check, for any engine.

pub mod log;
pub mod store;
