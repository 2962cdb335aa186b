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
/// The age from which a command sent by another instance is known to be in the log or nowhere; the
/// clocks of two instances may disagree by what this leaves.
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

/// When a fresh id was made, in seconds since 1970; an id made from an `Idempotency-Key` has no
/// time.
pub(crate) fn made_at(id: &Uuid) -> Option<u64> {
    let time = id.get_timestamp().filter(|_| id.get_version_num() == 7)?;
    Some(time.to_unix().0)
}

/// Whether an append sent at this time may still not be settled.
pub(crate) const fn is_young(sent: u64, now: u64) -> bool {
    now.saturating_sub(sent) < YOUNG.as_secs()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Uuid {
        Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, seconds, 0))
    }

    #[test]
    fn a_fresh_id_tells_its_age_and_is_young_for_a_minute() {
        let keyed = CommandId::from_idempotency_key(&"user123".parse().unwrap(), "k");

        assert_eq!(made_at(&at(1_000)), Some(1_000));
        assert_eq!(made_at(keyed.as_uuid()), None);
        assert!(is_young(1_000, 1_059));
        assert!(!is_young(1_000, 1_060));
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
