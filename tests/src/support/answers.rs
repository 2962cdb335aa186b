//! What customers were answered, and when. Knows no promise: it counts.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use reqwest::StatusCode;

/// What was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// A change of a cart.
    Change,
    /// A cart.
    Read,
}

/// What an answer was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Definitive: 200, or a rule said no.
    Definitive,
    /// 202: the status will tell.
    Pending,
    /// 503: nothing was done.
    Unavailable,
    /// Anything else, or no answer at all.
    Failed,
}

impl Kind {
    /// What an answer of this status is.
    #[must_use]
    pub fn of(status: StatusCode) -> Self {
        match status {
            StatusCode::OK => Self::Definitive,
            StatusCode::ACCEPTED => Self::Pending,
            StatusCode::SERVICE_UNAVAILABLE => Self::Unavailable,
            other if other.is_client_error() => Self::Definitive,
            _ => Self::Failed,
        }
    }
}

/// One answer.
#[derive(Debug, Clone, Copy)]
pub struct Answer {
    /// What was asked for.
    pub asked: Asked,
    /// What came.
    pub kind: Kind,
    /// When it was asked.
    pub sent: Instant,
    /// When it came.
    pub came: Instant,
}

impl Answer {
    /// How long it took.
    #[must_use]
    pub fn took(&self) -> Duration {
        self.came - self.sent
    }
}

/// From a command's first attempt until its outcome was known.
#[derive(Debug, Clone, Copy)]
pub struct Settled {
    /// When it was first sent.
    pub begun: Instant,
    /// When its outcome was known.
    pub known: Instant,
}

/// Everything that was answered, in the order it came.
#[derive(Debug, Clone, Default)]
pub struct Book {
    /// Each answer to a change or a read.
    pub answers: Vec<Answer>,
    /// Each command whose outcome is known.
    pub settled: Vec<Settled>,
}

/// What all customers of a trial tell.
#[derive(Debug, Default)]
pub struct Answers(Mutex<Book>);

impl Answers {
    /// Notes an answer that came now.
    pub fn took(&self, asked: Asked, kind: Kind, sent: Instant) {
        let came = Instant::now();
        self.book().answers.push(Answer { asked, kind, sent, came });
    }

    /// Notes that a command's outcome is known now, if it is.
    pub fn settled(&self, begun: Instant, is_known: bool) {
        if is_known {
            let known = Instant::now();
            self.book().settled.push(Settled { begun, known });
        }
    }

    /// A copy of everything so far.
    #[must_use]
    pub fn so_far(&self) -> Book {
        self.book().clone()
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
