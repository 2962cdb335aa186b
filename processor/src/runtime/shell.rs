//! One worker's task: inputs in, effects carried out side by side, reports to the group.

use std::collections::HashMap;
use std::time::Instant;

use cart_schemas::partition::Partition;
use cart_storage::log::Log;
use cart_storage::store::Store;
use futures::StreamExt as _;
use futures::future::{AbortHandle, Abortable};
use futures::stream::FuturesUnordered;
use tokio::sync::mpsc;

use super::carrier::Carrier;
use super::hops::{Hop, Hops};
use crate::defects::Defect;
use crate::fold::Fold;
use crate::worker::{Action, Effect, Input, StopReason, Worker};

/// What the group must know. It comes with the number of the partition's beginning it is about: the
/// partition may have been given up and begun anew since.
#[derive(Debug)]
pub(super) enum Report {
    /// Everything before this offset may be committed.
    Advance(Partition, i64),
    /// Fetch no more of it.
    Pause(Partition),
    /// Fetch it again.
    Resume(Partition),
    /// Read it on from this offset.
    Rewind(Partition, i64),
    /// Nothing of it is in hand any more.
    Drained(Partition),
    /// It is to begin anew.
    BeginAnew(Partition),
    /// It cannot go on.
    Stopped(Partition, StopReason),
}

impl Report {
    /// Whose it is.
    pub(super) const fn partition(&self) -> Partition {
        match self {
            Self::Advance(partition, _)
            | Self::Pause(partition)
            | Self::Resume(partition)
            | Self::Rewind(partition, _)
            | Self::Drained(partition)
            | Self::BeginAnew(partition)
            | Self::Stopped(partition, _) => *partition,
        }
    }
}

/// Runs a worker until its inputs end.
///
/// Reports go over an unbounded channel so that the group and a worker never wait for each other;
/// a partition has one micro-batch in hand and reports a few times about it, which bounds them.
pub(super) async fn work<F: Fold, L: Log, S: Store>(
    mut worker: Worker<F>,
    carrier: Carrier<L, S>,
    mut inputs: mpsc::Receiver<Input>,
    reports: mpsc::UnboundedSender<(u64, Report)>,
) {
    let mut under_way = FuturesUnordered::new();
    let mut aborts: HashMap<Partition, AbortHandle> = HashMap::new();
    let mut hops = Hops::new();
    loop {
        let input = tokio::select! {
            // What is in hand is finished before more is taken in.
            biased;
            Some(done) = under_way.next(), if !under_way.is_empty() => match done {
                Ok(input) => input,
                Err(futures::future::Aborted) => continue,
            },
            input = inputs.recv() => match input {
                Some(input) => input,
                None => return,
            },
        };
        if let Input::Drop(partition) = &input
            && !worker.has(Defect::StaleAnswerTaken)
            && let Some(abort) = aborts.remove(partition)
        {
            abort.abort();
        }
        let (partition, started) = (input.partition(), Instant::now());
        hops.begin(&input, started);
        let effects = worker.on(input);
        if !effects.is_empty() {
            hops.decided(partition, worker.taken(partition), started);
        }
        for Effect { partition, begun, ticket, action } in effects {
            if !action.is_answered() {
                report(&reports, (partition, begun), action);
                continue;
            }
            let (carrier, hop) = (carrier.clone(), hops.effect(partition, &action));
            let carried = async move {
                let done = carrier.carry_out(partition, action).await;
                hop.into_iter().for_each(Hop::end);
                Input::Done(partition, ticket, done)
            };
            let (abort, registration) = AbortHandle::new_pair();
            aborts.insert(partition, abort);
            under_way.push(Abortable::new(Box::pin(carried), registration));
        }
    }
}

fn report(
    reports: &mpsc::UnboundedSender<(u64, Report)>,
    (partition, begun): (Partition, u64),
    action: Action,
) {
    let report = match action {
        Action::Advance(frontier) => Report::Advance(partition, frontier),
        Action::Pause => Report::Pause(partition),
        Action::Resume => Report::Resume(partition),
        Action::Rewind(offset) => Report::Rewind(partition, offset),
        Action::Drained => Report::Drained(partition),
        Action::BeginAnew => Report::BeginAnew(partition),
        Action::Stop(reason) => Report::Stopped(partition, reason),
        Action::Load(_) | Action::Arm(_) | Action::Store(_) | Action::Mark(_) | Action::Emit(_) => {
            return;
        }
    };
    // The group outlives its workers' reports; when it is gone, nobody needs them.
    drop(reports.send((begun, report)));
}
