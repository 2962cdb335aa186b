//! A case: what it says, what is sent, and what must come, on a connection and a cart of its own.

use super::frame::ping;
use super::meets::{Life, Meets, ponged};
use super::peer::Peer;
use super::place::{PLENTY, Place};

#[derive(Debug)]
pub(super) struct Case {
    says: String,
    acts: Vec<Act>,
}

#[derive(Debug)]
enum Act {
    /// Each is sent by itself, the next one when the server has seen it.
    Sends(Vec<Vec<u8>>),
    Meets(Meets),
    /// The cart holds so many pieces, asked over HTTP.
    Holds(u64),
}

impl Case {
    pub(super) fn that(says: impl Into<String>) -> Self {
        Self { says: says.into(), acts: Vec::new() }
    }

    pub(super) fn sends<S: Into<Vec<u8>>>(mut self, all: impl IntoIterator<Item = S>) -> Self {
        self.acts.push(Act::Sends(all.into_iter().map(Into::into).collect()));
        self
    }

    pub(super) fn meets(mut self, meets: Meets) -> Self {
        self.acts.push(Act::Meets(meets));
        self
    }

    pub(super) fn holds(mut self, pieces: u64) -> Self {
        self.acts.push(Act::Holds(pieces));
        self
    }

    /// Tries it; the error names it and says what came instead.
    pub(super) async fn is_met(&self, place: &Place, user: &str) -> Result<(), String> {
        let met = self.is_played(place, user).await;
        met.map_err(|error| format!("{}: {error}", self.says))
    }

    async fn is_played(&self, place: &Place, user: &str) -> Result<(), String> {
        let mut peer = Peer::follows(place.address(), user).await?;
        let mut life = Life::Open;
        for act in &self.acts {
            match act {
                Act::Sends(all) => send(all, &mut peer, place).await,
                Act::Meets(meets) => life = meets.comes(&mut peer).await?,
                Act::Holds(due) => {
                    let pieces = place.pieces(user).await;
                    if pieces != *due {
                        return Err(format!("the cart holds {pieces} pieces instead of {due}"));
                    }
                }
            }
        }
        match life {
            Life::Over => Ok(()),
            Life::Open => is_alive(&mut peer).await,
        }
    }
}

async fn send(all: &[Vec<u8>], peer: &mut Peer, place: &Place) {
    for (number, bytes) in all.iter().enumerate() {
        if number > 0 {
            place.turn().await;
        }
        peer.says(bytes).await;
    }
}

/// A connection that has not ended goes on, and nothing came that was not due.
pub(super) async fn is_alive(peer: &mut Peer) -> Result<(), String> {
    let question: Vec<u8> = ping("still there?").into();
    peer.says(&question).await;
    let alive = ponged("still there?").comes(peer).await;
    alive.map(drop).map_err(|error| format!("at the end, {error}"))
}

/// A message that is no command: its answer proves that it arrived whole.
pub(super) fn nothing(id: &str) -> String {
    format!(r#"{{"type":"nothing","id":"{id}"}}"#)
}

/// The same in so many bytes.
pub(super) fn nothing_of(id: &str, bytes: usize) -> String {
    let message = nothing(id);
    let padding = bytes - message.len();
    message + &" ".repeat(padding)
}

/// The same with a note in it, of any bytes.
pub(super) fn noted(id: &str, note: impl AsRef<[u8]>) -> Vec<u8> {
    let begin = format!(r#"{{"type":"nothing","id":"{id}","note":""#);
    [begin.as_bytes(), note.as_ref(), br#""}"#].concat()
}

/// A command that adds a piece.
pub(super) fn add(id: &str) -> String {
    format!(r#"{{"type":"add_item","id":"{id}","productID":"{PLENTY}","quantity":1}}"#)
}
