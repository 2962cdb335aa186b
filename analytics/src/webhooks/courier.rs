//! Tells one endpoint everything it is to know: a reader of its own, which goes on where the endpoint last took
//! everything before. An endpoint that is away loses nothing and holds up nobody else; after a crash it is told
//! its last few things again.

use std::collections::BTreeMap;
use std::pin::pin;
use std::time::Duration;

use cart_schemas::cql::{Index, Table};
use cart_schemas::notice::Notice;
use cart_schemas::partition::Partition;
use cart_schemas::topic::Topic;
use cart_storage::log::{Log, LogError, Record, Start, Tail, TailEvent, TopicPartition};
use cart_storage::store::{Filing, Note, Store};
use futures::stream::FuturesUnordered;
use futures::{FutureExt as _, StreamExt as _};
use tokio::time::{MissedTickBehavior, interval};

use super::place::{entry, mark_key};
use super::registry::{self, Change, WebhookError};
use super::replay;
use super::telling::{Teller, Told};
use super::window::{Task, Window};
use crate::projection::Mark;

/// How often it is noted how far everything is told: a crash tells again what was told since.
const MARK_EVERY: Duration = Duration::from_secs(1);

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
    let told = async {
        let (marks, starts) = begin(log, teller).await?;
        let mut following = pin!(follow(log.assign(starts)?, teller, marks));
        // What is told again holds up nothing that is new.
        let mut replaying = pin!(replay::run(log, teller).fuse());
        loop {
            tokio::select! {
                biased;
                stopped = &mut following => return Ok(stopped),
                told = &mut replaying => {
                    if told? == Told::Gone {
                        return Ok(Stopped::Gone);
                    }
                }
            }
        }
    };
    let stopped = told.await.unwrap_or_else(|error| Stopped::Ended(Some(error)));
    if matches!(stopped, Stopped::Gone) {
        note_gone(teller).await;
    }
    stopped
}

/// Where it goes on.
async fn begin<L: Log, S: Store>(
    log: &L,
    teller: &Teller<S>,
) -> Result<(Marks, Vec<(TopicPartition, Start)>), LogError> {
    let (mut marks, mut starts) = (Marks::new(), Vec::new());
    for partition in log.partitions(Topic::Analytics).await?.partitions() {
        let key = mark_key(teller.endpoint.id, partition);
        let mark = Mark::decode(teller.store.load(Table::Progress, &key).await.as_deref());
        let bounds = log.bounds(notices(partition)).await?;
        // A log that was made anew has another end.
        let is_known = mark.offset <= bounds.end;
        let next = if is_known { mark.offset.max(bounds.start) } else { bounds.start };
        starts.push((notices(partition), Start::At(next)));
        marks.insert(partition, Mark { offset: next, ..mark });
    }
    Ok((marks, starts))
}

async fn follow<T: Tail, S: Store>(mut tail: T, teller: &Teller<S>, mut marks: Marks) -> Stopped {
    let (mut window, mut telling) = (Window::default(), FuturesUnordered::new());
    let mut ticks = interval(MARK_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            biased;
            _ = ticks.tick() => advance(teller, &mut marks, &window).await,
            Some((task, told)) = telling.next() => {
                if told == Told::Gone {
                    return Stopped::Gone;
                }
                telling.extend(window.finish(&task).map(|next| tell(teller, next)));
            }
            event = tail.next(), if !window.is_full() => match event {
                TailEvent::Records(at, records) => {
                    for record in records {
                        let notice = read(&record).filter(|one| teller.endpoint.wants(one));
                        let place = (at.partition, record.offset);
                        let task = window.take(place, record.appended, notice);
                        telling.extend(task.map(|task| tell(teller, task)));
                    }
                }
                TailEvent::Trouble(error) | TailEvent::CommitFailed(error) => {
                    tracing::debug!(%error, "a reader of notices has trouble");
                }
                TailEvent::Ended(error) => return Stopped::Ended(error),
                TailEvent::Assigned(_)
                | TailEvent::Revoking(_)
                | TailEvent::Lost(_)
                | TailEvent::Committed => {}
            }
        }
    }
}

/// Tells one thing; what is not taken is noted.
pub(super) async fn tell<S: Store>(teller: &Teller<S>, task: Task) -> (Task, Told) {
    let told = teller.tell(&task.notice).await;
    if told == Told::Untaken {
        let (endpoint, (partition, offset)) = (teller.endpoint.id, task.at);
        tracing::warn!(%endpoint, %partition, offset, "something is set aside: it is told on demand");
        let note = Note { entry: entry(partition, offset), ts: (teller.terms.now)() };
        let filing = Filing { slot: endpoint.to_string(), note };
        teller.store.note(Index::Untaken, [vec![filing]]).await;
    }
    (task, told)
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

/// Notes how far everything is told.
async fn advance<S: Store>(teller: &Teller<S>, marks: &mut Marks, window: &Window) {
    for (partition, offset, appended) in window.told() {
        let Some(mark) = marks.get_mut(&partition).filter(|mark| mark.offset < offset) else {
            continue;
        };
        *mark = mark.advanced(offset, appended);
        let key = mark_key(teller.endpoint.id, partition);
        teller.store.put(Table::Progress, &key, (mark.encode().into(), mark.ts)).await;
    }
}

async fn note_gone<S: Store>(teller: &Teller<S>) {
    let (endpoint, store) = (&teller.endpoint, teller.store.once());
    tracing::warn!(endpoint = %endpoint.id, "an endpoint answers 410: it is told no more");
    let noted = async {
        // Its shop may have taken it away meanwhile.
        let now = registry::endpoint(store, endpoint.tenant.as_ref(), endpoint.id).await?;
        let Some(endpoint) = now else { return Ok(()) };
        registry::change(store, endpoint, ((teller.terms.now)(), Change::Gone)).await
    };
    let noted: Result<(), WebhookError> = noted.await;
    if let Err(error) = noted {
        // It answers the same when it is asked again.
        tracing::warn!(%error, "an endpoint that is gone cannot be noted");
    }
}
