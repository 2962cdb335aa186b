//! The store was killed: what it forgot is owed until the log has put it back. Knows nothing of who
//! puts it back, nor how.
//!
//! Only two things are told of carts that may be owed: that a decision is done, and what a cart is.
//! Whoever tells either may not know yet. Everything else stays as strict as without a kill: the
//! progress row passes nothing that is not stored *now*, what landed in the log has landed, what is
//! written again has the bytes it had, and in the end nothing is owed.

use std::collections::BTreeMap;

use cart_schemas::id::CartKey;
use cart_schemas::timestamp::Timestamp;

use super::Audit;
use super::timers::Timers;

/// What a kill leaves.
#[derive(Debug)]
pub(super) struct Kept {
    timers: Timers,
    /// How many decisions of each cart any replica had.
    decided: BTreeMap<CartKey, usize>,
}

impl Audit {
    /// A kill is to come, and will leave what there is now.
    pub(super) fn synced(&mut self) {
        let (timers, decided) = (self.timers.clone(), self.cells.all_decided());
        self.kept = Some(Kept { timers, decided });
    }

    /// The store has what it had when it synced. What the progress rows promised is promised anew.
    pub(super) fn forgot(&mut self) {
        let Some(Kept { timers, decided }) = self.kept.take() else { return };
        self.timers = timers;
        self.cells.forget((&self.world, &self.shadow), &decided);
        self.stored.clear();
    }

    /// Whether the store owed decisions of a cart, by a kill, at some moment since then: a read of
    /// its row may have shown less than was told before.
    #[must_use]
    pub fn was_owed(&self, cart: &CartKey, since: Timestamp) -> bool {
        self.cells.was_owed(cart, since)
    }
}
