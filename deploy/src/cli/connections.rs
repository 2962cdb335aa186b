//! How the command line says where Kafka and the CQL store are. Opens neither.

use cart_schemas::topic::Namespace;
use cart_storage::cql::CqlSettings;
use cart_storage::kafka::KafkaSettings;
use clap::Args;

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
    /// The store's user; needs a password, too.
    #[arg(long, env = "CARTSTREAM_CQL_USER", global = true)]
    pub(crate) cql_user: Option<String>,
    /// The store's password; needs a user, too.
    #[arg(long, env = "CARTSTREAM_CQL_PASSWORD", hide_env_values = true, global = true)]
    pub(crate) cql_password: Option<String>,
    /// A prefix for topics, groups and the keyspace, so that installations can share clusters.
    #[arg(long, env = "CARTSTREAM_NAMESPACE", default_value = "", global = true)]
    pub(crate) namespace: Namespace,
}

impl Connections {
    /// Whether the store's user and password go together. clap's `requires` looks at one level of
    /// subcommands at a time: a user named before the subcommand and a password in the environment
    /// would not find each other.
    ///
    /// # Errors
    /// Says which is lacking.
    pub(super) fn check(&self) -> Result<(), &'static str> {
        match (&self.cql_user, &self.cql_password) {
            (Some(_), Some(_)) | (None, None) => Ok(()),
            (Some(_), None) => Err("--cql-user needs --cql-password, by flag or environment"),
            (None, Some(_)) => Err("--cql-password needs --cql-user, by flag or environment"),
        }
    }

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
