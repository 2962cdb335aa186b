//! The routes end to end over engines in memory: requests in, responses and frames out. What a
//! processor would decide is canned; how carts are decided is tested elsewhere.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

mod support;

mod breakers;
mod carts;
mod checkout;
mod contract;
mod edge;
mod faults;
mod history;
mod hooks;
mod hostile;
mod identity;
mod limits;
mod logs;
mod operations;
mod page;
mod products;
mod shops;
mod sockets;
mod tls;
mod traces;
