//! What one cart must ask of another, told from what was decided. Knows no rule of carts.

use cart_schemas::command::{Absorb, Asked, Command, Moved};
use cart_schemas::envelope::Envelope;
use cart_schemas::event::{Event, Fact};
use cart_schemas::id::{CartId, CartKey, CommandId, MergeId, UserId};
use cart_schemas::record::Outcome;

/// A command that a decision must ask of another cart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    /// Its id.
    pub id: CommandId,
    /// The cart.
    pub cart: CartKey,
    /// Its `If-Match`.
    pub expected: Option<u64>,
    /// What is asked.
    pub command: Command,
}

impl Ask {
    /// Whether a command in the log is what is asked.
    #[must_use]
    pub fn is(&self, envelope: &Envelope) -> bool {
        self.id == envelope.id
            && self.cart == envelope.cart
            && self.expected == envelope.expected_version
            && self.command == envelope.command
    }
}

/// What a decision must ask; nobody asks more than one thing.
pub(super) fn of(
    envelope: &Envelope,
    outcome: &Outcome,
    (version, events): (u64, &[Event]),
) -> Option<Ask> {
    let applied = *outcome == Outcome::Applied;
    match &envelope.command {
        Command::Merge { .. } if applied => {
            absorbing(envelope, version, events.iter().find_map(moved).unwrap_or(Moved::Nothing))
        }
        Command::Absorb(Absorb { merge, from, moved: Moved::Lines { .. }, .. }) => {
            let command = Command::Settle { merge: *merge, refused: !applied };
            Some(asked(envelope, version, (from, command)))
        }
        Command::UndoMerge { .. } => events.iter().find_map(|event| {
            let Fact::MergeUndone { merge, from, returned, .. } = &event.fact else { return None };
            let currency = event.after.currency?;
            let back = Command::Return { merge: *merge, currency, lines: returned.clone() };
            Some(asked(envelope, version, (from, back)))
        }),
        Command::Merge { .. }
        | Command::Absorb(_)
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

/// What a merge that was asked for before asks once more.
pub(super) fn again(envelope: &Envelope, version: u64) -> Option<Ask> {
    absorbing(envelope, version, Moved::Again)
}

fn moved(event: &Event) -> Option<Moved> {
    let Fact::CartMergedOut { lines, .. } = &event.fact else { return None };
    Some(Moved::Lines { currency: event.after.currency?, lines: lines.clone(), left: event.at })
}

fn absorbing(envelope: &Envelope, version: u64, moved: Moved) -> Option<Ask> {
    let Command::Merge { into, policy } = &envelope.command else { return None };
    let source = CartId::of(&envelope.cart, 0);
    let absorb = Absorb {
        merge: MergeId::new(source, version),
        from: envelope.cart.user().clone(),
        policy: *policy,
        moved,
        asked: Asked { command: envelope.id, digest: envelope.digest },
    };
    Some(Ask {
        id: CommandId::asked_by(source, envelope.id, version),
        cart: into.clone(),
        expected: envelope.expected_version,
        command: Command::Absorb(absorb),
    })
}

fn asked(envelope: &Envelope, version: u64, (of, command): (&UserId, Command)) -> Ask {
    Ask {
        id: CommandId::asked_by(CartId::of(&envelope.cart, 0), envelope.id, version),
        cart: CartKey::new(envelope.cart.tenant().cloned(), of.clone()),
        expected: None,
        command,
    }
}
