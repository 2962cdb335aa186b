//! What a cart remembers of its dealings with other carts and with skus after a decision. Decides nothing: it reads the
//! command and what came of it.

mod checkout;

use cart_schemas::cart::{Cart, Line};
use cart_schemas::command::{Absorb, Asked, Command, Moved};
use cart_schemas::dealings::{
    ARRIVED_MAX, Arrival, Arrived, Dealings, MergedLine, OUTGOING_MAX, Outgoing,
    REMEMBERED_SECONDS, SETTLED_MAX, Settled, WHOLE_MAX, Whole,
};
use cart_schemas::envelope::Envelope;
use cart_schemas::event::Fact;
use cart_schemas::id::MergeId;
use cart_schemas::money::Currency;
use cart_schemas::rejection::Rejection;
use cart_schemas::timestamp::Timestamp;

use crate::cart::{Change, Known};

/// The dealings after what was due at `at` has happened to this cart; `None` if they are what they
/// were.
#[must_use]
pub fn passed(cart: &Cart, dealings: &Dealings, due: &[Change], at: Timestamp) -> Option<Dealings> {
    checkout::ended(cart, dealings, due, at)
}

/// The dealings after a command came to this at `at`; `None` if they are what they were.
#[must_use]
pub fn dealt(
    known: Known<'_>,
    envelope: &Envelope,
    came: Result<&[Change], &Rejection>,
    at: Timestamp,
) -> Option<Dealings> {
    let happened = || came.ok().filter(|changes| !changes.is_empty());
    match &envelope.command {
        Command::Merge { .. } => {
            let outgoing = left(happened()?)?;
            Some(sent(known.dealings.clone(), outgoing))
        }
        Command::Absorb(absorb) => {
            let arrived = arrived(known, absorb, came, at)?;
            Some(remembering(known.dealings.clone(), arrived))
        }
        Command::Settle { merge, refused } => {
            known.dealings.outgoing(*merge).filter(|_| came.is_ok())?;
            Some(settled(known.dealings.clone(), (*merge, *refused), at))
        }
        Command::UndoMerge { merge } => {
            happened()?;
            Some(undone(known.dealings.clone(), *merge))
        }
        Command::Return { merge, .. } => {
            happened()?;
            Some(returned(known.dealings.clone(), *merge))
        }
        Command::Checkout { .. } => {
            let asked = Asked { command: envelope.id, digest: envelope.digest };
            checkout::begun(known.dealings, happened()?, asked)
        }
        Command::Reserved { checkout, item, granted, available } => {
            let ended = checkout::ended(known.cart, known.dealings, came.ok()?, at);
            let short = (!granted).then_some(*available);
            ended.or_else(|| checkout::answered(known.dealings, *checkout, (item, short)))
        }
        Command::Complete { .. } | Command::CancelCheckout { .. } => {
            checkout::ended(known.cart, known.dealings, happened()?, at)
        }
        Command::AddItem { .. }
        | Command::SetQuantity { .. }
        | Command::RemoveItem { .. }
        | Command::Clear
        | Command::Extend { .. }
        | Command::ChangeCurrency { .. }
        | Command::Import(_)
        | Command::Restore
        | Command::Refresh { .. }
        | Command::Wake { .. } => None,
    }
}

fn sent(mut dealings: Dealings, outgoing: Outgoing) -> Dealings {
    dealings.outgoing.push(outgoing);
    dealings
}

/// The other cart has answered; what it took may still be undone.
fn settled(mut dealings: Dealings, (merge, refused): (MergeId, bool), at: Timestamp) -> Dealings {
    dealings.outgoing.retain(|outgoing| outgoing.merge != merge);
    dealings.settled.retain(|settled| !is_past(settled.at, at));
    dealings.settled.extend((!refused).then_some(Settled { merge, at }));
    dealings
}

fn undone(mut dealings: Dealings, merge: MergeId) -> Dealings {
    let arrived = dealings.arrived.iter_mut().find(|arrived| arrived.merge == merge);
    if let Some(arrived) = arrived {
        arrived.arrival = Arrival::Undone;
    }
    dealings
}

fn returned(mut dealings: Dealings, merge: MergeId) -> Dealings {
    dealings.settled.retain(|settled| settled.merge != merge);
    dealings
}

