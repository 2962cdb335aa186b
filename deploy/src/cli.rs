//! The command line and the environment. clap checks each setting and names the flag when one is
//! wrong; nothing else in the workspace reads the environment.

mod access;
mod connections;
mod limits;
mod operations;
mod shop;
mod tls;
mod tools;
mod traces;
mod webhooks;

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;

use cart_api::{LiveUrl, Share, ShopSecret};
use clap::error::ErrorKind;
use clap::{Args, CommandFactory as _, Parser, ValueEnum};

use crate::answer::Form;
use crate::bench::BenchArgs;
use crate::logging::DEFAULT_FILTER;
use crate::version::VERSION;
pub(crate) use access::AccessArgs;
pub(crate) use connections::Connections;
pub(crate) use limits::LimitArgs;
pub(crate) use operations::{
    ActsArgs, EnginesAction, EnginesArgs, EventsArgs, Exported, FileFormat, ImportArgs, Imported,
    MoveArgs, Plan, ToolArgs, VerifyArgs, Words,
};
pub(crate) use shop::ShopArgs;
pub(crate) use tls::TlsArgs;
pub(crate) use tools::{
    AnalyticsAction, ConfigAction, CountArgs, Inspected, KeysAction, LettersAction, ReplayArgs,
};
pub(crate) use traces::TraceArgs;
pub(crate) use webhooks::WebhookArgs;

/// A shopping-cart service: every change is a command on a log, every cart has one writer, and
/// every device and analyst sees the same gap-free stream of events.
///
/// Without a subcommand it serves.
#[derive(Debug, Parser)]
#[command(name = "cartstream", version = VERSION)]
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

