//! Work that one process at a time does: whichever member of a group has the only partition of a topic. The
//! partition is never read; to have it is all there is to it. For a moment two may work, while one does not
//! know yet that its turn is over: the work must bear that.

use std::convert::Infallible;
use std::pin::pin;
use std::time::Duration;

use cart_schemas::topic::Topic;
use futures::FutureExt as _;
use futures::future::Fuse;

use crate::log::{Log, LogError, Tail, TailEvent};

/// How long to wait before a group that ended is joined again.
const AGAIN_AFTER: Duration = Duration::from_secs(1);
/// A topic of one partition.
const TOPIC: Topic = Topic::InventoryLevels;

/// Whose turn it is.
#[derive(Debug, Clone, Copy)]
pub struct Turns {
    /// The group whose members take turns.
    pub group: &'static str,
    /// The gauge that says whether it is ours.
    pub gauge: &'static str,
}

/// Begins the work whenever it is this process's turn and drops it when it is over, until `stop` resolves.
/// Trouble of the log is waited for.
pub async fn take<L, W, F>(log: &L, turns: Turns, work: W, stop: impl Future<Output = ()>)
where
    L: Log,
    W: Fn() -> F,
    F: Future<Output = Infallible> + Send,
{
    let mut stop = pin!(stop);
    loop {
        match log.subscribe(turns.group, TOPIC) {
            Ok(mut tail) => tokio::select! {
                () = &mut stop => return tail.close().await,
                error = take_on(&mut tail, turns, &work) => {
                    tracing::warn!(%error, group = turns.group, "a group is joined once more");
                }
            },
            Err(error) => tracing::warn!(%error, group = turns.group, "a group cannot be joined"),
        }
        metrics::gauge!(turns.gauge).set(0);
        tokio::select! {
            () = &mut stop => return,
            () = tokio::time::sleep(AGAIN_AFTER) => {}
        }
    }
}

/// Works whenever the partition is ours; gives why the tail ended.
async fn take_on<T, W, F>(tail: &mut T, turns: Turns, work: &W) -> LogError
where
    T: Tail,
    W: Fn() -> F,
    F: Future<Output = Infallible> + Send,
{
    let mut working = pin!(Fuse::terminated());
    loop {
        let event = tokio::select! {
            biased;
            event = tail.next() => event,
            never = &mut working => match never {},
        };
        match event {
            TailEvent::Assigned(all) if all.is_empty() => {}
            TailEvent::Assigned(_) => {
                metrics::gauge!(turns.gauge).set(1);
                working.set(Box::pin(work()).fuse());
            }
            TailEvent::Revoking(all) => {
                working.set(Fuse::terminated());
                metrics::gauge!(turns.gauge).set(0);
                tail.release(&all);
            }
            TailEvent::Lost(_) => {
                working.set(Fuse::terminated());
                metrics::gauge!(turns.gauge).set(0);
            }
            TailEvent::Records(..) | TailEvent::Committed => {}
            TailEvent::CommitFailed(error) | TailEvent::Trouble(error) => {
                tracing::debug!(%error, group = turns.group, "a group has trouble");
            }
            TailEvent::Ended(error) => {
                return error.unwrap_or_else(|| LogError::Fatal("the tail was closed".into()));
            }
        }
    }
}
