//! What is in flight when a lane breaks or a process dies: some of it lands, the rest never does.

use std::collections::BTreeMap;

use super::appends::broken;
use super::client::QueueKey;
use super::state::State;
use super::{ClientId, Fault};

/// How late the appends of a broken lane may land.
const BROKEN_LATE_MAX: i64 = 5_000_000;

impl State {
    /// The client of the facts breaks, if anything is in flight on it: all of that is answered so,
    /// landed or not, and what comes next is in no order with it.
    pub(super) fn break_lane(&mut self, client: ClientId) -> bool {
        let mut callers = Vec::new();
        let mut queues: BTreeMap<QueueKey, Vec<u64>> = BTreeMap::new();
        self.appends.retain(|number, append| {
            let waits = append.client == client && append.queue.is_of_facts();
            let Some(caller) = append.caller.take_if(|_| waits) else { return true };
            callers.push(caller);
            if append.record.is_some() {
                queues.entry(append.queue).or_default().push(*number);
            }
            append.record.is_some()
        });
        if callers.is_empty() {
            return false;
        }
        self.inject(client, Fault::LaneBroke);
        for numbers in queues.into_values() {
            let delay = if self.rng.bool() { self.rng.i64(0..=BROKEN_LATE_MAX) } else { 0 };
            self.keep_prefix(&numbers, delay);
        }
        if let Some(client) = self.client_mut(client) {
            client.queues.retain(|queue, _| !queue.is_of_facts());
        }
        for caller in callers {
            self.answer(0, (client, "append broken"), caller, Err(broken()));
        }
        true
    }

    /// A process dies.
    pub(super) fn kill(&mut self, client: ClientId) {
        match self.client_mut(client) {
            Some(client) if !client.dead => {
                client.dead = true;
                client.parked.clear();
                client.queues.clear();
            }
            Some(_) | None => return,
        }
        self.cut_appends(client);
        self.cut_writes(client);
        let tails = self.tails.iter().filter(|(_, reader)| reader.client == client);
        let tails: Vec<_> = tails.map(|(tail, _)| *tail).collect();
        for tail in tails {
            self.forget_tail(tail);
        }
        self.fall_silent(client);
    }

    fn cut_appends(&mut self, client: ClientId) {
        let mut queues: BTreeMap<QueueKey, Vec<u64>> = BTreeMap::new();
        self.appends.retain(|number, append| {
            if append.client == client {
                append.caller = None;
                if append.record.is_some() {
                    queues.entry(append.queue).or_default().push(*number);
                }
            }
            append.record.is_some() || append.client != client
        });
        for numbers in queues.into_values() {
            self.keep_prefix(&numbers, 0);
        }
    }

    /// Lets a random prefix of these appends land, so much later than planned, and no more.
    fn keep_prefix(&mut self, numbers: &[u64], delay: i64) {
        let kept = self.rng.usize(0..=numbers.len());
        for (place, number) in numbers.iter().enumerate() {
            if place >= kept {
                self.appends.remove(number);
            } else if let Some(append) = self.appends.get_mut(number) {
                append.delay = append.delay.max(delay);
            }
        }
    }

    fn cut_writes(&mut self, client: ClientId) {
        let rng = &mut self.rng;
        self.writes.retain(|_, write| {
            if write.client == client {
                write.caller = None;
                for due in &mut write.due {
                    *due = *due && rng.bool();
                }
            }
            write.due.contains(&true)
        });
    }
}
