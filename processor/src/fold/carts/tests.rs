//! Who is told what of a checkout, and when: live, at a replay, and when it is asked for again.

use cart_schemas::cart::CartState;
use cart_schemas::checkout::Shortage;
use cart_schemas::command::Offer;
use cart_schemas::generation::{CommandLog, Generation};
use cart_schemas::id::{CheckoutId, ItemId, TenantId};
use cart_schemas::partition::{Partition, PartitionCount};
use cart_schemas::record::Position;
use cart_schemas::rejection::RejectionCode;
use cart_schemas::stock::StockEnvelope;
use uuid::Uuid;

use super::*;
use crate::intake::Home;
use crate::step::Placement;

const HOME: Home = Home {
    log: CommandLog { generation: Generation::FIRST, partitions: PartitionCount::ONE },
    partition: Partition::new(0),
};
/// Where whoever asks waits.
const WAITS: Partition = Partition::new(3);
const LEASE: u32 = 15 * 60;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros(seconds * 1_000_000)
}

fn item(product: &str) -> ItemId {
    ItemId::new(product.parse().unwrap(), None)
}

fn paying() -> Command {
    Command::Checkout { accept_prices: false, differing: Vec::new() }
}

fn reserved(checkout: CheckoutId, product: &str, granted: bool) -> Command {
    Command::Reserved { checkout, item: item(product), granted, available: 1 }
}

#[derive(Default)]
struct Desk {
    /// The shop Ann's cart is of.
    shop: Option<TenantId>,
    record: CartRecord,
    log: Vec<Incoming<Envelope>>,
}

impl Desk {
    /// A cart that has held one of each of these since second 10.
    fn holding(products: &[&str]) -> Self {
        Self::holding_in(None, products)
    }

    /// The same, in a shop.
    fn holding_in(shop: Option<&str>, products: &[&str]) -> Self {
        let shop = shop.map(|shop| shop.parse().unwrap());
        let mut desk = Self { shop, ..Self::default() };
        for product in products {
            let offer = Offer::Listed {
                name: "T-Shirt".to_owned(),
                price: 2_999.try_into().unwrap(),
                currency: "USD".parse().unwrap(),
                available: true,
                stock: 100,
                others: Vec::new(),
            };
            let (item, quantity) = (item(product), 1.try_into().unwrap());
            desk.takes(Command::AddItem { item, quantity, offer, currency: None }, 10);
        }
        desk
    }

    /// One of them whose checkout has begun at second 20.
    fn begun(products: &[&str]) -> (Self, CheckoutId) {
        let mut desk = Self::holding(products);
        desk.takes(paying(), 20);
        let checkout = desk.record.cart.checkout.as_ref().unwrap().id;
        (desk, checkout)
    }

    fn takes(&mut self, command: Command, time: i64) -> Folded {
        let id = CommandId::from_uuid(Uuid::from_u64_pair(1, self.log.len() as u64));
        self.takes_as(id, command, time)
    }

    fn takes_as(&mut self, id: CommandId, command: Command, time: i64) -> Folded {
        let offset = i64::try_from(self.log.len()).unwrap();
        let envelope = Envelope {
            id,
            cart: CartKey::new(self.shop.clone(), "ann".parse().unwrap()),
            rules: Rules::CURRENT,
            digest: Digest::of(format!("{command:?}").as_bytes()),
            expected_version: None,
            policy: Policy::default(),
            command,
        };
        let position = Position { generation: Generation::FIRST, offset };
        self.log.push(Incoming {
            envelope,
            home: HOME,
            placement: Placement { position, appended: at(time) },
            reply_to: Some(WAITS),
            traceparent: Some("trace".to_owned()),
        });
        self.again(self.log.len() - 1)
    }

    /// What comes of a record of the log, for the first time or when it is met again.
    fn again(&mut self, place: usize) -> Folded {
        Carts::new().step(&mut self.record, at(0), &self.log[place])
    }

    /// The id of a command in the log.
    fn id(&self, place: usize) -> CommandId {
        self.log[place].envelope.id
    }
}

/// What whoever waits is told, and about which command.
fn told(folded: &Folded) -> Option<(CommandId, Answer)> {
    let (to, reply) = folded.reply.as_ref()?;
    assert_eq!((to.topic, to.partition), (Topic::Replies, WAITS));
    let reply = Reply::decode(reply.value.as_deref().unwrap()).unwrap();
    Some((reply.command, reply.answer))
}

fn short(products: &[&str]) -> Answer {
    let lines = products.iter().map(|product| Shortage { item: item(product), available: 1 });
    Answer::Short { lines: lines.collect() }
}

