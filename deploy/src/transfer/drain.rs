//! Waits until every command to carts and skus is decided, with processors of its own: whoever
//! served them before may have ended with commands in hand.

use std::time::Duration;

use cart_processor::fold::{Carts, Fold as _, Site, Skus};
use cart_processor::runtime::RunError;
use cart_schemas::policies::Policies;
use cart_schemas::policy::Policy;
use cart_storage::log::{Log, TopicPartition};
use cart_storage::store::Store;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::exit::Failure;
use crate::place::Opened;
use crate::processors::{self, Healths, Terms};
use crate::serve::STORE_EVERY;
use crate::{patience, reading};

/// The command logs: the carts', and with it the skus'.
const CARTS: [Site; 1] = [<Carts>::SITE];
const ALL: [Site; 2] = [<Carts>::SITE, <Skus>::SITE];

/// How long nothing may have been appended: whoever serves these carts asks every second whether
/// they leave, and an append it has begun lands within two more.
const QUIET: Duration = STORE_EVERY.saturating_mul(3);
/// How often the log is asked.
const ASKED_EVERY: Duration = Duration::from_millis(200);
/// No timer is waited for here: it goes on waiting where the cart goes.
const NEVER: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// Where the partitions of the command logs end once everything in them is decided.
pub(super) async fn drain<L: Log, S: Store>(at: &Opened<L, S>) -> Result<Vec<i64>, Failure> {
    let (healths, stop) = (Healths::default(), CancellationToken::new());
    let terms = Terms::new(at.standing.generation, Policies::same(Policy::default()));
    let terms = Terms { scan_every: NEVER, ..terms };
    let ports = (at.log.clone(), at.store.clone());
    let processor = processors::run(ports, terms, healths.clone(), stop.clone());
    let mut processor = tokio::spawn(processor);
    tokio::select! {
        ended = &mut processor => Err(undecided(ended.map_err(RunError::Panicked).flatten().err())),
        decided = decided(&at.log, &healths) => {
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

async fn decided<L: Log>(log: &L, healths: &Healths) -> Result<Vec<i64>, Failure> {
    let (mut last, mut since) = (Vec::new(), Instant::now());
    let commands = commands(log, &ALL).await?;
    loop {
        if healths.stopped() > 0 {
            let text = "a partition cannot go on, so no cart was moved: the log above says why";
            return Err(Failure::Usage(text.to_owned()));
        }
        let ends = ends_of(log, &commands).await?;
        if ends != last {
            (last, since) = (ends, Instant::now());
        } else if since.elapsed() >= QUIET && all_decided(log, &commands, &last).await? {
            return Ok(last);
        }
        tokio::time::sleep(ASKED_EVERY).await;
    }
}

/// Whether every command to carts is decided and what came of it was told.
pub(crate) async fn is_decided<L: Log>(log: &L) -> Result<bool, Failure> {
    let commands = commands(log, &CARTS).await?;
    let ends = ends_of(log, &commands).await?;
    all_decided(log, &commands, &ends).await
}

async fn all_decided<L: Log>(
    log: &L,
    commands: &[(&'static str, TopicPartition)],
    ends: &[i64],
) -> Result<bool, Failure> {
    for ((group, at), end) in commands.iter().zip(ends) {
        let committed = patience::answered(|| log.committed(group, *at)).await;
        let committed = committed.map_err(silent)?;
        // Nobody commits where nothing ever was.
        if committed.unwrap_or(0) < *end {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Where the partitions of the command logs end.
pub(super) async fn ends<L: Log>(log: &L) -> Result<Vec<i64>, Failure> {
    ends_of(log, &commands(log, &ALL).await?).await
}

async fn ends_of<L: Log>(
    log: &L,
    commands: &[(&'static str, TopicPartition)],
) -> Result<Vec<i64>, Failure> {
    let mut ends = Vec::new();
    for (_, at) in commands {
        let bounds = reading::bounds(log, *at).await;
        ends.push(bounds.map_err(|source| Failure::failed(SILENT, source))?.end);
    }
    Ok(ends)
}

/// Whether no command was ever appended.
pub(super) async fn is_unused<L: Log>(log: &L) -> Result<bool, Failure> {
    Ok(ends(log).await?.iter().all(|end| *end == 0))
}

/// The partitions of these command logs, each with the group that decides it.
async fn commands<L: Log>(
    log: &L,
    sites: &[Site],
) -> Result<Vec<(&'static str, TopicPartition)>, Failure> {
    let mut all = Vec::new();
    for site in sites {
        let count = patience::answered(|| log.partitions(site.commands)).await.map_err(silent)?;
        all.extend(count.partitions().map(|partition| (site.group, site.at(partition))));
    }
    Ok(all)
}

const SILENT: &str = "the command log does not answer";

fn silent(source: cart_storage::log::LogError) -> Failure {
    Failure::failed(SILENT, source)
}
