//! Who lives near a simulated shop and its outlet, and what happens there minute by minute. Pure.

use std::collections::BTreeMap;

use cart_schemas::id::{InvalidId, SkuKey, TenantId};
use cart_schemas::money::InvalidCurrency;
use cart_schemas::timestamp::Timestamp;

use super::chance::{Chance, Weights};
use super::customer::{Ask, Customer, Purse, Store, Unsayable};
use super::day::{Calendar, Minute, Moment};
use super::goods::{Change, Goods, NoGoods};

/// Goods of the shop: as many as a shop of one trade has.
const GOODS: u32 = 500;
/// Goods of its outlet, and what they cost in percent.
const OUTLET_GOODS: u32 = 150;
const OUTLET_PERCENT: i64 = 65;
/// The outlet is a shop of its own, with carts of its own.
const OUTLET: &str = "outlet";
/// One customer of so many goes there.
const OUTLET_OF: u32 = 10;
/// One customer of so many is from abroad.
const ABROAD_OF: u32 = 7;
/// Whose dice decide about goods: no customer has this number.
const SHOPKEEPER: u32 = u32::MAX;

/// There can be no such town.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoTown {
    #[error("there are no goods")]
    Goods(#[from] NoGoods),
    #[error("a shop cannot be named")]
    Name(#[from] InvalidId),
    #[error("customers from abroad have no currency")]
    Currency(#[from] InvalidCurrency),
}

/// Something that happens to goods of a shop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct News {
    /// Which shop, by its place in the town.
    pub(super) shop: usize,
    pub(super) change: Change,
}

/// What happens in a minute, in its order.
#[derive(Debug, Default)]
pub(super) struct Happening {
    pub(super) news: Vec<(Moment, News)>,
    pub(super) asks: Vec<Ask>,
}

/// The shop, its outlet and their customers.
#[derive(Debug)]
pub(super) struct Town {
    shops: Vec<Store>,
    customers: u32,
    times: Calendar,
    seed: u64,
    agenda: BTreeMap<Minute, Happening>,
}

impl Town {
    /// A town of so many customers, whose shops open at this time.
    pub(super) fn of(customers: u32, seed: u64, opened: Timestamp) -> Result<Self, NoTown> {
        let times = Calendar::from(opened);
        let abroad = "JPY".parse()?;
        let outlet: TenantId = OUTLET.parse()?;
        let store = |tenant, goods, count| Store {
            tenant,
            goods,
            wanted: Weights::zipf(count),
            times: times.clone(),
            abroad,
            seed,
        };
        let shop = store(None, Goods::of(GOODS, 100, customers)?, GOODS);
        let few = Goods::of(OUTLET_GOODS, OUTLET_PERCENT, customers / OUTLET_OF)?;
        let shops = vec![shop, store(Some(outlet), few, OUTLET_GOODS)];
        Ok(Self { shops, customers, times, seed, agenda: BTreeMap::new() })
    }

    /// The shops.
    pub(super) fn shops(&self) -> &[Store] {
        &self.shops
    }

    /// Everything that is sold.
    pub(super) fn skus(&self) -> impl Iterator<Item = SkuKey> {
        let of = |shop: &Store| {
            let tenant = shop.tenant.clone();
            let skus = shop.goods.all().iter().flat_map(move |product| {
                product.skus(tenant.as_ref()).map(|(sku, _)| sku).collect::<Vec<_>>()
            });
            skus.collect::<Vec<_>>()
        };
        self.shops.iter().flat_map(of)
    }

    /// The time of a moment.
    pub(super) const fn time(&self, moment: Moment) -> Timestamp {
        self.times.time(moment)
    }

    /// The shop at a place, whose goods may change.
    pub(super) fn shop_mut(&mut self, place: usize) -> Option<&mut Store> {
        self.shops.get_mut(place)
    }

    /// Has a day begin: everybody makes up his mind.
    pub(super) fn begin(&mut self, day: u32) -> Result<(), Unsayable> {
        for (place, shop) in self.shops.iter().enumerate() {
            let whose = SHOPKEEPER.saturating_sub(u32::try_from(place).unwrap_or(0));
            let mut chance = Chance::of(self.seed, day, whose);
            for (at, change) in shop.goods.plan(day, &self.times, &mut chance) {
                let happening = self.agenda.entry(at.minute()).or_default();
                happening.news.push((at, News { shop: place, change }));
            }
        }
        for number in 0..self.customers {
            let purse = if number % ABROAD_OF == 3 { Purse::Abroad } else { Purse::Home };
            let place = usize::from(number % OUTLET_OF == 9);
            let Some(shop) = self.shops.get(place) else { continue };
            for ask in (Customer { number, purse }).asks(shop, day)? {
                self.agenda.entry(ask.at.minute()).or_default().asks.push(ask);
            }
        }
        Ok(())
    }

    /// What happens in a minute; each happens once.
    pub(super) fn take(&mut self, minute: Minute) -> Happening {
        let mut happening = self.agenda.remove(&minute).unwrap_or_default();
        happening.news.sort_by_key(|(at, _)| *at);
        happening.asks.sort_by_key(|ask| ask.at);
        happening
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn days(seed: u64, customers: u32, days: u16) -> Vec<Happening> {
        let opened = "2026-03-01T09:00:00Z".parse().unwrap();
        let mut town = Town::of(customers, seed, opened).unwrap();
        let mut taken = Vec::new();
        for minute in Minute::of_days(days) {
            if let Some(day) = minute.begins_day() {
                town.begin(day).unwrap();
            }
            taken.push(town.take(minute));
        }
        taken
    }

    fn asked(seed: u64) -> Vec<String> {
        let days = days(seed, 200, 2);
        days.iter().flat_map(|minute| &minute.asks).map(|ask| format!("{ask:?}")).collect()
    }

    #[test]
    fn the_same_seed_is_the_same_town_and_another_is_another() {
        assert_eq!(asked(1), asked(1));
        assert_ne!(asked(1), asked(2));
    }

    #[test]
    fn everything_a_cart_knows_is_asked_of_one() {
        let mut kinds: BTreeMap<String, u32> = BTreeMap::new();
        for ask in days(1, 3_000, 3).into_iter().flat_map(|minute| minute.asks) {
            let debug = format!("{:?}", ask.request.intent);
            let kind = debug.split([' ', '(']).next().unwrap_or_default().to_owned();
            *kinds.entry(kind).or_default() += 1;
        }

        for kind in [
            "AddItem",
            "SetQuantity",
            "RemoveItem",
            "Clear",
            "Extend",
            "ChangeCurrency",
            "Restore",
            "Merge",
            "Checkout",
            "Complete",
            "CancelCheckout",
        ] {
            assert!(kinds.get(kind).is_some_and(|count| *count > 5), "{kind}: {kinds:?}");
        }
    }

    #[test]
    fn no_two_commands_of_a_cart_have_one_key() {
        let mut keys = std::collections::BTreeSet::new();
        for ask in days(3, 500, 3).into_iter().flat_map(|minute| minute.asks) {
            let named = (ask.request.cart.to_string(), ask.request.idempotency_key.clone());
            assert!(keys.insert(named), "{ask:?}");
        }
    }

    #[test]
    fn one_customer_of_ten_goes_to_the_outlet() {
        let days = days(1, 1_000, 2);
        let asks = || days.iter().flat_map(|minute| &minute.asks);
        let outlet = asks().filter(|ask| ask.request.cart.tenant().is_some()).count();

        assert!((5..20).contains(&(outlet * 100 / asks().count())));
    }
}
