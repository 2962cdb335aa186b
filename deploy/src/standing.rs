//! What a store says of its carts, read before anything else is done with them.

use bytes::Bytes;
use cart_schemas::cql::Table;
use cart_schemas::generation::Generation;
use cart_schemas::standing::{Standing, State};
use cart_storage::store::{Store, StoreError};

use crate::exit::Failure;
use crate::patience;
use crate::serve::STORE_EVERY;

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
    /// It is not what this process read or stored.
    #[error("somebody else has said where the carts are: run one move at a time")]
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

/// Says something else than what was said, which must still hold; reads it back: then it is durable,
/// and nobody else said something meanwhile. Of two that begin in the same moment, the one that is
/// overruled learns it here, or when it next says something.
pub(crate) async fn replace<S: Store>(
    store: &S,
    said: &Standing,
    standing: &Standing,
) -> Result<(), StandingError> {
    if read(store).await? != *said {
        return Err(StandingError::Overtaken);
    }
    if said == standing {
        return Ok(());
    }
    let cell = Bytes::from(standing.encode());
    let put = || store.put(Table::Progress, Standing::KEY, cell.clone(), standing.ts);
    patience::stored(put).await.map_err(StandingError::Store)?;
    if read(store).await? == *standing { Ok(()) } else { Err(StandingError::Overtaken) }
}

/// Why a process that began with this generation of the log must end: its carts follow another one,
/// or leave, or a newer build says something. `None` if it may go on.
pub(crate) async fn outdated<S: Store>(
    store: &S,
    generation: Generation,
) -> Result<Option<String>, StoreError> {
    let Some(cell) = store.load(Table::Progress, Standing::KEY).await? else { return Ok(None) };
    Ok(match Standing::decode(&cell) {
        Err(error) => Some(StandingError::Decode(error).to_string()),
        Ok(standing) => absence(&standing.state).or_else(|| {
            let replaced = "the command log was replaced: start again, and the new one is read";
            (standing.generation != generation).then(|| replaced.to_owned())
        }),
    })
}

/// Ends when a process that began with this generation must.
pub(crate) async fn until_outdated<S: Store>(store: &S, generation: Generation) -> Failure {
    let mut ticks = tokio::time::interval(STORE_EVERY);
    loop {
        ticks.tick().await;
        if let Ok(Some(reason)) = outdated(store, generation).await {
            return Failure::Usage(reason);
        }
    }
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

#[cfg(test)]
mod tests {
    use cart_schemas::partition::PartitionCount;
    use cart_schemas::timestamp::Timestamp;
    use cart_storage::embedded::{Embedded, EmbeddedSettings};

    use super::*;

    fn standing(generation: Generation, ts: i64) -> Standing {
        let ts = Timestamp::from_micros(ts);
        Standing { generation, state: State::Live { arrived: None }, ts }
    }

    #[tokio::test]
    async fn who_is_overtaken_changes_nothing_and_hears_of_it() {
        let name = format!("cartstream-standing-{}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        let settings = EmbeddedSettings::new(folder.clone(), PartitionCount::ONE);
        let store = Embedded::open(&settings).unwrap();
        let said = read(&store).await.unwrap();
        let mine = standing(Generation::FIRST, 1);
        let theirs = standing(Generation::FIRST.next(), 2);

        replace(&store, &said, &theirs).await.unwrap();
        let overtaken = replace(&store, &said, &mine).await;

        assert!(matches!(overtaken, Err(StandingError::Overtaken)), "{overtaken:?}");
        assert_eq!(read(&store).await.unwrap(), theirs);
        assert!(outdated(&store, Generation::FIRST).await.unwrap().is_some());
        assert_eq!(outdated(&store, theirs.generation).await.unwrap(), None);
        store.close().await.unwrap();
        std::fs::remove_dir_all(folder).unwrap();
    }
}
