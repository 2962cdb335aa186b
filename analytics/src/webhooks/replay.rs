//! Tells an endpoint once more what it had not taken, where its shop asked for that.

use cart_schemas::cql::Index;
use cart_schemas::partition::Partition;
use cart_schemas::topic::Topic;
use cart_storage::log::{Log, LogError, Record, Start, Tail, TailEvent, TopicPartition};
use cart_storage::store::Store;

use super::courier::{read, tell};
use super::place::of_entry;
use super::telling::{Teller, Told};
use super::window::Task;

/// Entries that are looked at at a time.
const PAGE: u16 = 200;

/// Tells it all; [`Told::Gone`] if the endpoint wants to hear no more. What it does not take this time is
/// noted anew, and what the log no longer has is gone.
pub(super) async fn run<L: Log, S: Store>(log: &L, teller: &Teller<S>) -> Result<Told, LogError> {
    let Some(asked) = teller.endpoint.replayed else { return Ok(Told::Taken) };
    let slot = teller.endpoint.id.to_string();
    let mut after: Option<String> = None;
    loop {
        let notes = teller.store.entries(Index::Untaken, &slot, (after.as_deref(), PAGE)).await;
        let Some(last) = notes.last() else { break };
        after = Some(last.entry.clone());
        for note in notes.iter().filter(|note| note.ts <= asked) {
            let Some((partition, offset)) = of_entry(&note.entry) else { continue };
            let record = record(log, partition, offset).await?;
            let Some(notice) = record.as_ref().and_then(read) else { continue };
            let task = Task { at: (partition, offset), notice };
            if tell(teller, task).await.1 == Told::Gone {
                return Ok(Told::Gone);
            }
        }
    }
    teller.store.drop_slot(Index::Untaken, &slot, asked).await;
    Ok(Told::Taken)
}

/// The record there, if the log still has it. A reader for each: they are few, and asked for by hand.
async fn record<L: Log>(
    log: &L,
    partition: Partition,
    offset: i64,
) -> Result<Option<Record>, LogError> {
    let at = TopicPartition { topic: Topic::Analytics, partition };
    let bounds = log.bounds(at).await?;
    if !(bounds.start..bounds.end).contains(&offset) {
        return Ok(None);
    }
    let mut tail = log.assign(vec![(at, Start::At(offset))])?;
    let found = loop {
        match tail.next().await {
            TailEvent::Records(_, records) => {
                break Ok(records.into_iter().find(|record| record.offset == offset));
            }
            TailEvent::Ended(error) => break error.map_or(Ok(None), Err),
            TailEvent::Trouble(error) | TailEvent::CommitFailed(error) => break Err(error),
            TailEvent::Assigned(_)
            | TailEvent::Revoking(_)
            | TailEvent::Lost(_)
            | TailEvent::Committed => {}
        }
    };
    tail.close().await;
    found
}
