//! A few carts, a few skus, and all that is said between them.

use std::collections::BTreeMap;

use cart_schemas::cart::Cart;
use cart_schemas::command::{Command, Offer};
use cart_schemas::digest::Digest;
use cart_schemas::envelope::Envelope;
use cart_schemas::event::{Event, Fact};
use cart_schemas::evolve::evolve;
use cart_schemas::id::{CartKey, CheckoutId, CommandId, ItemId, SkuKey};
use cart_schemas::policy::{Policy, Rules};
use cart_schemas::record::CartRecord;
use cart_schemas::reply::{Answer, Reply};
use cart_schemas::stock::{StockCommand, StockEnvelope, Units};
use cart_schemas::timestamp::Timestamp;
use cart_schemas::topic::{Topic, header};
use cart_storage::log::{Header, NewRecord};
use uuid::Uuid;

use super::side::{Appended, Side};
use crate::fold::{Carts, Skus, carts};

/// Pieces of each sku at first: fewer than the carts want together.
pub(super) const PUT: u32 = 6;

#[derive(Debug)]
pub(super) struct World {
    pub(super) carts: Side<Carts>,
    pub(super) skus: Side<Skus>,
    pub(super) events: BTreeMap<CartKey, Vec<Event>>,
    answers: BTreeMap<CommandId, Answer>,
    now: i64,
    sent: u64,
}

pub(super) fn cart(number: u8) -> CartKey {
    format!("user{number}").parse().unwrap()
}

pub(super) fn item(number: u8) -> ItemId {
    ItemId::new(format!("p{number}").parse().unwrap(), None)
}

pub(super) fn offer() -> Offer {
    Offer::Listed {
        name: "T-Shirt".to_owned(),
        price: 2_999.try_into().unwrap(),
        currency: "USD".parse().unwrap(),
        available: true,
        stock: 100,
        others: Vec::new(),
    }
}

impl World {
    pub(super) fn of_skus(skus: u8) -> Self {
        let mut world = Self {
            carts: Side::new(Carts::new()),
            skus: Side::new(Skus::new()),
            events: BTreeMap::new(),
            answers: BTreeMap::new(),
            now: 1_700_000_000,
            sent: 0,
        };
        (0..skus).for_each(|number| world.put(number));
        world
    }

    fn id(&mut self) -> CommandId {
        self.sent += 1;
        CommandId::from_uuid(Uuid::from_u64_pair(9, self.sent))
    }

    pub(super) fn at(&self) -> Timestamp {
        Timestamp::from_millis(self.now * 1_000)
    }

    pub(super) fn pass(&mut self, seconds: i64) {
        self.now += seconds;
    }

    fn put(&mut self, number: u8) {
        let command = StockCommand::Put { units: Units::new(PUT).unwrap() };
        let envelope = StockEnvelope {
            id: self.id(),
            sku: SkuKey::new(None, item(number)),
            rules: Rules::CURRENT,
            digest: command.digest(),
            policy: Policy::default(),
            command,
        };
        let key = Some(envelope.sku.to_string().into());
        let value = Some(envelope.encode().into());
        self.skus.append(NewRecord { key, value, headers: Vec::new() }, self.at());
    }

    /// Somebody asks something of a cart, and waits.
    pub(super) fn ask(&mut self, cart: CartKey, command: Command) {
        let envelope = Envelope {
            id: self.id(),
            cart,
            rules: Rules::CURRENT,
            digest: Digest::of(format!("{command:?}").as_bytes()),
            expected_version: None,
            policy: Policy::default(),
            command,
        };
        let mut record = carts::record(&envelope);
        record.headers.push(Header::text(header::REPLY_PARTITION, "0"));
        self.carts.append(record, self.at());
    }

    /// The checkout under way in a cart, or the last one that has ended.
    pub(super) fn checkout_of(&self, cart: &CartKey) -> Option<CheckoutId> {
        let record = self.carts.records.get(cart)?;
        let current = record.cart.checkout.as_ref().map(|checkout| checkout.id);
        current.or_else(|| Some(record.dealings.ended.last()?.checkout))
    }

