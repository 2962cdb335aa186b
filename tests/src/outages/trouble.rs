//! The outages there are, and what a customer may be answered in each: §5 of the design as data.

use std::fmt;

use clap::ValueEnum;

use crate::support::answers::{Asked, Kind};

/// Something that goes wrong beneath the shop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Trouble {
    /// Kafka is killed.
    Kafka,
    /// Cassandra is killed.
    Cassandra,
    /// Both are killed at once.
    Both,
    /// Every answer of the store comes 500 ms late.
    SlowStore,
    /// The data folder's disk takes nothing.
    FullDisk,
}

impl Trouble {
    /// Every outage, in the order they are tried.
    pub const ALL: [Self; 5] =
        [Self::Kafka, Self::Cassandra, Self::Both, Self::SlowStore, Self::FullDisk];

    /// One word for it, as in a namespace.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Kafka => "kafka",
            Self::Cassandra => "cassandra",
            Self::Both => "both",
            Self::SlowStore => "slow",
            Self::FullDisk => "full",
        }
    }

    /// What may be answered to requests sent while it lasts.
    pub(super) const fn allowed(self, asked: Asked) -> &'static [Kind] {
        match (self, asked) {
            // Nobody can append or decide: a definitive answer would be a lie.
            (Self::Kafka | Self::Cassandra | Self::Both, Asked::Change) => {
                &[Kind::Pending, Kind::Unavailable]
            }
            (Self::Cassandra | Self::Both, Asked::Read) => &[Kind::Unavailable],
            // Carts are where they were.
            (Self::Kafka | Self::SlowStore, Asked::Read) => &[Kind::Definitive],
            // But for one whose change is in the batch that the disk does not take.
            (Self::FullDisk, Asked::Read) => &[Kind::Definitive, Kind::Unavailable],
            // It does its work, later.
            (Self::SlowStore, Asked::Change) => &[Kind::Definitive, Kind::Pending],
            // Until the last free page is used, changes are made.
            (Self::FullDisk, Asked::Change) => {
                &[Kind::Definitive, Kind::Pending, Kind::Unavailable]
            }
        }
    }
}

impl Trouble {
    /// Whether the store may have lost what it acknowledged last: Cassandra writes the end of its
    /// log down ten times a second.
    pub(super) const fn makes_forget(self) -> bool {
        match self {
            Self::Cassandra | Self::Both => true,
            Self::Kafka | Self::SlowStore | Self::FullDisk => false,
        }
    }

    /// Whether carts can be read while it lasts.
    pub(super) const fn leaves_carts_readable(self) -> bool {
        match self {
            Self::Kafka | Self::SlowStore | Self::FullDisk => true,
            Self::Cassandra | Self::Both => false,
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Kafka => "Kafka killed",
            Self::Cassandra => "Cassandra killed",
            Self::Both => "both killed",
            Self::SlowStore => "store 500 ms late",
            Self::FullDisk => "disk full",
        })
    }
}
