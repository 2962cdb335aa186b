//! What `simulate-shop` takes.

use cart_schemas::timestamp::Timestamp;
use clap::Args;

/// The most days: events are kept for thirty, and the first day is to be there when the last one is over.
const DAYS_MAX: i64 = 28;
/// The most customers: a day of theirs is in memory at a time.
const USERS_MAX: i64 = 1_000_000;

/// A shop that is simulated into the folder of `--data`, which must not be there yet.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct ShopArgs {
    /// How many customers it has; a quarter of them come on a day.
    #[arg(long, default_value_t = 6_000, value_parser = clap::value_parser!(u32).range(1..=USERS_MAX))]
    pub(crate) users: u32,
    /// How many days it trades.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=DAYS_MAX))]
    pub(crate) days: u16,
    /// What decides who comes and what they want: the same number is the same shop.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// When it opens, as in 2026-03-01T09:00:00Z [default: so that the last day ends now].
    #[arg(long, value_name = "RFC3339")]
    pub(crate) from: Option<Timestamp>,
}
