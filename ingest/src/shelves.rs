//! The sending side of stock: what the catalog or a person says of a sku becomes a command on its
//! partition. Decides nothing, and waits for no outcome.

use bytes::Bytes;
use cart_schemas::envelope::SCHEMA;
use cart_schemas::id::{CommandId, SkuKey, TenantId};
use cart_schemas::partition::PartitionCount;
use cart_schemas::policy::{Policy, Rules};
use cart_schemas::product::Product;
use cart_schemas::stock::{StockCommand, StockEnvelope};
use cart_schemas::topic::{Topic, header};
use cart_storage::log::{AppendError, Header, Lane, Log, LogError, NewRecord, TopicPartition};
use futures::future::try_join_all;
use uuid::Uuid;

use crate::catalog::Catalog;

/// Where stock commands go, and what they carry.
#[derive(Debug, Clone, Copy)]
pub struct Shelves {
    partitions: PartitionCount,
    fresh_id: fn() -> Uuid,
}

impl Shelves {
    /// Learns how many partitions there are.
    ///
    /// # Errors
    /// The log cannot be asked.
    pub async fn open<L: Log>(log: &L, fresh_id: fn() -> Uuid) -> Result<Self, LogError> {
        let partitions = log.partitions(Topic::InventoryCommands).await?;
        Ok(Self { partitions, fresh_id })
    }

    /// Tells each sku of a shop's product how many there are. A sku that was told the same the last time
    /// keeps what it has, so this may be done again.
    ///
    /// # Errors
    /// An append was refused, or its outcome is unknown.
    pub async fn tell<L: Log>(
        &self,
        log: &L,
        (tenant, product): (Option<&TenantId>, &Product),
    ) -> Result<(), AppendError> {
        let puts = product.skus(tenant).map(|(sku, units)| {
            let envelope = self.envelope(sku, StockCommand::Put { units }, None);
            let (to, record) = self.record(&envelope);
            log.append(Lane::Commands, to, record)
        });
        try_join_all(puts).await.map(drop)
    }

    /// Tells the skus of all shops that nobody has told yet: those of products that were put before there was stock,
    /// or by whoever did not get so far.
    ///
    /// # Errors
    /// An append was refused, or its outcome is unknown.
    pub async fn tell_untold<L: Log>(&self, log: &L, catalog: &Catalog) -> Result<(), AppendError> {
        catalog.live().await;
        for (key, product) in catalog.everywhere() {
            let untold = product.skus(key.tenant()).any(|(sku, _)| catalog.level(&sku).is_none());
            if untold {
                self.tell(log, (key.tenant(), &product)).await?;
            }
        }
        Ok(())
    }

    /// The record of a command under this `Idempotency-Key`, and where it is to be appended, for whoever waits
    /// for no outcome.
    #[must_use]
    pub fn draft(
        &self,
        sku: SkuKey,
        command: StockCommand,
        key: &str,
    ) -> (TopicPartition, NewRecord) {
        self.record(&self.envelope(sku, command, Some(key)))
    }

    /// A command as it is sent; without an `Idempotency-Key` its id is fresh.
    pub(crate) fn envelope(
        &self,
        sku: SkuKey,
        command: StockCommand,
        key: Option<&str>,
    ) -> StockEnvelope {
        let id = key.map(|key| CommandId::of_stock(&sku, key));
        StockEnvelope {
            id: id.unwrap_or_else(|| CommandId::from_uuid((self.fresh_id)())),
            sku,
            rules: Rules::CURRENT,
            digest: command.digest(),
            // Stock keeps to no policy of a shop's; what a cart reserves comes with the cart's.
            policy: Policy::default(),
            command,
        }
    }

    /// The record of a command, for the partition of its sku.
    pub(crate) fn record(&self, envelope: &StockEnvelope) -> (TopicPartition, NewRecord) {
        let key = envelope.sku.to_string();
        let partition = self.partitions.partition_of(key.as_bytes());
        let headers = vec![
            Header::text(header::COMMAND, envelope.id.to_string()),
            Header::text(header::SCHEMA, SCHEMA.to_string()),
        ];
        let value = Some(Bytes::from(envelope.encode()));
        let to = TopicPartition { topic: Topic::InventoryCommands, partition };
        (to, NewRecord { key: Some(Bytes::from(key)), value, headers })
    }
}
