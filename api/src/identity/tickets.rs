//! Tickets: what a browser, which cannot send headers with a WebSocket, shows in their place, once and
//! soon. Knows no sockets.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use cart_schemas::timestamp::Timestamp;
use uuid::Uuid;

use super::caller::Known;
use crate::problem::{Code, Problem};

/// How long a ticket may be shown, in seconds: a page opens its socket at once.
const HOLDS_FOR: u32 = 30;
/// Tickets that wait: one for each socket a process has by default. Beyond that those are made room of
/// that nobody came with.
const WAITING_MAX: usize = 20_000;

/// The tickets of one instance. They lie in its memory, so that each is shown once.
pub(crate) struct Tickets {
    /// Tells this instance's tickets from others'.
    instance: String,
    waiting: Mutex<HashMap<Uuid, Waiting>>,
}

struct Waiting {
    known: Known,
    until: Timestamp,
}

/// A ticket, and until when it may be shown.
#[derive(Debug)]
pub(crate) struct Ticket {
    pub(crate) text: String,
    pub(crate) until: Timestamp,
}

impl Tickets {
    /// No tickets yet, of an instance with a name of its own.
    pub(crate) fn new() -> Self {
        let instance = unguessable().as_simple().to_string();
        Self { instance, waiting: Mutex::default() }
    }

    /// A ticket for a caller.
    pub(crate) fn issue(&self, known: Known, now: Timestamp) -> Result<Ticket, Problem> {
        let until = now.plus_seconds(HOLDS_FOR);
        let until = known.until.map_or(until, |ends| ends.min(until));
        let id = unguessable();
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() >= WAITING_MAX {
            waiting.retain(|_, one| now < one.until);
        }
        if waiting.len() >= WAITING_MAX {
            return Err(Problem::unavailable("too many tickets wait to be shown"));
        }
        waiting.insert(id, Waiting { known, until });
        Ok(Ticket { text: format!("{}.{}", self.instance, id.as_simple()), until })
    }

    /// Who shows this ticket; nobody can show it again.
    pub(crate) fn take(&self, text: &str, now: Timestamp) -> Result<Known, Problem> {
        let invalid =
            || Problem::new(Code::InvalidTicket, "shown before, too late, or never issued");
        let (instance, id) = text.split_once('.').ok_or_else(invalid)?;
        let id: Uuid = id.parse().map_err(|_| invalid())?;
        if instance != self.instance {
            let detail = "another instance has issued the ticket; ask for one where it is shown";
            return Err(Problem::new(Code::Misdirected, detail));
        }
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let one = waiting.remove(&id).ok_or_else(invalid)?;
        if now < one.until { Ok(one.known) } else { Err(invalid()) }
    }
}

#[expect(clippy::disallowed_methods, reason = "what is derived or ordered can be guessed")]
fn unguessable() -> Uuid {
    Uuid::new_v4()
}

#[cfg(test)]
mod tests {
    use super::super::caller::Caller;
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

    fn known(until: Option<Timestamp>) -> Known {
        Known { caller: Caller::Anyone, until }
    }

    fn code(taken: Result<Known, Problem>) -> Code {
        taken.unwrap_err().code()
    }

    #[test]
    fn a_ticket_is_shown_once_and_soon() {
        let tickets = Tickets::new();
        let (shown, late) =
            (tickets.issue(known(None), NOW).unwrap(), tickets.issue(known(None), NOW).unwrap());

        let soon = NOW.plus_seconds(HOLDS_FOR - 1);
        assert_eq!(tickets.take(&shown.text, soon).unwrap(), known(None));
        assert_eq!(code(tickets.take(&shown.text, soon)), Code::InvalidTicket);
        assert_eq!(
            code(tickets.take(&late.text, NOW.plus_seconds(HOLDS_FOR))),
            Code::InvalidTicket
        );
    }

    #[test]
    fn a_ticket_ends_with_the_token_it_was_had_for() {
        let tickets = Tickets::new();
        let ticket = tickets.issue(known(Some(NOW.plus_seconds(1))), NOW).unwrap();

        assert_eq!(ticket.until, NOW.plus_seconds(1));
    }

    #[test]
    fn a_ticket_is_shown_where_it_was_issued() {
        let (ours, theirs) = (Tickets::new(), Tickets::new());
        let ticket = theirs.issue(known(None), NOW).unwrap();

        assert_eq!(code(ours.take(&ticket.text, NOW)), Code::Misdirected);
        for text in ["", ".", "a.b", "no ticket"] {
            assert_eq!(code(ours.take(text, NOW)), Code::InvalidTicket, "{text}");
        }
    }

    #[test]
    fn tickets_nobody_shows_make_room_when_their_time_is_over() {
        let tickets = Tickets::new();
        for _ in 0..WAITING_MAX {
            tickets.issue(known(None), NOW).unwrap();
        }

        assert_eq!(tickets.issue(known(None), NOW).unwrap_err().code(), Code::Unavailable);
        assert!(tickets.issue(known(None), NOW.plus_seconds(HOLDS_FOR)).is_ok());
    }
}
