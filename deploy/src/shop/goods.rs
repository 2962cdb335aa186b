//! What a simulated shop sells: goods in two currencies, some of them scarce, and what becomes of them from
//! day to day. Knows no cart and no log.

use cart_schemas::id::{InvalidId, ItemId, ProductId};
use cart_schemas::money::{Currency, InvalidCurrency, InvalidPrice, Price, Priced};
use cart_schemas::prices::{Names, Prices};
use cart_schemas::product::Product;

use super::chance::Chance;
use super::day::{Calendar, Moment};

const KINDS: [&str; 25] = [
    "Scarf", "Jacket", "Jumper", "Cap", "Belt", "Shirt", "Skirt", "Coat", "Dress", "Socks",
    "Boots", "Bag", "Rucksack", "Wallet", "Mug", "Bowl", "Lamp", "Blanket", "Cushion", "Apron",
    "Vase", "Clock", "Teapot", "Notebook", "Umbrella",
];
const MAKES: [&str; 20] = [
    "Woollen", "Linen", "Cotton", "Leather", "Silk", "Felt", "Striped", "Plain", "Checked",
    "Quilted", "Slim", "Wide", "Navy", "Moss", "Rust", "Sand", "Coral", "Slate", "Ivory", "Amber",
];
/// The cheapest costs so many cents, and the dearest so many more.
const CHEAPEST: i64 = 490;
const DEAREST_MORE: i64 = 19_000;
/// Yen for 100 cents.
const YEN_A_EURO: i64 = 162;
/// Of the first so many goods, which many carts hold, there is news; of the rest nobody would notice.
const NEWSWORTHY: u32 = 100;
/// Prices that change on a day.
const PRICES_A_DAY: u32 = 3;
/// Goods that are sold out for a while on a day.
const SOLD_OUT_A_DAY: u32 = 2;
/// What a price becomes, in percent of what it was.
const PRICE_PERCENT: std::ops::RangeInclusive<u32> = 80..=118;
/// One of so many goods is scarce.
const SCARCE_OF: usize = 20;
/// The first scarce one: among those many want, not the one that everybody does.
const FIRST_SCARCE: usize = 4;
/// Pieces of whatever is not scarce: more than is ever sold.
const PLENTY: u32 = 1_000_000;
/// The hour at which scarce goods are delivered.
const DELIVERY: u32 = 6;
/// How long something is sold out, in seconds: the time until a van comes.
const SOLD_OUT_FOR: std::ops::RangeInclusive<u32> = 3_600..=36_000;

