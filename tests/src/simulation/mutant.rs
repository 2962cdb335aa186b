//! Mutants: copies of the system with one deliberate defect each. An invariant must notice every
//! one of them; a panic does not count.

use cart_processor::cart::{Ask, Change, Known, asks, decide, due};
use cart_processor::defects::{Clocks, Defect, Defects, STAGES, Stage};
use cart_processor::stock::{self, Decided};
use cart_schemas::cart::Cart;
use cart_schemas::command::Command;
use cart_schemas::dealings::Dealings;
use cart_schemas::envelope::Envelope;
use cart_schemas::id::ItemId;
use cart_schemas::policy::Policy;
use cart_schemas::record::{CartRecord, Entry};
use cart_schemas::rejection::Rejection;
use cart_schemas::stock::{Stock, StockCommand, StockRejection};
use cart_schemas::timestamp::Timestamp;

use super::goods::{DEFECTIVE, UNLUCKY};
pub use super::judgement::Judgement;
use super::panics;
use super::surroundings;
pub use super::trade::Trade;

/// A defect of something other than the worker: of how it is run, or of a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sabotage {
    /// One more record than is done is committed.
    CommitRunsAhead,
    /// A timer is noted in the slot of its due time, even if the scanner has passed it.
    TimerBehindScanner,
    /// A record is stored in two cells.
    TwoCells,
    /// A cell is written at the node's own clock.
    CellAtLocalClock,
    /// An event carries the time at which it was emitted.
    EventsTellTheTime,
    /// A dead letter does not say where it comes from.
    LetterWithoutHeaders,
    /// Facts count as acknowledged once they are sent.
    FactsNotAwaited,
    /// Each fact of a run is appended by whichever client there is.
    FactsOnManyClients,
    /// A timer wakes with the same id every time.
    WakeIdRepeated,
    /// A partition that was paused stays so.
    NeverResumed,
    /// A status is told without looking where the log ends.
    LogEndNotRead,
    /// A command that was appended is sometimes said to have found the queue full.
    FullAfterAppend,
    /// Who asks for a command's status does not say when it was sent.
    SendingTimeForgotten,
    /// A socket reads the cart before it registers for its events.
    JoinReadsFirst,
    /// A socket passes on every event that comes.
    GapsPassedOn,
    /// A socket believes that a device which comes back has missed nothing.
    SinceBelieved,
}

/// How a mutant's worker takes the `ts` of a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Clock {
    /// One `ts` for all decisions of a write.
    PerWrite,
    /// The offset.
    Offset,
    /// The node's own clock.
    Local,
    /// The append time alone, though it may step back.
    AppendTime,
}

/// How a mutant's stages are ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Order {
    /// Events and replies go out before the cart is stored.
    EmitBeforeStore,
    /// A timer is noted after the cart that needs it.
    ArmAfterStore,
    /// The progress row is stored before the carts.
    MarkBeforeStore,
    /// The progress row is not stored.
    NeverMarked,
}

/// One mutant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mutant {
    /// The worker breaks a rule.
    Rule(Defect),
    /// The worker's stages are in another order.
    Stages(Order),
    /// The worker's clock is another.
    Time(Clock),
    /// The cart is decided differently.
    Decide(Judgement),
    /// Carts and skus sell differently.
    Sell(Trade),
    /// Something around the worker is wrong.
    Around(Sabotage),
}

