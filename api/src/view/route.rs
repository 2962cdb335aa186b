//! Where the sockets of a cart are.

use serde::Serialize;
use utoipa::ToSchema;

use crate::share::Way;

/// The way to a cart's sockets and streams.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Route)]
pub(crate) struct RouteView {
    /// The partition its events are on, from 0.
    partition: u16,
    /// How many there are.
    partitions: u16,
    /// The share of the instances that has its sockets, from 1: of `shares` that read every so-manieth
    /// partition.
    share: u16,
    /// How many there are; 1 if every instance has every socket.
    shares: u16,
    /// Where to open its socket, if the shop says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "wss://live-2.shop.example/ws/cart/user123")]
    url: Option<String>,
}

impl RouteView {
    /// This way.
    pub(crate) fn of(way: Way) -> Self {
        let Way { partition, partitions, share, shares, url } = way;
        Self { partition, partitions, share, shares, url }
    }
}
