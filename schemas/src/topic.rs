//! The topics: names, content, keeping times; and the headers on their records.

use std::fmt;
use std::str::FromStr;

use crate::generation::Generation;

/// A prefix that lets several installations share one Kafka and one CQL cluster; empty by default.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Namespace(String);

/// The text is not a namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected up to 32 characters of a-z 0-9 _, starting with a letter")]
pub struct InvalidNamespace;

impl FromStr for Namespace {
    type Err = InvalidNamespace;

    fn from_str(text: &str) -> Result<Self, InvalidNamespace> {
        let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
        let starts = text.is_empty() || text.starts_with(|c: char| c.is_ascii_lowercase());
        if starts && text.len() <= 32 && text.bytes().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidNamespace)
        }
    }
}

impl Namespace {
    /// The keyspace of this installation.
    #[must_use]
    pub fn keyspace(&self) -> String {
        if self.0.is_empty() { "cartstream".to_owned() } else { format!("cartstream_{}", self.0) }
    }

    /// A name in this namespace: topics and consumer groups.
    #[must_use]
    pub fn name(&self, name: &str) -> String {
        if self.0.is_empty() { name.to_owned() } else { format!("{}.{name}", self.0) }
    }
}

/// The topics of the product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Topic {
    /// Commands, keyed by cart. The broker's append time is the carts' clock.
    Commands,
    /// Outcomes, for the instance that asked.
    Replies,
    /// Facts, keyed by cart, on the same partitions as the commands.
    Events,
    /// Products, keyed by product, compacted.
    Products,
    /// Commands nobody can decide.
    CommandsDeadLetters,
    /// Stock commands, keyed by sku. The broker's append time is the skus' clock.
    InventoryCommands,
    /// How many there are of each sku, keyed by sku, compacted.
    InventoryLevels,
    /// Stock commands nobody can decide.
    InventoryDeadLetters,
    /// What marketing is told of carts, keyed by cart, on the same partitions as their events.
    Analytics,
}

/// The largest event or dead letter: 900 lines with the longest names are about 1.2 MB.
pub const FACT_BYTES_MAX: u32 = 4 * 1024 * 1024;

/// How long a topic keeps its records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cleanup {
    /// Deleted after so many milliseconds.
    Delete {
        /// How long a record is kept.
        retention_ms: u64,
    },
    /// The newest record of each key is kept.
    Compact,
}

const MINUTE_MS: u64 = 60_000;
const DAY_MS: u64 = 24 * 60 * MINUTE_MS;

impl Topic {
    /// Every topic, in the order they are created.
    pub const ALL: [Self; 9] = [
        Self::Commands,
        Self::Replies,
        Self::Events,
        Self::Products,
        Self::CommandsDeadLetters,
        Self::InventoryCommands,
        Self::InventoryLevels,
        Self::InventoryDeadLetters,
        Self::Analytics,
    ];

    /// The name within `namespace`. Only the command logs and their dead letters have generations:
    /// nobody compares places in the other topics with what is stored.
    #[must_use]
    pub fn name(self, namespace: &Namespace, generation: Generation) -> String {
        namespace.name(&match self {
            Self::Commands | Self::InventoryCommands => format!("{self}.v{generation}"),
            Self::Replies
            | Self::Events
            | Self::Products
            | Self::InventoryLevels
            | Self::Analytics => format!("{self}.v1"),
            Self::CommandsDeadLetters => format!("{}.v{generation}.dlq", Self::Commands),
            Self::InventoryDeadLetters => {
                format!("{}.v{generation}.dlq", Self::InventoryCommands)
            }
        })
    }

    /// Whether `name` is this topic's in `namespace`, of whatever generation.
    #[must_use]
    pub fn owns(self, namespace: &Namespace, name: &str) -> bool {
        let mut numbers = name.split('.').filter_map(|part| part.strip_prefix('v')?.parse().ok());
        numbers.any(|generation| self.name(namespace, generation) == name)
    }

    /// Whether it has as many partitions as the command log; the others have one.
    #[must_use]
    pub const fn is_partitioned(self) -> bool {
        match self {
            Self::Commands
            | Self::Events
            | Self::Replies
            | Self::InventoryCommands
            | Self::Analytics => true,
            Self::Products
            | Self::CommandsDeadLetters
            | Self::InventoryLevels
            | Self::InventoryDeadLetters => false,
        }
    }

    /// Whether a fold reads it: its records are kept until they are decided, and their append time
    /// is a clock.
    #[must_use]
    pub const fn is_command_log(self) -> bool {
        match self {
            Self::Commands | Self::InventoryCommands => true,
            Self::Replies
            | Self::Events
            | Self::Products
            | Self::CommandsDeadLetters
            | Self::InventoryLevels
            | Self::InventoryDeadLetters
            | Self::Analytics => false,
        }
    }

