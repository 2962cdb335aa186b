//! What mutants of the ports write: a record in two cells, a timer in the slot of its due time
//! alone, a Wake whose id is not fresh, an event that tells the time.

use bytes::Bytes;
use cart_processor::timers::{Slot, Timer};
use cart_schemas::command::Command;
use cart_schemas::envelope::Envelope;
use cart_schemas::event::Event;
use cart_schemas::id::CommandId;
use cart_schemas::record::CartRecord;
use cart_storage::log::NewRecord;

use super::surroundings;

/// Where the second half of a record lies.
pub(super) fn second_key(key: &str) -> String {
    format!("{key}#memory")
}

/// The cart of one cell with the memory of another: what a reader of two cells sees, which may be
/// of two moments.
pub(super) fn joined(cart: Option<Bytes>, memory: Option<Bytes>) -> Option<Bytes> {
    let decode = |cell: Option<Bytes>| CartRecord::decode(&cell?).ok();
    match (decode(cart), decode(memory)) {
        (Some(cart), Some(memory)) => {
            let (ledger, fingerprints) = (memory.ledger, memory.fingerprints);
            Some(Bytes::from(CartRecord { ledger, fingerprints, ..cart }.encode()))
        }
        (None, Some(memory)) => {
            let (ledger, fingerprints) = (memory.ledger, memory.fingerprints);
            let record = CartRecord { ledger, fingerprints, ..CartRecord::default() };
            Some(Bytes::from(record.encode()))
        }
        (cart, None) => cart.map(|cart| Bytes::from(cart.encode())),
    }
}

/// The slot of an entry's due time, on the partition of `slot`.
pub(super) fn due_slot(slot: &str, entry: &str) -> String {
    let Some((due, _)) = Timer::parse(entry) else { return slot.to_owned() };
    let Some((home, _)) = slot.rsplit_once('/') else { return slot.to_owned() };
    format!("{home}/{}", Slot::at(due).number())
}

/// A Wake with the same id whenever it is for the same time.
pub(super) fn repeat_wake_id(record: &mut NewRecord) {
    let Some(Ok(envelope)) = record.value.as_deref().map(Envelope::decode) else { return };
    if let Command::Wake { due } = envelope.command {
        let id = CommandId::from_idempotency_key(&envelope.cart, &due.micros().to_string());
        record.value = Some(Bytes::from(Envelope { id, ..envelope }.encode()));
    }
}

/// An event that says when it was emitted instead of when it took place.
pub(super) fn tell_the_time(record: &mut NewRecord) {
    let Some(Ok(event)) = record.value.as_deref().map(Event::decode) else { return };
    record.value = Some(Bytes::from(Event { at: surroundings::now(), ..event }.encode()));
}
