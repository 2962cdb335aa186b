//! The row that says how far a move has come, beside the standing of the store it goes to.

use bytes::Bytes;
use cart_schemas::cql::Table;
use cart_schemas::standing::Journey;
use cart_storage::store::Store;

use crate::exit::Failure;
use crate::patience;

const UNKNOWN: &str = "nobody knows how far the move has come";

/// How far a move has come, if one was begun.
pub(super) async fn read<T: Store>(target: &T) -> Result<Option<Journey>, Failure> {
    let cell = patience::stored(|| target.load(Table::Progress, Journey::KEY)).await;
    let cell = cell.map_err(|source| Failure::failed(UNKNOWN, source))?;
    let journey = cell.map(|cell| Journey::decode(&cell)).transpose();
    journey.map_err(|source| Failure::failed(UNKNOWN, source))
}

/// Says it. What was stored before is on its way to the disk before it.
pub(super) async fn write<T: Store>(target: &T, journey: &Journey) -> Result<(), Failure> {
    let cell = Bytes::from(journey.encode());
    let put = || target.put(Table::Progress, Journey::KEY, cell.clone(), journey.ts);
    let stored = patience::stored(put).await;
    stored.map_err(|source| Failure::failed("how far the move has come cannot be stored", source))
}

/// Says that it begins; when this returns, it is durable: a store reads what it has durably.
pub(super) async fn begin<T: Store>(target: &T, journey: &Journey) -> Result<(), Failure> {
    write(target, journey).await?;
    read(target).await.map(drop)
}
