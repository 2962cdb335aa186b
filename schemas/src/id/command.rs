//! Identity of commands: made by the edge, or derived from what they come from.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{CartId, CartKey, ItemId, SkuKey};

/// Namespace of command ids made from an `Idempotency-Key`: name = cart key, NUL, the key.
const COMMAND_NAMESPACE: Uuid = Uuid::from_u128(0x6f1d_40f2_7f0e_5a9e_9c58_0a36_1f3c_8d02);
/// Namespace of follow-ups: name = the parent's 16 bytes, the number as big-endian u32; between carts
/// the asking cart's 16 bytes stand before them, and its version is in the place of the number; what a
/// cart asks of a sku has its number and the sku behind that.
const FOLLOW_UP_NAMESPACE: Uuid = Uuid::from_u128(0x6f1d_40f2_7f0e_5a9e_9c58_0a36_1f3c_8d03);
/// Namespace of what carts are told of a product: name = item, NUL, cart key, NUL, the news' number.
const NEWS_NAMESPACE: Uuid = Uuid::from_u128(0x6f1d_40f2_7f0e_5a9e_9c58_0a36_1f3c_8d05);
/// Namespace of stock command ids made from an `Idempotency-Key`: name = sku, NUL, the key.
const STOCK_NAMESPACE: Uuid = Uuid::from_u128(0x6f1d_40f2_7f0e_5a9e_9c58_0a36_1f3c_8d04);

/// Identity of a command and its idempotency key: the same id is decided once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CommandId(Uuid);

impl CommandId {
    /// An id made elsewhere: a fresh `UUIDv7`, or one read back.
    #[must_use]
    pub fn from_uuid(id: Uuid) -> Self {
        Self(id)
    }

    /// The id of every command of `cart` that carries this `Idempotency-Key`.
    #[must_use]
    pub fn from_idempotency_key(cart: &CartKey, key: &str) -> Self {
        let name = format!("{cart}\0{key}");
        Self(Uuid::new_v5(&COMMAND_NAMESPACE, name.as_bytes()))
    }

    /// The id of every command of `sku` that carries this `Idempotency-Key`.
    #[must_use]
    pub fn of_stock(sku: &SkuKey, key: &str) -> Self {
        let name = format!("{sku}\0{key}");
        Self(Uuid::new_v5(&STOCK_NAMESPACE, name.as_bytes()))
    }

    /// The id of what a decision about `parent` asks of another key, by its number among all it
    /// asks. Asked again, it is the same command.
    #[must_use]
    pub fn follow_up(parent: Self, number: u32) -> Self {
        let name = [&parent.0.as_bytes()[..], &number.to_be_bytes()].concat();
        Self(Uuid::new_v5(&FOLLOW_UP_NAMESPACE, &name))
    }

    /// The id of what a cart's decision about `parent` asks of another cart, by the version after it.
    /// The parent's id does not name the decision: two carts may be asked for merges under one id,
    /// and one cart again once it has forgotten the first. What they ask must not be one command,
    /// or the second would be taken for a repeat of the first and its lines would come nowhere.
    #[must_use]
    pub fn asked_by(cart: CartId, parent: Self, version: u64) -> Self {
        let cart = cart.as_uuid().as_bytes();
        let name = [&cart[..], parent.0.as_bytes(), &version.to_be_bytes()].concat();
        Self(Uuid::new_v5(&FOLLOW_UP_NAMESPACE, &name))
    }

    /// The id of what a cart's decision about `parent` asks of a sku. The cart asks at the version
    /// after it, or where the parent lies if it changed nothing. Each sku is asked by an id of its
    /// own: what the skus of a checkout answer derives from it, and must not be one command.
    #[must_use]
    pub fn asked_of_stock(
        (cart, place): (CartId, u64),
        parent: Self,
        item: &ItemId,
        kind: StockAsk,
    ) -> Self {
        let (cart, item, kind) = (cart.as_uuid().as_bytes(), item.to_string(), [kind.number()]);
        let place = place.to_be_bytes();
        let name = [&cart[..], parent.0.as_bytes(), &place, &kind, item.as_bytes()].concat();
        Self(Uuid::new_v5(&FOLLOW_UP_NAMESPACE, &name))
    }

    /// The id of what a cart is told of a product: the same however often the same news reaches it.
    #[must_use]
    pub fn of_news(item: &ItemId, cart: &CartKey, number: u64) -> Self {
        let name = format!("{item}\0{cart}\0{number}");
        Self(Uuid::new_v5(&NEWS_NAMESPACE, name.as_bytes()))
    }

