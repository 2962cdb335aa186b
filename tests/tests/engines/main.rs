//! The product as it is run: its binary, real Kafka, real Cassandra.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

mod cql_store;
mod faults;
mod flow;
mod kafka_log;
mod live;
mod operators;
mod owners;
mod problems;

use std::sync::OnceLock;

use cart_tests::support::node::Node;
use cart_tests::support::shop::Shop;
use tokio::sync::{Mutex, MutexGuard};

/// The binary under test.
const BINARY: &str = env!("CARGO_BIN_EXE_cart-node");

/// One at a time: each test has processes of its own, and two cores are few.
async fn alone() -> MutexGuard<'static, ()> {
    static TURN: OnceLock<Mutex<()>> = OnceLock::new();
    TURN.get_or_init(Mutex::default).lock().await
}

/// A shop with one process that does everything.
struct Open {
    shop: Shop,
    node: Node,
    _turn: MutexGuard<'static, ()>,
}

impl Open {
    async fn new(name: &str) -> Self {
        Self::with(name, &[]).await
    }

    async fn with(name: &str, args: &[&str]) -> Self {
        let turn = alone().await;
        let shop = Shop::open(BINARY, name).await.unwrap();
        let node = shop.ready("api,processor", args).await.unwrap();
        Self { shop, node, _turn: turn }
    }

    /// Drains the process and deletes the shop.
    async fn close(self) {
        self.node.stop().await.unwrap();
        self.shop.close().await.unwrap();
    }
}
