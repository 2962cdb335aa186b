//! The carts as the routes see them: `ingest`, and the history beside it, with their engines' types
//! erased, so that handlers are compiled once and not per engine. One box per request is nothing
//! beside a trip to the log.

use std::collections::BTreeMap;

use cart_analytics::history::{self, HistoryError, Page, Past, When};
use cart_analytics::tallies::{self, ByHour, ByProduct, FiguresError, Span};
use cart_ingest::catalog::Catalog;
use cart_ingest::commands::{Commands, Request, Sent, StockRequest};
use cart_ingest::read::{self, ReadError};
use cart_ingest::status::{Between, Status, StatusError};
use cart_schemas::id::{CartKey, CommandId, InvalidId, ProductId, TenantId, UserId};
use cart_schemas::policy::Policy;
use cart_schemas::product::Product;
use cart_schemas::record::CartRecord;
use cart_schemas::reply::Snapshot;
use cart_schemas::stock::StockReply;
use cart_storage::log::{AppendError, Log};
use cart_storage::store::Store;
use futures::FutureExt as _;
use futures::future::BoxFuture;

/// Everything the routes ask about carts.
pub(crate) trait Carts: Send + Sync {
    /// See [`Commands::send`].
    fn send(&self, request: Request) -> BoxFuture<'_, Sent>;

    /// See [`Commands::send_stock`].
    fn send_stock(&self, request: StockRequest) -> BoxFuture<'_, Sent<StockReply>>;

    /// See [`read::snapshot`].
    fn snapshot<'a>(&'a self, key: &'a CartKey) -> BoxFuture<'a, Result<Snapshot, ReadError>>;

    /// See [`history::page`].
    fn history<'a>(
        &'a self,
        key: &'a CartKey,
        after: u64,
    ) -> BoxFuture<'a, Result<Page, HistoryError>>;

    /// See [`history::as_of`].
    fn as_of<'a>(
        &'a self,
        key: &'a CartKey,
        when: When,
    ) -> BoxFuture<'a, Result<Option<Past>, HistoryError>>;

    /// See [`tallies::hours`].
    fn hours<'a>(
        &'a self,
        tenant: Option<&'a TenantId>,
        span: Span,
    ) -> BoxFuture<'a, Result<ByHour, FiguresError>>;

    /// See [`tallies::goods`].
    fn goods<'a>(
        &'a self,
        tenant: Option<&'a TenantId>,
        span: Span,
    ) -> BoxFuture<'a, Result<ByProduct, FiguresError>>;

    /// See [`tallies::beside`].
    fn beside<'a>(
        &'a self,
        tenant: Option<&'a TenantId>,
        product: &'a ProductId,
    ) -> BoxFuture<'a, Result<BTreeMap<ProductId, u64>, FiguresError>>;

    /// See [`Commands::status`].
    fn status<'a>(
        &'a self,
        key: &'a CartKey,
        command: CommandId,
        sent: Option<u64>,
    ) -> BoxFuture<'a, Result<Status, StatusError>>;

    /// See [`Commands::merge_status`].
    fn merge_status<'a>(
        &'a self,
        between: Between<'a>,
        command: CommandId,
        sent: Option<u64>,
    ) -> BoxFuture<'a, Result<Status, StatusError>>;

    /// See [`read::record`].
    fn record<'a>(&'a self, key: &'a CartKey) -> BoxFuture<'a, Result<CartRecord, ReadError>>;

    /// See [`Commands::put`].
    fn put<'a>(
        &'a self,
        tenant: Option<&'a TenantId>,
        product: &'a Product,
    ) -> BoxFuture<'a, Result<(), AppendError>>;

    /// See [`Commands::catalog`].
    fn catalog(&self) -> &Catalog;

    /// See [`Commands::policy`].
    fn policy(&self, cart: &CartKey) -> Policy;

    /// See [`Commands::shop`].
    fn shop<'a>(&'a self, tenant: Option<&'a TenantId>) -> &'a str;

    /// See [`Commands::fresh_guest`].
    fn fresh_guest(&self, tenant: Option<&TenantId>) -> Result<UserId, InvalidId>;

    /// See [`Commands::missing`].
    fn missing(&self) -> Vec<&'static str>;
}

impl<L: Log, S: Store> Carts for Commands<L, S> {
    fn send(&self, request: Request) -> BoxFuture<'_, Sent> {
        Self::send(self, request).boxed()
    }

    fn send_stock(&self, request: StockRequest) -> BoxFuture<'_, Sent<StockReply>> {
        Self::send_stock(self, request).boxed()
    }

    fn snapshot<'a>(&'a self, key: &'a CartKey) -> BoxFuture<'a, Result<Snapshot, ReadError>> {
        read::snapshot(self.store(), key).boxed()
    }

    fn history<'a>(
        &'a self,
        key: &'a CartKey,
        after: u64,
    ) -> BoxFuture<'a, Result<Page, HistoryError>> {
        history::page(self.store(), key, after).boxed()
    }

    fn as_of<'a>(
        &'a self,
        key: &'a CartKey,
        when: When,
    ) -> BoxFuture<'a, Result<Option<Past>, HistoryError>> {
        history::as_of(self.store(), key, when).boxed()
    }

    fn hours<'a>(
        &'a self,
        tenant: Option<&'a TenantId>,
        span: Span,
    ) -> BoxFuture<'a, Result<ByHour, FiguresError>> {
        tallies::hours(self.store(), tenant, span).boxed()
    }

    fn goods<'a>(
        &'a self,
        tenant: Option<&'a TenantId>,
        span: Span,
    ) -> BoxFuture<'a, Result<ByProduct, FiguresError>> {
        tallies::goods(self.store(), tenant, span).boxed()
    }

    fn beside<'a>(
        &'a self,
        tenant: Option<&'a TenantId>,
        product: &'a ProductId,
    ) -> BoxFuture<'a, Result<BTreeMap<ProductId, u64>, FiguresError>> {
        tallies::beside(self.store(), tenant, product).boxed()
    }

    fn status<'a>(
        &'a self,
        key: &'a CartKey,
        command: CommandId,
        sent: Option<u64>,
    ) -> BoxFuture<'a, Result<Status, StatusError>> {
        Self::status(self, key, command, sent).boxed()
    }

    fn merge_status<'a>(
        &'a self,
        between: Between<'a>,
        command: CommandId,
        sent: Option<u64>,
    ) -> BoxFuture<'a, Result<Status, StatusError>> {
        Self::merge_status(self, between, command, sent).boxed()
    }

    fn record<'a>(&'a self, key: &'a CartKey) -> BoxFuture<'a, Result<CartRecord, ReadError>> {
        read::record(self.store(), key).boxed()
    }

    fn put<'a>(
        &'a self,
        tenant: Option<&'a TenantId>,
        product: &'a Product,
    ) -> BoxFuture<'a, Result<(), AppendError>> {
        Self::put(self, tenant, product).boxed()
    }

    fn catalog(&self) -> &Catalog {
        Self::catalog(self)
    }

    fn policy(&self, cart: &CartKey) -> Policy {
        Self::policy(self, cart)
    }

    fn shop<'a>(&'a self, tenant: Option<&'a TenantId>) -> &'a str {
        Self::shop(self, tenant)
    }

    fn fresh_guest(&self, tenant: Option<&TenantId>) -> Result<UserId, InvalidId> {
        Self::fresh_guest(self, tenant)
    }

    fn missing(&self) -> Vec<&'static str> {
        Self::missing(self)
    }
}
