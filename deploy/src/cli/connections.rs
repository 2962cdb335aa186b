//! How the command line says where Kafka and the CQL store are. Opens neither.

mod cql;
mod kafka;
mod password;

use cart_schemas::topic::Namespace;
use cart_storage::cql::CqlSettings;
use cart_storage::kafka::KafkaSettings;
use clap::Args;

use self::cql::CqlAccess;
use self::kafka::KafkaAccess;

/// How to reach Kafka and the CQL store.
#[derive(Debug, Clone, Args)]
pub(crate) struct Connections {
    /// Kafka's bootstrap servers.
    #[arg(long, env = "CARTSTREAM_KAFKA", default_value = "127.0.0.1:9092", global = true)]
    pub(crate) kafka: String,
    #[command(flatten)]
    kafka_access: Box<KafkaAccess>,
    /// A librdkafka setting, as in `--kafka-option socket.nagle.disable=true`; may be repeated. What is said
    /// here counts last.
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
    #[command(flatten)]
    cql_access: Box<CqlAccess>,
    /// A prefix for topics, groups and the keyspace, so that installations can share clusters.
    #[arg(long, env = "CARTSTREAM_NAMESPACE", default_value = "", global = true)]
    pub(crate) namespace: Namespace,
}

impl Connections {
    /// Reads the files that are named, and says whether what is set goes together. clap's `requires` looks
    /// at one level of subcommands at a time: a user named before the subcommand and a password in the
    /// environment would not find each other.
    ///
    /// # Errors
    /// Says what is lacking, or too much, or cannot be read.
    pub(super) fn settle(&mut self) -> Result<(), String> {
        self.kafka_access.settle(&self.kafka_options)?;
        self.cql_access.settle()
    }

    /// What the Kafka engine is opened with.
    pub(crate) fn kafka_settings(&self) -> KafkaSettings {
        let mut settings = KafkaSettings::new(self.kafka.clone(), self.namespace.clone());
        settings.options = self.kafka_access.options();
        settings.options.extend(self.kafka_options.iter().cloned());
        settings
    }

    /// What the CQL engine is opened with.
    pub(crate) fn cql_settings(&self) -> CqlSettings {
        let mut settings = CqlSettings::new(self.cql.clone(), self.namespace.clone());
        self.cql_access.put(&mut settings);
        settings
    }
}

fn key_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        Some(_) | None => Err("expected key=value".to_owned()),
    }
}
