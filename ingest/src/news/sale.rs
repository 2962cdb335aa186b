//! What carts are told of a product, and the command that tells one. Pure.

use cart_schemas::cart::News;
use cart_schemas::command::{Command, Offer};
use cart_schemas::digest::Digest;
use cart_schemas::envelope::Envelope;
use cart_schemas::id::{CartKey, CommandId, SkuKey};
use cart_schemas::money::{Currency, Price, Priced};
use cart_schemas::policy::{Policy, Rules};
use cart_storage::log::NewRecord;
use serde::{Deserialize, Serialize};

use crate::commands::record;

/// What carts are told of a sku. How many there are and what it is called is no news.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sale {
    /// Whether it can be bought.
    pub(super) available: bool,
    pub(super) price: Price,
    pub(super) currency: Currency,
    /// What it costs in other currencies.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) others: Vec<Priced>,
}

impl Sale {
    /// What is for sale of a sku; `None` of one the catalog does not have.
    #[must_use]
    pub fn of(offer: Offer) -> Option<Self> {
        match offer {
            Offer::Listed { price, currency, available, stock, others, .. } => {
                Some(Self { available: available && stock > 0, price, currency, others })
            }
            Offer::NoProduct | Offer::NoVariant => None,
        }
    }
}

/// The command that tells a cart of a sku; later news have a higher number.
#[must_use]
pub fn refresh(
    cart: CartKey,
    sku: &SkuKey,
    (sale, number): (&Sale, u64),
    policy: Policy,
) -> NewRecord {
    let item = sku.item();
    record(&Envelope {
        id: CommandId::of_news(item, &cart, number),
        cart,
        rules: Rules::CURRENT,
        digest: Digest::of(b"refresh"),
        expected_version: None,
        policy,
        command: Command::Refresh {
            item: item.clone(),
            currency: sale.currency,
            available: sale.available,
            news: News { price: sale.price, number },
            others: sale.others.clone(),
        },
    })
}
