//! One stream of server-sent events: the history after a version, then what is told live, joined by
//! the follow rule so that nothing between the two is missed or doubled.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use cart_schemas::id::CartKey;
use cart_schemas::timestamp::Timestamp;
use cart_schemas::traceparent::{TRACEPARENT, Traceparent};
use futures::stream;
use serde::Deserialize;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::frame::EventFrame;
use super::hub::{Membership, Seat};
use super::session::{Followed, over};
use crate::app::App;
use crate::follow::Todo;

/// Events on their way to one client, beside what its connection holds.
const EVENTS_WAITING: usize = 16;
/// How long one event may wait to leave; a client slower than this is gone.
const SENT_WITHIN: Duration = Duration::from_secs(10);
/// Proxies cut connections that say nothing, some after 30 s.
const HEARTBEAT_EVERY: Duration = Duration::from_secs(15);
/// A history is caught up with for one stream at most so often.
const READ_EVERY: Duration = Duration::from_secs(1);
/// Reads in a row that bring nothing new before a stream ends; its client comes back by itself. With
/// the pauses between, 7 s: longer than history usually lags.
const READ_TRIES: u32 = 4;

/// Why a stream ends; its client sees only that it does, and comes back with its last version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// The other side is gone, or too slow.
    Gone,
    /// It can be followed no longer, or not read now.
    Behind,
}

struct Telling {
    app: Arc<App>,
    key: CartKey,
    member: Membership,
    _seat: Seat,
    client: mpsc::Sender<Event>,
    /// The last event told; a version that was told to its end is past every number.
    told: (u64, u16),
    read_at: Option<Instant>,
}

/// As much of an event as its stream needs.
#[derive(Deserialize)]
struct Head<'a> {
    #[serde(rename = "type", borrow)]
    kind: std::borrow::Cow<'a, str>,
    version: u64,
    n: u16,
    of: u16,
}

/// Tells a cart's events after a version, for as long as the client listens and may.
pub(crate) fn stream(app: Arc<App>, followed: Followed, seat: Seat) -> Response {
    let Followed { key, since, known } = followed;
    let (client, events) = mpsc::channel(EVENTS_WAITING);
    // Registered before the first read, so that no event falls between the two.
    let member = app.hub.join(&key, None);
    let told = (since.unwrap_or(0), u16::MAX);
    let tasks = app.tasks.clone();
    let telling = Telling { app, key, member, _seat: seat, client, told, read_at: None };
    tasks.spawn(telling.run(known.until));
    let events = stream::unfold(events, |mut events| async {
        let event = events.recv().await?;
        Some((Ok::<_, Infallible>(event), events))
    });
    let heartbeat = KeepAlive::new().interval(HEARTBEAT_EVERY);
    Sse::new(events).keep_alive(heartbeat).into_response()
}

impl Telling {
    async fn run(mut self, until: Option<Timestamp>) {
        let (stop, client) = (self.app.stop.clone(), self.client.clone());
        tokio::select! {
            biased;
            () = stop.cancelled() => {}
            () = client.closed() => {}
            () = over(until) => {}
            end = self.talk() => tracing::debug!(?end, "an event stream ends"),
        }
    }

    async fn talk(&mut self) -> End {
        let inbox = Arc::clone(&self.member.inbox);
        loop {
            let step = match inbox.todo().await {
                Todo::Event(frame) => self.pass_on(&frame).await,
                Todo::Read => self.catch_up().await,
                Todo::Wait => Ok(()),
                Todo::GiveUp => Err(End::Behind),
            };
            if let Err(end) = step {
                return end;
            }
        }
    }

    async fn pass_on(&mut self, frame: &EventFrame) -> Result<(), End> {
        self.tell(frame.json(), frame.trace()).await?;
        frame.sent();
        Ok(())
    }

    /// Tells the history that follows what was told, to its end.
    async fn catch_up(&mut self) -> Result<(), End> {
        if let Some(read_at) = self.read_at {
            sleep_until(read_at + READ_EVERY).await;
        }
        let (mut whole, mut tries) = (self.last_whole(), 0);
        while tries < READ_TRIES {
            let page = {
                let _turn = self.app.hub.may_read().await;
                self.app.history(&self.key, whole).await
            };
            self.read_at = Some(Instant::now());
            if let Ok(page) = page {
                for kept in &page.events {
                    self.tell(&kept.json, None).await?;
                }
                let reached = page.reaches(whole);
                if page.next.is_none() {
                    // Events missed meanwhile are read again before anything live is told.
                    let _is_current = self.member.inbox.read(reached);
                    return Ok(());
                }
                if reached > whole {
                    (whole, tries) = (reached, 0);
                    continue;
                }
            }
            sleep(READ_EVERY * (1 << tries) / 2).await;
            tries += 1;
        }
        Err(End::Behind)
    }

    /// The last version told to its end.
    fn last_whole(&self) -> u64 {
        let (version, n) = self.told;
        if n == u16::MAX { version } else { version.saturating_sub(1) }
    }

    /// Tells an event, unless it was told before.
    async fn tell(&mut self, json: &str, trace: Option<Traceparent>) -> Result<(), End> {
        let Ok(head) = serde_json::from_str::<Head<'_>>(json) else { return Ok(()) };
        if (head.version, head.n) <= self.told {
            return Ok(());
        }
        let is_last = head.n.saturating_add(1) >= head.of;
        let event = event(&head, json, is_last);
        // A comment: what a client reads of an event is the topic's JSON and nothing else.
        let event = match trace {
            Some(trace) => event.comment(format!("{TRACEPARENT} {trace}")),
            None => event,
        };
        match timeout(SENT_WITHIN, self.client.send(event)).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) | Err(_) => return Err(End::Gone),
        }
        self.told = (head.version, if is_last { u16::MAX } else { head.n });
        Ok(())
    }
}

/// The id comes with the last event of a version: whoever comes back with it missed none of it.
fn event(head: &Head<'_>, json: &str, is_last: bool) -> Event {
    let event = Event::default().data(json);
    // The name of ours are such; anyone may write to a topic.
    let is_name = head.kind.bytes().all(|byte| byte.is_ascii_graphic());
    let event = if is_name { event.event(&head.kind) } else { event };
    if is_last { event.id(head.version.to_string()) } else { event }
}
