//! What holds of any bytes that come from outside, decoder by decoder. The fuzzers of `fuzz/` look for
//! bytes of which it does not hold; the corpus they left is tried on every build.
//!
//! Each property is a function of any bytes that fails where it does not hold: whatever is decoded is
//! the same again once it is encoded and decoded, and the encoding is one. Knows no files and no fuzzer.

mod ids;
mod messages;
mod records;

/// A property of any bytes.
pub type Property = fn(&[u8]);

/// Every property, by the name of its fuzzer and of its corpus.
pub const ALL: [(&str, Property); 9] = [
    ("body", cart_api::properties::body),
    ("envelope", messages::envelope),
    ("event", messages::event),
    ("frame", cart_api::properties::frame),
    ("headers", cart_api::properties::headers),
    ("ids", ids::texts),
    ("product", messages::product),
    ("record", records::record),
    ("stock", records::stock),
];

/// Tries the property of this name.
///
/// # Panics
/// It does not hold of these bytes, or there is none of this name.
pub fn holds(name: &str, bytes: &[u8]) {
    let property = ALL.iter().find(|(known, _)| *known == name);
    let (_, property) = property.unwrap_or_else(|| unreachable!("{name} is no property"));
    property(bytes);
}
