//! A shop that tools look at, with and without a process that serves it.

use std::process::Command;
use std::time::Duration;

use cart_schemas::partition::Partition;
use cart_schemas::topic::Topic;
use cart_storage::log::{Lane, Log, NewRecord, TopicPartition};
use cart_tests::support::crowd;
use cart_tests::support::node::Node;
use cart_tests::support::shop::{Shop, SmallShop, eventually};
use serde_json::Value;
use tokio::sync::MutexGuard;

use crate::{BINARY, Engines, alone};

/// How long a new process may take to decide what waits.
const DECIDED_WITHIN: Duration = Duration::from_secs(30);

pub(super) struct Site {
    kind: Kind,
    _turn: MutexGuard<'static, ()>,
}

enum Kind {
    Real(Shop),
    Embedded(SmallShop),
}

/// How a tool ended.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) code: Option<i32>,
    pub(super) out: String,
    pub(super) errors: String,
}

impl Site {
    pub(super) async fn open(engines: Engines, name: &str) -> Self {
        let turn = alone().await;
        let kind = match engines {
            Engines::Real => Kind::Real(Shop::open(BINARY, name).await.unwrap()),
            Engines::Embedded => Kind::Embedded(SmallShop::new(BINARY, name)),
        };
        Self { kind, _turn: turn }
    }

    /// Runs a tool to its end.
    pub(super) fn ask(&self, args: &[&str]) -> Answer {
        let site = match &self.kind {
            Kind::Real(shop) => shop.engine_args(),
            Kind::Embedded(shop) => shop.engine_args(),
        };
        let output = Command::new(BINARY).args(args).args(site).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Answer { code: output.status.code(), out: text(output.stdout), errors: text(output.stderr) }
    }

    /// The objects a tool that succeeds answers with, one a line.
    pub(super) fn lines(&self, args: &[&str]) -> Vec<Value> {
        let answer = self.ask(args);
        assert_eq!(answer.code, Some(0), "{answer:?}");
        answer.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The object a tool that succeeds answers with.
    pub(super) fn object(&self, args: &[&str]) -> Value {
        let answer = self.ask(args);
        assert_eq!(answer.code, Some(0), "{answer:?}");
        serde_json::from_str(&answer.out).unwrap()
    }

    /// Starts a process that does everything.
    pub(super) async fn serve(&self) -> Node {
        match &self.kind {
            Kind::Real(shop) => shop.ready("api,processor", &[]).await.unwrap(),
            Kind::Embedded(shop) => shop.ready("127.0.0.1:0", &[]).await.unwrap(),
        }
    }

    /// Waits until the carts of a crowd hold what so many commands put into them.
    pub(super) async fn decided(&self, node: &Node, commands: u64) {
        let all = || async {
            let text = reqwest::get(node.at("/metrics")).await.ok()?.text().await.ok()?;
            let lines = text.lines().filter(|line| line.starts_with("cartstream_decisions_total"));
            let counts = lines.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok());
            (counts.sum::<u64>() >= commands).then_some(())
        };
        eventually("every command is decided", DECIDED_WITHIN, all).await.unwrap();
    }

    /// Commands of so many carts that nobody has decided; how many there are.
    pub(super) async fn append_crowd(&self, carts: usize) -> u64 {
        match &self.kind {
            Kind::Real(shop) => crowd_of(&shop.log().unwrap(), carts).await,
            Kind::Embedded(shop) => {
                let engine = shop.engine().unwrap();
                let count = crowd_of(&engine, carts).await;
                engine.close().await.unwrap();
                count
            }
        }
    }

    /// Appends records, as anyone may; where the first one lies.
    pub(super) async fn append(&self, to: TopicPartition, records: Vec<NewRecord>) -> i64 {
        match &self.kind {
            Kind::Real(shop) => append(&shop.log().unwrap(), to, records).await,
            Kind::Embedded(shop) => {
                let engine = shop.engine().unwrap();
                let first = append(&engine, to, records).await;
                engine.close().await.unwrap();
                first
            }
        }
    }

    /// The partition of a cart's commands.
    pub(super) async fn home(&self, cart: &str) -> Partition {
        let count = match &self.kind {
            Kind::Real(shop) => shop.log().unwrap().partitions(Topic::Commands).await.unwrap(),
            Kind::Embedded(shop) => {
                let engine = shop.engine().unwrap();
                let count = engine.partitions(Topic::Commands).await.unwrap();
                engine.close().await.unwrap();
                count
            }
        };
        count.partition_of(cart.as_bytes())
    }

    pub(super) async fn close(self) {
        match self.kind {
            Kind::Real(shop) => shop.close().await.unwrap(),
            Kind::Embedded(_) => {}
        }
    }
}

async fn crowd_of<L: Log>(log: &L, carts: usize) -> u64 {
    crowd::append(log, carts, 7).await.unwrap();
    let mut commands = 0;
    for partition in log.partitions(Topic::Commands).await.unwrap().partitions() {
        let at = TopicPartition { topic: Topic::Commands, partition };
        commands += log.bounds(at).await.unwrap().end;
    }
    u64::try_from(commands).unwrap()
}

async fn append<L: Log>(log: &L, to: TopicPartition, records: Vec<NewRecord>) -> i64 {
    let first = log.bounds(to).await.unwrap().end;
    let records = records.into_iter().map(|record| (to, record)).collect();
    let run = log.append_run(Lane::Facts, records).await;
    assert!(run.failure.is_none(), "{run:?}");
    first
}
