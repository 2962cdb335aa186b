//! The last act of every seed: the command topic is deleted and made anew. No processor may take
//! the new log for the one the carts came from.

use cart_processor::fold::Carts;
use cart_processor::intake::command_id;
use cart_processor::runtime::RunError;
use cart_schemas::cql::Table;
use cart_schemas::partition::Partition;
use cart_schemas::record::Progress;
use cart_schemas::topic::Topic;
use cart_storage::log::{Lane, Log as _, LogError, NewRecord, Record, TopicPartition};
use cart_storage::simulated::{Observation, What};

use super::audit::{Audit, Broken, Invariant};
use super::fleet::Ended;
use super::plan::SECOND;
use super::run::{Failure, Run, later};

/// How long processors have to look at the new log.
const LOOKED_AT_WITHIN: i64 = 30 * SECOND;

/// Makes the topic anew, with fewer records than it had or more, and watches.
pub(super) fn refuses(run: &mut Run) -> Result<(), Failure> {
    run.note("the command topic is deleted and made anew");
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
    if refusals == 0 {
        return Err(foreign("no processor noticed that the log is another").into());
    }
    Ok(())
}

fn foreign(what: &str) -> Broken {
    Broken { invariant: Invariant::ForeignLog, what: what.to_owned() }
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
    let others: Vec<_> = old.iter().filter(|record| command_id::<Carts>(record) != named).collect();
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
        for observation in &observations {
            is_of_the_old_log(&mut run.audit, observation)?;
        }
    }
    Ok(refusals)
}

/// What a processor had in hand of the old log may still land, each timer before the cart that counts
/// on it. The oracle goes on with the old log alone, so whatever else is armed, stored or told of a
/// cart came of the new one.
fn is_of_the_old_log(audit: &mut Audit, observation: &Observation) -> Result<(), Broken> {
    let concerns = match &observation.what {
        What::Appended { to, .. } => matches!(to.topic, Topic::Commands | Topic::Events),
        What::CellTaken { table, .. } => *table == Table::Carts,
        What::Noted { .. } | What::StoreSynced | What::StoreForgot => true,
        What::SlotDropped { .. }
        | What::Committed { .. }
        | What::Answered(_)
        | What::Injected(_) => false,
    };
    if !concerns {
        return Ok(());
    }
    let observed = audit.observe(observation);
    observed.map_err(|broken| foreign(&format!("a cart follows another log: {broken}")))
}
