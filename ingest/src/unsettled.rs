//! Commands whose append nobody has answered: they may still land in the log, so that nobody may
//! say they will not.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use cart_schemas::id::CommandId;
use uuid::Uuid;

/// How long an append may land after its caller was told "pending": the client's own time-out and
/// a broker that publishes late, many times over.
const SETTLED_WITHIN: Duration = Duration::from_secs(60);
/// The age from which a command sent by another instance is known to be in the log or nowhere.
const YOUNG: Duration = SETTLED_WITHIN;

/// The commands of this instance that may still land. Bounded by what can be sent in a minute of
/// an outage, which the breaker keeps small.
#[derive(Debug, Default)]
pub(crate) struct Unsettled(Arc<Mutex<HashMap<CommandId, u32>>>);

impl Unsettled {
    /// Whether `command` may still land.
    pub(crate) fn holds(&self, command: CommandId) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains_key(&command)
    }

    /// Holds `command` from this call on, until `appended` tells that it is in the log, or for a
    /// minute.
    pub(crate) fn until_settled(
        &self,
        command: CommandId,
        appended: impl Future<Output = bool> + Send + 'static,
    ) -> impl Future<Output = ()> + Send + 'static {
        let held = Arc::clone(&self.0);
        *held.lock().unwrap_or_else(PoisonError::into_inner).entry(command).or_default() += 1;
        async move {
            let in_the_log = async {
                if !appended.await {
                    std::future::pending::<()>().await;
                }
            };
            // Not settled in time is settled by time.
            drop(tokio::time::timeout(SETTLED_WITHIN, in_the_log).await);
            let mut held = held.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(count) = held.get_mut(&command) {
                *count -= 1;
                if *count == 0 {
                    held.remove(&command);
                }
            }
        }
    }
}

/// Whether a fresh id was made so recently, compared with one made `now`, that its append may not
/// be settled. Ids made from an `Idempotency-Key` have no time.
pub(crate) fn is_young(command: CommandId, now: Uuid) -> bool {
    let time = |id: &Uuid| id.get_timestamp().map(|time| time.to_unix());
    match (command.as_uuid().get_version_num(), time(command.as_uuid()), time(&now)) {
        (7, Some((made, _)), Some((now, _))) => now.saturating_sub(made) < YOUNG.as_secs(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Uuid {
        Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, seconds, 0))
    }

    #[test]
    fn a_fresh_id_is_young_for_a_minute_and_a_keyed_one_never() {
        let made = CommandId::from_uuid(at(1_000));
        let keyed = CommandId::from_idempotency_key(&"user123".parse().unwrap(), "k");

        assert!(is_young(made, at(1_059)));
        assert!(!is_young(made, at(1_060)));
        assert!(!is_young(keyed, at(1_000)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_command_may_land_until_its_append_is_told_or_a_minute_has_passed() {
        let unsettled = Unsettled::default();
        let command = CommandId::from_uuid(at(1_000));

        let told = unsettled.until_settled(command, std::future::ready(true));
        let silent = unsettled.until_settled(command, std::future::pending());
        told.await;
        assert!(unsettled.holds(command));

        silent.await;
        assert!(!unsettled.holds(command));
    }
}
