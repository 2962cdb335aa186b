//! The downstream consumer of cart events: keeps what was told of every cart, and answers questions
//! about it. Decides nothing about a cart and knows no HTTP.

#![warn(missing_docs)]

pub mod history;
