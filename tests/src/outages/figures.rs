//! What a trial comes to, worked out from the answers and their times. Pure.

use std::time::{Duration, Instant};

use super::trial::Course;
use crate::support::answers::{Answer, Asked, Book, Kind};

/// So long every answer must be definitive before the shop counts as itself again.
const CLEAN: Duration = Duration::from_secs(1);

/// When a shop should long be itself again.
const LATER: Duration = Duration::from_secs(10);

/// How many answers there were of each kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) definitive: usize,
    pub(super) pending: usize,
    pub(super) unavailable: usize,
    pub(super) failed: usize,
}

impl Counts {
    pub(super) fn of<'a>(answers: impl IntoIterator<Item = &'a Answer>) -> Self {
        let mut counts = Self::default();
        for answer in answers {
            *match answer.kind {
                Kind::Definitive => &mut counts.definitive,
                Kind::Pending => &mut counts.pending,
                Kind::Unavailable => &mut counts.unavailable,
                Kind::Failed => &mut counts.failed,
            } += 1;
        }
        counts
    }

    pub(super) const fn all(self) -> usize {
        self.definitive + self.pending + self.unavailable + self.failed
    }
}

/// Memory in MiB.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Memory {
    /// The most before the outage.
    pub(super) before: u64,
    /// The most from its beginning to the end of the trial.
    pub(super) peak: u64,
    /// At the end of the trial.
    pub(super) after: u64,
}

/// What a trial comes to.
#[derive(Debug, Clone)]
pub(super) struct Figures {
    /// Changes answered while the outage lasted.
    pub(super) changes: Counts,
    /// Reads answered while it lasted.
    pub(super) reads: Counts,
    /// Everything answered outside the outage and the recovery.
    pub(super) outside: Counts,
    /// From the engine being ready to the first change that was decided.
    pub(super) first_change: Option<Duration>,
    /// From there to the first second in which every answer was definitive.
    pub(super) recovered: Option<Duration>,
    /// What was answered from [`LATER`] after that moment on, changes and reads: what a shop that is
    /// not itself again still does.
    pub(super) later: (Counts, Counts),
    /// From there until everything sent before was decided.
    pub(super) backlog: Duration,
    /// The longest a change was waited for, and a read.
    pub(super) slowest: (Duration, Duration),
    pub(super) memory: Memory,
}

impl Figures {
    pub(super) fn of(course: &Course) -> Self {
        let Course { book, stopped, mended, ready, .. } = course;
        let during = |asked| {
            let within = |answer: &&Answer| answer.came >= *stopped && answer.came < *mended;
            Counts::of(book.answers.iter().filter(|one| one.asked == asked).filter(within))
        };
        let recovered = recovered(book, *ready);
        let normal = recovered.map(|after| *ready + after);
        let is_outside = |answer: &&Answer| {
            answer.came < *stopped || normal.is_some_and(|normal| answer.sent >= normal)
        };
        Self {
            changes: during(Asked::Change),
            reads: during(Asked::Read),
            outside: Counts::of(book.answers.iter().filter(is_outside)),
            first_change: first_change(book, *ready),
            recovered,
            later: (later(book, *ready, Asked::Change), later(book, *ready, Asked::Read)),
            backlog: backlog(book, *ready),
            slowest: (slowest(book, Asked::Change), slowest(book, Asked::Read)),
            memory: memory(&course.memory, *stopped),
        }
    }
}

/// When, counted from `ready`, a second begins in which all answers are definitive and changes are
/// among them. `None` if there was none.
pub(super) fn recovered(book: &Book, ready: Instant) -> Option<Duration> {
    let last = book.answers.last()?.came;
    let after = || book.answers.iter().filter(|answer| answer.came >= ready);
    let setbacks = after().filter(|answer| answer.kind != Kind::Definitive);
    let moments = std::iter::once(ready).chain(setbacks.map(|answer| answer.came));
    // Where nobody is answered for a while, a second begins in which a change is.
    let starts = moments.filter_map(|from| {
        let mut changes = after().filter(|one| one.asked == Asked::Change && one.came > from);
        changes.next().map(|change| from.max(change.came - CLEAN))
    });
    let is_clean = |start: &Instant| {
        // A setback belongs to the second before the one that begins with it.
        let mut second = after().filter(|one| one.came > *start && one.came <= *start + CLEAN);
        second.all(|answer| answer.kind == Kind::Definitive) && last >= *start + CLEAN
    };
    starts.filter(is_clean).min().map(|start| start - ready)
}

