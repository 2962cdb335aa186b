//! A record of the log before it is a command: what it says, or why it says nothing.

use std::error::Error;

use cart_schemas::envelope::{DecodeError, Disposition};
use cart_schemas::generation::CommandLog;
use cart_schemas::id::CommandId;
use cart_schemas::partition::Partition;
use cart_schemas::record::Position;
use cart_schemas::topic::header;
use cart_schemas::traceparent::TRACEPARENT;
use cart_storage::log::{Header, Record};

use crate::fold::Fold;
use crate::step::Placement;

/// A partition of a command log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Home {
    /// The log.
    pub log: CommandLog,
    /// Its partition.
    pub partition: Partition,
}

/// A command ready to be decided.
#[derive(Debug, Clone)]
pub struct Incoming<E> {
    /// What is asked.
    pub envelope: E,
    /// The partition it lies on.
    pub home: Home,
    /// Where it lies there.
    pub placement: Placement,
    /// Where the caller waits; nobody waits for a Wake.
    pub reply_to: Option<Partition>,
    /// The caller's trace context.
    pub traceparent: Option<String>,
}

impl<E> Incoming<E> {
    /// The trace context under the name it has on records of one kind: as it came, so that a replay says
    /// the same.
    pub(crate) fn trace(&self, name: &'static str) -> Option<Header> {
        self.traceparent.as_ref().map(|trace| Header::text(name, trace))
    }
}

/// The longest reason: a parser quotes a text it did not expect, which may be all of the record.
pub const REASON_BYTES_MAX: usize = 512;
const ELLIPSIS: char = '…';

/// Why a record can never be decided. It is dead-lettered and the partition goes on.
#[derive(Debug, thiserror::Error)]
pub enum Poison {
    /// It cannot be decoded.
    #[error("undecodable")]
    Undecodable(#[source] DecodeError),
    /// It has no value.
    #[error("it has no value")]
    Empty,
    /// Its key is not that of what its command is for.
    #[error("its key is not its command's")]
    ForeignKey,
    /// Its key belongs to another partition, whose owner is the only writer there.
    #[error("its key belongs to partition {0}")]
    WrongPartition(Partition),
}

impl Poison {
    /// A stable name for the dead letter's headers and for metrics.
    #[must_use]
    pub const fn class(&self) -> &'static str {
        match self {
            Self::Undecodable(_) => "Undecodable",
            Self::Empty => "Empty",
            Self::ForeignKey => "ForeignKey",
            Self::WrongPartition(_) => "WrongPartition",
        }
    }

    /// What is wrong, with every cause, for the dead letter's headers; at most
    /// [`REASON_BYTES_MAX`]. It may quote the record, so it belongs nowhere but beside it.
    #[must_use]
    pub fn reason(&self) -> String {
        let causes = std::iter::successors(Some(self as &dyn Error), |error| (*error).source());
        let mut reason = causes.map(ToString::to_string).collect::<Vec<_>>().join(": ");
        if reason.len() > REASON_BYTES_MAX {
            reason.truncate(reason.floor_char_boundary(REASON_BYTES_MAX - ELLIPSIS.len_utf8()));
            reason.push(ELLIPSIS);
        }
        reason
    }
}

/// What became of reading a record.
#[derive(Debug)]
pub enum Intake<E> {
    /// A command for this partition.
    Command(Box<Incoming<E>>),
    /// Never a command.
    Poison(Poison),
    /// A command of a newer build: the partition stops here.
    Newer(DecodeError),
}

/// Reads a record that lies there.
#[must_use]
pub fn read<F: Fold>(record: &Record, home: Home) -> Intake<F::Envelope> {
    let Some(value) = &record.value else { return Intake::Poison(Poison::Empty) };
    let envelope = match F::envelope(value) {
        Ok(envelope) => envelope,
        Err(error) => {
            return match error.disposition() {
                Disposition::Quarantine => Intake::Poison(Poison::Undecodable(error)),
                Disposition::Stop => Intake::Newer(error),
            };
        }
    };
    let key = F::key(&envelope).to_string();
    if record.key.as_deref() != Some(key.as_bytes()) {
        return Intake::Poison(Poison::ForeignKey);
    }
    let owner = home.log.partitions.partition_of(key.as_bytes());
    if owner != home.partition {
        return Intake::Poison(Poison::WrongPartition(owner));
    }
    let position = Position { generation: home.log.generation, offset: record.offset };
    let reply_to = record.header(header::REPLY_PARTITION).and_then(|text| text.parse().ok());
    Intake::Command(Box::new(Incoming {
        envelope,
        home,
        placement: Placement { position, appended: record.appended },
        reply_to: reply_to.map(Partition::new),
        traceparent: record.header(TRACEPARENT).map(str::to_owned),
    }))
}

/// The command id a record carries, as far as it can be told.
#[must_use]
pub fn command_id<F: Fold>(record: &Record) -> Option<CommandId> {
    // The header is read first: it tells the id of a newer build's command, too.
    let named = record.header(header::COMMAND).and_then(|text| text.parse().ok());
    named.or_else(|| Some(F::id(&F::envelope(record.value.as_deref()?).ok()?)))
}

#[cfg(test)]
mod tests {
    use cart_schemas::envelope::Envelope;

    use super::*;

    fn reason(value: &str) -> String {
        Poison::Undecodable(Envelope::decode(value.as_bytes()).unwrap_err()).reason()
    }

    #[test]
    fn a_reason_tells_what_the_parser_met_and_where() {
        assert_eq!(
            reason("{\"schema\":1,\"rules\":1}"),
            "undecodable: malformed command: missing field `id` at line 1 column 22"
        );
        assert_eq!(Poison::Empty.reason(), "it has no value");
    }

    #[test]
    fn a_reason_is_short_however_long_a_text_it_quotes() {
        let long = reason(&format!("\"{}\"", "ä".repeat(10_000)));

        assert!(long.starts_with("undecodable: malformed command: invalid type: string"), "{long}");
        assert!(long.ends_with('…') && long.len() <= REASON_BYTES_MAX, "{}", long.len());
        assert!(long.len() > REASON_BYTES_MAX - ELLIPSIS.len_utf8() * 2, "{}", long.len());
    }
}
