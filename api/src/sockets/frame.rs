//! What goes over a socket, written once for all that get it.

use axum::extract::ws::Utf8Bytes;
use cart_schemas::event::Event;
use cart_schemas::timestamp::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::follow::Place;
use crate::view::CartView;

/// An event on its way to sockets.
pub(super) struct Push {
    pub(super) place: Place,
    pub(super) frame: EventFrame,
}

/// The frame of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct EventFrame {
    /// When the log appended it.
    pub(super) appended: Timestamp,
    /// What is sent, shared by every socket.
    pub(super) text: Utf8Bytes,
}

impl EventFrame {
    /// The event as it lay in the log.
    pub(super) fn json(&self) -> &str {
        let json = self.text.as_str().strip_prefix(EVENT_BEGINS);
        json.and_then(|json| json.strip_suffix('}')).unwrap_or_default()
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
pub(super) fn event(value: &[u8], appended: Timestamp) -> Result<Push, serde_json::Error> {
    let data: &RawValue = serde_json::from_slice(value)?;
    let head: Head = serde_json::from_str(data.get())?;
    Ok(Push {
        place: Place { version: head.version, n: head.n, of: head.of },
        frame: EventFrame { appended, text: tagged("cart_event", data.get()) },
    })
}

/// The text of the frame of an event its cart remembers.
pub(super) fn remembered(event: &Event) -> Result<Utf8Bytes, serde_json::Error> {
    serde_json::to_string(event).map(|data| tagged("cart_event", &data))
}

/// The frame of a whole cart; `again` if it takes the place of what its reader has, since not all it
/// missed can be told.
pub(super) fn state(cart: &CartView<'_>, again: bool) -> Result<Utf8Bytes, serde_json::Error> {
    let recovered = if again { r#""recovered":false,"# } else { "" };
    let data = serde_json::to_string(cart)?;
    Ok(format!(r#"{{"type":"cart_state",{recovered}"data":{data}}}"#).into())
}

/// What a frame of an event begins with.
const EVENT_BEGINS: &str = r#"{"type":"cart_event","data":"#;

fn tagged(kind: &str, data: &str) -> Utf8Bytes {
    format!("{{\"type\":\"{kind}\",\"data\":{data}}}").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_travels_as_it_lies_in_the_log() {
        let value = br#"{"type":"item_added","x":30.00,"version":7,"n":1,"of":2}"#;
        let appended = Timestamp::from_millis(7);
        let push = event(value, appended).unwrap();

        assert_eq!(push.place, Place { version: 7, n: 1, of: 2 });
        assert_eq!(push.frame.appended, appended);
        let data = std::str::from_utf8(value).unwrap();
        assert_eq!(push.frame.json(), data);
        assert_eq!(push.frame.text.as_str(), format!(r#"{{"type":"cart_event","data":{data}}}"#));
    }

    #[test]
    fn an_event_is_remembered_by_its_cart_as_it_lay_in_the_log() {
        let event =
            Event::decode(include_bytes!("../../../schemas/golden/v1/event.item_added.json"))
                .unwrap();

        let text = remembered(&event).unwrap();

        let as_told = super::event(&event.encode(), event.at).unwrap();
        assert_eq!(text, as_told.frame.text);
    }

    #[test]
    fn what_is_no_event_of_ours_is_told_apart() {
        for value in [&b"\xff"[..], b"{}", b"{\"version\":1}", b""] {
            assert!(event(value, Timestamp::default()).is_err());
        }
    }
}
