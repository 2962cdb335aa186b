//! What a decision asks of other carts: read off the command and what came of it, so that nothing
//! is stored for it and a repeat asks the same.

use cart_schemas::command::{Absorb, Asked, Command, Moved};
use cart_schemas::envelope::Envelope;
use cart_schemas::event::{Event, Fact};
use cart_schemas::id::{CartId, CartKey, MergeId, UserId};
use cart_schemas::record::{Entry, Outcome};

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

/// What a decision about `envelope` asks of another cart, if anything. `id` is its own cart's.
#[must_use]
pub fn asks(id: CartId, envelope: &Envelope, entry: &Entry) -> Option<FollowUp> {
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
        | Command::Import(_)
        | Command::Restore
        | Command::Settle { .. }
        | Command::Return { .. }
        | Command::Wake { .. } => None,
    }
}

/// What is asked about a merge that was asked for before: the cart its lines came to answers from
/// its memory. `version` is the one after the merge.
#[must_use]
pub fn asks_again(id: CartId, envelope: &Envelope, version: u64) -> Option<FollowUp> {
    absorbing(envelope, MergeId::new(id, version), Moved::Again)
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
