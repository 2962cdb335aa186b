//! A cart with a past, and a client that streams it.

use std::collections::VecDeque;
use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use axum::http::Request;
use cart_schemas::digest::Digest;
use cart_schemas::event::{Event, Fact, Place, Summary};
use cart_schemas::evolve::evolve;
use cart_schemas::generation::Generation;
use cart_schemas::id::{CartId, CommandId};
use cart_schemas::record::{CartRecord, Entry, Outcome, Position};
use cart_schemas::timestamp::Timestamp;
use futures::StreamExt as _;
use tower::ServiceExt as _;
use uuid::Uuid;

use crate::support::{Said, World, read};

/// How long the next event may take on a busy machine.
const IN_TIME: Duration = Duration::from_secs(20);

/// The cart of `u` at a version, a second between two of them; its row remembers the last eight.
pub(crate) fn told(version: u64) -> CartRecord {
    let mut record = CartRecord::default();
    for version in 1..=version {
        let event = event(version);
        record.cart = evolve(std::mem::take(&mut record.cart), &event);
        (record.version, record.ts) = (version, event.at);
        record.remember(Entry {
            position: Position { generation: Generation::FIRST, offset: 0 },
            command: CommandId::from_uuid(Uuid::from_u64_pair(0, version)),
            digest: Digest::of(b"extend"),
            outcome: Outcome::Applied,
            version,
            events: vec![event],
        });
    }
    record
}

fn event(version: u64) -> Event {
    let at = Timestamp::from_millis(i64::try_from(version).unwrap() * 1_000);
    let summary = Summary::of(&cart_schemas::cart::Cart::default(), None);
    Event {
        place: Place { cart: CartId::of(&"u".parse().unwrap(), 0), version, n: 0, of: 1 },
        user: "u".parse().unwrap(),
        at,
        after: Summary { expires_at: at.plus_seconds(86_400), ..summary },
        fact: Fact::ExpiryExtended,
    }
}

/// An event as the log has it.
pub(crate) fn json(version: u64, n: u16, of: u16) -> String {
    let event = event(version);
    let place = Place { n, of, ..event.place };
    String::from_utf8(Event { place, ..event }.encode()).unwrap()
}

/// A client of the event stream.
#[derive(Debug)]
pub(crate) struct Stream {
    body: BodyDataStream,
    events: VecDeque<String>,
}

impl Stream {
    /// One that asks with these headers; what it is told if it is refused.
    pub(crate) async fn open(world: &World, headers: &[(&str, &str)]) -> Result<Self, Said> {
        let request = Request::get("/api/cart/u/events").header("accept", "text/event-stream");
        let with = |request: axum::http::request::Builder, header: &(&str, &str)| {
            request.header(header.0, header.1)
        };
        let request = headers.iter().fold(request, with).body(Body::empty()).unwrap();
        let response = world.router.clone().oneshot(request).await.unwrap();
        if response.status() != 200 {
            return Err(read(response).await);
        }
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Ok(Self { body: response.into_body().into_data_stream(), events: VecDeque::new() })
    }

    /// What comes next; `None` once it has ended.
    pub(crate) async fn chunk(&mut self) -> Option<String> {
        let chunk =
            tokio::time::timeout(IN_TIME, self.body.next()).await.expect("it comes in time");
        chunk.map(|chunk| String::from_utf8(chunk.unwrap().into()).unwrap())
    }

    /// The ids of the next so many events; an empty text where one has none.
    pub(crate) async fn told(&mut self, count: usize) -> Vec<String> {
        while self.events.len() < count {
            let chunk = self.chunk().await.expect("an open stream");
            let events = chunk.split_terminator("\n\n").filter(|event| !event.starts_with(':'));
            self.events.extend(events.map(str::to_owned));
        }
        self.events.drain(..count).map(|event| id(&event)).collect()
    }

    /// Waits until it ends.
    pub(crate) async fn ended(&mut self) {
        while self.chunk().await.is_some() {}
    }

    /// How many events still come before it ends.
    pub(crate) async fn rest(mut self) -> usize {
        let mut count = 0;
        while let Some(chunk) = self.chunk().await {
            count += chunk.matches("data: ").count();
        }
        count
    }
}

fn id(event: &str) -> String {
    let field = |name: &str| event.lines().find_map(|line| line.strip_prefix(name));
    let data: serde_json::Value = serde_json::from_str(field("data: ").unwrap()).unwrap();
    assert_eq!(field("event: "), data["type"].as_str());
    let id = field("id: ").unwrap_or_default();
    assert!(id.is_empty() || data["version"].as_u64() == id.parse().ok(), "{event}");
    id.to_owned()
}
