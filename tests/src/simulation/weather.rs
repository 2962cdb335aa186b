//! How bad the outside of a seed is. Each seed leaves some faults out, so that those it has meet
//! each other in every combination.

use cart_storage::simulated::{Chance, Weather};
use fastrand::Rng;

/// A silent member loses its partitions after so long: 15 s in microseconds.
pub const SESSION: u32 = 15_000_000;

/// What is true of every weather here.
const BASE: Weather = Weather {
    latency: (1_000, 15_000),
    // With the time-out and two wrong clocks less than the minute a status waits.
    late_by_max: 25_000_000,
    append_deadline: 3_000_000,
    session: SESSION,
    drain: 5_000_000,
    steps_back_max: 10_000_000,
    ..Weather::calm()
};

/// The weather of a seed.
#[must_use]
pub fn of(rng: &mut Rng) -> Weather {
    let mut some = |from: u32, to: u32| match rng.u8(0..4) {
        0 => Chance::NEVER,
        _ => Chance(rng.u32(from..=to)),
    };
    Weather {
        append_late: some(20, 80),
        append_lost: some(20, 80),
        append_ack_lost: some(20, 80),
        append_duplicated: some(20, 120),
        append_full: some(40, 160),
        lane_broke: some(8, 40),
        write_late: some(20, 120),
        write_lost: some(20, 120),
        write_ack_lost: some(20, 120),
        replica_behind: some(8, 60),
        read_failed: some(20, 120),
        ask_failed: some(20, 120),
        commit_failed: some(10, 60),
        commit_unanswered: some(10, 60),
        time_back: some(6, 40),
        trouble: some(50, 200),
        ..BASE
    }
}

/// How often the store is killed in a seed: in a third of them, about one to three times.
///
/// It is drawn from a generator of its own, so that all other seeds are as they were before a store
/// could forget, and these until it first does.
#[must_use]
pub fn kills(seed: u64) -> Chance {
    let mut rng = Rng::with_seed(seed ^ 0x0ff0);
    match rng.u8(0..3) {
        0 => Chance(rng.u32(40..=200)),
        _ => Chance::NEVER,
    }
}

/// The weather once everything has calmed down.
#[must_use]
pub fn fair() -> Weather {
    BASE
}

/// The weather while nothing answers.
#[must_use]
pub fn outage() -> Weather {
    let always = Chance(1);
    Weather {
        append_lost: always,
        write_lost: always,
        read_failed: always,
        ask_failed: always,
        commit_failed: always,
        ..BASE
    }
}
