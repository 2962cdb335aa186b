//! Which sockets follow which cart. Knows neither sockets nor the log: events are handed in, and
//! each follower is woken.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cart_schemas::event::Event;
use cart_schemas::id::CartKey;
use cart_schemas::record::CartRecord;
use metrics::Gauge;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, SemaphorePermit};

use super::frame::{self, EventFrame, Told};
use crate::follow::{self, Follow, Shown, Todo};
use crate::meters;

/// Events that may wait for one socket. A person changes a cart a few times a minute; a socket
/// this far behind is better served with the whole cart.
const QUEUE_MAX: usize = 64;
/// Carts read for sockets at a time: after an outage every socket wants its cart at once, and the
/// store has carts to read for requests, too.
const READS_MAX: usize = 64;

/// The followers by cart.
#[derive(Debug)]
pub(crate) struct Hub {
    by_cart: Mutex<HashMap<String, Vec<Arc<Inbox>>>>,
    seats: Arc<Semaphore>,
    reads: Semaphore,
    seated: AtomicU64,
}

/// What waits for one follower.
#[derive(Debug)]
pub(super) struct Inbox {
    follow: Mutex<Follow<EventFrame>>,
    wake: Notify,
}

/// The right to one socket, counted until it is dropped.
#[derive(Debug)]
pub(crate) struct Seat {
    /// Tells this socket from others, so that they do not all do the same at the same time.
    pub(super) number: u64,
    /// The sockets of its shop.
    counted: Gauge,
    _permit: OwnedSemaphorePermit,
}

/// A follower's place in the index; leaves it when dropped.
#[derive(Debug)]
pub(super) struct Membership {
    hub: Arc<Hub>,
    cart: String,
    pub(super) inbox: Arc<Inbox>,
}

impl Hub {
    /// A hub for at most `max` sockets.
    pub(crate) fn new(max: usize) -> Self {
        Self {
            by_cart: Mutex::default(),
            seats: Arc::new(Semaphore::new(max.min(Semaphore::MAX_PERMITS))),
            reads: Semaphore::new(READS_MAX),
            seated: AtomicU64::new(0),
        }
    }

    /// A seat for one more socket of a shop, by what that is called in numbers, if there is one.
    pub(crate) fn seat(&self, shop: &str) -> Option<Seat> {
        let permit = Arc::clone(&self.seats).try_acquire_owned().ok()?;
        let counted = meters::sockets(shop);
        counted.increment(1);
        let number = self.seated.fetch_add(1, Ordering::Relaxed);
        Some(Seat { number, counted, _permit: permit })
    }

    /// Begins to collect the events of a cart for one follower, who says it has the version `since`.
    pub(super) fn join(self: &Arc<Self>, key: &CartKey, since: Option<u64>) -> Membership {
        let cart = key.as_str().to_owned();
        let follow = Mutex::new(Follow::new(QUEUE_MAX, since));
        let inbox = Arc::new(Inbox { follow, wake: Notify::new() });
        self.by_cart().entry(cart.clone()).or_default().push(Arc::clone(&inbox));
        Membership { hub: Arc::clone(self), cart, inbox }
    }