fn first_change(book: &Book, ready: Instant) -> Option<Duration> {
    let changes = book.answers.iter().filter(|answer| answer.asked == Asked::Change);
    let decided = changes.filter(|answer| answer.kind == Kind::Definitive && answer.came >= ready);
    decided.map(|answer| answer.came - ready).min()
}

fn later(book: &Book, ready: Instant, asked: Asked) -> Counts {
    let answers = book.answers.iter().filter(|answer| answer.asked == asked);
    Counts::of(answers.filter(|answer| answer.came >= ready + LATER))
}

fn backlog(book: &Book, ready: Instant) -> Duration {
    let earlier = book.settled.iter().filter(|command| command.begun < ready);
    earlier.map(|command| command.known.saturating_duration_since(ready)).max().unwrap_or_default()
}

fn slowest(book: &Book, asked: Asked) -> Duration {
    let answers = book.answers.iter().filter(|answer| answer.asked == asked);
    answers.map(Answer::took).max().unwrap_or_default()
}

fn memory(seen: &[(Instant, u64)], stopped: Instant) -> Memory {
    let most = |later: bool| {
        let part = seen.iter().filter(|(at, _)| (*at >= stopped) == later);
        part.map(|(_, kib)| kib / 1_024).max().unwrap_or_default()
    };
    let after = seen.last().map_or(0, |(_, kib)| kib / 1_024);
    Memory { before: most(false), peak: most(true), after }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A book of changes: kind, and milliseconds after the beginning at which the answer came.
    fn book(ready: Instant, answers: &[(Kind, u64)]) -> Book {
        let answer = |(kind, at): &(Kind, u64)| {
            let came = ready + Duration::from_millis(*at);
            Answer { asked: Asked::Change, kind: *kind, sent: came, came }
        };
        Book { answers: answers.iter().map(answer).collect(), settled: Vec::new() }
    }

    #[test]
    fn a_shop_is_itself_again_after_the_last_setback_before_a_clean_second() {
        let ready = Instant::now();
        let told = |answers: &[(Kind, u64)]| recovered(&book(ready, answers), ready);
        let (yes, no) = (Kind::Definitive, Kind::Pending);

        assert_eq!(told(&[(yes, 10), (yes, 1_500)]), Some(Duration::ZERO));
        let later = [(no, 10), (yes, 500), (no, 900), (yes, 950), (yes, 1_950)];
        assert_eq!(told(&later), Some(Duration::from_millis(900)));
        assert_eq!(told(&[(no, 10), (yes, 500)]), None, "a second has not passed yet");
        assert_eq!(told(&[(no, 10), (yes, 500), (no, 900)]), None);
        let silent = [(yes, 1_400), (yes, 2_500)];
        assert_eq!(told(&silent), Some(Duration::from_millis(400)), "nobody was answered before");
        assert_eq!(told(&[]), None);
    }

    #[test]
    fn the_backlog_is_what_was_sent_before_the_engine_was_ready() {
        let ready = Instant::now() + Duration::from_secs(10);
        let settled = |begun: u64, known: u64| crate::support::answers::Settled {
            begun: ready - Duration::from_secs(5) + Duration::from_secs(begun),
            known: ready + Duration::from_secs(known),
        };
        let book = Book { answers: Vec::new(), settled: vec![settled(1, 3), settled(6, 9)] };

        assert_eq!(backlog(&book, ready), Duration::from_secs(3));
    }
}
