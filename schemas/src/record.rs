//! The row of a cart: everything a processor needs to go on, in one cell, written at one timestamp.
//!
//! Knows how decisions are remembered; not how they are made.

mod cell;
mod packed;

use std::collections::VecDeque;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::cart::Cart;
use crate::dealings::Dealings;
use crate::digest::Digest;
use crate::event::Event;
use crate::generation::Generation;
use crate::id::{CartId, CartKey, CommandId};
use crate::rejection::{Rejection, RejectionCode};
use crate::reply::Snapshot;
use crate::timestamp::Timestamp;

pub use self::cell::Format;
pub use self::packed::Malformed;

/// Decisions kept whole. A cart takes at most this many records of a micro-batch, so none leaves
/// the ledger before its events are acknowledged.
pub const LEDGER: usize = 8;
/// Older decisions kept as fingerprints: with the ledger, the 72 a retry is recognised within.
pub const FINGERPRINTS: usize = 64;

/// A place in the command log. Generations come first: offsets restart with a new topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Position {
    /// The topic's generation.
    pub generation: Generation,
    /// The offset in the cart's partition.
    pub offset: i64,
}

/// What became of a command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It was carried out, with or without a change.
    Applied,
    /// It changed nothing, for this reason.
    Rejected(Rejection),
}

/// One decision, whole: enough to emit everything of it again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Where its command lies in the log.
    pub position: Position,
    /// Its command.
    pub command: CommandId,
    /// What its command asked.
    pub digest: Digest,
    /// What became of it.
    pub outcome: Outcome,
    /// The version after it.
    pub version: u64,
    /// What it emits; empty when it changed nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<Event>,
}

/// An older decision, as much of it as a retry is answered with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "WireFingerprint", into = "WireFingerprint")]
pub struct Fingerprint {
    /// Its command.
    pub command: CommandId,
    /// What its command asked.
    pub digest: Digest,
    /// The version after it.
    pub version: u64,
    /// Why it changed nothing; `None` if it was applied.
    pub rejected: Option<RejectionCode>,
}

/// Id and digest as one text, for 64 of them are most of a small cart's record.
type WireFingerprint = (String, u64, Option<RejectionCode>);

impl From<Fingerprint> for WireFingerprint {
    fn from(print: Fingerprint) -> Self {
        let parts = [&print.command.as_uuid().as_bytes()[..], &print.digest.as_bytes()[..]];
        (URL_SAFE_NO_PAD.encode(parts.concat()), print.version, print.rejected)
    }
}

/// The fingerprint's text is not 32 bytes of base64url.
#[derive(Debug, thiserror::Error)]
#[error("malformed fingerprint")]
pub struct InvalidFingerprint;

impl TryFrom<WireFingerprint> for Fingerprint {
    type Error = InvalidFingerprint;

    fn try_from((text, version, rejected): WireFingerprint) -> Result<Self, InvalidFingerprint> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| InvalidFingerprint)?;
        let (command, digest) = bytes.split_first_chunk::<16>().ok_or(InvalidFingerprint)?;
        Ok(Self {
            command: CommandId::from_uuid(Uuid::from_bytes(*command)),
            digest: Digest::from_bytes(digest.try_into().map_err(|_| InvalidFingerprint)?),
            version,
            rejected,
        })
    }
}

impl From<&Entry> for Fingerprint {
    fn from(entry: &Entry) -> Self {
        let rejected = match &entry.outcome {
            Outcome::Applied => None,
            Outcome::Rejected(rejection) => Some(rejection.code()),
        };
        Self { command: entry.command, digest: entry.digest, version: entry.version, rejected }
    }
}

/// The stored record of one cart. [`CartRecord::default`] is the cart nobody has seen.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CartRecord {
    /// How it is written: as the newest rules of its decisions demand.
    #[serde(skip)]
    pub format: Format,
    /// Grows only at erasure; part of the cart's id.
    pub life: u32,
    /// Raised by every change; never restarts.
    pub version: u64,
    /// The cart's clock and the cell's timestamp: raised by every decision.
    pub ts: Timestamp,
    /// The time its timer is armed for.
    pub timer: Option<Timestamp>,
    /// The cart.
    pub cart: Cart,
    /// Its dealings with other carts.
    #[serde(default, skip_serializing_if = "Dealings::is_empty")]
    pub dealings: Dealings,
    /// The last decisions, oldest first; at most [`LEDGER`].
    pub ledger: VecDeque<Entry>,
    /// Those before them, oldest first; at most [`FINGERPRINTS`].
    pub fingerprints: VecDeque<Fingerprint>,
}

