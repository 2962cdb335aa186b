//! What must always hold, each with its number and its sentence. Checks nothing.

use std::fmt;

/// What must always hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each is its own sentence")]
pub enum Invariant {
    OneOutcome,
    OneContent,
    Fold,
    NeverBack,
    NothingLost,
    ReadYourWrites,
    LedgerKeeps,
    Conserved,
    EverythingDueIsWoken,
    NoHole,
    Stream,
    Status,
    DeadLetters,
    ForeignLog,
    Progress,
}

impl Invariant {
    /// Every invariant.
    pub const ALL: [Self; 15] = [
        Self::OneOutcome,
        Self::OneContent,
        Self::Fold,
        Self::NeverBack,
        Self::NothingLost,
        Self::ReadYourWrites,
        Self::LedgerKeeps,
        Self::Conserved,
        Self::EverythingDueIsWoken,
        Self::NoHole,
        Self::Stream,
        Self::Status,
        Self::DeadLetters,
        Self::ForeignLog,
        Self::Progress,
    ];

    /// Its number.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::OneOutcome => 1,
            Self::OneContent => 2,
            Self::Fold => 3,
            Self::NeverBack => 4,
            Self::NothingLost => 5,
            Self::ReadYourWrites => 6,
            Self::LedgerKeeps => 7,
            Self::Conserved => 8,
            Self::EverythingDueIsWoken => 9,
            Self::NoHole => 10,
            Self::Stream => 11,
            Self::Status => 12,
            Self::DeadLetters => 13,
            Self::ForeignLog => 14,
            Self::Progress => 15,
        }
    }

    /// What it says.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::OneOutcome => "a command has one outcome",
            Self::OneContent => "one content per cart, version and event",
            Self::Fold => "a stored record is the fold of a prefix of its log",
            Self::NeverBack => "a stored record never goes back",
            Self::NothingLost => "events equal changes: none missing, in order",
            Self::ReadYourWrites => "a read after a reply or an event sees at least its version",
            Self::LedgerKeeps => "the ledger drops no decision that is not acknowledged",
            Self::Conserved => "no line is lost or doubled by a merge, no stock sold twice or kept",
            Self::EverythingDueIsWoken => "everything due is woken",
            Self::NoHole => "nothing before a frontier is undone",
            Self::Stream => "a device sees every version, in order",
            Self::Status => "a command's status never lies",
            Self::DeadLetters => "what cannot be decided is dead-lettered, and nothing else",
            Self::ForeignLog => "a foreign log is refused",
            Self::Progress => "once faults are over, everything goes on",
        }
    }

    /// This invariant, broken.
    #[must_use]
    pub fn broken(self, what: impl Into<String>) -> Broken {
        Broken { invariant: self, what: what.into() }
    }

    /// Says what broke it unless it holds.
    ///
    /// # Errors
    /// It does not hold.
    pub fn holds(self, holds: bool, what: impl FnOnce() -> String) -> Result<(), Broken> {
        if holds { Ok(()) } else { Err(self.broken(what())) }
    }
}

/// An invariant that does not hold, and how that was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// Which one.
    pub invariant: Invariant,
    /// How it was seen.
    pub what: String,
}

impl fmt::Display for Invariant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "invariant {} ({})", self.number(), self.sentence())
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.invariant, self.what)
    }
}

impl std::error::Error for Broken {}
