//! What a decision asks of other carts and of skus: read off the command and what came of it, so that
//! nothing is stored for it and a repeat asks the same. Only a Reserve whose answer is known is not
//! asked for again: whoever forgot it would take it for a new one.

mod stock;

use cart_schemas::command::{Absorb, Asked, Command, Moved};
use cart_schemas::envelope::Envelope;
use cart_schemas::event::{Event, Fact};
use cart_schemas::id::{CartId, CartKey, MergeId, UserId};
use cart_schemas::record::{CartRecord, Entry, Fingerprint, Outcome, Position};

use crate::cart::follow_up::stock::{asks_skus, strays};

pub use crate::cart::follow_up::stock::StockFollow;

/// A command to another cart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FollowUp {
    /// The cart.
    pub cart: CartKey,
    /// Its `If-Match`.
    pub expected_version: Option<u64>,
    /// What is asked of it.
    pub command: Command,
}

/// What is asked, and of whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ask {
    /// Of another cart.
    Cart(FollowUp),
    /// Of a sku.
    Sku(StockFollow),
}

/// What a decision about `envelope` asks of others. `record` is its cart's, as it is now.
#[must_use]
pub fn asks(record: &CartRecord, envelope: &Envelope, entry: &Entry) -> Vec<Ask> {
    let of_cart = asks_a_cart(record.cart_id(&envelope.cart), envelope, entry);
    let of_skus = entry.events.iter().flat_map(|event| asks_skus(record, envelope, event));
    let stray = strays(record, envelope, entry.position);
    of_cart.map(Ask::Cart).into_iter().chain(of_skus.chain(stray).map(Ask::Sku)).collect()
}

/// What is asked about a command that was decided before, by another record than the one at `place`.
#[must_use]
pub fn asks_again(
    record: &CartRecord,
    envelope: &Envelope,
    place: Position,
    print: &Fingerprint,
) -> Option<Ask> {
    if print.rejected.is_some() {
        return None;
    }
    let stray = strays(record, envelope, place).map(Ask::Sku);
    stray.or_else(|| merges_again(record.cart_id(&envelope.cart), envelope, print.version))
}

/// What is asked of another cart. `id` is its own cart's.
fn asks_a_cart(id: CartId, envelope: &Envelope, entry: &Entry) -> Option<FollowUp> {
    let applied = entry.outcome == Outcome::Applied;
    match &envelope.command {
        Command::Merge { .. } if applied => asks_to_absorb(id, envelope, entry),
        Command::Absorb(absorb) => settles(envelope, absorb, !applied),
        Command::UndoMerge { .. } => {
            entry.events.iter().find_map(|event| gives_back(envelope, event))
        }
        Command::Merge { .. }
        | Command::AddItem { .. }
        | Command::SetQuantity { .. }
        | Command::RemoveItem { .. }
        | Command::Clear
        | Command::Extend { .. }
        | Command::ChangeCurrency { .. }
        | Command::Import(_)
        | Command::Restore
        | Command::Settle { .. }
        | Command::Return { .. }
        | Command::Checkout { .. }
        | Command::Complete { .. }
        | Command::CancelCheckout { .. }
        | Command::Reserved { .. }
        | Command::Refresh { .. }
        | Command::Wake { .. } => None,
    }
}

/// What is asked about a merge that was asked for before: the cart its lines came to answers from
/// its memory. `version` is the one after the merge.
fn merges_again(id: CartId, envelope: &Envelope, version: u64) -> Option<Ask> {
    absorbing(envelope, MergeId::new(id, version), Moved::Again).map(Ask::Cart)
}

fn asks_to_absorb(id: CartId, envelope: &Envelope, entry: &Entry) -> Option<FollowUp> {
    let moved = entry.events.iter().find_map(moved).unwrap_or(Moved::Nothing);
    absorbing(envelope, MergeId::new(id, entry.version), moved)
}

/// What an event takes out of its cart.
fn moved(event: &Event) -> Option<Moved> {
    let Fact::CartMergedOut { lines, .. } = &event.fact else { return None };
    Some(Moved::Lines { currency: event.after.currency?, lines: lines.clone(), left: event.at })
}

fn absorbing(envelope: &Envelope, merge: MergeId, moved: Moved) -> Option<FollowUp> {
    let Command::Merge { into, policy } = &envelope.command else { return None };
    let absorb = Absorb {
        merge,
        from: envelope.cart.user().clone(),
        policy: *policy,
        moved,
        asked: Asked { command: envelope.id, digest: envelope.digest },
    };
    let (cart, expected_version) = (into.clone(), envelope.expected_version);
    Some(FollowUp { cart, expected_version, command: Command::Absorb(absorb) })
}

/// The cart the lines came from is told what became of them.
fn settles(envelope: &Envelope, absorb: &Absorb, refused: bool) -> Option<FollowUp> {
    match absorb.moved {
        Moved::Nothing | Moved::Again => None,
        Moved::Lines { .. } => {
            let settle = Command::Settle { merge: absorb.merge, refused };
            Some(to(neighbour(envelope, &absorb.from), settle))
        }
    }
}

fn gives_back(envelope: &Envelope, event: &Event) -> Option<FollowUp> {
    let Fact::MergeUndone { merge, from, returned, .. } = &event.fact else { return None };
    let (merge, currency, lines) = (*merge, event.after.currency?, returned.clone());
    Some(to(neighbour(envelope, from), Command::Return { merge, currency, lines }))
}

const fn to(cart: CartKey, command: Command) -> FollowUp {
    FollowUp { cart, expected_version: None, command }
}

/// Another cart of the same shop.
fn neighbour(envelope: &Envelope, user: &UserId) -> CartKey {
    CartKey::new(envelope.cart.tenant().cloned(), user.clone())
}
