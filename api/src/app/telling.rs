//! Whom shops tell of their carts, and who agreed to be told, with the engines' types erased as those of
//! [`Carts`](super::Carts) are.

use cart_analytics::webhooks::{
    self, Change, Consent, Endpoint, EndpointId, Fresh, WebhookError, Wish,
};
use cart_schemas::id::{CartKey, TenantId};
use cart_schemas::timestamp::Timestamp;
use cart_storage::log::Log;
use cart_storage::store::Store;
use futures::FutureExt as _;
use futures::future::BoxFuture;

type Asked<'a, T> = BoxFuture<'a, Result<T, WebhookError>>;

/// Everything the routes ask about webhooks and consent.
pub(crate) trait Telling: Send + Sync {
    /// See [`webhooks::endpoints`].
    fn endpoints(&self) -> Asked<'_, Vec<Endpoint>>;

    /// See [`webhooks::endpoint`].
    fn endpoint<'a>(
        &'a self,
        tenant: Option<&'a TenantId>,
        id: EndpointId,
    ) -> Asked<'a, Option<Endpoint>>;

    /// See [`webhooks::add`].
    fn add(&self, wish: (Option<TenantId>, Wish), fresh: Fresh) -> Asked<'_, Endpoint>;

    /// See [`webhooks::change`].
    fn change(&self, endpoint: Endpoint, change: (Timestamp, Change)) -> Asked<'_, ()>;

    /// See [`webhooks::untaken`].
    fn untaken(&self, id: EndpointId) -> Asked<'_, usize>;

    /// See [`webhooks::consent`].
    fn consent<'a>(&'a self, cart: &'a CartKey) -> Asked<'a, Consent>;

    /// See [`webhooks::agree`].
    fn agree<'a>(&'a self, cart: &'a CartKey, consent: Consent) -> Asked<'a, ()>;
}

impl<L: Log, S: Store> Telling for (L, S) {
    fn endpoints(&self) -> Asked<'_, Vec<Endpoint>> {
        webhooks::endpoints(&self.1).boxed()
    }

    fn endpoint<'a>(
        &'a self,
        tenant: Option<&'a TenantId>,
        id: EndpointId,
    ) -> Asked<'a, Option<Endpoint>> {
        webhooks::endpoint(&self.1, tenant, id).boxed()
    }

    fn add(&self, wish: (Option<TenantId>, Wish), fresh: Fresh) -> Asked<'_, Endpoint> {
        webhooks::add((&self.0, &self.1), wish, fresh).boxed()
    }

    fn change(&self, endpoint: Endpoint, change: (Timestamp, Change)) -> Asked<'_, ()> {
        webhooks::change(&self.1, endpoint, change).boxed()
    }

    fn untaken(&self, id: EndpointId) -> Asked<'_, usize> {
        webhooks::untaken(&self.1, id).boxed()
    }

    fn consent<'a>(&'a self, cart: &'a CartKey) -> Asked<'a, Consent> {
        webhooks::consent(&self.1, cart).boxed()
    }

    fn agree<'a>(&'a self, cart: &'a CartKey, consent: Consent) -> Asked<'a, ()> {
        webhooks::agree(&self.1, cart, consent).boxed()
    }
}
