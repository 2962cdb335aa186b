//! Deliberate defects: the seams at which a mutant of the worker differs from the worker.
//!
//! A simulation runs mutants to prove that the invariants notice each of them. Production runs
//! [`NoDefects`], which has no size and answers every question with a constant.

use std::fmt::Debug;

use cart_schemas::cart::Cart;
use cart_schemas::dealings::Dealings;
use cart_schemas::envelope::Envelope;
use cart_schemas::policy::Policy;
use cart_schemas::record::{CartRecord, Entry};
use cart_schemas::rejection::Rejection;
use cart_schemas::stock::{Stock, StockCommand, StockRejection};
use cart_schemas::timestamp::Timestamp;

use crate::cart::{Ask, Change, Known, asks, decide, due};
use crate::step::Placement;
use crate::stock::{self, Decided};

/// What a micro-batch goes through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Its timers are noted.
    Arm,
    /// Its carts are stored.
    Store,
    /// The progress row is stored.
    Mark,
    /// Its events and replies are appended.
    Emit,
}

/// The order that loses nothing: what must be found again is written before it is needed, and
/// nothing is told before it is stored. Only then the frontier advances.
pub const STAGES: &[Stage] = &[Stage::Arm, Stage::Store, Stage::Mark, Stage::Emit];

/// The rules a mutant may break.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Defect {
    /// The frontier advances when facts are sent, not when they are acknowledged.
    FrontierBeforeAcknowledgement,
    /// A cart takes any number of records of one micro-batch.
    LedgerOverrun,
    /// Records that were stored before do not count towards what a cart may take.
    ReplaysNotCounted,
    /// Every record is taken for a new one.
    NoPositionCheck,
    /// A replay is looked up by its command's id instead of its place.
    ReplayFoundById,
    /// A rejection leaves no trace in the record.
    RejectionForgotten,
    /// A replayed record is not put back into the store.
    ReplayNotPutBack,
    /// A record that only answers from memory is not put back into the store.
    RepeatNotPutBack,
    /// A partition whose memory was dropped is read on from where it stands.
    NoRewind,
    /// What a partition remembers outlives its being given up.
    MemoryKept,
    /// Answers to what was asked before memory was dropped are taken.
    StaleAnswerTaken,
    /// The record the stored carts end with is not compared with the log.
    WitnessIgnored,
    /// A store whose progress row is not the one last marked is taken at its word.
    ForgettingUnnoticed,
    /// A store that was away while it was written to is trusted to have kept what it acknowledged.
    InterruptionIgnored,
    /// A partition begins at the committed offset, whatever the store still knows.
    BeginsAtCommitted,
    /// What can never be decided leaves no dead letter.
    PoisonSwallowed,
    /// A timer that has fired still counts as armed.
    FiredTimerCounts,
    /// A Wake that came early arms nothing anew.
    EarlyWakeForgotten,
    /// A command whose id is remembered is decided again.
    RepeatDecidedAgain,
    /// A slot of timers is dropped while others may still be armed in it.
    SlotDroppedUnsettled,
}

/// The clock of a decision: what it may be derived from.
#[derive(Debug, Clone, Copy)]
pub struct Clocks {
    /// The cart's `ts` before the first decision of this micro-batch.
    pub began: Timestamp,
    /// The cart's `ts` before this decision.
    pub last: Timestamp,
    /// Where the command lies and when it was appended.
    pub placement: Placement,
}

/// Where a mutant differs. Every method's default is what is right.
pub trait Defects: Debug + Clone + Send + Sync + 'static {
    /// Whether a rule is broken.
    #[must_use]
    fn has(&self, _defect: Defect) -> bool {
        false
    }

    /// What a micro-batch goes through, in order.
    #[must_use]
    fn stages(&self) -> &'static [Stage] {
        STAGES
    }

    /// The `ts` of a decision: later than every one before it, and the log's own clock where that
    /// has gone on.
    #[must_use]
    fn ts(&self, clocks: Clocks) -> Timestamp {
        clocks.last.next().max(clocks.placement.appended)
    }

    /// See [`due()`].
    fn due(&self, cart: &Cart, dealings: &Dealings, policy: &Policy, at: Timestamp) -> Vec<Change> {
        due(cart, dealings, policy, at)
    }

    /// See [`decide()`].
    ///
    /// # Errors
    /// See [`decide()`].
    fn decide(
        &self,
        known: Known<'_>,
        envelope: &Envelope,
        at: Timestamp,
    ) -> Result<Vec<Change>, Rejection> {
        decide(known, envelope, at)
    }

    /// See [`asks()`].
    fn asks(&self, record: &CartRecord, envelope: &Envelope, entry: &Entry) -> Vec<Ask> {
        asks(record, envelope, entry)
    }

    /// See [`stock::decide()`].
    ///
    /// # Errors
    /// See [`stock::decide()`].
    fn decide_stock(
        &self,
        stock: &Stock,
        command: &StockCommand,
        at: Timestamp,
    ) -> Result<Decided, StockRejection> {
        stock::decide(stock, command, at)
    }
}

/// The worker as it is meant to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NoDefects;

impl Defects for NoDefects {}
