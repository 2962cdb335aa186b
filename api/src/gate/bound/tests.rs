//! A queue of which each millisecond is played: who comes, who is let in, who is answered when.

use std::collections::VecDeque;

use super::*;

/// What became of those who came.
#[derive(Debug, Default)]
struct Played {
    came: u32,
    refused: u32,
    /// How long each that was answered had waited, in milliseconds.
    waits: Vec<u32>,
}

impl Played {
    fn p99(&mut self) -> u32 {
        self.waits.sort_unstable();
        self.waits[self.waits.len() * 99 / 100]
    }
}

/// A service that answers the first that came first.
struct Service {
    bound: Bound,
    began: Instant,
    now: u32,
    /// When each came that waits, and whether it is overdue.
    waiting: VecDeque<(u32, bool)>,
    /// Those for whom nobody answers.
    stuck: VecDeque<u32>,
}

impl Service {
    fn new() -> Self {
        let began = Instant::now();
        let (waiting, stuck) = (VecDeque::new(), VecDeque::new());
        Self { bound: Bound::new(began), began, now: 0, waiting, stuck }
    }

    /// Lets `a_milli` come and be answered at most each millisecond, for so many; of four that come
    /// `stuck` are for an owner that is dead.
    fn play(&mut self, millis: u32, (come, answered): (u32, u32), stuck: u32) -> Played {
        let mut played = Played::default();
        for _ in 0..millis {
            self.now += 1;
            let now = self.began + Duration::from_millis(self.now.into());
            for number in 0..come {
                played.came += 1;
                if !self.bound.enter(now) {
                    played.refused += 1;
                } else if number % 4 < stuck {
                    self.stuck.push_back(self.now);
                } else {
                    self.waiting.push_back((self.now, false));
                }
            }
            self.give_up(now);
            for _ in 0..answered {
                let Some((since, is_overdue)) = self.waiting.pop_front() else { break };
                if is_overdue {
                    self.bound.answered_late(now);
                } else {
                    self.bound.answered(now);
                    self.bound.leave(now);
                }
                played.waits.push(self.now - since);
            }
        }
        played
    }

    fn give_up(&mut self, now: Instant) {
        let overdue = u32::try_from(OVERDUE.as_millis()).unwrap();
        let limit = self.now.saturating_sub(overdue);
        for (since, is_overdue) in &mut self.waiting {
            if *since <= limit && !*is_overdue && self.now > overdue {
                *is_overdue = true;
                self.bound.overdue(now);
            }
        }
        while self.now > overdue && self.stuck.front().is_some_and(|since| *since <= limit) {
            self.stuck.pop_front();
            self.bound.overdue(now);
        }
    }
}

#[test]
fn of_five_times_too_many_as_many_are_answered_as_can_be_and_soon() {
    let mut service = Service::new();

    let mut played = service.play(60_000, (25, 5), 0);

    let answered = u32::try_from(played.waits.len()).unwrap();
    assert!(answered > 60_000 * 5 * 95 / 100, "{answered}");
    assert!(played.p99() < 250, "{}", played.p99());
    assert!(service.bound.inside() < 1_500, "{}", service.bound.inside());
}

#[test]
fn after_an_overload_nobody_is_refused_any_more() {
    let mut service = Service::new();
    service.play(10_000, (25, 5), 0);

    service.play(1_000, (3, 5), 0);
    let mut after = service.play(10_000, (3, 5), 0);

    assert_eq!(after.refused, 0);
    assert!(after.p99() < 10, "{}", after.p99());
}

#[test]
fn a_service_that_becomes_slower_is_asked_for_less() {
    let mut service = Service::new();
    service.play(5_000, (25, 10), 0);

    // What was let in before it was noticed is answered first.
    service.play(10_000, (25, 2), 0);
    let mut slower = service.play(20_000, (25, 2), 0);

    assert!(slower.waits.len() > 20_000 * 2 * 95 / 100, "{}", slower.waits.len());
    assert!(slower.p99() < 250, "{}", slower.p99());
}

#[test]
fn a_quiet_shop_is_not_refused_anything_in_a_stall() {
    let mut service = Service::new();
    service.play(3_000, (1, 5), 0);

    let stall = service.play(120, (1, 0), 0);
    let after = service.play(3_000, (1, 5), 0);

    assert_eq!((stall.refused, after.refused), (0, 0));
}

#[test]
fn a_stall_of_a_busy_service_is_a_burst() {
    let mut service = Service::new();
    service.play(3_000, (4, 8), 0);

    let stall = service.play(180, (4, 0), 0);
    let after = service.play(3_000, (4, 8), 0);

    assert_eq!((stall.refused, after.refused), (0, 0));
}

#[test]
fn a_dead_owner_of_some_carts_keeps_nobody_from_the_others() {
    let mut service = Service::new();
    service.play(3_000, (4, 5), 0);

    let mut partly = service.play(20_000, (4, 5), 1);

    assert_eq!(partly.refused, 0);
    assert!(partly.p99() < 10, "{}", partly.p99());
}

#[test]
fn an_outage_is_no_queue() {
    let mut service = Service::new();
    service.play(3_000, (2, 5), 0);
    service.play(2_500, (2, 0), 0);

    let outage = service.play(10_000, (2, 0), 0);

    assert_eq!(outage.refused, 0);
}

#[test]
fn a_queue_that_is_answered_by_the_hundred_is_one_all_the_same() {
    let mut service = Service::new();
    let mut played = Played::default();

    for commit in 0..1_000 {
        let mut waited = service.play(29, (25, 0), 0);
        waited.waits.extend(service.play(1, (25, 150), 0).waits);
        if commit > 100 {
            played.waits.append(&mut waited.waits);
        }
    }

    assert!(played.waits.len() > 899 * 150 * 95 / 100, "{}", played.waits.len());
    assert!(played.p99() < 125, "{}", played.p99());
}

#[test]
fn a_first_crowd_is_let_in_up_to_the_least() {
    let now = Instant::now();
    let mut bound = Bound::new(now);

    let let_in = (0..1_000).filter(|_| bound.enter(now)).count();

    assert_eq!((let_in, bound.most()), (128, 128));
    bound.leave(now);
    assert!(bound.enter(now) && !bound.enter(now));
}

#[test]
fn after_a_night_a_crowd_is_a_first_crowd_again() {
    let mut service = Service::new();
    service.play(5_000, (25, 10), 0);
    service.play(2_000, (0, 10), 0);

    let later = service.began + Duration::from_secs(36_000);

    assert!(!service.bound.is_full(later));
    assert_eq!((service.bound.inside(), service.bound.most()), (0, LEAST));
}
