//! The one thread that writes: takes whatever waits, writes it, tells. When the disk fails it
//! keeps what it has, opens the file again and tries until it succeeds; meanwhile the queue fills.

use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use backon::{BackoffBuilder as _, ExponentialBuilder};
use cart_schemas::timestamp::Timestamp;
use tokio::sync::oneshot;

use super::batch::{Batch, Then};
use super::data::DataError;
use super::groups::Word;
use super::op::{Queue, Queued};
use super::shared::{Shared, Written};
use super::sweep;

/// Bytes of one transaction: what the disk takes in about 50 ms, so that nobody waits longer than
/// that for another's bytes.
const BATCH_BYTES: usize = 4 * 1024 * 1024;
/// How often what has expired is looked for.
const SWEEP_EVERY: Duration = Duration::from_secs(10);

/// Starts the thread; it ends when it is told to close, or when nobody can tell it anything.
pub(super) fn start(shared: Arc<Shared>) -> Result<Queue, std::io::Error> {
    let (queue, queued) = mpsc::channel();
    let thread = std::thread::Builder::new().name("embedded-writer".to_owned());
    thread.spawn(move || {
        let closed = Writer { shared, queued, transaction: 0 }.run();
        // Whoever waits for the file to be closed hears of it by this.
        drop(closed);
    })?;
    Ok(Queue::new(queue))
}

struct Writer {
    shared: Arc<Shared>,
    queued: Receiver<Queued>,
    /// The number of the last transaction.
    transaction: u64,
}

impl Writer {
    /// Writes until it is told to close; gives whom to tell.
    fn run(mut self) -> Option<oneshot::Sender<()>> {
        self.transaction = self.shared.data.transaction().unwrap_or(0);
        let mut swept = Instant::now();
        loop {
            let wait = SWEEP_EVERY.saturating_sub(swept.elapsed());
            match self.queued.recv_timeout(wait) {
                Ok(first) => {
                    let closed = self.write(first);
                    if closed.is_some() {
                        return closed;
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return None,
            }
            if swept.elapsed() >= SWEEP_EVERY {
                self.sweep();
                swept = Instant::now();
            }
        }
    }

    /// Writes the first of the queue and whatever waits behind it.
    fn write(&mut self, first: Queued) -> Option<oneshot::Sender<()>> {
        let mut bytes = first.bytes;
        let mut queued = vec![first];
        while bytes < BATCH_BYTES
            && let Ok(next) = self.queued.try_recv()
        {
            bytes += next.bytes;
            queued.push(next);
        }
        let mut batch = Batch::of(queued, &self.shared, now());
        if !batch.is_empty() {
            let started = Instant::now();
            self.save(&batch);
            metrics::histogram!("cartstream_embedded_commit_seconds").record(started.elapsed());
        }
        let closed = batch.closed.take();
        self.publish(batch);
        closed
    }

    /// Writes a batch, however often it takes.
    #[expect(clippy::disallowed_methods, reason = "a disk that failed is given time")]
    fn save(&mut self, batch: &Batch) {
        self.transaction += 1;
        let mut waits = backoff();
        while let Err(error) = self.try_to_save(batch) {
            complain("nothing can be written to the data folder", &error);
            std::thread::sleep(waits.next().unwrap_or_default());
        }
    }

    fn try_to_save(&self, batch: &Batch) -> Result<(), DataError> {
        let data = &self.shared.data;
        let saved = data.write(batch, self.transaction);
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

    fn sweep(&self) {
        if let Err(error) = sweep::sweep(&self.shared, now()) {
            complain("what has expired cannot be deleted", &error);
        }
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
    let damaged = error.is_damage();
    tracing::error!(error = error as &dyn std::error::Error, damaged, "{what}; trying again");
    metrics::counter!("cartstream_embedded_failures_total").increment(1);
}

/// The log's clock.
#[expect(clippy::disallowed_methods, reason = "the log is where time comes from")]
fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}