#[test]
fn whoever_begins_a_checkout_is_told_with_the_last_answer_of_its_skus_that_it_is_ready() {
    let (mut desk, checkout) = Desk::begun(&["p1", "p2"]);
    let begun = desk.log.len() - 1;
    assert_eq!(told(&desk.again(begun)), None);

    assert_eq!(told(&desk.takes(reserved(checkout, "p2", true), 21)), None);
    let last = desk.takes(reserved(checkout, "p1", true), 22);

    let ready = Some((desk.id(begun), Answer::Applied { version: 4 }));
    assert_eq!(told(&last), ready);
    let (_, reply) = last.reply.as_ref().unwrap();
    let after = Reply::decode(reply.value.as_deref().unwrap()).unwrap().after;
    assert!(after.cart.checkout.unwrap().ready);
    // And again, when the last answer is met again; the others still tell nobody.
    let replays = [begun, begun + 1, begun + 2].map(|place| told(&desk.again(place)));
    assert_eq!(replays, [None, None, ready]);
}

#[test]
fn whoever_begins_a_checkout_that_is_short_is_told_of_what() {
    let (mut desk, checkout) = Desk::begun(&["p1", "p2"]);
    let begun = desk.log.len() - 1;

    assert_eq!(told(&desk.takes(reserved(checkout, "p2", false), 21)), None);
    let last = desk.takes(reserved(checkout, "p1", true), 22);

    let refused = Some((desk.id(begun), short(&["p2"])));
    assert_eq!(told(&last), refused);
    assert_eq!(told(&desk.again(begun + 2)), refused);
}

#[test]
fn a_checkout_that_cannot_begin_is_answered_at_once_and_asks_nothing() {
    let mut desk = Desk::default();

    let refused = desk.takes(paying(), 20);

    let empty = Answer::Rejected(Rejection::EmptyCart);
    assert_eq!(told(&refused), Some((desk.id(0), empty.clone())));
    assert!(refused.facts.is_empty());
    assert_eq!(told(&desk.again(0)), Some((desk.id(0), empty)));
}

#[test]
fn a_checkout_asked_for_again_is_answered_once_its_skus_have() {
    for granted in [true, false] {
        let (mut desk, checkout) = Desk::begun(&["p1"]);
        let id = desk.id(desk.log.len() - 1);

        let pending = desk.takes_as(id, paying(), 21);
        assert_eq!((told(&pending), pending.outcome), (None, "remembered"));
        desk.takes(reserved(checkout, "p1", granted), 22);
        let again = told(&desk.takes_as(id, paying(), 23));

        let rejected = (!granted).then_some(RejectionCode::InsufficientStock);
        assert_eq!(again, Some((id, Answer::Remembered { version: 2, rejected })));
        let other = Command::Checkout { accept_prices: true, differing: Vec::new() };
        assert_eq!(told(&desk.takes_as(id, other, 24)), Some((id, Answer::Conflict)));
    }
}

#[test]
fn a_checkout_asked_for_again_after_it_was_paid_or_cancelled_was_carried_out() {
    let order = || "order-1".parse().unwrap();
    let ends: [fn(CheckoutId, _) -> Command; 2] = [
        |checkout, order| Command::Complete { checkout, order },
        |checkout, _| Command::CancelCheckout { checkout },
    ];
    for end in ends {
        let (mut desk, checkout) = Desk::begun(&["p1"]);
        let id = desk.id(desk.log.len() - 1);
        desk.takes(reserved(checkout, "p1", true), 21);

        let ended = told(&desk.takes(end(checkout, order()), 22));
        let again = told(&desk.takes_as(id, paying(), 23));

        assert!(matches!(ended, Some((_, Answer::Applied { version: 4 }))), "{ended:?}");
        assert_eq!(again, Some((id, Answer::Remembered { version: 2, rejected: None })));
    }
}

#[test]
fn nobody_is_told_of_a_checkout_that_ends_before_its_skus_have_answered() {
    let (mut desk, checkout) = Desk::begun(&["p1"]);
    let cancelled = desk.takes(Command::CancelCheckout { checkout }, 21);
    assert!(matches!(told(&cancelled), Some((_, Answer::Applied { .. }))));
    assert_eq!(told(&desk.takes(reserved(checkout, "p1", true), 22)), None);

    let (mut desk, checkout) = Desk::begun(&["p1"]);
    let late = desk.takes(reserved(checkout, "p1", false), 20 + i64::from(LEASE));
    assert_eq!(told(&late), None);
}

#[test]
fn news_are_answered_to_nobody_and_what_is_refused_for_a_lock_says_until_when() {
    let (mut desk, _) = Desk::begun(&["p1"]);
    let news = cart_schemas::cart::News { price: 9.try_into().unwrap(), number: 1 };
    let currency = "USD".parse().unwrap();
    let refresh =
        Command::Refresh { item: item("p1"), currency, available: true, news, others: Vec::new() };
    assert_eq!(told(&desk.takes(refresh, 21)), None);

    let refused = told(&desk.takes(Command::Clear, 22));

    let until = at(20).plus_seconds(LEASE);
    let locked = Answer::Rejected(Rejection::CartLocked { until });
    assert_eq!(refused.map(|(_, answer)| answer), Some(locked));
}

