//! Draws a plan from a seed: bursts and rushes of orders, devices that come and go, nodes that die,
//! sleep and go deaf, strangers who write to the log.

use cart_schemas::command::Intent;
use cart_schemas::partition::PartitionCount;
use cart_schemas::policy::Policy;
use cart_schemas::quantity::Quantity;
use cart_storage::simulated::Weather;
use fastrand::Rng;

use super::currencies;
use super::goods::{self, WISHES_COUNT};
use super::idle;
use super::imports;
use super::merges;
use super::plan::{Act, Expected, Item, Order, Plan, SECOND, Shape, Stray};
use super::selling;
use super::weather;

fn shape(rng: &mut Rng) -> Shape {
    let policies = (0..3).map(|_| policy(rng)).collect();
    Shape {
        processors: rng.usize(2..=3),
        edges: 2,
        partitions: PartitionCount::new(rng.u16(1..=3)).unwrap_or_else(|| unreachable!("not zero")),
        carts: rng.usize(2..=5),
        workers: rng.usize(1..=2),
        cache_bytes: if rng.u8(0..4) == 0 { 4_000 } else { 1 << 20 },
        policies,
        clocks_are_bad: rng.u8(0..4) == 0,
        lasts: rng.i64(120..=420) * SECOND,
        quiet: rng.i64(20..=500) * SECOND,
    }
}

fn policy(rng: &mut Rng) -> Policy {
    Policy {
        max_lines: rng.u16(2..=6),
        max_quantity: rng.u32(6..=40),
        ttl_seconds: rng.u32(30..=300),
        empty_ttl_seconds: rng.u32(20..=120),
        max_extension_seconds: rng.u32(120..=600),
        ..idle::never()
    }
}

/// The plan of a seed.
pub(super) fn draw(seed: u64) -> Plan {
    let mut rng = Rng::with_seed(seed);
    let mut shape = shape(&mut rng);
    idle::times(seed, &mut shape);
    merges::times(seed, &mut shape);
    selling::times(seed, &mut shape);
    let weather = Weather { store_killed: weather::kills(seed), ..weather::of(&mut rng) };
    let mut draft = Draft { rng, shape, items: Vec::new(), orders: Vec::new() };
    draft.fill();
    let Draft { shape, mut items, .. } = draft;
    items.extend(imports::draw(seed, &shape));
    items.extend(merges::draw(seed, &shape));
    items.extend(selling::draw(seed, &shape));
    items.extend(currencies::draw(seed, &shape));
    idle::leave(seed, &shape, &mut items);
    items.sort_by_key(|item| item.at);
    Plan { seed, shape, weather, items }
}

struct Draft {
    rng: Rng,
    shape: Shape,
    items: Vec<Item>,
    /// Orders with a key, for those who ask again.
    orders: Vec<Order>,
}

impl Draft {
    fn fill(&mut self) {
        for _ in 0..self.rng.usize(30..=90) {
            self.order();
        }
        self.sockets();
        self.nodes();
        for _ in 0..self.rng.usize(0..=2) {
            self.rush();
        }
        self.last_minute();
        for kind in [Stray::Garbage, Stray::Empty, Stray::ForeignKey, Stray::WrongPartition] {
            if self.rng.u8(0..4) == 0 {
                self.stray(kind);
            }
        }
        for _ in 0..self.rng.usize(1..=4) {
            self.stray(Stray::Copy);
        }
        for edition in 1..self.rng.u32(2..=4) {
            self.push(Act::Catalog { edition });
        }
    }

    /// One cart gets many commands at once, and processors die over them: more of its decisions are
    /// in hand than a ledger holds.
    fn rush(&mut self) {
        let (cart, at) = (self.rng.usize(0..self.shape.carts), self.moment());
        for _ in 0..self.rng.usize(12..=30) {
            let order = Order { respond_async: true, ..self.draw_order(cart) };
            let at = at + self.rng.i64(0..SECOND / 2);
            self.items.push(Item { at, act: Act::Order(order) });
        }
        for node in 0..self.shape.processors {
            let (after_effects, down) = (self.rng.u32(1..=25), self.rng.i64(0..=5) * SECOND);
            let at = at + self.rng.i64(0..SECOND);
            self.items.push(Item { at, act: Act::Crash { node, after_effects, down } });
        }
    }

    /// Orders and new devices at the very end: what they miss, nothing later makes up for.
    fn last_minute(&mut self) {
        for cart in 0..self.shape.carts {
            for _ in 0..3 {
                let order = self.draw_order(cart);
                let at = self.shape.lasts - self.rng.i64(1..3 * SECOND);
                self.items.push(Item { at, act: Act::Order(order) });
            }
            let at = self.shape.lasts - self.rng.i64(1..3 * SECOND);
            self.items.push(Item { at, act: Act::Join { cart, pace: 0 } });
        }
    }

