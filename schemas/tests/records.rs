//! Any record survives its cell, in every format; any other bytes are refused, and nothing else.

#![expect(clippy::unwrap_used, reason = "what a strategy makes is valid")]

use cart_schemas::cart::{Abandonment, Cart, CartState, Lifespan, Line, LineState, Restorable};
use cart_schemas::command::Asked;
use cart_schemas::dealings::{Arrival, Arrived, Dealings, MergedLine, Outgoing, Settled, Whole};
use cart_schemas::digest::Digest;
use cart_schemas::event::{Event, Fact, Place, ReturnReason, Summary};
use cart_schemas::id::{CartId, CartKey, CommandId, ItemId, MergeId, UserId};
use cart_schemas::merge::{Warning, WarningCode};
use cart_schemas::money::Currency;
use cart_schemas::record::{CartRecord, Entry, Fingerprint, Format, Outcome, Position};
use cart_schemas::rejection::Rejection;
use cart_schemas::timestamp::Timestamp;
use proptest::prelude::*;
use uuid::Uuid;

fn key() -> CartKey {
    "shop-1/user@example.org".parse().unwrap()
}

fn time() -> impl Strategy<Value = Timestamp> {
    let recent = 1_700_000_000_000_000..1_900_000_000_000_000i64;
    // What JSON prints of a time, it also reads, until the year 9999.
    let micros = prop_oneof![8 => recent, 1 => 0..253_000_000_000_000_000i64];
    micros.prop_map(Timestamp::from_micros)
}

fn currency() -> impl Strategy<Value = Currency> {
    prop::sample::select(&["USD", "EUR", "JPY", "KWD"][..]).prop_map(|code| code.parse().unwrap())
}

fn item() -> impl Strategy<Value = ItemId> {
    ("[A-Za-z0-9._:@-]{1,64}", prop::option::of("[A-Za-z0-9._:@-]{1,64}")).prop_map(
        |(product, variant)| {
            let variant = variant.map(|variant| variant.parse().unwrap());
            ItemId::new(product.parse().unwrap(), variant)
        },
    )
}

fn line() -> impl Strategy<Value = Line> {
    let state = prop::sample::select(&[LineState::Added, LineState::Updated][..]);
    let numbers = (0..=10_000_000_000i64, 1..=1_000_000u32);
    (item(), "\\PC{0,40}", numbers, state, time(), time()).prop_map(
        |(item, name, (price, quantity), state, added_at, last_modified)| {
            let (price, quantity) = (price.try_into().unwrap(), quantity.try_into().unwrap());
            Line { item, name, price, quantity, state, added_at, last_modified }
        },
    )
}

fn lines() -> impl Strategy<Value = Vec<Line>> {
    prop::collection::vec(line(), 0..4)
}

fn cart() -> impl Strategy<Value = Cart> {
    let state = prop::sample::select(&[CartState::Active, CartState::Expired][..]);
    let lifespan = (time(), time())
        .prop_map(|(last_modified, expires_at)| Lifespan { last_modified, expires_at });
    let restorable = (time(), currency(), lines())
        .prop_map(|(since, currency, lines)| Restorable { since, currency, lines });
    let (lifespan, restorable) = (prop::option::of(lifespan), prop::option::of(restorable));
    let content = (state, prop::option::of(currency()), lines(), lifespan, restorable);
    content.prop_map(|(state, currency, lines, lifespan, restorable)| Cart {
        state,
        currency,
        lines,
        lifespan,
        restorable,
        abandoned: None,
        warned: false,
    })
}

fn fact() -> impl Strategy<Value = Fact> {
    prop_oneof![
        line().prop_map(Fact::ItemAdded),
        line().prop_map(Fact::ItemUpdated),
        item().prop_map(Fact::ItemRemoved),
        Just(Fact::CartCleared),
        Just(Fact::ExpiryExtended),
        lines().prop_map(Fact::CartExpired),
        lines().prop_map(Fact::CartRestored),
        Just(Fact::ExpiryWarned),
        (1..4u8, time(), 0..i64::MAX).prop_map(|(tier, since, value)| {
            Fact::CartAbandoned { tier, since, value: value.try_into().unwrap() }
        }),
        (1..4u8).prop_map(|tier| Fact::CartRecovered { tier }),
        merge_fact(),
    ]
}

fn user() -> impl Strategy<Value = UserId> {
    "[A-Za-z0-9._:@-]{1,64}".prop_map(|text| text.parse().unwrap())
}

fn merge() -> impl Strategy<Value = MergeId> {
    (user(), any::<u64>())
        .prop_map(|(user, version)| MergeId::new(CartId::of(&CartKey::new(None, user), 0), version))
}

