//! `cartstream export acts`: what people do with carts, in the words of a tool a shop has, as lines of JSON by the
//! hour it was appended in and by partition. An act is a difference, so each cart is folded from its first event:
//! all there is is read each time, and what is there is not written again. Then, if that is asked for, it is sent
//! to the tool. docs/vocabularies.md.

mod lines;
mod marks;
mod sending;
mod tool;

use std::collections::HashMap;

use cart_analytics::vocabulary::{Act, Vocabulary};
use cart_schemas::cart::Cart;
use cart_schemas::event::Event;
use cart_schemas::id::{CartKey, TenantId};
use cart_schemas::partition::Partition;
use cart_schemas::timestamp::Timestamp;
use cart_schemas::told::{Heard, Told};
use cart_schemas::topic::Topic;
use cart_storage::log::{Log, Record, TopicPartition};

use self::lines::{Hourly, LinesError};
use self::sending::Sent;
pub(crate) use self::tool::Key;
use self::tool::Tool;
use crate::cli::{ActsArgs, Words};
use crate::exit::Failure;
use crate::hourly::Folder;
use crate::place::{Errand, Installation, Opened, Place};
use crate::progress::{Count, Progress};
use crate::reading::{self, ReadError};
use crate::{clock, patience};

/// Writes out the acts of a shop in a place, and sends them.
pub(crate) async fn run(args: ActsArgs, place: Place) -> Result<(), Failure> {
    let ActsArgs { words, dir, tenant, tool } = args;
    let vocabulary = match words {
        Words::Ga4 => Vocabulary::Ga4,
        Words::Segment => Vocabulary::Segment,
        Words::Snowplow => Vocabulary::Snowplow,
    };
    let tool = tool.send.then(|| Tool::of(vocabulary, &tool)).transpose()?;
    let unwritten = |source| Failure::failed("the acts cannot be exported", source);
    let folder = Folder::at(dir);
    let _writing = folder.write().map_err(unwritten)?;
    let acts = Acts { vocabulary, tenant, folder: folder.clone(), now: clock::now() };
    place.run(acts).await?;
    // A data folder is free for its shop meanwhile.
    match tool {
        Some(tool) => told(sending::send(&folder, vocabulary, &tool).await),
        None => Ok(()),
    }
}

/// Refusals are kept, and somebody has to look at them.
fn told(sent: Result<Sent, sending::SendError>) -> Result<(), Failure> {
    match sent {
        Ok(Sent { refused: 0, .. }) => Ok(()),
        Ok(Sent { taken, refused }) => Err(Failure::Incomplete(format!(
            "the tool took {taken} acts and refused {refused}, which are in refused.jsonl"
        ))),
        Err(source) => Err(Failure::failed("not all acts are sent: run it again", source)),
    }
}

/// What is written, and where to.
struct Acts {
    vocabulary: Vocabulary,
    /// The shop; that of no tenant without one.
    tenant: Option<TenantId>,
    folder: Folder,
    now: Timestamp,
}

/// Why acts are not written out.
#[derive(Debug, thiserror::Error)]
enum ActsError {
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error("the event at offset {0} of partition {1} is of another build")]
    Decode(i64, Partition, #[source] serde_json::Error),
    #[error(transparent)]
    Lines(#[from] LinesError),
}

impl Errand for Acts {
    type Outcome = ();

    async fn run<I: Installation>(self, at: &I) -> Result<(), Failure> {
        let log = Opened::open(at).await?.log;
        self.write_out(&log)
            .await
            .map_err(|source| Failure::failed("the acts cannot be exported", source))
    }
}

impl Acts {
    async fn write_out<L: Log>(&self, log: &L) -> Result<(), ActsError> {
        let unreadable = |source| ReadError::Bounds(Topic::Events.to_string(), source);
        let partitions = patience::answered(|| log.partitions(Topic::Events)).await;
        let mut count = Progress::on_stderr().count("events read", None);
        for partition in partitions.map_err(unreadable)?.partitions() {
            self.tell(log, partition, &mut count).await?;
        }
        count.done();
        Ok(())
    }

    async fn tell<L: Log>(
        &self,
        log: &L,
        partition: Partition,
        count: &mut Count,
    ) -> Result<(), ActsError> {
        let at = TopicPartition { topic: Topic::Events, partition };
        let bounds = reading::bounds(log, at).await?;
        let (mut folds, mut hourly) = (Folds::default(), Hourly::of(&self.folder, partition));
        let take = |record: Record| {
            count.add(1);
            hourly.reach(record.appended)?;
            let event = reading::event(&record);
            let event =
                event.map_err(|source| ActsError::Decode(record.offset, partition, source))?;
            let ours = event.filter(|(key, _)| key.tenant() == self.tenant.as_ref());
            let act = ours.and_then(|(key, event)| folds.act(key, event));
            act.map_or(Ok(()), |(event, act)| hourly.write(&self.vocabulary.say(&event, &act)))?;
            Ok::<_, ActsError>(())
        };
        reading::read(log, at, bounds, take).await?;
        Ok(hourly.end(self.now)?)
    }
}

/// Carts, as far as their events were read.
#[derive(Default)]
struct Folds(HashMap<CartKey, Told>);

impl Folds {
    /// The act of an event that is met for the first time. Where earlier ones are not in the log any more nothing
    /// is told, until the cart is empty: what was put in is not known.
    fn act(&mut self, key: CartKey, event: Event) -> Option<(Event, Act)> {
        let told = self.0.entry(key).or_default();
        let act = Act::of(told.cart(), &event);
        match told.hear(&event) {
            Heard::Taken => Some((event, act?)),
            Heard::Repeated => None,
            Heard::Gap => {
                let is_whole = event.place.n.saturating_add(1) == event.place.of;
                if is_whole && event.after.item_count == 0 {
                    *told = Told::since(event.place.version, Cart::default());
                }
                None
            }
        }
    }
}

#[cfg(test)]
mod tests;
