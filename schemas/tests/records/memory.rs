//! Anything a cart remembers, and its whole record.

use cart_schemas::checkout::PriceChange;
use cart_schemas::command::Asked;
use cart_schemas::dealings::{
    Arrival, Arrived, Dealings, Ended, Ending, MergedLine, Outgoing, Reserving, Sale, Settled,
    Whole,
};
use cart_schemas::event::Place;
use cart_schemas::id::CheckoutId;
use cart_schemas::record::{CartRecord, Entry, Fingerprint, Format, Outcome, Position};
use cart_schemas::rejection::Rejection;
use proptest::prelude::*;

use crate::cart::*;
use crate::events::event;

pub(crate) fn arrival() -> impl Strategy<Value = Arrival> {
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

pub(crate) fn reserving() -> impl Strategy<Value = Reserving> {
    let awaited = prop::collection::vec(item(), 0..3);
    (command(), awaited, short()).prop_map(|((command, digest), awaited, short)| Reserving {
        checkout: CheckoutId::from_command(command),
        asked: Asked { command, digest },
        awaited,
        short,
    })
}

pub(crate) fn ended() -> impl Strategy<Value = Ended> {
    let ending = prop_oneof![
        order().prop_map(Ending::Converted),
        Just(Ending::Cancelled),
        short().prop_map(Ending::Refused),
        Just(Ending::Lapsed),
    ];
    let sale = (currency(), lines()).prop_map(|(currency, lines)| Sale { currency, lines });
    (command(), time(), time(), ending, prop::option::of(sale)).prop_map(
        |((command, digest), at, until, ending, sale)| {
            let (checkout, asked) = (CheckoutId::from_command(command), Asked { command, digest });
            Ended { checkout, asked, at, until, ending, sale }
        },
    )
}

pub(crate) fn dealings() -> impl Strategy<Value = Dealings> {
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
        prop::option::of(reserving()),
        prop::collection::vec(ended(), 0..3),
    );
    some.prop_map(|(outgoing, settled, arrived, forgotten, reserving, ended)| Dealings {
        outgoing,
        settled,
        arrived,
        forgotten,
        reserving,
        ended,
    })
}

pub(crate) fn rejection() -> impl Strategy<Value = Rejection> {
    prop_oneof![
        Just(Rejection::ProductNotFound),
        any::<u64>().prop_map(|current| Rejection::VersionMismatch { current }),
        any::<u32>().prop_map(|available| Rejection::InsufficientStock { available }),
        Just(Rejection::Internal),
        time().prop_map(|until| Rejection::CartLocked { until }),
        prop::sample::select(REFUSED_CHECKOUTS.to_vec()),
        price_changes().prop_map(|lines| Rejection::PriceChanged { lines }),
        prop::collection::vec(item(), 0..3).prop_map(|items| Rejection::NoPrice { items }),
    ]
}

pub(crate) const REFUSED_CHECKOUTS: [Rejection; 5] = [
    Rejection::CheckoutNotFound,
    Rejection::EmptyCart,
    Rejection::CheckoutPending,
    Rejection::CheckoutExpired,
    Rejection::CheckoutCompleted,
];

pub(crate) fn price_changes() -> impl Strategy<Value = Vec<PriceChange>> {
    let change = (item(), price(), price()).prop_map(|(item, price, current)| PriceChange {
        item,
        price,
        current,
    });
    prop::collection::vec(change, 0..3)
}

pub(crate) fn entry() -> impl Strategy<Value = Entry> {
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

pub(crate) fn fingerprint() -> impl Strategy<Value = Fingerprint> {
    (command(), any::<u64>(), prop::option::of(rejection())).prop_map(
        |((command, digest), version, rejection)| {
            let rejected = rejection.map(|rejection| rejection.code());
            Fingerprint { command, digest, version, rejected }
        },
    )
}

pub(crate) fn record() -> impl Strategy<Value = CartRecord> {
    let format = prop::sample::select(&[Format::Json, Format::Packed, Format::Extended][..]);
    let rare = (rare(), dealings());
    let clock = (any::<u32>(), any::<u64>(), time(), prop::option::of(time()));
    let ledger = prop::collection::vec(entry(), 0..4);
    let fingerprints = prop::collection::vec(fingerprint(), 0..5);
    (format, clock, (cart(), rare), ledger, fingerprints).prop_map(
        |(format, (life, version, ts, timer), (cart, (rare, dealings)), ledger, prints)| {
            let is_old = format == Format::Packed;
            let cart = if is_old { cart } else { with_rare(cart, rare) };
            let dealings = if is_old { Dealings::default() } else { dealings };
            let (ledger, fingerprints) = (ledger.into(), prints.into());
            CartRecord { format, life, version, ts, timer, cart, dealings, ledger, fingerprints }
        },
    )
}
