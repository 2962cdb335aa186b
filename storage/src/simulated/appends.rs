//! Appends: what becomes of each is drawn at its call, where its place in its queue is fixed.

use cart_schemas::topic::{FACT_BYTES_MAX, Topic};
use tokio::sync::oneshot;

use super::agenda::{Event, Landing};
use super::client::QueueKey;
use super::state::State;
use super::{ClientId, Fault, What};
use crate::log::{Ack, AppendError, Lane, NewRecord, TopicPartition};

type Caller = oneshot::Sender<Result<Ack, AppendError>>;
/// Where the answer to an append comes.
pub(super) type Waiting = oneshot::Receiver<Result<Ack, AppendError>>;

/// An append that has not landed, or whose caller waits.
pub(super) struct Append {
    pub(super) client: ClientId,
    pub(super) queue: QueueKey,
    to: TopicPartition,
    /// `None` once it has landed.
    pub(super) record: Option<NewRecord>,
    pub(super) caller: Option<Caller>,
    /// How much later it lands than was planned.
    pub(super) delay: i64,
    fate: Fate,
    ack: Option<Ack>,
}

/// What becomes of an append.
struct Fate {
    /// How long after the call it lands, unless others are before it.
    lands_after: i64,
    ack_takes: i64,
    /// The caller is never told that it landed.
    unacknowledged: bool,
    /// A copy lands so long after it.
    again_after: Option<i64>,
    /// Its append time steps back so far.
    time_back: Option<i64>,
}

impl State {
    /// An append begins.
    pub(super) fn append(
        &mut self,
        client: ClientId,
        lane: Lane,
        to: TopicPartition,
        record: NewRecord,
    ) -> Result<Waiting, AppendError> {
        if let Some(refusal) = self.refusal(client, lane, to, &record) {
            return Err(refusal);
        }
        self.lane_breaks(client, lane);
        Ok(self.queue(client, lane, to, record))
    }

    /// A run of appends begins; it ends where its client breaks or refuses.
    pub(super) fn append_run(
        &mut self,
        client: ClientId,
        lane: Lane,
        records: Vec<(TopicPartition, NewRecord)>,
    ) -> (Vec<Waiting>, Option<AppendError>) {
        let mut waiting = Vec::with_capacity(records.len());
        for (to, record) in records {
            if let Some(refusal) = self.refusal(client, lane, to, &record) {
                return (waiting, Some(refusal));
            }
            if self.lane_breaks(client, lane) && !waiting.is_empty() {
                return (waiting, Some(broken()));
            }
            waiting.push(self.queue(client, lane, to, record));
        }
        (waiting, None)
    }

    fn lane_breaks(&mut self, client: ClientId, lane: Lane) -> bool {
        let may_break = lane == Lane::Facts && self.admits(client);
        may_break && self.weather.lane_broke.strikes(&mut self.rng) && self.break_lane(client)
    }

    fn queue(
        &mut self,
        client: ClientId,
        lane: Lane,
        to: TopicPartition,
        record: NewRecord,
    ) -> Waiting {
        let (caller, waiting) = oneshot::channel();
        if !self.admits(client) {
            return waiting;
        }
        let deadline = i64::from(self.weather.append_deadline);
        let lost = self.weather.append_lost;
        if lane != Lane::Facts && self.strikes(client, lost, Fault::AppendLost) {
            self.answer(deadline, (client, "append unknown"), caller, Err(unknown()));
            return waiting;
        }
        let mut fate = self.append_fate(client, lane, to.topic);
        let queue = QueueKey::new(lane, to);
        let lands_at = self.queue_up(client, queue, self.now + fate.lands_after);
        let in_time = lands_at + fate.ack_takes <= self.now.saturating_add(deadline);
        let number = self.number();
        if lane != Lane::Facts && (fate.unacknowledged || !in_time) {
            fate.unacknowledged = true;
            self.plan(deadline, Event::Expired(number));
        }
        let (record, caller) = (Some(record), Some(caller));
        let append = Append { client, queue, to, record, caller, delay: 0, fate, ack: None };
        self.appends.insert(number, append);
        self.plan(lands_at - self.now, Event::Land(number));
        waiting
    }

    /// Why an append is refused at once, if it is.
    fn refusal(
        &mut self,
        client: ClientId,
        lane: Lane,
        to: TopicPartition,
        record: &NewRecord,
    ) -> Option<AppendError> {
        if !self.admits(client) {
            return None;
        }
        let bytes = record.value.as_ref().map_or(0, bytes::Bytes::len);
        if u32::try_from(bytes).is_ok_and(|bytes| bytes <= FACT_BYTES_MAX) && self.topics.has(to) {
            let full = self.weather.append_full;
            let full = lane != Lane::Replies && self.strikes(client, full, Fault::AppendFull);
            return full.then_some(AppendError::Full);
        }
        Some(AppendError::Refused("simulated: too large, or no such partition".into()))
    }

