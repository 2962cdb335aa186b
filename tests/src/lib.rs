//! What the tests share: the ports' contracts and ways to break things.

pub mod contract;
pub mod round_trip;
pub mod simulation;
pub mod support;
pub mod wire;
