//! Reads the records a partition holds, up to where it ended when it was asked, and finds them by their time.

use std::time::Duration;

use cart_schemas::event::Event;
use cart_schemas::id::CartKey;
use cart_schemas::timestamp::Timestamp;
use cart_storage::log::{
    Bounds, Log, LogError, Record, Start, Tail as _, TailEvent, TopicPartition,
};

use crate::patience;

/// How long a partition that holds more may give nothing.
const SILENCE: Duration = Duration::from_secs(60);
/// Seconds an append time may step back when another broker leads: what clocks of machines that are kept by NTP
/// never differ by.
const CLOCKS_DIFFER_BY: u32 = 60;

/// A partition could not be read to its end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadError {
    /// The log cannot be asked what the partition holds.
    #[error("the log does not say what {0} holds")]
    Bounds(String, #[source] LogError),
    /// The log cannot be read.
    #[error("{0} cannot be read")]
    Tail(String, #[source] LogError),
    /// Nothing came.
    #[error("{0} holds more than it gives")]
    Silent(String),
}

/// What a partition holds now.
pub(crate) async fn bounds<L: Log>(log: &L, at: TopicPartition) -> Result<Bounds, ReadError> {
    let bounds = patience::answered(|| log.bounds(at)).await;
    bounds.map_err(|source| ReadError::Bounds(name(at), source))
}

/// Hands every record in `bounds` to `take`, in order.
pub(crate) async fn read<L: Log, E: From<ReadError>>(
    log: &L,
    at: TopicPartition,
    bounds: Bounds,
    mut take: impl FnMut(Record) -> Result<(), E>,
) -> Result<(), E> {
    if bounds.start >= bounds.end {
        return Ok(());
    }
    let unreadable = |source| ReadError::Tail(name(at), source);
    let mut tail = log.assign(vec![(at, Start::At(bounds.start))]).map_err(unreadable)?;
    let mut next = bounds.start;
    while next < bounds.end {
        let event = tokio::time::timeout(SILENCE, tail.next()).await;
        match event.map_err(|_elapsed| ReadError::Silent(name(at)))? {
            TailEvent::Records(_, records) => {
                for record in records {
                    next = record.offset.saturating_add(1);
                    if next <= bounds.end {
                        take(record)?;
                    }
                }
            }
            TailEvent::Trouble(error @ LogError::OutOfRange(_)) => {
                return Err(unreadable(error).into());
            }
            TailEvent::Trouble(error) => tracing::debug!(%error, "the log has trouble"),
            TailEvent::Ended(error) => {
                let error = error.unwrap_or_else(|| LogError::Fatal("the tail has ended".into()));
                return Err(unreadable(error).into());
            }
            TailEvent::Assigned(_)
            | TailEvent::Revoking(_)
            | TailEvent::Lost(_)
            | TailEvent::Committed
            | TailEvent::CommitFailed(_) => {}
        }
    }
    tail.close().await;
    Ok(())
}

/// The event in a record, and whose cart's. What has no key of a cart is no event of one.
pub(crate) fn event(record: &Record) -> Result<Option<(CartKey, Event)>, serde_json::Error> {
    let key = record.key.as_deref().and_then(|key| std::str::from_utf8(key).ok());
    let Some(key) = key.and_then(|key| key.parse().ok()) else { return Ok(None) };
    Event::decode(record.value.as_deref().unwrap_or_default()).map(|event| Some((key, event)))
}

/// The offset of the first record in `bounds` that was appended at this time or later; their end if there is
/// none. Halves what is left until the clocks could be what tells records apart, and looks at each from there:
/// so it is the same one whatever the bounds are.
pub(crate) async fn since<L: Log>(
    log: &L,
    at: TopicPartition,
    bounds: Bounds,
    time: Timestamp,
) -> Result<i64, ReadError> {
    let long_before = time.minus_seconds(CLOCKS_DIFFER_BY);
    let Bounds { start: mut low, end: mut high } = bounds;
    while low < high {
        let middle = low + (high - low) / 2;
        match find(log, at, Bounds { start: middle, end: high }, |_| true).await? {
            Some(record) if record.appended < long_before => low = record.offset.saturating_add(1),
            Some(_) | None => high = middle,
        }
    }
    let rest = Bounds { start: low, end: bounds.end };
    let found = find(log, at, rest, |record| record.appended >= time).await?;
    Ok(found.map_or(bounds.end, |record| record.offset))
}

/// The first record in `bounds` that is such a one; `None` if none is.
async fn find<L: Log>(
    log: &L,
    at: TopicPartition,
    bounds: Bounds,
    is_one: impl Fn(&Record) -> bool,
) -> Result<Option<Record>, ReadError> {
    let look = |record| if is_one(&record) { Err(Search::Found(record)) } else { Ok(()) };
    match read(log, at, bounds, look).await {
        Ok(()) => Ok(None),
        Err(Search::Found(record)) => Ok(Some(record)),
        Err(Search::Failed(error)) => Err(error),
    }
}

/// How a search ends before the end of what is searched.
enum Search {
    Found(Record),
    Failed(ReadError),
}

impl From<ReadError> for Search {
    fn from(error: ReadError) -> Self {
        Self::Failed(error)
    }
}

fn name(at: TopicPartition) -> String {
    format!("{} [{}]", at.topic, at.partition)
}
