//! What the oracle's cart remembers of merges, and how the contract shapes it. Knows no rule of
//! merging but how much is remembered.

use cart_schemas::command::Asked;
use cart_schemas::dealings::{Arrival, Arrived, Dealings, MergedLine, Outgoing, Settled, Whole};
use cart_schemas::id::{MergeId, UserId};
use cart_schemas::merge::Warning;
use cart_schemas::money::Currency;
use cart_schemas::rejection::Rejection;
use cart_schemas::timestamp::Timestamp;

use super::later;
use super::line::Line;

/// Seconds after which nobody speaks of a merge any more.
pub(super) const WEEK: u32 = 604_800;
/// Merges under way, merges given away in a week, merges remembered, and remembered whole.
pub(super) const AWAY: usize = 8;
pub(super) const GIVEN: usize = 256;
const CAME: usize = 64;
const WHOLE: usize = 4;

/// What a cart remembers of its merges. Times are microseconds.
#[derive(Debug, Default)]
pub(super) struct Merges {
    /// Lines under way to another cart.
    pub(super) away: Vec<(MergeId, Currency, Vec<Line>)>,
    /// Merges the other cart took, and when this one heard.
    pub(super) given: Vec<(MergeId, i64)>,
    pub(super) came: Vec<Came>,
    /// Whatever left another cart up to then is refused.
    pub(super) forgotten: Option<i64>,
}

/// A merge that came.
#[derive(Debug)]
pub(super) struct Came {
    pub(super) merge: MergeId,
    pub(super) asked: Asked,
    pub(super) from: UserId,
    pub(super) left: i64,
    pub(super) at: i64,
    pub(super) version: u64,
    pub(super) fate: Fate,
}

/// What became of it.
#[derive(Debug)]
pub(super) enum Fate {
    Taken(Option<Taken>),
    Undone,
    Refused(Rejection),
}

/// All that was done for it.
#[derive(Debug)]
pub(super) struct Taken {
    pub(super) warnings: Vec<Warning>,
    /// A line before, if there was one, and after.
    pub(super) changed: Vec<(Option<Line>, Line)>,
    pub(super) brought: Vec<Line>,
    pub(super) currency: Currency,
}

impl Merges {
    pub(super) fn of(&self, merge: MergeId) -> Option<&Came> {
        self.came.iter().find(|came| came.merge == merge)
    }

    /// Room for one more: what is old goes; if that is not enough, what left first.
    fn make_room(&mut self, now: i64) {
        self.came.retain(|came| later(came.left, WEEK) > now);
        while self.came.len() >= CAME {
            let first = self.came.iter().map(|came| came.left).min().unwrap_or(i64::MAX);
            self.came.retain(|came| came.left != first);
            self.forgotten = Some(self.forgotten.map_or(first, |before| before.max(first)));
        }
    }

    pub(super) fn keep(&mut self, came: Came) {
        self.make_room(came.at);
        self.came.push(came);
        let old = self.came.len().saturating_sub(WHOLE);
        for came in self.came.iter_mut().take(old) {
            if let Fate::Taken(taken) = &mut came.fate {
                *taken = None;
            }
        }
    }

    /// The same as the contract shapes it.
    pub(super) fn content(&self) -> Dealings {
        let time = Timestamp::from_micros;
        let outgoing = self.away.iter().map(|(merge, currency, lines)| Outgoing {
            merge: *merge,
            currency: *currency,
            lines: lines.iter().map(Line::content).collect(),
        });
        let settled = self.given.iter().map(|(merge, at)| Settled { merge: *merge, at: time(*at) });
        Dealings {
            outgoing: outgoing.collect(),
            settled: settled.collect(),
            arrived: self.came.iter().map(Came::content).collect(),
            forgotten: self.forgotten.map(time),
            ..Dealings::default()
        }
    }
}

impl Came {
    fn content(&self) -> Arrived {
        Arrived {
            merge: self.merge,
            asked: self.asked,
            from: self.from.clone(),
            left: Timestamp::from_micros(self.left),
            at: Timestamp::from_micros(self.at),
            version: self.version,
            arrival: match &self.fate {
                Fate::Taken(taken) => Arrival::Merged(taken.as_ref().map(Taken::content)),
                Fate::Undone => Arrival::Undone,
                Fate::Refused(why) => Arrival::Refused(why.clone()),
            },
        }
    }
}

impl Taken {
    fn content(&self) -> Whole {
        let changed = self.changed.iter().map(|(before, after)| MergedLine {
            before: before.as_ref().map(Line::content),
            after: after.content(),
        });
        Whole {
            warnings: self.warnings.clone(),
            changed: changed.collect(),
            came: self.brought.iter().map(Line::content).collect(),
            currency: self.currency,
        }
    }
}
