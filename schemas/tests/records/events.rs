//! Any event of a cart.

use cart_schemas::checkout::CancelReason;
use cart_schemas::event::{Event, Fact, Place, ReturnReason, Summary};
use cart_schemas::id::CartId;
use proptest::prelude::*;

use crate::cart::*;

pub(crate) fn fact() -> impl Strategy<Value = Fact> {
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
        checkout_fact(),
        (line(), news()).prop_map(|(line, news)| Fact::ItemOutOfStock { line, news }),
        (line(), news()).prop_map(|(line, news)| Fact::ItemAvailable { line, news }),
        (line(), news()).prop_map(|(line, news)| Fact::PriceChanged { line, news }),
        (currency(), lines()).prop_map(|(from, lines)| Fact::CurrencyChanged { from, lines }),
    ]
}

pub(crate) fn checkout_fact() -> impl Strategy<Value = Fact> {
    let reasons =
        [CancelReason::Requested, CancelReason::InsufficientStock, CancelReason::LeaseEnded];
    let reason = prop::sample::select(reasons.to_vec());
    let cancelled = (checkout_id(), reason, lines(), short());
    prop_oneof![
        (checkout_id(), time(), lines(), tier()).prop_map(|(checkout, until, lines, recovered)| {
            Fact::CheckoutStarted { checkout, until, lines, recovered }
        }),
        (checkout_id(), time(), lines()).prop_map(|(checkout, until, lines)| {
            Fact::CheckoutReady { checkout, until, lines }
        }),
        cancelled.prop_map(|(checkout, reason, lines, short)| {
            Fact::CheckoutCancelled { checkout, reason, lines, short }
        }),
        (checkout_id(), order(), lines(), tier()).prop_map(
            |(checkout, order, lines, recovered)| {
                Fact::CartConverted { checkout, order, lines, recovered }
            }
        ),
    ]
}

pub(crate) fn merge_fact() -> impl Strategy<Value = Fact> {
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

/// Events of several lives of a cart; their place is still open.
pub(crate) fn event() -> impl Strategy<Value = Event> {
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
