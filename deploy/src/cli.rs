//! The command line and the environment. clap checks each setting and names the flag when one is
//! wrong; nothing else in the workspace reads the environment.

mod operations;

use std::net::SocketAddr;
use std::path::PathBuf;

use cart_schemas::topic::Namespace;
use cart_storage::cql::CqlSettings;
use cart_storage::kafka::KafkaSettings;
use clap::{Args, Parser, ValueEnum};

use crate::bench::BenchArgs;
use crate::logging::DEFAULT_FILTER;
pub(crate) use operations::{
    EnginesAction, EnginesArgs, Exported, ImportArgs, Imported, MoveArgs, Plan, VerifyArgs,
};

/// A shopping-cart service: every change is a command on a log, every cart has one writer, and
/// every device and analyst sees the same gap-free stream of events.
///
/// Without a subcommand it serves.
#[derive(Debug, Parser)]
#[command(name = "cartstream", version)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Subcommand>,
    #[command(flatten)]
    pub(crate) serving: Serving,
    #[command(flatten)]
    pub(crate) connections: Connections,
    #[command(flatten)]
    pub(crate) logging: Logging,
}

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Subcommand {
    /// Create the topics and tables; safe to repeat.
    Migrate(Plan),
    /// Bring in what another shop has.
    Import {
        #[command(subcommand)]
        what: Imported,
    },
    /// Put a load on a running shop and tell how it did.
    Bench(BenchArgs),
    /// Serve the HTTP layer alone, for `bench --ceiling`.
    #[command(hide = true)]
    BenchCeiling,
    /// Move every cart and the catalog from one set of engines into another.
    Move(Box<MoveArgs>),
    /// Write what there is to a file.
    Export {
        #[command(subcommand)]
        what: Exported,
    },
    /// Prove that each cart is what its events tell.
    Verify(VerifyArgs),
    /// Run the real Kafka and Cassandra servers on this machine, without Docker.
    Engines(EnginesArgs),
}

/// What to serve.
#[derive(Debug, Args)]
pub(crate) struct Serving {
    /// The parts of the product this process runs.
    #[arg(
        long,
        env = "CARTSTREAM_ROLES",
        value_enum,
        value_delimiter = ',',
        default_value = "api,processor,analytics"
    )]
    pub(crate) roles: Vec<Role>,
    /// The address HTTP and WebSocket are served on; the processor alone serves its health there.
    #[arg(long, env = "CARTSTREAM_HTTP", default_value = "127.0.0.1:8080")]
    pub(crate) http: SocketAddr,
    /// The data folder of the embedded engine.
    #[arg(long, env = "CARTSTREAM_DATA", default_value = "cartstream-data", global = true)]
    pub(crate) data: PathBuf,
    /// Where the log and the carts are kept.
    #[arg(long, env = "CARTSTREAM_ENGINE", value_enum, default_value = "embedded", global = true)]
    pub(crate) engine: EngineSet,
    /// Origins whose pages may call the API from a browser; repeat or separate by commas.
    #[arg(long = "cors-origin", env = "CARTSTREAM_CORS_ORIGIN", value_delimiter = ',')]
    pub(crate) cors_origins: Vec<String>,
    /// WebSockets open at a time on this process.
    #[arg(long, env = "CARTSTREAM_MAX_SOCKETS", default_value_t = 20_000)]
    pub(crate) max_sockets: usize,
    /// Seconds a cart is kept after its last change; 24 hours by default.
    #[arg(
        long,
        env = "CARTSTREAM_CART_TTL",
        value_name = "SECONDS",
        default_value_t = 86_400,
        value_parser = clap::value_parser!(u32).range(1..),
        global = true
    )]
    pub(crate) cart_ttl: u32,
}

/// A part of the product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Role {
    /// HTTP, WebSocket and the way in.
    Api,
    /// The carts' single writers.
    Processor,
    /// The downstream consumer of events.
    Analytics,
}

