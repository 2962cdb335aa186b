//! Identity of a merge: the cart whose lines it moves, and the version that moved them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::CartId;

/// One merge of a cart into another; the text is `{source cartID}:{version}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MergeId {
    source: CartId,
    version: u64,
}

/// The text is no merge's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a cartID, a colon and a version")]
pub struct InvalidMergeId;

impl MergeId {
    /// The merge that took the lines of `source` at this version.
    #[must_use]
    pub const fn new(source: CartId, version: u64) -> Self {
        Self { source, version }
    }

    /// The cart whose lines it moves.
    #[must_use]
    pub(crate) const fn source(&self) -> CartId {
        self.source
    }

    /// The version that moved them.
    #[must_use]
    pub(crate) const fn version(&self) -> u64 {
        self.version
    }
}

impl fmt::Display for MergeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.source, self.version)
    }
}

impl FromStr for MergeId {
    type Err = InvalidMergeId;

    fn from_str(text: &str) -> Result<Self, InvalidMergeId> {
        let (source, version) = text.split_once(':').ok_or(InvalidMergeId)?;
        let source = CartId::from_uuid(source.parse().map_err(|_| InvalidMergeId)?);
        let read = Self { source, version: version.parse().map_err(|_| InvalidMergeId)? };
        // One merge has one name: other spellings of its numbers are none.
        (read.to_string() == text).then_some(read).ok_or(InvalidMergeId)
    }
}

impl TryFrom<String> for MergeId {
    type Error = InvalidMergeId;

    fn try_from(text: String) -> Result<Self, InvalidMergeId> {
        text.parse()
    }
}

impl From<MergeId> for String {
    fn from(id: MergeId) -> Self {
        id.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_merge_is_read_back_from_its_text_and_has_no_other_spelling() {
        let id = MergeId::new(CartId::of(&"guest-1".parse().unwrap(), 0), 7);
        let text = id.to_string();

        assert_eq!(text.parse(), Ok(id));
        for other in [&text.to_uppercase(), &format!("{text}0x"), &text.replace(":7", ":07"), ""] {
            assert!(other.parse::<MergeId>().is_err(), "{other}");
        }
    }
}
