//! What a store holds: records of carts and of skus, and what is said to and of skus.

use cart_schemas::id::{CartKey, UserId};
use cart_schemas::record::{CartRecord, Progress};
use cart_schemas::stock::{Level, StockEnvelope, StockRecord, StockReply};

use crate::messages::comes_back;

/// A cart's record, whose cart is the same whether or not its memory is read.
pub(crate) fn record(cell: &[u8]) {
    comes_back(cell, Progress::decode, Progress::encode);
    let Some(record) = comes_back(cell, CartRecord::decode, CartRecord::encode) else { return };
    let user: Result<UserId, _> = "user".parse();
    let Ok(user) = user else { return };
    let key = CartKey::new(None, user);
    let snapshot = CartRecord::decode_snapshot(&key, cell);
    assert_eq!(snapshot.ok(), Some(record.snapshot(&key)));
}

/// A sku's record, a command to it, what it answers and its level.
pub(crate) fn stock(bytes: &[u8]) {
    comes_back(bytes, StockRecord::decode, StockRecord::encode);
    comes_back(bytes, StockEnvelope::decode, StockEnvelope::encode);
    comes_back(bytes, StockReply::decode, StockReply::encode);
    comes_back(bytes, Level::decode, Level::encode);
}