/// Lines that leave.
fn left(changes: &[Change]) -> Option<Outgoing> {
    changes.iter().find_map(|change| {
        let Fact::CartMergedOut { merge, lines, .. } = &change.fact else { return None };
        let currency = change.moment.currency?;
        Some(Outgoing { merge: *merge, currency, lines: lines.clone() })
    })
}

/// Lines that arrive, and what became of them; `None` of those whose fate is known or forgotten.
/// What comes too late is refused by its age, however often it comes.
fn arrived(
    known: Known<'_>,
    absorb: &Absorb,
    came: Result<&[Change], &Rejection>,
    at: Timestamp,
) -> Option<Arrived> {
    let Moved::Lines { currency, lines, left } = &absorb.moved else { return None };
    if known.dealings.arrived(absorb.merge).is_some() || is_late(known.dealings, *left, at) {
        return None;
    }
    let arrival = match came {
        Err(rejection) => Arrival::Refused(rejection.clone()),
        Ok(changes) => Arrival::Merged(Some(whole(known.cart, (*currency, lines), changes)?)),
    };
    Some(Arrived {
        merge: absorb.merge,
        asked: absorb.asked,
        from: absorb.from.clone(),
        left: *left,
        at,
        version: known.version.saturating_add(u64::from(came.is_ok())),
        arrival,
    })
}

fn whole(cart: &Cart, (currency, came): (Currency, &[Line]), changes: &[Change]) -> Option<Whole> {
    changes.iter().find_map(|change| {
        let Fact::CartMergedIn { lines, warnings, .. } = &change.fact else { return None };
        let changed = lines.iter().map(|after| MergedLine {
            before: cart.line(&after.item).cloned(),
            after: after.clone(),
        });
        let (changed, warnings) = (changed.collect(), warnings.clone());
        Some(Whole { warnings, changed, came: came.to_vec(), currency })
    })
}

/// Enters a merge. What is forgotten for it, by age or for room, is refused from now on.
fn remembering(mut dealings: Dealings, arrived: Arrived) -> Dealings {
    let at = arrived.at;
    dealings.arrived.retain(|older| !is_past(older.left, at));
    while dealings.arrived.len() >= ARRIVED_MAX {
        let lefts = dealings.arrived.iter().map(|older| older.left);
        let Some(first) = lefts.min() else { break };
        dealings.arrived.retain(|older| older.left > first);
        dealings.forgotten = dealings.forgotten.max(Some(first));
    }
    dealings.arrived.push(arrived);
    for older in dealings.arrived.iter_mut().rev().skip(WHOLE_MAX) {
        match &mut older.arrival {
            Arrival::Merged(whole) => *whole = None,
            Arrival::Undone | Arrival::Refused(_) => {}
        }
    }
    dealings
}

fn is_past(since: Timestamp, at: Timestamp) -> bool {
    since.plus_seconds(REMEMBERED_SECONDS) <= at
}

/// Whether lines that left then come too late: whether they have come before may be forgotten.
pub(super) fn is_late(dealings: &Dealings, left: Timestamp, at: Timestamp) -> bool {
    is_past(left, at) || dealings.forgotten.is_some_and(|forgotten| left <= forgotten)
}

/// Whether a cart's lines may leave now: it must remember each merge for as long as one may come
/// back.
pub(super) fn may_leave(dealings: &Dealings, at: Timestamp) -> bool {
    let under_way = dealings.outgoing.len();
    let settled = dealings.settled.iter().filter(|settled| !is_past(settled.at, at));
    under_way < OUTGOING_MAX && under_way.saturating_add(settled.count()) < SETTLED_MAX
}

/// Whether a cart waits for another one's answer. Until then it does not expire: what comes back
/// must find it.
pub(super) fn is_waiting(dealings: &Dealings) -> bool {
    !dealings.outgoing.is_empty()
}

/// Whether every line a merge changed is as the merge left it, and what came could lie beside what
/// is there.
pub(super) fn is_untouched(cart: &Cart, whole: &Whole) -> bool {
    let currency = cart.currency.is_none_or(|ours| ours == whole.currency);
    let untouched = |MergedLine { after, .. }: &MergedLine| {
        let line = cart.line(&after.item);
        line.is_some_and(|line| {
            (line.quantity, line.price, line.last_modified)
                == (after.quantity, after.price, after.last_modified)
        })
    };
    currency && whole.changed.iter().all(untouched)
}
