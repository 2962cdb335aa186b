//! How an event lies in the index: slots of a cart's versions, entries that sort in their order.
//! Pure.

use cart_schemas::event::Event;
use cart_schemas::id::CartId;
use cart_schemas::timestamp::{Timestamp, rfc3339};
use serde::Deserialize;

/// Versions of one slot. An event is about 1 KiB, so a slot is about 256 KiB and stays below what a
/// partition of a CQL store should hold (100 MB) even where every version is a cart of 250 lines.
pub(super) const SLOT_VERSIONS: u64 = 256;
/// Bytes of an event in one entry. An entry is a clustering key, which CQL ends at 64 KiB; nearly
/// every event is one entry, and the largest (4 MiB) is 128.
const CHUNK_BYTES: usize = 32 * 1024;

/// Where an event stands: the `n`-th (from 0) of the `of` of its version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The version it brought about.
    pub version: u64,
    /// Its number within the version.
    pub n: u16,
    /// How many events the version has.
    pub of: u16,
}

/// An event as it lay in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Where it stands.
    pub place: Place,
    /// Its JSON, byte for byte.
    pub json: String,
}

impl From<&Event> for Kept {
    fn from(event: &Event) -> Self {
        let place = Place { version: event.place.version, n: event.place.n, of: event.place.of };
        // What our own types write as JSON is UTF-8.
        Self { place, json: String::from_utf8(event.encode()).unwrap_or_default() }
    }
}

/// As much of an event as is needed to keep it. The rest may be a later build's.
#[derive(Debug, Deserialize)]
pub(super) struct Head {
    #[serde(rename = "cartID")]
    pub(super) cart: CartId,
    version: u64,
    n: u16,
    of: u16,
    #[serde(rename = "timestamp", with = "rfc3339")]
    pub(super) at: Timestamp,
}

impl Head {
    /// Where the event stands, unless it says that it stands nowhere.
    pub(super) fn place(&self) -> Option<Place> {
        let Self { version, n, of, .. } = *self;
        (n < of).then_some(Place { version, n, of })
    }
}

/// The slot of a version.
pub(super) fn slot(cart: CartId, version: u64) -> String {
    format!("{cart}/{}", version / SLOT_VERSIONS)
}

/// A text after every entry of a version and before every entry of the next.
pub(super) fn end_of(version: u64) -> String {
    // A slash sorts after the dot.
    format!("{version:020}/")
}

/// The entries of an event, in order: `version.n.chunk|of|chunks|text`.
pub(super) fn entries(place: Place, json: &str) -> Vec<String> {
    let chunks = chunks(json);
    let of = chunks.len();
    let entry = |(number, text): (usize, &&str)| {
        let Place { version, n, of: events } = place;
        format!("{version:020}.{n:05}.{number:04}|{events}|{of}|{text}")
    };
    chunks.iter().enumerate().map(entry).collect()
}

/// The text in pieces of at most so many bytes, each of whole characters.
fn chunks(mut text: &str) -> Vec<&str> {
    let mut chunks = Vec::new();
    while text.len() > CHUNK_BYTES {
        let (chunk, rest) = text.split_at(text.floor_char_boundary(CHUNK_BYTES));
        chunks.push(chunk);
        text = rest;
    }
    chunks.push(text);
    chunks
}

/// The text is no entry of this index.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an entry of the history is none of this build's")]
pub struct InvalidEntry;

/// A part of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Chunk<'a> {
    pub(super) place: Place,
    pub(super) number: usize,
    /// How many there are.
    pub(super) of: usize,
    pub(super) text: &'a str,
}

impl<'a> Chunk<'a> {
    /// Reads an entry.
    pub(super) fn parse(entry: &'a str) -> Result<Self, InvalidEntry> {
        Self::split(entry).ok_or(InvalidEntry)
    }

    fn split(entry: &'a str) -> Option<Self> {
        let mut fields = entry.splitn(4, '|');
        let mut numbers = fields.next()?.split('.');
        let version = numbers.next()?.parse().ok()?;
        let n = numbers.next()?.parse().ok()?;
        let number = numbers.next()?.parse().ok()?;
        let events = fields.next()?.parse().ok()?;
        let of = fields.next()?.parse().ok()?;
        let text = fields.next()?;
        Some(Self { place: Place { version, n, of: events }, number, of, text })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(version: u64, n: u16) -> Place {
        Place { version, n, of: 2 }
    }

    #[test]
    fn an_event_is_one_entry_that_is_read_back() {
        let entries = entries(place(7, 1), r#"{"a":"|.|"}"#);

        assert_eq!(entries, [r#"00000000000000000007.00001.0000|2|1|{"a":"|.|"}"#]);
        let chunk = Chunk::parse(&entries[0]).unwrap();
        let text = r#"{"a":"|.|"}"#;
        assert_eq!(chunk, Chunk { place: place(7, 1), number: 0, of: 1, text });
    }

    #[test]
    fn a_large_event_is_several_entries_of_whole_characters_below_the_stores_limit() {
        let json = "é€🛒x".repeat(120_000);

        let entries = entries(place(1, 0), &json);

        assert!(entries.len() > 30 && entries.iter().all(|entry| entry.len() < 48 * 1024));
        let texts = entries.iter().map(|entry| Chunk::parse(entry).unwrap().text);
        assert_eq!(texts.collect::<String>(), json);
    }

    #[test]
    fn entries_sort_in_the_order_of_events() {
        let places = [(1, 0), (1, 1), (9, 0), (10, 0), (255, 65_000), (256, 0), (u64::MAX, 0)];
        let in_order: Vec<_> =
            places.iter().flat_map(|(version, n)| entries(place(*version, *n), "{}")).collect();

        assert!(in_order.is_sorted());
        assert!(in_order[1] < end_of(1) && end_of(1) < in_order[2]);
    }

    #[test]
    fn a_slot_holds_a_run_of_versions() {
        let cart = CartId::of(&"ann".parse().unwrap(), 0);

        assert_eq!(slot(cart, 1), slot(cart, 255));
        assert_ne!(slot(cart, 255), slot(cart, 256));
    }

    #[test]
    fn what_is_no_entry_is_refused() {
        for text in ["", "7", "7.1.0|2|1", "a.1.0|2|1|{}", "7.1|2|1|{}", "7.1.0|x|1|{}"] {
            assert_eq!(Chunk::parse(text), Err(InvalidEntry), "{text:?}");
        }
    }
}
