//! Puts notices on their topic. Knows not who is told.

use std::time::Duration;

use bytes::Bytes;
use cart_schemas::cloudevent::notice_headers;
use cart_schemas::notice::Notice;
use cart_schemas::partition::Partition;
use cart_schemas::topic::Topic;
use cart_storage::log::{AppendError, Header, Lane, Log, NewRecord, TopicPartition};

/// How long to wait before what was not acknowledged is appended again: nobody waits for it, and a log that
/// is full has room again.
const AGAIN_AFTER: Duration = Duration::from_secs(1);

/// Appends notices until all are acknowledged, each cart's in their order. Some may be there twice then.
pub(super) async fn append_all<L: Log>(
    log: &L,
    notices: impl Iterator<Item = (Partition, Notice)>,
) {
    let mut records: Vec<_> =
        notices.map(|(partition, notice)| record(partition, &notice)).collect();
    while !records.is_empty() {
        let run = log.append_run(Lane::Facts, records.clone()).await;
        records.drain(..run.acknowledged);
        match run.failure {
            None => continue,
            Some(
                error @ (AppendError::Full | AppendError::Unknown(_) | AppendError::Broken(_)),
            ) => {
                tracing::warn!(%error, "notices are appended again");
            }
            // Not for its size: a notice has the lines of one cart, and there is room for more of them.
            Some(error @ AppendError::Refused(_)) => {
                tracing::error!(%error, "is there no topic of notices? They wait for it");
            }
        }
        tokio::time::sleep(AGAIN_AFTER).await;
    }
}

fn record(partition: Partition, notice: &Notice) -> (TopicPartition, NewRecord) {
    metrics::counter!("cartstream_notices_total", "type" => notice.kind().as_str()).increment(1);
    let headers = notice_headers(notice);
    let headers = headers.into_iter().map(|(name, value)| Header::text(name, value)).collect();
    let key = Some(Bytes::copy_from_slice(notice.cart.as_str().as_bytes()));
    let record = NewRecord { key, value: Some(notice.encode().into()), headers };
    (TopicPartition { topic: Topic::Analytics, partition }, record)
}
