//! Acts as differences, and each tool's words for them.

use std::collections::{BTreeMap, BTreeSet};

use cart_schemas::cart::{Cart, Line, LineState};
use cart_schemas::event::{Event, Fact, Place, Summary};
use cart_schemas::evolve::evolve;
use cart_schemas::id::{CartId, CheckoutId, CommandId, ItemId, ProductId};
use cart_schemas::quantity::Quantity;
use cart_schemas::timestamp::Timestamp;
use proptest::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

use super::*;

fn line(product: &str, quantity: u32) -> Line {
    Line {
        item: ItemId::new(product.parse().unwrap(), "red".parse().ok()),
        name: "Tea".to_owned(),
        price: 250.try_into().unwrap(),
        quantity: Quantity::new(quantity).unwrap(),
        state: LineState::Added,
        added_at: Timestamp::default(),
        last_modified: Timestamp::default(),
    }
}

fn event(fact: Fact) -> Event {
    Event {
        place: Place { cart: CartId::of(&"ann".parse().unwrap(), 0), version: 3, n: 0, of: 1 },
        user: "ann".parse().unwrap(),
        at: Timestamp::from_millis(1_700_000_000_000),
        after: Summary { currency: "EUR".parse().ok(), ..Summary::of(&Cart::default(), None) },
        fact,
    }
}

fn paid(lines: Vec<Line>) -> Fact {
    let checkout = CheckoutId::from_command(CommandId::from_uuid(Uuid::nil()));
    Fact::CartConverted { checkout, order: "order-1".parse().unwrap(), lines, recovered: None }
}

fn said(vocabulary: Vocabulary, before: &Cart, fact: Fact) -> Value {
    let event = event(fact);
    let act = Act::of(before, &event).unwrap();
    serde_json::from_slice(&vocabulary.say(&event, &act)).unwrap()
}

#[test]
fn a_quantity_that_is_set_is_told_as_a_difference() {
    let before = Cart { lines: vec![line("tea", 5)], ..Cart::default() };
    let deed = |quantity| {
        let act = Act::of(&before, &event(Fact::ItemUpdated(line("tea", quantity))));
        act.map(|act| (act.deed, act.pieces[0].quantity, act.value.minor()))
    };

    assert_eq!(deed(7), Some((Deed::Added, 2, 500)));
    assert_eq!(deed(1), Some((Deed::Removed, 4, 1_000)));
    assert_eq!(deed(5), None);
}

#[test]
fn what_moves_between_carts_was_put_in_before() {
    let cart = Cart::default();

    assert_eq!(Act::of(&cart, &event(Fact::CartExpired(vec![line("tea", 1)]))), None);
    assert_eq!(Act::of(&cart, &event(Fact::CartRestored(vec![line("tea", 1)]))), None);
}

#[test]
fn ga4_is_told_a_purchase_it_counts_once() {
    let call = said(Vocabulary::Ga4, &Cart::default(), paid(vec![line("tea", 2)]));

    assert_eq!(call["user_id"], "ann");
    let told = &call["events"][0];
    assert_eq!(told["timestamp_micros"], 1_700_000_000_000_000_i64);
    assert_eq!(told["name"], "purchase");
    assert_eq!(told["params"]["transaction_id"], "order-1");
    assert_eq!(told["params"]["currency"], "EUR");
    let item = json!({
        "item_id": "tea", "item_name": "Tea", "item_variant": "red", "price": 2.5, "quantity": 2
    });
    assert_eq!(told["params"]["items"], json!([item]));
}

#[test]
fn segment_is_told_what_was_added_by_an_id_it_counts_once() {
    let call = said(Vocabulary::Segment, &Cart::default(), Fact::ItemAdded(line("tea", 2)));

    assert_eq!((&call["type"], &call["event"]), (&json!("track"), &json!("Product Added")));
    assert!(call["messageId"].as_str().unwrap().ends_with(":3:0"), "{call}");
    assert_eq!(call["timestamp"], "2023-11-14T22:13:20Z");
    assert_eq!(call["properties"]["products"][0]["product_id"], "tea");
    assert_eq!(call["properties"]["value"], 5.0);
}

