//! The log on Apache Kafka, through librdkafka. Nothing outside this module knows either.
//!
//! A producer per [`Lane`], a thread per tail, and one idle client per group for questions.

pub mod admin;
mod client;
mod lane;
mod query;
mod reader;
mod record;
mod tail;

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use cart_schemas::generation::Generation;
use cart_schemas::partition::PartitionCount;
use cart_schemas::topic::{Namespace, Topic};
use tokio::sync::Semaphore;

use crate::log::{
    Ack, AppendError, Bounds, Lane, Log, LogError, NewRecord, Run, Start, TopicPartition,
};
use lane::Appender;
use query::Queries;
pub use tail::KafkaTail;

/// Questions under way at once. Each has a thread, for up to five seconds while Kafka is silent;
/// without a bound those who ask in an outage would take every thread there is, and what waits for
/// one would still be asked long after its end. An answer takes a millisecond, so that these are
/// tens of thousands a second.
const QUESTIONS_AT_ONCE: usize = 64;

/// Whether brokers can be spoken to over TLS and as a user: librdkafka needs OpenSSL for both.
pub const SPEAKS_TLS: bool = cfg!(feature = "kafka-tls");

/// How to reach Kafka.
#[derive(Clone)]
pub struct KafkaSettings {
    /// `host:port` of some brokers, separated by commas.
    pub brokers: String,
    /// Whose topics and groups.
    pub namespace: Namespace,
    /// Which command log.
    pub generation: Generation,
    /// Settings of librdkafka by name, applied last and to every client.
    pub options: Vec<(String, String)>,
    /// When an append of [`Lane::Commands`] or [`Lane::Replies`] gives up. Checked once a second.
    pub append_deadline: Duration,
    /// How long a member of a group may be silent before its partitions go to others.
    pub session: Duration,
}

impl KafkaSettings {
    /// Settings of the first command log, with the usual times.
    #[must_use]
    pub fn new(brokers: impl Into<String>, namespace: Namespace) -> Self {
        Self {
            brokers: brokers.into(),
            namespace,
            generation: Generation::FIRST,
            options: Vec::new(),
            append_deadline: Duration::from_secs(2),
            session: Duration::from_secs(6),
        }
    }
}

impl fmt::Debug for KafkaSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // An option's value may be a password.
        let options: Vec<_> = self.options.iter().map(|(name, _)| name).collect();
        f.debug_struct("KafkaSettings")
            .field("brokers", &self.brokers)
            .field("namespace", &self.namespace)
            .field("generation", &self.generation)
            .field("options", &options)
            .field("append_deadline", &self.append_deadline)
            .field("session", &self.session)
            .finish()
    }
}

/// The log on Kafka. Cheap to clone; its queries need a tokio runtime.
#[derive(Clone)]
pub struct KafkaLog(Arc<Inner>);

struct Inner {
    settings: Arc<KafkaSettings>,
    facts: Arc<Appender>,
    commands: Arc<Appender>,
    replies: Arc<Appender>,
    queries: Arc<Queries>,
    turns: Arc<Semaphore>,
}

impl KafkaLog {
    /// Opens the log. Whether Kafka answers shows later: opening does not wait for it.
    ///
    /// # Errors
    /// A client cannot be made from the settings.
    pub fn open(settings: KafkaSettings) -> Result<Self, LogError> {
        let settings = Arc::new(settings);
        let log = Self(Arc::new(Inner {
            facts: Appender::open(Lane::Facts, &settings)?,
            commands: Appender::open(Lane::Commands, &settings)?,
            replies: Appender::open(Lane::Replies, &settings)?,
            queries: Arc::new(Queries::new(&settings)),
            turns: Arc::new(Semaphore::new(QUESTIONS_AT_ONCE)),
            settings,
        }));
        let appenders = [&log.0.commands, &log.0.facts, &log.0.replies].map(Arc::clone);
        client::spawn("kafka-warm-up", move || appenders.iter().for_each(|lane| lane.warm_up()))?;
        Ok(log)
    }

    fn appender(&self, lane: Lane) -> &Appender {
        match lane {
            Lane::Facts => &self.0.facts,
            Lane::Commands => &self.0.commands,
            Lane::Replies => &self.0.replies,
        }
    }

    /// Asks on a thread that may wait. Who gives up meanwhile leaves the question on its thread,
    /// and its turn with it.
    async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Queries) -> Result<T, LogError> + Send + 'static,
    ) -> Result<T, LogError> {
        let turn = Arc::clone(&self.0.turns).acquire_owned();
        let turn = turn.await.map_err(|closed| LogError::Unreachable(closed.into()))?;
        let queries = Arc::clone(&self.0.queries);
        let asking = tokio::task::spawn_blocking(move || {
            let answer = question(&queries);
            drop(turn);
            answer
        });
        asking.await.unwrap_or_else(|ended| Err(LogError::Unreachable(ended.into())))
    }
}

impl fmt::Debug for KafkaLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("KafkaLog").field(&self.0.settings).finish()
    }
}

impl Log for KafkaLog {
    type Tail = KafkaTail;

    fn append(
        &self,
        lane: Lane,
        to: TopicPartition,
        record: NewRecord,
    ) -> impl Future<Output = Result<Ack, AppendError>> + Send + 'static {
        self.appender(lane).append(to, &record)
    }

    fn append_run(
        &self,
        lane: Lane,
        records: Vec<(TopicPartition, NewRecord)>,
    ) -> impl Future<Output = Run> + Send + 'static {
        self.appender(lane).append_run(&records)
    }

    fn subscribe(&self, group: &str, topic: Topic) -> Result<KafkaTail, LogError> {
        KafkaTail::subscribe(&self.0.settings, group, topic)
    }

    fn assign(&self, starts: Vec<(TopicPartition, Start)>) -> Result<KafkaTail, LogError> {
        KafkaTail::assign(&self.0.settings, starts)
    }

    async fn partitions(&self, topic: Topic) -> Result<PartitionCount, LogError> {
        self.ask(move |queries| queries.partitions(topic)).await
    }

    async fn bounds(&self, at: TopicPartition) -> Result<Bounds, LogError> {
        self.ask(move |queries| queries.bounds(at)).await
    }

    async fn committed(&self, group: &str, at: TopicPartition) -> Result<Option<i64>, LogError> {
        let group = group.to_owned();
        self.ask(move |queries| queries.committed(&group, at)).await
    }
}
