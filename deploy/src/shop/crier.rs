//! Tells carts what is new of the goods they hold, as the town crier of a shop that serves does: who holds
//! something is asked of the index, and told by a command. Goes by the clock that is set.

use std::collections::BTreeMap;

use cart_ingest::news::{Sale, refresh};
use cart_schemas::cql::Index;
use cart_schemas::holders::{self, PARTS};
use cart_schemas::id::{CartKey, InvalidId, SkuKey};
use cart_schemas::topic::Topic;
use cart_storage::log::{NewRecord, TopicPartition};
use cart_storage::store::{Store as _, StoreError};

use super::works::{Broken, Works};

/// Holders read at a time.
const PAGE: u16 = 500;

/// Why something cannot be told.
#[derive(Debug, thiserror::Error)]
pub(super) enum Untold {
    #[error("the carts that hold a product cannot be read")]
    Holders(#[from] StoreError),
    #[error("what holds a product is no cart")]
    NoCart(#[from] InvalidId),
    #[error("the news cannot be decided")]
    Broken(#[from] Broken),
}

/// What carts were told.
#[derive(Debug, Default)]
pub(super) struct Crier {
    told: BTreeMap<SkuKey, Sale>,
}

impl Crier {
    /// Tells whatever of these is not as it was told; what is seen for the first time is as everybody
    /// knows it.
    pub(super) async fn tell(
        &mut self,
        works: &mut Works,
        skus: impl Iterator<Item = SkuKey>,
    ) -> Result<(), Untold> {
        let number = u64::try_from(works.now().micros()).unwrap_or(0);
        let mut refreshes = Vec::new();
        for sku in skus {
            let Some(sale) = Sale::of(works.commands().catalog().offer(&sku)) else { continue };
            let known = self.told.get(&sku);
            if known.is_some_and(|known| *known != sale) {
                refreshes.extend(refreshes_of(works, &sku, (&sale, number)).await?);
            }
            self.told.insert(sku, sale);
        }
        Ok(works.decide(refreshes).await?)
    }
}

/// What is sent to each cart that holds a sku.
async fn refreshes_of(
    works: &Works,
    sku: &SkuKey,
    news: (&Sale, u64),
) -> Result<Vec<(TopicPartition, NewRecord)>, Untold> {
    let mut refreshes = Vec::new();
    for part in 0..PARTS {
        let slot = holders::slot(sku, part);
        for cart in holders_in(works, &slot).await? {
            let partition = works.commands().partition_of(&cart);
            let policy = works.commands().policy(&cart);
            let to = TopicPartition { topic: Topic::Commands, partition };
            refreshes.push((to, refresh(cart, sku, news, policy)));
        }
    }
    Ok(refreshes)
}

async fn holders_in(works: &Works, slot: &str) -> Result<Vec<CartKey>, Untold> {
    let (mut carts, mut after) = (Vec::new(), None::<String>);
    loop {
        let page = works.engine().entries(Index::Holders, slot, after.as_deref(), PAGE).await?;
        for note in &page {
            carts.push(note.entry.parse()?);
        }
        if page.len() < usize::from(PAGE) {
            return Ok(carts);
        }
        after = page.into_iter().next_back().map(|note| note.entry);
    }
}
