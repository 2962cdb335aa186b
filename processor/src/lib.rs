//! The folds and the one runtime that runs a fold over the partitions of its command log.
//!
//! [`cart`] decides and knows nothing but the contract; [`step`] adds position and memory; [`fold`]
//! says what comes of it; [`worker`] turns records into effects without I/O; [`runtime`] carries
//! the effects out.

pub mod cart;
pub mod defects;
pub mod fold;
pub mod step;
pub mod stock;

pub mod intake;
pub mod timers;

pub mod worker;

pub mod runtime;