/// The stored bytes are no record of this build.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// The first byte names no format this build knows.
    #[error("unknown record format {0:?}")]
    UnknownFormat(Option<u8>),
    /// The rest is not the JSON of a record.
    #[error("malformed record of format 1")]
    Json(#[source] serde_json::Error),
    /// The rest is no packed record.
    #[error("malformed packed record")]
    Packed(#[source] Malformed),
}

impl CartRecord {
    /// Where the last decision's command lies; everything at or before it is a replay.
    #[must_use]
    pub fn position(&self) -> Option<Position> {
        self.ledger.back().map(|entry| entry.position)
    }

    /// Whether the command there has been handled before: what comes of it is a replay.
    #[must_use]
    pub fn is_past(&self, position: Position) -> bool {
        self.position().is_some_and(|last| position <= last)
    }

    /// The id of this life of the cart at `key`.
    #[must_use]
    pub fn cart_id(&self, key: &CartKey) -> CartId {
        CartId::of(key, self.life)
    }

    /// The cart at `key` without its memory.
    #[must_use]
    pub fn snapshot(&self, key: &CartKey) -> Snapshot {
        Snapshot { cart_id: self.cart_id(key), version: self.version, cart: self.cart.clone() }
    }

    /// The same, of a record nobody needs any more.
    #[must_use]
    pub fn into_snapshot(self, key: &CartKey) -> Snapshot {
        Snapshot { cart_id: self.cart_id(key), version: self.version, cart: self.cart }
    }

    /// What is remembered of `command`, the ledger before the fingerprints.
    #[must_use]
    pub fn remembered(&self, command: CommandId) -> Option<Fingerprint> {
        let entry = self.ledger.iter().find(|entry| entry.command == command);
        entry
            .map(Fingerprint::from)
            .or_else(|| self.fingerprints.iter().find(|print| print.command == command).copied())
    }

    /// Whether no decision at or after this place was forgotten: what is not remembered was then
    /// decided before it, or never. A cart that still has room for fingerprints forgot nothing;
    /// of the others only the ledger knows places.
    #[must_use]
    pub fn remembers_since(&self, place: Position) -> bool {
        let begins = self.ledger.front().map(|oldest| oldest.position);
        self.fingerprints.len() < FINGERPRINTS || begins.is_some_and(|begins| begins <= place)
    }

    /// Enters a decision; the oldest one beyond [`LEDGER`] becomes a fingerprint.
    pub fn remember(&mut self, entry: Entry) {
        self.ledger.push_back(entry);
        while self.ledger.len() > LEDGER {
            let oldest = self.ledger.pop_front();
            self.fingerprints.extend(oldest.as_ref().map(Fingerprint::from));
        }
        while self.fingerprints.len() > FINGERPRINTS {
            self.fingerprints.pop_front();
        }
    }
}

/// How far a partition's records are stored: the row a start-up compares the log with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// The topic's generation.
    pub generation: Generation,
    /// How many partitions it had.
    pub partitions: u16,
    /// The highest offset of a command that is stored.
    pub offset: i64,
    /// The id of the command there.
    pub command: CommandId,
    /// The row's own timestamp.
    pub ts: Timestamp,
    /// Who stored it; rows of older builds do not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<Owner>,
}

/// Who has a partition: fresh whenever one begins, so that a row of one owner is told from the same
/// row stored by another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Owner(Uuid);

impl Owner {
    /// The owner named by an id that nobody had before.
    #[must_use]
    pub const fn new(fresh: Uuid) -> Self {
        Self(fresh)
    }
}

impl Progress {
    /// The cell.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        // Serializing a plain struct into memory has no way to fail.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Reads a cell.
    ///
    /// # Errors
    /// The bytes are no progress row.
    pub fn decode(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(offset: i64) -> Position {
        Position { generation: Generation::FIRST, offset }
    }

    /// A cart that so many commands were decided about, at every second offset from 0.
    fn after(decisions: usize) -> CartRecord {
        let mut record = CartRecord::default();
        for number in 0..decisions {
            let number = u64::try_from(number).unwrap();
            record.remember(Entry {
                position: place(i64::try_from(number * 2).unwrap()),
                command: CommandId::from_uuid(Uuid::from_u64_pair(0, number)),
                digest: Digest::of(b"intent"),
                outcome: Outcome::Applied,
                version: number,
                events: Vec::new(),
            });
        }
        record
    }

    #[test]
    fn a_cart_of_few_decisions_has_forgotten_none() {
        for decisions in [0, 1, LEDGER, LEDGER + FINGERPRINTS - 1] {
            let record = after(decisions);

            assert_eq!(record.ledger.len() + record.fingerprints.len(), decisions);
            assert!(record.remembers_since(place(0)), "{decisions}");
        }
    }

    #[test]
    fn a_cart_that_forgot_something_is_sure_of_no_more_than_its_ledger() {
        let record = after(100);
        let oldest = record.ledger.front().unwrap().position;

        assert!(record.remembers_since(oldest) && record.remembers_since(place(500)));
        assert!(!record.remembers_since(place(oldest.offset - 1)));
    }

    #[test]
    fn what_a_cart_does_not_remember_it_never_decided_since_a_place_it_remembers_from() {
        for decisions in 0..100 {
            let record = after(decisions);
            for number in 0..decisions {
                let since = place(i64::try_from(number * 2).unwrap());
                let command = CommandId::from_uuid(Uuid::from_u64_pair(0, number as u64));

                let is_remembered = record.remembered(command).is_some();

                assert!(is_remembered || !record.remembers_since(since), "{decisions}: {number}");
            }
        }
    }
}
