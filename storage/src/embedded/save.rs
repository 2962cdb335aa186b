//! Writes a batch in one transaction.

use cart_schemas::cql::{Index, Table};
use redb::{Database, Durability, ReadableTable as _, WriteTransaction};

use super::batch::{Batch, in_order};
use super::tables::{
    ABOUT, ABOUT_TRANSACTION, BOUNDS, COMMITS, cells, drops, notes, records, topic_name,
};
use crate::log::Record;

/// Writes a batch; when this returns it is on disk, if it is to be durable.
pub(super) fn save(
    database: &Database,
    batch: &Batch,
    transaction: u64,
    durability: Durability,
) -> Result<(), redb::Error> {
    let mut writing = begin(database)?;
    writing.set_durability(durability)?;
    save_records(&mut writing, batch)?;
    for table in Table::ALL {
        save_cells(&writing, batch, table)?;
    }
    for index in Index::ALL {
        save_drops(&writing, batch, index)?;
        save_notes(&writing, batch, index)?;
    }
    save_commits(&writing, batch)?;
    writing.open_table(ABOUT)?.insert(ABOUT_TRANSACTION, transaction)?;
    writing.commit()?;
    Ok(())
}

/// Begins a transaction that a crash costs nothing: the file opens at once however large it is.
pub(super) fn begin(database: &Database) -> Result<WriteTransaction, redb::Error> {
    let mut writing = database.begin_write()?;
    writing.set_quick_repair(true);
    Ok(writing)
}

fn save_records(writing: &mut WriteTransaction, batch: &Batch) -> Result<(), redb::Error> {
    for ((topic, partition), (at, appended)) in in_order(&batch.appended) {
        let Some(table) = records(at.topic) else { continue };
        let mut table = writing.open_table(table)?;
        for Record { offset, appended, key, value, headers } in &appended.records {
            let headers: Vec<_> = headers.iter().map(|h| (&*h.name, &*h.value)).collect();
            let record = (appended.micros(), key.as_deref(), value.as_deref(), headers);
            table.insert((partition, *offset), record)?;
        }
        let bounds = (appended.start, appended.end, appended.last.micros());
        writing.open_table(BOUNDS)?.insert((topic, partition), bounds)?;
    }
    Ok(())
}

fn save_cells(writing: &WriteTransaction, batch: &Batch, table: Table) -> Result<(), redb::Error> {
    let mut ours = batch.cells.iter().filter(|((of, _), _)| *of == table).peekable();
    if ours.peek().is_none() {
        return Ok(());
    }
    let mut stored = writing.open_table(cells(table))?;
    for ((_, key), (ts, cell)) in ours {
        let present = stored.get(key.as_str())?.map(|present| present.value().0);
        if present.is_none_or(|present| present < ts.micros()) {
            stored.insert(key.as_str(), (ts.micros(), &**cell))?;
        }
    }
    Ok(())
}

/// A slot stays dropped up to its timestamp, whatever is noted later.
fn save_drops(writing: &WriteTransaction, batch: &Batch, index: Index) -> Result<(), redb::Error> {
    for (_, slot, ts) in batch.drops.iter().filter(|(of, ..)| *of == index) {
        let mut dropped = writing.open_table(drops(index))?;
        let present = dropped.get(slot.as_str())?.map_or(i64::MIN, |present| present.value());
        dropped.insert(slot.as_str(), present.max(ts.micros()))?;
        let mut noted = writing.open_table(notes(index))?;
        // Nothing sorts between a slot and itself with a zero at its end.
        let next = format!("{slot}\0");
        let slot_entries = (slot.as_str(), "")..(next.as_str(), "");
        let gone = noted.extract_from_if(slot_entries, |_, noted| noted <= ts.micros())?;
        for entry in gone {
            entry?;
        }
    }
    Ok(())
}

fn save_notes(writing: &WriteTransaction, batch: &Batch, index: Index) -> Result<(), redb::Error> {
    let mut ours = batch.notes.iter().filter(|(of, ..)| *of == index).peekable();
    if ours.peek().is_none() {
        return Ok(());
    }
    let dropped = writing.open_table(drops(index))?;
    let mut noted = writing.open_table(notes(index))?;
    for (_, slot, entry, ts) in ours {
        let floor = dropped.get(slot.as_str())?.map_or(i64::MIN, |floor| floor.value());
        let key = (slot.as_str(), entry.as_str());
        let present = noted.get(key)?.map_or(i64::MIN, |present| present.value());
        if ts.micros() > floor.max(present) {
            noted.insert(key, ts.micros())?;
        }
    }
    Ok(())
}

fn save_commits(writing: &WriteTransaction, batch: &Batch) -> Result<(), redb::Error> {
    if batch.commits.is_empty() {
        return Ok(());
    }
    let mut committed = writing.open_table(COMMITS)?;
    for (group, at, offset) in &batch.commits {
        let key = (&**group, topic_name(at.topic), at.partition.number());
        committed.insert(key, offset)?;
    }
    Ok(())
}
