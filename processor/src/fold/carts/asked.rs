//! What a cart asks of others, as records for their logs. Whoever waits for the cart waits on: the
//! address and the trace of what the cart was asked go along. Decides nothing.

use bytes::Bytes;
use cart_schemas::digest::Digest;
use cart_schemas::envelope::{Envelope, SCHEMA};
use cart_schemas::id::{CartId, CommandId, SkuKey, StockAsk};
use cart_schemas::stock::StockEnvelope;
use cart_schemas::topic::{Topic, header};
use cart_schemas::traceparent::TRACEPARENT;
use cart_storage::log::{Header, NewRecord, TopicPartition};

use crate::cart::{Ask, FollowUp, StockFollow};
use crate::intake::Incoming;

/// The record of what a cart asks at this version.
pub(super) fn record(
    incoming: &Incoming<Envelope>,
    asking: (CartId, u64),
    ask: Ask,
) -> (TopicPartition, NewRecord) {
    let (to, mut record) = match ask {
        Ask::Cart(follow_up) => of_cart(incoming, asking, follow_up),
        Ask::Sku(follow) => of_sku(incoming, asking, follow),
    };
    let reply_to =
        incoming.reply_to.map(|to| Header::text(header::REPLY_PARTITION, to.to_string()));
    record.headers.extend(reply_to.into_iter().chain(incoming.trace(TRACEPARENT)));
    (to, record)
}

/// A command to another cart.
fn of_cart(
    incoming: &Incoming<Envelope>,
    (from, version): (CartId, u64),
    FollowUp { cart, expected_version, command }: FollowUp,
) -> (TopicPartition, NewRecord) {
    let parent = &incoming.envelope;
    let envelope = Envelope {
        id: CommandId::asked_by(from, parent.id, version),
        cart,
        rules: parent.rules,
        digest: Digest::of(b"follow-up"),
        expected_version,
        policy: parent.policy,
        command,
    };
    let partition = incoming.home.log.partitions.partition_of(envelope.cart.as_str().as_bytes());
    (TopicPartition { topic: Topic::Commands, partition }, super::record(&envelope))
}

/// A command to a sku of the cart's own shop. Both logs have as many partitions. What a stray grant is answered with is
/// named by the place of its record: the same grant may come twice at one version.
fn of_sku(
    incoming: &Incoming<Envelope>,
    (from, version): (CartId, u64),
    StockFollow { item, kind, command }: StockFollow,
) -> (TopicPartition, NewRecord) {
    let parent = &incoming.envelope;
    let place = match kind {
        StockAsk::Reserve | StockAsk::Commit | StockAsk::Release => version,
        StockAsk::ReleaseStray => incoming.placement.position.offset.unsigned_abs(),
    };
    let envelope = StockEnvelope {
        id: CommandId::asked_of_stock((from, place), parent.id, &item, kind),
        sku: SkuKey::in_shop_of(&parent.cart, &item),
        rules: parent.rules,
        digest: command.digest(),
        policy: parent.policy,
        command,
    };
    let key = envelope.sku.to_string();
    let partition = incoming.home.log.partitions.partition_of(key.as_bytes());
    let headers = vec![
        Header::text(header::COMMAND, envelope.id.to_string()),
        Header::text(header::SCHEMA, SCHEMA.to_string()),
    ];
    let value = Some(Bytes::from(envelope.encode()));
    let to = TopicPartition { topic: Topic::InventoryCommands, partition };
    (to, NewRecord { key: Some(Bytes::from(key)), value, headers })
}