    /// What was said arrives.
    pub(super) fn hear(&mut self, said: Appended) {
        for (to, record) in said {
            match to.topic {
                Topic::Commands => self.carts.append(record, self.at()),
                Topic::InventoryCommands => self.skus.append(record, self.at()),
                Topic::Events => self.hear_event(&record),
                Topic::Replies => self.hear_reply(&record),
                Topic::InventoryLevels => {}
                Topic::Products
                | Topic::CommandsDeadLetters
                | Topic::InventoryDeadLetters
                | Topic::Analytics => panic!("{to:?}"),
            }
        }
    }

    /// Takes an event as consumers do: repeats have the content of the first, and none is missing.
    fn hear_event(&mut self, record: &NewRecord) {
        let event = Event::decode(record.value.as_deref().unwrap()).unwrap();
        let known = self.events.entry(event.user.as_str().parse().unwrap()).or_default();
        if let Some(first) = known.iter().find(|first| first.place == event.place) {
            assert_eq!(*first, event);
            return;
        }
        let next = match known.last().map(|last| last.place) {
            Some(last) if last.n + 1 < last.of => (last.version, last.n + 1),
            Some(last) => (last.version + 1, 0),
            None => (1, 0),
        };
        assert_eq!((event.place.version, event.place.n), next);
        known.push(event);
    }

    /// A command has one outcome, however often it is told.
    fn hear_reply(&mut self, record: &NewRecord) {
        let value = record.value.as_deref().unwrap();
        let Ok(Reply { command, answer, .. }) = Reply::decode(value) else { return };
        match answer {
            Answer::Applied { .. } | Answer::Rejected(_) | Answer::Short { .. } => {
                let first = self.answers.entry(command).or_insert_with(|| answer.clone());
                assert_eq!(*first, answer);
            }
            Answer::Merged { .. } | Answer::Remembered { .. } | Answer::Conflict => {}
        }
    }

    pub(super) fn was_answered(&self, command: CommandId) -> bool {
        self.answers.contains_key(&command)
    }

    /// Everything that lies in a log is read and told.
    pub(super) fn drain(&mut self) {
        while self.carts.is_behind() || self.skus.is_behind() {
            let said = self.carts.run(usize::MAX / 2);
            self.hear(said);
            let said = self.skus.run(usize::MAX / 2);
            self.hear(said);
        }
    }

    /// Time passes until no checkout can be under way any more.
    pub(super) fn settle(&mut self) {
        self.drain();
        self.pass(3_600);
        let carts: Vec<_> = self.carts.records.keys().cloned().collect();
        for cart in carts {
            self.ask(cart, Command::Wake { due: self.at() });
        }
        self.drain();
    }

    pub(super) fn facts(&self) -> impl Iterator<Item = &Fact> {
        self.events.values().flatten().map(|event| &event.fact)
    }

    /// Pieces of an item that were sold.
    pub(super) fn sold(&self, item: &ItemId) -> u32 {
        let sales = self.facts().filter_map(|fact| {
            let Fact::CartConverted { lines, .. } = fact else { return None };
            Some(lines)
        });
        let lines = sales.flatten().filter(|line| line.item == *item);
        lines.map(|line| line.quantity.get()).sum()
    }

    /// Pieces that people have put into carts.
    pub(super) fn came(&self) -> u64 {
        let mut came = 0;
        for events in self.events.values() {
            let mut cart = Cart::default();
            for event in events {
                let before = cart.item_count();
                cart = evolve(cart, event);
                if matches!(event.fact, Fact::ItemAdded(_) | Fact::ItemUpdated(_)) {
                    came += cart.item_count() - before;
                }
            }
        }
        came
    }

    pub(super) fn folded(&self, cart: &CartKey) -> Cart {
        self.events.get(cart).into_iter().flatten().fold(Cart::default(), evolve)
    }

    pub(super) fn held(&self) -> u64 {
        self.carts.records.values().map(|record: &CartRecord| record.cart.item_count()).sum()
    }

    /// What carts have asked of skus, as it lies in their log.
    pub(super) fn asked_of_skus(&self) -> Vec<StockEnvelope> {
        let values = self.skus.log.iter().map(|record| record.value.as_deref().unwrap());
        values.map(|value| StockEnvelope::decode(value).unwrap()).collect()
    }
}
