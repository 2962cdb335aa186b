//! The largest messages about checkouts and news there can be are messages, and larger ones are none.

#![expect(clippy::unwrap_used, reason = "what is made here is valid")]

use cart_schemas::cart::{Line, LineState, News};
use cart_schemas::checkout::{CancelReason, Quote, Shortage};
use cart_schemas::command::Command;
use cart_schemas::digest::Digest;
use cart_schemas::envelope::{DecodeError, Disposition, Envelope};
use cart_schemas::event::{Event, Fact, Place, Summary};
use cart_schemas::id::{CartId, CheckoutId, ItemId};
use cart_schemas::money::{Amount, Price};
use cart_schemas::policy::{Policy, Rules};
use cart_schemas::quantity::Quantity;
use cart_schemas::timestamp::Timestamp;
use cart_schemas::topic::FACT_BYTES_MAX;

/// The longest name of a product.
const NAME_MAX: usize = 256;

/// An item with the longest ids.
fn item(number: u16) -> ItemId {
    let (product, variant) = (format!("{number:x>64}"), "v".repeat(64));
    ItemId::new(product.parse().unwrap(), Some(variant.parse().unwrap()))
}

fn most() -> Price {
    Price::MAX.try_into().unwrap()
}

fn checkout() -> CheckoutId {
    "018cbb42-2f31-7000-8000-000000000002".parse().unwrap()
}

fn envelope(command: Command) -> Envelope {
    Envelope {
        id: "018cbb42-2f31-7000-8000-000000000001".parse().unwrap(),
        cart: format!("{}/{}", "t".repeat(64), "u".repeat(128)).parse().unwrap(),
        rules: Rules::CURRENT,
        digest: Digest::of(b"intent"),
        expected_version: Some(u64::MAX),
        policy: Policy::default(),
        command,
    }
}

fn differing(lines: u16) -> Command {
    let one = |number| Quote { item: item(number), price: Some(most()) };
    Command::Checkout { accept_prices: true, differing: (0..lines).map(one).collect() }
}

/// Every command that only a cart which may be locked knows.
fn commands() -> Vec<Command> {
    let (checkout, order) = (checkout(), "o".repeat(64).parse().unwrap());
    let news = News { price: most(), number: u64::MAX };
    vec![
        differing(1),
        Command::Complete { checkout, order },
        Command::CancelCheckout { checkout },
        Command::Reserved { checkout, item: item(0), granted: true, available: u32::MAX },
        Command::Refresh {
            item: item(0),
            currency: "USD".parse().unwrap(),
            available: false,
            news,
            others: Vec::new(),
        },
    ]
}

#[test]
fn the_largest_checkout_is_a_command_and_one_of_more_lines_is_none() {
    let largest = envelope(differing(Policy::LINES_MAX));
    assert_eq!(Envelope::decode(&largest.encode()).unwrap(), largest);

    let larger = Envelope::decode(&envelope(differing(Policy::LINES_MAX + 1)).encode());

    let error = larger.unwrap_err();
    assert!(matches!(error, DecodeError::BeyondLimits(_)), "{error}");
    assert_eq!(error.disposition(), Disposition::Quarantine);
}

#[test]
fn commands_of_checkouts_and_news_are_read_back_as_they_were_written_and_have_a_known_kind() {
    for command in commands() {
        let written = envelope(command);
        let text = String::from_utf8(written.encode()).unwrap();

        assert_eq!(Envelope::decode(text.as_bytes()).unwrap(), written);
        // Shaped otherwise it is broken, and not of a newer build.
        let kind = written.command.kind();
        assert!(text.contains(&format!("{{\"{kind}\":{{")), "{text}");
        let broken = text.replace(&format!("{{\"{kind}\":{{"), &format!("{{\"{kind}\":{{\"x\":["));
        let error = Envelope::decode(broken.as_bytes()).unwrap_err();
        assert_eq!(error.disposition(), Disposition::Quarantine, "{error}");
    }
}

#[test]
fn older_rules_know_no_checkout_and_no_news() {
    for rules in [Rules::JSON_RECORDS, Rules::PACKED_RECORDS] {
        for command in commands() {
            let older = Envelope { rules, ..envelope(command) };
            let error = Envelope::decode(&older.encode()).unwrap_err();

            assert!(matches!(error, DecodeError::BeyondLimits(_)), "{error}");
        }
        let clear = Envelope { rules, ..envelope(Command::Clear) };
        let policy = Envelope::decode(&clear.encode()).unwrap().policy;
        assert_eq!((policy.lease_seconds, policy.price_hold_seconds), (0, 0));
    }
}

fn line(number: u16) -> Line {
    let end = Timestamp::from_micros(253_000_000_000_000_000);
    Line {
        item: item(number),
        name: "\"".repeat(NAME_MAX),
        price: most(),
        quantity: Quantity::MAX.try_into().unwrap(),
        state: LineState::OutOfStock,
        added_at: end,
        last_modified: end,
    }
}

#[test]
fn the_largest_refused_checkout_fits_the_topic_of_events() {
    let cart = "u".repeat(128).parse().unwrap();
    let lines: Vec<_> = (0..Policy::LINES_MAX).map(line).collect();
    let shortage = |number| Shortage { item: item(number), available: u32::MAX };
    let short = (0..Policy::LINES_MAX).map(shortage).collect();
    let reason = CancelReason::InsufficientStock;
    let event = Event {
        place: Place { cart: CartId::of(&cart, 0), version: u64::MAX, n: 0, of: 1 },
        user: cart.user().clone(),
        at: line(0).added_at,
        after: Summary {
            currency: Some("USD".parse().unwrap()),
            total: cart_schemas::cart::total(&lines),
            item_count: u64::MAX,
            expires_at: line(0).added_at,
        },
        fact: Fact::CheckoutCancelled { checkout: checkout(), reason, lines, short },
    };

    let bytes = event.encode();

    assert!(event.after.total > Amount::ZERO);
    assert_eq!(Event::decode(&bytes).unwrap(), event);
    assert!(bytes.len() < usize::try_from(FACT_BYTES_MAX).unwrap() / 2, "{}", bytes.len());
}
