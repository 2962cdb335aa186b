//! What every client has in common: settings, log lines, lists of partitions, errors.

use std::time::Duration;

use cart_schemas::partition::Partition;
use cart_schemas::topic::Topic;
use rdkafka::client::ClientContext;
use rdkafka::config::{ClientConfig, RDKafkaLogLevel};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::topic_partition_list::TopicPartitionListElem;
use rdkafka::{Offset, TopicPartitionList};

use super::KafkaSettings;
use crate::log::{LogError, TopicPartition};

/// How long a question may take.
pub(super) const ANSWER: Duration = Duration::from_secs(5);

/// The settings of a client for one purpose.
pub(super) fn config(settings: &KafkaSettings, purpose: &[(&str, &str)]) -> ClientConfig {
    const EVERY_CLIENT: &[(&str, &str)] = &[
        ("client.id", "cartstream"),
        // A silent broker is given up after this, also by the lane that never gives up.
        ("socket.timeout.ms", "10000"),
        ("socket.keepalive.enable", "true"),
        // The default of 10 s would add up to that to every outage.
        ("reconnect.backoff.max.ms", "1000"),
        ("log.connection.close", "false"),
    ];
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", &settings.brokers).set_log_level(RDKafkaLogLevel::Info);
    for (name, value) in EVERY_CLIENT.iter().chain(purpose) {
        config.set(*name, *value);
    }
    config.extend(settings.options.iter().cloned());
    config
}

/// The context of a client without callbacks of interest.
pub(super) struct Quiet;

impl ClientContext for Quiet {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        trace(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        if is_not_let_in(&error) {
            tracing::warn!(error = %error, "kafka does not let us in: {reason}");
        } else {
            tracing::debug!(error = %error, "kafka client: {reason}");
        }
    }
}

impl rdkafka::consumer::ConsumerContext for Quiet {}

/// Whether time will not mend it: to those who ask, it looks as if no broker answered.
fn is_not_let_in(error: &KafkaError) -> bool {
    let code = error.rdkafka_error_code();
    matches!(code, Some(RDKafkaErrorCode::Authentication | RDKafkaErrorCode::SSL))
}

/// Passes a line of librdkafka's log on.
pub(super) fn trace(level: RDKafkaLogLevel, facility: &str, message: &str) {
    match level {
        RDKafkaLogLevel::Emerg | RDKafkaLogLevel::Alert | RDKafkaLogLevel::Critical => {
            tracing::error!(target: "librdkafka", "{facility} {message}");
        }
        RDKafkaLogLevel::Error | RDKafkaLogLevel::Warning => {
            tracing::warn!(target: "librdkafka", "{facility} {message}");
        }
        RDKafkaLogLevel::Notice | RDKafkaLogLevel::Info | RDKafkaLogLevel::Debug => {
            tracing::debug!(target: "librdkafka", "{facility} {message}");
        }
    }
}

/// Starts a thread that blocks where no async task may.
pub(super) fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> Result<(), LogError> {
    let thread = std::thread::Builder::new().name(name.to_owned()).spawn(work);
    thread.map(drop).map_err(|error| LogError::Client(error.into()))
}

/// The topics by name.
#[derive(Debug, Clone)]
pub(super) struct Names(Vec<(Topic, String)>);

impl Names {
    /// The names as the settings have them.
    pub(super) fn new(settings: &KafkaSettings) -> Self {
        let name = |topic: Topic| topic.name(&settings.namespace, settings.generation);
        Self(Topic::ALL.into_iter().map(|topic| (topic, name(topic))).collect())
    }

    /// The name of a topic.
    pub(super) fn of(&self, topic: Topic) -> &str {
        self.0.iter().find(|(known, _)| *known == topic).map_or("", |(_, name)| name)
    }

    /// The partition of this name and number, if it is one of ours.
    pub(super) fn find(&self, name: &str, number: i32) -> Option<TopicPartition> {
        let (topic, _) = self.0.iter().find(|(_, known)| known == name)?;
        let partition = Partition::new(u16::try_from(number).ok()?);
        Some(TopicPartition { topic: *topic, partition })
    }

    /// The list of these partitions with offsets.
    pub(super) fn positions(
        &self,
        positions: impl IntoIterator<Item = (TopicPartition, i64)>,
    ) -> KafkaResult<TopicPartitionList> {
        let mut list = TopicPartitionList::new();
        for (at, offset) in positions {
            self.add(&mut list, at).set_offset(Offset::Offset(offset))?;
        }
        Ok(list)
    }

    /// The list of these partitions.
    pub(super) fn list(
        &self,
        partitions: impl IntoIterator<Item = TopicPartition>,
    ) -> TopicPartitionList {
        let mut list = TopicPartitionList::new();
        for at in partitions {
            self.add(&mut list, at);
        }
        list
    }

    fn add<'a>(
        &self,
        list: &'a mut TopicPartitionList,
        at: TopicPartition,
    ) -> TopicPartitionListElem<'a> {
        list.add_partition(self.of(at.topic), i32::from(at.partition.number()))
    }
}

/// Whether an error says that there is no such topic or partition.
pub(super) fn is_missing(error: &KafkaError) -> bool {
    matches!(
        error.rdkafka_error_code(),
        Some(
            RDKafkaErrorCode::UnknownTopicOrPartition
                | RDKafkaErrorCode::UnknownTopic
                | RDKafkaErrorCode::UnknownPartition
                | RDKafkaErrorCode::InvalidTopic
        )
    )
}

/// What a failed question means.
pub(super) fn unanswered(error: KafkaError, topic: &str) -> LogError {
    if is_missing(&error) {
        LogError::NoTopic(topic.to_owned())
    } else {
        LogError::Unreachable(error.into())
    }
}
