//! The load: who begins when, and over which connection. Knows nothing of what is asked.

use std::sync::Arc;
use std::time::{Duration, Instant};

use indicatif::ProgressBar;
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinSet;

use super::connection::{AskError, Connection};
use super::mix::Mix;
use super::pushes::Pushes;
use super::shopper::{Ask, Phase, Shoppers};
use super::tally::Tally;
use super::target::Target;
use super::windows::Windows;
use crate::exit::Failure;

/// How long a connection that broke, or was not had, stays away: a shop that is down is not asked
/// as fast as it can refuse, and one that comes back is soon met again.
const AGAIN_AFTER: Duration = Duration::from_millis(100);
/// How late a request may begin that is left out otherwise: under more load than a shop can carry, whether
/// it or the load itself is late cannot be told from a wait.
const BEGINS_WITHIN: Duration = Duration::from_millis(100);
const NANOS_PER_SECOND: u64 = 1_000_000_000;

/// A load on a shop.
#[derive(Debug, Clone)]
pub(super) struct Load {
    pub(super) target: Target,
    /// Requests a second; `None` is as many as the connections allow.
    pub(super) rate: Option<u32>,
    pub(super) mix: Mix,
    pub(super) connections: u32,
    /// Whether what cannot begin in time is left out and told, rather than begun late.
    pub(super) leaves_out: bool,
}

/// Who else is told of every answer.
#[derive(Debug, Clone, Default)]
pub(super) struct Observers {
    pub(super) windows: Option<Arc<Windows>>,
    pub(super) pushes: Option<Arc<Pushes>>,
}

/// When requests are meant to begin. What nobody takes for [`LONGEST`](super::connection::LONGEST)
/// is dropped as soon as it is taken: no more than the starts of that time wait here.
type Starts = Arc<Mutex<mpsc::UnboundedReceiver<Instant>>>;

impl Load {
    /// Loads the shop for a while, and waits at most
    /// [`LONGEST`](super::connection::LONGEST) for the last answers.
    pub(super) async fn run(
        &self,
        (phase, lasts): (Phase, Duration),
        observers: &Observers,
        bar: &ProgressBar,
    ) -> Result<Tally, Failure> {
        let customer = |number| -> Result<Customer, Failure> {
            let mut shoppers = Shoppers::new(self.mix, phase, number)?;
            let asks = Box::new(move || shoppers.next());
            let connection = Connection::to(self.target.clone());
            let (observers, leaves_out) = (observers.clone(), self.leaves_out);
            Ok(Customer { connection, asks, observers, leaves_out })
        };
        let customers = (0..self.connections).map(customer).collect::<Result<Vec<_>, _>>()?;
        shown(bar, lasts, shop_all(customers, self.rate, lasts)).await
    }
}

/// Lets customers shop for a while, together at a rate if there is one.
pub(super) async fn shop_all(
    customers: Vec<Customer>,
    rate: Option<u32>,
    lasts: Duration,
) -> Result<Tally, Failure> {
    let began = Instant::now();
    let starts = rate.map(|rate| pace(began, rate, lasts)).transpose()?;
    let mut shopping = JoinSet::new();
    for customer in customers {
        shopping.spawn(customer.shop(starts.clone(), began, lasts));
    }
    let mut whole = new_tally()?;
    while let Some(joined) = shopping.join_next().await {
        let tally = joined.map_err(|error| Failure::failed("a customer fell over", error))??;
        whole.add(&tally);
    }
    Ok(whole)
}

/// Shows on a bar how far a part of a run is.
pub(super) async fn shown<T>(
    bar: &ProgressBar,
    lasts: Duration,
    part: impl Future<Output = T>,
) -> T {
    let ticking = tokio::spawn(tick(bar.clone(), lasts.as_secs()));
    let done = part.await;
    ticking.abort();
    bar.finish_and_clear();
    done
}

pub(super) fn new_tally() -> Result<Tally, Failure> {
    Tally::new().map_err(|source| Failure::failed("the histograms cannot be made", source))
}

/// Says when each request is meant to begin, at that time. A thread's sleep is exact to some 50 µs;
/// the runtime's timers to a millisecond.
#[expect(clippy::disallowed_methods, reason = "the load follows the clock")]
fn pace(began: Instant, rate: u32, lasts: Duration) -> Result<Starts, Failure> {
    let (starts, waiting) = mpsc::unbounded_channel();
    let thread = std::thread::Builder::new().name("pace".to_owned());
    let paced = thread.spawn(move || {
        for since in beats(rate, lasts) {
            let start = began + since;
            std::thread::sleep(start.saturating_duration_since(Instant::now()));
            if starts.send(start).is_err() {
                return;
            }
        }
    });
    paced.map_err(|source| Failure::failed("no thread can be started", source))?;
    Ok(Arc::new(Mutex::new(waiting)))
}