/// The engines behind the log and the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum EngineSet {
    /// One process and a data folder.
    Embedded,
    /// Kafka, and ScyllaDB or Cassandra.
    Kafka,
}

/// How to reach Kafka and the CQL store.
#[derive(Debug, Clone, Args)]
pub(crate) struct Connections {
    /// Kafka's bootstrap servers.
    #[arg(long, env = "CARTSTREAM_KAFKA", default_value = "127.0.0.1:9092", global = true)]
    pub(crate) kafka: String,
    /// A librdkafka setting, as in `--kafka-option security.protocol=SSL`; may be repeated.
    #[arg(long = "kafka-option", value_name = "K=V", value_parser = key_value, global = true)]
    pub(crate) kafka_options: Vec<(String, String)>,
    /// Nodes of the CQL store, separated by commas.
    #[arg(
        long,
        env = "CARTSTREAM_CQL",
        value_delimiter = ',',
        default_value = "127.0.0.1:9042",
        global = true
    )]
    pub(crate) cql: Vec<String>,
    /// The store's user.
    #[arg(long, env = "CARTSTREAM_CQL_USER", requires = "cql_password", global = true)]
    pub(crate) cql_user: Option<String>,
    /// The store's password.
    #[arg(
        long,
        env = "CARTSTREAM_CQL_PASSWORD",
        hide_env_values = true,
        requires = "cql_user",
        global = true
    )]
    pub(crate) cql_password: Option<String>,
    /// A prefix for topics, groups and the keyspace, so that installations can share clusters.
    #[arg(long, env = "CARTSTREAM_NAMESPACE", default_value = "", global = true)]
    pub(crate) namespace: Namespace,
}

impl Connections {
    /// What the Kafka engine is opened with.
    pub(crate) fn kafka_settings(&self) -> KafkaSettings {
        let mut settings = KafkaSettings::new(self.kafka.clone(), self.namespace.clone());
        settings.options.clone_from(&self.kafka_options);
        settings
    }

    /// What the CQL engine is opened with.
    pub(crate) fn cql_settings(&self) -> CqlSettings {
        let mut settings = CqlSettings::new(self.cql.clone(), self.namespace.clone());
        settings.user = self.cql_user.clone().zip(self.cql_password.clone());
        settings
    }
}

fn key_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        Some(_) | None => Err("expected key=value".to_owned()),
    }
}

/// How the process logs.
#[derive(Debug, Args)]
pub(crate) struct Logging {
    /// The form of log lines on standard error.
    #[arg(long, env = "CARTSTREAM_LOG_FORMAT", value_enum, default_value = "human", global = true)]
    pub(crate) log_format: LogFormat,
    /// What is logged, as in `info` or `warn,cart_processor=debug`.
    #[arg(long, env = "CARTSTREAM_LOG", default_value = DEFAULT_FILTER, global = true)]
    pub(crate) log: String,
}

/// The form of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// For reading.
    Human,
    /// One JSON object a line.
    Json,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    fn parse(args: &[&str]) -> Result<Cli, clap::Error> {
        Cli::try_parse_from([&["cartstream"], args].concat())
    }

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_role_runs_by_default() {
        let roles = parse(&[]).unwrap().serving.roles;

        assert_eq!(roles, [Role::Api, Role::Processor, Role::Analytics]);
    }

    #[test]
    fn a_wrong_setting_names_its_flag_and_is_a_usage_error() {
        for (args, flag) in [
            (["--http", "nowhere"], "--http"),
            (["--roles", "api,cook"], "--roles"),
            (["--kafka-option", "novalue"], "--kafka-option"),
            (["--namespace", "Not OK"], "--namespace"),
            (["--engine", "cloud"], "--engine"),
        ] {
            let error = parse(&args).unwrap_err();

            assert!(error.to_string().contains(flag), "{error}");
            assert_eq!(error.exit_code(), 2);
        }
    }
}
