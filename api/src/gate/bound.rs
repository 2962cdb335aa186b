//! How many may wait for an answer at a time: no more than are answered while a person waits. Pure, in
//! whole numbers; the caller brings the time.
//!
//! By Little's law whoever is let in behind `n` others waits as long as it takes to answer `n`. So the
//! bound is what was answered lately, per time one may wait: it follows the machine, the engine and
//! their bad moments by itself. A burst may be longer than a queue. As `CoDel` does, one is told from the
//! other by whether it lasts: what those who come meet two windows on end is a queue.

use std::time::{Duration, Instant};

/// How long a queue that stands may make one wait: a quarter of the 250 ms in which 99 of 100 are to be
/// answered. The rest is left to those who are less lucky than the average, and to the way in and out,
/// which is waited for, too, where a processor is what there is too little of. Engines that take longer
/// than this anyway would be asked for ever less, down to [`LEAST`] at a time.
const STANDING: Millis = 60;
/// How long a burst may: a stall of the disk or the network is longer than [`STANDING`] now and then,
/// and is over before this is.
const BURST: Millis = 200;
/// How long one may wait and still be counted as queueing. Longer than any queue lets one wait: whoever
/// does waits for something that does not come, as the owner of a dead partition, and keeps nobody
/// from another one.
pub(super) const OVERDUE: Duration = Duration::from_millis(250);
/// How long answers are counted until the bound is looked at anew: many commits of the slowest disk, and
/// soon enough that an overload is met before its first second is over.
const WINDOW: Duration = Duration::from_millis(WINDOW_MILLIS as u64);
const WINDOW_MILLIS: Millis = 250;
/// Windows that are remembered: two seconds, a stall of which most windows are not in.
const WINDOWS: usize = 8;
/// So many may always wait: they are answered in an instant by anything that is not broken, and a quiet
/// shop has too few answers to say what it could do. More than the connections of most storefronts. Also
/// where a queue stands: what is asked for fewer at a time commits fewer at once and answers fewer, which
/// would lower the bound again. With 32, slow engines went down to a third of what they could do.
const LEAST: u32 = 128;
/// So many at most, a few KB each: those that two seconds of one process's answers wake.
const MOST: u32 = 8_192;

type Millis = u32;

/// A queue, and its bound.
#[derive(Debug)]
pub(super) struct Bound {
    /// How many wait now.
    inside: u32,
    /// In this window, and in those before.
    seen: Seen,
    past: [Seen; WINDOWS],
    began: Instant,
    most: u32,
}

/// What was seen in a window.
#[derive(Debug, Clone, Copy, Default)]
struct Seen {
    answered: u32,
    overdue: u32,
    /// Of those answered, those that were overdue by then.
    late: u32,
    refused: u32,
    /// How many came in, and how many were inside already, added up over them.
    came: u64,
    met: u64,
}

impl Seen {
    /// Whether those who came had to wait for longer than a queue may make one wait, or did not get in. By
    /// Little's law it is how many they met that says so: also where many are answered at once, as by a
    /// commit, and a queue is short in between.
    fn is_queue(&self) -> bool {
        let may_meet = self.within(STANDING).max(LEAST);
        self.refused > 0 || self.met > self.came * u64::from(may_meet)
    }

    /// How many may be inside for whoever comes to wait no longer than that: those who are answered
    /// meanwhile, and those who wait for what does not come. Of these there are as many at a time as become
    /// [`OVERDUE`] in a window, for it is as long.
    const fn within(&self, millis: Millis) -> u32 {
        self.answered * millis / WINDOW_MILLIS + self.overdue.saturating_sub(self.late)
    }
}

impl Bound {
    pub(super) fn new(now: Instant) -> Self {
        let seen = Seen::default();
        let past = [seen; WINDOWS];
        Self { inside: 0, seen, past, began: now, most: LEAST }
    }

    /// How many may wait.
    pub(super) const fn most(&self) -> u32 {
        self.most
    }

    /// How many do.
    #[cfg(test)]
    pub(super) const fn inside(&self) -> u32 {
        self.inside
    }

    /// Whether one more would have to wait for too long, and so is turned away.
    pub(super) fn is_full(&mut self, now: Instant) -> bool {
        self.advance(now);
        let is_full = self.inside >= self.most;
        self.seen.refused += u32::from(is_full);
        is_full
    }

    /// Lets one in, if that one does not wait for too long.
    pub(super) fn enter(&mut self, now: Instant) -> bool {
        let lets_in = !self.is_full(now);
        if lets_in {
            self.seen.came += 1;
            self.seen.met += u64::from(self.inside);
            self.inside += 1;
        }
        lets_in
    }

    /// One that was let in waits no more: it has its answer, or has gone.
    pub(super) fn leave(&mut self, now: Instant) {
        self.advance(now);
        self.inside = self.inside.saturating_sub(1);
    }

    /// One that was let in waits [overdue](OVERDUE), and is counted as waiting no more.
    pub(super) fn overdue(&mut self, now: Instant) {
        self.leave(now);
        self.seen.overdue += 1;
    }

    /// One got an answer.
    pub(super) fn answered(&mut self, now: Instant) {
        self.advance(now);
        self.seen.answered += 1;
    }

    /// One got an answer that was overdue.
    pub(super) fn answered_late(&mut self, now: Instant) {
        self.answered(now);
        self.seen.late += 1;
    }

    /// Closes the windows that are over.
    fn advance(&mut self, now: Instant) {
        let over = now.saturating_duration_since(self.began).as_millis() / WINDOW.as_millis();
        let over = u32::try_from(over).unwrap_or(u32::MAX);
        if over == 0 {
            return;
        }
        // More than all there are, and this one is forgotten, too.
        let closed = usize::try_from(over).unwrap_or(usize::MAX).min(WINDOWS + 1);
        for _ in 0..closed {
            self.past.rotate_right(1);
            if let Some(last) = self.past.first_mut() {
                *last = std::mem::take(&mut self.seen);
            }
        }
        self.began = self.began.checked_add(WINDOW * over).unwrap_or(now);
        self.most = self.judged();
    }

    /// The bound by what was seen.
    fn judged(&self) -> u32 {
        let best = self.past.iter().map(|seen| seen.answered).max().unwrap_or_default();
        if best == 0 && self.past.iter().any(|seen| seen.overdue > 0) {
            // An outage, not a queue: to turn people away answers nobody sooner, and the time-outs and
            // breakers tell them what is known.
            return MOST;
        }
        let most = match self.in_queues() {
            Some(mean) => mean.within(STANDING),
            // Nobody has to wait for long: what the service can do is at least its best.
            None => best * BURST / WINDOW_MILLIS,
        };
        most.clamp(LEAST, MOST)
    }

    /// What is seen in a window while there is a queue; `None` if there is none. One window says little
    /// where many are answered at once: it is the mean of all there are.
    fn in_queues(&self) -> Option<Seen> {
        let [last, before, ..] = &self.past;
        if !(last.is_queue() && before.is_queue()) {
            return None;
        }
        let (mut sum, mut windows) = (Seen::default(), 0);
        for seen in self.past.iter().filter(|seen| seen.is_queue()) {
            sum.answered += seen.answered;
            sum.overdue += seen.overdue;
            sum.late += seen.late;
            windows += 1;
        }
        let mean = |sum| sum / windows;
        let (answered, overdue, late) = (mean(sum.answered), mean(sum.overdue), mean(sum.late));
        Some(Seen { answered, overdue, late, ..sum })
    }
}

#[cfg(test)]
mod tests;
