//! Customers' orders and what became of each: sent, answered, asked about, sent again, until the
//! outcome is known; and whether customers were told the truth.

use cart_ingest::commands::{Pending, Request, Sent};
use cart_ingest::status::Status;
use cart_schemas::command::Intent;
use cart_schemas::digest::Digest;
use cart_schemas::id::{CartKey, CommandId};
use cart_schemas::record::{FINGERPRINTS, LEDGER, Outcome};
use cart_schemas::rejection::RejectionCode;
use cart_schemas::reply::Answer as Reply;
use cart_schemas::timestamp::Timestamp;

use super::audit::{Audit, Broken, Invariant};
use super::edge::Answer;
use super::plan::SECOND;
use super::shadow::{Decision, Shadow, Told, Verdict};

/// How long a customer waits before it asks or tries again.
const PATIENCE: i64 = 2 * SECOND;

/// Where an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// To be sent, not before this time.
    Due(Timestamp),
    /// Sent to this start of an edge.
    Sent(u64),
    /// It may be in the log; its status is to be asked for, not before this time.
    Pending(Timestamp),
    /// This start of an edge was asked.
    Asked(u64),
    /// The outcome is known, or nobody can ever tell.
    Done,
}

/// What a customer does next.
#[derive(Debug)]
pub enum Step {
    /// Send it.
    Send(Request),
    /// Ask for its status.
    Ask(Question),
}

/// A question about a command.
#[derive(Debug)]
pub struct Question {
    /// The cart it was asked of.
    pub cart: CartKey,
    /// The cart whose command it is.
    pub home: CartKey,
    /// What the last 202 said of it.
    pub pending: Pending,
}

/// One order.
#[derive(Debug)]
pub struct Placed {
    request: Request,
    digest: Digest,
    /// Its id, once the customer knows it.
    command: Option<CommandId>,
    /// What the last 202 said of it.
    pending: Option<Pending>,
    state: State,
    sends: u32,
    /// Whether the customer was told that nobody knows the command, after its last sending.
    denied: bool,
    refused: bool,
    /// When its status was last asked for.
    asked: Timestamp,
}

impl Placed {
    /// An order to be sent now.
    #[must_use]
    pub fn new(request: Request, now: Timestamp) -> Self {
        let digest = request.intent.digest(request.expected_version);
        let key = request.idempotency_key.as_deref();
        let command = key.map(|key| CommandId::from_idempotency_key(&request.cart, key));
        let state = State::Due(now);
        Self {
            request,
            digest,
            command,
            pending: None,
            state,
            sends: 0,
            denied: false,
            refused: false,
            asked: now,
        }
    }

