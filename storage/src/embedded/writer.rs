//! The one thread that writes: takes whatever waits, writes it, tells. When the disk fails it
//! keeps what it has, opens the file again and tries until it succeeds; meanwhile the queue fills.
//! Damage ends it: then nothing is written, and every tail ends.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use backon::{BackoffBuilder as _, ExponentialBuilder};
use redb::Durability;
use tokio::sync::oneshot;

use super::batch::{Batch, Then};
use super::clock::Clock;
use super::data::DataError;
use super::groups::Word;
use super::op::{Queue, Queued};
use super::shared::{Shared, Written};
use super::sweep::Sweep;

/// Bytes of one transaction: what the disk takes in about 50 ms, so that nobody waits longer than
/// that for another's bytes.
const BATCH_BYTES: usize = 4 * 1024 * 1024;
/// How long what nobody waits for yet may wait for company: a processor's cells are followed by
/// its events at once, and a transaction costs the same with both.
const COMPANY_WITHIN: Duration = Duration::from_millis(1);

/// Starts the thread after the transaction of this number, with the log's clock; it ends when it is
/// told to close, when nobody can tell it anything, or when the file is damaged.
pub(super) fn start(
    shared: Arc<Shared>,
    transaction: u64,
    clock: Clock,
) -> Result<Queue, std::io::Error> {
    let (queue, queued) = mpsc::channel();
    let thread = std::thread::Builder::new().name("embedded-writer".to_owned());
    thread.spawn(move || {
        let closed = Writer { shared, queued, transaction, clock }.run();
        for waits in closed {
            // Whoever does not wait any more is not told.
            waits.send(()).ok();
        }
    })?;
    Ok(Queue::new(queue))
}

struct Writer {
    shared: Arc<Shared>,
    queued: Receiver<Queued>,
    /// The number of the last transaction.
    transaction: u64,
    clock: Clock,
}

const DAMAGED: &str = "the data file is damaged; nothing is written any more";

/// Who is told that all is written and the file closed. Who is not told hears that it is not.
type Closed = Vec<oneshot::Sender<()>>;

impl Writer {
    /// Writes until it is told to close, or cannot go on; gives whom to tell.
    fn run(mut self) -> Closed {
        let mut sweep = Sweep::new(Instant::now());
        loop {
            match self.queued.recv_timeout(sweep.next().saturating_duration_since(Instant::now())) {
                Ok(first) => match self.write(first) {
                    ControlFlow::Continue(()) => {}
                    ControlFlow::Break(closed) => return closed,
                },
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Closed::new(),
            }
            if sweep.next() <= Instant::now()
                && let Err(damage) = self.sweep(&mut sweep)
            {
                complain(DAMAGED, &damage);
                return Closed::new();
            }
        }
    }

    /// Writes the first of the queue and whatever waits behind it.
    fn write(&mut self, first: Queued) -> ControlFlow<Closed> {
        let mut batch = Batch::of(self.company(first), &self.shared, self.clock.now());
        if !batch.is_empty() || self.owes_a_sync(&batch) {
            let started = Instant::now();
            if let Err(damage) = self.save(&batch) {
                complain(DAMAGED, &damage);
                return ControlFlow::Break(Closed::new());
            }
            metrics::histogram!("cartstream_embedded_commit_seconds").record(started.elapsed());
        }
        let closed = std::mem::take(&mut batch.closed);
        self.publish(batch);
        if closed.is_empty() { ControlFlow::Continue(()) } else { ControlFlow::Break(closed) }
    }

    /// What is written together with the first.
    fn company(&self, first: Queued) -> Vec<Queued> {
        let until = Instant::now() + COMPANY_WITHIN;
        let (mut bytes, mut awaited, mut queued) =
            (first.bytes, first.op.is_awaited(), vec![first]);
        while bytes < BATCH_BYTES {
            let left = until.saturating_duration_since(Instant::now());
            let wait = if awaited { Duration::ZERO } else { left };
            let Ok(next) = self.queued.recv_timeout(wait) else { break };
            bytes += next.bytes;
            awaited |= next.op.is_awaited();
            queued.push(next);
        }
        queued
    }

