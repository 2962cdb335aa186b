//! What must come, and whether it does. Knows the commands' answers as far as they prove that a
//! message arrived.

use serde_json::{Value, json};

use super::frame::close;
use super::heard::Heard;
use super::peer::Peer;

/// Stands for a close that has no code, as in RFC 6455, 7.1.5.
pub(super) const NO_CODE: u16 = 1005;

#[derive(Debug, Clone)]
pub(super) enum Meets {
    /// The answer to a message that is no command, with its id, or none where it has none.
    Reply(Option<String>),
    /// This, or the connection fails with one of these codes.
    OrFailure(Box<Self>, &'static [u16]),
    /// This or nothing, and then the server takes leave with one of these codes.
    PerhapsThenLeave(Box<Self>, &'static [u16]),
    /// The answer to a command that was carried out.
    Done(String),
    Pong(Vec<u8>),
    /// The last of these pongs, and of those before it any, in order (RFC 6455, 5.5.3).
    Pongs(Vec<Vec<u8>>),
    /// All of these, whichever comes first: a pong may overtake an answer.
    InAnyOrder(Vec<Self>),
    /// The server takes leave with one of these codes, after the client did, and is the first to
    /// end the connection.
    Leave(&'static [u16]),
    /// The server fails the connection with one of these codes, and ends it whether it is answered
    /// or not.
    Failure {
        codes: &'static [u16],
        is_answered: bool,
    },
}

/// Whether a connection lives on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Life {
    Open,
    Over,
}

pub(super) fn reply(id: impl Into<String>) -> Meets {
    Meets::Reply(Some(id.into()))
}

/// The answer to a message whose id cannot be read.
pub(super) fn nameless() -> Meets {
    Meets::Reply(None)
}

pub(super) fn done(id: &str) -> Meets {
    Meets::Done(id.to_owned())
}

pub(super) fn ponged(payload: impl AsRef<[u8]>) -> Meets {
    Meets::Pong(payload.as_ref().to_vec())
}

pub(super) const fn leave(codes: &'static [u16]) -> Meets {
    Meets::Leave(codes)
}

pub(super) const fn failure(codes: &'static [u16]) -> Meets {
    Meets::Failure { codes, is_answered: true }
}

pub(super) fn or_failure(meets: Meets, codes: &'static [u16]) -> Meets {
    Meets::OrFailure(Box::new(meets), codes)
}

pub(super) fn perhaps_then_leave(meets: Meets, codes: &'static [u16]) -> Meets {
    Meets::PerhapsThenLeave(Box::new(meets), codes)
}

/// A failure by a server that gets no answer to its close.
pub(super) const fn failure_unanswered(codes: &'static [u16]) -> Meets {
    Meets::Failure { codes, is_answered: false }
}

impl Meets {
    /// Waits for it; the error says what came instead.
    pub(super) async fn comes(&self, peer: &mut Peer) -> Result<Life, String> {
        let heard = next(peer).await;
        let heard = heard.map_err(|error| format!("{self:?} was due, and {error}"))?;
        if let Heard::Close(code) = heard
            && self.closes_with().contains(&code.unwrap_or(NO_CODE))
        {
            if let Self::Failure { is_answered: true, .. } = self {
                let answer: Vec<u8> = close(code.unwrap_or(1000), "").into();
                peer.says(&answer).await;
            }
            return is_over(peer).await;
        }
        if let Self::PerhapsThenLeave(first, codes) = self
            && first.is(&heard)
        {
            return Box::pin(leave(codes).comes(peer)).await;
        }
        if let Self::Pongs(payloads) = self {
            come_last(payloads, heard, peer).await?;
        } else if let Self::InAnyOrder(all) = self {
            come_all(all, heard, peer).await?;
        } else if !self.is(&heard) {
            return Err(format!("{self:?} was due, and {} came", short(&heard)));
        }
        Ok(Life::Open)
    }

    /// Whether it is this.
    fn is(&self, heard: &Heard) -> bool {
        match (self, heard) {
            (Self::Reply(id), Heard::Text(told)) => is_reply(told, &json!(id), 400),
            (Self::Done(id), Heard::Text(told)) => is_reply(told, &json!(id), 200),
            (Self::Pong(due), Heard::Pong(payload)) => payload == due,
            (Self::OrFailure(due, _), _) => due.is(heard),
            _ => false,
        }
    }

    /// The codes with which the connection may end.
    const fn closes_with(&self) -> &'static [u16] {
        match self {
            Self::OrFailure(_, codes)
            | Self::PerhapsThenLeave(_, codes)
            | Self::Leave(codes)
            | Self::Failure { codes, .. } => codes,
            Self::Reply(_)
            | Self::Done(_)
            | Self::Pong(_)
            | Self::Pongs(_)
            | Self::InAnyOrder(_) => &[],
        }
    }
}

/// The next that is not the news of a cart, which come whenever they do.
async fn next(peer: &mut Peer) -> Result<Heard, String> {
    loop {
        let heard = peer.hears().await?;
        if !matches!(&heard, Heard::Text(told) if told["type"] == "cart_event") {
            return Ok(heard);
        }
    }
}

/// The last of these pongs comes, and before it only such as are due before it.
async fn come_last(due: &[Vec<u8>], first: Heard, peer: &mut Peer) -> Result<(), String> {
    let (mut heard, mut left) = (first, due.iter());
    while let Heard::Pong(payload) = &heard {
        if !left.any(|due| due == payload) {
            return Err(format!("a pong came out of turn: {payload:?}"));
        }
        if left.len() == 0 {
            return Ok(());
        }
        heard = next(peer).await?;
    }
    Err(format!("{} came among pongs", short(&heard)))
}

async fn come_all(due: &[Meets], first: Heard, peer: &mut Peer) -> Result<(), String> {
    let (mut heard, mut left) = (first, due.to_vec());
    loop {
        let found = left.iter().position(|due| due.is(&heard));
        left.swap_remove(found.ok_or_else(|| format!("{} came", short(&heard)))?);
        if left.is_empty() {
            return Ok(());
        }
        heard = next(peer).await?;
    }
}

/// Nothing comes after a close but the end.
async fn is_over(peer: &mut Peer) -> Result<Life, String> {
    match peer.hears().await {
        Ok(Heard::Ended | Heard::Reset) => Ok(Life::Over),
        Ok(other) => Err(format!("after its close the server said {}", short(&other))),
        Err(error) => Err(format!("after its close the server did not end: {error}")),
    }
}

fn is_reply(told: &Value, id: &Value, status: u16) -> bool {
    told["type"] == "reply" && told["id"] == *id && told["status"] == status
}

/// As much of it as helps.
fn short(heard: &Heard) -> String {
    format!("{heard:?}").chars().take(300).collect()
}
