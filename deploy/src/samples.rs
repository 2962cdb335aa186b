//! The sample products of the default shop's empty catalog, so that a newcomer's first request finds something.

use cart_ingest::catalog::Catalog;
use cart_schemas::product::Product;
use cart_storage::log::Log;

const SAMPLES: &str = include_str!("samples.jsonl");

/// Puts the samples into the catalog if it is empty. Two processes that do so at once put the
/// same bytes.
pub(crate) async fn load_if_empty<L: Log>(catalog: &Catalog, log: &L) {
    catalog.live().await;
    if !catalog.all(None).is_empty() {
        return;
    }
    for product in products() {
        if let Err(error) = catalog.put(log, (None, &product)).await {
            tracing::warn!(%error, product = %product.id, "a sample product was not put");
        }
    }
}

fn products() -> impl Iterator<Item = Product> {
    SAMPLES.lines().filter_map(|line| Product::decode(line.as_bytes()).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sample_is_a_product() {
        assert_eq!(products().count(), SAMPLES.lines().count());
    }
}
