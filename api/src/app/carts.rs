//! The way in as the routes see it: `ingest` with its engines' types erased, so that handlers are
//! compiled once and not per engine. One box per request is nothing beside a trip to the log.

use cart_ingest::catalog::Catalog;
use cart_ingest::commands::{Commands, Request, Sent};
use cart_ingest::read::{self, ReadError};
use cart_ingest::status::{Status, StatusError};
use cart_schemas::id::{CartKey, CommandId};
use cart_schemas::policy::Policy;
use cart_schemas::product::Product;
use cart_schemas::record::CartRecord;
use cart_storage::log::{AppendError, Log};
use cart_storage::store::Store;
use futures::FutureExt as _;
use futures::future::BoxFuture;

/// Everything the routes ask of `ingest`.
pub(crate) trait Carts: Send + Sync {
    /// See [`Commands::send`].
    fn send(&self, request: Request) -> BoxFuture<'_, Sent>;

    /// See [`read::record`].
    fn record<'a>(&'a self, key: &'a CartKey) -> BoxFuture<'a, Result<CartRecord, ReadError>>;

    /// See [`Commands::status`].
    fn status<'a>(
        &'a self,
        key: &'a CartKey,
        command: CommandId,
        sent: Option<u64>,
    ) -> BoxFuture<'a, Result<Status, StatusError>>;

    /// See [`Catalog::put`].
    fn put<'a>(&'a self, product: &'a Product) -> BoxFuture<'a, Result<(), AppendError>>;

    /// See [`Commands::catalog`].
    fn catalog(&self) -> &Catalog;

    /// See [`Commands::policy`].
    fn policy(&self) -> &Policy;

    /// See [`Commands::missing`].
    fn missing(&self) -> Vec<&'static str>;
}

impl<L: Log, S: Store> Carts for Commands<L, S> {
    fn send(&self, request: Request) -> BoxFuture<'_, Sent> {
        Self::send(self, request).boxed()
    }

    fn record<'a>(&'a self, key: &'a CartKey) -> BoxFuture<'a, Result<CartRecord, ReadError>> {
        read::record(self.store(), key).boxed()
    }

    fn status<'a>(
        &'a self,
        key: &'a CartKey,
        command: CommandId,
        sent: Option<u64>,
    ) -> BoxFuture<'a, Result<Status, StatusError>> {
        Self::status(self, key, command, sent).boxed()
    }

    fn put<'a>(&'a self, product: &'a Product) -> BoxFuture<'a, Result<(), AppendError>> {
        self.catalog().put(self.log(), product).boxed()
    }

    fn catalog(&self) -> &Catalog {
        Self::catalog(self)
    }

    fn policy(&self) -> &Policy {
        Self::policy(self)
    }

    fn missing(&self) -> Vec<&'static str> {
        Self::missing(self)
    }
}
