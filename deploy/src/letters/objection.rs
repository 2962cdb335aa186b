//! Why a dead letter is not replayed, and what a processor would make of it. Knows no cart. Pure.

use cart_processor::fold::Carts;
use cart_processor::intake::{self, Home, Intake, Poison};
use cart_schemas::envelope::{DecodeError, Envelope};
use cart_schemas::generation::CommandLog;
use cart_schemas::id::CartKey;
use cart_schemas::rejection::RejectionCode;
use cart_schemas::topic::{Namespace, Topic};
use cart_storage::log::Record;

use super::letter::Letter;

/// What speaks against appending a command again.
#[derive(Debug, thiserror::Error)]
pub(super) enum Objection {
    /// It lay on the log of another generation.
    #[error("it lay on {lay_on}, and the carts follow {follow}")]
    OtherLog { lay_on: String, follow: String },
    /// It lay on a partition the log does not have.
    #[error("the log has {0} partitions only")]
    NoPartition(u16),
    /// Its value is not whole.
    #[error("the letter has only the beginning of its {0} bytes")]
    Truncated(u64),
    /// It would stop its partition.
    #[error("{0}: its partition would stop; run the build that knows it")]
    Newer(DecodeError),
    /// It would be a dead letter again.
    #[error("it would be dead-lettered again: {}", .0.reason())]
    Poison(Poison),
    /// Another command has its id.
    #[error("its id is another command's, which is decided")]
    IdTaken,
    /// The cart has forgotten too much to tell.
    #[error(
        "it may be decided already, for its cart has forgotten decisions since: see whether what \
         it asks was done (inspect cart {0})"
    )]
    Forgotten(CartKey),
    /// It lies in the log again.
    #[error("it waits to be decided, at offset {0}")]
    Waits(i64),
    /// The cart remembers what became of it.
    #[error("it is decided: {}, version {version}", .rejected.map_or("applied", RejectionCode::as_str))]
    Decided { version: u64, rejected: Option<RejectionCode> },
}

/// What an objection comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weight {
    /// Nothing is left to do.
    Needless,
    /// It may be decided twice; whoever knows better may say so.
    Risky,
    /// Never.
    Final,
}

impl Objection {
    pub(super) const fn weight(&self) -> Weight {
        match self {
            Self::Waits(_) | Self::Decided { .. } => Weight::Needless,
            Self::Forgotten(_) => Weight::Risky,
            Self::OtherLog { .. }
            | Self::NoPartition(_)
            | Self::Truncated(_)
            | Self::Newer(_)
            | Self::Poison(_)
            | Self::IdTaken => Weight::Final,
        }
    }
}

/// Reads a letter as a processor of this log would.
pub(super) fn read(letter: &Letter, log: CommandLog) -> Result<Box<Envelope>, Objection> {
    let follow = Topic::Commands.name(&Namespace::default(), log.generation);
    if letter.topic != follow {
        return Err(Objection::OtherLog { lay_on: letter.topic.clone(), follow });
    }
    let partition = letter.origin.partition;
    if partition.number() >= log.partitions.get() {
        return Err(Objection::NoPartition(log.partitions.get()));
    }
    if let Some(bytes) = letter.truncated_from {
        return Err(Objection::Truncated(bytes));
    }
    let original = letter.original.clone();
    let record = Record {
        offset: letter.origin.offset,
        appended: letter.since,
        key: original.key,
        value: original.value,
        headers: original.headers,
    };
    match intake::read::<Carts>(&record, Home { log, partition }) {
        Intake::Poison(poison) => Err(Objection::Poison(poison)),
        Intake::Newer(error) => Err(Objection::Newer(error)),
        Intake::Command(incoming) => Ok(Box::new(incoming.envelope)),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use bytes::Bytes;
    use cart_schemas::command::{Command, Intent};
    use cart_schemas::generation::Generation;
    use cart_schemas::partition::PartitionCount;
    use cart_schemas::policy::{Policy, Rules};

    use super::super::letter::tests::lying;
    use super::*;

    pub(in crate::letters) fn log(generation: Generation, partitions: u16) -> CommandLog {
        CommandLog { generation, partitions: PartitionCount::new(partitions).unwrap() }
    }

    /// A cart whose commands lie on partition 2 of 4, where the letters of these tests lay.
    pub(in crate::letters) fn cart() -> CartKey {
        let count = PartitionCount::new(4).unwrap();
        let keys = (0..).map(|number| format!("user{number}"));
        let mut keys = keys.filter(|key| count.partition_of(key.as_bytes()).number() == 2);
        keys.next().unwrap().parse().unwrap()
    }

    pub(in crate::letters) fn envelope() -> Envelope {
        Envelope {
            id: "018cbb42-2f31-7000-8000-000000000001".parse().unwrap(),
            cart: cart(),
            rules: Rules::CURRENT,
            digest: Intent::Clear.digest(None),
            expected_version: None,
            policy: Policy::default(),
            command: Command::Clear,
        }
    }

    pub(in crate::letters) fn letter(value: Vec<u8>, class: &str) -> Letter {
        let mut record = lying(&[], class);
        record.key = Some(Bytes::from(cart().to_string()));
        record.value = Some(Bytes::from(value));
        Letter::read(record).unwrap()
    }

    #[test]
    fn a_command_this_build_can_decide_is_replayed() {
        let letter = letter(envelope().encode(), "Undecodable");

        assert_eq!(*read(&letter, log(Generation::FIRST, 4)).unwrap(), envelope());
    }

    #[test]
    fn what_would_be_dead_lettered_again_is_not_replayed() {
        let objection = read(&letter(b"{}".to_vec(), "Undecodable"), log(Generation::FIRST, 4));
        let objection = objection.unwrap_err();
        assert!(matches!(objection, Objection::Poison(Poison::Undecodable(_))), "{objection}");
        assert_eq!(objection.weight(), Weight::Final);
    }

    #[test]
    fn what_would_stop_a_partition_is_never_replayed() {
        let newer = String::from_utf8(envelope().encode()).unwrap();
        let newer = newer.replace("\"schema\":1", "\"schema\":2").into_bytes();

        let objection = read(&letter(newer, "Undecodable"), log(Generation::FIRST, 4)).unwrap_err();

        assert!(matches!(objection, Objection::Newer(_)), "{objection}");
        assert_eq!(objection.weight(), Weight::Final);
    }

    #[test]
    fn a_letter_that_is_not_whole_or_lay_elsewhere_is_never_replayed() {
        let whole = letter(envelope().encode(), "Undecodable");
        let cut = Letter { truncated_from: Some(4_000_000), ..whole.clone() };

        for (letter, log) in [
            (&cut, log(Generation::FIRST, 4)),
            (&whole, log(Generation::FIRST, 2)),
            (&whole, log(Generation::FIRST.next(), 4)),
        ] {
            let objection = read(letter, log).unwrap_err();
            assert_eq!(objection.weight(), Weight::Final, "{objection}");
        }
    }
}
