//! An event has landed: it is the oracle's, it is next or a repeat, and its change is stored.

use std::borrow::Cow;

use cart_schemas::cloudevent;
use cart_schemas::event::Event;
use cart_schemas::id::CartKey;
use cart_schemas::partition::Partition;
use cart_storage::log::Record;

use super::{Audit, Broken, Invariant};

/// The one header an event may carry beyond its attributes: the trace of whoever asked.
const TRACE: &str = "ce_traceparent";

impl Audit {
    pub(super) fn event(&mut self, partition: Partition, record: &Record) -> Result<(), Broken> {
        let key = text(record.key.as_deref());
        let place = || format!("events/{partition}@{} of {key}", record.offset);
        let cart: CartKey = key
            .parse()
            .map_err(|_| Invariant::OneContent.broken(format!("{}: no cart", place())))?;
        let event = Event::decode(record.value.as_deref().unwrap_or_default())
            .map_err(|error| Invariant::OneContent.broken(format!("{}: {error}", place())))?;
        let unknown =
            || Invariant::OneOutcome.broken(format!("{}: nobody decided {event:?}", place()));
        let history = self.shadow.cart(&cart).ok_or_else(unknown)?;
        let change = history.change(event.place.version).ok_or_else(unknown)?;
        let expected = history.event(event.place.version, event.place.n).ok_or_else(unknown)?;
        Invariant::OneContent.holds(event == *expected, || {
            format!("{}: {event:?} where {expected:?} was decided", place())
        })?;
        Invariant::OneContent.holds(partition == history.partition(), || {
            format!("{}: the cart's partition is {}", place(), history.partition())
        })?;
        Invariant::OneContent.holds(has_attributes(record, &cart, expected), || {
            format!("{}: its headers are {:?}", place(), record.headers)
        })?;
        let is_new = self.facts.last(&cart) < Some((event.place.version, event.place.n));
        self.facts.land(history, &event.place).map_err(|next| {
            let first = (event.place.version, event.place.n);
            Invariant::NothingLost
                .broken(format!("{}: first appearance of {first:?} before {next:?}", place()))
        })?;
        if is_new {
            self.merges.land(&cart, &event)?;
        }
        // What an event tells of may be taken by a kill while the event is on its way.
        let needed = change.number.saturating_add(1);
        let stored = self.cells.were_on_quorum(&self.world, history, needed);
        Invariant::ReadYourWrites.holds(stored, || {
            format!("{}: version {} is not on every quorum", place(), event.place.version)
        })
    }
}

fn has_attributes(record: &Record, cart: &CartKey, event: &Event) -> bool {
    let attributes = cloudevent::headers(cart, event);
    let count = attributes.len();
    let same = attributes.iter().zip(&record.headers).all(|((name, value), header)| {
        header.name == *name && header.value.as_ref() == value.as_bytes()
    });
    let rest = record.headers.get(count..);
    same && rest.is_some_and(|rest| rest.iter().all(|header| header.name == TRACE))
}

/// Bytes as text, for reading and for telling.
pub(super) fn text(bytes: Option<&[u8]>) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes.unwrap_or_default())
}
