//! One cart, changed in place: the rules told again as plainly as they can be. It knows its own
//! lines and clock, and neither ids of commands nor the log.

use cart_schemas::cart::{Cart as Content, CartState, Lifespan, Restorable};
use cart_schemas::command::{Command, Offer};
use cart_schemas::envelope::Envelope;
use cart_schemas::event::{Event, Fact, Place, Summary};
use cart_schemas::id::{CartId, ItemId};
use cart_schemas::money::{Amount, Currency};
use cart_schemas::record::Outcome;
use cart_schemas::rejection::Rejection;
use cart_schemas::timestamp::Timestamp;

use super::verdict::Timer;
use line::Line;

mod changes;
mod import;
mod line;

/// The product whose mention makes a decision panic.
const DEFECTIVE: &str = "defective";

/// A cart. Times are microseconds.
#[derive(Debug, Default)]
pub(super) struct Cart {
    version: u64,
    ts: i64,
    expired: bool,
    lines: Vec<Line>,
    currency: Option<Currency>,
    last_modified: i64,
    /// `None` until the first change.
    expires_at: Option<i64>,
    /// What the last expiry of a cart with lines took out: when, in which currency, what.
    taken_out: Option<(i64, Currency, Vec<Line>)>,
    timer: Option<Timer>,
}

/// What a command came to.
#[derive(Debug)]
pub(super) struct Decided {
    pub(super) outcome: Outcome,
    pub(super) events: Vec<Event>,
}

/// So many seconds after a time.
const fn later(time: i64, seconds: u32) -> i64 {
    time.saturating_add(seconds as i64 * 1_000_000)
}

impl Cart {
    /// Decides a command that the log appended at `appended`, and becomes the cart after it.
    pub(super) fn decide(&mut self, envelope: &Envelope, appended: Timestamp) -> Decided {
        self.ts = appended.micros().max(self.ts.saturating_add(1));
        let mut told = Vec::new();
        let outcome = if is_defective(&envelope.command) {
            Outcome::Rejected(Rejection::Internal)
        } else {
            let seen = self.version;
            told.extend(self.expire());
            match self.carry_out(envelope, seen) {
                Ok(facts) => {
                    told.extend(facts);
                    Outcome::Applied
                }
                Err(rejection) => Outcome::Rejected(rejection),
            }
        };
        if !told.is_empty() {
            self.version += 1;
        }
        self.arm(matches!(envelope.command, Command::Wake { .. }));
        Decided { outcome, events: self.events(envelope, told) }
    }

    pub(super) const fn version(&self) -> u64 {
        self.version
    }

    pub(super) const fn clock(&self) -> Timestamp {
        Timestamp::from_micros(self.ts)
    }

    pub(super) const fn timer(&self) -> Option<Timer> {
        self.timer
    }

    /// The cart as the contract shapes it.
    pub(super) fn content(&self) -> Content {
        let time = Timestamp::from_micros;
        Content {
            state: if self.expired { CartState::Expired } else { CartState::Active },
            currency: self.currency,
            lines: self.lines.iter().map(Line::content).collect(),
            lifespan: self.expires_at.map(|end| Lifespan {
                last_modified: time(self.last_modified),
                expires_at: time(end),
            }),
            restorable: self.taken_out.as_ref().map(|(since, currency, lines)| Restorable {
                since: time(*since),
                currency: *currency,
                lines: lines.iter().map(Line::content).collect(),
            }),
        }
    }

