//! Commands and records for the tests of the oracle and of the invariants.

use cart_schemas::command::{Command, Offer};
use cart_schemas::digest::Digest;
use cart_schemas::envelope::Envelope;
use cart_schemas::id::{CartKey, CommandId, ItemId};
use cart_schemas::import::{ImportedCart, ImportedLine};
use cart_schemas::partition::{Partition, PartitionCount};
use cart_schemas::policy::{Policy, Rules};
use cart_schemas::quantity::Quantity;
use cart_schemas::timestamp::Timestamp;
use cart_storage::log::Record;
use uuid::Uuid;

use crate::simulation::idle;

/// The only partition of a log with one.
pub(crate) const P: Partition = Partition::new(0);
pub(crate) const DAY: u32 = 24 * 60 * 60;

pub(crate) fn one_partition() -> PartitionCount {
    PartitionCount::new(1).unwrap()
}

pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros(1_700_000_000_000_000 + seconds * 1_000_000)
}

pub(crate) fn user() -> CartKey {
    "user123".parse().unwrap()
}

pub(crate) fn item(product: &str) -> ItemId {
    ItemId::new(product.parse().unwrap(), None)
}

pub(crate) fn offer(currency: &str, stock: u32, available: bool) -> Offer {
    Offer::Listed {
        name: "T-Shirt".to_owned(),
        price: 2_999.try_into().unwrap(),
        currency: currency.parse().unwrap(),
        available,
        stock,
        others: Vec::new(),
    }
}

pub(crate) fn add(product: &str, pieces: u32) -> Command {
    let quantity = Quantity::new(pieces).unwrap();
    Command::AddItem {
        item: item(product),
        quantity,
        offer: offer("USD", 100, true),
        currency: None,
    }
}

pub(crate) fn set(product: &str, pieces: u32, offer: Offer) -> Command {
    Command::SetQuantity { item: item(product), quantity: Quantity::new(pieces).unwrap(), offer }
}

pub(crate) fn remove(product: &str) -> Command {
    Command::RemoveItem { item: item(product) }
}

/// A cart of these products that another shop kept until `end`.
pub(crate) fn import(products: &[&str], end: Option<Timestamp>) -> Command {
    let line = |product: &&str| ImportedLine {
        item: item(product),
        name: "Their T-Shirt".to_owned(),
        price: 1_999.try_into().unwrap(),
        quantity: 2.try_into().unwrap(),
        added_at: Some(at(-9)),
        last_modified: Some(at(-5)),
    };
    let lines = products.iter().map(line).collect();
    Command::Import(ImportedCart::new("EUR".parse().unwrap(), lines, end).unwrap())
}

pub(crate) fn wake() -> Command {
    Command::Wake { due: at(0) }
}

/// A command of the user; its id is made of the number.
pub(crate) fn envelope(id: u64, command: Command) -> Envelope {
    Envelope {
        id: CommandId::from_uuid(Uuid::from_u64_pair(7, id)),
        cart: user(),
        rules: Rules::CURRENT,
        digest: Digest::of(format!("{command:?}").as_bytes()),
        expected_version: None,
        policy: Policy { max_lines: 3, max_quantity: 20, ..idle::never() },
        command,
    }
}

/// A record of the command log.
pub(crate) fn record(offset: i64, appended: Timestamp, envelope: &Envelope) -> Record {
    Record {
        offset,
        appended,
        key: Some(envelope.cart.to_string().into()),
        value: Some(envelope.encode().into()),
        headers: Vec::new(),
    }
}