/// There are no such goods.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoGoods {
    #[error("an id cannot be made")]
    Id(#[from] InvalidId),
    #[error("a currency is unknown")]
    Currency(#[from] InvalidCurrency),
    #[error("a price cannot be asked")]
    Price(#[from] InvalidPrice),
}

/// What happens to goods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// The price of this one becomes so many percent of what it was.
    Price(usize, u32),
    /// This one is sold out.
    SoldOut(usize),
    /// This one is there again.
    Back(usize),
    /// So many pieces more of each scarce one.
    Delivery(u32),
}

/// The goods of a shop, the most wanted first.
#[derive(Debug, Clone)]
pub(super) struct Goods {
    products: Vec<Product>,
    /// Pieces of each scarce one that come each day.
    scarce: u32,
}

impl Goods {
    /// So many, at so many percent of what they cost in the first shop, for so many customers.
    pub(super) fn of(count: u32, percent: i64, customers: u32) -> Result<Self, NoGoods> {
        // A scarce one lasts from a few hours to a few days, however many customers there are.
        let scarce = (customers / 400).max(3);
        let (home, abroad) = ("EUR".parse()?, "JPY".parse()?);
        let product = |number| product(number, percent, (home, abroad));
        let mut products = (0..count).map(product).collect::<Result<Vec<_>, NoGoods>>()?;
        for product in products.iter_mut().skip(FIRST_SCARCE).step_by(SCARCE_OF) {
            product.stock = scarce;
        }
        Ok(Self { products, scarce })
    }

    /// All of them.
    pub(super) fn all(&self) -> &[Product] {
        &self.products
    }

    /// What lies in a cart of this one.
    pub(super) fn item(&self, place: usize) -> Option<ItemId> {
        self.products.get(place).map(|product| ItemId::new(product.id.clone(), None))
    }

    /// The scarce ones.
    pub(super) fn scarce(&self) -> impl Iterator<Item = &Product> {
        self.products.iter().skip(FIRST_SCARCE).step_by(SCARCE_OF)
    }

    /// What happens on a day, in no order.
    pub(super) fn plan(
        &self,
        day: u32,
        times: &Calendar,
        chance: &mut Chance,
    ) -> Vec<(Moment, Change)> {
        let last =
            u32::try_from(self.products.len()).unwrap_or(NEWSWORTHY).clamp(1, NEWSWORTHY) - 1;
        let mut plan = vec![(times.hour(day, DELIVERY), Change::Delivery(self.scarce))];
        for _ in 0..PRICES_A_DAY {
            let place = usize::try_from(chance.number(0..=last)).unwrap_or(0);
            plan.push((
                times.visit(day, chance),
                Change::Price(place, chance.number(PRICE_PERCENT)),
            ));
        }
        for _ in 0..SOLD_OUT_A_DAY {
            let place = usize::try_from(chance.number(0..=last)).unwrap_or(0);
            let gone = times.visit(day, chance);
            plan.push((gone, Change::SoldOut(place)));
            plan.push((gone.after(chance.number(SOLD_OUT_FOR)), Change::Back(place)));
        }
        plan
    }

    /// Has it happen; gives the product that is another now.
    pub(super) fn change(&mut self, change: Change) -> Option<&Product> {
        match change {
            Change::Price(place, percent) => {
                let product = self.products.get_mut(place)?;
                reprice(product, i64::from(percent)).ok()?;
                Some(product)
            }
            Change::SoldOut(place) => self.offer(place, false),
            Change::Back(place) => self.offer(place, true),
            Change::Delivery(_) => None,
        }
    }

    fn offer(&mut self, place: usize, available: bool) -> Option<&Product> {
        let product = self.products.get_mut(place)?;
        product.available = available;
        Some(product)
    }
}

fn product(
    number: u32,
    percent: i64,
    (home, abroad): (Currency, Currency),
) -> Result<Product, NoGoods> {
    let place = usize::try_from(number).unwrap_or(0);
    let kind = KINDS.iter().cycle().nth(place).unwrap_or(&"Thing");
    let make = MAKES.iter().cycle().nth(place / KINDS.len()).unwrap_or(&"Plain");
    let id: ProductId = format!("{}-{}", make.to_lowercase(), kind.to_lowercase()).parse()?;
    // 7,919 is a prime, so that neighbours cost different things.
    let cents = (CHEAPEST + i64::from(number) * 7_919 % DEAREST_MORE) * percent / 100;
    let yen = Price::from_minor(cents * YEN_A_EURO / 100)?;
    Ok(Product {
        id,
        name: format!("{make} {kind}"),
        currency: home,
        price: Price::from_minor(cents)?,
        stock: PLENTY,
        variants: Vec::new(),
        available: true,
        prices: Prices::of(Some(Priced { currency: abroad, price: yen })),
        names: Names::default(),
    })
}

/// A new price in each currency.
fn reprice(product: &mut Product, percent: i64) -> Result<(), InvalidPrice> {
    let scaled = |price: Price| Price::from_minor((price.minor() * percent / 100).max(1));
    let other = product.prices.all().first().copied();
    let other = other.map(|one| scaled(one.price).map(|price| Priced { price, ..one }));
    product.price = scaled(product.price)?;
    product.prices = Prices::of(other.transpose()?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn all_goods_differ_and_cost_something_in_both_currencies() {
        let goods = Goods::of(500, 100, 1_000).unwrap();
        let ids: BTreeSet<_> = goods.all().iter().map(|product| product.id.to_string()).collect();

        assert_eq!(ids.len(), 500);
        assert!(goods.all().iter().all(|product| {
            let yen = product.prices.all().first();
            product.price.minor() > 0 && yen.is_some_and(|yen| yen.price.minor() > 0)
        }));
        assert_eq!(goods.scarce().count(), 25);
    }

    #[test]
    fn a_price_changes_in_both_currencies_and_what_is_sold_out_comes_back() {
        let mut goods = Goods::of(10, 100, 1_000).unwrap();
        let before = goods.all()[3].clone();

        let dearer = goods.change(Change::Price(3, 110)).unwrap().clone();
        assert_eq!(dearer.price.minor(), before.price.minor() * 110 / 100);
        assert!(dearer.prices.all()[0].price > before.prices.all()[0].price);

        assert!(!goods.change(Change::SoldOut(3)).unwrap().available);
        assert!(goods.change(Change::Back(3)).unwrap().available);
        assert!(goods.change(Change::Price(99, 110)).is_none());
    }

    #[test]
    fn what_is_sold_out_on_a_day_comes_back_after_it() {
        let goods = Goods::of(500, 100, 1_000).unwrap();
        let times = Calendar::from("2026-03-01T00:00:00Z".parse().unwrap());
        let plan = goods.plan(2, &times, &mut Chance::of(1, 2, 0));

        for (gone, change) in &plan {
            if let Change::SoldOut(place) = change {
                let back = plan.iter().find(|(_, change)| *change == Change::Back(*place));
                assert!(back.is_some_and(|(at, _)| at > gone), "{plan:?}");
            }
        }
        assert_eq!(plan.len(), 8);
    }
}
