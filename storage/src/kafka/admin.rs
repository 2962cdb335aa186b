//! Making and dropping the topics.

use std::sync::Arc;
use std::time::Duration;

use cart_schemas::partition::PartitionCount;
use cart_schemas::topic::{Cleanup, FACT_BYTES_MAX, Topic};
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication, TopicResult};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::metadata::{Metadata, MetadataTopic};

use super::KafkaSettings;
use super::client::{self, ANSWER, Quiet};
use crate::log::Source;

/// How long making or deleting topics may take.
const CHANGE: Duration = Duration::from_secs(30);

/// The partitions of a new command log if nobody says otherwise.
const PARTITIONS: PartitionCount = match PartitionCount::new(4) {
    Some(count) => count,
    None => panic!("4 is a count"),
};

/// How the topics are to be.
#[derive(Debug, Clone, Copy)]
pub struct TopicPlan {
    /// How many partitions the command log and its companions have; `None` keeps what exists and
    /// gives a new one 4.
    pub partitions: Option<PartitionCount>,
    /// How many brokers hold each record.
    pub replication: u16,
    /// How many of them must have it before it is acknowledged.
    pub min_insync: u16,
}

/// The topics are not as they should be.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// A client could not be made from the settings.
    #[error("the log's client cannot be made")]
    Client(#[source] Source),
    /// Kafka did not answer.
    #[error("kafka does not answer")]
    Unreachable(#[source] Source),
    /// A topic has another number of partitions.
    #[error(
        "the topic {topic} has {exists} partitions, not {planned}; a partition count never \
         changes: begin a new generation instead"
    )]
    PartitionCount {
        /// Which.
        topic: String,
        /// How many it has.
        exists: usize,
        /// How many it should have.
        planned: usize,
    },
    /// Kafka refused to make or delete a topic.
    #[error("kafka refuses to change the topic {topic}")]
    Refused {
        /// Which.
        topic: String,
        /// Why.
        #[source]
        source: Source,
    },
}

/// Makes the topics that do not exist and tells their names. It may be repeated: a topic that
/// exists stays as it is.
///
/// # Errors
/// Kafka does not answer or refuses, or a topic has another number of partitions than planned.
pub async fn migrate(settings: &KafkaSettings, plan: TopicPlan) -> Result<Vec<String>, AdminError> {
    let admin = Admin::open(settings)?;
    let exists = admin.partitions().await?;
    let count = partition_count(&exists, plan.partitions)?;
    let absent: Vec<_> = exists.iter().filter(|found| found.partitions == 0).collect();
    let configs: Vec<_> = absent.iter().map(|found| config(found.topic, plan)).collect();
    let replication = i32::from(plan.replication);
    let wanted: Vec<_> = absent
        .iter()
        .zip(&configs)
        .map(|(found, config)| NewTopic {
            name: &found.name,
            num_partitions: if found.topic.is_partitioned() { i32::from(count.get()) } else { 1 },
            replication: TopicReplication::Fixed(replication),
            config: config.iter().map(|(name, value)| (*name, value.as_str())).collect(),
        })
        .collect();
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let made = admin.client.create_topics(&wanted, &options()).await;
    check(made.map_err(unreachable)?, RDKafkaErrorCode::TopicAlreadyExists)?;
    admin.wait_until_all_exist().await?;
    Ok(absent.into_iter().map(|found| found.name.clone()).collect())
}

/// The names of the topics that do not exist.
///
/// # Errors
/// Kafka does not answer.
pub async fn missing(settings: &KafkaSettings) -> Result<Vec<String>, AdminError> {
    let exists = Admin::open(settings)?.partitions().await?;
    Ok(exists.into_iter().filter(|found| found.partitions == 0).map(|found| found.name).collect())
}

/// What there is to make topics on, and how those there are were made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cluster {
    /// How many brokers answer; a record can have no more copies.
    pub brokers: usize,
    /// How many copies the namespace's topics have; `None` if there are no topics.
    pub replication: Option<u16>,
}

/// Looks at the brokers and at the namespace's topics.
///
/// # Errors
/// Kafka does not answer.
pub async fn cluster(settings: &KafkaSettings) -> Result<Cluster, AdminError> {
    let metadata = Admin::open(settings)?.metadata().await?;
    let ours = |name: &str| Topic::ALL.iter().any(|topic| topic.owns(&settings.namespace, name));
    let mut topics = metadata.topics().iter().filter(|listed| ours(listed.name()));
    let copies = topics.find_map(|listed| Some(listed.partitions().first()?.replicas().len()));
    let replication = copies.and_then(|copies| u16::try_from(copies).ok());
    Ok(Cluster { brokers: metadata.brokers().len(), replication })
}

/// Deletes the namespace's topics of every generation with all they hold.
///
/// # Errors
/// Kafka does not answer or refuses.
pub async fn drop_all(settings: &KafkaSettings) -> Result<(), AdminError> {
    let admin = Admin::open(settings)?;
    let metadata = admin.metadata().await?;
    let ours = |name: &&str| Topic::ALL.iter().any(|topic| topic.owns(&settings.namespace, name));
    let names: Vec<_> = metadata.topics().iter().map(MetadataTopic::name).filter(ours).collect();
    if names.is_empty() {
        return Ok(());
    }
    let deleted = admin.client.delete_topics(&names, &options()).await;
    check(deleted.map_err(unreachable)?, RDKafkaErrorCode::UnknownTopicOrPartition)
}

