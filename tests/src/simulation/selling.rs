//! Customers who pay for carts, those who do not, goods that run short, and news of them.
//!
//! They are drawn from a generator of their own, and only in some seeds, in which there are
//! processors of skus, too: all others are as they were before anything was sold, so that a seed
//! known to show something still does.

use bytes::Bytes;
use cart_schemas::cart::News;
use cart_schemas::command::{Command, Intent};
use cart_schemas::digest::Digest;
use cart_schemas::envelope::Envelope;
use cart_schemas::id::{CartKey, CheckoutId, CommandId, SkuKey};
use cart_schemas::money::Price;
use cart_schemas::partition::PartitionCount;
use cart_schemas::policy::{Policy, Rules};
use cart_schemas::quantity::Quantity;
use cart_schemas::stock::{StockCommand, StockEnvelope};
use cart_schemas::topic::Topic;
use cart_storage::log::{NewRecord, TopicPartition};
use fastrand::Rng;
use uuid::Uuid;

use super::goods;
use super::plan::{Act, Expected, Item, Order, SECOND, Shape};
use super::shadow::Shadow;

/// Seeds are told apart by what is left of them.
const APART: u64 = 13;
/// In these something is sold; in the last of them carts are merged, too.
const SELLING: [u64; 4] = [4, 9, 10, 12];
/// Goods that are sold: some of them are rare.
const SOLD: [usize; 6] = [0, 2, 3, 3, 6, 6];

/// Whether anything is sold in a seed.
pub(super) fn are_drawn(seed: u64) -> bool {
    SELLING.contains(&(seed % APART))
}

/// Gives each of the shop's policies a lease, and a time for which prices hold.
pub(super) fn times(seed: u64, shape: &mut Shape) {
    if are_drawn(seed) {
        let mut rng = Rng::with_seed(seed ^ 0x5e11);
        for policy in &mut shape.policies {
            policy.lease_seconds = rng.u32(3..=45);
            policy.price_hold_seconds = if rng.bool() { rng.u32(0..=20) } else { 86_400 };
        }
    }
}

/// What is sold in a shop, and when; nothing in most seeds.
pub(super) fn draw(seed: u64, shape: &Shape) -> Vec<Item> {
    let rng = Rng::with_seed(seed ^ 0x5e1e);
    let Shape { carts, processors, lasts, .. } = *shape;
    let mut draft = Draft { rng, carts, processors, lasts, items: Vec::new() };
    if are_drawn(seed) {
        for _ in 0..draft.rng.usize(8..=20) {
            draft.checkout();
        }
        for _ in 0..draft.rng.usize(4..=12) {
            draft.news();
        }
        for _ in 0..draft.rng.usize(1..=5) {
            let (at, pick) = (draft.moment(), draft.rng.u64(..));
            draft.items.push(Item { at, act: Act::Deliver { pick } });
        }
    }
    draft.items
}

struct Draft {
    rng: Rng,
    carts: usize,
    processors: usize,
    lasts: i64,
    items: Vec<Item>,
}

impl Draft {
    /// Somebody fills a cart, checks out, and pays, or thinks better of it, or forgets; perhaps
    /// several at once are after the last pieces, and perhaps everybody dies over it.
    fn checkout(&mut self) {
        let at = self.moment();
        for _ in 0..self.rng.usize(1..=3) {
            let cart = self.rng.usize(0..self.carts);
            for _ in 0..self.rng.usize(0..=3) {
                let before = at - self.rng.i64(0..4 * SECOND);
                self.add(before.max(0), cart);
            }
            let accepts = self.rng.u8(0..3) == 0;
            let order = self.order(cart, accepts);
            if order.key.is_some() && self.rng.u8(0..3) == 0 {
                self.push(at, 30 * SECOND, order.clone());
            }
            self.push(at, SECOND, order);
            let meanwhile = at + self.rng.i64(0..6 * SECOND);
            self.add(meanwhile, cart);
            for _ in 0..self.rng.usize(0..=3) {
                let within = if self.rng.bool() { 3 * SECOND } else { 60 * SECOND };
                let act = Act::Pay { cart, pick: self.rng.u64(..) };
                self.act(at + SECOND / 2, within, act);
            }
        }
        if self.rng.u8(0..4) == 0 {
            let down = self.rng.i64(0..=40) * SECOND;
            for node in 0..self.processors {
                let after_effects = self.rng.u32(0..=30);
                self.act(at, 4 * SECOND, Act::Crash { node, after_effects, down });
            }
        }
    }

    fn news(&mut self) {
        let (cart, pick) = (self.rng.usize(0..self.carts), self.rng.u64(..));
        for _ in 0..self.rng.usize(1..=3) {
            let at = self.moment();
            let pick = pick ^ self.rng.u64(0..4);
            self.act(at, SECOND, Act::News { cart, pick });
        }
    }

