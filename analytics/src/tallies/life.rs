//! Lives of carts for tests: what is told of them, event by event.

use cart_schemas::cart::{Line, LineState};
use cart_schemas::event::{Event, Fact, Place, Summary};
use cart_schemas::id::{CartId, CartKey, CheckoutId, CommandId, ItemId};
use cart_schemas::money::Amount;
use cart_schemas::quantity::Quantity;
use cart_schemas::timestamp::Timestamp;
use uuid::Uuid;

pub(super) const HOUR: u32 = 3_600;

/// A cart that is told of, one version after the other.
pub(super) struct Life {
    pub(super) key: CartKey,
    version: u64,
    pub(super) events: Vec<Event>,
}

impl Life {
    pub(super) fn new(key: &str) -> Self {
        Self { key: key.parse().unwrap(), version: 0, events: Vec::new() }
    }

    /// A fact at this second, after which the cart has so many pieces.
    pub(super) fn then(mut self, second: u32, pieces: u64, fact: Fact) -> Self {
        self.version += 1;
        let cart = CartId::of(&self.key, 0);
        self.events.push(Event {
            place: Place { cart, version: self.version, n: 0, of: 1 },
            user: self.key.user().clone(),
            at: Timestamp::default().plus_seconds(second),
            after: Summary {
                currency: "EUR".parse().ok(),
                total: Amount::ZERO,
                item_count: pieces,
                expires_at: Timestamp::default(),
            },
            fact,
        });
        self
    }

    pub(super) fn each(&self, mut take: impl FnMut(&CartKey, &Event)) {
        self.events.iter().for_each(|event| take(&self.key, event));
    }
}

pub(super) fn line() -> Line {
    Line {
        item: ItemId::new("p".parse().unwrap(), None),
        name: "Tea".to_owned(),
        price: 250.try_into().unwrap(),
        quantity: Quantity::new(2).unwrap(),
        state: LineState::Added,
        added_at: Timestamp::default(),
        last_modified: Timestamp::default(),
    }
}

pub(super) fn checkout() -> CheckoutId {
    CheckoutId::from_command(CommandId::from_uuid(Uuid::nil()))
}

pub(super) fn started(recovered: Option<u8>) -> Fact {
    let lines = vec![line()];
    Fact::CheckoutStarted { checkout: checkout(), until: Timestamp::default(), lines, recovered }
}

pub(super) fn converted(recovered: Option<u8>) -> Fact {
    let order = "o".parse().unwrap();
    Fact::CartConverted { checkout: checkout(), order, lines: vec![line()], recovered }
}

pub(super) fn abandoned(tier: u8) -> Fact {
    let value = Amount::try_from(500).unwrap();
    Fact::CartAbandoned { tier, since: Timestamp::default(), value }
}

/// Filled, left, won back and paid; then filled again and left to expire.
pub(super) fn whole_life(key: &str) -> Life {
    Life::new(key)
        .then(0, 2, Fact::ItemAdded(line()))
        .then(HOUR, 2, abandoned(1))
        .then(24 * HOUR, 2, abandoned(2))
        .then(25 * HOUR, 2, Fact::CartRecovered { tier: 2 })
        .then(25 * HOUR, 2, started(Some(2)))
        .then(25 * HOUR + 60, 0, converted(Some(2)))
        .then(26 * HOUR, 2, Fact::ItemAdded(line()))
        .then(50 * HOUR, 0, Fact::CartExpired(vec![line()]))
}
