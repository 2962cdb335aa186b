//! What a shop allows, as it travels in each command. A decision knows no other configuration.

use serde::{Deserialize, Serialize};

/// The version of the decision logic and of the encoding of records and events.
///
/// A processor that does not know a command's rules stops the partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Rules(u16);

impl Rules {
    /// The first rules: records of JSON.
    pub const JSON_RECORDS: Self = Self(1);
    /// The same decisions, in packed records. Nothing happens to
    /// a cart by itself but its end.
    pub const PACKED_RECORDS: Self = Self(2);
    /// The whole life of a cart: it is abandoned, merged, paid for; sold in one currency each.
    pub const WHOLE_LIFE: Self = Self(3);
    /// A product has a price in each of several currencies.
    pub const PRICE_LISTS: Self = Self(4);
    /// The rules new commands are made under.
    pub const CURRENT: Self = Self::PRICE_LISTS;

    /// Every one this build can decide under.
    pub const ALL: [Self; 4] =
        [Self::JSON_RECORDS, Self::PACKED_RECORDS, Self::WHOLE_LIFE, Self::PRICE_LISTS];

    /// Whether this build can decide under these rules.
    #[must_use]
    pub fn is_known(self) -> bool {
        (Self::JSON_RECORDS..=Self::CURRENT).contains(&self)
    }

    /// A version read from a message.
    #[must_use]
    pub const fn from_number(number: u16) -> Self {
        Self(number)
    }
}

impl std::fmt::Display for Rules {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// How many times at most a cart that nobody touches is told to be abandoned.
pub const IDLE_TIERS: usize = 3;

/// Limits and times of a shop. Times are in seconds; the times of a cart nobody touches are 0 in
/// commands of older rules, which is never.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Policy {
    /// Lines a cart may hold; at most [`Policy::LINES_MAX`].
    pub max_lines: u16,
    /// Pieces a line may hold.
    pub max_quantity: u32,
    /// How long a cart with lines is kept after its last change.
    pub ttl_seconds: u32,
    /// How long an empty cart is kept after its last change.
    pub empty_ttl_seconds: u32,
    /// How far ahead of now an extension may set the end.
    pub max_extension_seconds: u32,
    /// How long before its end a cart with lines is told to be about to expire; 0 is never.
    #[serde(default, skip_serializing_if = "is_never")]
    pub warning_seconds: u32,
    /// After how long without a change a cart with lines is told to be abandoned, tier by tier,
    /// each longer than the one before it; 0 is never.
    #[serde(default, skip_serializing_if = "are_never")]
    pub idle_tiers_seconds: [u32; IDLE_TIERS],
    /// How long the lines of an expired cart can be restored.
    #[serde(default, skip_serializing_if = "is_never")]
    pub restore_seconds: u32,
    /// How long a merge can be undone.
    #[serde(default, skip_serializing_if = "is_never")]
    pub undo_seconds: u32,
    /// How long a checkout holds what it reserved; 0 in commands of older rules, which know none.
    #[serde(default, skip_serializing_if = "is_never")]
    pub lease_seconds: u32,
    /// How long after it was added a line is sold at the price it was added at, whatever it costs
    /// by then.
    #[serde(default, skip_serializing_if = "is_never")]
    pub price_hold_seconds: u32,
}

/// What older commands do not say is never.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
const fn is_never(seconds: &u32) -> bool {
    *seconds == 0
}

fn are_never(tiers: &[u32; IDLE_TIERS]) -> bool {
    tiers.iter().all(is_never)
}

impl Policy {
    /// The most lines any shop may allow: sums stay exact, and the largest event, an expired cart
    /// of so many lines, stays below [`crate::topic::FACT_BYTES_MAX`].
    pub const LINES_MAX: u16 = 900;

    /// What of it counts under these rules: older ones knew a cart's end and nothing else that
    /// happens by itself, so their records have no room for it.
    #[must_use]
    pub const fn under(self, rules: Rules) -> Self {
        if rules.0 >= Rules::WHOLE_LIFE.0 {
            return self;
        }
        let never = [0; IDLE_TIERS];
        Self {
            warning_seconds: 0,
            idle_tiers_seconds: never,
            restore_seconds: 0,
            undo_seconds: 0,
            lease_seconds: 0,
            price_hold_seconds: 0,
            ..self
        }
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            max_lines: 250,
            max_quantity: 999,
            ttl_seconds: 24 * 60 * 60,
            empty_ttl_seconds: 24 * 60 * 60,
            max_extension_seconds: 30 * 24 * 60 * 60,
            warning_seconds: 60 * 60,
            idle_tiers_seconds: [60 * 60, 24 * 60 * 60, 72 * 60 * 60],
            restore_seconds: 30 * 24 * 60 * 60,
            undo_seconds: 60 * 60,
            lease_seconds: 15 * 60,
            price_hold_seconds: 24 * 60 * 60,
        }
    }
}