    /// How long it keeps its records.
    #[must_use]
    pub const fn cleanup(self) -> Cleanup {
        match self {
            Self::Commands | Self::InventoryCommands => {
                Cleanup::Delete { retention_ms: 7 * DAY_MS }
            }
            Self::Replies => Cleanup::Delete { retention_ms: 10 * MINUTE_MS },
            Self::Events
            | Self::CommandsDeadLetters
            | Self::InventoryDeadLetters
            | Self::Analytics => Cleanup::Delete { retention_ms: 30 * DAY_MS },
            Self::Products | Self::InventoryLevels => Cleanup::Compact,
        }
    }
}

/// The name without namespace and version.
impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Commands => "cart.commands",
            Self::Replies => "cart.replies",
            Self::Events => "cart.events",
            Self::Products => "catalog.products",
            Self::CommandsDeadLetters => "cart.commands.dlq",
            Self::InventoryCommands => "inventory.commands",
            Self::InventoryLevels => "inventory.levels",
            Self::InventoryDeadLetters => "inventory.commands.dlq",
            Self::Analytics => "cart.analytics",
        })
    }
}

/// The consumer group of the carts' processors.
pub const PROCESSORS: &str = "cartstream-processor";
/// The consumer group of the skus' processors.
pub const STOCK_PROCESSORS: &str = "cartstream-stock-processor";
/// The consumer group that keeps the carts' history.
pub const HISTORIANS: &str = "cartstream-history";
/// The consumer group that counts what becomes of carts.
pub const COUNTERS: &str = "cartstream-tallies";
/// The consumer group whose one member with the first partition tells endpoints what they are to know.
pub const HERALDS: &str = "cartstream-webhooks";
/// The consumer group whose one member with a partition tells carts what is new of their products.
pub const CRIERS: &str = "cartstream-news";

/// Headers of a command record.
pub mod header {
    /// The command's id.
    pub const COMMAND: &str = "cartstream-command-id";
    /// The partition of the replies topic that waits for the outcome.
    pub const REPLY_PARTITION: &str = "cartstream-reply-partition";
    /// The schema version of the value.
    pub const SCHEMA: &str = "cartstream-schema";
}

/// Headers of a dead letter, named as Kafka Connect names them.
pub mod dead_letter {
    /// The topic it lay on.
    pub const TOPIC: &str = "__connect.errors.topic";
    /// Its partition there.
    pub const PARTITION: &str = "__connect.errors.partition";
    /// Its offset there.
    pub const OFFSET: &str = "__connect.errors.offset";
    /// The step that could not go on.
    pub const STAGE: &str = "__connect.errors.stage";
    /// The class of the error.
    pub const CLASS: &str = "__connect.errors.exception.class.name";
    /// How many bytes the value had, where it was too long to be kept whole.
    pub const TRUNCATED_FROM: &str = "cartstream.errors.truncated.from";
    /// What was wrong.
    pub const MESSAGE: &str = "__connect.errors.exception.message";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_namespace_sets_installations_apart() {
        let shop: Namespace = "shop_1".parse().unwrap();

        assert_eq!(Topic::Commands.name(&shop, Generation::FIRST), "shop_1.cart.commands.v1");
        assert_eq!(shop.keyspace(), "cartstream_shop_1");
        let unnamed = Namespace::default();
        assert_eq!(Topic::Commands.name(&unnamed, Generation::FIRST), "cart.commands.v1");
        assert!("Shop-1".parse::<Namespace>().is_err());
    }

    #[test]
    fn a_new_generation_is_new_command_logs_and_nothing_else() {
        let (shop, second) = ("shop".parse().unwrap(), Generation::FIRST.next());
        let names = Topic::ALL.map(|topic| topic.name(&shop, second));

        assert_eq!(
            names,
            [
                "shop.cart.commands.v2",
                "shop.cart.replies.v1",
                "shop.cart.events.v1",
                "shop.catalog.products.v1",
                "shop.cart.commands.v2.dlq",
                "shop.inventory.commands.v2",
                "shop.inventory.levels.v1",
                "shop.inventory.commands.v2.dlq",
                "shop.cart.analytics.v1",
            ]
        );
        for (topic, name) in Topic::ALL.into_iter().zip(&names) {
            assert!(topic.owns(&shop, name) && !topic.owns(&Namespace::default(), name), "{name}");
        }
        for name in ["shop.cart.commands.v0", "shop.cart.events.v2", "shop.cart.commands", "x.v1"] {
            assert!(!Topic::ALL.iter().any(|topic| topic.owns(&shop, name)), "{name}");
        }
    }
}