/// Evenly spaced times before `lasts`, `rate` of them a second, also where it does not divide a
/// second. The longest run at the highest rate still fits what it counts with.
fn beats(rate: u32, lasts: Duration) -> impl Iterator<Item = Duration> {
    let rate = u64::from(rate.max(1));
    let beats = (0..).map(move |number| Duration::from_nanos(number * NANOS_PER_SECOND / rate));
    beats.take_while(move |beat| *beat < lasts)
}

/// What is asked over a connection, one thing after another.
pub(super) type Asks = Box<dyn FnMut() -> Ask + Send>;

/// Whoever uses one connection.
pub(super) struct Customer {
    pub(super) connection: Connection,
    pub(super) asks: Asks,
    pub(super) observers: Observers,
    /// See [`Load::leaves_out`].
    pub(super) leaves_out: bool,
}

impl Customer {
    /// Asks one thing after another until the load has lasted.
    async fn shop(
        mut self,
        starts: Option<Starts>,
        began: Instant,
        lasts: Duration,
    ) -> Result<Tally, Failure> {
        let mut tally = new_tally()?;
        while let Some(meant) = next(starts.as_ref(), began + lasts).await {
            if self.leaves_out && meant.elapsed() > BEGINS_WITHIN {
                tally.left_out += 1;
                continue;
            }
            let start = if self.leaves_out { Instant::now() } else { meant };
            let ask = (self.asks)();
            let answer = self.connection.ask(ask.request, start).await;
            let took = start.elapsed();
            if let (Some(pushes), Ok(answer), true) = (&self.observers.pushes, &answer, ask.told) {
                pushes.answered(ask.user, answer, start);
            }
            let answer = answer.map(|answer| answer.status());
            tally.count(ask.kind, &answer, took);
            if let Some(windows) = &self.observers.windows {
                windows.count(ask.kind, &answer, took);
            }
            if let Err(AskError::Connect(_) | AskError::Http(_)) = answer {
                tokio::time::sleep(AGAIN_AFTER).await;
            }
        }
        tally.took = began.elapsed();
        Ok(tally)
    }
}

/// When the next request is meant to begin: now, without a rate.
async fn next(starts: Option<&Starts>, end: Instant) -> Option<Instant> {
    match starts {
        Some(starts) => starts.lock().await.recv().await,
        None => Some(Instant::now()).filter(|now| *now < end),
    }
}

async fn tick(bar: ProgressBar, seconds: u64) {
    bar.set_length(seconds);
    let mut ticks = tokio::time::interval(Duration::from_secs(1));
    loop {
        ticks.tick().await;
        bar.set_position(bar.position() + 1);
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::super::mix::Skew;
    use super::super::{HIGHEST_RATE, LONGEST_RUN};
    use super::*;

    #[test]
    fn the_pace_does_not_run_away() {
        for rate in [1, 7, 600, 99_999] {
            let second = Duration::from_secs(1);
            let beats: Vec<Duration> = beats(rate, 3 * second).collect();

            assert_eq!(beats.len(), usize::try_from(3 * rate).unwrap(), "{rate} a second");
            assert!(beats.is_sorted(), "{rate} a second");
            let in_the_second = beats.iter().filter(|beat| (second..2 * second).contains(*beat));
            assert_eq!(in_the_second.count(), usize::try_from(rate).unwrap(), "{rate} a second");
        }
    }

    #[test]
    fn the_longest_run_at_the_highest_rate_can_be_counted() {
        let last = u64::from(HIGHEST_RATE) * u64::from(LONGEST_RUN);

        assert!(last.checked_mul(NANOS_PER_SECOND).is_some());
    }

    async fn load_on_nobody(rate: Option<u32>) -> Tally {
        let port = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = port.local_addr().unwrap();
        drop(port);
        let mix = Mix { users: 10, skew: Skew::ONE_PERSON, lines: None };
        let load = Load { target: address.into(), rate, mix, connections: 2, leaves_out: false };
        let part = (Phase::Measured, 3 * AGAIN_AFTER);
        load.run(part, &Observers::default(), &ProgressBar::hidden()).await.unwrap()
    }

    #[tokio::test]
    async fn a_shop_that_is_down_is_not_asked_as_fast_as_it_can_refuse() {
        let tally = load_on_nobody(None).await;

        assert!((2..=6).contains(&tally.failed), "{tally:?}");
        assert_eq!(tally.all(), tally.failed);
    }

    #[tokio::test]
    async fn every_start_of_a_paced_load_is_told_also_if_the_shop_is_down() {
        let tally = load_on_nobody(Some(20)).await;

        assert_eq!((tally.failed, tally.all()), (6, 6), "{tally:?}");
    }
}
