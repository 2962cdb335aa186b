//! The producer of one lane: its promise, its errors, and its replacement when it breaks.

use std::future::Future;
use std::sync::{Arc, PoisonError, RwLock, Weak};

use cart_schemas::topic::Topic;
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::{DeliveryFuture, FutureProducer, Producer as _, PurgeConfig};

use super::client::{self, ANSWER, Names};
use super::{KafkaSettings, record};
use crate::log::{Ack, AppendError, Lane, LogError, NewRecord, Run, TopicPartition};

/// Appends to one lane.
pub(super) struct Appender {
    lane: Lane,
    settings: Arc<KafkaSettings>,
    names: Names,
    /// `None` only until opened.
    current: RwLock<Option<Arc<Producer>>>,
}

type Producer = FutureProducer<Watch>;

impl Appender {
    /// Makes the lane's producer. It connects by itself.
    pub(super) fn open(lane: Lane, settings: &Arc<KafkaSettings>) -> Result<Arc<Self>, LogError> {
        let appender = Arc::new(Self {
            lane,
            settings: Arc::clone(settings),
            names: Names::new(settings),
            current: RwLock::new(None),
        });
        appender.renew()?;
        Ok(appender)
    }

    /// Learns where the topics' partitions are, so that the first append need not. Blocks.
    pub(super) fn warm_up(&self) {
        let Some(producer) = self.current() else { return };
        for topic in Topic::ALL {
            let asked = producer.client().fetch_metadata(Some(self.names.of(topic)), ANSWER);
            if let Err(error) = asked {
                tracing::debug!(%error, "kafka lane {:?} is not warm yet", self.lane);
                return;
            }
        }
    }

    /// Appends; queued when this returns, acknowledged when the future resolves.
    pub(super) fn append(
        &self,
        to: TopicPartition,
        new: &NewRecord,
    ) -> impl Future<Output = Result<Ack, AppendError>> + Send + use<> {
        let queued = match self.current() {
            Some(producer) => self.queue(&producer, to, new),
            None => Err(not_queued(KafkaError::Canceled)),
        };
        async move { acknowledged(queued?).await }
    }

    /// Appends in order by one producer: one that breaks takes what comes after with it.
    pub(super) fn append_run(
        &self,
        records: &[(TopicPartition, NewRecord)],
    ) -> impl Future<Output = Run> + Send + use<> {
        let (mut queued, mut failed) = (Vec::with_capacity(records.len()), None);
        let producer = self.current();
        for (to, new) in records {
            let one = match &producer {
                Some(producer) => self.queue(producer, *to, new),
                None => Err(not_queued(KafkaError::Canceled)),
            };
            match one {
                Ok(delivery) => queued.push(acknowledged(delivery)),
                Err(error) => {
                    failed = Some(error);
                    break;
                }
            }
        }
        Run::settle(queued, failed)
    }

    fn queue(
        &self,
        producer: &Producer,
        to: TopicPartition,
        new: &NewRecord,
    ) -> Result<DeliveryFuture, AppendError> {
        let message = record::outgoing(self.names.of(to.topic), to.partition, new);
        producer.send_result(message).map_err(|(error, _)| not_queued(error))
    }

    fn current(&self) -> Option<Arc<Producer>> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Puts a fresh producer in the place of a broken one, or of none. May block for a moment.
    fn renew(self: &Arc<Self>) -> Result<(), LogError> {
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        if current.as_ref().is_some_and(|producer| producer.client().fatal_error().is_none()) {
            return Ok(());
        }
        let deadline = self.settings.append_deadline.as_millis().to_string();
        let producer: Producer = client::config(&self.settings, &promise(self.lane, &deadline))
            .create_with_context(Watch(Arc::downgrade(self)))
            .map_err(|error| LogError::Client(error.into()))?;
        let broken = current.replace(Arc::new(producer));
        drop(current);
        if let Some(broken) = broken {
            tracing::error!("the kafka producer of lane {:?} broke and is replaced", self.lane);
            // What it holds would wait for ever: a broken client sends nothing.
            broken.purge(PurgeConfig::default().queue().inflight());
        }
        Ok(())
    }
}

/// [`cart_schemas::topic::FACT_BYTES_MAX`] as librdkafka wants it.
const FACT_BYTES_MAX: &str = "4194304";

