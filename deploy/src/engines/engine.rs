//! The two engines, and what each is to the rest of the module: artifacts to fetch, files to
//! prepare, a command line, a probe. Knows nothing of processes or locks.

use std::fmt;

use super::error::Error;
use super::fetch::Artifact;
use super::home::Home;
use super::{cassandra, kafka, probe};

/// A server that Cartstream needs in production, run here for development and tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, clap::ValueEnum)]
pub enum Engine {
    /// Apache Kafka: one node, broker and controller in one.
    Kafka,
    /// Apache Cassandra, which speaks the same CQL as ScyllaDB.
    Cassandra,
}

impl Engine {
    /// Every engine, in the order they are listed.
    pub const ALL: [Self; 2] = [Self::Kafka, Self::Cassandra];

    /// The lower-case name: of its folder, and on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Kafka => "kafka",
            Self::Cassandra => "cassandra",
        }
    }

    /// The loopback port that clients use.
    #[must_use]
    pub const fn port(self) -> u16 {
        match self {
            Self::Kafka => kafka::PORT,
            Self::Cassandra => cassandra::PORT,
        }
    }

    /// Where clients connect to.
    #[must_use]
    pub fn address(self) -> String {
        format!("127.0.0.1:{}", self.port())
    }

    /// Every port the server must be able to bind.
    pub(super) const fn ports(self) -> [u16; 2] {
        match self {
            Self::Kafka => [kafka::PORT, kafka::CONTROLLER_PORT],
            Self::Cassandra => [cassandra::PORT, cassandra::STORAGE_PORT],
        }
    }

    pub(super) const fn artifacts(self) -> &'static [Artifact] {
        match self {
            Self::Kafka => &kafka::ARTIFACTS,
            Self::Cassandra => &cassandra::ARTIFACTS,
        }
    }

    /// Writes the configuration, and whatever must exist before the first start.
    pub(super) fn prepare(self, home: &Home) -> Result<(), Error> {
        match self {
            Self::Kafka => kafka::prepare(home),
            Self::Cassandra => cassandra::prepare(home),
        }
    }

    /// What follows `java` on the server's command line.
    pub(super) fn arguments(self, home: &Home) -> Vec<String> {
        match self {
            Self::Kafka => kafka::arguments(home),
            Self::Cassandra => cassandra::arguments(home),
        }
    }

    /// Whether a server of this kind, whoever runs it, is ready for clients.
    pub(super) fn answers(self) -> bool {
        match self {
            Self::Kafka => probe::ask(self.port(), &kafka::QUESTION).is_some_and(kafka::is_ready),
            Self::Cassandra => {
                probe::ask(self.port(), &cassandra::QUESTION).is_some_and(cassandra::is_ready)
            }
        }
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
