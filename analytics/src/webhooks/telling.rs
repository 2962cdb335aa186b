//! Tells an endpoint one thing, until it has taken it, or it is not due any more, or is set aside.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use cart_outbound::Destination;
use cart_schemas::cql::Table;
use cart_schemas::notice::{Invitation, Notice};
use cart_schemas::record::CartRecord;
use cart_schemas::timestamp::Timestamp;
use cart_storage::store::Store;
use tokio::sync::Semaphore;

use super::Terms;
use super::breaker::{Breaker, Permit};
use super::consent::{Consent, Invited};
use super::due::{Known, Undue, judge};
use super::endpoint::{DiscountCode, Endpoint};
use super::post::{Message, Tried, post};
use crate::projection::Stubborn;

/// Tries under way at a time: a receiver is told a lot at once after it was away.
const AT_ONCE: usize = 8;
/// How soon an endpoint that is back is noticed by those who wait.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// Tries after which something an endpoint refuses is set aside: with [`FIRST_WAIT`] two minutes of them.
const TRIES: u32 = 8;
/// For how long what cannot be told is tried at least before it is set aside: others wait behind it.
const TRIED_FOR: Duration = Duration::from_secs(60 * 60);
/// The pause after the first try; each later one is twice as long.
const FIRST_WAIT: Duration = Duration::from_secs(1);
/// The longest pause.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    /// It was taken.
    Taken,
    /// It is not due.
    Undue(Undue),
    /// It was not taken, for long enough.
    Untaken,
    /// The endpoint wants to hear no more.
    Gone,
}

impl Told {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Taken => "taken",
            Self::Undue(why) => why.as_str(),
            Self::Untaken => "untaken",
            Self::Gone => "gone",
        }
    }
}

/// The way to one endpoint.
pub(super) struct Teller<S> {
    pub(super) store: Stubborn<S>,
    pub(super) endpoint: Endpoint,
    to: Destination,
    pub(super) terms: Terms,
    breaker: Mutex<Breaker>,
    slots: Semaphore,
}

/// The tries so far.
struct Tries {
    count: u32,
    since: Instant,
}

impl<S: Store> Teller<S> {
    pub(super) fn new(store: S, (endpoint, to): (Endpoint, Destination), terms: Terms) -> Self {
        let (breaker, slots) = (Mutex::new(Breaker::new()), Semaphore::new(AT_ONCE));
        Self { store: Stubborn::new(store), endpoint, to, terms, breaker, slots }
    }

    /// Tells it, however often it takes.
    pub(super) async fn tell(&self, notice: &Notice) -> Told {
        let mut tries = Tries { count: 0, since: Instant::now() };
        let told = loop {
            let slot = self.slots.acquire().await;
            self.permit().await;
            // Taken before the cart is looked at: whoever reads it knows that what it tells held then.
            let at = (self.terms.now)();
            let known = self.known(notice).await;
            if let Err(why) = judge(notice, &known, (self.endpoint.wish.frequency, at)) {
                self.breaker().give_back(Instant::now());
                break Told::Undue(why);
            }
            let wait = match self.try_once(notice, at).await {
                Tried::Taken => {
                    self.note_invited(notice, known.invited, at).await;
                    break Told::Taken;
                }
                Tried::Gone => break Told::Gone,
                Tried::Refused(_) if tries.are_enough(Duration::ZERO) => break Told::Untaken,
                Tried::Away(..) if tries.are_enough(TRIED_FOR) => break Told::Untaken,
                Tried::Refused(_) => tries.next(None),
                Tried::Away(_, after) => tries.next(after),
            };
            // Whoever waits holds up no other.
            drop(slot);
            tokio::time::sleep(wait).await;
        };
        metrics::counter!("cartstream_webhooks_total", "outcome" => told.as_str()).increment(1);
        told
    }

