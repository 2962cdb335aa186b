//! `cartstream verify`: proves that each cart in its row is the fold of its events. May run beside
//! a shop that is served: what a row says is compared with the events up to its version.

mod events;
mod sample;
mod subject;

use std::collections::HashMap;

use cart_schemas::cql::Table;
use cart_schemas::record::CartRecord;
use cart_schemas::standing::State;
use cart_storage::log::Log;
use cart_storage::store::{Row, Store};
use futures::{StreamExt as _, TryStreamExt as _, stream};

use crate::cli::VerifyArgs;
use crate::exit::Failure;
use crate::patience;
use crate::place::{Errand, Installation, Opened, Place};
use crate::progress::{Count, Progress};
use crate::standing;
use crate::transfer::drain;
use sample::Sample;
use subject::{Subject, Verdict};

/// Carts in memory at a time; the events are read once for so many. Some 200 MB of small carts.
pub(crate) const CARTS_AT_ONCE: u32 = 100_000;
/// The same in bytes of their rows, where carts are large: a row and what is told of it.
const BYTES_AT_ONCE: usize = 256 * 1024 * 1024;
/// Rows of a page, and snapshots asked for at a time.
const PAGE: u16 = 500;
const AT_ONCE: usize = 64;

/// Carts under verification by key.
type Subjects = HashMap<String, Subject>;

/// Verifies all carts of a place, or some.
pub(crate) async fn run(args: VerifyArgs, place: Place) -> Result<(), Failure> {
    place.run(Verification(args)).await
}

struct Verification(VerifyArgs);

/// What was found out so far.
#[derive(Debug, Default)]
struct Findings {
    same: u64,
    unchecked: u64,
    different: u64,
    /// The first cart that differs, and how.
    first: Option<String>,
}

impl Errand for Verification {
    type Outcome = ();

    #[expect(clippy::print_stdout, reason = "what was found is the answer of this command")]
    async fn run<I: Installation>(self, at: &I) -> Result<(), Failure> {
        let opened = Opened::open(at).await?;
        if let State::Moving { .. } = &opened.standing.state {
            let reason = standing::absence(&opened.standing.state).unwrap_or_default();
            return Err(Failure::Usage(reason));
        }
        // Where nobody decides meanwhile, what is undecided would be waited for in vain.
        if I::ALONE && !drain::is_decided(&opened.log).await? {
            let text = "the process that served ended with commands in hand: serve once more, stop \
                        with Ctrl-C, then verify";
            return Err(Failure::Usage(text.to_owned()));
        }
        let found = match self.0.sample {
            Some(size) => sampled(&opened, size).await?,
            None => all(&opened).await?,
        };
        let Findings { same, unchecked, different, first } = found;
        println!("carts the same as their events: {same}");
        println!(
            "carts that could not be checked, for their first events have expired: {unchecked}"
        );
        println!("carts different from their events: {different}");
        match first {
            None => Ok(()),
            Some(first) => Err(Failure::Different(first)),
        }
    }
}

async fn all<L: Log, S: Store>(at: &Opened<L, S>) -> Result<Findings, Failure> {
    let mut findings = Findings::default();
    let mut count = Progress::on_stderr().count("carts verified", None);
    let (mut subjects, mut bytes, mut after) = (Subjects::new(), 0, None);
    loop {
        let page = patience::stored(|| at.store.scan(Table::Carts, after.as_ref(), PAGE)).await;
        let page = page.map_err(unreadable)?;
        for row in page.rows {
            bytes += row.cell.len();
            take(row, &mut subjects)?;
        }
        after = page.next;
        if after.is_none() || subjects.len() >= at_once() || bytes >= BYTES_AT_ONCE {
            verify(at, std::mem::take(&mut subjects), (&mut findings, &mut count)).await?;
            bytes = 0;
        }
        if after.is_none() {
            count.done();
            return Ok(findings);
        }
    }
}

async fn sampled<L: Log, S: Store>(at: &Opened<L, S>, size: u32) -> Result<Findings, Failure> {
    let mut sample = Sample::of(usize::try_from(size).unwrap_or(usize::MAX));
    let mut after = None;
    loop {
        let page = patience::stored(|| at.store.scan(Table::Carts, after.as_ref(), PAGE)).await;
        let page = page.map_err(unreadable)?;
        page.rows.into_iter().for_each(|row| sample.offer(row));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    let mut findings = Findings::default();
    let mut count = Progress::on_stderr().count("carts verified", Some(u64::from(size)));
    let mut subjects = Subjects::new();
    for row in sample.into_rows() {
        take(row, &mut subjects)?;
    }
    verify(at, subjects, (&mut findings, &mut count)).await?;
    count.done();
    Ok(findings)
}

fn at_once() -> usize {
    usize::try_from(CARTS_AT_ONCE).unwrap_or(usize::MAX)
}

fn unreadable(source: cart_storage::store::StoreError) -> Failure {
    Failure::failed("the carts cannot be read", source)
}

fn take(row: Row, subjects: &mut Subjects) -> Result<(), Failure> {
    let record = CartRecord::decode(&row.cell).map_err(|source| {
        Failure::failed(format!("the row {:?} is no cart of this build", row.key), source)
    })?;
    subjects.insert(row.key, Subject::of(record));
    Ok(())
}

/// Tells these carts their snapshots and events, and counts what comes of it.
async fn verify<L: Log, S: Store>(
    at: &Opened<L, S>,
    mut subjects: Subjects,
    (findings, count): (&mut Findings, &mut Count),
) -> Result<(), Failure> {
    begin_at_snapshots(&at.store, &mut subjects).await?;
    let complete = events::tell(&at.log, &mut subjects).await?;
    count.add(subjects.len());
    let mut subjects: Vec<_> = subjects.into_iter().collect();
    subjects.sort_by(|(one, _), (other, _)| one.cmp(other));
    for (key, subject) in subjects {
        match subject.verdict(complete.holds_all_of(&key)) {
            Verdict::Same => findings.same += 1,
            Verdict::Unknown => findings.unchecked += 1,
            Verdict::Different(how) => {
                findings.different += 1;
                findings.first.get_or_insert_with(|| format!("the cart {key}: {how}"));
            }
        }
    }
    Ok(())
}

async fn begin_at_snapshots<S: Store>(store: &S, subjects: &mut Subjects) -> Result<(), Failure> {
    let loading = stream::iter(subjects.iter_mut()).map(|(key, subject)| async move {
        let cell = patience::stored(|| store.load(Table::Snapshots, key)).await;
        if let Some(cell) = cell.map_err(unreadable)? {
            subject.begin_at(&cell).map_err(|source| {
                Failure::failed(format!("the snapshot {key:?} is of no cart"), source)
            })?;
        }
        Ok::<(), Failure>(())
    });
    loading.buffer_unordered(AT_ONCE).try_collect().await
}
