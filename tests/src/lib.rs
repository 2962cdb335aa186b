//! What the tests share: the ports' contracts, ways to break things, and what pages are rendered
//! from.

pub mod contract;
pub mod figures;
pub mod outages;
pub mod reference;
pub mod round_trip;
pub mod simulation;
pub mod support;
pub mod wire;
