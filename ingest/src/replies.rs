//! Who waits for which outcome. Knows neither the log nor time: replies are handed in, waiters
//! come and go.

use std::collections::HashMap;

use cart_schemas::digest::Digest;
use cart_schemas::id::CommandId;
use tokio::sync::oneshot;

/// One caller waiting. Two callers may wait for one id: each takes the reply to its own digest.
#[derive(Debug)]
struct Waiter<R> {
    ticket: u64,
    digest: Digest,
    reply: oneshot::Sender<R>,
}

/// The callers of this instance that wait for an outcome; bounded.
#[derive(Debug)]
pub struct Waiting<R> {
    by_command: HashMap<CommandId, Vec<Waiter<R>>>,
    count: usize,
    limit: usize,
    next_ticket: u64,
}

/// What a caller holds while it waits.
#[derive(Debug)]
pub struct Registration<R> {
    /// Names this waiter to [`Waiting::forget`].
    pub ticket: u64,
    /// Resolves with the outcome.
    pub reply: oneshot::Receiver<R>,
}

impl<R: Clone> Waiting<R> {
    /// At most `limit` callers wait at a time.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self { by_command: HashMap::new(), count: 0, limit, next_ticket: 0 }
    }

    /// Begins to wait for the outcome of `command` as `digest` asked it; `None` when too many wait.
    pub fn register(&mut self, command: CommandId, digest: Digest) -> Option<Registration<R>> {
        if self.count >= self.limit {
            return None;
        }
        let (sender, receiver) = oneshot::channel();
        let ticket = self.next_ticket;
        self.next_ticket += 1;
        self.count += 1;
        let waiter = Waiter { ticket, digest, reply: sender };
        self.by_command.entry(command).or_default().push(waiter);
        Some(Registration { ticket, reply: receiver })
    }

    /// Hands a reply to everyone who waits for the outcome of `command` as `digest` asked it;
    /// returns how many did. Replies nobody waits for are late or another instance's.
    pub fn resolve(&mut self, (command, digest): (CommandId, Digest), reply: &R) -> usize {
        let Some(waiters) = self.by_command.remove(&command) else { return 0 };
        let (mine, others): (Vec<_>, Vec<_>) =
            waiters.into_iter().partition(|waiter| waiter.digest == digest);
        if !others.is_empty() {
            self.by_command.insert(command, others);
        }
        self.count -= mine.len();
        let told = mine.into_iter().filter_map(|w| w.reply.send(reply.clone()).ok());
        told.count()
    }

    /// Stops waiting.
    pub fn forget(&mut self, command: CommandId, ticket: u64) {
        let Some(waiters) = self.by_command.get_mut(&command) else { return };
        let before = waiters.len();
        waiters.retain(|waiter| waiter.ticket != ticket);
        self.count -= before - waiters.len();
        if waiters.is_empty() {
            self.by_command.remove(&command);
        }
    }

    /// Whether someone here waits for `command`.
    #[must_use]
    pub fn awaits(&self, command: CommandId) -> bool {
        self.by_command.contains_key(&command)
    }

    /// How many wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether nobody waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }
}

#[cfg(test)]
mod tests {
    use cart_schemas::id::CartId;
    use cart_schemas::reply::{Answer, Reply, Snapshot};

    use super::*;

    fn command() -> CommandId {
        "018cbb42-2f31-7000-8000-000000000001".parse().unwrap()
    }

    fn reply(digest: Digest) -> Reply {
        let cart_id = CartId::of(&"user123".parse().unwrap(), 0);
        let after = Snapshot { cart_id, version: 1, cart: Default::default() };
        Reply { command: command(), digest, answer: Answer::Applied { version: 1 }, after }
    }

    fn resolve(waiting: &mut Waiting<Reply>, reply: &Reply) -> usize {
        waiting.resolve((reply.command, reply.digest), reply)
    }

    #[test]
    fn two_callers_with_one_key_each_get_the_reply_to_what_they_asked() {
        let mut waiting = Waiting::new(10);
        let (asked, other) = (Digest::of(b"a"), Digest::of(b"b"));
        let mut first = waiting.register(command(), asked).unwrap();
        let mut second = waiting.register(command(), other).unwrap();

        assert_eq!(resolve(&mut waiting, &reply(asked)), 1);

        assert!(first.reply.try_recv().is_ok());
        assert!(second.reply.try_recv().is_err());
        assert_eq!(waiting.len(), 1);
    }

    #[test]
    fn beyond_the_limit_nobody_may_wait() {
        let mut waiting = Waiting::<Reply>::new(1);
        let held = waiting.register(command(), Digest::of(b"a")).unwrap();

        assert!(waiting.register(command(), Digest::of(b"a")).is_none());

        waiting.forget(command(), held.ticket);
        assert!(waiting.is_empty());
        assert!(waiting.register(command(), Digest::of(b"a")).is_some());
    }

    #[test]
    fn a_reply_nobody_waits_for_is_dropped() {
        assert_eq!(resolve(&mut Waiting::new(1), &reply(Digest::of(b"a"))), 0);
    }
}
