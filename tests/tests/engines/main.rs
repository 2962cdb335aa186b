//! The product as it is run: its binary, real Kafka, real Cassandra.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

mod bench;
mod checkout;
mod cql_store;
mod crashes;
mod currencies;
mod device;
mod faults;
mod figures;
mod flow;
mod history;
mod hops;
mod imports;
mod kafka_log;
mod lake;
mod lifetime;
mod live;
mod merges;
mod moves;
mod news;
mod operators;
mod owners;
mod problems;
mod proofs;
mod rfc6455;
mod sales;
mod shares;
mod shops;
mod speech;
mod tools;

use std::path::Path;
use std::sync::OnceLock;

use cart_tests::support::node::Node;
use cart_tests::support::operator::{Ended, Operation};
use cart_tests::support::shop::{Shop, SmallShop};
use tokio::sync::{Mutex, MutexGuard};

/// The binary under test.
const BINARY: &str = env!("CARGO_BIN_EXE_cart-node");

/// One at a time: each test has processes of its own, and two cores are few.
async fn alone() -> MutexGuard<'static, ()> {
    static TURN: OnceLock<Mutex<()>> = OnceLock::new();
    TURN.get_or_init(Mutex::default).lock().await
}

/// What a shop runs on.
#[derive(Debug, Clone, Copy)]
enum Engines {
    /// Kafka and Cassandra.
    Real,
    /// A data folder.
    Embedded,
}

/// A shop with one process that does everything.
struct Open<S> {
    shop: S,
    node: Node,
    _turn: MutexGuard<'static, ()>,
}

impl Open<Shop> {
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

impl Open<SmallShop> {
    async fn with(name: &str, args: &[&str]) -> Self {
        let turn = alone().await;
        let shop = SmallShop::new(BINARY, name);
        let node = shop.ready("127.0.0.1:0", args).await.unwrap();
        Self { shop, node, _turn: turn }
    }

    async fn close(self) {
        self.node.stop().await.unwrap();
    }
}

/// Opens a shop on these engines, lets it be tried, and closes it.
async fn in_shop(engines: Engines, name: &str, args: &[&str], trial: impl AsyncFnOnce(&Node)) {
    match engines {
        Engines::Real => {
            let open = Open::<Shop>::with(name, args).await;
            trial(&open.node).await;
            open.close().await;
        }
        Engines::Embedded => {
            let open = Open::<SmallShop>::with(name, args).await;
            trial(&open.node).await;
            open.close().await;
        }
    }
}

/// Runs a command to its end.
async fn cartstream(args: &[&str]) -> Ended {
    Operation::start(Path::new(BINARY), args).unwrap().ends().await.unwrap()
}

/// Runs a command that succeeds, and gives what it said.
async fn done(args: &[&str]) -> String {
    Operation::succeeds(Path::new(BINARY), args).await.unwrap()
}