impl Cli {
    /// Reads the command line and the environment.
    ///
    /// # Errors
    /// Something there is wrong; says which setting.
    pub(crate) fn read(args: impl IntoIterator<Item = OsString>) -> Result<Self, clap::Error> {
        let mut cli = Self::try_parse_from(args)?;
        let wrong = |what| Self::command().error(ErrorKind::ValueValidation, what);
        cli.connections.settle().map_err(wrong)?;
        Ok(cli)
    }
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
    /// Write out what there is.
    Export {
        #[command(subcommand)]
        what: Exported,
    },
    /// Prove that each cart is what its events tell.
    Verify(VerifyArgs),
    /// Look at dead letters, and have them decided again.
    #[command(name = "dlq")]
    Letters {
        #[command(subcommand)]
        action: LettersAction,
    },
    /// Look at one thing, whole.
    Inspect {
        #[command(subcommand)]
        what: Inspected,
    },
    /// Tell how many commands wait for a processor, and for how long.
    Lag(Form),
    /// Count what became of carts.
    Analytics {
        #[command(subcommand)]
        action: AnalyticsAction,
    },
    /// Fill a fresh data folder with the days of a shop that never was.
    SimulateShop(ShopArgs),
    /// Look at the settings.
    Config {
        #[command(subcommand)]
        action: ConfigAction,
    },
    /// Make the API key of a service.
    Keys {
        #[command(subcommand)]
        action: KeysAction,
    },
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
    #[command(flatten)]
    pub(crate) tls: TlsArgs,
    #[command(flatten)]
    pub(crate) access: AccessArgs,
    #[command(flatten)]
    pub(crate) limits: LimitArgs,
    /// Origins whose pages may call the API from a browser; repeat or separate by commas.
    #[arg(long = "cors-origin", env = "CARTSTREAM_CORS_ORIGIN", value_delimiter = ',')]
    pub(crate) cors_origins: Vec<String>,
    /// WebSockets open at a time on this process.
    #[arg(long, env = "CARTSTREAM_MAX_SOCKETS", default_value_t = 20_000)]
    pub(crate) max_sockets: usize,
    /// Whose sockets this process has: of every so many partitions one, as in 2/4. It then reads only their
    /// events; docs/scale.md.
    #[arg(long, env = "CARTSTREAM_SHARE", default_value_t = Share::WHOLE, value_name = "N/OF")]
    pub(crate) share: Share,
    /// Where the sockets of each share are, as `wss://live-{share}.shop.example`; /api/cart/…/route tells it.
    #[arg(long, env = "CARTSTREAM_LIVE_URL", value_name = "URL")]
    pub(crate) live_url: Option<LiveUrl>,
    /// What an inventory service signs its deliveries to /hooks/stock with, as in whsec_…, or TENANT=whsec_…
    /// for another shop than the default one; repeat or separate by commas. A shop without one has no such
    /// route. Better in the environment than on the command line.
    #[arg(
        long,
        env = "CARTSTREAM_STOCK_WEBHOOK_SECRET",
        value_name = "SECRET",
        value_delimiter = ',',
        hide_env_values = true
    )]
    pub(crate) stock_webhook_secret: Vec<ShopSecret>,
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
    /// A file of what each shop allows and when its carts are told to be abandoned or expire; the
    /// form is in docs/policies.md.
    #[arg(long, env = "CARTSTREAM_POLICIES", value_name = "FILE", global = true)]
    pub(crate) policies: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) webhooks: WebhookArgs,
    #[command(flatten)]
    pub(crate) traces: TraceArgs,
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
    use super::*;

    fn parse(args: &[&str]) -> Result<Cli, clap::Error> {
        Cli::read([&["cartstream"], args].concat().into_iter().map(OsString::from))
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
            (["--otlp", "https://collector:4318"], "--otlp"),
            (["--otlp-one-in", "0"], "--otlp-one-in"),
        ] {
            let error = parse(&args).unwrap_err();

            assert!(error.to_string().contains(flag), "{error}");
            assert_eq!(error.exit_code(), 2);
        }
    }

    #[test]
    fn a_secret_that_is_none_is_a_usage_error_which_names_its_flag() {
        let secret = |text| parse(&["--stock-webhook-secret", text]);

        let error = secret("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap_err();
        assert!(error.to_string().contains("--stock-webhook-secret"), "{error}");
        assert_eq!(error.exit_code(), 2);
        let several =
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw,acme=whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        assert_eq!(secret(several).unwrap().serving.stock_webhook_secret.len(), 2);
    }

    #[test]
    fn a_user_and_a_password_find_each_other_across_the_subcommand() {
        for args in [
            ["--cql-user", "shop", "lag", "--cql-password", "x"],
            ["--cql-password", "x", "lag", "--cql-user", "shop"],
        ] {
            let settings = parse(&args).unwrap().connections.cql_settings();

            assert_eq!(settings.user, Some(("shop".to_owned(), "x".to_owned())));
        }
    }

    #[test]
    fn a_user_without_a_password_is_a_usage_error_and_so_is_the_reverse() {
        for args in [["--cql-user", "shop", "lag"], ["lag", "--cql-password", "hunter2"]] {
            let error = parse(&args).unwrap_err();

            let text = error.to_string();
            assert!(text.contains("--cql-user") && text.contains("--cql-password"), "{text}");
            assert!(!text.contains("hunter2"), "{text}");
            assert_eq!(error.exit_code(), 2);
        }
    }

    #[test]
    fn a_benchmark_is_of_requests_unless_it_names_sockets() {
        let is_bench =
            |args: &[&str]| matches!(parse(args).unwrap().command, Some(Subcommand::Bench(_)));

        assert!(is_bench(&["bench", "--rate", "5", "--sockets", "7"]));
        assert!(is_bench(&["bench", "sockets", "--connections", "9", "--shop", "a:1,b:2"]));
        for args in [
            &["bench", "sockets"][..],
            &["bench", "sockets", "--connections", "0"],
            &["bench", "sockets", "--connections", "9", "--rate", "0"],
            &["bench", "sockets", "--connections", "9", "--shop", "https://a"],
            &["bench", "--rate", "5", "sockets", "--connections", "9"],
        ] {
            assert_eq!(parse(args).unwrap_err().exit_code(), 2, "{args:?}");
        }
    }

    #[test]
    fn one_local_engine_is_stopped_by_its_name() {
        let command = parse(&["engines", "stop", "kafka", "--kill"]).unwrap().command;

        let Some(Subcommand::Engines(args)) = command else { panic!("{command:?}") };
        let kafka = Some(crate::engines::Engine::Kafka);
        assert!(
            matches!(args.action, EnginesAction::Stop { engine, kill: true } if engine == kafka),
            "{:?}",
            args.action
        );
    }
}
