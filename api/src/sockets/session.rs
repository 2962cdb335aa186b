//! One socket: does what its follow rule says, keeps the connection honest, and ends bounded.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code};
use axum::response::Response;
use bytes::Bytes;
use cart_schemas::id::CartKey;
use cart_schemas::reply::Snapshot;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep, sleep_until, timeout};

use super::frame::{self, EventFrame};
use super::hub::{Membership, Seat};
use crate::app::App;
use crate::clock;
use crate::follow::Todo;
use crate::meters;
use crate::view::CartView;

/// A client sends nothing but answers to pings; what it sends is bounded by this.
const INBOUND_MAX: usize = 4 * 1024;
/// One message has to fit, and each is flushed before the next: the largest cart is 900 lines of
/// about 1.1 KiB. Memory is taken only as a message needs it.
const WRITE_BUFFER_MAX: usize = 2 * 1024 * 1024;
/// Messages a client may send between two pings.
const CHATTER_MAX: u32 = 128;
/// How long one message may take to leave; a client slower than this is gone.
const SENT_WITHIN: Duration = Duration::from_secs(10);
/// Three pings unanswered.
const IDLE_MAX: Duration = Duration::from_secs(75);
/// A cart is read for one socket at most so often.
const READ_EVERY: Duration = Duration::from_secs(1);
/// Reads tried before a socket is told to come back later; with the pauses between, 7 s.
const READ_TRIES: u32 = 4;
/// How long the client has to take leave.
const LEAVES_WITHIN: Duration = Duration::from_secs(1);

/// Why a socket ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// The other side is gone.
    Gone,
    /// This instance stops.
    Away,
    /// The client cannot keep up.
    Slow,
    /// The cart cannot be read now.
    Unreadable,
    /// The client does not answer pings.
    Idle,
    /// The client sends what it should not.
    Noise,
}

impl End {
    const fn frame(self) -> Option<(u16, &'static str)> {
        match self {
            Self::Gone => None,
            Self::Away => Some((close_code::AWAY, "going away")),
            Self::Slow => Some((close_code::AGAIN, "too slow; come back for the whole cart")),
            Self::Unreadable => Some((close_code::AGAIN, "the cart cannot be read now")),
            Self::Idle => Some((close_code::POLICY, "pings are not answered")),
            Self::Noise => Some((close_code::POLICY, "too many messages, or too large ones")),
        }
    }
}

struct Session {
    socket: WebSocket,
    app: Arc<App>,
    key: CartKey,
    member: Membership,
    seat: Seat,
    heard: Instant,
    chatter: u32,
    read_at: Option<Instant>,
}

/// Answers the handshake and follows the cart for as long as the socket lives.
pub(crate) fn accept(
    upgrade: WebSocketUpgrade,
    app: Arc<App>,
    key: CartKey,
    seat: Seat,
) -> Response {
    let task = app.tasks.token();
    upgrade
        .read_buffer_size(INBOUND_MAX)
        .write_buffer_size(0)
        .max_write_buffer_size(WRITE_BUFFER_MAX)
        .max_message_size(INBOUND_MAX)
        .max_frame_size(INBOUND_MAX)
        .on_upgrade(move |socket| async move {
            // Registered before the first read, so that no event falls between the two.
            let member = app.hub.join(&key);
            let (heard, chatter, read_at) = (Instant::now(), 0, None);
            let session = Session { socket, app, key, member, seat, heard, chatter, read_at };
            Box::pin(session.run()).await;
            drop(task);
        })
}

impl Session {
    async fn run(mut self) {
        let stop = self.app.stop.clone();
        let end = tokio::select! {
            biased;
            () = stop.cancelled() => End::Away,
            end = self.talk() => end,
        };
        tracing::debug!(?end, "a socket ends");
        self.leave(end).await;
    }

    async fn talk(&mut self) -> End {
        let period = ping_period(self.seat.number);
        let mut ping = interval_at(Instant::now() + period, period);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let inbox = Arc::clone(&self.member.inbox);
        loop {
            let step = tokio::select! {
                biased;
                heard = self.socket.recv() => self.hear(heard.as_ref()),
                _ = ping.tick() => self.ping().await,
                todo = inbox.todo() => self.perform(todo).await,
            };
            if let Err(end) = step {
                return end;
            }
        }
    }

    fn hear(&mut self, heard: Option<&Result<Message, axum::Error>>) -> Result<(), End> {
        match heard {
            None => Err(End::Gone),
            Some(Err(_)) => Err(End::Noise),
            Some(Ok(_)) => {
                self.heard = Instant::now();
                self.chatter += 1;
                if self.chatter > CHATTER_MAX { Err(End::Noise) } else { Ok(()) }
            }
        }
    }

    async fn ping(&mut self) -> Result<(), End> {
        self.chatter = 0;
        if self.heard.elapsed() > IDLE_MAX {
            return Err(End::Idle);
        }
        self.send(Message::Ping(Bytes::new())).await
    }

    async fn perform(&mut self, todo: Todo<EventFrame>) -> Result<(), End> {
        match todo {
            Todo::Event(frame) => {
                self.send(Message::Text(frame.text)).await?;
                meters::pushed(frame.appended, clock::now());
                Ok(())
            }
            Todo::Read => self.catch_up().await,
            Todo::Wait => Ok(()),
            Todo::GiveUp => Err(End::Slow),
        }
    }

    /// Reads the cart and sends it whole.
    async fn catch_up(&mut self) -> Result<(), End> {
        if let Some(read_at) = self.read_at {
            sleep_until(read_at + READ_EVERY).await;
        }
        for attempt in 0..READ_TRIES {
            let snapshot = {
                let _turn = self.app.hub.may_read().await;
                self.app.read(&self.key).await
            };
            self.read_at = Some(Instant::now());
            match snapshot {
                Ok(snapshot) => return self.show(&snapshot).await,
                Err(_) => sleep(READ_EVERY * (1 << attempt) / 2).await,
            }
        }
        Err(End::Unreadable)
    }

    async fn show(&mut self, snapshot: &Snapshot) -> Result<(), End> {
        if !self.member.inbox.read(snapshot.version) {
            return Ok(());
        }
        let frame = self
            .app
            .show(&self.key, snapshot, |cart, lens| frame::state(&CartView::of(cart, lens)))
            .map_err(|_| End::Unreadable)?
            .map_err(|_| End::Unreadable)?;
        meters::resynced();
        self.send(Message::Text(frame)).await
    }

    async fn send(&mut self, message: Message) -> Result<(), End> {
        match timeout(SENT_WITHIN, self.socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            // What is stuck in the buffer would stand before any farewell.
            Ok(Err(_)) | Err(_) => Err(End::Gone),
        }
    }

    /// Says why, and waits a moment for the client's own close so that it is not cut off.
    async fn leave(mut self, end: End) {
        let Some((code, reason)) = end.frame() else { return };
        let farewell = Message::Close(Some(CloseFrame { code, reason: reason.into() }));
        let leaving = async {
            if self.socket.send(farewell).await.is_ok() {
                while let Some(Ok(_)) = self.socket.recv().await {}
            }
        };
        drop(timeout(LEAVES_WITHIN, leaving).await);
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

    #[test]
    fn every_end_but_a_lost_client_says_why() {
        assert_eq!(End::Gone.frame(), None);
        assert_eq!(End::Away.frame().map(|(code, _)| code), Some(1001));
        for end in [End::Slow, End::Unreadable, End::Idle, End::Noise] {
            assert!(end.frame().is_some_and(|(_, reason)| reason.len() <= 123), "{end:?}");
        }
    }
}
