//! Commands, events, products and replies: JSON that anyone may have written to a topic.

use std::fmt::Debug;

use cart_schemas::cloudevent;
use cart_schemas::envelope::{Disposition, Envelope};
use cart_schemas::event::Event;
use cart_schemas::id::CartKey;
use cart_schemas::product::Product;
use cart_schemas::reply::{Reply, Snapshot};
use cart_schemas::standing::{Journey, Standing};

/// Whatever `read` takes is the same again once it is written, and is written one way.
pub(crate) fn comes_back<T: Debug + PartialEq, E: Debug>(
    bytes: &[u8],
    read: impl Fn(&[u8]) -> Result<T, E>,
    write: impl Fn(&T) -> Vec<u8>,
) -> Option<T> {
    let first = read(bytes).ok()?;
    let written = write(&first);
    let second = read(&written);
    assert_eq!(second.as_ref().ok(), Some(&first), "read of what was written: {second:?}");
    assert_eq!(second.ok().map(|second| write(&second)), Some(written));
    Some(first)
}

/// A command, which also says what to do with one that cannot be read.
pub(crate) fn envelope(bytes: &[u8]) {
    if comes_back(bytes, Envelope::decode, Envelope::encode).is_none()
        && let Err(error) = Envelope::decode(bytes)
    {
        let known = matches!(error.disposition(), Disposition::Quarantine | Disposition::Stop);
        assert!(known && !error.to_string().is_empty());
    }
    comes_back(bytes, Reply::decode, Reply::encode);
}

/// An event, whose headers say what it says.
pub(crate) fn event(bytes: &[u8]) {
    let Some(event) = comes_back(bytes, Event::decode, Event::encode) else { return };
    let cart = CartKey::new(None, event.user.clone());
    let headers = cloudevent::headers(&cart, &event);
    let header = |name| headers.iter().find(|(known, _)| *known == name).map(|(_, text)| text);
    for (name, text) in &headers {
        assert!(!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic()), "{name}");
    }
    assert_eq!(header("ce_id"), Some(&event.place.to_string()));
    assert_eq!(header("ce_time").and_then(|text| text.parse().ok()), Some(event.at));
    let next = cloudevent::sequence(event.place.version.saturating_add(1), 0);
    assert!(
        header("ce_sequence").is_some_and(|own| own.len() >= 25 && *own < next || own.len() > 25)
    );
}

/// A product, and what else is a row of its own.
pub(crate) fn product(bytes: &[u8]) {
    if let Some(product) = comes_back(bytes, Product::decode, Product::encode) {
        assert!(product.skus(None).count() == product.variants.len() + 1);
    }
    comes_back(bytes, Snapshot::decode, Snapshot::encode);
    comes_back(bytes, Standing::decode, Standing::encode);
    comes_back(bytes, Journey::decode, Journey::encode);
}
