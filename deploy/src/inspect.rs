//! `cartstream inspect cart KEY`: all that an installation knows of one cart. Reads only.

mod row;

use cart_processor::fold::{Carts, Fold as _};
use cart_schemas::cql::Table;
use cart_schemas::id::{CartKey, CommandId};
use cart_schemas::record::{CartRecord, Position, Progress};
use cart_schemas::timestamp::{Timestamp, rfc3339};
use cart_storage::store::{Store, StoreError};
use serde::Serialize;

use crate::backlog::{self, Backlog};
use crate::cli::Inspected;
use crate::exit::Failure;
use crate::place::{Errand, Installation, Opened, Place};
use crate::{answer, clock, patience};
use row::Row;

/// Looks at one thing of a place.
pub(crate) async fn run(what: Inspected, place: Place) -> Result<(), Failure> {
    let Inspected::Cart { key } = what;
    place.run(Inspection(key)).await
}

struct Inspection(CartKey);

impl Errand for Inspection {
    type Outcome = ();

    async fn run<I: Installation>(self, at: &I) -> Result<(), Failure> {
        let Opened { log, store, .. } = Opened::open(at).await?;
        let key = self.0;
        let partition = backlog::partitions(&log).await?.partition_of(key.as_str().as_bytes());
        let record = cart(&store, &key).await?;
        let progress = progress(&store, &<Carts>::SITE.progress_key(partition)).await?;
        let log = backlog::of(&log, partition).await?;
        let row = record.as_ref().map(|record| Row::of(&key, record, clock::now()));
        answer::pretty(&Seen { cart: &key, row, progress: progress.as_ref().map(Stored::of), log })
    }
}

/// The record of a cart; `None` if nobody has seen it.
pub(crate) async fn cart<S: Store>(
    store: &S,
    key: &CartKey,
) -> Result<Option<CartRecord>, Failure> {
    let load = || store.load(Table::Carts, key.as_str());
    let cell = patience::stored(load).await.map_err(unreadable)?;
    let record = cell.map(|cell| CartRecord::decode(&cell)).transpose();
    record.map_err(|source| {
        Failure::failed(format!("the row {key} is no cart of this build"), source)
    })
}

async fn progress<S: Store>(store: &S, key: &str) -> Result<Option<Progress>, Failure> {
    let cell = patience::stored(|| store.load(Table::Progress, key)).await.map_err(unreadable)?;
    let progress = cell.map(|cell| Progress::decode(&cell)).transpose();
    progress.map_err(|source| Failure::failed(format!("the row {key} is of another build"), source))
}

fn unreadable(source: StoreError) -> Failure {
    Failure::failed("the store does not give the row", source)
}

/// A cart, and the partition its commands lie on.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Seen<'a> {
    cart: &'a CartKey,
    /// `None` if nobody has seen the cart.
    row: Option<Row<'a>>,
    /// How far the partition is stored; `None` if nothing of it ever was.
    progress: Option<Stored>,
    /// How far it is decided, and how many commands wait.
    log: Backlog,
}

#[derive(Debug, Serialize)]
struct Stored {
    position: Position,
    partitions: u16,
    command: CommandId,
    #[serde(with = "rfc3339")]
    clock: Timestamp,
}

impl Stored {
    fn of(progress: &Progress) -> Self {
        let Progress { generation, partitions, offset, command, ts, owner: _ } = *progress;
        Self { position: Position { generation, offset }, partitions, command, clock: ts }
    }
}
