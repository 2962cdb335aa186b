//! Acts as differences, and each tool's words for them.

use std::collections::BTreeMap;

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
    assert_eq!(call["timestamp_micros"], 1_700_000_000_000_000_i64);
    let told = &call["events"][0];
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

    assert_eq!(call["event"]["data"]["type"], "transaction");
    let schemas: Vec<_> =
        call["entities"].as_array().unwrap().iter().map(|one| &one["schema"]).collect();
    assert!(schemas[0].as_str().unwrap().contains("/transaction/"), "{schemas:?}");
    assert!(schemas[1].as_str().unwrap().contains("/product/"), "{schemas:?}");
}

#[test]
fn amounts_are_the_digits_of_their_currency() {
    let event = event(Fact::ItemAdded(line("tea", 2)));
    let act = Act::of(&Cart::default(), &event).unwrap();

    for vocabulary in [Vocabulary::Ga4, Vocabulary::Segment, Vocabulary::Snowplow] {
        let text = String::from_utf8(vocabulary.say(&event, &act)).unwrap();
        assert!(text.contains(r#""price":2.50"#), "{text}");
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