    /// The id as a UUID.
    #[must_use]
    pub fn as_uuid(&self) -> &Uuid {
        &self.0
    }
}

/// What a cart in checkout asks of a sku.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StockAsk {
    /// To hold some.
    Reserve,
    /// To sell what it holds.
    Commit,
    /// To free what it holds.
    Release,
    /// To free what it was granted too late.
    ReleaseStray,
}

impl StockAsk {
    const fn number(self) -> u8 {
        match self {
            Self::Reserve => 0,
            Self::Commit => 1,
            Self::Release => 2,
            Self::ReleaseStray => 3,
        }
    }
}

impl fmt::Display for CommandId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for CommandId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, uuid::Error> {
        text.parse().map(Self)
    }
}

/// Identity of a checkout: the id of the command that began it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CheckoutId(CommandId);

impl CheckoutId {
    /// The checkout that `command` begins.
    #[must_use]
    pub const fn from_command(command: CommandId) -> Self {
        Self(command)
    }

    /// The command that began it.
    #[must_use]
    pub const fn command(self) -> CommandId {
        self.0
    }
}

impl fmt::Display for CheckoutId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for CheckoutId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, uuid::Error> {
        text.parse().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_idempotency_key_of_two_carts_is_two_commands() {
        let id = |cart: &str| CommandId::from_idempotency_key(&cart.parse().unwrap(), "k");

        assert_eq!(id("a"), id("a"));
        assert_ne!(id("a"), id("b"));
    }

    #[test]
    fn a_follow_up_is_the_same_command_each_time_and_another_for_each_number_and_parent() {
        let parents = [1, 2].map(|number| CommandId::from_uuid(Uuid::from_u128(number)));
        let [first, second] = parents.map(|parent| CommandId::follow_up(parent, 0));

        assert_eq!(first, CommandId::follow_up(parents[0], 0));
        assert_ne!(first, second);
        assert_ne!(first, CommandId::follow_up(parents[0], 1));
    }

    #[test]
    fn what_two_carts_or_one_at_two_versions_ask_under_one_id_is_two_commands() {
        let parent = CommandId::from_uuid(Uuid::from_u128(1));
        let asked = |cart: &str, version| {
            CommandId::asked_by(CartId::of(&cart.parse().unwrap(), 0), parent, version)
        };

        assert_eq!(asked("a", 0), asked("a", 0));
        assert_ne!(asked("a", 0), asked("b", 0));
        assert_ne!(asked("a", 0), asked("a", 1));
    }
    #[test]
    fn what_a_cart_asks_of_each_sku_each_time_and_of_each_kind_is_a_command_of_its_own() {
        let item = |product: &str| ItemId::new(product.parse().unwrap(), None);
        let parent = |number| CommandId::from_uuid(Uuid::from_u128(number));
        let cart = |user: &str| CartId::of(&user.parse().unwrap(), 0);
        let asked = |place, number, product, kind| {
            CommandId::asked_of_stock((cart("a"), place), parent(number), &item(product), kind)
        };
        let kinds =
            [StockAsk::Reserve, StockAsk::Commit, StockAsk::Release, StockAsk::ReleaseStray];
        let one = asked(1, 1, "p", StockAsk::Reserve);
        let mut ids: Vec<_> = kinds.into_iter().map(|kind| asked(1, 1, "p", kind)).collect();
        ids.extend([
            asked(1, 1, "q", StockAsk::Reserve),
            asked(1, 2, "p", StockAsk::Reserve),
            asked(2, 1, "p", StockAsk::Reserve),
            CommandId::asked_of_stock((cart("b"), 1), parent(1), &item("p"), StockAsk::Reserve),
        ]);
        // And what the skus answer, each to its own.
        let told: Vec<_> = ids.iter().map(|id| CommandId::follow_up(*id, 0)).collect();

        assert_eq!(ids.first(), Some(&one));
        let different: std::collections::BTreeSet<_> = ids.iter().chain(&told).collect();
        assert_eq!(different.len(), ids.len() + told.len());
    }

    #[test]
    fn the_same_news_of_a_product_is_one_command_to_each_cart_that_holds_it() {
        let item = |product: &str| ItemId::new(product.parse().unwrap(), None);
        let news = |product: &str, cart: &str, number| {
            CommandId::of_news(&item(product), &cart.parse().unwrap(), number)
        };

        assert_eq!(news("p", "a", 1), news("p", "a", 1));
        assert_ne!(news("p", "a", 1), news("p", "b", 1));
        assert_ne!(news("p", "a", 1), news("q", "a", 1));
        assert_ne!(news("p", "a", 1), news("p", "a", 2));
    }
}
