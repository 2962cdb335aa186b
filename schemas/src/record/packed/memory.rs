//! What a packed record remembers. An event's place is its entry's: the version after it, and its
//! number among the entry's events. Whose it is, is said once for all events of a cart's life.

mod checkout;
mod event;
mod merge;

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use self::event::{Event, Owner, Owners};
use super::Malformed;
use super::numbers::{Code, OutcomeNumber};
use crate::digest::Digest;
use crate::generation::Generation;
use crate::id::CommandId;
use crate::record::{self, CartRecord, Outcome, Position};

/// An id or a digest.
type Raw = [u8; 16];

/// The ledger and the fingerprints as a record has them.
type Remembered = (VecDeque<record::Entry>, VecDeque<record::Fingerprint>);

#[derive(Serialize, Deserialize)]
pub(super) struct Memory<'a> {
    #[serde(borrow)]
    owners: Owners<'a>,
    #[serde(borrow)]
    ledger: Vec<Entry<'a>>,
    fingerprints: Vec<Fingerprint>,
}

impl<'a> Memory<'a> {
    pub(super) fn of(record: &'a CartRecord) -> Self {
        let mut owners = Owners::default();
        let ledger = record.ledger.iter().map(|entry| Entry::of(entry, &mut owners)).collect();
        let fingerprints = record.fingerprints.iter().map(Fingerprint::of).collect();
        Self { owners, ledger, fingerprints }
    }

    pub(super) fn read(self) -> Result<Remembered, Malformed> {
        let owners = self.owners.read()?;
        let ledger = self.ledger.into_iter().map(|entry| entry.read(&owners));
        let fingerprints = self.fingerprints.into_iter().map(Fingerprint::read).collect();
        Ok((ledger.collect::<Result<_, _>>()?, fingerprints))
    }
}

#[derive(Serialize, Deserialize)]
struct Entry<'a> {
    generation: Generation,
    offset: i64,
    command: Raw,
    digest: Raw,
    #[serde(with = "OutcomeNumber")]
    outcome: Outcome,
    version: u64,
    #[serde(borrow)]
    events: Vec<Event<'a>>,
}

impl<'a> Entry<'a> {
    fn of(entry: &'a record::Entry, owners: &mut Owners<'a>) -> Self {
        Self {
            generation: entry.position.generation,
            offset: entry.position.offset,
            command: entry.command.as_uuid().into_bytes(),
            digest: *entry.digest.as_bytes(),
            outcome: entry.outcome.clone(),
            version: entry.version,
            events: entry.events.iter().map(|event| Event::of(event, owners)).collect(),
        }
    }

    fn read(self, owners: &[Owner]) -> Result<record::Entry, Malformed> {
        let Self { generation, offset, version, .. } = self;
        let of = u16::try_from(self.events.len()).map_err(|_| Malformed::Events)?;
        // Collected results would leave room for four in a list that nearly always holds one.
        let mut events = Vec::with_capacity(self.events.len());
        for (n, event) in (0..of).zip(self.events) {
            events.push(event.read(owners, (version, n, of))?);
        }
        Ok(record::Entry {
            position: Position { generation, offset },
            command: CommandId::from_uuid(Uuid::from_bytes(self.command)),
            digest: Digest::from_bytes(self.digest),
            outcome: self.outcome,
            version,
            events,
        })
    }
}

#[derive(Serialize, Deserialize)]
struct Fingerprint {
    command: Raw,
    digest: Raw,
    version: u64,
    rejected: Option<Code>,
}

impl Fingerprint {
    fn of(print: &record::Fingerprint) -> Self {
        Self {
            command: print.command.as_uuid().into_bytes(),
            digest: *print.digest.as_bytes(),
            version: print.version,
            rejected: print.rejected.map(Code),
        }
    }

    fn read(self) -> record::Fingerprint {
        record::Fingerprint {
            command: CommandId::from_uuid(Uuid::from_bytes(self.command)),
            digest: Digest::from_bytes(self.digest),
            version: self.version,
            rejected: self.rejected.map(|Code(code)| code),
        }
    }
}
