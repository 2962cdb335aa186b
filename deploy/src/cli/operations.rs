//! What the subcommands of an operator take.

use std::path::PathBuf;

use cart_schemas::id::TenantId;
use cart_schemas::money::Currency;
use cart_schemas::timestamp::Timestamp;
use clap::{Args, ValueEnum};

use crate::acts::Key;
use crate::engines::Engine;
use crate::place::Site;
use crate::verify::CARTS_AT_ONCE;

/// What `migrate` creates.
#[derive(Debug, Clone, Copy, Default, Args)]
pub(crate) struct Plan {
    /// Partitions of the command log, fixed for its life; an existing log keeps its own.
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) partitions: Option<u16>,
    /// Copies of each topic and row [default: as many as the topics there are have, or 3].
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=7))]
    pub(crate) replication: Option<u16>,
    /// Copies that must acknowledge an append [default: one less than there are].
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=7))]
    pub(crate) min_insync: Option<u16>,
}

/// What is brought in.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Imported {
    /// Carts, one JSON object a line; carts that are there stay as they are.
    Carts(ImportArgs),
    /// Products, as comma-separated values or one JSON object a line; they replace those of their id.
    Products(ImportArgs),
}

impl Imported {
    /// The file, and how it is read.
    pub(crate) const fn args(&self) -> &ImportArgs {
        match self {
            Self::Carts(args) | Self::Products(args) => args,
        }
    }
}

/// A file that is brought in. See `docs/import.md`.
#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// The file; `-` is standard input.
    pub(crate) file: PathBuf,
    /// Check every row and change nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// The shop that what is brought in is of, where a row does not say its own [default: the default one].
    #[arg(long)]
    pub(crate) tenant: Option<TenantId>,
    /// The currency of rows that do not say theirs.
    #[arg(long, value_name = "ISO4217", default_value = "USD")]
    pub(crate) currency: Currency,
}

/// Where from, and where to.
#[derive(Debug, Args)]
pub(crate) struct MoveArgs {
    /// The engines the carts are in now [default: the other ones].
    #[arg(long, value_name = "ENGINES")]
    pub(crate) from: Option<Site>,
    /// The engines they go to: embedded, embedded:FOLDER, kafka, kafka:NAMESPACE.
    #[arg(long, value_name = "ENGINES")]
    pub(crate) to: Site,
    /// Kafka's bootstrap servers there, if they are others than --kafka.
    #[arg(long, value_name = "KAFKA")]
    pub(crate) to_kafka: Option<String>,
    /// Nodes of the CQL store there, if they are others than --cql.
    #[arg(long, value_name = "CQL", value_delimiter = ',')]
    pub(crate) to_cql: Option<Vec<String>>,
    /// Take an unfinished move back: what the carts are in now may be served again.
    #[arg(long)]
    pub(crate) abandon: bool,
    #[command(flatten)]
    pub(crate) plan: Plan,
}

/// What is written out.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Exported {
    /// Every cart, as one JSON object a line.
    Carts {
        /// The file to write [default: standard output].
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Every event, as files of columns by hour; again, and only what is missing is written.
    Events(EventsArgs),
    /// What people did with carts, in the words of a tool the shop has, as lines by hour; again, and only what is
    /// missing is written.
    Acts(ActsArgs),
}

/// In which words acts are written out, and where to. See `docs/vocabularies.md`.
#[derive(Debug, Args)]
pub(crate) struct ActsArgs {
    /// Whose words.
    #[arg(long = "as", value_enum)]
    pub(crate) words: Words,
    /// The folder they are written to; made if it is not there. One for each tool and shop.
    #[arg(value_name = "DIR")]
    pub(crate) dir: PathBuf,
    /// Whose customers' acts [default: those of the shop that is of no tenant].
    #[arg(long)]
    pub(crate) tenant: Option<TenantId>,
    #[command(flatten)]
    pub(crate) tool: ToolArgs,
}

