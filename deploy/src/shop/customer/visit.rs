//! One visit to a simulated shop: what is put into a cart, and what becomes of it. Pure; hears no answer.

use std::ops::RangeInclusive;

use cart_ingest::commands::Request;
use cart_schemas::command::Intent;
use cart_schemas::id::{CartKey, CheckoutId, CommandId, ItemId};
use cart_schemas::merge::MergePolicy;
use cart_schemas::quantity::{InvalidQuantity, Quantity};

use super::{Ask, Purse, Store, Unsayable};
use crate::shop::chance::{Chance, Weights};
use crate::shop::day::Moment;

/// Of a hundred guests so many log in.
const LOGINS_OF_100: u32 = 45;
/// Of a hundred looks around so many set a quantity anew, and so many take something out again.
const SET_AGAIN_OF_100: u32 = 35;
const TAKEN_OUT_OF_100: u32 = 25;
/// Things put into a cart by whoever comes back to it.
const SECOND_LOOK: RangeInclusive<u32> = 0..=3;
/// Of a hundred things so many are bought one at a time, and the others by a few.
const SINGLE_OF_100: u32 = 70;
const MOST_PIECES: u32 = 4;
/// Of a hundred who come back so many pay, and of those whose cart had ended.
const RETURNED_PAY_OF_100: u32 = 60;
const RESTORED_PAY_OF_100: u32 = 40;
/// Of a hundred checkouts so many are paid, and of a hundred others so many given up in so many words.
const PAID_OF_100: u32 = 88;
const GIVEN_UP_OF_100: u32 = 58;
/// Seconds between two things somebody does.
const LOOK: RangeInclusive<u32> = 15..=240;
/// Seconds from a checkout to what becomes of it: longer than its skus need, shorter than its lease.
const PAYING: RangeInclusive<u32> = 61..=300;
/// Seconds somebody who comes back was away: long enough to be told, and before the cart ends.
const AWAY: RangeInclusive<u32> = 4_000..=70_000;
/// Seconds after which somebody remembers a cart that has ended.
const LONG_AWAY: RangeInclusive<u32> = 90_000..=180_000;
/// How much longer somebody asks for a cart to be kept.
const LONGER_SECONDS: u32 = 24 * 60 * 60;

/// How a visit ends.
#[derive(Debug, Clone, Copy)]
enum Fate {
    Pays,
    LeavesForGood,
    ComesBack,
    Clears,
    KeepsLonger,
    Restores,
    ChangesCurrency,
}

/// How many of a hundred visits end so.
const FATES: [(Fate, u64); 7] = [
    (Fate::Pays, 32),
    (Fate::LeavesForGood, 26),
    (Fate::ComesBack, 24),
    (Fate::Clears, 4),
    (Fate::KeepsLonger, 4),
    (Fate::Restores, 6),
    (Fate::ChangesCurrency, 4),
];

/// A visit under way.
pub(super) struct Visit<'a> {
    store: &'a Store,
    purse: Purse,
    chance: Chance,
    at: Moment,
    cart: CartKey,
    /// Names what is asked, with its number.
    name: String,
    asks: Vec<Ask>,
    /// What was put into the cart.
    held: Vec<ItemId>,
}