fn warnings() -> impl Strategy<Value = Vec<Warning>> {
    let code = prop::sample::select(&[WarningCode::QuantityCapped, WarningCode::LineLimit][..]);
    let warning = (code, item(), any::<u32>(), any::<u32>())
        .prop_map(|(code, item, requested, applied)| Warning { code, item, requested, applied });
    prop::collection::vec(warning, 0..3)
}

fn merge_fact() -> impl Strategy<Value = Fact> {
    let reason = prop::sample::select(&[ReturnReason::Refused, ReturnReason::Undone][..]);
    let back = (merge(), reason, prop::option::of(currency()), lines(), warnings());
    let undone = (merge(), user(), lines(), prop::collection::vec(item(), 0..3), lines());
    prop_oneof![
        (merge(), user(), lines()).prop_map(|(merge, to, lines)| Fact::CartMergedOut {
            merge,
            to,
            lines
        }),
        (merge(), user(), lines(), warnings()).prop_map(|(merge, from, lines, warnings)| {
            Fact::CartMergedIn { merge, from, lines, warnings }
        }),
        back.prop_map(|(merge, reason, restorable, lines, warnings)| {
            Fact::MergeReturned { merge, reason, restorable, lines, warnings }
        }),
        undone.prop_map(|(merge, from, lines, removed, returned)| {
            Fact::MergeUndone { merge, from, lines, removed, returned }
        }),
    ]
}

fn arrival() -> impl Strategy<Value = Arrival> {
    let changed =
        (prop::option::of(line()), line()).prop_map(|(before, after)| MergedLine { before, after });
    let whole = (warnings(), prop::collection::vec(changed, 0..3), lines(), currency()).prop_map(
        |(warnings, changed, came, currency)| Whole { warnings, changed, came, currency },
    );
    prop_oneof![
        prop::option::of(whole).prop_map(Arrival::Merged),
        Just(Arrival::Undone),
        rejection().prop_map(Arrival::Refused),
    ]
}

fn dealings() -> impl Strategy<Value = Dealings> {
    let outgoing = (merge(), currency(), lines()).prop_map(|(merge, currency, lines)| Outgoing {
        merge,
        currency,
        lines,
    });
    let settled = (merge(), time()).prop_map(|(merge, at)| Settled { merge, at });
    let arrived = (merge(), command(), user(), (time(), time(), any::<u64>()), arrival());
    let arrived = arrived.prop_map(|(merge, (command, digest), from, times, arrival)| {
        let ((left, at, version), asked) = (times, Asked { command, digest });
        Arrived { merge, asked, from, left, at, version, arrival }
    });
    let forgotten = prop::option::of(time());
    let some = (
        prop::collection::vec(outgoing, 0..2),
        prop::collection::vec(settled, 0..2),
        prop::collection::vec(arrived, 0..3),
        forgotten,
    );
    some.prop_map(|(outgoing, settled, arrived, forgotten)| Dealings {
        outgoing,
        settled,
        arrived,
        forgotten,
    })
}

/// Events of several lives of a cart; their place is still open.
fn event() -> impl Strategy<Value = Event> {
    let after = (currency(), any::<i64>(), any::<u64>(), time());
    (0..3u32, time(), after, fact()).prop_map(|(life, at, after, fact)| {
        let (currency, total, item_count, expires_at) = after;
        let total = total.saturating_abs().try_into().unwrap();
        Event {
            place: Place { cart: CartId::of(&key(), life), version: 0, n: 0, of: 0 },
            user: key().user().clone(),
            at,
            after: Summary { currency: Some(currency), total, item_count, expires_at },
            fact,
        }
    })
}

fn rejection() -> impl Strategy<Value = Rejection> {
    prop_oneof![
        Just(Rejection::ProductNotFound),
        any::<u64>().prop_map(|current| Rejection::VersionMismatch { current }),
        any::<u32>().prop_map(|available| Rejection::InsufficientStock { available }),
        Just(Rejection::Internal),
    ]
}

fn command() -> impl Strategy<Value = (CommandId, Digest)> {
    let id = any::<u128>().prop_map(|id| CommandId::from_uuid(Uuid::from_u128(id)));
    (id, any::<[u8; 16]>().prop_map(Digest::from_bytes))
}

fn entry() -> impl Strategy<Value = Entry> {
    let position = (1..9u32, any::<i64>()).prop_map(|(generation, offset)| {
        let generation = generation.try_into().unwrap();
        Position { generation, offset }
    });
    let outcome = prop_oneof![Just(Outcome::Applied), rejection().prop_map(Outcome::Rejected)];
    let events = prop::collection::vec(event(), 0..4);
    (position, command(), outcome, any::<u64>(), events).prop_map(
        |(position, (command, digest), outcome, version, mut events)| {
            let of = u16::try_from(events.len()).unwrap();
            for (n, event) in (0..of).zip(&mut events) {
                event.place = Place { version, n, of, ..event.place };
            }
            Entry { position, command, digest, outcome, version, events }
        },
    )
}

