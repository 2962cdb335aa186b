//! Any cart, and what it is made of.

use cart_schemas::cart::{
    Abandonment, Cart, CartState, Checkout, Lifespan, Line, LineState, News, Restorable, Told,
};
use cart_schemas::checkout::Shortage;
use cart_schemas::digest::Digest;
use cart_schemas::id::{CartId, CartKey, CheckoutId, CommandId, ItemId, MergeId, OrderId, UserId};
use cart_schemas::merge::{Warning, WarningCode};
use cart_schemas::money::{Currency, Price};
use cart_schemas::timestamp::Timestamp;
use proptest::prelude::*;
use uuid::Uuid;

pub(crate) fn key() -> CartKey {
    "shop-1/user@example.org".parse().unwrap()
}

pub(crate) fn time() -> impl Strategy<Value = Timestamp> {
    let recent = 1_700_000_000_000_000..1_900_000_000_000_000i64;
    // What JSON prints of a time, it also reads, until the year 9999.
    let micros = prop_oneof![8 => recent, 1 => 0..253_000_000_000_000_000i64];
    micros.prop_map(Timestamp::from_micros)
}

pub(crate) fn currency() -> impl Strategy<Value = Currency> {
    prop::sample::select(&["USD", "EUR", "JPY", "KWD"][..]).prop_map(|code| code.parse().unwrap())
}

pub(crate) fn item() -> impl Strategy<Value = ItemId> {
    ("[A-Za-z0-9._:@-]{1,64}", prop::option::of("[A-Za-z0-9._:@-]{1,64}")).prop_map(
        |(product, variant)| {
            let variant = variant.map(|variant| variant.parse().unwrap());
            ItemId::new(product.parse().unwrap(), variant)
        },
    )
}

pub(crate) fn line() -> impl Strategy<Value = Line> {
    let states =
        [LineState::Added, LineState::Updated, LineState::OutOfStock, LineState::Available];
    let state = prop::sample::select(states.to_vec());
    let numbers = (0..=10_000_000_000i64, 1..=1_000_000u32);
    (item(), "\\PC{0,40}", numbers, state, time(), time()).prop_map(
        |(item, name, (price, quantity), state, added_at, last_modified)| {
            let (price, quantity) = (price.try_into().unwrap(), quantity.try_into().unwrap());
            Line { item, name, price, quantity, state, added_at, last_modified }
        },
    )
}

pub(crate) fn lines() -> impl Strategy<Value = Vec<Line>> {
    prop::collection::vec(line(), 0..4)
}

pub(crate) fn cart() -> impl Strategy<Value = Cart> {
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
        checkout: None,
        told: Vec::new(),
    })
}

pub(crate) fn price() -> impl Strategy<Value = Price> {
    (0..=10_000_000_000i64).prop_map(|minor| minor.try_into().unwrap())
}

pub(crate) fn news() -> impl Strategy<Value = News> {
    (price(), any::<u64>()).prop_map(|(price, number)| News { price, number })
}

pub(crate) fn told() -> impl Strategy<Value = Vec<Told>> {
    prop::collection::vec((item(), news()).prop_map(|(item, news)| Told { item, news }), 0..3)
}

pub(crate) fn checkout_id() -> impl Strategy<Value = CheckoutId> {
    command().prop_map(|(command, _)| CheckoutId::from_command(command))
}

pub(crate) fn order() -> impl Strategy<Value = OrderId> {
    "[A-Za-z0-9._:@-]{1,64}".prop_map(|text| text.parse().unwrap())
}

pub(crate) fn tier() -> impl Strategy<Value = Option<u8>> {
    prop::option::of(1..4u8)
}

pub(crate) fn checkout() -> impl Strategy<Value = Checkout> {
    (checkout_id(), time(), any::<bool>(), lines(), tier()).prop_map(
        |(id, until, ready, lines, recovered)| Checkout { id, until, ready, lines, recovered },
    )
}

pub(crate) fn short() -> impl Strategy<Value = Vec<Shortage>> {
    let shortage =
        (item(), any::<u32>()).prop_map(|(item, available)| Shortage { item, available });
    prop::collection::vec(shortage, 0..3)
}

pub(crate) fn user() -> impl Strategy<Value = UserId> {
    "[A-Za-z0-9._:@-]{1,64}".prop_map(|text| text.parse().unwrap())
}

pub(crate) fn merge() -> impl Strategy<Value = MergeId> {
    (user(), any::<u64>())
        .prop_map(|(user, version)| MergeId::new(CartId::of(&CartKey::new(None, user), 0), version))
}

pub(crate) fn warnings() -> impl Strategy<Value = Vec<Warning>> {
    let code = prop::sample::select(&[WarningCode::QuantityCapped, WarningCode::LineLimit][..]);
    let warning = (code, item(), any::<u32>(), any::<u32>())
        .prop_map(|(code, item, requested, applied)| Warning { code, item, requested, applied });
    prop::collection::vec(warning, 0..3)
}

pub(crate) fn command() -> impl Strategy<Value = (CommandId, Digest)> {
    let id = any::<u128>().prop_map(|id| CommandId::from_uuid(Uuid::from_u128(id)));
    (id, any::<[u8; 16]>().prop_map(Digest::from_bytes))
}

/// What format 2 cannot say, in a cart without lines.
pub(crate) fn rare() -> impl Strategy<Value = Cart> {
    let abandoned = (1..4u8, time()).prop_map(|(tier, since)| Abandonment { tier, since });
    let some = (prop::option::of(abandoned), any::<bool>(), prop::option::of(checkout()), told());
    some.prop_map(|(abandoned, warned, checkout, told)| Cart {
        abandoned,
        warned,
        checkout,
        told,
        ..Cart::default()
    })
}

/// A cart with that.
pub(crate) fn with_rare(cart: Cart, rare: Cart) -> Cart {
    let Cart { abandoned, warned, checkout, told, .. } = rare;
    Cart { abandoned, warned, checkout, told, ..cart }
}
