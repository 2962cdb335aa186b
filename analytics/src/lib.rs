//! The downstream consumer of cart events: keeps what was told of every cart, counts what becomes of carts,
//! and answers questions about both. Decides nothing about a cart and knows no HTTP.

#![warn(missing_docs)]

pub mod history;
mod projection;
pub mod tallies;
pub mod vocabulary;
