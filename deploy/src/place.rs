//! Where an installation keeps its carts, as the command line names it. The one place that knows
//! every set of engines: what is done with one is an [`Errand`], whatever the engines.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use cart_schemas::generation::Generation;
use cart_schemas::standing::Standing;
use cart_schemas::topic::Namespace;
use cart_storage::log::Log;
use cart_storage::store::Store;

use crate::cli::{Connections, EngineSet, Plan, Serving};
use crate::embedded::Folder;
use crate::exit::Failure;
use crate::kafka_cql::KafkaCql;
use crate::standing;

/// Engines to be opened.
#[derive(Debug, Clone)]
pub(crate) enum Place {
    /// One process and this data folder.
    Embedded(PathBuf),
    /// Kafka and a CQL store, a namespace of theirs.
    Kafka(Connections),
}

/// A log and a store that belong together, not opened yet.
pub(crate) trait Installation {
    /// The log's engine.
    type Log: Log;
    /// The store's engine.
    type Store: Store;

    /// Whether one process has it to itself, so that nobody else decides about its carts.
    const ALONE: bool;

    /// What people call it, as in "kafka at 127.0.0.1:9092".
    fn name(&self) -> String;

    /// Creates what the store lacks, and tells what that was.
    async fn create_store(&self, plan: &Plan) -> Result<Vec<String>, Failure>;

    /// Creates what the log of this generation lacks, and tells what that was.
    async fn create_log(&self, generation: Generation, plan: &Plan)
    -> Result<Vec<String>, Failure>;

    /// Opens the store; where it was never created, the failure says how that is done.
    async fn store(&self) -> Result<Self::Store, Failure>;

    /// Opens the log of this generation; where it was never created, the failure says how that is
    /// done.
    async fn log(&self, generation: Generation) -> Result<Self::Log, Failure>;

    /// Whether what is opened takes writes now, as far as this process knows.
    fn is_writable(&self) -> bool;
}

/// Something to do with an installation, whatever its engines.
pub(crate) trait Errand {
    /// What comes of it.
    type Outcome;

    /// Does it.
    async fn run<I: Installation>(self, at: &I) -> Result<Self::Outcome, Failure>;
}

/// An installation's ports, and what its store says of its carts.
#[derive(Debug)]
pub(crate) struct Opened<L, S> {
    /// The log its carts follow.
    pub(crate) log: L,
    /// The store.
    pub(crate) store: S,
    /// Where the carts are.
    pub(crate) standing: Standing,
}

impl<L: Log, S: Store> Opened<L, S> {
    /// The store comes first: it knows which log is its carts'.
    pub(crate) async fn open<I>(at: &I) -> Result<Self, Failure>
    where
        I: Installation<Log = L, Store = S>,
    {
        let store = at.store().await?;
        let standing = standing::read(&store).await?;
        let log = at.log(standing.generation).await?;
        Ok(Self { log, store, standing })
    }
}

impl Place {
    /// Where the settings point to.
    pub(crate) fn chosen(serving: &Serving, connections: Connections) -> Self {
        match serving.engine {
            EngineSet::Embedded => Self::Embedded(serving.data.clone()),
            EngineSet::Kafka => Self::Kafka(connections),
        }
    }

    /// Does something with what is there.
    pub(crate) async fn run<E: Errand>(self, errand: E) -> Result<E::Outcome, Failure> {
        match self {
            Self::Embedded(path) => {
                let folder = Folder::at(path);
                let outcome = errand.run(&folder).await;
                folder.close().await;
                outcome
            }
            Self::Kafka(connections) => errand.run(&KafkaCql::at(connections)).await,
        }
    }
}

/// Engines by name, and where they keep things if that is not what the settings say: `embedded`,
/// `embedded:FOLDER`, `kafka`, `kafka:NAMESPACE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Site {
    /// The embedded ones, in this folder.
    Embedded(Option<PathBuf>),
    /// Kafka and a CQL store, in this namespace.
    Kafka(Option<Namespace>),
}

/// The text names no engines.
#[derive(Debug, thiserror::Error)]
#[error("expected embedded, embedded:FOLDER, kafka or kafka:NAMESPACE")]
pub(crate) struct InvalidSite;

impl FromStr for Site {
    type Err = InvalidSite;

    fn from_str(text: &str) -> Result<Self, InvalidSite> {
        let (engine, rest) = match text.split_once(':') {
            Some((engine, rest)) => (engine, Some(rest)),
            None => (text, None),
        };
        match (engine, rest) {
            ("embedded", Some("")) => Err(InvalidSite),
            ("embedded", folder) => Ok(Self::Embedded(folder.map(PathBuf::from))),
            ("kafka", None) => Ok(Self::Kafka(None)),
            ("kafka", Some(namespace)) => namespace
                .parse()
                .map(|namespace| Self::Kafka(Some(namespace)))
                .map_err(|_| InvalidSite),
            (_, _) => Err(InvalidSite),
        }
    }
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Embedded(None) => f.write_str("embedded"),
            Self::Embedded(Some(folder)) => write!(f, "embedded:{}", folder.display()),
            Self::Kafka(None) => f.write_str("kafka"),
            Self::Kafka(Some(namespace)) => write!(f, "kafka:{}", namespace.name("")),
        }
    }
}

impl Site {
    /// The other engines, where the settings say.
    pub(crate) const fn other(&self) -> Self {
        match self {
            Self::Embedded(_) => Self::Kafka(None),
            Self::Kafka(_) => Self::Embedded(None),
        }
    }

    /// The place, given what the settings say of each set of engines.
    pub(crate) fn place(self, data: &Path, connections: &Connections) -> Place {
        match self {
            Self::Embedded(folder) => Place::Embedded(folder.unwrap_or_else(|| data.to_owned())),
            Self::Kafka(namespace) => {
                let mut connections = connections.clone();
                connections.namespace = namespace.unwrap_or(connections.namespace);
                Place::Kafka(connections)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn engines_are_named_with_or_without_where_they_keep_things() {
        let read = |text: &str| text.parse::<Site>().ok();

        assert_eq!(read("kafka"), Some(Site::Kafka(None)));
        assert_eq!(read("kafka:shop_2"), Some(Site::Kafka("shop_2".parse().ok())));
        assert_eq!(read("embedded"), Some(Site::Embedded(None)));
        assert_eq!(read("embedded:./a:b"), Some(Site::Embedded(Some("./a:b".into()))));
        for wrong in ["", "kafka:No Spaces", "cloud", "embedded:", "kafka shop"] {
            assert_eq!(read(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn who_names_one_side_of_a_move_means_the_other_engines_by_the_other() {
        assert_eq!(Site::Kafka("b".parse().ok()).other(), Site::Embedded(None));
        assert_eq!(Site::Embedded(None).other(), Site::Kafka(None));
    }
}
