//! How bad the outside is: latencies, chances of faults, time-outs. Knows no operation.

use fastrand::Rng;

/// One in so many; 0 is never.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Chance(pub u32);

impl Chance {
    /// It never happens.
    pub const NEVER: Self = Self(0);

    /// Draws.
    pub(super) fn strikes(self, rng: &mut Rng) -> bool {
        self.0 != 0 && rng.u32(0..self.0) == 0
    }
}

/// What a world does to requests drawn from now on. Times are microseconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Weather {
    /// The shortest and the longest of one hop; one in 16 takes ten times as long.
    pub latency: (u32, u32),
    /// An append lands after its caller was told that nobody knows.
    pub append_late: Chance,
    /// An append never lands, and its caller is told that nobody knows.
    pub append_lost: Chance,
    /// An append lands, and its caller is told that nobody knows.
    pub append_ack_lost: Chance,
    /// An append lands twice.
    pub append_duplicated: Chance,
    /// The queue to the log is full.
    pub append_full: Chance,
    /// The client of the facts breaks.
    pub lane_broke: Chance,
    /// A write is not acknowledged and lands on some replicas later.
    pub write_late: Chance,
    /// A write is not acknowledged and lands on one replica or none.
    pub write_lost: Chance,
    /// A write lands on a quorum and is not acknowledged.
    pub write_ack_lost: Chance,
    /// One replica takes a write much later, or never.
    pub replica_behind: Chance,
    /// A read of the store is not answered.
    pub read_failed: Chance,
    /// A question about the log is not answered.
    pub ask_failed: Chance,
    /// A commit is refused.
    pub commit_failed: Chance,
    /// A commit is not answered, and took effect or did not.
    pub commit_unanswered: Chance,
    /// A record's append time lies before that of the record before it.
    pub time_back: Chance,
    /// A fetch fails and the tail says so.
    pub trouble: Chance,
    /// A write is among the last before the store is killed. Not much later all replicas have only
    /// what they had up to 100 ms earlier, and the store is away for 0.5 to 15 s.
    pub store_killed: Chance,
    /// How late something late may be.
    pub late_by_max: u32,
    /// When an append of commands or replies gives up.
    pub append_deadline: u32,
    /// How long a member may be silent before its partitions go to others.
    pub session: u32,
    /// How long revoked partitions may take to be released.
    pub drain: u32,
    /// How far an append time may step back.
    pub steps_back_max: u32,
}

impl Weather {
    /// No latency and no faults: every request is carried out at the call itself. Only what waits
    /// for a time-out needs steps.
    #[must_use]
    pub const fn calm() -> Self {
        Self {
            latency: (0, 0),
            append_late: Chance::NEVER,
            append_lost: Chance::NEVER,
            append_ack_lost: Chance::NEVER,
            append_duplicated: Chance::NEVER,
            append_full: Chance::NEVER,
            lane_broke: Chance::NEVER,
            write_late: Chance::NEVER,
            write_lost: Chance::NEVER,
            write_ack_lost: Chance::NEVER,
            replica_behind: Chance::NEVER,
            read_failed: Chance::NEVER,
            ask_failed: Chance::NEVER,
            commit_failed: Chance::NEVER,
            commit_unanswered: Chance::NEVER,
            time_back: Chance::NEVER,
            trouble: Chance::NEVER,
            store_killed: Chance::NEVER,
            late_by_max: 45_000_000,
            append_deadline: 3_000_000,
            session: 6_000_000,
            drain: 5_000_000,
            steps_back_max: 2_000_000,
        }
    }

    /// Latencies of 1 to 20 ms and no faults.
    #[must_use]
    pub const fn fair() -> Self {
        Self { latency: (1_000, 20_000), ..Self::calm() }
    }

    /// Whether requests take no time.
    pub(super) const fn is_calm(&self) -> bool {
        self.latency.1 == 0
    }

    /// How long one hop takes.
    pub(super) fn hop(&self, rng: &mut Rng) -> i64 {
        let (min, max) = self.latency;
        if max == 0 {
            return 0;
        }
        let hop = i64::from(rng.u32(min.min(max)..=max));
        if rng.u8(0..16) == 0 { hop * 10 } else { hop }
    }

    /// How late something late is.
    pub(super) fn lateness(&self, rng: &mut Rng) -> i64 {
        i64::from(rng.u32(0..=self.late_by_max))
    }
}
