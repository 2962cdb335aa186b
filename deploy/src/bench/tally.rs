//! What became of the requests, and how long they took.

use std::time::Duration;

use hdrhistogram::Histogram;
use hyper::StatusCode;

use super::connection::AskError;
use super::shopper::Kind;

/// Three digits: a p99 of 12.3 ms is told from one of 12.4.
const DIGITS: u8 = 3;
/// Whoever waits longer has gone.
const LONGEST_MICROS: u64 = 60_000_000;
/// An outcome later than this comes too late for a customer.
const DEFINITE_WITHIN: Duration = Duration::from_secs(2);

/// Latencies in microseconds, and outcomes.
#[derive(Debug, Clone)]
pub(super) struct Tally {
    pub(super) changes: Histogram<u64>,
    pub(super) reads: Histogram<u64>,
    pub(super) took: Duration,
    /// Carried out, or read.
    pub(super) done: u64,
    /// A rule said no.
    pub(super) refused: u64,
    /// 202: nobody knows yet.
    pub(super) pending: u64,
    /// 5xx, or no answer.
    pub(super) failed: u64,
    /// Done or refused within 2 s.
    pub(super) definite: u64,
}

impl Tally {
    pub(super) fn new() -> Result<Self, hdrhistogram::CreationError> {
        Ok(Self {
            changes: Histogram::new_with_max(LONGEST_MICROS, DIGITS)?,
            reads: Histogram::new_with_max(LONGEST_MICROS, DIGITS)?,
            took: Duration::ZERO,
            done: 0,
            refused: 0,
            pending: 0,
            failed: 0,
            definite: 0,
        })
    }

    /// Counts an answer that took this long.
    pub(super) fn count(
        &mut self,
        kind: Kind,
        answer: &Result<StatusCode, AskError>,
        took: Duration,
    ) {
        let histogram = match kind {
            Kind::Read => &mut self.reads,
            Kind::Change => &mut self.changes,
        };
        histogram.saturating_record(u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
        let definite = match answer {
            Ok(StatusCode::ACCEPTED) => {
                self.pending += 1;
                false
            }
            Ok(status) if status.is_success() => {
                self.done += 1;
                true
            }
            Ok(status) if status.is_client_error() => {
                self.refused += 1;
                true
            }
            Ok(_) | Err(_) => {
                self.failed += 1;
                false
            }
        };
        self.definite += u64::from(definite && took <= DEFINITE_WITHIN);
    }

    /// Adds what another connection counted.
    pub(super) fn add(&mut self, other: &Self) {
        self.changes += &other.changes;
        self.reads += &other.reads;
        self.done += other.done;
        self.refused += other.refused;
        self.pending += other.pending;
        self.failed += other.failed;
        self.definite += other.definite;
    }

    pub(super) const fn all(&self) -> u64 {
        self.done + self.refused + self.pending + self.failed
    }
}
