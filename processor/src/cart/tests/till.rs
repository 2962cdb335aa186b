//! A cart that is paid for: its record, the log of its commands, and what its decisions ask of others.

use cart_schemas::generation::Generation;
use cart_schemas::id::{CheckoutId, CommandId};
use cart_schemas::record::{CartRecord, Entry, Outcome, Position};
use uuid::Uuid;

use super::*;
use crate::cart::{Ask, StockFollow, asks};
use crate::step::{Placement, Step, step};

/// When the checkouts of [`Till::locked`] begin, and their leases end.
pub(super) const BEGUN: i64 = 20;
pub(super) const LEASE_END: i64 = BEGUN + 15 * 60;

#[derive(Default)]
pub(super) struct Till {
    pub(super) record: CartRecord,
    pub(super) log: Vec<(Placement, Envelope)>,
    pub(super) policy: Option<Policy>,
    /// What the last decision asked.
    pub(super) asked: Vec<Ask>,
}

impl Till {
    /// A cart that has held these since second 10.
    pub(super) fn holding(lines: &[(&str, u32)]) -> Self {
        let mut till = Self::default();
        for (product, quantity) in lines {
            till.takes(add(product, *quantity, offer()), 10);
        }
        till
    }

    /// One of them that is locked and has heard nothing from its skus yet.
    pub(super) fn locked(lines: &[(&str, u32)]) -> (Self, CheckoutId) {
        let mut till = Self::holding(lines);
        let checkout = till.begins(BEGUN);
        (till, checkout)
    }

    /// One of them that can be paid.
    pub(super) fn ready(lines: &[(&str, u32)]) -> (Self, CheckoutId) {
        let (mut till, checkout) = Self::locked(lines);
        for (product, _) in lines {
            till.answers(checkout, (product, true), BEGUN + 1);
        }
        assert!(till.record.cart.checkout.as_ref().unwrap().ready);
        (till, checkout)
    }

    pub(super) fn takes(&mut self, command: Command, time: i64) -> Entry {
        self.takes_at(None, command, time)
    }

    /// With an `If-Match`.
    pub(super) fn takes_at(
        &mut self,
        expected_version: Option<u64>,
        command: Command,
        time: i64,
    ) -> Entry {
        let id = CommandId::from_uuid(Uuid::from_u64_pair(1, self.log.len() as u64));
        self.takes_as((id, expected_version), command, time)
    }

    /// Under an id.
    pub(super) fn takes_as(
        &mut self,
        (id, expected_version): (CommandId, Option<u64>),
        command: Command,
        time: i64,
    ) -> Entry {
        let offset = i64::try_from(self.log.len()).unwrap();
        let policy = self.policy.unwrap_or_else(|| envelope(Command::Clear).policy);
        let envelope = Envelope { id, expected_version, policy, ..envelope(command) };
        let position = Position { generation: Generation::FIRST, offset };
        let placement = Placement { position, appended: at(time) };
        self.log.push((placement, envelope.clone()));
        let Step::Decided { entry, .. } = step(&mut self.record, placement, &envelope) else {
            panic!("{envelope:?} is not decided");
        };
        self.asked = asks(&self.record, &envelope, &entry);
        entry
    }

    /// What a command is rejected for.
    pub(super) fn refuses(&mut self, command: Command, time: i64) -> Rejection {
        let before = (self.record.cart.clone(), self.record.version);
        let Outcome::Rejected(rejection) = self.takes(command, time).outcome else {
            panic!("it is carried out")
        };
        assert_eq!((self.record.cart.clone(), self.record.version), before);
        rejection
    }

    pub(super) fn begins(&mut self, time: i64) -> CheckoutId {
        assert_eq!(self.takes(paying(), time).outcome, Outcome::Applied);
        self.record.cart.checkout.as_ref().unwrap().id
    }

    /// A sku answers.
    pub(super) fn answers(
        &mut self,
        checkout: CheckoutId,
        (product, granted): (&str, bool),
        time: i64,
    ) -> Entry {
        let item = item(product);
        self.takes(Command::Reserved { checkout, item, granted, available: 1 }, time)
    }

    /// What comes of a record of the log when it is met again.
    pub(super) fn again(&mut self, offset: usize) -> Vec<Ask> {
        let (placement, envelope) = self.log[offset].clone();
        let before = self.record.clone();
        let Step::Replayed(entry) = step(&mut self.record, placement, &envelope) else {
            panic!("{envelope:?} is no replay");
        };
        assert_eq!(self.record, before);
        asks(&self.record, &envelope, &entry)
    }

    pub(super) fn cart(&self) -> &Cart {
        &self.record.cart
    }

    pub(super) fn is_locked(&self) -> bool {
        self.cart().checkout.is_some()
    }

    pub(super) fn state_of(&self, product: &str) -> LineState {
        self.cart().line(&item(product)).unwrap().state
    }

    pub(super) fn quantities(&self) -> Vec<(String, u32)> {
        quantities(&self.cart().lines)
    }

    /// What was asked of skus last: which kind, of whom.
    pub(super) fn asked_of_skus(&self) -> Vec<StockFollow> {
        of_skus(&self.asked)
    }
}

pub(super) fn of_skus(asked: &[Ask]) -> Vec<StockFollow> {
    let sku = |ask: &Ask| match ask {
        Ask::Sku(follow) => Some(follow.clone()),
        Ask::Cart(_) => None,
    };
    asked.iter().filter_map(sku).collect()
}

pub(super) fn quantities(lines: &[Line]) -> Vec<(String, u32)> {
    lines.iter().map(|line| (line.item.product().to_string(), line.quantity.get())).collect()
}

pub(super) fn held(lines: &[(&str, u32)]) -> Vec<(String, u32)> {
    lines.iter().map(|(product, quantity)| ((*product).to_owned(), *quantity)).collect()
}

pub(super) fn paying() -> Command {
    Command::Checkout { accept_prices: false, differing: Vec::new() }
}

pub(super) fn paid(checkout: CheckoutId, order: &str) -> Command {
    Command::Complete { checkout, order: order.parse().unwrap() }
}

pub(super) fn cancelling(checkout: CheckoutId) -> Command {
    Command::CancelCheckout { checkout }
}

pub(super) fn wake() -> Command {
    Command::Wake { due: at(0) }
}

/// News of a product that costs what [`offer`] says.
pub(super) fn news(product: &str, available: bool, number: u64) -> Command {
    priced(product, available, (2_999, number))
}

pub(super) fn priced(product: &str, available: bool, (price, number): (i64, u64)) -> Command {
    let news = News { price: price.try_into().unwrap(), number };
    Command::Refresh {
        item: item(product),
        currency: "USD".parse().unwrap(),
        available,
        news,
        others: Vec::new(),
    }
}

pub(super) fn facts(entry: &Entry) -> Vec<Fact> {
    entry.events.iter().map(|event| event.fact.clone()).collect()
}

/// The types of what happened.
pub(super) fn kinds(entry: &Entry) -> Vec<&'static str> {
    entry.events.iter().map(|event| event.fact.kind().as_str()).collect()
}
