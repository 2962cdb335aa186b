//! A stored record against the oracle's history of its cart, field by field.

use std::collections::VecDeque;
use std::sync::Arc;

use cart_schemas::record::{CartRecord, Entry, Fingerprint};

use crate::simulation::plan::GENERATION;
use crate::simulation::shadow::{CartHistory, Decision};

/// What about `stored` is not what the oracle says of the record after the decision of this
/// number; `None` if nothing is.
pub(super) fn difference(
    stored: &CartRecord,
    history: &CartHistory,
    number: usize,
) -> Option<String> {
    let Some(decision) = history.decisions().get(number) else {
        return Some(format!("there is no decision {number}"));
    };
    let timer = decision.timer.map(|timer| timer.due);
    let fields = [
        (stored.format == decision.format, "format", format!("{:?}", stored.format)),
        (stored.life == 0, "life", format!("{}", stored.life)),
        (stored.version == decision.version, "version", format!("{}", stored.version)),
        (stored.ts == decision.ts, "ts", format!("{}", stored.ts)),
        (stored.timer == timer, "timer", format!("{:?}", stored.timer)),
        (stored.cart == *decision.after, "cart", format!("{:?}", stored.cart)),
        (stored.dealings == *decision.dealings, "dealings", format!("{:?}", stored.dealings)),
    ];
    let differs = fields.into_iter().find(|(same, _, _)| !same);
    if let Some((_, field, value)) = differs {
        return Some(format!("its {field} is {value}, after {decision:?}"));
    }
    ledger(&stored.ledger, history.ledger(number))
        .or_else(|| fingerprints(&stored.fingerprints, history.fingerprints(number)))
}

fn ledger(stored: &VecDeque<Entry>, decisions: &[Arc<Decision>]) -> Option<String> {
    if stored.len() != decisions.len() {
        return Some(format!("its ledger has {} and not {}", stored.len(), decisions.len()));
    }
    let differs = stored.iter().zip(decisions).find(|(entry, decision)| !is_of(entry, decision));
    differs.map(|(entry, decision)| format!("its ledger has {entry:?} where {decision:?} was"))
}

fn is_of(entry: &Entry, decision: &Decision) -> bool {
    entry.position.generation == GENERATION
        && entry.position.offset == decision.offset
        && entry.command == decision.command
        && entry.digest == decision.digest
        && entry.outcome == decision.outcome
        && entry.version == decision.version
        && entry.events == decision.events
}

fn fingerprints(stored: &VecDeque<Fingerprint>, decisions: &[Arc<Decision>]) -> Option<String> {
    if stored.len() != decisions.len() {
        return Some(format!("it has {} fingerprints and not {}", stored.len(), decisions.len()));
    }
    let same = |print: &Fingerprint, decision: &Decision| {
        print.command == decision.command
            && print.digest == decision.digest
            && print.version == decision.version
            && print.rejected == decision.rejected()
    };
    let differs = stored.iter().zip(decisions).find(|(print, decision)| !same(print, decision));
    differs.map(|(print, decision)| format!("it has {print:?} where {decision:?} was"))
}
