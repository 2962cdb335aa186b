//! Waits until every command in a log is decided, with a processor of its own: whoever served the
//! carts before may have ended with commands in hand.

use std::time::Duration;

use cart_processor::runtime::{self, Health, RunError, Settings};
use cart_schemas::topic::{PROCESSORS, Topic};
use cart_storage::log::{Log, TopicPartition};
use cart_storage::store::Store;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::exit::Failure;
use crate::place::Opened;
use crate::serve::STORE_EVERY;
use crate::{patience, reading};

/// How long nothing may have been appended: whoever serves these carts asks every second whether
/// they leave, and an append it has begun lands within two more.
const QUIET: Duration = STORE_EVERY.saturating_mul(3);
/// How often the log is asked.
const ASKED_EVERY: Duration = Duration::from_millis(200);
/// No timer is waited for here: it goes on waiting where the cart goes.
const NEVER: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// Where the partitions of the command log end once everything in them is decided.
pub(super) async fn drain<L: Log, S: Store>(at: &Opened<L, S>) -> Result<Vec<i64>, Failure> {
    let (health, stop) = (Health::default(), CancellationToken::new());
    let generation = at.standing.generation;
    let settings = Settings { generation, scan_every: NEVER, ..Settings::default() };
    let ports = (at.log.clone(), at.store.clone());
    let mut processor = tokio::spawn(runtime::run(ports, settings, health.clone(), stop.clone()));
    tokio::select! {
        ended = &mut processor => Err(undecided(ended.map_err(RunError::Panicked).flatten().err())),
        decided = decided(&at.log, &health) => {
            stop.cancel();
            let ended = processor.await.map_err(RunError::Panicked).flatten();
            ended.map_err(|error| undecided(Some(error)))?;
            decided
        }
    }
}

fn undecided(error: Option<RunError>) -> Failure {
    let what = "not every command can be decided, so no cart was moved";
    match error {
        Some(RunError::Refused(refusal)) => Failure::Usage(refusal.to_string()),
        Some(error) => Failure::failed(what, error),
        None => Failure::Usage(what.to_owned()),
    }
}

async fn decided<L: Log>(log: &L, health: &Health) -> Result<Vec<i64>, Failure> {
    let (mut last, mut since) = (Vec::new(), Instant::now());
    loop {
        if health.stopped() > 0 {
            let text = "a partition cannot go on, so no cart was moved: the log above says why";
            return Err(Failure::Usage(text.to_owned()));
        }
        let ends = ends(log).await?;
        if ends != last {
            (last, since) = (ends, Instant::now());
        } else if since.elapsed() >= QUIET && all_decided(log, &last).await? {
            return Ok(last);
        }
        tokio::time::sleep(ASKED_EVERY).await;
    }
}

/// Whether every command in a log is decided and what came of it was told.
pub(crate) async fn is_decided<L: Log>(log: &L) -> Result<bool, Failure> {
    all_decided(log, &ends(log).await?).await
}

async fn all_decided<L: Log>(log: &L, ends: &[i64]) -> Result<bool, Failure> {
    for (at, end) in commands(log).await?.into_iter().zip(ends) {
        let committed = patience::answered(|| log.committed(PROCESSORS, at)).await;
        let committed = committed.map_err(silent)?;
        // Nobody commits where nothing ever was.
        if committed.unwrap_or(0) < *end {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Where the partitions of the command log end.
pub(super) async fn ends<L: Log>(log: &L) -> Result<Vec<i64>, Failure> {
    let mut ends = Vec::new();
    for at in commands(log).await? {
        let bounds = reading::bounds(log, at).await;
        ends.push(bounds.map_err(|source| Failure::failed(SILENT, source))?.end);
    }
    Ok(ends)
}

/// Whether no command was ever appended.
pub(super) async fn is_unused<L: Log>(log: &L) -> Result<bool, Failure> {
    Ok(ends(log).await?.iter().all(|end| *end == 0))
}

async fn commands<L: Log>(log: &L) -> Result<Vec<TopicPartition>, Failure> {
    let count = patience::answered(|| log.partitions(Topic::Commands)).await.map_err(silent)?;
    let at = |partition| TopicPartition { topic: Topic::Commands, partition };
    Ok(count.partitions().map(at).collect())
}

const SILENT: &str = "the command log does not answer";

fn silent(source: cart_storage::log::LogError) -> Failure {
    Failure::failed(SILENT, source)
}
