//! The last act of every seed: the command topic is deleted and made anew. No processor may take
//! the new log for the one the carts came from.

use bytes::Bytes;
use cart_processor::intake::command_id;
use cart_processor::runtime::RunError;
use cart_schemas::cql::Table;
use cart_schemas::partition::Partition;
use cart_schemas::record::Progress;
use cart_schemas::topic::Topic;
use cart_storage::log::{Lane, Log as _, LogError, NewRecord, Record, TopicPartition};
use cart_storage::simulated::What;

use super::audit::{Broken, Invariant};
use super::fleet::Ended;
use super::plan::SECOND;
use super::run::{Failure, Run, later};

/// How long processors have to look at the new log.
const LOOKED_AT_WITHIN: i64 = 30 * SECOND;

/// Makes the topic anew, with fewer records than it had or more, and watches.
pub(super) fn refuses(run: &mut Run) -> Result<(), Failure> {
    run.note("the command topic is deleted and made anew");
    let before = rows(run);
    // Running processors notice a log that is shorter than where they are. One that has grown past
    // them within a moment they would not: an operator stops them first.
    let stopped = run.draw(2) == 0;
    if stopped {
        run.fleet.crash_all(SECOND);
    }
    let old = all_records(run);
    run.world.recreate(Topic::Commands);
    for (at, old) in &old {
        let longest = if stopped { 2 * old.len() } else { old.len().saturating_sub(1) };
        for Record { key, value, headers, .. } in others(run, *at, old, longest) {
            drop(run.outsider.append(Lane::Facts, *at, NewRecord { key, value, headers }));
        }
    }
    let end = later(run.world.now(), LOOKED_AT_WITHIN);
    let mut refusals = 0;
    while run.world.now() < end {
        refusals += watch(run)?;
    }
    if rows(run) != before {
        return Err(foreign("a cart was changed by a log that is not its own"));
    }
    if refusals == 0 {
        return Err(foreign("no processor noticed that the log is another"));
    }
    Ok(())
}

fn foreign(what: &str) -> Failure {
    Broken { invariant: Invariant::ForeignLog, what: what.to_owned() }.into()
}

/// Every partition with what it holds.
fn all_records(run: &Run) -> Vec<(TopicPartition, Vec<Record>)> {
    let place = |partition: Partition| TopicPartition { topic: Topic::Commands, partition };
    run.count.partitions().map(place).map(|at| (at, run.world.records(at))).collect()
}

/// Records for the new log: old ones in any number, but never the one the carts end with.
fn others(run: &mut Run, at: TopicPartition, old: &[Record], longest: usize) -> Vec<Record> {
    let row = run.world.cell(Table::Progress, &format!("{}/{}", at.topic, at.partition));
    let named = row.and_then(|(cell, _)| Progress::decode(&cell).ok()).map(|row| row.command);
    let others: Vec<_> = old.iter().filter(|record| command_id(record) != named).collect();
    let length = run.draw(longest + 1);
    others.into_iter().cycle().take(length).cloned().collect()
}

/// One turn; returns how many processors refused.
fn watch(run: &mut Run) -> Result<u32, Failure> {
    let (now, ended) = run.go_on(later(run.world.now(), SECOND))?;
    let mut refusals = 0;
    for ended in ended {
        match ended {
            Ended::Panicked(error) => return Err(Failure::Panicked(error.to_string())),
            Ended::By(RunError::Refused(_) | RunError::Ended(Some(LogError::OutOfRange(_)))) => {
                refusals += 1;
            }
            Ended::By(_) => {}
        }
    }
    while let Some(observations) = run.step(now) {
        let event =
            |what: &What| matches!(what, What::Appended { to, .. } if to.topic == Topic::Events);
        if observations.iter().any(|one| event(&one.what)) {
            return Err(foreign("an event came of a log that is not the carts' own"));
        }
    }
    Ok(refusals)
}

/// Every cart's row, as the newest replica has it.
fn rows(run: &Run) -> Vec<(String, Option<Bytes>)> {
    let row = |key: String| {
        let cell = run.world.cell(Table::Carts, &key).map(|(cell, _)| cell);
        (key, cell)
    };
    run.world.keys(Table::Carts).into_iter().map(row).collect()
}