    /// Waits for the right to read a cart for a socket.
    pub(super) async fn may_read(&self) -> Option<SemaphorePermit<'_>> {
        self.reads.acquire().await.ok()
    }

    /// Hands an event's record to everyone who follows its cart.
    pub(super) fn publish(&self, cart: &str, told: Told<'_>) {
        let followers = self.by_cart().get(cart).cloned().unwrap_or_default();
        if followers.is_empty() {
            return;
        }
        match frame::event(told) {
            Ok(push) => {
                for inbox in followers {
                    inbox.change(|follow| follow.push(push.place, push.frame.clone()));
                }
            }
            Err(error) => {
                tracing::warn!(%error, "an event that is none of ours; its followers read again");
                followers.iter().for_each(|inbox| inbox.change(Follow::reset));
            }
        }
    }

    /// Tells everyone that events may have been missed.
    pub(super) fn reset(&self) {
        for inbox in self.by_cart().values().flatten() {
            inbox.change(Follow::reset);
        }
    }

    fn by_cart(&self) -> MutexGuard<'_, HashMap<String, Vec<Arc<Inbox>>>> {
        self.by_cart.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inbox {
    fn follow(&self) -> MutexGuard<'_, Follow<EventFrame>> {
        self.follow.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut Follow<EventFrame>)) {
        change(&mut self.follow());
        self.wake.notify_one();
    }

    /// See [`Follow::read`].
    pub(super) fn read(&self, version: u64) -> bool {
        self.follow().read(version)
    }

    /// See [`Follow::show`].
    pub(super) fn show<'a>(&self, record: &'a CartRecord) -> Shown<&'a Event> {
        self.follow().show(record.version, follow::recent(record))
    }

    /// What to do next; waits for something to do. Dropping the future loses nothing.
    pub(super) async fn todo(&self) -> Todo<EventFrame> {
        loop {
            let todo = self.follow().todo();
            if todo != Todo::Wait {
                return todo;
            }
            // One waiter and a stored wake-up: what is handed in since then is not slept through.
            self.wake.notified().await;
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.counted.decrement(1);
    }
}

impl Drop for Membership {
    fn drop(&mut self) {
        let mut by_cart = self.hub.by_cart();
        if let Some(inboxes) = by_cart.get_mut(&self.cart) {
            inboxes.retain(|inbox| !Arc::ptr_eq(inbox, &self.inbox));
            if inboxes.is_empty() {
                by_cart.remove(&self.cart);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use cart_schemas::timestamp::Timestamp;

    use super::*;

    fn hub(max: usize) -> Arc<Hub> {
        Arc::new(Hub::new(max))
    }

    fn key(user: &str) -> CartKey {
        user.parse().unwrap()
    }

    fn told(value: &[u8]) -> Told<'_> {
        Told { value, appended: Timestamp::default(), trace: None }
    }

    fn publish(hub: &Hub, cart: &str, version: u64) {
        let value = format!(r#"{{"version":{version},"n":0,"of":1}}"#);
        hub.publish(cart, told(value.as_bytes()));
    }

    #[tokio::test]
    async fn an_event_reaches_every_follower_of_its_cart_and_no_other() {
        let hub = hub(9);
        let members =
            [hub.join(&key("a"), None), hub.join(&key("a"), None), hub.join(&key("b"), None)];
        for member in &members {
            assert_eq!(member.inbox.todo().await, Todo::Read);
            assert!(member.inbox.read(1));
        }

        publish(&hub, "a", 2);

        for member in &members[..2] {
            let Todo::Event(frame) = member.inbox.todo().await else { panic!("an event") };
            assert!(frame.text.as_str().contains(r#""version":2"#));
        }
        assert_eq!(members[2].inbox.follow().todo(), Todo::Wait);
    }

    #[tokio::test]
    async fn a_follower_that_sleeps_is_woken() {
        let hub = hub(9);
        let member = hub.join(&key("a"), None);
        assert_eq!(member.inbox.todo().await, Todo::Read);
        assert!(member.inbox.read(1));

        let (todo, ()) = tokio::join!(member.inbox.todo(), async { publish(&hub, "a", 2) });

        assert!(matches!(todo, Todo::Event(_)));
    }

    #[tokio::test]
    async fn an_unreadable_event_or_a_gap_in_the_log_makes_followers_read_again() {
        let hub = hub(9);
        let member = hub.join(&key("a"), None);
        assert_eq!(member.inbox.todo().await, Todo::Read);
        assert!(member.inbox.read(1));

        hub.publish("a", told(b"{}"));
        assert_eq!(member.inbox.todo().await, Todo::Read);
        assert!(member.inbox.read(1));

        hub.reset();
        assert_eq!(member.inbox.todo().await, Todo::Read);
    }

    #[test]
    fn seats_are_counted_and_given_back() {
        let hub = hub(1);
        let seat = hub.seat("default").unwrap();

        assert!(hub.seat("default").is_none());

        drop(seat);
        assert!(hub.seat("default").is_some());
    }

    #[test]
    fn a_follower_that_leaves_is_forgotten() {
        let hub = hub(1);

        drop(hub.join(&key("a"), None));

        assert!(hub.by_cart().is_empty());
    }
}
