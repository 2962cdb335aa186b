//! Reading carts from the store, for those who answer questions about them.

use cart_schemas::cql::Table;
use cart_schemas::id::CartKey;
use cart_schemas::record::{CartRecord, DecodeError};
use cart_storage::store::{Store, StoreError};

/// A cart could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The store did not answer.
    #[error("the cart {key} cannot be loaded")]
    Load {
        /// Its key.
        key: CartKey,
        /// Why.
        #[source]
        source: StoreError,
    },
    /// The row was written by another build.
    #[error("the record of cart {key} cannot be decoded")]
    Decode {
        /// Its key.
        key: CartKey,
        /// Why.
        #[source]
        source: DecodeError,
    },
}

/// The record of a cart; the default one for a cart nobody has seen.
///
/// # Errors
/// See [`ReadError`].
pub async fn record<S: Store>(store: &S, key: &CartKey) -> Result<CartRecord, ReadError> {
    let cell = store.load(Table::Carts, key.as_str()).await;
    match cell.map_err(|source| ReadError::Load { key: key.clone(), source })? {
        None => Ok(CartRecord::default()),
        Some(bytes) => CartRecord::decode(&bytes)
            .map_err(|source| ReadError::Decode { key: key.clone(), source }),
    }
}
