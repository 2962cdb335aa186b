//! What a record remembers of its decisions, so that each command has one outcome for ever, however
//! often its log is read and however often it is sent.
//!
//! Knows places, ids and digests; not what was decided.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::id::CommandId;
use crate::record::{FINGERPRINTS, LEDGER, Position};

/// One decision, whole: `outcome` is what a retry is told, `emits` what was said because of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision<O, E> {
    /// Where its command lies in the log.
    pub position: Position,
    /// Its command.
    pub command: CommandId,
    /// What its command asked.
    pub digest: Digest,
    /// What became of it.
    pub outcome: O,
    /// The version after it.
    pub version: u64,
    /// All that it emits.
    pub emits: E,
}

/// An older decision, as much of it as a retry is answered with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Print<O> {
    /// Its command.
    pub command: CommandId,
    /// What its command asked.
    pub digest: Digest,
    /// What became of it.
    pub outcome: O,
    /// The version after it.
    pub version: u64,
}

impl<O: Copy, E> From<&Decision<O, E>> for Print<O> {
    fn from(decision: &Decision<O, E>) -> Self {
        let Decision { command, digest, outcome, version, .. } = *decision;
        Self { command, digest, outcome, version }
    }
}

/// How a record stands to a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recall<O, E> {
    /// Nobody has decided it: decide.
    New,
    /// This very record was decided, and perhaps not all of it was emitted: emit it all again.
    Replayed(Decision<O, E>),
    /// Its id was decided by another record asking the same: answer, decide nothing.
    Remembered(Print<O>),
    /// Its id was decided by another record asking something else: answer, decide nothing.
    Conflict,
    /// It was decided and acknowledged so long ago that nobody waits: say nothing.
    Passed,
}

/// The last decisions. Its sizes are fixed, since what is stored must not depend on how commands
/// were batched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory<O, E> {
    /// The last ones, oldest first; at most [`LEDGER`].
    ledger: VecDeque<Decision<O, E>>,
    /// Those before them, oldest first; at most [`FINGERPRINTS`].
    prints: VecDeque<Print<O>>,
}

impl<O, E> Default for Memory<O, E> {
    fn default() -> Self {
        Self { ledger: VecDeque::new(), prints: VecDeque::new() }
    }
}

impl<O: Copy, E: Clone> Memory<O, E> {
    /// Where the last decision's command lies; everything at or before it is a replay.
    #[must_use]
    pub fn position(&self) -> Option<Position> {
        self.ledger.back().map(|decision| decision.position)
    }

    /// Whether the command there has been handled before.
    #[must_use]
    pub fn is_past(&self, position: Position) -> bool {
        self.position().is_some_and(|last| position <= last)
    }

    /// What is remembered of a command that lies there.
    #[must_use]
    pub fn recall(&self, position: Position, command: CommandId, digest: Digest) -> Recall<O, E> {
        let past = self.is_past(position);
        let here = |decision: &&Decision<O, E>| decision.position == position;
        if past && let Some(decision) = self.ledger.iter().find(here) {
            return Recall::Replayed(decision.clone());
        }
        match self.remembered(command) {
            Some(print) if print.digest == digest => Recall::Remembered(print),
            Some(_) => Recall::Conflict,
            None if past => Recall::Passed,
            None => Recall::New,
        }
    }

    /// The ledger comes before the prints.
    fn remembered(&self, command: CommandId) -> Option<Print<O>> {
        let decision = self.ledger.iter().find(|decision| decision.command == command);
        let print = || self.prints.iter().find(|print| print.command == command).copied();
        decision.map(Print::from).or_else(print)
    }

    /// Enters a decision; the oldest one beyond [`LEDGER`] becomes a print.
    pub fn remember(&mut self, decision: Decision<O, E>) {
        self.ledger.push_back(decision);
        while self.ledger.len() > LEDGER {
            let oldest = self.ledger.pop_front();
            self.prints.extend(oldest.as_ref().map(Print::from));
        }
        while self.prints.len() > FINGERPRINTS {
            self.prints.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::generation::Generation;

    fn place(offset: i64) -> Position {
        Position { generation: Generation::FIRST, offset }
    }

    fn id(number: u128) -> CommandId {
        CommandId::from_uuid(Uuid::from_u128(number))
    }

    fn asked() -> Digest {
        Digest::of(b"asked")
    }

    /// Commands 0 to `decisions` lie at the offsets of their numbers.
    fn after(decisions: u8) -> Memory<u8, ()> {
        let mut memory = Memory::default();
        for number in 0..decisions {
            memory.remember(Decision {
                position: place(number.into()),
                command: id(number.into()),
                digest: asked(),
                outcome: number,
                version: number.into(),
                emits: (),
            });
        }
        memory
    }

    #[test]
    fn a_command_nobody_has_decided_is_new() {
        assert_eq!(after(0).recall(place(0), id(0), asked()), Recall::New);
        assert_eq!(after(5).recall(place(5), id(5), asked()), Recall::New);
    }

    #[test]
    fn a_record_met_again_is_emitted_again_while_the_ledger_has_it_and_then_only_answered() {
        let memory = after(40);
        let again = |number: u8| memory.recall(place(number.into()), id(number.into()), asked());

        assert!(matches!(again(32), Recall::Replayed(Decision { outcome: 32, .. })));
        assert!(matches!(again(31), Recall::Remembered(Print { outcome: 31, .. })));
        assert_eq!(memory.recall(place(3), id(99), asked()), Recall::Passed);
    }

    #[test]
    fn an_id_sent_again_is_answered_as_first_decided_and_one_that_asks_something_else_is_a_conflict()
     {
        let memory = after(20);

        let same = memory.recall(place(20), id(4), asked());
        let other = memory.recall(place(20), id(4), Digest::of(b"something else"));

        assert!(matches!(same, Recall::Remembered(Print { outcome: 4, version: 4, .. })));
        assert_eq!(other, Recall::Conflict);
    }

    #[test]
    fn seventy_two_decisions_are_remembered_and_no_more() {
        let memory = after(73);
        let sent_again = |number| memory.recall(place(73), id(number), asked());

        assert_eq!(sent_again(0), Recall::New);
        assert!((1..73).all(|number| matches!(sent_again(number), Recall::Remembered(_))));
    }

    #[test]
    fn places_of_a_later_generation_come_after_all_of_an_earlier_one() {
        let next = Position { generation: Generation::FIRST.next(), offset: 0 };

        assert_eq!(after(9).recall(next, id(99), asked()), Recall::New);
    }
}