impl Mutant {
    /// Every mutant there is.
    pub const ALL: [Self; 65] = [
        Self::Stages(Order::EmitBeforeStore),
        Self::Stages(Order::ArmAfterStore),
        Self::Stages(Order::MarkBeforeStore),
        Self::Stages(Order::NeverMarked),
        Self::Time(Clock::PerWrite),
        Self::Time(Clock::Offset),
        Self::Time(Clock::Local),
        Self::Time(Clock::AppendTime),
        Self::Decide(Judgement::ClockInDecide),
        Self::Decide(Judgement::VersionNotCompared),
        Self::Decide(Judgement::OwnPolicy),
        Self::Decide(Judgement::ImportReplaces),
        Self::Decide(Judgement::ImportRefills),
        Self::Decide(Judgement::FirstDueOnly),
        Self::Decide(Judgement::RecoveryUntold),
        Self::Decide(Judgement::RestoreNeverLate),
        Self::Decide(Judgement::AbsorbedAgain),
        Self::Decide(Judgement::RefusedLinesDropped),
        Self::Decide(Judgement::TouchedUndone),
        Self::Decide(Judgement::ExpiresWhileAway),
        Self::Decide(Judgement::LockIgnored),
        Self::Decide(Judgement::LapseForgotten),
        Self::Decide(Judgement::StaleNewsTaken),
        Self::Decide(Judgement::ShortCountsAsGranted),
        Self::Sell(Trade::StrayKept),
        Self::Sell(Trade::ReleaseForgotten),
        Self::Sell(Trade::CommitForgotten),
        Self::Sell(Trade::HeldCountsAsFree),
        Self::Sell(Trade::LeaseFreesStock),
        Self::Rule(Defect::FrontierBeforeAcknowledgement),
        Self::Rule(Defect::LedgerOverrun),
        Self::Rule(Defect::ReplaysNotCounted),
        Self::Rule(Defect::NoPositionCheck),
        Self::Rule(Defect::ReplayFoundById),
        Self::Rule(Defect::RejectionForgotten),
        Self::Rule(Defect::RepeatDecidedAgain),
        Self::Rule(Defect::ReplayNotPutBack),
        Self::Rule(Defect::RepeatNotPutBack),
        Self::Rule(Defect::MemoryKept),
        Self::Rule(Defect::StaleAnswerTaken),
        Self::Rule(Defect::WitnessIgnored),
        Self::Rule(Defect::ForgettingUnnoticed),
        Self::Rule(Defect::InterruptionIgnored),
        Self::Rule(Defect::BeginsAtCommitted),
        Self::Rule(Defect::PoisonSwallowed),
        Self::Rule(Defect::FiredTimerCounts),
        Self::Rule(Defect::EarlyWakeForgotten),
        Self::Rule(Defect::SlotDroppedUnsettled),
        Self::Rule(Defect::NoRewind),
        Self::Around(Sabotage::CommitRunsAhead),
        Self::Around(Sabotage::TimerBehindScanner),
        Self::Around(Sabotage::TwoCells),
        Self::Around(Sabotage::CellAtLocalClock),
        Self::Around(Sabotage::EventsTellTheTime),
        Self::Around(Sabotage::LetterWithoutHeaders),
        Self::Around(Sabotage::FactsNotAwaited),
        Self::Around(Sabotage::FactsOnManyClients),
        Self::Around(Sabotage::WakeIdRepeated),
        Self::Around(Sabotage::NeverResumed),
        Self::Around(Sabotage::LogEndNotRead),
        Self::Around(Sabotage::FullAfterAppend),
        Self::Around(Sabotage::SendingTimeForgotten),
        Self::Around(Sabotage::JoinReadsFirst),
        Self::Around(Sabotage::GapsPassedOn),
        Self::Around(Sabotage::SinceBelieved),
    ];
}

impl std::fmt::Display for Mutant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Rule(one) => write!(f, "{one:?}"),
            Self::Stages(one) => write!(f, "{one:?}"),
            Self::Time(one) => write!(f, "{one:?}Timestamp"),
            Self::Decide(one) => write!(f, "{one:?}"),
            Self::Sell(one) => write!(f, "{one:?}"),
            Self::Around(one) => write!(f, "{one:?}"),
        }
    }
}

/// The worker under test: as it is, or a mutant. Its decide panics over [`DEFECTIVE`] goods, so
/// that a defect of the cart's own logic is among the things that happen.
#[derive(Debug, Clone, Copy, Default)]
pub struct Subject(pub Option<Mutant>);

