//! What goes over a socket, written once for all that get it.

use axum::extract::ws::Utf8Bytes;
use cart_schemas::timestamp::{Timestamp, rfc3339};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::follow::Place;
use crate::view::CartView;

/// An event on its way to sockets.
pub(super) struct Push {
    pub(super) place: Place,
    /// When it was decided.
    pub(super) at: Timestamp,
    /// The frame, shared by every socket.
    pub(super) frame: Utf8Bytes,
}

/// As much of an event as the follow rule needs.
#[derive(Deserialize)]
struct Head {
    version: u64,
    n: u16,
    of: u16,
    #[serde(with = "rfc3339")]
    timestamp: Timestamp,
}

/// The frame of an event: the record's bytes as they are.
pub(super) fn event(value: &[u8]) -> Result<Push, serde_json::Error> {
    let data: &RawValue = serde_json::from_slice(value)?;
    let head: Head = serde_json::from_str(data.get())?;
    Ok(Push {
        place: Place { version: head.version, n: head.n, of: head.of },
        at: head.timestamp,
        frame: tagged("cart_event", data.get()),
    })
}

/// The frame of a whole cart.
pub(super) fn state(cart: &CartView<'_>) -> Result<Utf8Bytes, serde_json::Error> {
    serde_json::to_string(cart).map(|data| tagged("cart_state", &data))
}

fn tagged(kind: &str, data: &str) -> Utf8Bytes {
    format!("{{\"type\":\"{kind}\",\"data\":{data}}}").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_travels_as_it_lies_in_the_log() {
        let value = br#"{"type":"item_added","x":30.00,"version":7,"n":1,"of":2,"timestamp":"2024-01-15T10:30:00Z"}"#;
        let push = event(value).unwrap();

        assert_eq!(push.place, Place { version: 7, n: 1, of: 2 });
        assert_eq!(push.at.to_string(), "2024-01-15T10:30:00Z");
        let data = std::str::from_utf8(value).unwrap();
        assert_eq!(push.frame.as_str(), format!(r#"{{"type":"cart_event","data":{data}}}"#));
    }

    #[test]
    fn what_is_no_event_of_ours_is_told_apart() {
        for value in [&b"\xff"[..], b"{}", b"{\"version\":1}", b""] {
            assert!(event(value).is_err());
        }
    }
}
