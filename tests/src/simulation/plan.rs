//! What happens in one seed, as data: how large the shop is, what customers do and when, and what
//! goes wrong. Made from the seed before anything runs, so that it can be cut down afterwards.

use cart_schemas::command::Intent;
use cart_schemas::generation::Generation;
use cart_schemas::partition::PartitionCount;
use cart_schemas::policy::Policy;
use cart_storage::simulated::Weather;

use super::draft;

/// The generation of the command log: not the first, so that nothing can take it for granted.
pub const GENERATION: Generation = Generation::FIRST.next();
/// A second of virtual time, in microseconds.
pub const SECOND: i64 = 1_000_000;

/// A customer's command.
#[derive(Debug, Clone, PartialEq)]
pub struct Order {
    /// Whose cart.
    pub cart: usize,
    /// What is asked.
    pub intent: Intent,
    /// The `Idempotency-Key`, by number; customers use some of them again.
    pub key: Option<u32>,
    /// What is expected of the version.
    pub expected: Expected,
    /// Whether the caller waits for the append only.
    pub respond_async: bool,
}

/// `If-Match`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// None.
    Any,
    /// The version the cart has when the order is sent.
    Current,
    /// One it never had.
    Wrong,
}

/// A record somebody else wrote to the command log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stray {
    /// Not a command.
    Garbage,
    /// Without a value.
    Empty,
    /// A command under another cart's key.
    ForeignKey,
    /// A command on a partition that is not its cart's.
    WrongPartition,
    /// A copy of a command that lies in the log.
    Copy,
}

/// Something that happens from outside.
#[derive(Debug, Clone, PartialEq)]
pub enum Act {
    /// A customer orders.
    Order(Order),
    /// A node is killed, at once or after so many more of its effects, and started again later.
    Crash { node: usize, after_effects: u32, down: i64 },
    /// A node is asked to stop, and started again later.
    Stop { node: usize, down: i64 },
    /// A node is stopped by SIGSTOP for a while.
    Freeze { node: usize, lasts: i64 },
    /// A node and the group's coordinator do not hear each other for a while.
    Deafen { node: usize, lasts: i64 },
    /// A partition moves.
    Rebalance,
    /// The catalog changes.
    Catalog { edition: u32 },
    /// A device opens a socket and reads so slowly.
    Join { cart: usize, pace: i64 },
    /// A device is gone without a word.
    Vanish { socket: usize },
    /// Somebody else writes to the command log.
    Stray { kind: Stray, cart: usize, pick: u64 },
    /// Nothing answers for a while.
    Outage { lasts: i64 },
    /// A customer has second thoughts about a merge.
    Undo { cart: usize, pick: u64 },
    /// A customer pays for a checkout, or gives it up.
    Pay { cart: usize, pick: u64 },
    /// A cart is told of a product.
    News { cart: usize, pick: u64 },
    /// Pieces arrive.
    Deliver { pick: u64 },
}

/// An act and when it takes place, in microseconds after the start.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// When.
    pub at: i64,
    /// What.
    pub act: Act,
}

/// How large everything is.
#[derive(Debug, Clone, PartialEq)]
pub struct Shape {
    /// Processors.
    pub processors: usize,
    /// Edges.
    pub edges: usize,
    /// Partitions of the command log.
    pub partitions: PartitionCount,
    /// Customers.
    pub carts: usize,
    /// Worker tasks of a processor.
    pub workers: usize,
    /// Memory for carts of a processor.
    pub cache_bytes: usize,
    /// What nodes may be configured with; each start takes the next.
    pub policies: Vec<Policy>,
    /// Whether processors' wall clocks are wrong by minutes.
    pub clocks_are_bad: bool,
    /// How long customers are busy.
    pub lasts: i64,
    /// How long the shop is watched once it is quiet.
    pub quiet: i64,
}

/// A seed's plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The seed.
    pub seed: u64,
    /// How large everything is.
    pub shape: Shape,
    /// What happens to each request.
    pub weather: Weather,
    /// What happens from outside, in order.
    pub items: Vec<Item>,
}

impl Plan {
    /// The plan of a seed.
    #[must_use]
    pub fn of(seed: u64) -> Self {
        draft::draw(seed)
    }
}
