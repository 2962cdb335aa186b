//! What the names in an event and in its headers mean. Each list must have exactly the names there
//! are; their JSON types are read off the samples.

use anyhow::ensure;

/// A name, and what it means in Markdown.
pub(super) type Meaning = (&'static str, &'static str);

/// The fields of an event.
pub(super) const FIELDS: [Meaning; 28] = [
    ("type", "What happened: one of the events below."),
    ("userID", "Whose cart it is."),
    ("itemID", "The line: product and variant, as the API's routes name it."),
    ("productID", "The product on the line."),
    ("quantity", "How many the line holds after the event."),
    ("timestamp", "When it was decided, by the log's clock (RFC 3339, UTC)."),
    ("eventID", "`cartID:version:n`. A repeat has the same id and the same content."),
    ("cartID", "Which cart it is: the same for all of a user's changes, until an erasure."),
    ("version", "The cart's version after the change. Versions have no gaps."),
    ("n", "The event's number within its version, from 0."),
    ("of", "How many events the version has."),
    ("expiresAt", "Until when the cart is kept (RFC 3339, UTC)."),
    (
        "currency",
        "ISO 4217, of every amount in the event; for one that empties the cart, what it had. \
         `null` for a cart that was empty before and after.",
    ),
    ("total", "The sum of the lines: an exact decimal. Read it as one, never as a float."),
    ("itemCount", "The sum of the quantities."),
    ("item", "The line after the event, whole."),
    ("items", "The lines the event is about, whole."),
    ("tier", "Which of the policy's tiers, from 1."),
    ("idleSince", "Since when nobody has touched the cart (RFC 3339, UTC)."),
    ("value", "What was left behind costs: an exact decimal, in the event's currency."),
    ("mergeID", "The merge: the `cartID` and the version the lines left at."),
    ("toUserID", "Whose cart the lines go to."),
    ("fromUserID", "Whose cart the lines come from, or go back to."),
    (
        "warnings",
        "Lines that hold fewer than the policy says: `itemID`, how many were `requested` and \
         `applied`, and `code`, which is `quantity_capped` or `line_limit`.",
    ),
    ("reason", "Why lines are back: `refused` or `undone`."),
    ("restorableCurrency", "ISO 4217, of `items` that wait for a restore."),
    ("removed", "The `itemID`s of lines that are gone."),
    ("returned", "The lines that go back, whole."),
];

/// The fields of a line.
pub(super) const LINE: [Meaning; 9] = [
    ("itemID", "The line: product and variant."),
    ("productID", "The product."),
    ("name", "Its name when it was added."),
    ("price", "Its price when it was added: an exact decimal, in the event's currency."),
    ("quantity", "How many."),
    ("variant", "The variant; empty for the bare product."),
    ("addedAt", "When the line was added (RFC 3339, UTC)."),
    ("lastModified", "When it last changed (RFC 3339, UTC)."),
    ("state", "`added`, or `updated` once its quantity was set or added to."),
];

/// The headers of a record.
pub(super) const HEADERS: [Meaning; 9] = [
    ("ce_specversion", "The version of CloudEvents."),
    ("ce_type", "`cartstream.`, the event's type, and the version of its schema."),
    ("ce_source", "`/carts/` and the tenant."),
    ("ce_subject", "The `cartID`."),
    ("ce_id", "The `eventID`: what to recognise a repeat by."),
    ("ce_time", "The `timestamp`."),
    ("ce_partitionkey", "The record's key: the user, or `tenant/user`."),
    ("ce_sequence", "`version` and `n`, so that texts sort as the events do."),
    ("content-type", "The media type of the value."),
];

/// Fails unless exactly `names` have a meaning, and names the first that has none or is none.
pub(super) fn check<'a>(
    meanings: &[Meaning],
    names: impl IntoIterator<Item = &'a str>,
) -> anyhow::Result<()> {
    let mut stale: Vec<_> = meanings.iter().map(|(name, _)| *name).collect();
    for name in names {
        let described = stale.iter().position(|known| *known == name);
        let described = described.map(|at| stale.remove(at));
        ensure!(described.is_some(), "{name:?} is not described in {}", file!());
    }
    ensure!(stale.is_empty(), "{stale:?} is described in {}, but is not there", file!());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_described_is_named() {
        let told = |names: &[&str]| {
            let meanings = [("a", "The first."), ("b", "The second.")];
            check(&meanings, names.iter().copied()).map_err(|error| error.to_string())
        };

        assert_eq!(told(&["b", "a"]), Ok(()));
        assert!(told(&["a", "b", "c"]).unwrap_err().starts_with(r#""c" is not described"#));
        assert!(told(&["a"]).unwrap_err().starts_with(r#"["b"] is described"#));
    }
}