#[test]
fn snowplow_is_told_an_action_and_what_it_is_about() {
    let call = said(Vocabulary::Snowplow, &Cart::default(), paid(vec![line("tea", 2)]));

    let within =
        |name: &str| -> Value { serde_json::from_str(call[name].as_str().unwrap()).unwrap() };
    assert_eq!((&call["e"], &call["uid"]), (&json!("ue"), &json!("ann")));
    assert_eq!(call["ttm"], "1700000000000");
    assert!(call["eid"].as_str().unwrap().parse::<Uuid>().is_ok(), "{call}");
    assert_eq!(within("ue_pr")["data"]["data"]["type"], "transaction");
    let entities = within("co");
    let schemas: Vec<_> =
        entities["data"].as_array().unwrap().iter().map(|one| &one["schema"]).collect();
    assert!(schemas[0].as_str().unwrap().contains("/transaction/"), "{schemas:?}");
    assert!(schemas[1].as_str().unwrap().contains("/product/"), "{schemas:?}");
    // What its schemas insist on.
    assert_eq!(entities["data"][0]["data"]["payment_method"], "unknown");
    assert_eq!(entities["data"][1]["data"]["category"], "unknown");
}

#[test]
fn amounts_are_the_digits_of_their_currency() {
    let event = event(Fact::ItemAdded(line("tea", 2)));
    let act = Act::of(&Cart::default(), &event).unwrap();

    for vocabulary in [Vocabulary::Ga4, Vocabulary::Segment, Vocabulary::Snowplow] {
        let text = String::from_utf8(vocabulary.say(&event, &act)).unwrap();
        assert!(text.replace('\\', "").contains(r#""price":2.50"#), "{text}");
    }
}

proptest! {
    /// Whoever adds up what was put in and taken out has what lies in the cart.
    #[test]
    fn what_was_put_in_less_what_was_taken_out_is_what_is_there(
        steps in prop::collection::vec((0_usize..3, 0_u32..6, 0_u8..6), 0..40),
    ) {
        let mut cart = Cart::default();
        let mut sums: BTreeMap<ProductId, i64> = BTreeMap::new();
        for (product, quantity, what) in steps {
            let product = ["tea", "mug", "pot"][product];
            let wanted = line(product, quantity.max(1));
            let fact = match (cart.line(&wanted.item), what) {
                (_, 0) => Fact::CartCleared,
                (_, 1) if !cart.lines.is_empty() => paid(cart.lines.clone()),
                (None, _) => Fact::ItemAdded(wanted),
                (Some(_), 2) => Fact::ItemRemoved(wanted.item),
                (Some(_), _) => Fact::ItemUpdated(wanted),
            };
            let event = event(fact);
            if let Some(act) = Act::of(&cart, &event) {
                for Piece { line, quantity } in &act.pieces {
                    let sum = sums.entry(line.item.product().clone()).or_default();
                    match act.deed {
                        Deed::Added => *sum += i64::from(*quantity),
                        Deed::Removed | Deed::Purchased(_) => *sum -= i64::from(*quantity),
                        Deed::CheckoutBegun | Deed::Abandoned(_) | Deed::Recovered(_) => {}
                    }
                }
            }
            cart = evolve(cart, &event);
        }
        sums.retain(|_, sum| *sum != 0);
        let there = cart.lines.iter();
        let there = there.map(|line| (line.item.product().clone(), i64::from(line.quantity.get())));
        prop_assert_eq!(sums, there.collect::<BTreeMap<_, _>>());
    }
}

/// Lines as the file sink writes them: one of each cart in turn, of so many pieces' names' length.
fn lines(vocabulary: Vocabulary, carts: &[(u8, u16)]) -> Vec<String> {
    let line_of = |(number, (cart, length)): (usize, &(u8, u16))| {
        let mut event = event(Fact::ItemAdded(Line {
            name: "x".repeat(usize::from(*length)),
            ..line("tea", 1)
        }));
        event.user = format!("user{cart}").parse().unwrap();
        event.place.cart = CartId::of(&event.user.as_str().parse().unwrap(), 0);
        event.place.version = u64::try_from(number).unwrap();
        let act = Act::of(&Cart::default(), &event).unwrap();
        String::from_utf8(vocabulary.say(&event, &act)).unwrap()
    };
    carts.iter().enumerate().map(line_of).collect()
}

/// How many things a request tells, and whose, if it says so.
fn told(vocabulary: Vocabulary, body: &[u8]) -> (usize, Value) {
    let body: Value = serde_json::from_slice(body).unwrap();
    let list = match vocabulary {
        Vocabulary::Ga4 => &body["events"],
        Vocabulary::Segment => &body["batch"],
        Vocabulary::Snowplow => &body["data"],
    };
    (list.as_array().unwrap().len(), body["client_id"].clone())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// A tool is told each line once, and no more at a time than it takes.
    #[test]
    fn each_line_is_in_one_request_that_the_tool_takes(
        carts in prop::collection::vec((0_u8..4, prop_oneof![9 => 0_u16..2_000, 1 => 31_000_u16..40_000]), 0..80),
    ) {
        for vocabulary in [Vocabulary::Ga4, Vocabulary::Segment, Vocabulary::Snowplow] {
            let lines = lines(vocabulary, &carts);
            let lines: Vec<_> = lines.iter().map(String::as_str).collect();
            let Packed { parcels, oversized } = vocabulary.pack(&lines).unwrap();

            let (most, bytes) = match vocabulary {
                Vocabulary::Ga4 => (25, 130_000),
                Vocabulary::Segment | Vocabulary::Snowplow => (500, 500_000),
            };
            for parcel in &parcels {
                let (count, client) = told(vocabulary, &parcel.body);
                prop_assert_eq!(count, parcel.lines.len());
                prop_assert!(count <= most && parcel.body.len() <= bytes, "{}", parcel.body.len());
                prop_assert!(parcel.lines.is_sorted());
                for number in &parcel.lines {
                    let line: Value = serde_json::from_str(lines[*number]).unwrap();
                    prop_assert_eq!(&line["client_id"], &client);
                }
            }
            let all = parcels.into_iter().flat_map(|parcel| parcel.lines).chain(oversized);
            prop_assert_eq!(all.collect::<BTreeSet<_>>(), (0..lines.len()).collect());
        }
    }
}

#[test]
fn a_line_that_no_request_has_room_for_is_told_apart() {
    let lines = lines(Vocabulary::Segment, &[(0, 10), (0, 33_000), (1, 10)]);
    let lines: Vec<_> = lines.iter().map(String::as_str).collect();

    let packed = Vocabulary::Segment.pack(&lines).unwrap();

    assert_eq!(packed.oversized, [1]);
    assert_eq!(packed.parcels.len(), 1);
    assert_eq!(packed.parcels[0].lines, [0, 2]);
}

#[test]
fn other_words_are_not_sent() {
    let all = [Vocabulary::Ga4, Vocabulary::Segment, Vocabulary::Snowplow];
    for (one, other) in all.into_iter().zip(all.into_iter().cycle().skip(1)) {
        let lines = lines(one, &[(0, 10)]);
        let refused = other.pack(&[&lines[0]]).unwrap_err();
        assert_eq!(refused.number, 0, "{one:?} as {other:?}");
    }
}

#[test]
fn snowplow_is_told_no_finer_prices_than_it_takes() {
    let price = |minor: i64, currency: &str| {
        let mut event =
            event(Fact::ItemAdded(Line { price: minor.try_into().unwrap(), ..line("tea", 1) }));
        event.after.currency = currency.parse().ok();
        let act = Act::of(&Cart::default(), &event).unwrap();
        let call = Vocabulary::Snowplow.say(&event, &act);
        let call: Value = serde_json::from_slice(&call).unwrap();
        let entities = call["co"].as_str().unwrap().to_owned();
        let (_, after) = entities.rsplit_once(r#""price":"#).unwrap();
        after.split(',').next().unwrap().to_owned()
    };

    assert_eq!((price(1_234, "KWD"), price(1_235, "KWD")), ("1.23".into(), "1.24".into()));
    assert_eq!((price(1_234, "EUR"), price(1_234, "JPY")), ("12.34".into(), "1234".into()));
}
