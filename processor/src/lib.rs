//! The fold of carts and the runtime that runs it over the partitions of the command log.
//!
//! [`cart`] decides and knows nothing but the contract; [`step`] adds position and memory;
//! [`worker`] turns records into effects without I/O; [`runtime`] carries the effects out.

pub mod cart;
pub mod defects;
pub mod step;

pub mod intake;
pub mod timers;

pub mod worker;

pub mod runtime;