    /// Whether nothing more will come of it.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.state == State::Done
    }

    /// What its customer does now, given a start of an edge to do it with.
    pub fn next(&mut self, now: Timestamp, edge: u64) -> Option<Step> {
        match self.state {
            State::Due(at) if at <= now => {
                self.state = State::Sent(edge);
                self.sends += 1;
                self.denied = false;
                Some(Step::Send(self.request.clone()))
            }
            State::Pending(at) if at <= now => {
                self.state = State::Asked(edge);
                self.asked = now;
                let cart = self.request.cart.clone();
                let home = self.request.intent.home(&cart).clone();
                Some(Step::Ask(Question { cart, home, pending: self.pending? }))
            }
            State::Due(_) | State::Pending(_) | State::Sent(_) | State::Asked(_) | State::Done => {
                None
            }
        }
    }

    /// Whoever waits for a start of an edge that is none of these tries elsewhere, if it may.
    pub fn give_up_dead(&mut self, alive: &[u64], now: Timestamp) {
        match self.state {
            State::Sent(to) if !alive.contains(&to) => self.state = self.again(now),
            State::Asked(of) if !alive.contains(&of) => self.state = State::Pending(later(now)),
            State::Sent(_) | State::Asked(_) | State::Due(_) | State::Pending(_) | State::Done => {}
        }
    }

    /// With a key a command may be sent any number of times; without one never twice.
    fn again(&self, now: Timestamp) -> State {
        match self.request.idempotency_key {
            Some(_) => State::Due(later(now)),
            None => State::Done,
        }
    }

    /// Whether this customer takes a no for an answer.
    fn gives_up(&self) -> bool {
        self.digest.as_bytes().first().is_some_and(|byte| byte % 2 == 0)
    }

    /// The customer hears an answer.
    ///
    /// # Errors
    /// It is not the truth.
    pub fn hear(&mut self, answer: Answer, now: Timestamp, audit: &Audit) -> Result<(), Broken> {
        let sent = match answer {
            Answer::Sent(sent) => *sent,
            Answer::Status(Err(_)) => {
                self.state = State::Pending(later(now));
                return Ok(());
            }
            Answer::Status(Ok(status)) => return self.told(status, now, audit),
        };
        match sent {
            Sent::Unavailable => {
                // Some customers try again, others take it for the last word.
                self.refused = true;
                self.state = if self.gives_up() { State::Done } else { self.again(now) };
            }
            Sent::Pending(pending) => {
                self.command = Some(pending.command);
                self.pending = Some(pending);
                self.state = State::Pending(later(now));
            }
            Sent::Decided(reply) => {
                self.state = State::Done;
                let of_another = reply.digest != self.digest
                    || self.command.is_some_and(|command| command != reply.command);
                if of_another {
                    return broken(
                        Invariant::OneOutcome,
                        "was given another's reply",
                        reply.command,
                    );
                }
                return self.compare(reply.command, &reply.answer, audit.shadow());
            }
        }
        Ok(())
    }

    fn told(&mut self, status: Status, now: Timestamp, audit: &Audit) -> Result<(), Broken> {
        let Some(command) = self.command else { return Ok(()) };
        self.state = State::Done;
        // An id used again beyond the horizon is decided again.
        let mut decisions = audit.shadow().asked(command).filter_map(Verdict::decided);
        let right = match status {
            Status::Pending => {
                self.state = State::Pending(later(now));
                true
            }
            Status::Unknown => {
                // A status is read from the row: one that a kill has set back does not know of all
                // that was decided, until it is put back.
                let cart = &self.request.cart;
                let owed = |cart| audit.was_owed(cart, self.asked);
                self.denied = !owed(cart) && !owed(self.request.intent.home(cart));
                // Some customers try again, others take it for the last word.
                if !self.gives_up() {
                    self.state = self.again(now);
                }
                true
            }
            // Of a merge only the cart the lines come to can say that it was carried out.
            Status::Applied { version } if self.is_merge() => {
                audit.shadow().answered(command).any(|decision| {
                    let told = decision.tells.as_ref().map(|(_, told)| told);
                    matches!(told, Some(Told::Merged(..))) && decision.version == version
                })
            }
            Status::Applied { version } => decisions.any(|decision| {
                decision.outcome == Outcome::Applied && decision.version == version
            }),
            Status::Rejected(code) => {
                let mut answered = audit.shadow().answered(command);
                let short =
                    code == RejectionCode::InsufficientStock && audit.shadow().is_short(command);
                short
                    || decisions.any(|one| one.rejected() == Some(code))
                    || answered.any(|one| one.rejected() == Some(code))
            }
        };
        if right {
            return Ok(());
        }
        broken(Invariant::Status, &format!("was told to be {status:?}"), command)
    }

    fn compare(&self, command: CommandId, answer: &Reply, shadow: &Shadow) -> Result<(), Broken> {
        let mut answered = shadow.answered(command);
        let short = shadow.is_short(command);
        if shadow.asked(command).any(|verdict| self.agrees(answer, verdict, short))
            || answered.any(|decision| decision.tells(self.digest, answer))
        {
            return Ok(());
        }
        let first = shadow.command(command).map(|decision| &decision.outcome);
        broken(Invariant::OneOutcome, &format!("was told {answer:?} of {first:?}"), command)
    }

    /// `short` is whether it began a checkout that was refused for want of stock.
    fn agrees(&self, answer: &Reply, verdict: &Verdict, short: bool) -> bool {
        match (answer, verdict) {
            (Reply::Applied { version }, Verdict::Decided(decision)) => {
                decision.digest == self.digest
                    && decision.outcome == Outcome::Applied
                    && decision.version == *version
            }
            (Reply::Rejected(why), Verdict::Decided(decision)) => {
                decision.digest == self.digest && decision.outcome == Outcome::Rejected(why.clone())
            }
            // A replay so late that only a fingerprint is left is answered as a repeat is.
            (
                Reply::Remembered { version, rejected },
                Verdict::Remembered(decision) | Verdict::Decided(decision),
            ) => {
                let short = short.then_some(RejectionCode::InsufficientStock);
                decision.digest == self.digest
                    && decision.rejected().or(short) == *rejected
                    && decision.version == *version
            }
            (Reply::Conflict, Verdict::Conflict { digest, .. }) => *digest == self.digest,
            (
                Reply::Applied { .. }
                | Reply::Rejected(_)
                | Reply::Remembered { .. }
                | Reply::Merged { .. }
                | Reply::Short { .. }
                | Reply::Conflict,
                _,
            ) => false,
        }
    }

    const fn is_merge(&self) -> bool {
        matches!(self.request.intent, Intent::Merge { .. })
    }

    /// Its command's id, if its customer knows it, and how often it was sent under it.
    #[must_use]
    pub fn sent(&self) -> Option<(CommandId, u32)> {
        Some((self.command?, self.sends))
    }

    /// Once everything is quiet: nothing came of what was said to be nowhere, unless its id was
    /// sent more than the once.
    ///
    /// # Errors
    /// Something did.
    pub fn settled(&self, shadow: &Shadow, sends: u32) -> Result<(), Broken> {
        let Some(command) = self.command else { return Ok(()) };
        let decided = shadow.command(command).is_some_and(|decision| {
            // Beyond the horizon nobody knows a command any more, and "unknown" is the truth.
            let is_known = |decision: &Decision| {
                let cart = shadow.cart(&decision.cart);
                let decisions = cart.map_or(0, |cart| cart.decisions().len());
                decision.number + LEDGER + FINGERPRINTS >= decisions
            };
            is_known(decision) && shadow.answered(command).all(|answer| is_known(answer))
        });
        if sends == 1 && self.refused && decided {
            return broken(Invariant::Status, "was refused as not appended and decided", command);
        }
        if sends == 1 && self.denied && decided {
            return broken(Invariant::Status, "was told to be nowhere and decided later", command);
        }
        Ok(())
    }
}

fn later(now: Timestamp) -> Timestamp {
    Timestamp::from_micros(now.micros() + PATIENCE)
}

fn broken(invariant: Invariant, what: &str, command: CommandId) -> Result<(), Broken> {
    Err(Broken { invariant, what: format!("command {command} {what}") })
}
