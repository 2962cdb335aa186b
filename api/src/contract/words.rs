//! What the types of events, and the names in one and in its headers, mean: for the JSON Schemas and for
//! `docs/events.md`. Each list must have exactly the names there are. Knows no JSON.

/// A name, and what it means in Markdown.
pub type Meaning = (&'static str, &'static str);

/// The types of events: when each happens.
pub const EVENTS: [Meaning; 22] = [
    (
        "item_added",
        "A product came into the cart in a variant the cart did not hold. An import is one \
         version of as many of these as the cart has lines.",
    ),
    (
        "item_updated",
        "The quantity of a line was set, be it to what it was, or more of it was added. Name \
         and price stay those of the first add.",
    ),
    ("item_removed", "A line left the cart: it was removed, or its quantity was set to 0 or less."),
    ("cart_cleared", "Every line left the cart at once. Clearing an empty cart is no event."),
    (
        "expiry_extended",
        "The cart is to be kept longer; `expiresAt` is its new end. Other changes move the end \
         too, and say so in the same field.",
    ),
    (
        "cart_expired",
        "The cart's time passed, and `items` is what was in it. It comes by itself, or with the \
         next command: then it is of one version with what that changes, and before it.",
    ),
    (
        "cart_restored",
        "What an expiry had taken out is back: `items` are these lines as they are now. One the \
         cart held again by then has both quantities, up to what the shop allows.",
    ),
    (
        "expiry_warned",
        "The cart has lines and will expire soon: an hour ahead, unless the shop's policy says \
         otherwise. Once for each `expiresAt`, and not for one closer than that to the change.",
    ),
    (
        "cart_abandoned",
        "Nobody has touched a cart with lines since `idleSince`, for as long as the policy's \
         `tier` says: an hour, a day, three days. Once for each tier, until somebody comes back. \
         It goes on when the cart has expired; `value` is then what a restore would bring back.",
    ),
    (
        "cart_recovered",
        "Somebody changes a cart that counted as abandoned, up to this `tier`. It is of one \
         version with the change, and before it.",
    ),
    (
        "cart_merged_out",
        "Every line left for the cart of `toUserID`: `items` is what left. Until that cart has \
         answered they are in neither.",
    ),
    (
        "cart_merged_in",
        "The lines of another cart came. `items` are the lines that changed, as they are now; \
         `warnings` say which hold fewer than the policy says. It comes once for each \
         `cart_merged_out`, or else a `merge_returned` does.",
    ),
    (
        "merge_returned",
        "Lines that had left are back: the other cart did not take them, or the merge was \
         undone. `items` are these lines as they are now. With `restorableCurrency` the cart is \
         in another currency by now: then they are not in it, and `items` is all that a restore \
         would bring back.",
    ),
    (
        "merge_undone",
        "The lines of a merge go back, and are `returned` as they had come. `items` are the \
         lines the cart had held before it, as they are now; `removed` are those it had not.",
    ),
    (
        "checkout_started",
        "Somebody wants to pay. The cart is locked until `leaseUntil` at the latest, and its lines \
         are being reserved: `items` is what is to be sold, at the prices it is charged, and \
         `value` is what that costs. With `tier` it brings somebody back to a cart that counted \
         as abandoned; a `cart_recovered` is then of the same version, and before it.",
    ),
    (
        "checkout_ready",
        "All of the checkout's `items` are reserved: it can be paid until `leaseUntil`.",
    ),
    (
        "checkout_cancelled",
        "The checkout ended without a sale and the cart is open again: somebody did not want it \
         any more (`requested`), something of it could not be reserved and is `short` \
         (`insufficient_stock`), or nobody paid in time (`lease_ended`). `items` is what would \
         have been sold. Whatever was reserved is freed.",
    ),
    (
        "cart_converted",
        "The checkout was paid, and what was sold has left the cart: `items` is what, as it was \
         charged. What came back to the cart meanwhile is still in it. `tier` is that of the \
         checkout's `checkout_started`.",
    ),
    (
        "currency_changed",
        "Every line is at its price in another currency, which is the event's `currency`: `items` \
         is all of them, as they are now.",
    ),
    (
        "item_out_of_stock",
        "The product on a line cannot be bought now. The line stays, and `item` says so.",
    ),
    (
        "item_available",
        "The product on a line, which could not be bought for a while, can be bought again.",
    ),
    (
        "price_changed",
        "The product on a line costs `currentPrice` now, which is not what the cart knew. The \
         line keeps the price it was added at, which is what a checkout charges for a day.",
    ),
];