/// What librdkafka is asked to promise on a lane.
fn promise(lane: Lane, deadline_ms: &str) -> Vec<(&'static str, &str)> {
    let mut settings = vec![
        // With 0 and idempotence, librdkafka's thread spins once five requests are in flight.
        ("linger.ms", "1"),
        ("compression.type", "lz4"),
        ("queue.buffering.max.messages", "100000"),
        ("queue.buffering.max.kbytes", "131072"),
    ];
    match lane {
        // Idempotence brings `acks=all`, retries without end and order under them.
        Lane::Facts => settings.extend([
            ("enable.idempotence", "true"),
            ("message.timeout.ms", "0"),
            // What the topics of facts accept; librdkafka refuses more than 1 MB by itself.
            ("message.max.bytes", FACT_BYTES_MAX),
        ]),
        // Commands are appended one by one. With one request under way, those that come meanwhile
        // go together in the next; with five of one partition under way, librdkafka's thread
        // spins. Where a broker is far and leads many partitions, more are set from outside.
        Lane::Commands => settings.extend([
            ("enable.idempotence", "true"),
            ("message.timeout.ms", deadline_ms),
            ("max.in.flight.requests.per.connection", "1"),
        ]),
        Lane::Replies => settings.extend([("acks", "1"), ("message.timeout.ms", deadline_ms)]),
    }
    settings
}

async fn acknowledged(delivery: DeliveryFuture) -> Result<Ack, AppendError> {
    match delivery.await {
        Ok(Ok(delivery)) => Ok(Ack { offset: delivery.offset }),
        Ok(Err((error, _))) => Err(not_acknowledged(error)),
        Err(_) => Err(not_acknowledged(KafkaError::Canceled)),
    }
}

/// What it means that a record could not even be queued.
fn not_queued(error: KafkaError) -> AppendError {
    match error.rdkafka_error_code() {
        Some(RDKafkaErrorCode::QueueFull) => AppendError::Full,
        Some(RDKafkaErrorCode::Fatal) => AppendError::Broken(error.into()),
        _ => AppendError::Refused(error.into()),
    }
}

/// What it means that a queued record was not acknowledged.
fn not_acknowledged(error: KafkaError) -> AppendError {
    if is_broken(&error) {
        AppendError::Broken(error.into())
    } else if client::is_missing(&error) || is_unacceptable(&error) {
        AppendError::Refused(error.into())
    } else {
        AppendError::Unknown(error.into())
    }
}

/// Whether an error only comes from a producer that is broken, or of one that was dropped.
fn is_broken(error: &KafkaError) -> bool {
    let code = error.rdkafka_error_code();
    *error == KafkaError::Canceled
        || matches!(
            code,
            Some(
                RDKafkaErrorCode::Fatal
                    | RDKafkaErrorCode::PurgeQueue
                    | RDKafkaErrorCode::PurgeInflight
                    | RDKafkaErrorCode::OutOfOrderSequenceNumber
                    | RDKafkaErrorCode::UnknownProducerId
                    | RDKafkaErrorCode::InvalidProducerEpoch
                    | RDKafkaErrorCode::Inconsistent
            )
        )
}

/// Whether the broker would answer the same to the same record again.
fn is_unacceptable(error: &KafkaError) -> bool {
    matches!(
        error.rdkafka_error_code(),
        Some(
            RDKafkaErrorCode::MessageSizeTooLarge
                | RDKafkaErrorCode::MessageBatchTooLarge
                | RDKafkaErrorCode::InvalidRecord
                | RDKafkaErrorCode::InvalidTimestamp
                | RDKafkaErrorCode::PolicyViolation
                | RDKafkaErrorCode::TopicAuthorizationFailed
                | RDKafkaErrorCode::ClusterAuthorizationFailed
        )
    )
}

/// Notices when librdkafka may have declared the producer broken.
struct Watch(Weak<Appender>);

impl ClientContext for Watch {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        client::trace(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(%error, "kafka producer: {reason}");
        if is_of_the_network(&error) {
            return;
        }
        // rdkafka does not tell whether the error is fatal, and this is the producer's own
        // thread, for which its end waits.
        let appender = Weak::clone(&self.0);
        let renewed = client::spawn("kafka-renew", move || {
            let renewed = appender.upgrade().map_or(Ok(()), |appender| appender.renew());
            if let Err(error) = renewed {
                tracing::error!(%error, "the kafka producer cannot be replaced");
            }
        });
        if let Err(error) = renewed {
            tracing::error!(%error, "the kafka producer cannot be replaced");
        }
    }
}

/// Whether an error is of the kind that comes with every outage.
fn is_of_the_network(error: &KafkaError) -> bool {
    matches!(
        error.rdkafka_error_code(),
        Some(
            RDKafkaErrorCode::BrokerTransportFailure
                | RDKafkaErrorCode::AllBrokersDown
                | RDKafkaErrorCode::Resolve
                | RDKafkaErrorCode::OperationTimedOut
        )
    )
}

#[cfg(test)]
mod tests {
    use super::FACT_BYTES_MAX;

    #[test]
    fn producers_send_what_the_topics_of_facts_accept() {
        assert_eq!(FACT_BYTES_MAX, cart_schemas::topic::FACT_BYTES_MAX.to_string());
    }
}
