//! Pushes to the devices of carts: how long after a change was meant to begin its event arrives, and
//! whether any is missing. Opens no socket.

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

/// The carts that are watched: those of users 1, 2, 3 …; what a user is called does not matter.
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
    /// Events before which others are missing.
    pub(super) gaps: u64,
    /// Events at or before the last one.
    pub(super) repeats: u64,
    /// Changes that were done and of which no event arrived.
    pub(super) lost: u64,
}

/// What one socket was told, and what its cart's customers were answered.
#[derive(Debug, Default)]
struct Cart {
    /// The version of the whole cart it was shown last; none before the first.
    shown: Option<u64>,
    last: Option<Last>,
    answered: BTreeMap<u64, Instant>,
    arrived: BTreeMap<u64, Instant>,
}

/// Where the last event stood.
#[derive(Debug, Clone, Copy)]
struct Last {
    version: u64,
    n: u16,
    /// Whether it was the last of its version.
    complete: bool,
}

/// What the consumers' rule says of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Next,
    Repeat,
    Gap,
}

/// A message, as far as it is judged.
#[derive(Debug, Deserialize)]
struct Message {
    #[serde(rename = "type")]
    kind: Kind,
    data: Place,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    CartState,
    CartEvent,
    #[serde(other)]
    Other,
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
        let met = Met { latencies, resyncs: 0, gaps: 0, repeats: 0, lost: 0 };
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
            None => {
                if keep(&mut cart.answered, version, start) {
                    self.met().lost += 1;
                }
            }
        }
    }

    /// A message arrived at the socket of a user's cart.
    pub(super) fn told(&self, user: u64, text: &str, now: Instant) {
        let (Some(cart), Ok(message)) = (self.cart(user), serde_json::from_str(text)) else {
            return;
        };
        let Message { kind, data } = message;
        let mut cart = locked(cart);
        match kind {
            Kind::CartState => {
                let again = cart.show(data.version);
                self.met().resyncs += u64::from(again);
            }
            Kind::CartEvent => self.judge(&mut cart, &data, now),
            Kind::Other => {}
        }
    }

    fn judge(&self, cart: &mut Cart, place: &Place, now: Instant) {
        match cart.step(place) {
            Step::Next => {}
            Step::Repeat => {
                self.met().repeats += 1;
                return;
            }
            Step::Gap => self.met().gaps += 1,
        }
        let complete = place.n.saturating_add(1) >= place.of;
        cart.last = Some(Last { version: place.version, n: place.n, complete });
        if !complete {
            return;
        }
        match cart.answered.remove(&place.version) {
            Some(start) => self.meet(start, now),
            None => {
                keep(&mut cart.arrived, place.version, now);
            }
        }
    }

    /// Whether the socket of a user was shown the cart.
    pub(super) fn is_shown(&self, user: u64) -> bool {
        self.cart(user).is_some_and(|cart| locked(cart).shown.is_some())
    }

    /// The version of the cart that its socket knows, open or closed; 0 if it was told none.
    pub(super) fn version(&self, user: u64) -> u64 {
        let last = self.cart(user).and_then(|cart| locked(cart).last);
        last.map_or(0, |last| last.version)
    }

    /// Watches the cart of a user no more: nothing of it is awaited.
    pub(super) fn leave(&self, user: u64) {
        if let Some(cart) = self.cart(user) {
            *locked(cart) = Cart::default();
        }
    }

    /// Awaits no more of the cart of a user, whose socket is closed; what was awaited still is.
    pub(super) fn closed(&self, user: u64) {
        if let Some(cart) = self.cart(user) {
            locked(cart).shown = None;
        }
    }

    /// Forgets what came so far, and awaits nothing of it: it was the warm-up.
    pub(super) fn begin_anew(&self) {
        for cart in &self.carts {
            let mut cart = locked(cart);
            cart.answered.clear();
            cart.arrived.clear();
        }
        let mut met = self.met();
        met.latencies.reset();
        (met.resyncs, met.gaps, met.repeats, met.lost) = (0, 0, 0, 0);
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
        met.lost += u64::try_from(self.missing()).unwrap_or(u64::MAX);
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
    /// The whole cart is shown; tells whether it was before. It stands for all that led to it.
    fn show(&mut self, version: u64) -> bool {
        self.last = Some(Last { version, n: u16::MAX, complete: true });
        self.answered.retain(|answered, _| *answered > version);
        self.shown.replace(version).is_some()
    }

    /// How an event stands to the one before.
    fn step(&self, place: &Place) -> Step {
        let Some(Last { version, n, complete }) = self.last else { return Step::Gap };
        let next = if complete { (version + 1, 0) } else { (version, n.saturating_add(1)) };
        match (place.version, place.n) {
            place if place == next => Step::Next,
            place if place <= (version, n) => Step::Repeat,
            (_, _) => Step::Gap,
        }
    }
}

/// Keeps one, and tells whether the oldest had to go for it.
fn keep(unmet: &mut BTreeMap<u64, Instant>, version: u64, at: Instant) -> bool {
    unmet.insert(version, at);
    unmet.len() > UNMET_MAX && unmet.pop_first().is_some()
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
