//! The way out of a reader: it never blocks; what the channel cannot take waits here.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use tokio::sync::mpsc::Sender;
use tokio::sync::mpsc::error::TrySendError;

use super::Event;
use crate::log::{LogError, TopicPartition};

/// How often trouble is worth telling.
const TROUBLE: Duration = Duration::from_secs(5);

/// Events on their way to the tail.
pub(super) struct Outbox {
    channel: Sender<Event>,
    waiting: VecDeque<Event>,
    last_trouble: Option<Instant>,
    ended: bool,
}

impl Outbox {
    pub(super) fn new(channel: Sender<Event>) -> Self {
        Self { channel, waiting: VecDeque::new(), last_trouble: None, ended: false }
    }

    /// Sends an event after all others.
    pub(super) fn push(&mut self, event: Event) {
        self.waiting.push_back(event);
        self.flush();
    }

    /// Tells of trouble, unless that was just done or nobody listens.
    pub(super) fn trouble(&mut self, error: LogError) {
        let just_told = self.last_trouble.is_some_and(|last| last.elapsed() < TROUBLE);
        if !just_told && self.waiting.is_empty() {
            self.last_trouble = Some(Instant::now());
            self.push(Event::Trouble(error));
        }
    }

    /// Sends the last event.
    pub(super) fn end(&mut self, error: LogError) {
        if !self.ended {
            self.ended = true;
            self.push(Event::Ended(Some(error)));
        }
    }

    /// Takes back the records of these partitions that still wait.
    pub(super) fn withdraw(&mut self, partitions: &[TopicPartition]) {
        self.waiting
            .retain(|event| !matches!(event, Event::Records(at, _, _) if partitions.contains(at)));
    }

    /// Moves what the channel takes.
    pub(super) fn flush(&mut self) {
        while let Some(event) = self.waiting.pop_front() {
            if let Err(TrySendError::Full(event)) = self.channel.try_send(event) {
                self.waiting.push_front(event);
                return;
            }
        }
    }

    /// Whether reading should rest: it begins to when an event must wait, and goes on when half
    /// the channel is free.
    pub(super) fn is_choked(&self, was_choked: bool) -> bool {
        let crowded = self.channel.capacity() * 2 < self.channel.max_capacity();
        !self.waiting.is_empty() || (was_choked && crowded)
    }

    /// Whether the last event has been taken.
    pub(super) fn is_done(&self) -> bool {
        self.ended && self.waiting.is_empty()
    }
}
