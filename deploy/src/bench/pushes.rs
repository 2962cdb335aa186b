//! Pushes to the devices of the busiest carts: how long after a change was meant to begin its
//! event arrives, and whether any is missing. Opens no socket.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use hdrhistogram::Histogram;
use hyper::Response;
use hyper::header::ETAG;
use serde::Deserialize;

use super::connection::LONGEST;
use super::tally::{DIGITS, micros};
use crate::exit::Failure;

/// Events without the answer to their change, and answers without their event, kept of one cart:
/// what is older than so many changes is not met any more.
const UNMET_MAX: usize = 1_024;

/// The carts that are watched: those of users 1, 2, 3 …
#[derive(Debug)]
pub(super) struct Pushes {
    carts: Vec<Mutex<Cart>>,
    met: Mutex<Met>,
}

/// What arrived.
#[derive(Debug, Clone)]
pub(super) struct Met {
    /// Microseconds from the moment a change was meant to begin.
    pub(super) latencies: Histogram<u64>,
    /// Whole carts where the next event was due.
    pub(super) resyncs: u64,
    /// Events that did not follow the one before.
    pub(super) gaps: u64,
    /// Changes that were done and of which no event arrived.
    pub(super) lost: u64,
}

/// What one socket was told, and what its cart's customers were answered.
#[derive(Debug, Default)]
struct Cart {
    /// The version of the whole cart it was shown last; none before the first.
    shown: Option<u64>,
    /// Where the last event stood: its version, and whether it was the last of it.
    last: Option<(u64, bool)>,
    answered: BTreeMap<u64, Instant>,
    arrived: BTreeMap<u64, Instant>,
}

/// A message, as far as it is judged.
#[derive(Debug, Deserialize)]
struct Message {
    #[serde(rename = "type")]
    kind: String,
    data: Place,
}

#[derive(Debug, Deserialize)]
struct Place {
    version: u64,
    #[serde(default)]
    n: u16,
    #[serde(default)]
    of: u16,
}

impl Pushes {
    /// Watches the carts of the first `sockets` users.
    pub(super) fn of(sockets: u32) -> Result<Self, Failure> {
        let latencies = Histogram::new_with_max(micros(LONGEST), DIGITS)
            .map_err(|source| Failure::failed("the histograms cannot be made", source))?;
        let met = Met { latencies, resyncs: 0, gaps: 0, lost: 0 };
        let carts = (0..sockets).map(|_| Mutex::default()).collect();
        Ok(Self { carts, met: Mutex::new(met) })
    }

    /// A change whose customer was meant to begin at `start` was answered.
    pub(super) fn answered<B>(&self, user: u64, answer: &Response<B>, start: Instant) {
        let version = answer.headers().get(ETAG).and_then(|tag| tag.to_str().ok());
        let version = version.and_then(|tag| tag.trim_matches('"').parse().ok());
        let (Some(cart), Some(version), true) =
            (self.cart(user), version, answer.status().is_success())
        else {
            return;
        };
        let mut cart = locked(cart);
        if cart.shown.is_none_or(|shown| version <= shown) {
            return;
        }
        match cart.arrived.remove(&version) {
            Some(arrived) => self.meet(start, arrived),
            None => keep(&mut cart.answered, version, start),
        }
    }

    /// A message arrived at the socket of a user's cart.
    pub(super) fn told(&self, user: u64, text: &str, now: Instant) {
        let (Some(cart), Ok(message)) = (self.cart(user), serde_json::from_str(text)) else {
            return;
        };
        let Message { kind, data } = message;
        let mut cart = locked(cart);
        if kind == "cart_state" {
            let again = cart.shown.replace(data.version).is_some();
            cart.last = Some((data.version, true));
            cart.answered.retain(|version, _| *version > data.version);
            self.met().resyncs += u64::from(again);
            return;
        }
        self.met().gaps += u64::from(!cart.follows(&data));
        let complete = data.n + 1 >= data.of;
        cart.last = Some((data.version, complete));
        if !complete {
            return;
        }
        match cart.answered.remove(&data.version) {
            Some(start) => self.meet(start, now),
            None => keep(&mut cart.arrived, data.version, now),
        }
    }

    /// Whether every socket was shown its cart.
    pub(super) fn are_open(&self) -> bool {
        self.carts.iter().all(|cart| locked(cart).shown.is_some())
    }

    /// Changes that were done and of which no event arrived yet.
    pub(super) fn missing(&self) -> usize {
        self.carts.iter().map(|cart| locked(cart).answered.len()).sum()
    }

    /// What arrived, if anything was watched.
    pub(super) fn met_all(&self) -> Met {
        let mut met = self.met().clone();
        met.lost = u64::try_from(self.missing()).unwrap_or(u64::MAX);
        met
    }

    fn meet(&self, start: Instant, arrived: Instant) {
        let took = arrived.saturating_duration_since(start);
        self.met().latencies.saturating_record(micros(took));
    }

    fn cart(&self, user: u64) -> Option<&Mutex<Cart>> {
        self.carts.get(usize::try_from(user.checked_sub(1)?).ok()?)
    }

    fn met(&self) -> MutexGuard<'_, Met> {
        locked(&self.met)
    }
}

impl Cart {
    /// Whether an event is the next one.
    const fn follows(&self, place: &Place) -> bool {
        match self.last {
            None => false,
            Some((version, true)) => place.version == version + 1 && place.n == 0,
            Some((version, false)) => place.version == version && place.n > 0,
        }
    }
}

fn keep(unmet: &mut BTreeMap<u64, Instant>, version: u64, at: Instant) {
    unmet.insert(version, at);
    if unmet.len() > UNMET_MAX {
        unmet.pop_first();
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
