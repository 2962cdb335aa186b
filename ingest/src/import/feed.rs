//! Rows on their way in: many at a time, two of one key never, and an end to waiting. Knows neither
//! what a row brings nor how.

use std::collections::HashSet;
use std::time::Duration;

use futures::StreamExt as _;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::outcome::Outcome;
use super::row::{ReadError, Row, Says};

/// Rows on their way at a time: enough to keep every partition's owner busy, and less than what
/// may wait for an outcome.
const IN_FLIGHT_MAX: usize = 256;
/// How long nothing may come of all that is on its way: an append nobody answered is unsettled for a
/// minute, and a take-over comes on top.
pub const STALLED_AFTER: Duration = Duration::from_secs(90);

/// A row that is done with.
#[derive(Debug)]
pub struct Settled {
    /// The line it begins on.
    pub line: u64,
    /// Bytes of the file up to its end.
    pub read: u64,
    /// What came of it.
    pub outcome: Outcome,
}

/// The rows cannot be brought in.
#[derive(Debug, thiserror::Error)]
pub enum FeedError {
    /// The file cannot be read on. All rows before that are settled.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Nothing came of anything for [`STALLED_AFTER`].
    #[error("nothing came of {waiting} rows for {} s", STALLED_AFTER.as_secs())]
    Stalled {
        /// How many were on their way.
        waiting: usize,
    },
}

/// Rows as they are read.
pub type Rows<T> = mpsc::Receiver<Result<Row<T>, ReadError>>;

/// The rows of a file on their way in. Rows of different keys settle in any order.
pub struct Feed<'a, T, S> {
    rows: Rows<T>,
    key: fn(&T) -> &str,
    send: S,
    in_flight: FuturesUnordered<BoxFuture<'a, (String, Settled)>>,
    /// The keys of those.
    keys: HashSet<String>,
    /// A row that waits for one of its key: were both on their way, either might be first.
    held: Option<Entry<T>>,
    /// Whether there are no more rows, and why if that is no good reason.
    ended: Option<Result<(), ReadError>>,
    /// When something last settled, or was the first to go.
    moved: Instant,
}

struct Entry<T> {
    line: u64,
    read: u64,
    key: String,
    entry: T,
}

impl<T, S> std::fmt::Debug for Feed<'_, T, S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Feed").field("in_flight", &self.in_flight.len()).finish_non_exhaustive()
    }
}

impl<'a, T, S, F> Feed<'a, T, S>
where
    S: Fn(T) -> F,
    F: Future<Output = Outcome> + Send + 'a,
{
    /// Rows, what tells two of them apart, and how one is brought in.
    pub fn new(rows: Rows<T>, key: fn(&T) -> &str, send: S) -> Self {
        Self {
            rows,
            key,
            send,
            in_flight: FuturesUnordered::new(),
            keys: HashSet::new(),
            held: None,
            ended: None,
            moved: Instant::now(),
        }
    }

    /// The next row that is done with; `None` once all are.
    ///
    /// # Errors
    /// See [`FeedError`]; there is nothing after it.
    pub async fn next(&mut self) -> Result<Option<Settled>, FeedError> {
        loop {
            let waits = !self.in_flight.is_empty();
            let takes =
                self.ended.is_none() && self.held.is_none() && self.in_flight.len() < IN_FLIGHT_MAX;
            tokio::select! {
                biased;
                Some((key, settled)) = self.in_flight.next(), if waits => {
                    self.landed(&key);
                    return Ok(Some(settled));
                }
                row = self.rows.recv(), if takes => {
                    if let Some(settled) = self.take(row) {
                        return Ok(Some(settled));
                    }
                }
                () = tokio::time::sleep_until(self.moved + STALLED_AFTER), if waits => {
                    return Err(FeedError::Stalled { waiting: self.in_flight.len() });
                }
                else => return match self.ended.take() {
                    Some(Err(error)) => Err(error.into()),
                    Some(Ok(())) | None => Ok(None),
                },
            }
        }
    }

    /// Takes what was read; a row that brings nothing is settled at once.
    fn take(&mut self, row: Option<Result<Row<T>, ReadError>>) -> Option<Settled> {
        let row = match row {
            None => {
                self.ended = Some(Ok(()));
                return None;
            }
            Some(Err(error)) => {
                self.ended = Some(Err(error));
                return None;
            }
            Some(Ok(row)) => row,
        };
        let Row { line, read, says } = row;
        let outcome = match says {
            Says::Entry(entry) => {
                let key = (self.key)(&entry).to_owned();
                self.go(Entry { line, read, key, entry });
                return None;
            }
            Says::Nothing => Outcome::Nothing,
            Says::Bad(reason) => Outcome::Bad(reason),
        };
        Some(Settled { line, read, outcome })
    }

    /// Sends a row on its way, unless one of its key still is.
    fn go(&mut self, entry: Entry<T>) {
        if self.keys.contains(&entry.key) {
            self.held = Some(entry);
            return;
        }
        let Entry { line, read, key, entry } = entry;
        if self.in_flight.is_empty() {
            self.moved = Instant::now();
        }
        self.keys.insert(key.clone());
        let brought = (self.send)(entry);
        self.in_flight.push(Box::pin(async move {
            let outcome = brought.await;
            (key, Settled { line, read, outcome })
        }));
    }

    fn landed(&mut self, key: &str) {
        self.moved = Instant::now();
        self.keys.remove(key);
        if let Some(held) = self.held.take() {
            self.go(held);
        }
    }
}

#[cfg(test)]
mod tests;