/// The fields of an event.
pub const FIELDS: [Meaning; 35] = [
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
    ("fromCurrency", "The currency the cart was in before."),
    (
        "currency",
        "ISO 4217, of every amount in the event; for one that empties the cart, what it had. \
         `null` for a cart that was empty before and after.",
    ),
    ("total", "The sum of the lines: an exact decimal. Read it as one, never as a float."),
    ("itemCount", "The sum of the quantities."),
    ("item", "The line after the event, whole."),
    ("items", "The lines the event is about, whole."),
    (
        "tier",
        "Which of the policy's tiers, from 1. With a checkout: the one it brought somebody back from.",
    ),
    ("idleSince", "Since when nobody has touched the cart (RFC 3339, UTC)."),
    (
        "value",
        "What was left behind, or what the checkout is about, costs: an exact decimal, in the \
         event's currency.",
    ),
    ("mergeID", "The merge: the `cartID` and the version the lines left at."),
    ("toUserID", "Whose cart the lines go to."),
    ("fromUserID", "Whose cart the lines come from, or go back to."),
    (
        "warnings",
        "Lines that hold fewer than the policy says: `itemID`, how many were `requested` and \
         `applied`, and `code`, which is `quantity_capped` or `line_limit`.",
    ),
    (
        "reason",
        "Why lines are back: `refused` or `undone`. Why a checkout ended without a sale: \
         `requested`, `insufficient_stock` or `lease_ended`.",
    ),
    ("restorableCurrency", "ISO 4217, of `items` that wait for a restore."),
    ("removed", "The `itemID`s of lines that are gone."),
    ("returned", "The lines that go back, whole."),
    ("checkoutID", "The checkout."),
    ("leaseUntil", "When the checkout's lease ends (RFC 3339, UTC)."),
    ("orderID", "The order, as whoever took the payment names it."),
    (
        "short",
        "Lines that could not be reserved: `itemID`, and how many are `available`. Empty unless \
         that is the reason.",
    ),
    (
        "currentPrice",
        "What the product costs now: an exact decimal, in the event's currency. `price` is what it \
         cost when it was added.",
    ),
    ("news", "The number of what was told of the product: later news have a higher one."),
];

/// The fields of a line.
pub const LINE: [Meaning; 9] = [
    ("itemID", "The line: product and variant."),
    ("productID", "The product."),
    ("name", "Its name when it was added."),
    (
        "price",
        "Its price when it was added, or what a checkout charged last: an exact decimal, in the \
         event's currency.",
    ),
    ("quantity", "How many."),
    ("variant", "The variant; empty for the bare product."),
    ("addedAt", "When the line was added (RFC 3339, UTC)."),
    ("lastModified", "When it last changed (RFC 3339, UTC)."),
    (
        "state",
        "`added`, or `updated` once its quantity was set or added to; `out_of_stock` while it \
         cannot be bought, and `available` once it can again.",
    ),
];

/// The headers of a record.
pub const HEADERS: [Meaning; 10] = [
    ("ce_specversion", "The version of CloudEvents."),
    ("ce_type", "`cartstream.`, the event's type, and the version of its schema."),
    ("ce_source", "`/carts/` and the tenant."),
    ("ce_subject", "The `cartID`."),
    ("ce_id", "The `eventID`: what to recognise a repeat by."),
    ("ce_time", "The `timestamp`."),
    ("ce_partitionkey", "The record's key: the user, or `tenant/user`."),
    ("ce_sequence", "`version` and `n`, so that texts sort as the events do."),
    ("content-type", "The media type of the value."),
    (
        "ce_traceparent",
        "Where the command it came of stands in a trace (W3C Trace Context), if it is in one.",
    ),
];

/// What a name means; nothing for one that is in no such list.
pub(super) fn meaning(meanings: &[Meaning], name: &str) -> &'static str {
    meanings.iter().find(|(known, _)| *known == name).map_or("", |(_, meaning)| meaning)
}