fn fingerprint() -> impl Strategy<Value = Fingerprint> {
    (command(), any::<u64>(), prop::option::of(rejection())).prop_map(
        |((command, digest), version, rejection)| {
            let rejected = rejection.map(|rejection| rejection.code());
            Fingerprint { command, digest, version, rejected }
        },
    )
}

/// A cart with what format 2 cannot say.
fn with_rare(cart: Cart, (idle, warned): (Option<(u8, Timestamp)>, bool)) -> Cart {
    Cart { abandoned: idle.map(|(tier, since)| Abandonment { tier, since }), warned, ..cart }
}

fn record() -> impl Strategy<Value = CartRecord> {
    let format = prop::sample::select(&[Format::Json, Format::Packed, Format::Extended][..]);
    let rare = (prop::option::of((1..4u8, time())), any::<bool>(), dealings());
    let clock = (any::<u32>(), any::<u64>(), time(), prop::option::of(time()));
    let ledger = prop::collection::vec(entry(), 0..4);
    let fingerprints = prop::collection::vec(fingerprint(), 0..5);
    (format, clock, (cart(), rare), ledger, fingerprints).prop_map(
        |(format, (life, version, ts, timer), (cart, (idle, warned, dealings)), ledger, prints)| {
            let is_old = format == Format::Packed;
            let cart = if is_old { cart } else { with_rare(cart, (idle, warned)) };
            let dealings = if is_old { Dealings::default() } else { dealings };
            let (ledger, fingerprints) = (ledger.into(), prints.into());
            CartRecord { format, life, version, ts, timer, cart, dealings, ledger, fingerprints }
        },
    )
}

proptest! {
    #[test]
    fn a_record_is_read_back_as_it_was_written(record in record()) {
        let cell = record.encode();

        let read = CartRecord::decode(&cell).unwrap();

        prop_assert_eq!(read.encode(), cell);
        prop_assert_eq!(read, record);
    }

    #[test]
    fn a_cart_is_read_without_its_memory_as_it_is_with_it(record in record()) {
        let snapshot = CartRecord::decode_snapshot(&key(), &record.encode()).unwrap();

        prop_assert_eq!(snapshot, record.snapshot(&key()));
    }

    #[test]
    fn a_record_cut_short_anywhere_or_with_bytes_behind_it_is_none(
        record in record(),
        more in any::<u8>(),
    ) {
        let mut cell = CartRecord { format: Format::Extended, ..record }.encode();

        for length in 0..cell.len() {
            prop_assert!(CartRecord::decode(&cell[..length]).is_err(), "{length}");
        }
        cell.push(more);
        prop_assert!(CartRecord::decode(&cell).is_err());
    }

    #[test]
    fn any_bytes_are_a_record_or_refused(
        format in 0..4u8,
        bytes in prop::collection::vec(any::<u8>(), 0..400),
    ) {
        let cell = [&[format], &bytes[..]].concat();

        let read = CartRecord::decode(&cell);

        prop_assert!(read.is_err() || (1..=2).contains(&format));
    }

    #[test]
    fn a_record_with_other_bytes_in_it_is_another_or_none(
        record in record(),
        at in any::<prop::sample::Index>(),
        bytes in any::<[u8; 4]>(),
    ) {
        let record = CartRecord { format: Format::Extended, ..record };
        let mut cell = record.encode();
        let from = 1 + at.index(cell.len() - 1);
        cell.iter_mut().skip(from).zip(bytes).for_each(|(old, new)| *old = new);

        if let Ok(read) = CartRecord::decode(&cell) {
            prop_assert_eq!(CartRecord::decode(&read.encode()).unwrap(), read);
        }
    }
}

/// What nobody has seen, written out: format, life, version, ts, timer, cart, rare, memory.
const NOBODY: [u8; 14] = [3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

#[test]
fn an_unknown_format_number_or_state_is_refused() {
    let changed = |at: usize, byte: u8| {
        let mut cell = NOBODY;
        cell[at] = byte;
        CartRecord::decode(&cell)
    };

    let nobody = CartRecord { format: Format::Extended, ..CartRecord::default() };
    assert_eq!(nobody.encode(), NOBODY);
    assert!(CartRecord::decode(&NOBODY).is_ok());
    for (at, byte) in [(0, 0), (0, 4), (4, 2), (5, 2), (6, 2)] {
        assert!(changed(at, byte).is_err(), "{byte} at {at}");
    }
}

#[test]
fn a_length_that_lies_is_refused_and_reserves_nothing() {
    let endless = [&[0xff; 9][..], &[1]].concat();

    for list in [7, 10, 11, 12, 13] {
        let cell = [&NOBODY[..list], &endless, &NOBODY[list + 1..]].concat();

        assert!(CartRecord::decode(&cell).is_err(), "the list at {list}");
    }
}
