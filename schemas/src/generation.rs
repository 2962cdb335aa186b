//! Generations of the command log. Offsets mean something within one of them only: a new one is a
//! new topic, begun when the log is replaced. Knows no topic and no store.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::partition::PartitionCount;

/// The number of a command log, from 1. Places in two logs compare by it first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct Generation(NonZeroU32);

/// The number is not 1 or more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a generation of 1 or more")]
pub struct InvalidGeneration;

impl Generation {
    /// The one every installation begins with.
    pub const FIRST: Self = Self(NonZeroU32::MIN);

    /// Its number.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0.get()
    }

    /// The one after it.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl TryFrom<u32> for Generation {
    type Error = InvalidGeneration;

    fn try_from(number: u32) -> Result<Self, InvalidGeneration> {
        NonZeroU32::new(number).map(Self).ok_or(InvalidGeneration)
    }
}

impl From<Generation> for u32 {
    fn from(generation: Generation) -> Self {
        generation.get()
    }
}

impl FromStr for Generation {
    type Err = InvalidGeneration;

    fn from_str(text: &str) -> Result<Self, InvalidGeneration> {
        text.parse::<u32>().map_err(|_| InvalidGeneration)?.try_into()
    }
}

impl fmt::Display for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.get().fmt(f)
    }
}

/// What a processor must know of the log it reads, to name a place in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CommandLog {
    /// Its generation.
    pub generation: Generation,
    /// How many partitions it has.
    pub partitions: PartitionCount,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generations_begin_at_1() {
        assert_eq!(Generation::FIRST.get(), 1);
        assert_eq!("2".parse(), Ok(Generation::FIRST.next()));
        assert_eq!("0".parse::<Generation>(), Err(InvalidGeneration));
        assert!(serde_json::from_str::<Generation>("0").is_err());
    }
}
