//! How often the same question is asked of an engine that is in trouble for a moment.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder, Retryable as _};
use cart_storage::log::LogError;
use cart_storage::store::{Disposition, StoreError};

/// How long an engine may be in trouble before a command gives up: a restart of one node. Whatever
/// it did so far is kept, and the command may be run again.
const TROUBLE: Duration = Duration::from_secs(60);

fn waits() -> impl BackoffBuilder {
    ExponentialBuilder::default()
        .with_min_delay(Duration::from_millis(50))
        .with_max_delay(Duration::from_secs(2))
        .without_max_times()
        .with_total_delay(Some(TROUBLE))
        .with_jitter()
}

/// Sends a request until the store did it, for a minute; what it refuses for good is not repeated.
pub(crate) async fn stored<T, F>(request: impl FnMut() -> F) -> Result<T, StoreError>
where
    F: Future<Output = Result<T, StoreError>>,
{
    let answer = request.retry(waits());
    answer.when(|error| error.disposition() == Disposition::Retry).await
}

/// Asks the log until it answers, for a minute; that a topic is not there is an answer.
pub(crate) async fn answered<T, F>(question: impl FnMut() -> F) -> Result<T, LogError>
where
    F: Future<Output = Result<T, LogError>>,
{
    question.retry(waits()).when(|error| matches!(error, LogError::Unreachable(_))).await
}