/// A topic and what Kafka has of it.
struct Found {
    topic: Topic,
    name: String,
    /// How many partitions it has; 0 if it does not exist.
    partitions: usize,
    /// How many of them can be used.
    led: usize,
}

struct Admin {
    client: Arc<AdminClient<Quiet>>,
    settings: KafkaSettings,
}

impl Admin {
    fn open(settings: &KafkaSettings) -> Result<Self, AdminError> {
        let client = client::config(settings, &[]).create_with_context(Quiet);
        let client = client.map_err(|error| AdminError::Client(error.into()))?;
        Ok(Self { client: Arc::new(client), settings: settings.clone() })
    }

    async fn metadata(&self) -> Result<Metadata, AdminError> {
        let client = Arc::clone(&self.client);
        let asked =
            tokio::task::spawn_blocking(move || client.inner().fetch_metadata(None, ANSWER));
        let answer = asked.await.map_err(|ended| AdminError::Unreachable(ended.into()))?;
        answer.map_err(unreachable)
    }

    /// What there is of every topic.
    async fn partitions(&self) -> Result<Vec<Found>, AdminError> {
        let metadata = self.metadata().await?;
        let found = |topic: Topic| {
            let name = topic.name(&self.settings.namespace, self.settings.generation);
            let listed = metadata.topics().iter().find(|listed| listed.name() == name);
            let partitions = listed.map_or(&[][..], MetadataTopic::partitions);
            let led = partitions.iter().filter(|partition| partition.leader() >= 0).count();
            Found { topic, name, partitions: partitions.len(), led }
        };
        Ok(Topic::ALL.into_iter().map(found).collect())
    }

    async fn wait_until_all_exist(&self) -> Result<(), AdminError> {
        let all_exist = async {
            while self.partitions().await?.iter().any(|found| found.led == 0) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            Ok(())
        };
        let waited = tokio::time::timeout(CHANGE, all_exist).await;
        waited.unwrap_or_else(|elapsed| Err(AdminError::Unreachable(elapsed.into())))
    }
}

/// The count for the partitioned topics: all have the same.
fn partition_count(
    exists: &[Found],
    planned: Option<PartitionCount>,
) -> Result<PartitionCount, AdminError> {
    let present =
        exists.iter().filter(|found| found.topic.is_partitioned() && found.partitions > 0);
    let first = present.clone().next();
    let kept = first.and_then(|found| u16::try_from(found.partitions).ok());
    let count = planned.or_else(|| kept.and_then(PartitionCount::new)).unwrap_or(PARTITIONS);
    let planned = usize::from(count.get());
    match present.clone().find(|found| found.partitions != planned) {
        Some(Found { name, partitions, .. }) => {
            Err(AdminError::PartitionCount { topic: name.clone(), exists: *partitions, planned })
        }
        None => Ok(count),
    }
}

/// The settings of a new topic.
fn config(topic: Topic, plan: TopicPlan) -> Vec<(&'static str, String)> {
    let mut config = vec![
        ("compression.type", "lz4".to_owned()),
        // A record's time is the log's: the same for every reader, and no client's clock.
        ("message.timestamp.type", "LogAppendTime".to_owned()),
        ("min.insync.replicas", plan.min_insync.to_string()),
        ("unclean.leader.election.enable", "false".to_owned()),
    ];
    match topic.cleanup() {
        Cleanup::Compact => config.push(("cleanup.policy", "compact".to_owned())),
        Cleanup::Delete { retention_ms } => {
            config.push(("cleanup.policy", "delete".to_owned()));
            config.push(("retention.ms", retention_ms.to_string()));
        }
    }
    let are_facts = match topic {
        Topic::Events
        | Topic::CommandsDeadLetters
        | Topic::InventoryDeadLetters
        | Topic::Analytics => true,
        Topic::Commands
        | Topic::Replies
        | Topic::Products
        | Topic::InventoryCommands
        | Topic::InventoryLevels => false,
    };
    if are_facts {
        config.push(("max.message.bytes", FACT_BYTES_MAX.to_string()));
    }
    if topic == Topic::Replies {
        // Only a closed segment is deleted, and one stays open for a week otherwise.
        config.push(("segment.ms", "600000".to_owned()));
    }
    config
}

fn options() -> AdminOptions {
    AdminOptions::new().operation_timeout(Some(CHANGE)).request_timeout(Some(CHANGE * 2))
}

fn unreachable(error: KafkaError) -> AdminError {
    AdminError::Unreachable(error.into())
}

/// The first refusal, but for the one that says there is nothing to do.
fn check(results: Vec<TopicResult>, done: RDKafkaErrorCode) -> Result<(), AdminError> {
    let refused = results.into_iter().filter_map(Result::err).find(|(_, code)| *code != done);
    refused.map_or(Ok(()), |(topic, code)| Err(AdminError::Refused { topic, source: code.into() }))
}
