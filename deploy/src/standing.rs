//! What a store says of its carts, read before anything else is done with them.

use bytes::Bytes;
use cart_schemas::cql::Table;
use cart_schemas::standing::{Standing, State};
use cart_storage::store::{Store, StoreError};

use crate::exit::Failure;
use crate::patience;

/// Nobody knows where the carts are.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StandingError {
    /// The store does not give the row.
    #[error("the row that says where the carts are cannot be loaded")]
    Load(#[source] StoreError),
    /// A newer build wrote it.
    #[error("the row that says where the carts are is of another build")]
    Decode(#[source] serde_json::Error),
    /// The store does not take the row.
    #[error("the row that says where the carts are cannot be stored")]
    Store(#[source] StoreError),
    /// It is not there after it was stored.
    #[error("somebody else says at the same time where the carts are: run one move at a time")]
    Overtaken,
}

impl From<StandingError> for Failure {
    fn from(error: StandingError) -> Self {
        Self::failed("nobody knows whether the carts are here", error)
    }
}

/// What the store says.
pub(crate) async fn read<S: Store>(store: &S) -> Result<Standing, StandingError> {
    let cell = patience::stored(|| store.load(Table::Progress, Standing::KEY)).await;
    match cell.map_err(StandingError::Load)? {
        None => Ok(Standing::default()),
        Some(cell) => Standing::decode(&cell).map_err(StandingError::Decode),
    }
}

/// Says it, and reads it back: then it is durable, and nobody else said something meanwhile.
pub(crate) async fn write<S: Store>(store: &S, standing: &Standing) -> Result<(), StandingError> {
    let cell = Bytes::from(standing.encode());
    let put = || store.put(Table::Progress, Standing::KEY, cell.clone(), standing.ts);
    patience::stored(put).await.map_err(StandingError::Store)?;
    if read(store).await? == *standing { Ok(()) } else { Err(StandingError::Overtaken) }
}

/// Why these carts must not be served, and what to do; `None` if they may.
pub(crate) fn absence(state: &State) -> Option<String> {
    match state {
        State::Live { .. } => None,
        State::Moving { from, .. } => Some(format!(
            "the carts are being moved here from {from} and not all have come: run the same \
             `cartstream move` again to finish it"
        )),
        State::Leaving { to, .. } => Some(format!(
            "the carts are being moved to {to}: run the same `cartstream move` again to finish \
             it, or once with --abandon to stay here"
        )),
        State::Moved { to, .. } => {
            Some(format!("the carts were moved to {to}, and this is an old copy: serve them there"))
        }
    }
}
