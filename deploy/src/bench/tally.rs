//! What became of the requests, and how long those took that were answered. A failure has no
//! latency: a quick refusal to serve must not improve the figures.

use std::time::Duration;

use hdrhistogram::Histogram;
use hyper::StatusCode;

use super::connection::{AskError, LONGEST};
use super::shopper::Kind;

/// Three digits: a p99 of 12.3 ms is told from one of 12.4.
pub(super) const DIGITS: u8 = 3;
/// An outcome later than this comes too late for a customer.
const DEFINITE_WITHIN: Duration = Duration::from_secs(2);

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// Carried out, or read.
    Done,
    /// A rule said no.
    Refused,
    /// 202: nobody knows yet.
    Pending,
    /// 5xx, too many requests, or no answer.
    Failed,
}

impl Outcome {
    fn of(answer: &Result<StatusCode, AskError>) -> Self {
        match answer {
            Ok(StatusCode::ACCEPTED) => Self::Pending,
            Ok(StatusCode::TOO_MANY_REQUESTS) => Self::Failed,
            Ok(status) if status.is_success() => Self::Done,
            Ok(status) if status.is_client_error() => Self::Refused,
            Ok(_) | Err(_) => Self::Failed,
        }
    }
}

/// Latencies in microseconds, and outcomes.
#[derive(Debug, Clone)]
pub(super) struct Tally {
    /// Of changes done or refused.
    pub(super) changes: Histogram<u64>,
    /// Of reads done or refused.
    pub(super) reads: Histogram<u64>,
    /// Of those told that they ask too much (429), and that there is no room for them (503): how soon
    /// somebody can come back is told apart from how soon somebody is served.
    pub(super) limited: Histogram<u64>,
    pub(super) shed: Histogram<u64>,
    /// Never begun, since it could not be in time.
    pub(super) left_out: u64,
    /// From the first start to the last answer.
    pub(super) took: Duration,
    /// Carried out, or read.
    pub(super) done: u64,
    /// A rule said no.
    pub(super) refused: u64,
    /// 202: nobody knows yet.
    pub(super) pending: u64,
    /// 5xx, too many requests, or no answer.
    pub(super) failed: u64,
    /// Done or refused within 2 s.
    pub(super) definite: u64,
}

impl Tally {
    pub(super) fn new() -> Result<Self, hdrhistogram::CreationError> {
        Ok(Self {
            changes: Histogram::new_with_max(micros(LONGEST), DIGITS)?,
            reads: Histogram::new_with_max(micros(LONGEST), DIGITS)?,
            limited: Histogram::new_with_max(micros(LONGEST), DIGITS)?,
            shed: Histogram::new_with_max(micros(LONGEST), DIGITS)?,
            left_out: 0,
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
        match Outcome::of(answer) {
            Outcome::Done => self.done += 1,
            Outcome::Refused => self.refused += 1,
            Outcome::Pending => return self.pending += 1,
            Outcome::Failed => return self.fail(answer, took),
        }
        self.definite += u64::from(took <= DEFINITE_WITHIN);
        let histogram = match kind {
            Kind::Read => &mut self.reads,
            Kind::Change => &mut self.changes,
        };
        histogram.saturating_record(micros(took));
    }

    fn fail(&mut self, answer: &Result<StatusCode, AskError>, took: Duration) {
        self.failed += 1;
        let turned_away = match answer {
            Ok(StatusCode::TOO_MANY_REQUESTS) => &mut self.limited,
            Ok(StatusCode::SERVICE_UNAVAILABLE) => &mut self.shed,
            Ok(_) | Err(_) => return,
        };
        turned_away.saturating_record(micros(took));
    }

    /// Adds what another connection counted meanwhile.
    pub(super) fn add(&mut self, other: &Self) {
        self.changes += &other.changes;
        self.reads += &other.reads;
        self.limited += &other.limited;
        self.shed += &other.shed;
        self.left_out += other.left_out;
        self.took = self.took.max(other.took);
        self.done += other.done;
        self.refused += other.refused;
        self.pending += other.pending;
        self.failed += other.failed;
        self.definite += other.definite;
    }

    /// Requests with an outcome.
    pub(super) const fn answered(&self) -> u64 {
        self.done + self.refused
    }

    /// Requests meant.
    pub(super) const fn all(&self) -> u64 {
        self.answered() + self.pending + self.failed
    }
}

pub(super) fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUICK: Duration = Duration::from_millis(1);

    fn answers(of: &[Result<StatusCode, AskError>]) -> Tally {
        let mut tally = Tally::new().unwrap();
        for answer in of {
            tally.count(Kind::Change, answer, QUICK);
        }
        tally
    }

    #[test]
    fn every_answer_has_one_outcome() {
        let outcome = |code: u16| Outcome::of(&Ok(StatusCode::from_u16(code).unwrap()));

        assert_eq!([200, 201, 204].map(outcome), [Outcome::Done; 3]);
        assert_eq!([404, 409, 412, 422].map(outcome), [Outcome::Refused; 4]);
        assert_eq!(outcome(202), Outcome::Pending);
        assert_eq!([429, 500, 503].map(outcome), [Outcome::Failed; 3]);
        let refused = AskError::Connect(std::io::ErrorKind::ConnectionRefused.into());
        assert_eq!(Outcome::of(&Err(refused)), Outcome::Failed);
        assert_eq!(Outcome::of(&Err(AskError::Late)), Outcome::Failed);
    }

    #[test]
    fn failures_and_pending_answers_have_no_latency_and_are_not_definite() {
        let busy = Ok(StatusCode::SERVICE_UNAVAILABLE);
        let tally = answers(&[busy, Ok(StatusCode::ACCEPTED), Err(AskError::Late)]);

        assert_eq!((tally.changes.len(), tally.reads.len()), (0, 0));
        assert_eq!((tally.failed, tally.pending, tally.definite), (2, 1, 0));
        assert_eq!((tally.answered(), tally.all()), (0, 3));
    }

    #[test]
    fn who_is_turned_away_is_told_apart_from_other_failures() {
        let codes = [429, 503, 503, 500].map(|code| Ok(StatusCode::from_u16(code).unwrap()));
        let mut whole = Tally::new().unwrap();
        whole.add(&answers(&codes));

        assert_eq!((whole.failed, whole.limited.len(), whole.shed.len()), (4, 1, 2));
        assert_eq!(whole.shed.max(), 1_000);
    }

    #[test]
    fn what_is_done_or_refused_has_a_latency_and_is_definite() {
        let tally = answers(&[Ok(StatusCode::OK), Ok(StatusCode::CONFLICT)]);

        assert_eq!((tally.changes.len(), tally.changes.max()), (2, 1_000));
        assert_eq!((tally.done, tally.refused, tally.definite), (1, 1, 2));
    }

    #[test]
    fn an_outcome_after_two_seconds_is_not_definite() {
        let mut tally = Tally::new().unwrap();

        tally.count(Kind::Read, &Ok(StatusCode::OK), DEFINITE_WITHIN + QUICK);

        assert_eq!((tally.reads.len(), tally.definite), (1, 0));
    }
}