    fn order(&mut self, cart: usize, accept_prices: bool) -> Order {
        let expected = match self.rng.u8(0..12) {
            0 => Expected::Wrong,
            1 => Expected::Current,
            _ => Expected::Any,
        };
        Order {
            cart,
            intent: Intent::Checkout { accept_prices },
            key: (self.rng.u8(0..3) > 0).then(|| self.rng.u32(..)),
            expected,
            respond_async: self.rng.u8(0..6) == 0,
        }
    }

    fn add(&mut self, at: i64, cart: usize) {
        let wish = SOLD.get(self.rng.usize(0..SOLD.len())).copied().unwrap_or_default();
        let quantity = Quantity::new(self.rng.u32(1..=3));
        let quantity = quantity.unwrap_or_else(|_| unreachable!("within 1 to 3"));
        let order = Order {
            cart,
            intent: Intent::AddItem { item: goods::wish(wish), quantity, currency: None },
            key: None,
            expected: Expected::Any,
            respond_async: self.rng.bool(),
        };
        self.push(at, 1, order);
    }

    fn moment(&mut self) -> i64 {
        self.rng.i64(0..self.lasts)
    }

    fn push(&mut self, at: i64, within: i64, order: Order) {
        self.act(at, within, Act::Order(order));
    }

    fn act(&mut self, at: i64, within: i64, act: Act) {
        let at = at + self.rng.i64(0..within);
        self.items.push(Item { at: at.min(self.lasts), act });
    }
}

/// What a customer does with a checkout: mostly the last one of the cart, and mostly pays.
pub(super) fn second_step(shadow: &Shadow, cart: &CartKey, pick: u64) -> Intent {
    let known: Vec<_> = shadow.checkouts_of(cart).collect();
    let back = if pick.is_multiple_of(5) { 2 } else { 1 };
    let chosen = known.len().checked_sub(back).and_then(|at| known.get(at)).copied();
    let nobodys = CommandId::from_uuid(Uuid::from_u64_pair(9, pick));
    let checkout = chosen.unwrap_or_else(|| CheckoutId::from_command(nobodys));
    if pick % 4 == 3 {
        return Intent::CancelCheckout { checkout };
    }
    // Now and then somebody takes the payment for another order.
    let order = if pick.is_multiple_of(6) { "order-b" } else { "order-a" }.parse();
    let order = order.unwrap_or_else(|_| unreachable!("a name is an order"));
    Intent::Complete { checkout, order }
}

/// Tells a cart of a product.
pub(super) fn news(
    cart: &CartKey,
    (pick, policy): (u64, Policy),
    count: PartitionCount,
) -> (TopicPartition, NewRecord) {
    let wish = usize::try_from(pick % 7).unwrap_or_default();
    let price = Price::from_minor(100 + i64::try_from(pick % 11).unwrap_or_default());
    let price = price.unwrap_or_else(|_| unreachable!("a small price"));
    let command = Command::Refresh {
        item: goods::wish(wish),
        currency: "USD".parse().unwrap_or_else(|_| unreachable!("a currency")),
        available: !pick.is_multiple_of(3),
        news: News { price, number: pick % 17 },
        others: Vec::new(),
    };
    let envelope = Envelope {
        id: CommandId::from_uuid(Uuid::from_u64_pair(10, pick)),
        cart: cart.clone(),
        rules: Rules::CURRENT,
        digest: Digest::of(b"news"),
        expected_version: None,
        policy,
        command,
    };
    let key = Bytes::copy_from_slice(cart.as_str().as_bytes());
    let partition = count.partition_of(&key);
    let value = Some(Bytes::from(envelope.encode()));
    let to = TopicPartition { topic: Topic::Commands, partition };
    (to, NewRecord { key: Some(key), value, headers: Vec::new() })
}

/// Pieces of something rare arrive.
pub(super) fn delivery(pick: u64, count: PartitionCount) -> (TopicPartition, NewRecord) {
    let wish = SOLD.get(usize::try_from(pick % 6).unwrap_or_default()).copied();
    let sku = SkuKey::new(None, goods::wish(wish.unwrap_or_default()));
    let delta = i64::try_from(pick % 5).unwrap_or_default() + 1;
    stocked((sku, StockCommand::Adjust { delta }), Uuid::from_u64_pair(11, pick), count)
}

/// A stock command of an operator.
pub(super) fn stocked(
    (sku, command): (SkuKey, StockCommand),
    id: Uuid,
    count: PartitionCount,
) -> (TopicPartition, NewRecord) {
    let envelope = StockEnvelope {
        id: CommandId::from_uuid(id),
        digest: command.digest(),
        rules: Rules::CURRENT,
        policy: Policy::default(),
        sku,
        command,
    };
    let key = Bytes::from(envelope.sku.to_string());
    let partition = count.partition_of(&key);
    let value = Some(Bytes::from(envelope.encode()));
    let to = TopicPartition { topic: Topic::InventoryCommands, partition };
    (to, NewRecord { key: Some(key), value, headers: Vec::new() })
}
