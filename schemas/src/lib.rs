//! The contract of Cartstream: values, messages, topics, tables and their encodings.
//!
//! Everything that leaves a process, or is found again by another one, is defined here and only
//! here. Nothing in this crate knows a clock, randomness, I/O, `async` or a float.

#![warn(missing_docs)]

pub mod fault;
pub mod id;
pub mod money;
pub mod quantity;
pub mod strict;
pub mod timestamp;

pub mod cart;
pub mod checkout;
pub mod dealings;
pub mod import;
pub mod merge;
pub mod prices;
pub mod product;

pub mod command;
pub mod digest;
pub mod envelope;
pub mod policies;
pub mod policy;
pub mod rejection;

pub mod cloudevent;
pub mod event;
pub mod evolve;
pub mod notice;
pub mod told;

pub mod memory;
pub mod record;
pub mod reply;
pub mod signature;
pub mod standing;
pub mod stock;

pub mod cql;
pub mod generation;
pub mod holders;
pub mod partition;
pub mod topic;
pub mod traceparent;