/// Whether the tool is told, where it is, and what it knows the shop by.
#[derive(Debug, Args)]
pub(crate) struct ToolArgs {
    /// Then send the tool what is written and was not sent from this folder.
    #[arg(long)]
    pub(crate) send: bool,
    /// The tool's address, without the path of its API [default: Google's and Segment's own].
    #[arg(long, value_name = "URL", requires = "send")]
    pub(crate) to: Option<String>,
    /// Which of the property's streams GA4 puts them into, as in G-XXXXXXXXXX.
    #[arg(long, env = "CARTSTREAM_GA4_MEASUREMENT_ID", value_name = "ID")]
    pub(crate) ga4_measurement_id: Option<Key>,
    /// The secret of GA4's Measurement Protocol. Better in the environment than on the command line.
    #[arg(long, env = "CARTSTREAM_GA4_API_SECRET", value_name = "SECRET", hide_env_values = true)]
    pub(crate) ga4_api_secret: Option<Key>,
    /// The write key of a source at Segment. Better in the environment than on the command line.
    #[arg(long, env = "CARTSTREAM_SEGMENT_WRITE_KEY", value_name = "KEY", hide_env_values = true)]
    pub(crate) segment_write_key: Option<Key>,
}

/// Tools that shops have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Words {
    /// Google Analytics 4.
    Ga4,
    /// Segment.
    Segment,
    /// Snowplow.
    Snowplow,
}

/// Which events are written out, and where to. See `docs/lake.md`.
#[derive(Debug, Args)]
pub(crate) struct EventsArgs {
    /// From the hour that this time lies in on, as in 2026-11-17T05:00:00Z [default: the first there is].
    #[arg(long, value_name = "TIME")]
    pub(crate) from: Option<Timestamp>,
    /// Until the hour that this time lies in begins [default: the end].
    #[arg(long, value_name = "TIME")]
    pub(crate) to: Option<Timestamp>,
    /// The form of the files.
    #[arg(long, value_enum, default_value = "parquet")]
    pub(crate) format: FileFormat,
    /// The folder they are written to; made if it is not there.
    #[arg(value_name = "DIR")]
    pub(crate) dir: PathBuf,
}

/// The form of files of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FileFormat {
    /// Apache Parquet, compressed by Snappy.
    Parquet,
}

/// How much is verified.
#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    /// Only so many carts, always the same ones.
    #[arg(long, value_name = "N", value_parser = sizes())]
    pub(crate) sample: Option<u32>,
}

/// A sample is verified in one piece.
fn sizes() -> impl clap::builder::TypedValueParser<Value = u32> {
    clap::value_parser!(u32).range(1..=i64::from(CARTS_AT_ONCE))
}

/// The local engines.
#[derive(Debug, Args)]
pub(crate) struct EnginesArgs {
    #[command(subcommand)]
    pub(crate) action: EnginesAction,
    /// Where their programs, data and logs are kept [default: the user's cache folder].
    #[arg(long, env = "CARTSTREAM_ENGINES", global = true)]
    pub(crate) dir: Option<PathBuf>,
    #[arg(long, env = "XDG_CACHE_HOME", hide = true, global = true)]
    pub(crate) xdg_cache_home: Option<PathBuf>,
    #[arg(long, env = "HOME", hide = true, global = true)]
    pub(crate) home: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, clap::Subcommand)]
pub(crate) enum EnginesAction {
    /// Fetch, start and migrate both; returns at once if they run.
    Up,
    /// Stop both.
    Down {
        /// Delete their data too.
        #[arg(long)]
        wipe: bool,
    },
    /// Tell which run.
    Status,
    /// Stop one or both.
    Stop {
        /// Which one; both without it.
        // Another name than the global --engine, which clap would take it for.
        #[arg(id = "server", value_name = "ENGINE")]
        engine: Option<Engine>,
        /// Kill it, as a crash would, instead of asking it to finish.
        #[arg(long)]
        kill: bool,
    },
    /// Start one or both again, with their data.
    Start {
        /// Which one; both without it.
        // Another name than the global --engine, which clap would take it for.
        #[arg(id = "server", value_name = "ENGINE")]
        engine: Option<Engine>,
    },
}
