//! What is promised of an outage, and which promises a trial broke.

use std::time::Duration;

use super::books::Books;
use super::figures::{Counts, Figures};
use super::trial::Course;
use super::trouble::Trouble;
use crate::support::answers::{Answer, Asked, Kind};

/// The shop is itself again by itself within this of the engine being ready.
const RECOVERS_WITHIN: Duration = Duration::from_secs(10);
/// A change that is not decided by then is answered 202 (2 s), and a read 503 (3 s); the rest is a
/// busy machine's.
const ANSWERS_WITHIN: Duration = Duration::from_millis(3_500);
/// Answers outside the outage of which one may be not definitive.
const ONE_IN: usize = 1_000;
/// Reads of which one may be refused where carts can be read: those of the few carts whose change
/// waits for a full disk.
const REFUSED_IN: usize = 10;
/// What an outage may add to the process, in MiB: ten thousand waiting callers, the producers'
/// queues for 2 s of them, and what a cache of carts grows by meanwhile.
const GROWTH_MAX: u64 = 128;

/// A trial, judged.
#[derive(Debug)]
pub(super) struct Verdict {
    pub(super) trouble: Trouble,
    pub(super) figures: Figures,
    pub(super) books: Books,
    /// Answers that the outage does not allow, by what was asked.
    forbidden: (Counts, Counts),
}

impl Verdict {
    pub(super) fn of(course: &Course, books: Books) -> Self {
        let forbidden = |asked| forbidden(course, asked);
        Self {
            trouble: course.trouble,
            figures: Figures::of(course),
            books,
            forbidden: (forbidden(Asked::Change), forbidden(Asked::Read)),
        }
    }

    /// Every promise that was broken, in words, where everything may take so many times as long as
    /// is promised.
    pub(super) fn broken(&self, patience: u32) -> Vec<String> {
        let mut broken = Vec::new();
        let mut hold = |holds: bool, promise: String| {
            if !holds {
                broken.push(promise);
            }
        };
        let Self { figures, books, forbidden, .. } = self;
        let Books { lost, doubled, unknown, .. } = *books;
        hold(lost == 0 && doubled == 0, format!("{lost} pieces lost, {doubled} doubled"));
        hold(unknown == 0, format!("{unknown} commands without an outcome"));
        hold(forbidden.0.all() == 0, format!("changes were answered otherwise: {:?}", forbidden.0));
        hold(forbidden.1.all() == 0, format!("reads were answered otherwise: {:?}", forbidden.1));
        let reads = figures.reads;
        let readable = reads.unavailable * REFUSED_IN <= reads.definitive;
        let refused = format!("reads were refused: {reads:?}");
        hold(readable || !self.trouble.leaves_carts_readable(), refused);
        let felt = figures.changes.pending + figures.changes.unavailable > 0;
        hold(felt || !self.is_felt(), "nobody felt the outage".to_owned());
        let (change, read) = figures.slowest;
        let soon = change.max(read) <= ANSWERS_WITHIN * patience;
        hold(soon, format!("an answer took {change:?} (change), {read:?} (read)"));
        let recovers_within = RECOVERS_WITHIN * patience;
        let recovered = figures.recovered.is_some_and(|after| after < recovers_within);
        let (after, later) = (figures.recovered, figures.later);
        hold(recovered, format!("recovered after {after:?}; 10 s later {later:?}"));
        let decided = figures.backlog < recovers_within;
        hold(decided, format!("the backlog was decided after {:?}", figures.backlog));
        let outside = figures.outside;
        let definitive = (outside.all() - outside.definitive) * ONE_IN <= outside.all();
        hold(definitive && outside.all() > ONE_IN, format!("outside the outage: {outside:?}"));
        let memory = figures.memory;
        let bounded = memory.before > 0 && memory.peak <= memory.before + GROWTH_MAX;
        hold(bounded, format!("memory grew by more than {GROWTH_MAX} MiB: {memory:?}"));
        broken
    }

    /// Whether some answers must have been other than definitive.
    const fn is_felt(&self) -> bool {
        match self.trouble {
            Trouble::Kafka | Trouble::Cassandra | Trouble::Both | Trouble::FullDisk => true,
            Trouble::SlowStore => false,
        }
    }
}

