//! A customer of a simulated shop: when he comes, and as whom. Pure: what he asks follows from the seed alone,
//! whatever he is answered.

mod visit;

use cart_ingest::commands::Request;
use cart_schemas::id::{CartKey, InvalidId, TenantId, UserId};
use cart_schemas::money::Currency;
use cart_schemas::quantity::InvalidQuantity;

use super::chance::{Chance, Weights};
use super::day::{Calendar, Moment};
use super::goods::Goods;
use visit::Visit;

/// Of a hundred customers so many come on a day.
const COME_OF_100: u32 = 25;
/// Of a hundred visits so many begin without a name.
const GUESTS_OF_100: u32 = 25;
/// Things put into a cart at first.
const FIRST_LOOK: std::ops::RangeInclusive<u32> = 1..=8;

/// Something asked is not sayable.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unsayable {
    #[error("an id cannot be made")]
    Id(#[from] InvalidId),
    #[error("a quantity cannot be asked for")]
    Quantity(#[from] InvalidQuantity),
}

/// Something a customer asks for at a time.
#[derive(Debug, Clone)]
pub(super) struct Ask {
    pub(super) at: Moment,
    pub(super) request: Request,
}

/// Where customers are.
#[derive(Debug, Clone)]
pub(super) struct Store {
    /// The shop; `None` is the default one.
    pub(super) tenant: Option<TenantId>,
    pub(super) goods: Goods,
    /// How much each of the goods is wanted.
    pub(super) wanted: Weights,
    pub(super) times: Calendar,
    /// What customers from elsewhere pay in.
    pub(super) abroad: Currency,
    pub(super) seed: u64,
}

/// What a customer pays in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purse {
    /// The shop's own currency.
    Home,
    /// The other one.
    Abroad,
}

/// A customer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Customer {
    pub(super) number: u32,
    pub(super) purse: Purse,
}

impl Customer {
    /// What he asks for from a day on; nothing if he does not come.
    pub(super) fn asks(self, store: &Store, day: u32) -> Result<Vec<Ask>, Unsayable> {
        let mut chance = Chance::of(store.seed, day, self.number);
        if !chance.is_in(COME_OF_100) {
            return Ok(Vec::new());
        }
        let at = store.times.visit(day, &mut chance);
        let named = self.cart(store, format!("shopper-{:05}", self.number))?;
        let is_guest = chance.is_in(GUESTS_OF_100);
        let guest = format!("guest_{day}-{:05}", self.number);
        let cart = if is_guest { self.cart(store, guest)? } else { named.clone() };
        let name = format!("{day}-{}", self.number);
        let mut visit = Visit::begin((store, self.purse), chance, at, (cart, name));
        visit.browse(FIRST_LOOK)?;
        if is_guest && visit.says_who_he_is() {
            visit.log_in(named);
        }
        visit.end()?;
        Ok(visit.into_asks())
    }

    fn cart(self, store: &Store, user: String) -> Result<CartKey, Unsayable> {
        let user = UserId::try_from(user)?;
        Ok(CartKey::new(store.tenant.clone(), user))
    }
}
