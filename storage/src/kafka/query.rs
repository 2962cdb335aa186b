//! Questions about topics, partitions and groups. They block, for at most five seconds each.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use cart_schemas::partition::PartitionCount;
use cart_schemas::topic::Topic;
use rdkafka::Offset;
use rdkafka::consumer::{BaseConsumer, Consumer as _, ConsumerContext};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::metadata::MetadataTopic;

use super::KafkaSettings;
use super::client::{self, ANSWER, Names, Quiet};
use crate::log::{Bounds, LogError, TopicPartition};

/// The pause between two tries.
const AGAIN: Duration = Duration::from_millis(50);

type Client = Arc<BaseConsumer<Quiet>>;

/// The clients that ask: one per group asked about, and one without a group.
pub(super) struct Queries {
    settings: Arc<KafkaSettings>,
    names: Names,
    clients: Mutex<HashMap<Option<String>, Client>>,
}

impl Queries {
    pub(super) fn new(settings: &Arc<KafkaSettings>) -> Self {
        Self {
            settings: Arc::clone(settings),
            names: Names::new(settings),
            clients: Mutex::default(),
        }
    }

    /// How many partitions a topic has.
    pub(super) fn partitions(&self, topic: Topic) -> Result<PartitionCount, LogError> {
        let name = self.names.of(topic);
        let client = self.client(None)?;
        let count = patiently(ANSWER, |left| {
            let metadata = client.fetch_metadata(Some(name), left)?;
            let found = metadata.topics().iter().find(|listed| listed.name() == name);
            let error = found.and_then(MetadataTopic::error);
            error.map_or(Ok(()), |error| Err(KafkaError::MetadataFetch(error.into())))?;
            Ok(found.map_or(0, |listed| listed.partitions().len()))
        });
        let count = count.map_err(|error| client::unanswered(error, name))?;
        let count = u16::try_from(count).ok().and_then(PartitionCount::new);
        count.ok_or_else(|| LogError::NoTopic(name.to_owned()))
    }

    /// What a partition holds.
    pub(super) fn bounds(&self, at: TopicPartition) -> Result<Bounds, LogError> {
        bounds(&*self.client(None)?, &self.names, at, ANSWER)
    }

    /// What a group has committed.
    pub(super) fn committed(
        &self,
        group: &str,
        at: TopicPartition,
    ) -> Result<Option<i64>, LogError> {
        let client = self.client(Some(self.settings.namespace.name(group)))?;
        let offset = patiently(ANSWER, |left| {
            let answer = client.committed_offsets(self.names.list([at]), left)?;
            let found = answer.elements().into_iter().next();
            found.map_or(Ok(Offset::Invalid), |found| found.error().map(|()| found.offset()))
        });
        let name = self.names.of(at.topic);
        let offset = offset.map_err(|error| client::unanswered(error, name))?;
        Ok(if let Offset::Offset(offset) = offset { Some(offset) } else { None })
    }

    fn client(&self, group: Option<String>) -> Result<Client, LogError> {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(&group) {
            // Nobody else takes its log lines and errors off its queue.
            while client.poll(Duration::ZERO).is_some() {}
            return Ok(Arc::clone(client));
        }
        let mut purpose = vec![("isolation.level", "read_uncommitted")];
        purpose.extend(group.as_deref().map(|group| ("group.id", group)));
        let client: BaseConsumer<Quiet> = client::config(&self.settings, &purpose)
            .create_with_context(Quiet)
            .map_err(|error| LogError::Client(error.into()))?;
        let client = Arc::new(client);
        clients.insert(group, Arc::clone(&client));
        Ok(client)
    }
}

/// What a partition holds, asked of the broker through any consumer.
pub(super) fn bounds<C: ConsumerContext>(
    consumer: &BaseConsumer<C>,
    names: &Names,
    at: TopicPartition,
    limit: Duration,
) -> Result<Bounds, LogError> {
    let (name, number) = (names.of(at.topic), i32::from(at.partition.number()));
    let asked = patiently(limit, |left| consumer.fetch_watermarks(name, number, left));
    match asked {
        Ok((start, end)) => Ok(Bounds { start, end }),
        Err(error) => Err(client::unanswered(error, &format!("{name} [{number}]"))),
    }
}

/// Asks again while the answer is only that the leader or the coordinator is elsewhere by now.
fn patiently<T>(
    limit: Duration,
    mut ask: impl FnMut(Duration) -> KafkaResult<T>,
) -> KafkaResult<T> {
    let deadline = Instant::now() + limit;
    loop {
        let answer = ask(deadline.saturating_duration_since(Instant::now()));
        let again = answer.as_ref().err().is_some_and(is_passing);
        if !again || Instant::now() + AGAIN > deadline {
            return answer;
        }
        std::thread::park_timeout(AGAIN);
    }
}

fn is_passing(error: &KafkaError) -> bool {
    matches!(
        error.rdkafka_error_code(),
        Some(
            RDKafkaErrorCode::NotLeaderForPartition
                | RDKafkaErrorCode::LeaderNotAvailable
                | RDKafkaErrorCode::ReplicaNotAvailable
                | RDKafkaErrorCode::FencedLeaderEpoch
                | RDKafkaErrorCode::UnknownLeaderEpoch
                | RDKafkaErrorCode::OffsetNotAvailable
                | RDKafkaErrorCode::NotCoordinator
                | RDKafkaErrorCode::CoordinatorNotAvailable
                | RDKafkaErrorCode::CoordinatorLoadInProgress
                | RDKafkaErrorCode::WaitingForCoordinator
                | RDKafkaErrorCode::BrokerTransportFailure
        )
    )
}