/// What a step asks of skus.
fn asked(folded: &Folded) -> Vec<StockEnvelope> {
    let to_skus = folded.facts.iter().filter(|(to, _)| to.topic == Topic::InventoryCommands);
    let envelopes = to_skus.map(|(_, record)| {
        let envelope = StockEnvelope::decode(record.value.as_deref().unwrap()).unwrap();
        assert_eq!(record.key.as_deref(), Some(envelope.sku.to_string().as_bytes()));
        envelope
    });
    envelopes.collect()
}

#[test]
fn each_sku_of_a_checkout_is_asked_and_answers_under_an_id_of_its_own() {
    let mut desk = Desk::holding(&["p1", "p2"]);
    let begun = desk.takes(paying(), 20);

    let reserves = asked(&begun);

    let skus: Vec<_> = reserves.iter().map(|one| one.sku.item().clone()).collect();
    assert_eq!(skus, [item("p1"), item("p2")]);
    assert_ne!(reserves[0].id, reserves[1].id);
    let answers = reserves.iter().map(|one| CommandId::follow_up(one.id, 0));
    for (answer, product) in answers.zip(["p1", "p2"]) {
        let checkout = desk.record.cart.checkout.as_ref().unwrap().id;
        desk.takes_as(answer, reserved(checkout, product, true), 21);
    }
    assert!(desk.record.cart.checkout.as_ref().unwrap().ready);
}

#[test]
fn a_cart_asks_the_skus_of_its_own_shop_and_is_found_among_their_holders() {
    for (shop, place) in [(None, ""), (Some("acme"), "acme/")] {
        let mut desk = Desk::holding_in(shop, &["p1"]);
        let sku = format!("{place}{}", item("p1"));
        let noted = desk.again(0).holds;
        assert!(noted.iter().all(|slot| slot.starts_with(&format!("{sku}/"))), "{noted:?}");

        let reserve = asked(&desk.takes(paying(), 20));
        let checkout = desk.record.cart.checkout.as_ref().unwrap().id;
        let free = asked(&desk.takes(Command::CancelCheckout { checkout }, 21));
        let stray = asked(&desk.takes(reserved(checkout, "p1", true), 22));
        desk.takes(paying(), 23);
        let checkout = desk.record.cart.checkout.as_ref().unwrap().id;
        desk.takes(reserved(checkout, "p1", true), 24);
        let order = "o".parse().unwrap();
        let sell = asked(&desk.takes(Command::Complete { checkout, order }, 25));

        for asked in [reserve, free, stray, sell] {
            let skus: Vec<_> = asked.iter().map(|one| one.sku.to_string()).collect();
            assert_eq!(skus, [sku.as_str()]);
        }
    }
}

#[test]
fn what_is_asked_of_skus_carries_on_who_waits_and_is_the_same_at_a_replay() {
    let (mut desk, _) = Desk::begun(&["p1"]);
    let begun = desk.log.len() - 1;

    let again = desk.again(begun);

    let (_, reserve) = again.facts.last().unwrap();
    let header = |name| reserve.headers.iter().find(|header| header.name == name).unwrap();
    assert_eq!(header(header::REPLY_PARTITION).value, "3");
    assert_eq!(header("traceparent").value, "trace");
    let envelope = &asked(&again)[0];
    assert_eq!(header(header::COMMAND).value, envelope.id.to_string());
    assert_eq!(envelope.digest, envelope.command.digest());
    let (first, second) = (asked(&desk.again(begun)), asked(&again));
    assert_eq!(first, second);
}

#[test]
fn a_stray_grant_is_freed_once_for_each_time_it_came() {
    let (mut desk, checkout) = Desk::begun(&["p1"]);
    desk.takes(Command::CancelCheckout { checkout }, 21);
    let grant = CommandId::from_uuid(Uuid::from_u128(77));

    let first = asked(&desk.takes_as(grant, reserved(checkout, "p1", true), 22));
    let place = desk.log.len() - 1;
    let twice = asked(&desk.takes_as(grant, reserved(checkout, "p1", true), 23));

    assert_eq!((first.len(), twice.len()), (1, 1));
    assert_eq!(first[0].command, twice[0].command);
    // A grant that came twice may have been granted twice.
    assert_ne!(first[0].id, twice[0].id);
    assert_eq!(asked(&desk.again(place)), first);
}

#[test]
fn a_cart_is_found_by_what_came_into_it_and_by_nothing_else() {
    let mut desk = Desk::default();
    let mut held = Desk::holding(&["p1"]);
    assert_eq!(desk.takes(paying(), 20).holds, [""; 0]);
    let slot = |product: &str| holders::slot_of(&item(product), &"ann".parse().unwrap());

    assert_eq!(held.again(0).holds, [slot("p1")]);

    assert_eq!(held.takes(paying(), 20).holds, [""; 0]);
    assert_eq!(held.record.cart.state, CartState::Active);
}
