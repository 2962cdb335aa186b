//! One socket: does what its follow rule says and what its client asks, keeps the connection honest,
//! and ends bounded. Knows no command and no event from inside.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use bytes::Bytes;
use cart_schemas::id::CartKey;
use cart_schemas::record::CartRecord;
use cart_schemas::timestamp::Timestamp;
use futures::FutureExt as _;
use futures::future::{BoxFuture, Fuse, FusedFuture as _};
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep, sleep_until, timeout};
use tokio_util::task::task_tracker::TaskTrackerToken;

use super::command::{self, Answer};
use super::end::End;
use super::frame::{self, EventFrame};
use super::hub::{Membership, Seat};
use crate::app::App;
use crate::clock;
use crate::follow::{Shown, Todo};
use crate::identity::Known;
use crate::meters;
use crate::view::CartView;

/// The largest message a client may send: a command is a tenth of it.
pub(crate) const INBOUND_MAX: usize = 4 * 1024;
/// What each socket holds to read into, idle or not: a command fits, and a longer one is read in parts.
const READ_BUFFER: usize = 512;
/// One message has to fit, and each is flushed before the next: the largest cart is 900 lines of
/// about 1.1 KiB. Memory is taken only as a message needs it.
const WRITE_BUFFER_MAX: usize = 2 * 1024 * 1024;
/// Messages a client may send between two pings that are no commands. Commands are carried out one after
/// the other, which bounds them.
const CHATTER_MAX: u32 = 128;
/// How long one message may take to leave; a client slower than this is gone.
const SENT_WITHIN: Duration = Duration::from_secs(10);
/// Pings a client may leave unanswered; the next one, a minute and a half after the first, ends it.
const UNANSWERED_MAX: u32 = 3;
/// A cart is read for one socket at most so often.
const READ_EVERY: Duration = Duration::from_secs(1);
/// Reads tried before a socket is told to come back later; with the pauses between, 7 s.
const READ_TRIES: u32 = 4;
/// How long the client has to take leave.
const LEAVES_WITHIN: Duration = Duration::from_secs(1);

/// A command that is being carried out.
type Command = BoxFuture<'static, Answer>;
/// The cart being read; none in the end if it cannot be.
type Reading = BoxFuture<'static, Option<Box<CartRecord>>>;

/// A cart, and who follows it.
pub(crate) struct Followed {
    pub(crate) key: CartKey,
    /// The version the client says it has; of a stream, 0 if it says none.
    pub(crate) since: Option<u64>,
    pub(crate) known: Known,
}

struct Session {
    socket: WebSocket,
    app: Arc<App>,
    key: CartKey,
    known: Known,
    member: Membership,
    seat: Seat,
    /// Pings since anything was heard.
    unanswered: u32,
    chatter: u32,
    read_at: Option<Instant>,
    /// The instance waits for its sockets' ends.
    _task: TaskTrackerToken,
}

/// Answers the handshake and follows the cart for as long as the socket lives.
pub(crate) fn accept(
    upgrade: WebSocketUpgrade,
    app: Arc<App>,
    followed: Followed,
    seat: Seat,
) -> Response {
    let task = app.tasks.token();
    upgrade
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(0)
        .max_write_buffer_size(WRITE_BUFFER_MAX)
        .max_message_size(INBOUND_MAX)
        .max_frame_size(INBOUND_MAX)
        .on_upgrade(move |socket| {
            let Followed { key, since, known } = followed;
            // Registered before the first read, so that no event falls between the two.
            let member = app.hub.join(&key, since);
            let (unanswered, chatter, read_at) = (0, 0, None);
            let session = Session {
                socket,
                app,
                key,
                known,
                member,
                seat,
                unanswered,
                chatter,
                read_at,
                _task: task,
            };
            Box::pin(session.run())
        })
}

impl Session {
    #[expect(clippy::manual_async_fn, reason = "an async fn keeps room for its arguments twice")]
    fn run(mut self) -> impl Future<Output = ()> {
        async move {
            let stop = self.app.stop.clone();
            let end = tokio::select! {
                biased;
                () = stop.cancelled() => End::Away,
                () = over(self.known.until) => End::Expired,
                end = self.talk() => end,
            };
            tracing::debug!(?end, "a socket ends");
            Box::pin(self.leave(end)).await;
        }
    }

    async fn talk(&mut self) -> End {
        let period = ping_period(self.seat.number);
        let mut ping = interval_at(Instant::now() + period, period);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let inbox = Arc::clone(&self.member.inbox);
        let mut command = Fuse::<Command>::terminated();
        let mut reading = Fuse::<Reading>::terminated();
        loop {
            let step = tokio::select! {
                biased;
                answer = &mut command => self.answer(answer).await,
                // One command at a time: what is said meanwhile waits in the connection.
                heard = self.socket.recv(), if command.is_terminated() => {
                    self.hear(heard).map(|said| command = said)
                }
                _ = ping.tick() => self.ping().await,
                // Boxed, since it is seldom done and every socket would keep room for it.
                record = &mut reading => Box::pin(self.show(record)).await,
                todo = inbox.todo(), if reading.is_terminated() => match todo {
                    Todo::Event(frame) => self.pass_on(frame).await,
                    Todo::Read => {
                        reading = self.read().fuse();
                        Ok(())
                    }
                    Todo::Wait => Ok(()),
                    Todo::GiveUp => Err(End::Slow),
                },
            };
            if let Err(end) = step {
                return end;
            }
        }
    }