    /// Waits until the endpoint may be asked; looks again sooner than it is told, for a try that was taken ends
    /// the waits of all.
    async fn permit(&self) {
        loop {
            let now = Instant::now();
            let asked = self.breaker().ask(now);
            match asked {
                Permit::Granted => return,
                Permit::After(then) => {
                    let wait = then.saturating_duration_since(now).min(LOOK_EVERY);
                    tokio::time::sleep(wait).await;
                }
            }
        }
    }

    async fn try_once(&self, notice: &Notice, at: Timestamp) -> Tried {
        let id = notice.place.to_string();
        let message = Message { id: &id, at, body: self.body(notice) };
        let tried = post(&self.terms.client, (&self.to, &self.endpoint.secret), message).await;
        let endpoint = self.endpoint.id;
        match &tried {
            Tried::Taken | Tried::Gone => self.breaker().succeed(),
            Tried::Refused(status) => {
                // It is there, and takes other things.
                self.breaker().succeed();
                tracing::warn!(%endpoint, id, status, "an endpoint does not take what it is told");
            }
            Tried::Away(why, _) => {
                self.breaker().fail(Instant::now());
                tracing::debug!(%endpoint, id, why, "an endpoint cannot be told");
            }
        }
        metrics::counter!("cartstream_webhooks_tries_total").increment(1);
        let away = u8::from(self.breaker().is_open());
        let labels = [("endpoint", endpoint.to_string())];
        metrics::gauge!("cartstream_webhooks_away", &labels).set(away);
        tried
    }

    /// The same at every try.
    fn body(&self, notice: &Notice) -> Vec<u8> {
        if !notice.kind().invites() {
            return notice.encode();
        }
        let url = self.terms.page.as_ref().map(|page| page.back(notice));
        let discount = self.endpoint.wish.discount.as_ref().map(DiscountCode::as_str);
        notice.encode_inviting(Invitation { url: url.as_deref(), discount })
    }

    /// What is known of a customer; nothing, where nobody is to be written to.
    async fn known(&self, notice: &Notice) -> Known {
        let key = notice.cart.as_str();
        if !notice.kind().invites() {
            let cart = (notice.place.cart, cart_schemas::cart::Cart::default());
            return Known { cart, consent: Consent::default(), invited: Invited::default() };
        }
        let consent = self.store.load(Table::Consents, key).await;
        // What cannot be read is no consent.
        let consent = consent.and_then(|cell| Consent::decode(&cell).ok()).unwrap_or_default();
        let row = Invited::key(self.endpoint.id, &notice.cart);
        let invited = Invited::decode(self.store.load(Table::Consents, &row).await.as_deref());
        let record = self.store.load(Table::Carts, key).await;
        let record = record.map(|cell| CartRecord::decode(&cell)).transpose();
        let record = record.unwrap_or_else(|error| {
            tracing::error!(%error, key, "a cart's record cannot be read; nobody is reminded of it");
            None
        });
        let record = record.unwrap_or_default();
        Known { cart: (record.cart_id(&notice.cart), record.cart), consent, invited }
    }

    async fn note_invited(&self, notice: &Notice, mut invited: Invited, at: Timestamp) {
        if !notice.kind().invites() {
            return;
        }
        invited.note(&notice.place.to_string(), at);
        let row = Invited::key(self.endpoint.id, &notice.cart);
        let cell = (invited.encode().into(), invited.ts);
        self.store.put(Table::Consents, &row, cell).await;
    }

    fn breaker(&self) -> MutexGuard<'_, Breaker> {
        // No step of a breaker leaves it half done.
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tries {
    /// Whether one more failed try is the last.
    fn are_enough(&self, at_least: Duration) -> bool {
        self.count + 1 >= TRIES && self.since.elapsed() >= at_least
    }

    /// The pause after one more.
    fn next(&mut self, asked: Option<Duration>) -> Duration {
        let wait = FIRST_WAIT.saturating_mul(2_u32.saturating_pow(self.count)).min(LONGEST_WAIT);
        self.count += 1;
        asked.unwrap_or_default().max(wait)
    }
}
