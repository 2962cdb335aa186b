//! What is said of a sku: its level to everybody, its answer to whoever waits, and what it asks of a
//! cart. Decides nothing.

use bytes::Bytes;
use cart_schemas::envelope::SCHEMA;
use cart_schemas::memory::Decision;
use cart_schemas::partition::Partition;
use cart_schemas::stock::{
    Emits, Level, StockAnswer, StockEnvelope, StockFollowUp, StockOutcome, StockRecord,
    StockRejection, StockReply,
};
use cart_schemas::topic::{Topic, header};
use cart_schemas::traceparent::TRACEPARENT;
use cart_storage::log::{Header, NewRecord, TopicPartition};

use crate::fold::Folded;
use crate::intake::Incoming;

/// All that is said of a decision that led to this record, or to one before it.
pub(super) fn emitted(
    incoming: &Incoming<StockEnvelope>,
    record: &StockRecord,
    outcome: &'static str,
    decision: &Decision<StockOutcome, Emits>,
) -> Folded {
    let Emits { level: changed, follow_up: asked } = &decision.emits;
    let changed = changed.iter().map(level);
    let asked = asked.iter().map(|asked| follow_up(incoming, asked));
    let answer = match decision.outcome {
        StockOutcome::Applied => StockAnswer::Applied,
        StockOutcome::Rejected(rejection) => StockAnswer::Rejected(rejection),
    };
    Folded {
        panicked: decision.outcome == StockOutcome::Rejected(StockRejection::Internal),
        facts: changed.chain(asked).collect(),
        ..answered(incoming, record, outcome, Some(answer))
    }
}

/// An answer and nothing else.
pub(super) fn answered(
    incoming: &Incoming<StockEnvelope>,
    record: &StockRecord,
    outcome: &'static str,
    answer: Option<StockAnswer>,
) -> Folded {
    Folded {
        store: false,
        holds: Vec::new(),
        timer: None,
        panicked: false,
        facts: Vec::new(),
        reply: answer.and_then(|answer| reply(incoming, record, answer)),
        kind: incoming.envelope.command.kind(),
        outcome,
    }
}

/// The reply to a command somebody waits for, with the level as `record` holds it.
fn reply(
    incoming: &Incoming<StockEnvelope>,
    record: &StockRecord,
    answer: StockAnswer,
) -> Option<(TopicPartition, NewRecord)> {
    let StockEnvelope { id, digest, ref sku, ref command, .. } = incoming.envelope;
    let partition = incoming.reply_to.filter(|_| command.is_asked())?;
    let reply = StockReply { command: id, digest, stock: answer, level: record.level(sku) };
    let key = Some(Bytes::from(id.to_string()));
    let value = Some(Bytes::from(reply.encode()));
    let to = TopicPartition { topic: Topic::Replies, partition };
    let headers = incoming.trace(TRACEPARENT).into_iter().collect();
    Some((to, NewRecord { key, value, headers }))
}

fn level(level: &Level) -> (TopicPartition, NewRecord) {
    let to = TopicPartition { topic: Topic::InventoryLevels, partition: Partition::new(0) };
    let key = Some(Bytes::from(level.sku.to_string()));
    (to, NewRecord { key, value: Some(Bytes::from(level.encode())), headers: Vec::new() })
}

/// The cart's command. Both logs have as many partitions. Whoever waits for the cart waits on: the
/// address and the trace of what the sku was asked go along.
fn follow_up(
    incoming: &Incoming<StockEnvelope>,
    asked: &StockFollowUp,
) -> (TopicPartition, NewRecord) {
    let envelope = asked.envelope(&incoming.envelope);
    let cart = envelope.cart.as_str();
    let partition = incoming.home.log.partitions.partition_of(cart.as_bytes());
    let mut headers = vec![
        Header::text(header::COMMAND, envelope.id.to_string()),
        Header::text(header::SCHEMA, SCHEMA.to_string()),
    ];
    let waits = incoming.reply_to.map(|partition| partition.to_string());
    headers.extend(waits.map(|partition| Header::text(header::REPLY_PARTITION, partition)));
    headers.extend(incoming.trace(TRACEPARENT));
    let key = Some(Bytes::copy_from_slice(cart.as_bytes()));
    let value = Some(Bytes::from(envelope.encode()));
    let to = TopicPartition { topic: Topic::Commands, partition };
    (to, NewRecord { key, value, headers })
}
