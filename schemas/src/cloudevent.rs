//! The `CloudEvents` 1.0 Kafka binding, binary mode: attributes in headers, the fact as the value.
//! Written by hand: the SDK's Kafka feature is tied to another client version.

use crate::event::{Event, EventKind, Place};
use crate::id::CartKey;
use crate::notice::{Notice, NoticeKind};
use crate::timestamp::Timestamp;

/// The media type of every value.
pub const CONTENT_TYPE: &str = "application/json";
/// The version of `CloudEvents`.
pub const SPEC_VERSION: &str = "1.0";

/// The `type` of events of this kind: it names the version of their schema.
#[must_use]
pub fn event_type(kind: EventKind) -> String {
    format!("cartstream.{}.v1", kind.as_str())
}

/// The headers of an event record, in the order they are written.
#[must_use]
pub fn headers(cart: &CartKey, event: &Event) -> Vec<(&'static str, String)> {
    attributes(cart, (event.place, event.at), event_type(event.fact.kind()))
}

/// The headers of a notice record.
#[must_use]
pub fn notice_headers(notice: &Notice) -> Vec<(&'static str, String)> {
    attributes(&notice.cart, (notice.place, notice.at), notice_type(notice.kind()))
}

fn attributes(
    cart: &CartKey,
    (place, at): (Place, Timestamp),
    kind: String,
) -> Vec<(&'static str, String)> {
    vec![
        ("ce_specversion", SPEC_VERSION.to_owned()),
        ("ce_type", kind),
        ("ce_source", format!("/carts/{}", cart.tenant_name())),
        ("ce_subject", place.cart.to_string()),
        ("ce_id", place.to_string()),
        ("ce_time", at.to_string()),
        ("ce_partitionkey", cart.to_string()),
        ("ce_sequence", sequence(place.version, place.n)),
        ("content-type", CONTENT_TYPE.to_owned()),
    ]
}

/// The `type` of notices of this kind: it names the version of their schema.
#[must_use]
pub fn notice_type(kind: NoticeKind) -> String {
    format!("cartstream.{}.v1", kind.as_str())
}

/// The `sequence` extension: sorts as text in the order of the cart's events.
#[must_use]
pub fn sequence(version: u64, n: u16) -> String {
    format!("{version:020}.{n:04}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequences_sort_as_text() {
        assert!(sequence(9, 1) < sequence(10, 0));
        assert_eq!(sequence(7, 12), "00000000000000000007.0012");
    }
}
