//! What other threads and librdkafka's callbacks report, queued for the reader's loop.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use rdkafka::TopicPartitionList;
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer as _, ConsumerContext};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::types::RDKafkaRespErr;

use crate::kafka::client::{self, Names};
use crate::log::TopicPartition;

/// A report.
#[derive(Debug)]
pub(super) enum Signal {
    /// The group gives us partitions.
    Assign(Vec<TopicPartition>),
    /// The group takes partitions back.
    Revoke(Vec<TopicPartition>),
    /// The group has given partitions away already.
    Lost(Vec<TopicPartition>),
    /// A commit ended.
    Commit(KafkaResult<()>),
}

/// The reports not yet acted on.
pub(super) struct Signals {
    names: Names,
    queue: Mutex<VecDeque<Signal>>,
    closing: AtomicBool,
}

impl Signals {
    pub(super) fn new(names: Names) -> Self {
        Self { names, queue: Mutex::default(), closing: AtomicBool::new(false) }
    }

    /// The oldest report.
    pub(super) fn next(&self) -> Option<Signal> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }

    /// From here on nobody asks for reports: rebalances are answered on the spot.
    pub(super) fn close(&self) {
        self.closing.store(true, Ordering::Release);
    }

    /// Queues a report.
    pub(super) fn report(&self, signal: Signal) {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).push_back(signal);
    }
}

impl ClientContext for Signals {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        client::trace(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(%error, "kafka consumer: {reason}");
    }
}

impl ConsumerContext for Signals {
    fn rebalance(
        &self,
        consumer: &BaseConsumer<Self>,
        kind: RDKafkaRespErr,
        partitions: &mut TopicPartitionList,
    ) {
        if self.closing.load(Ordering::Acquire) {
            let all = consumer.assignment().unwrap_or_default();
            if let Err(error) = consumer.incremental_unassign(&all) {
                tracing::warn!(%error, "kafka consumer cannot give up its partitions");
            }
            return;
        }
        let elements = partitions.elements();
        let ours = elements.iter().filter_map(|e| self.names.find(e.topic(), e.partition()));
        let named = ours.collect();
        self.report(if kind == RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS {
            Signal::Assign(named)
        } else if consumer.assignment_lost() {
            Signal::Lost(named)
        } else {
            Signal::Revoke(named)
        });
    }
}
