//! Proves that two stores hold the same carts and skus: as many, and the same bytes at the same timestamps.
//! Tables are summed up in whatever order each engine has, so neither is asked for single rows.

use std::collections::BTreeSet;

use cart_schemas::cql::{Index, Table};
use cart_schemas::digest::Digest;
use cart_schemas::timestamp::Timestamp;
use cart_storage::store::{Row, Store};

use super::copy::{Lying, PAGE, page, read};
use super::timers::{Noted, Shelves};
use crate::exit::Failure;
use crate::patience;
use crate::progress::Progress;

/// How many things, and the sum of their digests: the same for the same things in any order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Sum {
    count: u64,
    digests: u128,
}

impl Sum {
    fn add(&mut self, key: &str, ts: Timestamp, content: &[u8]) {
        let head = [key.as_bytes(), &[0], &ts.micros().to_be_bytes()].concat();
        let digest = Digest::of(&[&head, content].concat());
        self.count = self.count.saturating_add(1);
        self.digests = self.digests.wrapping_add(u128::from_be_bytes(*digest.as_bytes()));
    }
}

/// What a store is to hold.
#[derive(Debug, PartialEq, Eq, Default)]
struct Sums {
    carts: Sum,
    snapshots: Sum,
    timers: Sum,
    skus: Sum,
}

/// Whether the target holds what the source holds; how many carts that are.
pub(super) async fn stores<S: Store, T: Store>(
    source: &S,
    target: &T,
    shelves: &Shelves,
    progress: Progress,
) -> Result<u64, Failure> {
    let (carts, slots) = expected(source, shelves, progress).await?;
    let expected = Sums { skus: table(source, Table::Skus, progress).await?, ..carts };
    let found = Sums {
        carts: table(target, Table::Carts, progress).await?,
        snapshots: table(target, Table::Snapshots, progress).await?,
        timers: timers(target, &slots).await?,
        skus: table(target, Table::Skus, progress).await?,
    };
    if expected == found {
        return Ok(found.carts.count);
    }
    let difference = first_difference(source, target).await?;
    let counts = |sums: &Sums| {
        let (carts, timers, skus) = (sums.carts.count, sums.timers.count, sums.skus.count);
        let snapshots = sums.snapshots.count;
        format!("{carts} carts, {snapshots} snapshots, {timers} timers, {skus} skus")
    };
    let (left, right) = (counts(&expected), counts(&found));
    Err(Failure::Usage(format!(
        "what arrived is not what left ({left} here, {right} there; {difference}): the carts stay \
         here; take the move back with --abandon and move them elsewhere"
    )))
}

async fn expected<S: Store>(
    source: &S,
    shelves: &Shelves,
    progress: Progress,
) -> Result<(Sums, BTreeSet<String>), Failure> {
    let (mut sums, mut slots) = (Sums::default(), BTreeSet::new());
    let mut count = progress.count("carts compared", None);
    let mut after = None;
    loop {
        let found = page(source, Table::Carts, after.as_ref()).await?;
        count.add(found.rows.len());
        for row in found.rows {
            let Lying { key, record, row } = read(row)?;
            sums.carts.add(&row.key, row.ts, &row.cell);
            sums.snapshots.add(&row.key, row.ts, &record.snapshot(&key).encode());
            if let Some(Noted { slot, timer }) = shelves.timer_of(&key, &record) {
                sums.timers.add(&slot, timer.ts, timer.entry().as_bytes());
                slots.insert(slot);
            }
        }
        after = found.next;
        if after.is_none() {
            count.done();
            return Ok((sums, slots));
        }
    }
}

async fn table<T: Store>(target: &T, table: Table, progress: Progress) -> Result<Sum, Failure> {
    let mut sum = Sum::default();
    let mut count = progress.count("rows compared", None);
    let mut after = None;
    loop {
        let found = page(target, table, after.as_ref()).await?;
        count.add(found.rows.len());
        for Row { key, cell, ts } in &found.rows {
            sum.add(key, *ts, cell);
        }
        after = found.next;
        if after.is_none() {
            count.done();
            return Ok(sum);
        }
    }
}

async fn timers<T: Store>(target: &T, slots: &BTreeSet<String>) -> Result<Sum, Failure> {
    let mut sum = Sum::default();
    for slot in slots {
        let mut after: Option<String> = None;
        loop {
            let read = || target.entries(Index::Timers, slot, after.as_deref(), PAGE);
            let notes = patience::stored(read).await;
            let notes = notes.map_err(|source| Failure::failed("timers cannot be read", source))?;
            for note in &notes {
                sum.add(slot, note.ts, note.entry.as_bytes());
            }
            if notes.len() < usize::from(PAGE) {
                break;
            }
            after = notes.into_iter().next_back().map(|note| note.entry);
        }
    }
    Ok(sum)
}

/// For people: the first cart that differs.
async fn first_difference<S: Store, T: Store>(source: &S, target: &T) -> Result<String, Failure> {
    let mut after = None;
    loop {
        let found = page(source, Table::Carts, after.as_ref()).await?;
        for row in found.rows {
            let there = patience::stored(|| target.load(Table::Carts, &row.key)).await;
            let there = there.map_err(|source| Failure::failed("a cart cannot be read", source))?;
            if there.as_ref() != Some(&row.cell) {
                let how = if there.is_none() { "did not arrive" } else { "is another one there" };
                return Ok(format!("the cart {} {how}", row.key));
            }
        }
        after = found.next;
        if after.is_none() {
            return Ok("every cart that left is there".to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(rows: &[(&str, i64, &str)]) -> Sum {
        let mut sum = Sum::default();
        for (key, ts, cell) in rows {
            sum.add(key, Timestamp::from_micros(*ts), cell.as_bytes());
        }
        sum
    }

    #[test]
    fn the_same_rows_have_one_sum_in_any_order() {
        assert_eq!(sum(&[("a", 1, "x"), ("b", 2, "y")]), sum(&[("b", 2, "y"), ("a", 1, "x")]));
    }

    #[test]
    fn any_other_row_has_another_sum() {
        let one = sum(&[("a", 1, "x"), ("b", 2, "y")]);
        for other in [
            &[("a", 1, "x")][..],
            &[("a", 1, "y"), ("b", 2, "x")],
            &[("a", 2, "x"), ("b", 1, "y")],
            &[("a", 1, "x"), ("b", 2, "y"), ("b", 2, "y")],
            &[("a", 1, "x"), ("c", 2, "y")],
        ] {
            assert_ne!(sum(other), one, "{other:?}");
        }
    }
}
