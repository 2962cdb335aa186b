//! The counts of every hour, and what has to be remembered of each cart to go on counting.

use std::collections::{BTreeMap, HashMap};

use cart_schemas::event::{Event, Fact};
use cart_schemas::id::{CartKey, TenantId};

use super::tally::Tally;
use super::trail::{Step, Trail};

const MICROS_AN_HOUR: i64 = 3_600_000_000;

/// What counts are kept apart by: by the event's own time, not by when it was read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hour {
    /// The shop; `None` is the default one.
    pub tenant: Option<TenantId>,
    /// The currency's code; `None` where the cart had none, as before its first line.
    pub currency: Option<&'static str>,
    /// Hours since 1970, in UTC.
    pub hour: i64,
}

/// How events were met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Read {
    /// Counted.
    pub counted: u64,
    /// Passed over, for they were counted already: a processor that crashed tells its last events again.
    pub repeated: u64,
    /// Counted though others are missing before them. Not in what Cartstream wrote.
    pub gaps: u64,
}

/// The counts, from no event on.
#[derive(Debug, Default)]
pub struct Book {
    trails: HashMap<CartKey, Trail>,
    hours: BTreeMap<Hour, Tally>,
    read: Read,
}

impl Book {
    /// Counts an event of the cart at `key`. Those of a cart come in their order; the same one again counts
    /// nothing.
    pub fn take(&mut self, key: &CartKey, event: &Event) {
        let (begins, age) = match self.trails.get_mut(key) {
            None => {
                let (trail, begins) = Trail::starting(event);
                self.trails.insert(key.clone(), trail);
                (begins, None)
            }
            Some(trail) => match trail.step(event.place) {
                Step::Repeat => return self.read.repeated += 1,
                step @ (Step::Next | Step::Gap) => {
                    self.read.gaps += u64::from(step == Step::Gap);
                    let age = trail.age(event.at);
                    (trail.follow(event), age)
                }
            },
        };
        self.read.counted += 1;
        let tally = self.hours.entry(Hour::of(key, event)).or_default();
        tally.count(event);
        if begins {
            tally.begin();
        }
        if let (Fact::CartConverted { .. }, Some(seconds)) = (&event.fact, age) {
            tally.time(seconds);
        }
    }

    /// The counts of each hour in which something happened, in their order.
    #[must_use]
    pub const fn hours(&self) -> &BTreeMap<Hour, Tally> {
        &self.hours
    }

    /// How events were met.
    #[must_use]
    pub const fn read(&self) -> Read {
        self.read
    }
}

impl Hour {
    fn of(key: &CartKey, event: &Event) -> Self {
        Self {
            tenant: key.tenant().cloned(),
            currency: event.after.currency.map(|currency| currency.code()),
            hour: event.at.micros().div_euclid(MICROS_AN_HOUR),
        }
    }
}

#[cfg(test)]
mod tests;
