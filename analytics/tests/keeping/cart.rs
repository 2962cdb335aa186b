//! A cart that goes on by chance, as its events tell it.

use cart_schemas::cart::{Line, LineState};
use cart_schemas::event::{Event, Fact, Place, Summary};
use cart_schemas::id::{CartId, CartKey, CheckoutId, CommandId, ItemId};
use cart_schemas::money::{Amount, Currency};
use cart_schemas::quantity::Quantity;
use cart_schemas::timestamp::Timestamp;
use fastrand::Rng;
use uuid::Uuid;

pub(crate) const PRODUCTS: [&str; 5] = ["tea", "mug", "pot", "hat", "cup"];

/// A cart that goes on by chance.
pub(crate) struct Cart {
    pub(crate) key: CartKey,
    version: u64,
    at: Timestamp,
    lines: Vec<Line>,
}

impl Cart {
    pub(crate) fn new(key: CartKey) -> Self {
        Self { key, version: 0, at: Timestamp::default(), lines: Vec::new() }
    }

    /// What it is told next: whole versions, each of one event.
    pub(crate) fn next(&mut self, random: &mut Rng) -> Event {
        self.version += 1;
        self.at = self.at.plus_seconds(random.u32(1..20_000));
        let fact = self.fact(random);
        Event {
            place: Place { cart: CartId::of(&self.key, 0), version: self.version, n: 0, of: 1 },
            user: self.key.user().clone(),
            at: self.at,
            after: Summary {
                currency: Some("EUR".parse::<Currency>().unwrap()),
                total: Amount::ZERO,
                item_count: self.lines.len() as u64,
                expires_at: self.at,
            },
            fact,
        }
    }

    fn fact(&mut self, random: &mut Rng) -> Fact {
        let checkout = CheckoutId::from_command(CommandId::from_uuid(Uuid::nil()));
        match random.u8(0..5) {
            1 if !self.lines.is_empty() => {
                let value = cart_schemas::cart::total(&self.lines);
                Fact::CartAbandoned { tier: random.u8(1..4), since: self.at, value }
            }
            2 if !self.lines.is_empty() => {
                let lines = std::mem::take(&mut self.lines);
                let recovered = random.bool().then_some(1);
                Fact::CartConverted { checkout, order: "o".parse().unwrap(), lines, recovered }
            }
            3 if !self.lines.is_empty() => {
                let line = self.lines.swap_remove(random.usize(..self.lines.len()));
                Fact::ItemRemoved(line.item)
            }
            _ => {
                let product = PRODUCTS[random.usize(..PRODUCTS.len())];
                let item = ItemId::new(product.parse().unwrap(), None);
                let line = Line {
                    item,
                    name: product.to_owned(),
                    price: i64::from(random.u16(1..999)).try_into().unwrap(),
                    quantity: Quantity::new(random.u32(1..9)).unwrap(),
                    state: LineState::Added,
                    added_at: self.at,
                    last_modified: self.at,
                };
                self.lines.retain(|held| held.item != line.item);
                self.lines.push(line.clone());
                Fact::ItemAdded(line)
            }
        }
    }
}
