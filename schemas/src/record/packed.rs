//! Formats 2 and 3 of a record: postcard over the shapes below, the cart first and its memory behind
//! it; in format 3, what few carts have lies between the two.
//!
//! The shapes are this format's own, so that no change to a public type or its JSON changes a byte
//! here: fields are never moved, variants only added at the end. Values (ids, times, money) are as
//! they check themselves. Knows no cell and no key.

mod cart;
mod memory;
mod numbers;
mod rare;

use serde::{Deserialize, Serialize};

use self::cart::Cart;
use self::memory::Memory;
use self::rare::Rare;
use crate::id::{CartId, CartKey, InvalidId};
use crate::money::InvalidCurrency;
use crate::record::{CartRecord, Format};
use crate::reply::Snapshot;
use crate::timestamp::Timestamp;

/// What a busy cart's cell stays below: one allocation is enough for nearly all of them.
const USUAL_BYTES: usize = 4 * 1024;

/// The bytes are no record in this format.
#[derive(Debug, thiserror::Error)]
pub enum Malformed {
    /// They end too early, or a number, a length or a text is not what belongs there.
    #[error("not the shape of a record")]
    Shape(#[from] postcard::Error),
    /// They go on behind the record.
    #[error("bytes behind the record")]
    Trailing,
    /// A text is not the id it stands for.
    #[error("an id is none")]
    Id(#[from] InvalidId),
    /// A text is not the currency it stands for.
    #[error("a currency is none")]
    Currency(#[from] InvalidCurrency),
    /// An event is of a cart that is not listed.
    #[error("an event of no listed cart")]
    Owner,
    /// What few carts have is not said as it should be.
    #[error("the rare part of a cart")]
    Rare(#[source] serde_json::Error),
    /// A decision has more events than can be counted.
    #[error("more events of a decision than 65535")]
    Events,
}

/// The cart and its clock: all that a reader of carts needs.
#[derive(Serialize, Deserialize)]
struct Front<'a> {
    life: u32,
    version: u64,
    ts: Timestamp,
    timer: Option<Timestamp>,
    #[serde(borrow)]
    cart: Cart<'a>,
}

impl<'a> Front<'a> {
    fn of(record: &'a CartRecord) -> Self {
        let CartRecord { life, version, ts, timer, .. } = *record;
        Self { life, version, ts, timer, cart: Cart::of(&record.cart) }
    }
}

/// The cell of a record, `format` first; its rare part only where the format has one.
pub(super) fn encode(format: u8, record: &CartRecord) -> Vec<u8> {
    let (front, memory) = (Front::of(record), Memory::of(record));
    let cell = Vec::with_capacity(USUAL_BYTES);
    let cell = match record.format {
        Format::Json | Format::Packed => postcard::to_extend(&(format, front, memory), cell),
        Format::Extended => {
            let rare = Rare::of(record).encode();
            postcard::to_extend(&(format, front, rare, memory), cell)
        }
    };
    // Shapes whose lengths are known have no way to fail in memory.
    cell.unwrap_or_default()
}

/// The rare part, if the format has one, and what follows it.
fn take_rare(format: Format, bytes: &[u8]) -> Result<(Rare, &[u8]), Malformed> {
    match format {
        Format::Json | Format::Packed => Ok((Rare::default(), bytes)),
        Format::Extended => {
            let (text, rest) = postcard::take_from_bytes::<&str>(bytes)?;
            Ok((Rare::decode(text)?, rest))
        }
    }
}

/// Reads what follows the byte of this format.
pub(super) fn decode(format: Format, bytes: &[u8]) -> Result<CartRecord, Malformed> {
    let (front, rest) = postcard::take_from_bytes::<Front<'_>>(bytes)?;
    let (mut rare, rest) = take_rare(format, rest)?;
    let (memory, rest) = postcard::take_from_bytes::<Memory<'_>>(rest)?;
    if !rest.is_empty() {
        return Err(Malformed::Trailing);
    }
    let (ledger, fingerprints) = memory.read()?;
    let Front { life, version, ts, timer, cart } = front;
    let dealings = std::mem::take(&mut rare.dealings);
    let cart = cart.read(rare)?;
    Ok(CartRecord { format, life, version, ts, timer, cart, dealings, ledger, fingerprints })
}

/// Reads the cart of what follows the byte of this format.
pub(super) fn snapshot(format: Format, key: &CartKey, bytes: &[u8]) -> Result<Snapshot, Malformed> {
    let (front, rest) = postcard::take_from_bytes::<Front<'_>>(bytes)?;
    let (rare, _) = take_rare(format, rest)?;
    let cart_id = CartId::of(key, front.life);
    Ok(Snapshot { cart_id, version: front.version, cart: front.cart.read(rare)? })
}