/// Answers to what was asked while the outage lasted that are none of those it allows, and
/// failures whenever they were.
fn forbidden(course: &Course, asked: Asked) -> Counts {
    let allowed = course.trouble.allowed(asked);
    let within = |answer: &Answer| answer.sent >= course.down && answer.came < course.mended;
    let is_forbidden = |answer: &&Answer| {
        let failed = answer.kind == Kind::Failed;
        answer.asked == asked && (failed || within(answer) && !allowed.contains(&answer.kind))
    };
    Counts::of(course.book.answers.iter().filter(is_forbidden))
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;
    use crate::support::answers::{Book, Settled};

    const MS: Duration = Duration::from_millis(1);

    fn answer(kind: Kind, sent: Instant) -> Answer {
        Answer { asked: Asked::Change, kind, sent, came: sent + MS }
    }

    /// Four seconds of calm, two without Kafka, one until it is ready, one until the shop is itself
    /// again, and four of calm.
    fn kept() -> Course {
        let begun = Instant::now();
        let [down, mended, ready, normal, end] =
            [4_000, 6_000, 7_000, 8_000, 12_000].map(|at| begun + at * MS);
        let mut answers = Vec::new();
        for at in (0..12_000).step_by(5).map(|at| begun + at * MS) {
            let calm = at < down || at >= normal;
            answers.push(answer(if calm { Kind::Definitive } else { Kind::Pending }, at));
        }
        let settled = vec![Settled { begun: down, known: ready + 2_000 * MS }];
        let memory = vec![(begun, 30 * 1_024), (down + MS, 60 * 1_024), (end, 50 * 1_024)];
        let book = Book { answers, settled };
        let (trouble, customers, stopped) = (Trouble::Kafka, Vec::new(), down);
        Course { trouble, book, customers, stopped, down, mended, ready, memory }
    }

    fn broken(spoil: impl FnOnce(&mut Course, &mut Books)) -> Vec<String> {
        let (mut course, mut books) = (kept(), Books::default());
        spoil(&mut course, &mut books);
        course.book.answers.sort_by_key(|answer| answer.came);
        Verdict::of(&course, books).broken(1)
    }

    #[test]
    fn a_trial_that_keeps_every_promise_breaks_none() {
        assert_eq!(broken(|_, _| {}), Vec::<String>::new());
    }

    type Spoil = fn(&mut Course, &mut Books);

    /// A way to break each promise, and how its breach begins to be told.
    fn spoils() -> [(&'static str, Spoil); 12] {
        let one_more: Spoil = |course, _| {
            course.book.answers.push(answer(Kind::Definitive, course.down + 10 * MS));
        };
        let read: Spoil = |course, _| {
            let sent = course.down + 10 * MS;
            let read = Answer { asked: Asked::Read, ..answer(Kind::Unavailable, sent) };
            course.book.answers.push(read);
        };
        [
            ("1 pieces lost, 0 doubled", |_, books| books.lost = 1),
            ("0 pieces lost, 1 doubled", |_, books| books.doubled = 1),
            ("1 commands without an outcome", |_, books| books.unknown = 1),
            ("changes were answered otherwise", one_more),
            ("reads were answered otherwise", read),
            ("reads were refused", read),
            ("nobody felt the outage", |course, _| {
                let (down, mended) = (course.down, course.mended);
                course.book.answers.retain(|one| one.sent < down || one.sent >= mended);
            }),
            ("an answer took", |course, _| {
                let sent = course.stopped - 3_900 * MS;
                let late = answer(Kind::Definitive, sent);
                course.book.answers.push(Answer { came: sent + 3_600 * MS, ..late });
            }),
            ("recovered after None", |course, _| {
                let from = course.ready + 1_500 * MS;
                for later in (0..8).map(|n| from + n * 500 * MS) {
                    course.book.answers.push(answer(Kind::Pending, later));
                }
            }),
            ("the backlog was decided after 11s", |course, _| {
                let known = course.ready + 11_000 * MS;
                course.book.settled.push(Settled { begun: course.down, known });
            }),
            ("outside the outage", |course, _| {
                for at in 0..3 {
                    let sent = course.stopped - (100 + at) * MS;
                    course.book.answers.push(answer(Kind::Unavailable, sent));
                }
            }),
            ("memory grew by more than 128 MiB", |course, _| {
                course.memory.push((course.ready, 159 * 1_024));
            }),
        ]
    }

    #[test]
    fn each_promise_is_noticed_when_it_alone_is_broken() {
        for (expected, spoil) in spoils() {
            let found = broken(spoil);

            assert!(found.iter().any(|one| one.starts_with(expected)), "{expected}: {found:?}");
        }
    }

    #[test]
    fn a_busy_machine_may_take_longer_and_lose_no_more() {
        let mut course = kept();
        let known = course.ready + 11_000 * MS;
        course.book.settled.push(Settled { begun: course.down, known });
        let lost = Books { lost: 1, ..Books::default() };

        let found = Verdict::of(&course, lost).broken(3);

        assert_eq!(found, ["1 pieces lost, 0 doubled"]);
    }
}