impl<'a> Visit<'a> {
    /// A visit of somebody who pays so, to a cart, under a name that is no other visit's.
    pub(super) fn begin(
        (store, purse): (&'a Store, Purse),
        chance: Chance,
        at: Moment,
        (cart, name): (CartKey, String),
    ) -> Self {
        Self { store, purse, chance, at, cart, name, asks: Vec::new(), held: Vec::new() }
    }

    /// All that was asked for.
    pub(super) fn into_asks(self) -> Vec<Ask> {
        self.asks
    }

    fn ask(&mut self, intent: Intent) -> CommandId {
        let key = format!("{}-{}", self.name, self.asks.len());
        let command = CommandId::from_idempotency_key(&self.cart, &key);
        let request = Request {
            cart: self.cart.clone(),
            intent,
            expected_version: None,
            idempotency_key: Some(key),
            traceparent: None,
            respond_async: true,
        };
        self.asks.push(Ask { at: self.at, request });
        command
    }

    fn wait(&mut self, seconds: RangeInclusive<u32>) {
        self.at = self.at.after(self.chance.number(seconds));
    }

    /// Some things are put into the cart; one of them perhaps in another quantity, one taken out again.
    pub(super) fn browse(&mut self, adds: RangeInclusive<u32>) -> Result<(), Unsayable> {
        for _ in 0..self.chance.number(adds) {
            let place = self.chance.place(&self.store.wanted);
            let Some(item) = self.store.goods.item(place) else { continue };
            self.held.push(item.clone());
            let quantity = self.pieces()?;
            let currency = match self.purse {
                Purse::Home => None,
                Purse::Abroad => Some(self.store.abroad),
            };
            self.ask(Intent::AddItem { item, quantity, currency });
            self.wait(LOOK);
        }
        if self.chance.is_in(SET_AGAIN_OF_100)
            && let Some(item) = self.held.first().cloned()
        {
            let quantity = self.pieces()?;
            self.ask(Intent::SetQuantity { item, quantity });
            self.wait(LOOK);
        }
        if self.chance.is_in(TAKEN_OUT_OF_100)
            && self.held.len() > 1
            && let Some(item) = self.held.pop()
        {
            self.ask(Intent::RemoveItem { item });
            self.wait(LOOK);
        }
        Ok(())
    }

    /// Most buy one of a thing.
    fn pieces(&mut self) -> Result<Quantity, InvalidQuantity> {
        let most = if self.chance.is_in(SINGLE_OF_100) { 1 } else { MOST_PIECES };
        Quantity::new(self.chance.number(1..=most))
    }

    /// Whether a guest does.
    pub(super) fn says_who_he_is(&mut self) -> bool {
        self.chance.is_in(LOGINS_OF_100)
    }

    /// The guest says who he is: what he holds goes into his own cart.
    pub(super) fn log_in(&mut self, named: CartKey) {
        let from = std::mem::replace(&mut self.cart, named);
        let into = self.cart.clone();
        self.ask(Intent::Merge { from, into, policy: MergePolicy::Sum });
        self.wait(LOOK);
    }

    /// How a visit ends: paid for, left for a while or for good, or otherwise.
    pub(super) fn end(&mut self) -> Result<(), Unsayable> {
        let place = self.chance.place(&Weights::of(FATES.map(|(_, of_100)| of_100)));
        match FATES.get(place).map_or(Fate::LeavesForGood, |(fate, _)| *fate) {
            Fate::Pays => self.pay(),
            Fate::LeavesForGood => Ok(()),
            Fate::ComesBack => {
                self.wait(AWAY);
                self.browse(SECOND_LOOK)?;
                if self.chance.is_in(RETURNED_PAY_OF_100) { self.pay() } else { Ok(()) }
            }
            Fate::Clears => {
                self.ask(Intent::Clear);
                Ok(())
            }
            Fate::KeepsLonger => {
                self.ask(Intent::Extend { seconds: LONGER_SECONDS });
                Ok(())
            }
            Fate::Restores => {
                self.wait(LONG_AWAY);
                self.ask(Intent::Restore);
                self.wait(LOOK);
                if self.chance.is_in(RESTORED_PAY_OF_100) { self.pay() } else { Ok(()) }
            }
            Fate::ChangesCurrency => {
                self.change_currency();
                self.pay()
            }
        }
    }

    fn change_currency(&mut self) {
        if self.purse == Purse::Home {
            self.ask(Intent::ChangeCurrency { currency: self.store.abroad });
            self.wait(LOOK);
        }
    }

    /// A checkout is paid, or given up, or left to its lease.
    fn pay(&mut self) -> Result<(), Unsayable> {
        let command = self.ask(Intent::Checkout { accept_prices: true });
        let checkout = CheckoutId::from_command(command);
        self.wait(PAYING);
        if self.chance.is_in(PAID_OF_100) {
            let order = format!("order-{}-{}", self.name, self.asks.len()).parse()?;
            self.ask(Intent::Complete { checkout, order });
        } else if self.chance.is_in(GIVEN_UP_OF_100) {
            self.ask(Intent::CancelCheckout { checkout });
        }
        Ok(())
    }
}
