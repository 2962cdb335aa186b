//! Handshakes, and whether a socket is opened (RFC 6455, 4.2). Knows how they are refused as far as
//! the RFC says.

use self::Verdict::{Accepted, Either, Refused, RefusedForVersion};
use super::accept::accept;
use super::frame::apart;
use super::peer::Peer;
use super::place::Place;
use super::request::{Answer, Request, asks, works};

#[derive(Debug)]
pub(super) struct Handshake {
    says: &'static str,
    request: Request,
    meets: Verdict,
    is_apart: bool,
}

#[derive(Debug, Clone, Copy)]
enum Verdict {
    Accepted,
    /// By an error of the client's.
    Refused,
    /// And the version that would be accepted is named (4.4).
    RefusedForVersion,
    /// The RFC leaves it to the server.
    Either,
}

pub(super) fn cases() -> Vec<Handshake> {
    let all = accepted().into_iter().chain(keys()).chain(refused()).chain(open());
    let case = |(says, request, meets)| Handshake { says, request, meets, is_apart: false };
    let slow = Handshake {
        says: "a handshake that comes byte by byte",
        request: Request::right(),
        meets: Accepted,
        is_apart: true,
    };
    all.map(case).chain([slow]).collect()
}

type Row = (&'static str, Request, Verdict);

fn accepted() -> Vec<Row> {
    let right = Request::right;
    let with = |name, value| right().with(name, value);
    let twice = right().with("Connection", "keep-alive").and("Connection", "Upgrade");
    let deflate = "permessage-deflate; client_max_window_bits, x-webkit-deflate-frame";
    vec![
        ("a handshake", right(), Accepted),
        ("headers in lower case", right().named(str::to_ascii_lowercase), Accepted),
        ("headers in upper case", right().named(str::to_ascii_uppercase), Accepted),
        ("an upgrade to WebSocket in mixed case", with("Upgrade", "WebSocket"), Accepted),
        ("an upgrade in upper case", with("Upgrade", "WEBSOCKET"), Accepted),
        ("a connection in lower case", with("Connection", "upgrade"), Accepted),
        ("a connection in upper case", with("Connection", "UPGRADE"), Accepted),
        ("upgrade is the last of two tokens", with("Connection", "keep-alive, Upgrade"), Accepted),
        ("upgrade is the first of two tokens", with("Connection", "Upgrade, keep-alive"), Accepted),
        ("tokens without spaces", with("Connection", "keep-alive,Upgrade,te"), Accepted),
        ("upgrade in the second of two headers", twice, Accepted),
        ("an origin", right().and("Origin", "http://shop.example"), Accepted),
        ("cookies", right().and("Cookie", "a=b; c=d"), Accepted),
        ("a header nobody knows", right().and("X-Unknown", "yes"), Accepted),
        (
            "extensions are offered and none is taken",
            right().and("Sec-WebSocket-Extensions", deflate),
            Accepted,
        ),
        (
            "a subprotocol is offered and none is made up",
            right().and("Sec-WebSocket-Protocol", "chat, superchat"),
            Accepted,
        ),
    ]
}

/// The answer to each of these is worked out here (4.2.2, 5.4).
fn keys() -> Vec<Row> {
    let key = |value| Request::right().with("Sec-WebSocket-Key", value);
    vec![
        ("a key of zeros", key("AAAAAAAAAAAAAAAAAAAAAA=="), Accepted),
        ("a key of ones", key("/////////////////////w=="), Accepted),
        ("a key of the RFC's second example", key("AQIDBAUGBwgJCgsMDQ4PEC=="), Accepted),
        ("a key with both signs", key("x3JJHMbDL1EzLkh9+/hjPQ=="), Accepted),
        // A server need not decode a key to find that it has not 16 bytes.
        ("a key of 15 bytes", key("AAAAAAAAAAAAAAAAAAAA"), Either),
        ("a key of 17 bytes", key("AAAAAAAAAAAAAAAAAAAAAAA="), Either),
        ("a key that is no base64", key("not base64 at all!!!!!!!"), Either),
        ("an empty key", key(""), Either),
        ("two keys", Request::right().and("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA=="), Either),
    ]
}

fn refused() -> Vec<Row> {
    let right = Request::right;
    let with = |name, value| right().with(name, value);
    let version = |value| with("Sec-WebSocket-Version", value);
    vec![
        ("no host", right().without("Host"), Refused),
        ("no key", right().without("Sec-WebSocket-Key"), Refused),
        ("no upgrade", right().without("Upgrade"), Refused),
        ("an upgrade to something else", with("Upgrade", "h2c"), Refused),
        ("an upgrade to something longer", with("Upgrade", "websockets"), Refused),
        ("an empty upgrade", with("Upgrade", ""), Refused),
        ("no connection header", right().without("Connection"), Refused),
        ("a connection without upgrade", with("Connection", "keep-alive"), Refused),
        ("a token that only holds upgrade", with("Connection", "no-upgrade"), Refused),
        ("no version", right().without("Sec-WebSocket-Version"), RefusedForVersion),
        ("version 7", version("7"), RefusedForVersion),
        ("version 8", version("8"), RefusedForVersion),
        ("version 0", version("0"), RefusedForVersion),
        ("version 14", version("14"), RefusedForVersion),
        ("version 130", version("130"), RefusedForVersion),
        ("a version that is no number", version("thirteen"), RefusedForVersion),
        ("a POST", right().method("POST").and("Content-Length", "0"), Refused),
        ("a PUT", right().method("PUT").and("Content-Length", "0"), Refused),
        ("a HEAD", right().method("HEAD"), Refused),
        ("an OPTIONS", right().method("OPTIONS"), Either),
        ("HTTP/1.0", right().version("HTTP/1.0"), Refused),
    ]
}

/// What the RFC leaves open.
fn open() -> Vec<Row> {
    let with = |name, value| Request::right().with(name, value);
    vec![
        ("websocket is one of two upgrades", with("Upgrade", "h2c, websocket"), Either),
        (
            "a version is offered beside the right one",
            with("Sec-WebSocket-Version", "13, 8"),
            Either,
        ),
    ]
}

impl Handshake {
    /// Tries it; the error names it and says what came instead.
    pub(super) async fn is_met(&self, place: &Place, user: &str) -> Result<(), String> {
        let met = self.is_tried(place, user).await;
        met.map_err(|error| format!("{}: {error}", self.says))
    }

    async fn is_tried(&self, place: &Place, user: &str) -> Result<(), String> {
        let mut peer = Peer::at(place.address()).await;
        let bytes = self.request.bytes(user);
        let segments = if self.is_apart { apart(bytes) } else { vec![bytes] };
        let answer = asks(&mut peer, &segments, place).await?;
        let is_open = answer.status == 101;
        match self.meets {
            Accepted if is_open => self.is_right(&answer)?,
            Either if is_open => return self.is_right(&answer),
            Refused | Either if is_refusal(&answer) => return Ok(()),
            RefusedForVersion if is_refusal(&answer) => return names_version(&answer),
            Accepted | Refused | RefusedForVersion | Either => {
                return Err(format!("{:?} was due, and {answer:?} came", self.meets));
            }
        }
        works(&mut peer).await
    }

    fn is_right(&self, answer: &Answer) -> Result<(), String> {
        let due = accept(self.request.key());
        let has = |name, value: &str| {
            answer.header(name).is_some_and(|own| own.eq_ignore_ascii_case(value))
        };
        let is_right = has("upgrade", "websocket")
            && has("connection", "upgrade")
            && answer.header("sec-websocket-accept") == Some(&due)
            && answer.header("sec-websocket-extensions").is_none()
            && answer.header("sec-websocket-protocol").is_none();
        if is_right { Ok(()) } else { Err(format!("{due:?} was to be accepted in {answer:?}")) }
    }
}

fn is_refusal(answer: &Answer) -> bool {
    (400..500).contains(&answer.status)
}

fn names_version(answer: &Answer) -> Result<(), String> {
    match answer.header("sec-websocket-version") {
        Some(versions) if versions.split(',').any(|version| version.trim() == "13") => Ok(()),
        Some(_) | None => Err(format!("the version 13 is not named in {answer:?}")),
    }
}