    /// Writes a batch, however often it takes; only damage ends that, or in simulated days a failure
    /// that may have taken what was told and not synced.
    #[expect(clippy::disallowed_methods, reason = "a disk that failed is given time")]
    fn save(&mut self, batch: &Batch) -> Result<(), DataError> {
        self.transaction += 1;
        let mut waits = backoff();
        while let Err(error) = self.try_to_save(batch) {
            if error.is_damage() || !self.clock.is_lived() {
                return Err(error);
            }
            self.shared.failing.store(true, Ordering::Relaxed);
            complain("nothing can be written to the data folder; trying again", &error);
            std::thread::sleep(waits.next().unwrap_or_default());
        }
        self.shared.failing.store(false, Ordering::Relaxed);
        Ok(())
    }

    /// Whether what was told before may still have to be synced, and this batch is the last.
    fn owes_a_sync(&self, batch: &Batch) -> bool {
        !batch.closed.is_empty() && !self.clock.is_lived()
    }

    fn try_to_save(&self, batch: &Batch) -> Result<(), DataError> {
        let data = &self.shared.data;
        let last = self.owes_a_sync(batch).then_some(Durability::Immediate);
        let durability = last.unwrap_or_else(|| self.clock.durability(self.transaction));
        let saved = data.write(batch, self.transaction, durability);
        if saved.is_ok() {
            return saved;
        }
        // After a failure nothing works until the file is opened again; and what failed may be on
        // disk after all.
        data.reopen()?;
        if data.transaction()? == self.transaction { Ok(()) } else { saved }
    }

    /// Tells everybody what is on disk now.
    fn publish(&self, batch: Batch) {
        let Batch { number, appended, cells, commits, then, .. } = batch;
        for (at, appended) in appended {
            if let Some(held) = self.shared.held(at) {
                held.extend(appended.records);
            }
        }
        self.shared.pending.settle(cells.keys(), number);
        let mut groups = self.shared.groups();
        for (group, at, offset) in commits {
            groups.commit(&group, at, offset);
        }
        for then in then {
            match then {
                // Whoever does not wait any more is not told.
                Then::Acknowledge(ack, offset) => drop(ack.send(offset)),
                Then::Committed(member, group) => groups.answer(member, &group, Word::Committed),
                Then::NotYours(member, group) => groups.answer(member, &group, Word::NotYours),
                Then::Release(member, group, given_up) => groups.release(member, &group, &given_up),
                Then::Leave(member, group, left) => {
                    groups.leave(member, &group);
                    drop(left);
                }
            }
        }
        drop(groups);
        self.shared.written.send_modify(|written: &mut Written| written.number = number);
    }

    /// A failure is met again in a second, on a file opened anew; only damage is an error, or any failure
    /// in simulated days.
    fn sweep(&self, sweep: &mut Sweep) -> Result<(), DataError> {
        let Err(error) = sweep.step(&self.shared, self.clock.now()) else { return Ok(()) };
        if error.is_damage() || !self.clock.is_lived() {
            return Err(error);
        }
        complain("what has expired cannot be deleted", &error);
        drop(self.shared.data.reopen());
        Ok(())
    }
}

/// However it ends, and be it by a panic over a damaged file: nobody waits for it in vain.
impl Drop for Writer {
    fn drop(&mut self) {
        self.shared.data.close();
        self.shared.written.send_modify(|written| written.closed = true);
    }
}

fn backoff() -> impl Iterator<Item = Duration> {
    ExponentialBuilder::default()
        .with_min_delay(Duration::from_millis(20))
        .with_max_delay(Duration::from_secs(1))
        .without_max_times()
        .build()
}

fn complain(what: &str, error: &DataError) {
    tracing::error!(error = error as &dyn std::error::Error, "{what}");
    metrics::counter!("cartstream_embedded_failures_total").increment(1);
}
