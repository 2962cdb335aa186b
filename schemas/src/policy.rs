//! What a shop allows, as it travels in each command. A decision knows no other configuration.

use serde::{Deserialize, Serialize};

/// The version of the decision logic and of the encoding of records and events.
///
/// A processor that does not know a command's rules stops the partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Rules(u16);

impl Rules {
    /// The rules new commands are made under.
    pub const CURRENT: Self = Self(1);

    /// Whether this build can decide under these rules.
    #[must_use]
    pub fn is_known(self) -> bool {
        self == Self::CURRENT
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

/// Limits and times of a shop. Times are in seconds.
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
}

impl Policy {
    /// The most lines any shop may allow: sums stay exact, and the largest event, an expired cart
    /// of so many lines, stays below [`crate::topic::FACT_BYTES_MAX`].
    pub const LINES_MAX: u16 = 900;
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            max_lines: 250,
            max_quantity: 999,
            ttl_seconds: 24 * 60 * 60,
            empty_ttl_seconds: 24 * 60 * 60,
            max_extension_seconds: 30 * 24 * 60 * 60,
        }
    }
}
