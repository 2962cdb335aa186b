//! The faults a world injects, and how often it has. Knows nothing of what they do.

use std::collections::BTreeMap;
use std::fmt;

/// Something that goes wrong outside a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {
    /// An append lands late; on the lanes with a deadline after its caller was told "unknown".
    AppendLate,
    /// An append is answered "unknown" and never lands.
    AppendLost,
    /// An append lands and is answered "unknown".
    AppendAckLost,
    /// An append lands twice.
    AppendDuplicated,
    /// An append is answered "full"; nothing is appended.
    AppendFull,
    /// The client of the facts breaks with appends in flight.
    LaneBroke,
    /// A write is answered "unavailable" and lands on some replicas later.
    WriteLate,
    /// A write is answered "unavailable" and lands on one replica or none.
    WriteLost,
    /// A write lands on a quorum and is answered "unavailable".
    WriteAckLost,
    /// One replica takes a write much later, or never.
    ReplicaBehind,
    /// A read of the store is answered "unavailable".
    ReadFailed,
    /// A question about the log is answered "unreachable".
    AskFailed,
    /// A commit is refused.
    CommitFailed,
    /// A commit is not answered, and took effect or did not.
    CommitUnanswered,
    /// A record's append time steps back.
    TimeBack,
    /// A tail has trouble.
    Trouble,
    /// A topic was deleted and made anew.
    TopicRecreated,
    /// A partition was moved for no reason.
    Rebalanced,
    /// A member was silent for a session.
    MemberExpelled,
    /// A member and the coordinator do not hear each other.
    MemberDeaf,
    /// The store was killed: what it acknowledged last is gone, and it is away for a while.
    StoreKilled,
}

impl Fault {
    /// Every fault.
    pub const ALL: [Self; 21] = [
        Self::AppendLate,
        Self::AppendLost,
        Self::AppendAckLost,
        Self::AppendDuplicated,
        Self::AppendFull,
        Self::LaneBroke,
        Self::WriteLate,
        Self::WriteLost,
        Self::WriteAckLost,
        Self::ReplicaBehind,
        Self::ReadFailed,
        Self::AskFailed,
        Self::CommitFailed,
        Self::CommitUnanswered,
        Self::TimeBack,
        Self::Trouble,
        Self::TopicRecreated,
        Self::Rebalanced,
        Self::MemberExpelled,
        Self::MemberDeaf,
        Self::StoreKilled,
    ];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AppendLate => "append_late",
            Self::AppendLost => "append_lost",
            Self::AppendAckLost => "append_ack_lost",
            Self::AppendDuplicated => "append_duplicated",
            Self::AppendFull => "append_full",
            Self::LaneBroke => "lane_broke",
            Self::WriteLate => "write_late",
            Self::WriteLost => "write_lost",
            Self::WriteAckLost => "write_ack_lost",
            Self::ReplicaBehind => "replica_behind",
            Self::ReadFailed => "read_failed",
            Self::AskFailed => "ask_failed",
            Self::CommitFailed => "commit_failed",
            Self::CommitUnanswered => "commit_unanswered",
            Self::TimeBack => "time_back",
            Self::Trouble => "trouble",
            Self::TopicRecreated => "topic_recreated",
            Self::Rebalanced => "rebalanced",
            Self::MemberExpelled => "member_expelled",
            Self::MemberDeaf => "member_deaf",
            Self::StoreKilled => "store_killed",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How often each fault was injected.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tally(BTreeMap<Fault, u64>);

impl Tally {
    /// How often this one was.
    #[must_use]
    pub fn get(&self, fault: Fault) -> u64 {
        self.0.get(&fault).copied().unwrap_or(0)
    }

    /// Adds another tally.
    pub fn merge(&mut self, other: &Self) {
        for (fault, count) in &other.0 {
            *self.0.entry(*fault).or_default() += count;
        }
    }

    /// The faults injected at least once, with how often.
    pub fn iter(&self) -> impl Iterator<Item = (Fault, u64)> {
        self.0.iter().map(|(fault, count)| (*fault, *count))
    }

    pub(super) fn count(&mut self, fault: Fault) {
        *self.0.entry(fault).or_default() += 1;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, (fault, count)) in self.iter().enumerate() {
            let gap = if number == 0 { "" } else { " " };
            write!(f, "{gap}{fault}={count}")?;
        }
        Ok(())
    }
}
