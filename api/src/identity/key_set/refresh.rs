//! Keeps a key set the one its issuer shows: when it is fetched, and what a failure changes. Knows no token.

use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;

use cart_schemas::timestamp::Timestamp;
use metrics::{counter, describe_counter, describe_gauge, gauge};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::KeySet;
use super::fetch::{Answer, Fetcher};
use crate::clock;
use crate::readiness::Flag;

/// How long a set is taken for fresh if nobody says.
const FRESH_FOR: Duration = Duration::from_secs(300);
/// The shortest time, whatever its issuer says: a minute is soon for a key that was taken back, and costs
/// him nothing.
const FRESH_MIN: Duration = Duration::from_secs(60);
/// The longest: a key that was taken back is believed no longer than this.
const FRESH_MAX: Duration = Duration::from_secs(3_600);
/// The pause after a failure, which doubles with each after it.
const AGAIN_FIRST: Duration = Duration::from_secs(1);
/// Its end, so that an issuer that is back is noticed soon.
const AGAIN_MAX: Duration = Duration::from_secs(60);

const FETCHES: &str = "cartstream_key_set_fetches_total";
const FETCHED: &str = "cartstream_key_set_fetched_timestamp_seconds";

/// What has a set fetched, and fetched again.
pub(crate) struct Refresh {
    pub(in crate::identity) set: Arc<KeySet>,
    pub(in crate::identity) fetcher: Fetcher,
}

impl Refresh {
    /// Fetches until `stop`; `flag` is up from the first set on.
    pub(crate) async fn run(self, flag: Flag, stop: CancellationToken) {
        describe_counter!(FETCHES, "Fetches of the key set, by what became of them");
        describe_gauge!(FETCHED, "When the key set was fetched last, in seconds since 1970");
        let mut failures = 0;
        loop {
            self.set.begin();
            let fetched = tokio::select! {
                () = stop.cancelled() => return,
                fetched = self.fetch() => fetched,
            };
            self.set.end();
            let pause = match fetched {
                Some(fresh) => {
                    failures = 0;
                    flag.set(true);
                    fresh
                }
                None => {
                    failures += 1;
                    pause_after(failures)
                }
            };
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.set.is_wanted() => {}
                () = sleep(pause) => {}
            }
        }
    }

    /// Fetches once, and says how long what came is fresh; the keys of before remain if nothing does.
    async fn fetch(&self) -> Option<Duration> {
        let url = self.fetcher.url();
        let fresh = match self.fetcher.fetch().await {
            Ok(Answer { set, cache_control }) => match self.set.hold(set) {
                Ok(()) => Some(fresh_for(cache_control.as_deref())),
                Err(error) => {
                    tracing::warn!(%url, %error, "the key set cannot be used; its keys of before are");
                    None
                }
            },
            Err(error) => {
                let cause = error.source().map(ToString::to_string);
                tracing::warn!(%url, %error, cause, "the key set is not fetched; its keys of before are used");
                None
            }
        };
        let outcome = if fresh.is_some() { "fetched" } else { "failed" };
        counter!(FETCHES, "outcome" => outcome).increment(1);
        if fresh.is_some() {
            gauge!(FETCHED).set(since_1970(clock::now()));
        }
        fresh
    }
}

fn since_1970(now: Timestamp) -> Duration {
    Duration::from_micros(u64::try_from(now.micros()).unwrap_or(0))
}

/// How long a set is fresh that came with this `Cache-Control`.
fn fresh_for(cache_control: Option<&str>) -> Duration {
    let said = cache_control.into_iter().flat_map(|text| text.split(','));
    let named = said.filter_map(|one| one.trim().split_once('='));
    let mut ages = named.filter(|(name, _)| name.eq_ignore_ascii_case("max-age"));
    let age = ages.next().and_then(|(_, seconds)| seconds.trim_matches('"').parse().ok());
    age.map_or(FRESH_FOR, Duration::from_secs).clamp(FRESH_MIN, FRESH_MAX)
}

/// The pause after so many failures.
fn pause_after(failures: u32) -> Duration {
    let doubled = 2_u32.saturating_pow(failures.saturating_sub(1));
    AGAIN_FIRST.saturating_mul(doubled).min(AGAIN_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_says_how_long_its_set_is_fresh_within_bounds() {
        for (said, seconds) in [
            (None, 300),
            (Some("public, max-age=600, must-revalidate"), 600),
            (Some("Max-Age=\"120\""), 120),
            (Some("max-age=0"), 60),
            (Some("max-age=86400"), 3_600),
            (Some("max-age=-1"), 300),
            (Some("s-maxage=600"), 300),
            (Some("no-store"), 300),
        ] {
            assert_eq!(fresh_for(said), Duration::from_secs(seconds), "{said:?}");
        }
    }

    #[test]
    fn pauses_after_failures_double_and_end() {
        let pauses = [1, 2, 3, 6, 7, 8, u32::MAX].map(|failures| pause_after(failures).as_secs());

        assert_eq!(pauses, [1, 2, 4, 32, 60, 60, 60]);
    }
}
