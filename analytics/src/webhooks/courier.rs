//! Tells one endpoint everything it is to know, in the order of the log: a reader of its own, which stands
//! where the endpoint last took something. An endpoint that is away loses nothing and holds up nobody else;
//! after a crash it is told its last few things again.

use std::collections::BTreeMap;

use cart_schemas::cql::{Index, Table};
use cart_schemas::id::CartKey;
use cart_schemas::notice::Notice;
use cart_schemas::partition::Partition;
use cart_schemas::timestamp::Timestamp;
use cart_schemas::topic::Topic;
use cart_storage::log::{Log, LogError, Record, Start, Tail, TailEvent, TopicPartition};
use cart_storage::store::{Filing, Note, Store};
use futures::{StreamExt as _, stream};

use super::place::{entry, mark_key};
use super::registry::{self, Change};
use super::telling::{Teller, Told};
use crate::projection::Mark;

/// Records that are told before it is noted how far: a crash tells so many again at most.
const CHUNK: usize = 64;
/// Carts an endpoint is told of at a time. Of one cart it is told in order.
const AT_ONCE: usize = 8;

/// Why a courier stopped.
#[derive(Debug)]
pub(super) enum Stopped {
    /// The endpoint wants to hear no more.
    Gone,
    /// The log's reader ended.
    Ended(Option<LogError>),
}

/// How far an endpoint is told, by partition.
type Marks = BTreeMap<Partition, Mark>;

const fn notices(partition: Partition) -> TopicPartition {
    TopicPartition { topic: Topic::Analytics, partition }
}

/// Tells until it cannot go on.
pub(super) async fn run<L: Log, S: Store>(log: &L, teller: &Teller<S>) -> Stopped {
    match follow(log, teller).await {
        Ok(stopped) => stopped,
        Err(error) => Stopped::Ended(Some(error)),
    }
}

async fn follow<L: Log, S: Store>(log: &L, teller: &Teller<S>) -> Result<Stopped, LogError> {
    if super::replay::run(log, teller).await? == Told::Gone {
        return Ok(gone(teller).await);
    }
    let mut marks = Marks::new();
    let mut starts = Vec::new();
    for partition in log.partitions(Topic::Analytics).await?.partitions() {
        let cell =
            teller.store.load(Table::Progress, &mark_key(teller.endpoint.id, partition)).await;
        let mark = Mark::decode(cell.as_deref());
        let bounds = log.bounds(notices(partition)).await?;
        // A log that was made anew has another end.
        let next =
            if mark.offset > bounds.end { bounds.start } else { mark.offset.max(bounds.start) };
        starts.push((notices(partition), Start::At(next)));
        marks.insert(partition, mark);
    }
    let mut tail = log.assign(starts)?;
    loop {
        match tail.next().await {
            TailEvent::Records(at, records) => {
                for chunk in records.chunks(CHUNK) {
                    if tell_all(teller, at.partition, chunk).await == Told::Gone {
                        return Ok(gone(teller).await);
                    }
                    advance(teller, &mut marks, (at.partition, chunk)).await;
                }
            }
            TailEvent::Trouble(error) | TailEvent::CommitFailed(error) => {
                tracing::debug!(%error, "a reader of notices has trouble");
            }
            TailEvent::Ended(error) => return Ok(Stopped::Ended(error)),
            TailEvent::Assigned(_)
            | TailEvent::Revoking(_)
            | TailEvent::Lost(_)
            | TailEvent::Committed => {}
        }
    }
}

/// Tells what is in these records, each cart's in order; [`Told::Gone`] once the endpoint wants no more.
async fn tell_all<S: Store>(teller: &Teller<S>, partition: Partition, records: &[Record]) -> Told {
    let mut by_cart: BTreeMap<CartKey, Vec<(i64, Notice)>> = BTreeMap::new();
    for record in records {
        let Some(notice) = read(record).filter(|notice| teller.endpoint.wants(notice)) else {
            continue;
        };
        by_cart.entry(notice.cart.clone()).or_default().push((record.offset, notice));
    }
    let tell = |all: Vec<(i64, Notice)>| async move {
        for (offset, notice) in &all {
            let told = tell_one(teller, (partition, *offset), notice).await;
            if told == Told::Gone {
                return told;
            }
        }
        Told::Taken
    };
    let mut told = stream::iter(by_cart.into_values()).map(tell).buffer_unordered(AT_ONCE);
    while let Some(told) = told.next().await {
        if told == Told::Gone {
            return told;
        }
    }
    Told::Taken
}

/// Tells one thing; what is not taken is noted.
pub(super) async fn tell_one<S: Store>(
    teller: &Teller<S>,
    (partition, offset): (Partition, i64),
    notice: &Notice,
) -> Told {
    let told = teller.tell(notice).await;
    if told == Told::Untaken {
        let endpoint = teller.endpoint.id;
        tracing::warn!(%endpoint, %partition, offset, "something is set aside: it is told on demand");
        let note = Note { entry: entry(partition, offset), ts: (teller.terms.now)() };
        let filing = Filing { slot: endpoint.to_string(), note };
        teller.store.note(Index::Untaken, [vec![filing]]).await;
    }
    told
}

/// The notice in a record. What a later build wrote is passed over.
pub(super) fn read(record: &Record) -> Option<Notice> {
    let notice = record.value.as_deref().map(Notice::decode)?;
    notice
        .inspect_err(|error| {
            tracing::warn!(%error, offset = record.offset, "a record among the notices is none");
        })
        .ok()
}

/// Notes that these records are told.
async fn advance<S: Store>(
    teller: &Teller<S>,
    marks: &mut Marks,
    (partition, told): (Partition, &[Record]),
) {
    let Some((mark, last)) = marks.get_mut(&partition).zip(told.last()) else { return };
    let now: Timestamp = last.appended;
    *mark = mark.advanced(last.offset + 1, now);
    let key = mark_key(teller.endpoint.id, partition);
    teller.store.put(Table::Progress, &key, (mark.encode().into(), mark.ts)).await;
}

async fn gone<S: Store>(teller: &Teller<S>) -> Stopped {
    let (endpoint, now) = (teller.endpoint.clone(), (teller.terms.now)());
    tracing::warn!(endpoint = %endpoint.id, "an endpoint answers 410: it is told no more");
    let (store, change) = (teller.store.once(), Change::Gone);
    if let Err(error) = registry::change(store, endpoint, (now, change)).await {
        // It answers the same when it is asked again.
        tracing::warn!(%error, "an endpoint that is gone cannot be noted");
    }
    Stopped::Gone
}
