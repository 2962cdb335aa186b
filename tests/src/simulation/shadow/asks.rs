//! What one cart must ask of another, told from what was decided. Knows no rule of carts.

use cart_schemas::command::{Absorb, Asked, Command, Moved};
use cart_schemas::envelope::Envelope;
use cart_schemas::event::{Event, Fact};
use cart_schemas::id::{CartId, CartKey, CommandId, ItemId, MergeId, StockAsk, UserId};
use cart_schemas::record::Outcome;
use cart_schemas::stock::{StockCommand, StockEnvelope};

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

/// A command that a decision must ask of a sku.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SkuAsk {
    /// Its id.
    pub id: CommandId,
    /// The sku.
    pub item: ItemId,
    /// What is asked.
    pub command: StockCommand,
}

impl SkuAsk {
    /// Whether a command in the log is what is asked.
    #[must_use]
    pub fn is(&self, envelope: &StockEnvelope) -> bool {
        self.id == envelope.id
            && self.item == *envelope.sku.item()
            && self.command == envelope.command
    }
}

/// What a decision must ask of another cart; nobody asks more than one thing.
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

/// What a decision must ask of skus: each line's of a checkout that begins or is over.
pub(super) fn of_skus(envelope: &Envelope, (version, events): (u64, &[Event])) -> Vec<SkuAsk> {
    let asking_cart = (CartId::of(&envelope.cart, 0), version);
    let asking = |kind, item: &ItemId, command| SkuAsk {
        id: CommandId::asked_of_stock(asking_cart, envelope.id, item, kind),
        item: item.clone(),
        command,
    };
    let mut asks = Vec::new();
    for event in events {
        if let Fact::CheckoutStarted { checkout, until, lines, .. } = &event.fact {
            asks.extend(lines.iter().map(|line| {
                let (checkout, cart) = (*checkout, envelope.cart.clone());
                let (quantity, until) = (line.quantity, *until);
                let reserve = StockCommand::Reserve { checkout, cart, quantity, until };
                asking(StockAsk::Reserve, &line.item, reserve)
            }));
        }
        if let Fact::CheckoutCancelled { checkout, lines, .. } = &event.fact {
            let release = StockCommand::Release { checkout: *checkout };
            let release =
                lines.iter().map(|line| asking(StockAsk::Release, &line.item, release.clone()));
            asks.extend(release);
        }
        if let Fact::CartConverted { checkout, lines, .. } = &event.fact {
            let commit = StockCommand::Commit { checkout: *checkout };
            let commit =
                lines.iter().map(|line| asking(StockAsk::Commit, &line.item, commit.clone()));
            asks.extend(commit);
        }
    }
    asks
}

/// What is asked of a sku that grants, by the record at this offset, what nobody wants any more.
pub(super) fn stray(envelope: &Envelope, offset: i64) -> Option<SkuAsk> {
    let Command::Reserved { checkout, item, granted: true, .. } = &envelope.command else {
        return None;
    };
    let (cart, place) = (CartId::of(&envelope.cart, 0), offset.unsigned_abs());
    Some(SkuAsk {
        id: CommandId::asked_of_stock((cart, place), envelope.id, item, StockAsk::ReleaseStray),
        item: item.clone(),
        command: StockCommand::Release { checkout: *checkout },
    })
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
