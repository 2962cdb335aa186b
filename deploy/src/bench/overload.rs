//! More load than a shop can carry: how much it still does, how soon the rest is told, and how soon it is
//! itself again. Knows not how a shop turns anybody away.

mod report;

use std::sync::Arc;
use std::time::Duration;

use indicatif::ProgressBar;
use tokio::time::{Instant, interval, interval_at};

use self::report::Overloaded;
use super::BenchArgs;
use super::load::{Load, Observers};
use super::run::bar;
use super::server::Server;
use super::shopper::Phase;
use super::tally::Tally;
use super::windows::Windows;
use crate::exit::Failure;

/// The fewest connections: one for this many requests a second that the shop can do. Those who are
/// answered wait a tenth of a second, the others hardly; with fewer the load would wait here, and be none,
/// and with many more than that it is the connections that everybody waits for.
const A_CONNECTION_DOES: u32 = 8;
/// Connections that find out how much a shop can do: the load's own in a closed loop, which is not yet
/// turned away.
const CLOSED: u32 = 128;
/// How often the shop's memory is read.
const READ_EVERY: Duration = Duration::from_secs(1);
/// How exactly the end of an overload is told.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// The longest a shop is watched afterwards.
const WATCHED_FOR: Duration = Duration::from_secs(10);

/// What an overload came to.
struct Course {
    /// Requests a second that the shop can do.
    capacity: u32,
    /// Requests a second that it was asked.
    offered: u32,
    tally: Tally,
    /// Bytes resident before, and the most meanwhile.
    memory: Option<(u64, u64)>,
    /// Since the overload ended until nobody was turned away any more.
    recovery: Option<Duration>,
}

/// Overloads the shop so many times and tells what it came to.
pub(super) async fn measure(
    args: &BenchArgs,
    server: &Server,
    times: u32,
) -> Result<Overloaded, Failure> {
    let load = args.load_on(server.target());
    let seconds = Duration::from_secs(u64::from(args.seconds));
    let capacity = match args.rate {
        Some(rate) => rate,
        None => capacity(&load, (seconds / 5).max(READ_EVERY)).await?,
    };
    let offered = capacity.saturating_mul(times);
    let connections = load.connections.max(capacity / A_CONNECTION_DOES);
    let over = Load { rate: Some(offered), connections, leaves_out: true, ..load.clone() };
    let (tally, memory) = overload(&over, server, seconds).await?;
    let after = Load { rate: Some((capacity / 2).max(1)), connections, ..load };
    let recovery = recovery(&after, seconds.min(WATCHED_FOR)).await?;
    Ok(Overloaded::of(args, &Course { capacity, offered, tally, memory, recovery }))
}

/// How many requests a second the shop does, of those that wait for each other.
async fn capacity(load: &Load, lasts: Duration) -> Result<u32, Failure> {
    let load = Load { rate: None, connections: CLOSED, ..load.clone() };
    let nobody = Observers::default();
    let tally = load.run((Phase::WarmUp, lasts), &nobody, &bar("shop", "capacity")).await?;
    let millis = tally.took.as_millis().max(1);
    let rate = u128::from(tally.answered()) * 1_000 / millis;
    Ok(u32::try_from(rate).unwrap_or(u32::MAX).max(1))
}

/// Loads the shop, and reads its memory meanwhile.
async fn overload(
    load: &Load,
    server: &Server,
    lasts: Duration,
) -> Result<(Tally, Option<(u64, u64)>), Failure> {
    let before = server.reading().await.memory;
    let mut most = before;
    let (nobody, bar): (_, ProgressBar) = (Observers::default(), bar("shop", "overload"));
    let mut run = std::pin::pin!(load.run((Phase::Measured, lasts), &nobody, &bar));
    let mut ticks = interval(READ_EVERY);
    let tally = loop {
        tokio::select! {
            tally = &mut run => break tally?,
            _ = ticks.tick() => most = most.max(server.reading().await.memory),
        }
    };
    Ok((tally, before.zip(most)))
}

/// Loads the shop with half of what it can do, and tells when the last was turned away; `None` if some
/// were to the end.
async fn recovery(load: &Load, lasts: Duration) -> Result<Option<Duration>, Failure> {
    let windows = Arc::new(Windows::open()?);
    let observers = Observers { windows: Some(Arc::clone(&windows)), pushes: None };
    let bar = bar("shop", "recovery");
    let mut run = std::pin::pin!(load.run((Phase::WarmUp, lasts), &observers, &bar));
    let began = Instant::now();
    let mut looks = interval_at(began + LOOK_EVERY, LOOK_EVERY);
    let mut recovered = Duration::ZERO;
    let mut failing = false;
    loop {
        tokio::select! {
            biased;
            _ = looks.tick() => {
                failing = windows.close(None)?.tally.failed > 0;
                if failing {
                    recovered = began.elapsed();
                }
            }
            ended = &mut run => {
                ended?;
                return Ok((!failing).then_some(recovered));
            }
        }
    }
}
