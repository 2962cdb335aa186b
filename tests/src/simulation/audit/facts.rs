//! Which events and dead letters have landed. Repeats leave no trace here.

use std::collections::{BTreeMap, BTreeSet};

use cart_schemas::envelope::Envelope;
use cart_schemas::event::Place;
use cart_schemas::id::{CartKey, CommandId, SkuKey};
use cart_schemas::partition::Partition;
use cart_schemas::stock::StockCommand;

use crate::simulation::shadow::{CartHistory, Decision, SkuAsk};

/// Where an event stands in its cart: its version and its number within it.
pub(super) type Step = (u64, u16);

/// What has landed.
#[derive(Debug, Default)]
pub(super) struct Facts {
    /// The last first appearance of each cart.
    last: BTreeMap<CartKey, Step>,
    letters: BTreeSet<(Partition, i64)>,
    /// What was asked of each cart.
    asked: BTreeSet<(CartKey, CommandId)>,
    /// What was asked of each sku.
    stock_asked: BTreeSet<(SkuKey, CommandId)>,
}

impl Facts {
    /// The last event of the cart that has landed with all before it.
    pub(super) fn last(&self, cart: &CartKey) -> Option<Step> {
        self.last.get(cart).copied()
    }

    /// An event that is next, or a repeat, has landed. What was expected is the error.
    pub(super) fn land(&mut self, history: &CartHistory, place: &Place) -> Result<(), Step> {
        let (cart, step) = (history.key(), (place.version, place.n));
        let last = self.last(cart);
        if last.is_some_and(|last| step <= last) {
            return Ok(());
        }
        let next = next(history, last);
        if step != next {
            return Err(next);
        }
        match self.last.get_mut(cart) {
            Some(last) => *last = step,
            None => {
                self.last.insert(cart.clone(), step);
            }
        }
        Ok(())
    }

    pub(super) fn land_letter(&mut self, partition: Partition, offset: i64) {
        self.letters.insert((partition, offset));
    }

    /// A command is in its cart's log.
    pub(super) fn land_ask(&mut self, envelope: &Envelope) {
        self.asked.insert((envelope.cart.clone(), envelope.id));
    }

    /// A command is in its sku's log.
    pub(super) fn land_stock_ask(&mut self, sku: SkuKey, command: CommandId) {
        self.stock_asked.insert((sku, command));
    }

    pub(super) fn has_letter(&self, partition: Partition, offset: i64) -> bool {
        self.letters.contains(&(partition, offset))
    }

    /// Whether everything a decision of this cart must emit has landed, and all events before it.
    pub(super) fn has_all_of(&self, history: &CartHistory, decision: &Decision) -> bool {
        let events = decision.events.last().is_none_or(|event| {
            self.last(&decision.cart) >= Some((event.place.version, event.place.n))
        });
        let letter =
            !decision.is_internal() || self.has_letter(decision.partition, decision.offset);
        let asked = decision
            .asks
            .as_ref()
            .is_none_or(|ask| self.asked.contains(&(ask.cart.clone(), ask.id)));
        let landed = |ask: &SkuAsk| {
            self.stock_asked.contains(&(SkuKey::in_shop_of(&decision.cart, &ask.item), ask.id))
        };
        let mut wanted = decision.sku_asks.iter().filter(|ask| is_wanted(history, ask));
        let stock_asked = wanted.all(landed);
        events && letter && asked && stock_asked
    }
}

/// Whether what is asked of a sku is still needed: nobody has to reserve what is over, or answered.
fn is_wanted(history: &CartHistory, ask: &SkuAsk) -> bool {
    let StockCommand::Reserve { checkout, .. } = &ask.command else { return true };
    let reserving = history.last().and_then(|last| last.dealings.reserving(*checkout));
    reserving.is_some_and(|reserving| reserving.awaited.contains(&ask.item))
}

/// The event that follows the last one.
fn next(history: &CartHistory, last: Option<Step>) -> Step {
    match last {
        None => (1, 0),
        Some((version, n)) => {
            let next = n.saturating_add(1);
            let goes_on = history.event(version, next).is_some();
            if goes_on { (version, next) } else { (version.saturating_add(1), 0) }
        }
    }
}