impl Subject {
    /// Whether something around the worker is wrong in this way.
    #[must_use]
    pub fn is(self, sabotage: Sabotage) -> bool {
        self.0 == Some(Mutant::Around(sabotage))
    }
}

impl Defects for Subject {
    fn has(&self, defect: Defect) -> bool {
        self.0 == Some(Mutant::Rule(defect))
    }

    fn stages(&self) -> &'static [Stage] {
        let Some(Mutant::Stages(order)) = self.0 else { return STAGES };
        match order {
            Order::EmitBeforeStore => &[Stage::Arm, Stage::Emit, Stage::Store, Stage::Mark],
            Order::ArmAfterStore => &[Stage::Store, Stage::Arm, Stage::Mark, Stage::Emit],
            Order::MarkBeforeStore => &[Stage::Arm, Stage::Mark, Stage::Store, Stage::Emit],
            Order::NeverMarked => &[Stage::Arm, Stage::Store, Stage::Emit],
        }
    }

    fn ts(&self, clocks: Clocks) -> Timestamp {
        let Clocks { began, last, placement } = clocks;
        let Some(Mutant::Time(clock)) = self.0 else {
            return last.next().max(placement.appended);
        };
        match clock {
            Clock::PerWrite => began.next().max(placement.appended),
            Clock::Offset => Timestamp::from_micros(placement.position.offset + 1),
            Clock::Local => last.next().max(surroundings::now()),
            Clock::AppendTime => placement.appended,
        }
    }

    fn decide(
        &self,
        known: Known<'_>,
        envelope: &Envelope,
        at: Timestamp,
    ) -> Result<Vec<Change>, Rejection> {
        assert!(!is_defective(&envelope.command), "{}", panics::EXPECTED);
        match self.0 {
            Some(Mutant::Decide(judgement)) => judgement.decide(known, envelope, at),
            _ => decide(known, envelope, at),
        }
    }

    fn asks(&self, record: &CartRecord, envelope: &Envelope, entry: &Entry) -> Vec<Ask> {
        match self.0 {
            Some(Mutant::Sell(trade)) => trade.asks(record, envelope, entry),
            _ => asks(record, envelope, entry),
        }
    }

    fn decide_stock(
        &self,
        stock: &Stock,
        command: &StockCommand,
        at: Timestamp,
    ) -> Result<Decided, StockRejection> {
        match self.0 {
            Some(Mutant::Sell(trade)) => trade.decide(stock, command, at),
            _ => stock::decide(stock, command, at),
        }
    }

    fn due(&self, cart: &Cart, dealings: &Dealings, policy: &Policy, at: Timestamp) -> Vec<Change> {
        match self.0 {
            Some(Mutant::Decide(judgement)) => judgement.due((cart, dealings), policy, at),
            _ => due(cart, dealings, policy, at),
        }
    }
}

fn is_defective(command: &Command) -> bool {
    let mentions = |item: &ItemId| item.product().as_str() == DEFECTIVE;
    match command {
        Command::AddItem { item, .. } | Command::SetQuantity { item, .. } => mentions(item),
        Command::Import(cart) => cart.lines().iter().any(|line| mentions(&line.item)),
        Command::Absorb(absorb) => {
            absorb.moved.lines().iter().any(|line| line.quantity.get() == UNLUCKY)
        }
        Command::RemoveItem { .. }
        | Command::Clear
        | Command::Extend { .. }
        | Command::ChangeCurrency { .. }
        | Command::Restore
        | Command::Merge { .. }
        | Command::Settle { .. }
        | Command::UndoMerge { .. }
        | Command::Return { .. }
        | Command::Checkout { .. }
        | Command::Complete { .. }
        | Command::CancelCheckout { .. }
        | Command::Reserved { .. }
        | Command::Refresh { .. }
        | Command::Wake { .. } => false,
    }
}