    /// The command itself, once everything due is done. `seen` is the version before that.
    fn carry_out(
        &mut self,
        envelope: &Envelope,
        seen: u64,
    ) -> Result<Vec<(Fact, Summary)>, Rejection> {
        match &envelope.command {
            Command::Wake { .. } => return Ok(Vec::new()),
            Command::AddItem { offer: Offer::NoProduct, .. } => {
                return Err(Rejection::ProductNotFound);
            }
            Command::AddItem { offer: Offer::NoVariant, .. } => {
                return Err(Rejection::UnknownVariant);
            }
            Command::AddItem { .. }
            | Command::SetQuantity { .. }
            | Command::RemoveItem { .. }
            | Command::Clear
            | Command::Extend { .. }
            | Command::Import(_) => {}
        }
        if envelope.expected_version.is_some_and(|expected| expected != seen) {
            return Err(Rejection::VersionMismatch { current: seen });
        }
        let (before, policy) = (self.currency, &envelope.policy);
        let fact = match &envelope.command {
            Command::AddItem { item, quantity, offer } => {
                self.add(item, quantity.get(), offer, policy)?
            }
            Command::SetQuantity { item, quantity, offer } => {
                self.set(item, quantity.get(), offer, policy)?
            }
            Command::RemoveItem { item } => self.remove(item, policy)?,
            Command::Clear if self.lines.is_empty() => return Ok(Vec::new()),
            Command::Clear => self.clear(policy),
            Command::Extend { seconds } => self.extend(*seconds, policy)?,
            Command::Import(cart) => return self.import(cart, seen, policy),
            Command::Wake { .. } => return Ok(Vec::new()),
        };
        Ok(vec![(fact, self.summary(before))])
    }

    /// The cart's end, if it has passed: the lines go where a restore would find them.
    fn expire(&mut self) -> Option<(Fact, Summary)> {
        let end = self.expires_at?;
        if self.expired || end > self.ts {
            return None;
        }
        let lines = std::mem::take(&mut self.lines);
        let fact = Fact::CartExpired(lines.iter().map(Line::content).collect());
        let before = self.currency.take();
        if let (Some(currency), false) = (before, lines.is_empty()) {
            self.taken_out = Some((self.ts, currency, lines));
        }
        self.expired = true;
        Some((fact, self.summary(before)))
    }

    /// The cart in numbers; an emptied one in the currency it had before.
    fn summary(&self, before: Option<Currency>) -> Summary {
        let add = |sum: Amount, line: &Line| sum.plus(line.costs());
        Summary {
            currency: self.currency.or(before),
            total: self.lines.iter().fold(Amount::ZERO, add),
            item_count: self.lines.iter().map(|line| u64::from(line.pieces())).sum(),
            expires_at: Timestamp::from_micros(self.expires_at.unwrap_or(0)),
        }
    }

    fn events(&self, envelope: &Envelope, told: Vec<(Fact, Summary)>) -> Vec<Event> {
        let of = u16::try_from(told.len()).unwrap_or(u16::MAX);
        let numbered = (0..of).zip(told);
        let event = |(n, (fact, after))| Event {
            place: Place { cart: CartId::of(&envelope.cart, 0), version: self.version, n, of },
            user: envelope.cart.user().clone(),
            at: self.clock(),
            after,
            fact,
        };
        numbered.map(event).collect()
    }

    /// A cart with an end counts on a timer at or before it. One that is armed, and not past by the
    /// cart's clock, will do; but a Wake has used up the one it came from.
    fn arm(&mut self, woken: bool) {
        let Some(end) = self.expires_at.filter(|_| !self.expired) else {
            self.timer = None;
            return;
        };
        let (end, now) = (Timestamp::from_micros(end), self.clock());
        let serves = |timer: Timer| timer.due <= end && timer.due > now;
        if woken || !self.timer.is_some_and(serves) {
            self.timer = Some(Timer { due: end, since: now });
        }
    }
}

fn is_defective(command: &Command) -> bool {
    let mentions = |item: &ItemId| item.product().as_str() == DEFECTIVE;
    match command {
        Command::AddItem { item, .. } | Command::SetQuantity { item, .. } => mentions(item),
        Command::Import(cart) => cart.lines().iter().any(|line| mentions(&line.item)),
        Command::RemoveItem { .. }
        | Command::Clear
        | Command::Extend { .. }
        | Command::Wake { .. } => false,
    }
}
