//! Polling: records become batches, errors become events.

use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::Message as _;

use super::shares::Tag;
use super::{BOUNDS, Event, POLL, Reader};
use crate::kafka::{client, query, record};
use crate::log::{LogError, Record, TopicPartition};

/// How much one batch holds: enough to share the cost of a hand-over, little enough to bound
/// what waits in the channel.
const BATCH_RECORDS: usize = 512;
const BATCH_BYTES: usize = 1 << 20;

/// Records as they came, by partition.
#[derive(Default)]
struct Batch {
    partitions: Vec<(TopicPartition, Tag, Vec<Record>)>,
    records: usize,
    bytes: usize,
}

impl Batch {
    fn add(&mut self, at: TopicPartition, tag: Tag, record: Record) {
        self.records += 1;
        self.bytes += record::size(&record);
        match self.partitions.iter_mut().find(|(known, _, _)| *known == at) {
            Some((_, _, records)) => records.push(record),
            None => self.partitions.push((at, tag, vec![record])),
        }
    }

    fn is_full(&self) -> bool {
        self.records >= BATCH_RECORDS || self.bytes >= BATCH_BYTES
    }
}

impl Reader {
    /// Polls once, then takes what is there already.
    pub(super) fn take_in(&mut self) {
        let mut batch = Batch::default();
        let mut errors = Vec::new();
        let mut polled = self.consumer.poll(POLL);
        // No result is no proof of an empty queue: callbacks give none either.
        while let Some(result) = polled {
            match result {
                Ok(message) => {
                    let at = self.names.find(message.topic(), message.partition());
                    let passed =
                        at.and_then(|at| Some((at, self.shares.pass(at, message.offset())?)));
                    if let Some((at, tag)) = passed {
                        batch.add(at, tag, record::incoming(&message));
                    }
                }
                Err(error) => errors.push(error),
            }
            if batch.is_full() {
                break;
            }
            polled = self.consumer.poll(std::time::Duration::ZERO);
        }
        for (at, tag, records) in batch.partitions {
            self.outbox.push(Event::Records(at, tag, records));
        }
        for error in errors {
            self.report(error);
        }
    }

    fn report(&mut self, error: KafkaError) {
        let code = error.rdkafka_error_code();
        let fatal = matches!(error, KafkaError::MessageConsumptionFatal(_));
        if fatal || code == Some(RDKafkaErrorCode::Fatal) {
            self.outbox.end(LogError::Fatal(error.into()));
        } else if matches!(
            code,
            Some(RDKafkaErrorCode::AutoOffsetReset | RDKafkaErrorCode::OffsetOutOfRange)
        ) {
            // This partition stands until it is rewound; the others go on.
            let outside = self.outside();
            self.outbox.push(Event::Trouble(LogError::OutOfRange(outside)));
        } else {
            self.outbox.trouble(client::unanswered(error, &self.subject));
        }
    }

    /// Which partitions are to go on at an offset the log does not hold: librdkafka's error does
    /// not say.
    fn outside(&self) -> String {
        let bounds = |at| query::bounds(&self.consumer, &self.names, at, BOUNDS);
        let outside = self.shares.positions().into_iter().filter_map(|(at, next)| {
            let bounds = bounds(at).ok()?;
            let (topic, partition) = (self.names.of(at.topic), at.partition);
            (next < bounds.start || next > bounds.end).then(|| {
                format!("{topic} [{partition}] ({next} is not in {}..{})", bounds.start, bounds.end)
            })
        });
        let outside: Vec<_> = outside.collect();
        if outside.is_empty() { self.subject.clone() } else { outside.join(", ") }
    }
}
