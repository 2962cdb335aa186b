//! Examples of imports.

use cart_schemas::cart::{Line, LineState};
use cart_schemas::event::Fact;
use cart_schemas::import::{ImportedCart, ImportedLine};

use super::*;

fn line(product: &str, pieces_held: u32) -> ImportedLine {
    ImportedLine {
        item: item(product),
        name: "Their T-Shirt".to_owned(),
        price: 1_999.try_into().unwrap(),
        quantity: pieces(pieces_held),
        added_at: Some(at(3)),
        last_modified: Some(at(5)),
    }
}

fn import(lines: Vec<ImportedLine>, expires_at: Option<Timestamp>) -> Command {
    let currency = "EUR".parse().unwrap();
    Command::Import(ImportedCart::new(currency, lines, expires_at).unwrap())
}

fn importing(version: u64, command: Command, time: i64) -> Result<Vec<Change>, Rejection> {
    decided(&Cart::default(), version, &envelope(command), at(time))
}

fn imported(line: ImportedLine, time: i64) -> Line {
    let cart = changed(Cart::default(), &importing(0, import(vec![line], None), time).unwrap());
    cart.lines[0].clone()
}

#[test]
fn an_import_adds_every_line_as_it_was() {
    let changes = importing(0, import(vec![line("a", 2), line("b", 3)], None), 10).unwrap();

    assert!(changes.iter().all(|change| matches!(change.fact, Fact::ItemAdded(_))));
    let cart = changed(Cart::default(), &changes);
    assert_eq!((cart.lines.len(), cart.item_count(), cart.total().minor()), (2, 5, 5 * 1_999));
    assert_eq!(cart.currency, Some("EUR".parse().unwrap()));
    assert_eq!(cart.lines[1].name, "Their T-Shirt");
    assert_eq!((cart.lines[1].added_at, cart.lines[1].last_modified), (at(3), at(5)));
    assert_eq!(cart.lifespan.unwrap().last_modified, at(10));
    assert_eq!(cart.lifespan.unwrap().expires_at, at(10).plus_seconds(DAY));
}

#[test]
fn a_cart_somebody_has_changed_takes_no_import() {
    let again = importing(1, import(vec![line("a", 2)], None), 10);

    assert_eq!(again, Err(Rejection::CartExists));
}

#[test]
fn an_import_is_held_to_the_shops_limits() {
    let too_many = import(vec![line("a", 1), line("b", 1), line("c", 1)], None);
    let too_much = import(vec![line("a", 1), line("b", 11)], None);

    assert_eq!(importing(0, too_many, 10), Err(Rejection::CartLimit));
    assert_eq!(importing(0, too_much, 10), Err(Rejection::CartLimit));
}

#[test]
fn the_expected_version_is_compared_before_anything_else() {
    let stale =
        Envelope { expected_version: Some(7), ..envelope(import(vec![line("a", 1)], None)) };

    let decided = decided(&Cart::default(), 8, &stale, at(10));

    assert_eq!(decided, Err(Rejection::VersionMismatch { current: 8 }));
}

#[test]
fn an_imported_cart_is_kept_as_long_as_it_was_and_at_most_thirty_days() {
    let end = |promised| {
        let command = import(vec![line("a", 1)], Some(promised));
        importing(0, command, 10).unwrap()[0].moment.expires_at
    };
    let now = at(10);

    assert_eq!(end(at(0)), now.plus_seconds(DAY));
    assert_eq!(end(now.plus_seconds(3 * DAY)), now.plus_seconds(3 * DAY));
    assert_eq!(end(now.plus_seconds(31 * DAY)), now.plus_seconds(30 * DAY));
    assert_eq!(end(Timestamp::from_micros(i64::MAX)), now.plus_seconds(30 * DAY));
}

#[test]
fn the_times_of_a_line_are_its_own_in_order_and_never_later_than_now() {
    let times = |added_at: Option<i64>, last_modified: Option<i64>| {
        let (added_at, last_modified) = (added_at.map(at), last_modified.map(at));
        let line = imported(ImportedLine { added_at, last_modified, ..line("a", 1) }, 10);
        (line.added_at, line.last_modified, line.state)
    };

    assert_eq!(times(None, None), (at(10), at(10), LineState::Added));
    assert_eq!(times(Some(3), None), (at(3), at(3), LineState::Added));
    assert_eq!(times(None, Some(5)), (at(5), at(5), LineState::Added));
    assert_eq!(times(Some(3), Some(5)), (at(3), at(5), LineState::Updated));
    assert_eq!(times(Some(5), Some(3)), (at(5), at(5), LineState::Added));
    assert_eq!(times(Some(99), Some(99)), (at(10), at(10), LineState::Added));
}