    fn append_fate(&mut self, client: ClientId, lane: Lane, topic: Topic) -> Fate {
        let (hop, ack_takes) = (self.hop(), self.hop());
        let weather = self.weather.clone();
        let may_expire = lane != Lane::Facts;
        let mut fate = Fate {
            lands_after: hop,
            ack_takes,
            unacknowledged: false,
            again_after: None,
            time_back: None,
        };
        if self.strikes(client, weather.append_late, Fault::AppendLate) {
            let least = if may_expire { i64::from(weather.append_deadline) + 1 } else { hop };
            fate.lands_after = least + weather.lateness(&mut self.rng);
        } else if may_expire && self.strikes(client, weather.append_ack_lost, Fault::AppendAckLost)
        {
            fate.unacknowledged = true;
        } else if lane != Lane::Replies
            && self.strikes(client, weather.append_duplicated, Fault::AppendDuplicated)
        {
            fate.again_after = Some(weather.lateness(&mut self.rng));
        }
        // Nothing but a command's append time is ever read.
        if topic.is_command_log() && self.strikes(client, weather.time_back, Fault::TimeBack) {
            fate.time_back = Some(i64::from(self.rng.u32(0..=weather.steps_back_max)));
        }
        fate
    }

    /// Takes a place in a queue: nothing in it lands before what was there first.
    fn queue_up(&mut self, client: ClientId, queue: QueueKey, at: i64) -> i64 {
        let Some(client) = self.client_mut(client) else { return at };
        let last = client.queues.entry(queue).or_insert(at);
        *last = at.max(*last);
        *last
    }

    /// An append reaches the log.
    pub(super) fn land(&mut self, number: u64) {
        let Some(append) = self.appends.get_mut(&number) else { return };
        if append.delay > 0 {
            let delay = std::mem::take(&mut append.delay);
            self.plan(delay, Event::Land(number));
            return;
        }
        let Some(record) = append.record.take() else { return };
        let (client, to, fate) = (append.client, append.to, &append.fate);
        let (back, again, ack_takes) = (fate.time_back, fate.again_after, fate.ack_takes);
        let acknowledges = append.caller.is_some() && !fate.unacknowledged;
        let copy = again.map(|after| (after, record.clone()));
        append.ack = self.topics.append(to, record, self.now, back).map(|record| {
            let what = What::Appended { to, record: record.clone() };
            let at = cart_schemas::timestamp::Timestamp::from_micros(self.now);
            self.seen.push(super::Observation { at, client, what });
            Ack { offset: record.offset }
        });
        if append.caller.is_none() {
            self.appends.remove(&number);
        }
        if acknowledges {
            self.plan(ack_takes, Event::Acked(number));
        }
        if let Some((after, record)) = copy {
            self.plan(after, Event::LandAgain(Box::new(Landing { client, to, record })));
        }
        self.fetch_for_all(to);
    }

    /// A copy of an append reaches the log.
    pub(super) fn land_again(&mut self, landing: Landing) {
        let Landing { client, to, record } = landing;
        let landed = self.topics.append(to, record, self.now, None).cloned();
        if let Some(record) = landed {
            self.observe(client, What::Appended { to, record });
        }
        self.fetch_for_all(to);
    }

    /// An acknowledgement reaches its caller.
    pub(super) fn acknowledge(&mut self, number: u64) {
        let Some(append) = self.appends.remove(&number) else { return };
        if let Some((caller, ack)) = append.caller.zip(append.ack) {
            self.answer_now((append.client, "append ack"), caller, Ok(ack));
        }
    }

    /// A deadline passes.
    pub(super) fn expire(&mut self, number: u64) {
        let Some(append) = self.appends.get_mut(&number) else { return };
        let (client, caller) = (append.client, append.caller.take());
        if append.record.is_none() {
            self.appends.remove(&number);
        }
        if let Some(caller) = caller {
            self.answer_now((client, "append unknown"), caller, Err(unknown()));
        }
    }
}

pub(super) fn broken() -> AppendError {
    AppendError::Broken("simulated: the lane's client broke".into())
}

fn unknown() -> AppendError {
    AppendError::Unknown("simulated: no acknowledgement before the deadline".into())
}
