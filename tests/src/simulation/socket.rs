//! Sockets of an edge, as their clients see them: the real rule of following a cart, driven over
//! simulated ports, and what each client was told.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use cart_api::follow::{self, Follow, Place, Shown, Todo};
use cart_ingest::read;
use cart_schemas::cart::Cart;
use cart_schemas::event::Event;
use cart_schemas::id::CartKey;
use cart_schemas::partition::PartitionCount;
use cart_schemas::topic::Topic;
use cart_storage::log::{Log, Record, Start, Tail as _, TailEvent, TopicPartition};
use cart_storage::store::Store;
use tokio::sync::Notify;

use super::mutant::{Sabotage, Subject};

/// Events that may wait for one socket.
const QUEUE_MAX: usize = 16;
/// How long before a tail or a read is tried again.
const AGAIN: Duration = Duration::from_millis(500);

/// What a client was told.
#[derive(Debug, Clone)]
pub enum Heard {
    /// The whole cart.
    State(u64, Cart),
    /// One event.
    Event(Box<Event>),
    /// That it is too slow; the socket is closed.
    GivenUp,
}

/// One socket.
#[derive(Debug)]
pub struct Socket {
    key: CartKey,
    pace: Duration,
    follow: Mutex<Follow<Event>>,
    wake: Notify,
    heard: Mutex<VecDeque<Heard>>,
    gone: AtomicBool,
}

fn locked<T>(what: &Mutex<T>) -> MutexGuard<'_, T> {
    what.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Socket {
    /// A socket on the cart at `key` whose client has the version `since`, if it has any, and takes
    /// `pace` for each message.
    #[must_use]
    pub fn new(key: CartKey, since: Option<u64>, pace: Duration) -> Arc<Self> {
        Arc::new(Self {
            key,
            pace,
            follow: Mutex::new(Follow::new(QUEUE_MAX, since)),
            wake: Notify::new(),
            heard: Mutex::default(),
            gone: AtomicBool::new(false),
        })
    }

    /// What its client was told since it was last asked.
    pub fn take_heard(&self) -> VecDeque<Heard> {
        std::mem::take(&mut locked(&self.heard))
    }

    /// Its client is gone; the edge notices when it next has something to say.
    pub fn vanish(&self) {
        self.gone.store(true, Ordering::Relaxed);
    }

    fn tell(&self, heard: Heard) {
        locked(&self.heard).push_back(heard);
    }

    fn change(&self, change: impl FnOnce(&mut Follow<Event>)) {
        change(&mut locked(&self.follow));
        self.wake.notify_one();
    }

    async fn todo(&self) -> Todo<Event> {
        loop {
            let todo = locked(&self.follow).todo();
            if todo != Todo::Wait {
                return todo;
            }
            self.wake.notified().await;
        }
    }

    async fn talk<S: Store>(&self, store: &S, subject: Subject) {
        loop {
            let todo = self.todo().await;
            if self.gone.load(Ordering::Relaxed) {
                return;
            }
            match todo {
                Todo::Read => self.show(store, subject).await,
                Todo::Event(event) => self.tell(Heard::Event(Box::new(event))),
                Todo::Wait => {}
                Todo::GiveUp => return self.tell(Heard::GivenUp),
            }
            tokio::time::sleep(self.pace).await;
        }
    }

    async fn show<S: Store>(&self, store: &S, subject: Subject) {
        let record = loop {
            match read::record(store, &self.key).await {
                Ok(record) => break record,
                Err(_) => tokio::time::sleep(AGAIN).await,
            }
        };
        let shown = locked(&self.follow).show(record.version, follow::recent(&record));
        match shown {
            Shown::Nothing => {}
            Shown::Missed(_) | Shown::Whole { again: true }
                if subject.is(Sabotage::SinceBelieved) => {}
            Shown::Whole { .. } => self.tell(Heard::State(record.version, record.cart)),
            Shown::Missed(events) => {
                let told = |event: &Event| self.tell(Heard::Event(Box::new(event.clone())));
                events.into_iter().for_each(told);
            }
        }
    }
}

/// The sockets of one edge.
#[derive(Debug, Default)]
pub struct Sockets(Mutex<Vec<Arc<Socket>>>);

impl Sockets {
    /// Serves a socket for as long as its client keeps up: registers it, then reads the cart.
    pub async fn serve<S: Store>(&self, socket: Arc<Socket>, store: S, subject: Subject) {
        if subject.is(Sabotage::JoinReadsFirst) && socket.todo().await == Todo::Read {
            socket.show(&store, subject).await;
            tokio::time::sleep(AGAIN).await;
        }
        locked(&self.0).push(Arc::clone(&socket));
        socket.talk(&store, subject).await;
        locked(&self.0).retain(|one| !Arc::ptr_eq(one, &socket));
    }

    /// Follows every event from now on, as the notifier does.
    pub async fn notify<L: Log>(&self, log: L, partitions: PartitionCount, subject: Subject) {
        let starts: Vec<_> = partitions
            .partitions()
            .map(|partition| (TopicPartition { topic: Topic::Events, partition }, Start::End))
            .collect();
        loop {
            if let Ok(tail) = log.assign(starts.clone()) {
                self.follow::<L>(tail, subject).await;
            }
            tokio::time::sleep(AGAIN).await;
        }
    }

    async fn follow<L: Log>(&self, mut tail: L::Tail, subject: Subject) {
        loop {
            match tail.next().await {
                TailEvent::Assigned(_) => self.reset(),
                TailEvent::Records(_, records) => {
                    records.iter().for_each(|record| self.publish(record, subject));
                }
                TailEvent::Ended(_) => return,
                TailEvent::Trouble(_)
                | TailEvent::Revoking(_)
                | TailEvent::Lost(_)
                | TailEvent::Committed
                | TailEvent::CommitFailed(_) => {}
            }
        }
    }

    fn reset(&self) {
        locked(&self.0).iter().for_each(|socket| socket.change(Follow::reset));
    }

    fn publish(&self, record: &Record, subject: Subject) {
        let key = record.key.as_deref().unwrap_or_default();
        let Some(Ok(event)) = record.value.as_deref().map(Event::decode) else { return };
        let place = Place::of(&event);
        for socket in locked(&self.0).iter().filter(|one| one.key.as_str().as_bytes() == key) {
            if subject.is(Sabotage::GapsPassedOn) {
                socket.tell(Heard::Event(Box::new(event.clone())));
            } else {
                socket.change(|follow| follow.push(place, event.clone()));
            }
        }
    }
}
