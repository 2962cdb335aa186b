//! What is counted, and what each count means.

use cart_schemas::event::{Event, Fact};
use cart_schemas::money::Amount;
use serde::{Deserialize, Serialize};

/// What became of carts. Counts add up: those of two hours, or of two partitions, are the sums of theirs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Tally {
    /// Carts that began: something came into an empty one. A cart that was paid and filled again began twice.
    pub begun: u64,
    /// Lines that were added, by themselves and not by a merge or a restore.
    pub added: u64,
    /// Lines that were removed, one by one.
    pub removed: u64,
    /// Carts that nobody touched for as long as each tier says, from the first on.
    pub abandoned: [u64; Self::TIERS],
    /// What lay in those of the first tier, in the currency's minor units.
    pub abandoned_value: Amount,
    /// Carts that somebody came back to who had left them: by a change, or by paying at once.
    pub recovered: u64,
    /// Checkouts that began, also those that could not be reserved.
    pub checkouts: u64,
    /// Checkouts that were paid.
    pub converted: u64,
    /// What was charged for them, in the currency's minor units.
    pub converted_value: Amount,
    /// Of those paid, those that somebody had come back to pay who had left.
    pub won_back: u64,
    /// From the beginning of a cart until it was paid, in seconds, of those whose beginning is known.
    pub seconds_to_convert: u64,
    /// How many of those paid that is of.
    pub timed: u64,
    /// Carts whose time passed with something in them.
    pub expired: u64,
}

impl Tally {
    /// The tiers that are counted apart. A policy's further ones count as the last.
    pub const TIERS: usize = 3;

    /// What an event counts by itself. Whether a cart begins with it, and for how long one has been, is in no
    /// event.
    pub(super) fn of(event: &Event) -> Self {
        let mut tally = Self::default();
        tally.count(event);
        tally
    }

    fn count(&mut self, event: &Event) {
        match &event.fact {
            Fact::ItemAdded(_) => self.added += 1,
            Fact::ItemRemoved(_) => self.removed += 1,
            Fact::CartAbandoned { tier, value, .. } => self.abandon(*tier, *value),
            Fact::CartRecovered { .. } => self.recovered += 1,
            Fact::CheckoutStarted { .. } => self.checkouts += 1,
            Fact::CartConverted { lines, recovered, .. } => {
                self.converted += 1;
                self.won_back += u64::from(recovered.is_some());
                self.converted_value = self.converted_value.plus(cart_schemas::cart::total(lines));
            }
            Fact::CartExpired(lines) => self.expired += u64::from(!lines.is_empty()),
            Fact::ItemUpdated(_)
            | Fact::CartCleared
            | Fact::ExpiryExtended
            | Fact::CartRestored(_)
            | Fact::ExpiryWarned
            | Fact::CartMergedOut { .. }
            | Fact::CartMergedIn { .. }
            | Fact::MergeReturned { .. }
            | Fact::MergeUndone { .. }
            | Fact::CheckoutReady { .. }
            | Fact::CheckoutCancelled { .. }
            | Fact::CurrencyChanged { .. }
            | Fact::ItemOutOfStock { .. }
            | Fact::ItemAvailable { .. }
            | Fact::PriceChanged { .. } => {}
        }
    }

    fn abandon(&mut self, tier: u8, value: Amount) {
        let place = usize::from(tier).clamp(1, Self::TIERS) - 1;
        if let Some(count) = self.abandoned.get_mut(place) {
            *count += 1;
        }
        if tier <= 1 {
            self.abandoned_value = self.abandoned_value.plus(value);
        }
    }

    /// Counts that a cart was paid so many seconds after it began.
    pub(super) const fn time(&mut self, seconds: u64) {
        self.seconds_to_convert = self.seconds_to_convert.saturating_add(seconds);
        self.timed += 1;
    }

    /// Adds what was counted elsewhere.
    pub fn add(&mut self, other: &Self) {
        self.begun += other.begun;
        self.added += other.added;
        self.removed += other.removed;
        for (ours, theirs) in self.abandoned.iter_mut().zip(other.abandoned) {
            *ours += theirs;
        }
        self.abandoned_value = self.abandoned_value.plus(other.abandoned_value);
        self.recovered += other.recovered;
        self.checkouts += other.checkouts;
        self.converted += other.converted;
        self.converted_value = self.converted_value.plus(other.converted_value);
        self.won_back += other.won_back;
        self.seconds_to_convert = self.seconds_to_convert.saturating_add(other.seconds_to_convert);
        self.timed += other.timed;
        self.expired += other.expired;
    }
}
