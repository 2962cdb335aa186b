//! The scanner of a trace: the current owner's, with a clock of its own.

use cart_processor::timers::scanner::{Answer, Ask};
use cart_schemas::cart::CartState;
use cart_schemas::timestamp::Timestamp;
use cart_tests::simulation::audit::Invariant;

use crate::request::{at, wake};
use crate::trace::Trace;

/// A slot the scanner wants dropped.
#[derive(Debug)]
pub(crate) struct Drop {
    slot: String,
    /// The largest timestamp it held.
    newest: Option<Timestamp>,
    /// The time by the scanner's clock.
    clock: Timestamp,
}

/// At which timestamp a slot is dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Clear {
    /// The largest that it held: the product.
    AtNewest,
    /// The scanner's clock: the hole.
    AtClock,
}

impl Trace {
    /// The scanner looks at `now` by its clock; it appends the Wakes of what is due, which is
    /// `appended` by the broker's clock. Whether there were any.
    pub(crate) fn tick(&mut self, now: i64, appended: i64) -> bool {
        let frontier = self.owners.last().map_or(0, |owner| owner.frontier);
        let end = self.log.len();
        let mut ask = self.scanner.tick(at(now), frontier);
        while let Some(asked) = ask {
            ask = match asked {
                Ask::End => self.scanner.on(Answer::End(self.end())),
                Ask::Read { slot, after } => {
                    let notes = self.store.entries(&slot, after.as_deref());
                    self.scanner.on(Answer::Page(notes))
                }
                Ask::Wake(timers) => {
                    for timer in &timers {
                        self.append(&wake(self.end(), timer).at(appended));
                    }
                    self.scanner.on(Answer::Woken(Some(self.end() - 1)))
                }
                Ask::Leave(next) => {
                    self.owners.last_mut().into_iter().for_each(|owner| owner.slot = next);
                    self.scanner.on(Answer::Left)
                }
                Ask::Drop { slot, at: newest, .. } => {
                    self.drop = Some(Drop { slot, newest, clock: at(now) });
                    None
                }
            };
        }
        self.log.len() > end
    }

    fn end(&self) -> i64 {
        i64::try_from(self.log.len()).unwrap()
    }

    /// Whether the scanner wants a slot dropped.
    pub(crate) fn wants_a_drop(&self) -> bool {
        self.drop.is_some()
    }

    /// The slot the scanner wants dropped, if it wants one dropped, is dropped.
    pub(crate) fn drop_lands(&mut self, clear: Clear) {
        let Some(Drop { slot, newest, clock, .. }) = &self.drop else { return };
        let at = if clear == Clear::AtClock { Some(*clock) } else { *newest };
        at.into_iter().for_each(|at| self.store.drop_slot(slot, at));
    }

    /// The scanner looks again and again, and every Wake is decided, until `now`, by which the
    /// cart must have expired if it was to.
    pub(crate) fn wakes_until(&mut self, now: i64) {
        while self.tick(now, now) {
            let who = self.current();
            self.read_on(who);
            self.finish(who);
        }
        let cart = self.store.cart().cart;
        let open = cart.state == CartState::Active;
        let overdue = cart.lifespan.is_some_and(|span| open && span.expires_at <= at(now));
        self.judge.check(Invariant::EverythingDueIsWoken, !overdue, "a timer was lost");
    }
}
