//! Cuts a failing plan down to one that still fails and from which nothing more can be taken.

use cart_storage::simulated::{Chance, Weather};

use super::audit::Invariant;
use super::mutant::Subject;
use super::plan::{Item, Plan};
use super::run::{Failure, Report, run};

/// Runs spent on one plan: enough to try each of a hundred acts and each fault a few times.
const RUNS_MAX: u32 = 400;

/// A plan that fails, and how.
#[derive(Debug)]
pub struct Shrunk {
    /// What is left of it.
    pub plan: Plan,
    /// Its run, traced.
    pub report: Report,
}

/// The shortest plan found that breaks the same invariant.
#[must_use]
pub fn shrink(plan: Plan, subject: Subject, invariant: Option<Invariant>) -> Shrunk {
    let mut shrinking = Shrinking { plan, subject, invariant, left: RUNS_MAX };
    shrinking.acts();
    shrinking.faults();
    shrinking.acts();
    let report = run(&shrinking.plan, subject, true);
    Shrunk { plan: shrinking.plan, report }
}

struct Shrinking {
    plan: Plan,
    subject: Subject,
    invariant: Option<Invariant>,
    left: u32,
}

impl Shrinking {
    /// Takes acts out: halves of them, quarters, and at last each by itself.
    fn acts(&mut self) {
        let mut size = self.plan.items.len().div_ceil(2);
        while size > 0 {
            let mut at = 0;
            while at < self.plan.items.len() {
                let without = without(&self.plan.items, at, size);
                let plan = Plan { items: without, ..self.plan.clone() };
                if !self.try_instead(plan) {
                    at += size;
                }
            }
            size /= 2;
        }
    }

    /// Takes faults of single requests out, one kind at a time.
    fn faults(&mut self) {
        for without in WITHOUT {
            let mut plan = self.plan.clone();
            without(&mut plan.weather);
            self.try_instead(plan);
        }
    }

    fn try_instead(&mut self, plan: Plan) -> bool {
        if self.left == 0 || plan == self.plan {
            return false;
        }
        self.left -= 1;
        let failure = run(&plan, self.subject, false).failure;
        let same = match (&failure, self.invariant) {
            (Some(Failure::Broken(broken)), Some(invariant)) => broken.invariant == invariant,
            (Some(Failure::Panicked(_)), None) => true,
            (Some(_) | None, _) => false,
        };
        if same {
            self.plan = plan;
        }
        same
    }
}

fn without(items: &[Item], at: usize, size: usize) -> Vec<Item> {
    let end = (at + size).min(items.len());
    let (before, after) = (items.get(..at), items.get(end..));
    [before.unwrap_or_default(), after.unwrap_or_default()].concat()
}

/// Each takes one kind of fault out of a weather.
const WITHOUT: [fn(&mut Weather); 17] = [
    |weather| weather.append_late = Chance::NEVER,
    |weather| weather.append_lost = Chance::NEVER,
    |weather| weather.append_ack_lost = Chance::NEVER,
    |weather| weather.append_duplicated = Chance::NEVER,
    |weather| weather.append_full = Chance::NEVER,
    |weather| weather.lane_broke = Chance::NEVER,
    |weather| weather.write_late = Chance::NEVER,
    |weather| weather.write_lost = Chance::NEVER,
    |weather| weather.write_ack_lost = Chance::NEVER,
    |weather| weather.replica_behind = Chance::NEVER,
    |weather| weather.read_failed = Chance::NEVER,
    |weather| weather.ask_failed = Chance::NEVER,
    |weather| weather.commit_failed = Chance::NEVER,
    |weather| weather.commit_unanswered = Chance::NEVER,
    |weather| weather.time_back = Chance::NEVER,
    |weather| weather.trouble = Chance::NEVER,
    |weather| weather.store_killed = Chance::NEVER,
];
