//! How mutants decide: the cart's own logic with one rule of it broken.

use cart_processor::cart::{Change, Known, decide, due};
use cart_schemas::cart::Cart;
use cart_schemas::command::Command;
use cart_schemas::dealings::{Arrival, Dealings};
use cart_schemas::envelope::Envelope;
use cart_schemas::event::Fact;
use cart_schemas::policy::Policy;
use cart_schemas::rejection::Rejection;
use cart_schemas::timestamp::Timestamp;

use super::surroundings;

/// The rule that is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Judgement {
    /// Lines carry the time of the node that decides.
    ClockInDecide,
    /// `If-Match` is not looked at.
    VersionNotCompared,
    /// A limit of the node that decides instead of the command's.
    OwnPolicy,
    /// An import takes the place of whatever is in the cart.
    ImportReplaces,
    /// A cart that somebody has emptied takes an import, too.
    ImportRefills,
    /// Of several things that came due, one happens and the others wait.
    FirstDueOnly,
    /// A cart that somebody comes back to still counts as abandoned.
    RecoveryUntold,
    /// What an expiry took out can be restored for ever.
    RestoreNeverLate,
    /// A cart does not look whether it has answered a merge before.
    AbsorbedAgain,
    /// What another cart did not take does not come back.
    RefusedLinesDropped,
    /// A merge is undone although its lines were changed since.
    TouchedUndone,
    /// A cart ends while its lines are on their way to another one.
    ExpiresWhileAway,
    /// A cart changes while somebody is paying for it.
    LockIgnored,
    /// A checkout that nobody pays never ends.
    LapseForgotten,
    /// A cart does not look whether it was told something newer.
    StaleNewsTaken,
    /// A sku's refusal is taken for a grant.
    ShortCountsAsGranted,
}

impl Judgement {
    /// See [`decide()`].
    pub(super) fn decide(
        self,
        known: Known<'_>,
        envelope: &Envelope,
        at: Timestamp,
    ) -> Result<Vec<Change>, Rejection> {
        let Known { version, cart, .. } = known;
        match self {
            Self::ClockInDecide => decide(known, envelope, surroundings::now()),
            Self::VersionNotCompared => {
                let envelope = Envelope { expected_version: None, ..envelope.clone() };
                decide(known, &envelope, at)
            }
            Self::OwnPolicy => {
                let policy = Policy::default();
                decide(known, &Envelope { policy, ..envelope.clone() }, at)
            }
            Self::ImportReplaces if is_import(envelope) && version > 0 => {
                let clear = Envelope { command: Command::Clear, ..envelope.clone() };
                let cleared = decide(known, &clear, at)?;
                let empty = Known { cart: &Cart::default(), version: 0, ..known };
                let imported = decide(empty, envelope, at)?;
                Ok([cleared, imported].concat())
            }
            Self::ImportRefills if is_import(envelope) && cart.lines.is_empty() => {
                decide(Known { version: 0, ..known }, envelope, at)
            }
            Self::RecoveryUntold => {
                let mut changes = decide(known, envelope, at)?;
                changes.retain(|change| !matches!(change.fact, Fact::CartRecovered { .. }));
                Ok(changes)
            }
            Self::RestoreNeverLate => {
                let policy = Policy { restore_seconds: u32::MAX, ..envelope.policy };
                decide(known, &Envelope { policy, ..envelope.clone() }, at)
            }
            Self::AbsorbedAgain => {
                let dealings = Dealings { arrived: Vec::new(), ..known.dealings.clone() };
                decide(Known { dealings: &dealings, ..known }, envelope, at)
            }
            Self::RefusedLinesDropped if is_settled(envelope) => Ok(Vec::new()),
            Self::TouchedUndone => {
                let dealings = as_if_untouched(cart, known.dealings);
                decide(Known { dealings: &dealings, ..known }, envelope, at)
            }
            Self::LockIgnored if !is_selling(envelope) => {
                let cart = Cart { checkout: None, ..cart.clone() };
                decide(Known { cart: &cart, ..known }, envelope, at)
            }
            Self::StaleNewsTaken => {
                let cart = Cart { told: Vec::new(), ..cart.clone() };
                decide(Known { cart: &cart, ..known }, envelope, at)
            }
            Self::ShortCountsAsGranted => decide(known, &granted(envelope), at),
            Self::LockIgnored
            | Self::LapseForgotten
            | Self::ImportReplaces
            | Self::ImportRefills
            | Self::FirstDueOnly
            | Self::RefusedLinesDropped
            | Self::ExpiresWhileAway => decide(known, envelope, at),
        }
    }

    /// See [`due()`].
    pub(super) fn due(
        self,
        (cart, dealings): (&Cart, &Dealings),
        policy: &Policy,
        at: Timestamp,
    ) -> Vec<Change> {
        let none = Dealings::default();
        let dealings = if self == Self::ExpiresWhileAway { &none } else { dealings };
        let mut changes = due(cart, dealings, policy, at);
        if self == Self::FirstDueOnly {
            changes.truncate(1);
        }
        if self == Self::LapseForgotten && cart.checkout.is_some() {
            changes.clear();
        }
        changes
    }
}

const fn is_selling(envelope: &Envelope) -> bool {
    matches!(
        envelope.command,
        Command::Checkout { .. }
            | Command::Complete { .. }
            | Command::CancelCheckout { .. }
            | Command::Reserved { .. }
    )
}

fn granted(envelope: &Envelope) -> Envelope {
    let mut envelope = envelope.clone();
    if let Command::Reserved { granted, .. } = &mut envelope.command {
        *granted = true;
    }
    envelope
}

const fn is_settled(envelope: &Envelope) -> bool {
    matches!(envelope.command, Command::Settle { .. })
}

/// The dealings of a cart whose lines are, whatever they are, what merges left.
fn as_if_untouched(cart: &Cart, dealings: &Dealings) -> Dealings {
    let mut dealings = dealings.clone();
    for arrived in &mut dealings.arrived {
        if let Arrival::Merged(Some(whole)) = &mut arrived.arrival {
            for line in &mut whole.changed {
                line.after = cart.line(&line.after.item).unwrap_or(&line.after).clone();
            }
        }
    }
    dealings
}

const fn is_import(envelope: &Envelope) -> bool {
    matches!(envelope.command, Command::Import(_))
}
