//! Examples of decisions, given / when / then.

use cart_schemas::cart::{Cart, Line, LineState, News};
use cart_schemas::command::{Command, Offer};
use cart_schemas::dealings::Dealings;
use cart_schemas::digest::Digest;
use cart_schemas::envelope::Envelope;
use cart_schemas::event::Fact;
use cart_schemas::id::{CartId, ItemId, MergeId};
use cart_schemas::policy::{Policy, Rules};
use cart_schemas::quantity::Quantity;
use cart_schemas::rejection::Rejection;
use cart_schemas::timestamp::Timestamp;

use cart_schemas::evolve::apply;

use super::{Change, Known, decide};

mod checkout;
mod currency;
mod import;
mod merge;
mod news;
mod states;
mod till;
mod time;

const DAY: u32 = 24 * 60 * 60;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros(seconds * 1_000_000)
}

fn item(product: &str) -> ItemId {
    ItemId::new(product.parse().unwrap(), None)
}

fn pieces(number: u32) -> Quantity {
    Quantity::new(number).unwrap()
}

fn offer() -> Offer {
    Offer::Listed {
        name: "T-Shirt".to_owned(),
        price: 2_999.try_into().unwrap(),
        currency: "USD".parse().unwrap(),
        available: true,
        stock: 100,
        others: Vec::new(),
    }
}

fn changed_offer(change: impl Fn(&mut u32, &mut bool, &mut String)) -> Offer {
    let (mut stock, mut available, mut code) = (100, true, "USD".to_owned());
    change(&mut stock, &mut available, &mut code);
    let (name, price) = ("T-Shirt".to_owned(), 2_999.try_into().unwrap());
    Offer::Listed {
        name,
        price,
        currency: code.parse().unwrap(),
        available,
        stock,
        others: Vec::new(),
    }
}

fn add(product: &str, quantity: u32, offer: Offer) -> Command {
    Command::AddItem { item: item(product), quantity: pieces(quantity), offer, currency: None }
}

fn set(product: &str, quantity: u32, offer: Offer) -> Command {
    Command::SetQuantity { item: item(product), quantity: pieces(quantity), offer }
}

fn remove(product: &str) -> Command {
    Command::RemoveItem { item: item(product) }
}

fn envelope(command: Command) -> Envelope {
    Envelope {
        id: "018cbb42-2f31-7000-8000-000000000001".parse().unwrap(),
        cart: "user123".parse().unwrap(),
        rules: Rules::CURRENT,
        digest: Digest::of(b""),
        expected_version: None,
        policy: Policy { max_lines: 2, max_quantity: 10, ..Policy::default() },
        command,
    }
}

/// The decision of a cart without dealings.
fn decided(
    cart: &Cart,
    version: u64,
    envelope: &Envelope,
    at: Timestamp,
) -> Result<Vec<Change>, Rejection> {
    let id = CartId::of(&envelope.cart, 0);
    decide(Known { id, version, cart, dealings: &Dealings::default() }, envelope, at)
}

fn deciding(cart: &Cart, command: Command, time: i64) -> Result<Vec<Change>, Rejection> {
    decided(cart, 7, &envelope(command), at(time))
}

fn after(cart: Cart, command: Command, time: i64) -> Cart {
    let changes = deciding(&cart, command, time).unwrap();
    changed(cart, &changes)
}

fn changed(cart: Cart, changes: &[Change]) -> Cart {
    assert!(!changes.is_empty());
    changes.iter().fold(cart, |cart, change| apply(cart, &change.fact, change.moment))
}

/// A cart with two shirts, changed at second 10.
fn two_shirts() -> Cart {
    after(Cart::default(), add("prod_1", 2, offer()), 10)
}

#[test]
fn two_shirts_at_29_99_cost_59_98() {
    let cart = two_shirts();

    assert_eq!(cart.lines.len(), 1);
    assert_eq!(cart.total().decimal(cart.currency).as_str(), "59.98");
    assert_eq!(cart.item_count(), 2);
}

#[test]
fn setting_the_line_to_five_costs_149_95() {
    let cart = after(two_shirts(), set("prod_1", 5, offer()), 11);

    assert_eq!(cart.total().decimal(cart.currency).as_str(), "149.95");
    assert_eq!(cart.lines[0].state, LineState::Updated);
}

#[test]
fn ten_adds_of_one_are_ten_pieces_on_one_line() {
    let adds = (0..10).map(|second| (second, add("prod_1", 1, offer())));

    let cart = adds.fold(Cart::default(), |cart, (second, add)| after(cart, add, second));

    assert_eq!((cart.lines.len(), cart.item_count()), (1, 10));
}

#[test]
fn a_later_add_keeps_the_price_of_the_first() {
    let dearer = Offer::Listed {
        name: "T-Shirt".to_owned(),
        price: 9_999.try_into().unwrap(),
        currency: "USD".parse().unwrap(),
        available: true,
        stock: 100,
        others: Vec::new(),
    };

    let cart = after(two_shirts(), add("prod_1", 1, dearer), 11);

    assert_eq!(cart.total().minor(), 3 * 2_999);
}

