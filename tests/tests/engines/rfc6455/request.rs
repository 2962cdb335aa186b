//! A handshake as it is asked for, and as it is answered (RFC 6455, 4). Knows no right or wrong.

use super::case::is_alive;
use super::peer::Peer;
use super::place::Place;

/// The key of the RFC's own example.
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

#[derive(Debug, Clone)]
pub(super) struct Request {
    method: &'static str,
    version: &'static str,
    headers: Vec<(String, String)>,
}

/// The head of an answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    headers: Vec<(String, String)>,
}

impl Request {
    /// One that has to be accepted.
    pub(super) fn right() -> Self {
        let headers = [
            ("Host", "shop.example"),
            ("Upgrade", "websocket"),
            ("Connection", "Upgrade"),
            ("Sec-WebSocket-Version", "13"),
            ("Sec-WebSocket-Key", KEY),
        ];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Self { method: "GET", version: "HTTP/1.1", headers: headers.to_vec() }
    }

    pub(super) const fn method(mut self, method: &'static str) -> Self {
        self.method = method;
        self
    }

    pub(super) const fn version(mut self, version: &'static str) -> Self {
        self.version = version;
        self
    }

    pub(super) fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(own, _)| !own.eq_ignore_ascii_case(name));
        self
    }

    /// With one more header.
    pub(super) fn and(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With another value of a header.
    pub(super) fn with(self, name: &str, value: &str) -> Self {
        self.without(name).and(name, value)
    }

    /// With all of its headers' names changed.
    pub(super) fn named(mut self, change: fn(&str) -> String) -> Self {
        self.headers.iter_mut().for_each(|(name, _)| *name = change(name));
        self
    }

    pub(super) fn key(&self) -> &str {
        let is_key = |name: &str| name.eq_ignore_ascii_case("Sec-WebSocket-Key");
        self.headers.iter().find(|(name, _)| is_key(name)).map_or("", |(_, value)| value)
    }

    pub(super) fn bytes(&self, user: &str) -> Vec<u8> {
        let mut text = format!("{} /ws/cart/{user} {}\r\n", self.method, self.version);
        for (name, value) in &self.headers {
            text.extend([name, ": ", value, "\r\n"]);
        }
        text.push_str("\r\n");
        text.into_bytes()
    }
}

impl Answer {
    pub(super) fn of(head: &str) -> Option<Self> {
        let mut lines = head.split("\r\n");
        let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
        let header = |line: &str| {
            let (name, value) = line.split_once(':')?;
            Some((name.to_ascii_lowercase(), value.trim().to_owned()))
        };
        Some(Self { status, headers: lines.filter_map(header).collect() })
    }

    /// The value of a header, its name in lower case.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }
}

/// Sends a request, in these segments, and reads the answer's head.
pub(super) async fn asks(
    peer: &mut Peer,
    segments: &[Vec<u8>],
    place: &Place,
) -> Result<Answer, String> {
    for (number, bytes) in segments.iter().enumerate() {
        if number > 0 {
            place.turn().await;
        }
        peer.says(bytes).await;
    }
    let head = peer.answer().await?;
    Answer::of(&head).ok_or_else(|| format!("no HTTP: {head:?}"))
}

/// A socket was opened, and works.
pub(super) async fn works(peer: &mut Peer) -> Result<(), String> {
    peer.hears_cart().await?;
    is_alive(peer).await
}
