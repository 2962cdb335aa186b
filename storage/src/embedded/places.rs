//! Where a tail stands in each of its partitions, and what it reads there. Knows no group.

use std::sync::Arc;
use std::time::Duration;

use super::held::Read;
use super::read;
use super::shared::Shared;
use crate::log::{LogError, TailEvent, TopicPartition};

/// How long a tail waits before it asks a disk that failed again.
const AGAIN: Duration = Duration::from_millis(200);

/// The partitions of a tail.
#[derive(Debug, Default)]
pub(super) struct Places {
    all: Vec<Place>,
    /// Which one is looked at first, so that a busy one starves no other.
    turn: usize,
}

#[derive(Debug)]
struct Place {
    at: TopicPartition,
    /// The offset of the next record; `None` until started.
    next: Option<i64>,
    paused: bool,
    /// It stands at an offset the log does not have.
    stuck: bool,
}

impl Places {
    /// A partition is ours, read from an offset or once it is started.
    pub(super) fn add(&mut self, at: TopicPartition, next: Option<i64>) {
        self.all.push(Place { at, next, paused: false, stuck: false });
    }

    pub(super) fn remove(&mut self, gone: &[TopicPartition]) {
        self.all.retain(|place| !gone.contains(&place.at));
    }

    pub(super) fn hold(&self, at: TopicPartition) -> bool {
        self.all.iter().any(|place| place.at == at)
    }

    /// Reads a partition from here on, unless it is being read already.
    pub(super) fn start(&mut self, at: TopicPartition, offset: i64) {
        if let Some(place) = self.place(at) {
            place.next.get_or_insert(offset);
        }
    }

    pub(super) fn pause(&mut self, at: TopicPartition, paused: bool) {
        if let Some(place) = self.place(at) {
            place.paused = paused;
        }
    }

    /// Goes on reading a started partition from here.
    pub(super) fn rewind(&mut self, at: TopicPartition, offset: i64) {
        if let Some(place) = self.place(at).filter(|place| place.next.is_some()) {
            (place.next, place.stuck) = (Some(offset), false);
        }
    }

    fn place(&mut self, at: TopicPartition) -> Option<&mut Place> {
        self.all.iter_mut().find(|place| place.at == at)
    }

    /// The next records of any partition, or why there will be none; `None` if none has any yet.
    pub(super) async fn read(&mut self, shared: &Arc<Shared>) -> Option<TailEvent> {
        let (count, turn) = (self.all.len(), self.turn);
        for step in 0..count {
            let number = (turn + step) % count;
            let Some(place) = self.all.get_mut(number) else { continue };
            let event = place.read(shared).await;
            if event.is_some() {
                self.turn = number + 1;
                return event;
            }
        }
        None
    }
}

impl Place {
    async fn read(&mut self, shared: &Arc<Shared>) -> Option<TailEvent> {
        let (at, held) = (self.at, shared.held(self.at)?);
        loop {
            let next = self.next.filter(|_| !self.paused && !self.stuck)?;
            let (records, next) = match held.read(next) {
                Read::AtEnd => return None,
                Read::Records(records) => {
                    let next = records.last().map_or(next, |record| record.offset + 1);
                    (records, next)
                }
                Read::OnDisk(range) => match read::from_disk(shared, at, range).await {
                    Ok(read) => read,
                    Err(error) => return Some(in_trouble(error).await),
                },
                Read::Outside(bounds) => {
                    self.stuck = true;
                    let what = format!("{}/{}: {next} of {bounds:?}", at.topic, at.partition);
                    return Some(TailEvent::Trouble(LogError::OutOfRange(what)));
                }
            };
            self.next = Some(next);
            // What was compacted away leaves nothing to tell: on to what follows it.
            if !records.is_empty() {
                return Some(TailEvent::Records(at, records));
            }
        }
    }
}

async fn in_trouble(error: LogError) -> TailEvent {
    tokio::time::sleep(AGAIN).await;
    let ends = matches!(error, LogError::Fatal(_));
    if ends { TailEvent::Ended(Some(error)) } else { TailEvent::Trouble(error) }
}
