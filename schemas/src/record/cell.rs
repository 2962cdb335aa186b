//! A record as its cell holds it: a format byte, and the record in that format.
//!
//! Knows which rules write which format; not what is in one.

use crate::id::CartKey;
use crate::policy::Rules;
use crate::record::packed;
use crate::record::{CartRecord, DecodeError};
use crate::reply::Snapshot;

/// How a record is written. Each is read for ever; the newest rules of a record's decisions say
/// which one is written, so that builds of two formats never write two contents at one timestamp.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Format {
    /// Canonical JSON.
    #[default]
    Json,
    /// Postcard.
    Packed,
    /// Postcard, and what few carts have.
    Extended,
}

impl Format {
    /// The format of a record after a decision under these rules. An older edge's command takes
    /// nothing back: what a newer one brought into the record stays in it.
    #[must_use]
    pub fn under(self, rules: Rules) -> Self {
        self.max(match rules {
            Rules::JSON_RECORDS => Self::Json,
            Rules::PACKED_RECORDS => Self::Packed,
            _ => Self::Extended,
        })
    }

    /// The first byte of a cell.
    const fn byte(self) -> u8 {
        match self {
            Self::Json => 1,
            Self::Packed => 2,
            Self::Extended => 3,
        }
    }

    fn split(cell: &[u8]) -> Result<(Self, &[u8]), DecodeError> {
        match cell.split_first() {
            Some((1, rest)) => Ok((Self::Json, rest)),
            Some((2, rest)) => Ok((Self::Packed, rest)),
            Some((3, rest)) => Ok((Self::Extended, rest)),
            other => Err(DecodeError::UnknownFormat(other.map(|(first, _)| *first))),
        }
    }
}

impl CartRecord {
    /// The cell, in the record's own format. The bytes depend on nothing but the record.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let byte = self.format.byte();
        match self.format {
            Format::Packed | Format::Extended => packed::encode(byte, self),
            Format::Json => {
                let mut cell = vec![byte];
                // Serializing plain structs with string keys into memory has no way to fail.
                cell.extend(serde_json::to_vec(self).unwrap_or_default());
                cell
            }
        }
    }

    /// Reads a cell.
    ///
    /// # Errors
    /// See [`DecodeError`].
    pub fn decode(cell: &[u8]) -> Result<Self, DecodeError> {
        match Format::split(cell)? {
            (format @ (Format::Packed | Format::Extended), packed) => {
                packed::decode(format, packed).map_err(DecodeError::Packed)
            }
            (Format::Json, json) => {
                let record: Self = serde_json::from_slice(json).map_err(DecodeError::Json)?;
                Ok(Self { format: Format::Json, ..record })
            }
        }
    }

    /// Reads of a cell the cart at `key` without its memory, which is most of the bytes and is
    /// neither read nor checked.
    ///
    /// # Errors
    /// See [`DecodeError`].
    pub fn decode_snapshot(key: &CartKey, cell: &[u8]) -> Result<Snapshot, DecodeError> {
        match Format::split(cell)? {
            (format @ (Format::Packed | Format::Extended), packed) => {
                packed::snapshot(format, key, packed).map_err(DecodeError::Packed)
            }
            (Format::Json, _) => Ok(Self::decode(cell)?.into_snapshot(key)),
        }
    }
}