    /// Customers come in bursts: several of their commands lie close together.
    fn order(&mut self) {
        let cart = self.rng.usize(0..self.shape.carts);
        let at = self.moment();
        for _ in 0..self.burst() {
            let order = self.draw_order(cart);
            if order.key.is_some() {
                self.orders.push(order.clone());
            }
            let at = at + self.rng.i64(0..SECOND);
            self.items.push(Item { at, act: Act::Order(order) });
        }
    }

    fn burst(&mut self) -> usize {
        match self.rng.u8(0..16) {
            0 => self.rng.usize(8..=20),
            1..=3 => self.rng.usize(2..=6),
            _ => 1,
        }
    }

    fn draw_order(&mut self, cart: usize) -> Order {
        let again = self.orders.iter().rev().filter(|order| order.cart == cart).nth(0).cloned();
        if let Some(order) = again.filter(|_| self.rng.u8(0..8) == 0) {
            // The same key again: most ask the same, some ask something else.
            let intent = if self.rng.u8(0..3) == 0 { self.intent() } else { order.intent.clone() };
            return Order { intent, ..order };
        }
        let expected = match self.rng.u8(0..12) {
            0 => Expected::Wrong,
            1 | 2 => Expected::Current,
            _ => Expected::Any,
        };
        Order {
            cart,
            intent: self.intent(),
            key: self.rng.bool().then(|| self.rng.u32(..)),
            expected,
            respond_async: self.rng.u8(0..6) == 0,
        }
    }

    fn intent(&mut self) -> Intent {
        let wish =
            if self.rng.bool() { self.rng.usize(0..6) } else { self.rng.usize(0..WISHES_COUNT) };
        let item = goods::wish(wish);
        let most = if self.rng.u8(0..4) == 0 { 60 } else { 5 };
        let drawn = Quantity::new(self.rng.u32(1..=most));
        let quantity = drawn.unwrap_or_else(|_| unreachable!("within 1 to 999"));
        match self.rng.u8(0..16) {
            0..=7 => Intent::AddItem { item, quantity, currency: None },
            8..=10 => Intent::SetQuantity { item, quantity },
            11 | 12 => Intent::RemoveItem { item },
            13 => Intent::Clear,
            _ => Intent::Extend { seconds: self.rng.u32(5..=400) },
        }
    }

    fn sockets(&mut self) {
        let count = self.rng.usize(3..=6);
        for socket in 0..count {
            let cart = self.rng.usize(0..self.shape.carts);
            let slow = self.rng.u8(0..3) == 0;
            let pace = if slow { self.rng.i64(SECOND..=8 * SECOND) } else { 0 };
            self.push(Act::Join { cart, pace });
            if self.rng.u8(0..2) == 0 {
                self.push(Act::Vanish { socket });
            }
        }
    }

    fn nodes(&mut self) {
        let all = self.shape.processors + self.shape.edges;
        for _ in 0..self.rng.usize(1..=6) {
            let node = self.node();
            let after_effects = if self.rng.u8(0..4) == 0 { 0 } else { self.rng.u32(1..=40) };
            let down = self.rng.i64(0..=30) * SECOND;
            self.push(Act::Crash { node, after_effects, down });
        }
        for _ in 0..self.rng.usize(0..=2) {
            let (node, down) = (self.rng.usize(0..all), self.rng.i64(0..=10) * SECOND);
            self.push(Act::Stop { node, down });
        }
        for _ in 0..self.rng.usize(1..=4) {
            let (node, lasts) = (self.node(), self.rng.i64(SECOND / 2..=50 * SECOND));
            self.push(Act::Freeze { node, lasts });
        }
        for _ in 0..self.rng.usize(1..=3) {
            let node = self.rng.usize(0..self.shape.processors);
            let lasts = self.rng.i64(2..=60) * SECOND;
            self.push(Act::Deafen { node, lasts });
        }
        for _ in 0..self.rng.usize(1..=5) {
            self.push(Act::Rebalance);
        }
        if self.rng.u8(0..4) == 0 {
            let lasts = self.rng.i64(1..=25) * SECOND;
            self.push(Act::Outage { lasts });
        }
    }

    /// A node; more often a processor.
    fn node(&mut self) -> usize {
        let all = self.shape.processors + self.shape.edges;
        let below = if self.rng.u8(0..4) == 0 { all } else { self.shape.processors };
        self.rng.usize(0..below)
    }

    fn stray(&mut self, kind: Stray) {
        let (cart, pick) = (self.rng.usize(0..self.shape.carts), self.rng.u64(..));
        self.push(Act::Stray { kind, cart, pick });
    }

    fn moment(&mut self) -> i64 {
        self.rng.i64(0..self.shape.lasts)
    }

    fn push(&mut self, act: Act) {
        let at = self.moment();
        self.items.push(Item { at, act });
    }
}