    /// What a client sends: the command it says, or none.
    fn hear(&mut self, heard: Option<Result<Message, axum::Error>>) -> Result<Fuse<Command>, End> {
        let message = heard.ok_or(End::Gone)?.map_err(End::of)?;
        self.unanswered = 0;
        match message {
            Message::Text(text) => Ok(self.said(text).fuse()),
            Message::Binary(_) => Err(End::Binary),
            // The next look at the socket answers it, or finds the end.
            Message::Ping(_) | Message::Pong(_) | Message::Close(_) => {
                self.bear().map(|()| Fuse::terminated())
            }
        }
    }

    fn said(&self, text: Utf8Bytes) -> Command {
        let by = (self.key.clone(), self.known.caller.clone());
        command::carry_out(Arc::clone(&self.app), by, text).boxed()
    }

    async fn answer(&mut self, answer: Answer) -> Result<(), End> {
        if !answer.was_command {
            self.bear()?;
        }
        self.send(Message::Text(answer.frame)).await
    }

    /// One message more that is no command.
    const fn bear(&mut self) -> Result<(), End> {
        self.chatter += 1;
        if self.chatter > CHATTER_MAX { Err(End::Noise) } else { Ok(()) }
    }

    async fn ping(&mut self) -> Result<(), End> {
        self.chatter = 0;
        if self.unanswered >= UNANSWERED_MAX {
            return Err(End::Idle);
        }
        self.unanswered += 1;
        self.send(Message::Ping(Bytes::new())).await
    }

    async fn pass_on(&mut self, frame: EventFrame) -> Result<(), End> {
        self.send(Message::Text(frame.text.clone())).await?;
        frame.sent();
        Ok(())
    }

    /// Reads the cart, beside whatever else the socket does meanwhile.
    fn read(&self) -> Reading {
        let not_before = self.read_at.map(|read_at| read_at + READ_EVERY);
        read(Arc::clone(&self.app), self.key.clone(), not_before).boxed()
    }

    /// Sends what the client misses of the cart as it was read.
    async fn show(&mut self, record: Option<Box<CartRecord>>) -> Result<(), End> {
        let record = record.ok_or(End::Unreadable)?;
        self.read_at = Some(Instant::now());
        match self.member.inbox.show(&record) {
            Shown::Nothing => Ok(()),
            Shown::Missed(events) => {
                for event in events {
                    let text = frame::remembered(event).map_err(|_| End::Unreadable)?;
                    self.send(Message::Text(text)).await?;
                }
                Ok(())
            }
            Shown::Whole { again } => {
                let frame = self.whole(*record, again)?;
                meters::resynced();
                self.send(Message::Text(frame)).await
            }
        }
    }

    fn whole(&self, record: CartRecord, again: bool) -> Result<Utf8Bytes, End> {
        let snapshot = record.into_snapshot(&self.key);
        let frame = self.app.show(&self.key, &snapshot, |cart, lens| {
            frame::state(&CartView::of(cart, lens), again)
        });
        frame.map_err(|_| End::Unreadable)?.map_err(|_| End::Unreadable)
    }

    async fn send(&mut self, message: Message) -> Result<(), End> {
        match timeout(SENT_WITHIN, self.socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            // What is stuck in the buffer would stand before any farewell.
            Ok(Err(_)) | Err(_) => Err(End::Gone),
        }
    }

    /// Says why, and waits a moment for the client's own close so that it is not cut off.
    async fn leave(&mut self, end: End) {
        let Some((code, reason)) = end.told() else { return };
        let farewell = Message::Close(Some(CloseFrame { code, reason: reason.into() }));
        let leaving = async {
            if self.socket.send(farewell).await.is_ok() {
                while let Some(Ok(_)) = self.socket.recv().await {}
                if end.is_broken() {
                    // Nothing can be read any more; to go at once would tear the farewell away.
                    std::future::pending::<()>().await;
                }
            }
        };
        drop(timeout(LEAVES_WITHIN, leaving).await);
    }
}

/// Reads a cart, from `not_before` on and a few times; none if the store does not give it.
async fn read(app: Arc<App>, key: CartKey, not_before: Option<Instant>) -> Option<Box<CartRecord>> {
    if let Some(not_before) = not_before {
        sleep_until(not_before).await;
    }
    for attempt in 0..READ_TRIES {
        let record = {
            let _turn = app.hub.may_read().await;
            app.record(&key).await
        };
        if let Ok(record) = record {
            return Some(Box::new(record));
        }
        sleep(READ_EVERY * (1 << attempt) / 2).await;
    }
    None
}

/// Waits for the end of what a client was let in by; for ever if that has none.
pub(super) async fn over(until: Option<Timestamp>) {
    match until {
        Some(until) => {
            let micros = until.micros().saturating_sub(clock::now().micros());
            sleep(Duration::from_micros(u64::try_from(micros).unwrap_or(0))).await;
        }
        None => std::future::pending().await,
    }
}

/// 20 to 30 s, spread by Fibonacci hashing: a restart brings all sockets back at once, and their
/// pings should not come at once for ever after.
fn ping_period(number: u64) -> Duration {
    let spread = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
    Duration::from_millis(20_000 + spread % 10_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pings_are_spread_around_25_seconds() {
        let periods: Vec<_> = (0..1_000).map(|number| ping_period(number).as_millis()).collect();

        assert!(periods.iter().all(|period| (20_000..30_000).contains(period)));
        let early = periods.iter().filter(|period| **period < 25_000).count();
        assert!((400..600).contains(&early), "{early}");
    }
}
