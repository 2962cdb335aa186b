//! The one reader of the events topic: hands each event to the hub for as long as the app lives.

use std::sync::Arc;
use std::time::Duration;

use cart_schemas::topic::Topic;
use cart_schemas::traceparent::CE_TRACEPARENT;
use cart_storage::log::{Log, Record, Start, Tail, TailEvent, TopicPartition};

use super::frame::Told;
use crate::app::App;

/// How long to wait before a tail that ended is opened again.
const REOPEN_AFTER: Duration = Duration::from_secs(1);

/// Follows the partitions of the events topic whose sockets the app has, from their end until it stops.
pub(crate) async fn notify<L: Log>(log: L, app: Arc<App>) {
    let stop = app.stop.clone();
    let following = async {
        loop {
            let starts = app
                .shares
                .partitions()
                .map(|partition| (TopicPartition { topic: Topic::Events, partition }, Start::End));
            match log.assign(starts.collect()) {
                Ok(tail) => follow(tail, &app).await,
                Err(error) => tracing::warn!(%error, "events cannot be followed"),
            }
            app.events.set(false);
            tokio::time::sleep(REOPEN_AFTER).await;
        }
    };
    tokio::select! {
        () = stop.cancelled() => app.events.set(false),
        () = following => {}
    }
}

/// Reads a tail to its end.
async fn follow<T: Tail>(mut tail: T, app: &App) {
    loop {
        match tail.next().await {
            TailEvent::Assigned(_) => {
                // What was appended before this moment is in the store, and only there.
                app.hub.reset();
                app.events.set(true);
            }
            TailEvent::Records(_, records) => {
                records.iter().for_each(|record| publish(app, record));
            }
            TailEvent::Trouble(error) => {
                tracing::debug!(%error, "the events' tail has trouble");
            }
            TailEvent::Ended(error) => {
                if let Some(error) = error {
                    tracing::warn!(%error, "events no longer arrive; following them anew");
                }
                return;
            }
            TailEvent::Revoking(_)
            | TailEvent::Lost(_)
            | TailEvent::Committed
            | TailEvent::CommitFailed(_) => {}
        }
    }
}

fn publish(app: &App, record: &Record) {
    let key = record.key.as_deref().and_then(|key| std::str::from_utf8(key).ok());
    if let (Some(key), Some(value)) = (key, record.value.as_deref()) {
        let trace = record.header(CE_TRACEPARENT).and_then(|text| text.parse().ok());
        app.hub.publish(key, Told { value, appended: record.appended, trace });
    }
}
