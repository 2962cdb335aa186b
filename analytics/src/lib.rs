//! The downstream consumer of cart events: keeps what was told of every cart, counts what becomes of carts,
//! tells it to who wants to know, and answers questions about it. Decides nothing about a cart and serves no
//! HTTP.

#![warn(missing_docs)]

pub mod history;
mod projection;
pub mod tallies;
pub mod vocabulary;
pub mod webhooks;
