//! What would come of a row if it were brought in. Changes nothing, so it serves a dry run.

use cart_schemas::id::{ProductKey, TenantId};
use cart_schemas::product::Product;
use cart_storage::store::Store;

use super::cart::NewCart;
use super::outcome::{Outcome, Refusal};
use super::seen::{Before, Seen};
use super::standing::{brings, compared};
use crate::catalog::Catalog;

/// What would come of a cart; without a store there is no cart yet.
pub async fn check_cart<S: Store>(store: Option<&S>, seen: &Seen, new: NewCart) -> Outcome {
    let there = match store {
        Some(store) => compared(store, &new).await,
        None => None,
    };
    if let Some(outcome) = there {
        return outcome;
    }
    match seen.before(new.key.as_str(), brings(&new.cart).as_bytes()) {
        Before::Nothing => Outcome::Imported,
        Before::Same => Outcome::AlreadyThere,
        Before::Other => Outcome::Refused(Refusal::CartExists(new.key.to_string())),
    }
}

/// What would come of a shop's product; without a catalog there is no product yet.
pub fn check_product(
    catalog: Option<&Catalog>,
    seen: &Seen,
    (tenant, product): (Option<&TenantId>, &Product),
) -> Outcome {
    let key = ProductKey::new(tenant.cloned(), product.id.clone());
    let known = catalog.and_then(|catalog| catalog.get(&key));
    match seen.before(product.id.as_str(), &product.encode()) {
        Before::Same => Outcome::AlreadyThere,
        Before::Other => Outcome::Refused(Refusal::Repeated(product.id.to_string())),
        Before::Nothing if known.is_some_and(|known| *known == *product) => Outcome::AlreadyThere,
        Before::Nothing => Outcome::Imported,
    }
}