#[test]
fn a_variant_is_a_line_of_its_own() {
    let variant = ItemId::new("prod_1".parse().unwrap(), Some("large-red".parse().unwrap()));
    let add =
        Command::AddItem { item: variant, quantity: pieces(1), offer: offer(), currency: None };

    assert_eq!(after(two_shirts(), add, 11).lines.len(), 2);
}

#[test]
fn what_an_add_is_rejected_for() {
    let cart = two_shirts();
    let reject = |command| deciding(&cart, command, 11).unwrap_err();

    let no_stock = changed_offer(|stock, _, _| *stock = 2);
    assert_eq!(reject(add("p", 1, Offer::NoProduct)), Rejection::ProductNotFound);
    assert_eq!(reject(add("p", 1, Offer::NoVariant)), Rejection::UnknownVariant);
    let sold_out = changed_offer(|_, available, _| *available = false);
    assert_eq!(reject(add("prod_1", 1, sold_out)), Rejection::ProductUnavailable);
    let euros = changed_offer(|_, _, code| *code = "EUR".to_owned());
    assert_eq!(reject(add("p", 1, euros)), Rejection::CurrencyMismatch);
    assert_eq!(reject(add("prod_1", 9, offer())), Rejection::CartLimit);
    assert_eq!(reject(add("prod_1", 1, no_stock)), Rejection::InsufficientStock { available: 2 });
}

#[test]
fn a_full_cart_takes_no_new_line_but_more_of_an_old_one() {
    let cart = after(two_shirts(), add("p2", 1, offer()), 11);

    assert_eq!(deciding(&cart, add("p3", 1, offer()), 12), Err(Rejection::CartLimit));
    assert!(deciding(&cart, add("p2", 1, offer()), 12).is_ok());
}

#[test]
fn of_two_faults_the_first_in_precedence_is_the_answer() {
    let cart = two_shirts();
    let mut stale = envelope(add("prod_1", 1, changed_offer(|stock, _, _| *stock = 0)));
    stale.expected_version = Some(6);

    assert_eq!(decided(&cart, 7, &stale, at(11)), Err(Rejection::VersionMismatch { current: 7 }));
    stale.command = add("nope", 1, Offer::NoProduct);
    assert_eq!(decided(&cart, 7, &stale, at(11)), Err(Rejection::ProductNotFound));
}

#[test]
fn the_expected_version_lets_a_command_through() {
    let mut fresh = envelope(Command::Clear);
    fresh.expected_version = Some(7);

    assert!(decided(&two_shirts(), 7, &fresh, at(11)).is_ok());
}

#[test]
fn holding_fewer_needs_no_offer_and_holding_more_does() {
    let cart = two_shirts();
    let sold_out = || changed_offer(|_, available, _| *available = false);

    assert!(deciding(&cart, set("prod_1", 1, sold_out()), 11).is_ok());
    assert!(deciding(&cart, set("prod_1", 2, Offer::NoProduct), 11).is_ok());
    assert_eq!(
        deciding(&cart, set("prod_1", 3, sold_out()), 11),
        Err(Rejection::ProductUnavailable)
    );
    assert_eq!(deciding(&cart, set("p9", 3, offer()), 11), Err(Rejection::ItemNotFound));
}

#[test]
fn setting_the_same_quantity_is_a_change() {
    let changes = deciding(&two_shirts(), set("prod_1", 2, offer()), 11).unwrap();

    assert!(matches!(changes[..], [Change { fact: Fact::ItemUpdated(_), .. }]));
}

#[test]
fn a_cart_loses_its_currency_with_its_last_line() {
    let removed = after(two_shirts(), remove("prod_1"), 11);
    let cleared = after(two_shirts(), Command::Clear, 11);

    for cart in [removed, cleared] {
        assert_eq!((cart.lines.len(), cart.currency), (0, None));
    }
    assert_eq!(deciding(&Cart::default(), remove("prod_1"), 1), Err(Rejection::ItemNotFound));
}

#[test]
fn clearing_an_empty_cart_changes_nothing() {
    assert_eq!(deciding(&Cart::default(), Command::Clear, 11), Ok(Vec::new()));
}

#[test]
fn a_change_keeps_the_cart_a_day_and_never_shortens_an_extension() {
    let cart = two_shirts();
    assert_eq!(cart.lifespan.unwrap().expires_at, at(10).plus_seconds(DAY));

    let extended = after(cart, Command::Extend { seconds: 3 * DAY }, 20);
    assert_eq!(extended.lifespan.unwrap().expires_at, at(10).plus_seconds(4 * DAY));

    let changed = after(extended, add("prod_1", 1, offer()), 30);
    assert_eq!(changed.lifespan.unwrap().expires_at, at(10).plus_seconds(4 * DAY));
}

#[test]
fn an_extension_reaches_thirty_days_ahead_and_no_further() {
    let extend = |days| deciding(&two_shirts(), Command::Extend { seconds: days * DAY }, 10);

    assert!(extend(29).is_ok());
    assert_eq!(extend(30), Err(Rejection::InvalidExpiry));
}

#[test]
fn a_wake_before_anything_is_due_changes_nothing() {
    assert_eq!(deciding(&two_shirts(), Command::Wake { due: at(5) }, 11), Ok(Vec::new()));
}
