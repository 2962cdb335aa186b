//! What a store says of its carts: which command log they follow, and whether they are here, on
//! their way here, or gone. Two rows of [`Table::Progress`](crate::cql::Table::Progress).

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::generation::Generation;
use crate::timestamp::Timestamp;

/// Identity of one move of all carts from one store into another; both name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MoveId(Uuid);

impl MoveId {
    /// An id that was made elsewhere.
    #[must_use]
    pub const fn from_uuid(id: Uuid) -> Self {
        Self(id)
    }
}

impl fmt::Display for MoveId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Where a store's carts are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum State {
    /// Here: it may be served from.
    Live {
        /// The move that brought them; `None` if they began here.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        arrived: Option<MoveId>,
    },
    /// On their way here, and not all of them have come.
    Moving {
        /// The move.
        id: MoveId,
        /// Where they come from, for people.
        from: String,
    },
    /// Here, and on their way elsewhere: nothing may change them.
    Leaving {
        /// The move.
        id: MoveId,
        /// Where they go, for people.
        to: String,
        /// The move that brought them here; `None` if they began here.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        arrived: Option<MoveId>,
    },
    /// Elsewhere: what is here is an old copy.
    Moved {
        /// The move.
        id: MoveId,
        /// Where they went, for people.
        to: String,
    },
}

/// The row a process reads before it opens the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// The generation of the command log.
    pub generation: Generation,
    /// Where the carts are.
    #[serde(flatten)]
    pub state: State,
    /// The row's own timestamp.
    pub ts: Timestamp,
}

impl Default for Standing {
    /// What holds where there is no row.
    fn default() -> Self {
        Self {
            generation: Generation::FIRST,
            state: State::Live { arrived: None },
            ts: Timestamp::default(),
        }
    }
}

impl Standing {
    /// The key of the row.
    pub const KEY: &str = "generation";

    /// The cell.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        // Serializing a plain struct into memory has no way to fail.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Reads a cell.
    ///
    /// # Errors
    /// The bytes are no standing this build knows.
    pub fn decode(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(bytes)
    }
}

/// How far a move has come; kept beside the standing of the store it goes to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Journey {
    /// The move.
    pub id: MoveId,
    /// Where each partition of the command log they leave ended when the first cart was copied.
    pub drained: Vec<i64>,
    /// How many carts were copied so far.
    pub copied: u64,
    /// What was copied last.
    #[serde(flatten)]
    pub stage: Stage,
    /// The row's own timestamp.
    pub ts: Timestamp,
}

/// Where a move goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "stage", rename_all = "snake_case")]
pub enum Stage {
    /// Carts are copied.
    Copying {
        /// Where reading the carts goes on, as the store they leave names the place; `None` is
        /// the beginning.
        after: Option<String>,
    },
    /// Every cart is copied.
    Copied,
}

impl Journey {
    /// The key of the row.
    pub const KEY: &str = "move";

    /// The cell.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        // Serializing a plain struct into memory has no way to fail.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Reads a cell.
    ///
    /// # Errors
    /// The bytes are no journey this build knows.
    pub fn decode(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_that_says_nothing_is_live_in_the_first_generation() {
        let json = String::from_utf8(Standing::default().encode()).unwrap();

        assert_eq!(json, "{\"generation\":1,\"state\":\"live\",\"ts\":0}");
        assert_eq!(Standing::decode(json.as_bytes()).unwrap(), Standing::default());
    }
}
