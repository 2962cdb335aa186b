//! What goes over a socket, written once for all that get it.

use axum::extract::ws::Utf8Bytes;
use cart_ingest::hops;
use cart_schemas::event::Event;
use cart_schemas::timestamp::Timestamp;
use cart_schemas::traceparent::{TRACEPARENT, Traceparent};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::clock;
use crate::follow::Place;
use crate::meters;
use crate::view::CartView;

/// An event on its way to sockets.
pub(super) struct Push {
    pub(super) place: Place,
    pub(super) frame: EventFrame,
}

/// An event's record, as far as sockets need it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Told<'a> {
    /// The event.
    pub(super) value: &'a [u8],
    /// When the log appended it.
    pub(super) appended: Timestamp,
    /// The trace of the command it came of.
    pub(super) trace: Option<Traceparent>,
}

/// The frame of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct EventFrame {
    /// When the log appended it.
    appended: Timestamp,
    trace: Option<Traceparent>,
    /// What is sent, shared by every socket.
    pub(super) text: Utf8Bytes,
    /// Where the event begins in it.
    data_at: usize,
}

impl EventFrame {
    /// The event as it lay in the log.
    pub(super) fn json(&self) -> &str {
        let json = self.text.as_str().get(self.data_at..);
        json.and_then(|json| json.strip_suffix('}')).unwrap_or_default()
    }

    /// The trace of the command it came of.
    pub(super) const fn trace(&self) -> Option<Traceparent> {
        self.trace
    }

    /// It was sent, to one socket or stream.
    pub(super) fn sent(&self) {
        let took = meters::pushed(self.appended, clock::now());
        if let Some(trace) = self.trace {
            hops::tell("push", trace, took);
        }
    }
}

/// As much of an event as the follow rule needs.
#[derive(Deserialize)]
struct Head {
    version: u64,
    n: u16,
    of: u16,
}

/// The frame of an event: the record's bytes as they are.
pub(super) fn event(told: Told<'_>) -> Result<Push, serde_json::Error> {
    let Told { value, appended, trace } = told;
    let data: &RawValue = serde_json::from_slice(value)?;
    let head: Head = serde_json::from_str(data.get())?;
    let (text, data_at) = tagged(trace, data.get());
    Ok(Push {
        place: Place { version: head.version, n: head.n, of: head.of },
        frame: EventFrame { appended, trace, text, data_at },
    })
}

/// The text of the frame of an event its cart remembers.
pub(super) fn remembered(event: &Event) -> Result<Utf8Bytes, serde_json::Error> {
    serde_json::to_string(event).map(|data| tagged(None, &data).0)
}

/// The frame of a whole cart; `again` if it takes the place of what its reader has, since not all it
/// missed can be told.
pub(super) fn state(cart: &CartView<'_>, again: bool) -> Result<Utf8Bytes, serde_json::Error> {
    let recovered = if again { r#""recovered":false,"# } else { "" };
    let data = serde_json::to_string(cart)?;
    Ok(format!(r#"{{"type":"cart_state",{recovered}"data":{data}}}"#).into())
}

/// The text of the frame, and where its last field begins, which is the event.
fn tagged(trace: Option<Traceparent>, data: &str) -> (Utf8Bytes, usize) {
    let trace = trace.map_or_else(String::new, |it| format!(r#""{TRACEPARENT}":"{it}","#));
    let text = format!(r#"{{"type":"cart_event",{trace}"data":{data}}}"#);
    let data_at = text.len() - data.len() - 1;
    (text.into(), data_at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_travels_as_it_lies_in_the_log() {
        let value = br#"{"type":"item_added","x":30.00,"version":7,"n":1,"of":2}"#;
        let appended = Timestamp::from_millis(7);
        let push = event(Told { value, appended, trace: None }).unwrap();

        assert_eq!(push.place, Place { version: 7, n: 1, of: 2 });
        assert_eq!(push.frame.appended, appended);
        let data = std::str::from_utf8(value).unwrap();
        assert_eq!(push.frame.json(), data);
        assert_eq!(push.frame.text.as_str(), format!(r#"{{"type":"cart_event","data":{data}}}"#));
    }

    #[test]
    fn an_event_names_the_trace_it_came_of_beside_itself() {
        let trace: Traceparent =
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".parse().unwrap();
        let value = br#"{"version":7,"n":0,"of":1}"#;
        let told = Told { value, appended: Timestamp::default(), trace: Some(trace) };

        let frame = event(told).unwrap().frame;

        let data = std::str::from_utf8(value).unwrap();
        assert_eq!(frame.json(), data);
        let text = format!(r#"{{"type":"cart_event","traceparent":"{trace}","data":{data}}}"#);
        assert_eq!(frame.text.as_str(), text);
    }

    #[test]
    fn an_event_is_remembered_by_its_cart_as_it_lay_in_the_log() {
        let event =
            Event::decode(include_bytes!("../../../schemas/golden/v1/event.item_added.json"))
                .unwrap();

        let text = remembered(&event).unwrap();

        let value = event.encode();
        let told = Told { value: &value, appended: event.at, trace: None };
        let as_told = super::event(told).unwrap();
        assert_eq!(text, as_told.frame.text);
    }

    #[test]
    fn what_is_no_event_of_ours_is_told_apart() {
        for value in [&b"\xff"[..], b"{}", b"{\"version\":1}", b""] {
            let told = Told { value, appended: Timestamp::default(), trace: None };
            assert!(event(told).is_err());
        }
    }
}
