//! One cart, changed in place: the rules told again as plainly as they can be. It knows its own
//! lines and clock, and neither ids of commands nor the log.

use cart_schemas::cart::{Abandonment, Cart as Content, CartState, Lifespan, Restorable, Told};
use cart_schemas::command::{Command, Offer};
use cart_schemas::dealings::Dealings;
use cart_schemas::envelope::Envelope;
use cart_schemas::event::{Event, Fact, Place, Summary};
use cart_schemas::id::{CartId, ItemId};
use cart_schemas::money::{Amount, Currency};
use cart_schemas::policy::Policy;
use cart_schemas::record::Outcome;
use cart_schemas::rejection::Rejection;
use cart_schemas::timestamp::Timestamp;

use super::verdict::Timer;
use line::Line;
use memory::Merges;
use selling::{Over, Paying};

mod back;
mod changes;
mod currency;
mod deal;
mod import;
mod line;
mod memory;
mod merge;
mod news;
mod selling;
mod time;

/// The product whose mention makes a decision panic.
const DEFECTIVE: &str = "defective";
/// So many of a line that comes from another cart make it panic, too.
const UNLUCKY: u32 = 13;

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
    /// The last tier of abandonment that was told, and since when nobody came.
    idle: Option<(u8, i64)>,
    /// Whether the end was announced.
    warned: bool,
    timer: Option<Timer>,
    merges: Merges,
    /// The checkout it is locked for.
    paying: Option<Paying>,
    /// Checkouts that are over, the oldest first.
    over: Vec<Over>,
    /// What it was told of products it holds.
    told: Vec<Told>,
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
            if let Command::Absorb(absorb) = &envelope.command {
                self.refuse(absorb, &Rejection::Internal, self.version);
            }
            Outcome::Rejected(Rejection::Internal)
        } else {
            let seen = self.version;
            told.extend(self.pass(&envelope.policy));
            self.forget_gone();
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
        self.forget_gone();
        self.arm(matches!(envelope.command, Command::Wake { .. }), &envelope.policy);
        Decided { outcome, events: self.events(envelope, told) }
    }

    /// What it was told of a product goes with the line.
    fn forget_gone(&mut self) {
        let held = &self.lines;
        self.told.retain(|told| held.iter().any(|line| line.item == told.item));
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

    /// What it remembers of merges, as the contract shapes it.
    pub(super) fn dealings(&self) -> Dealings {
        Dealings {
            reserving: self.paying.as_ref().map(Paying::reserving),
            ended: self.over.iter().map(Over::content).collect(),
            ..self.merges.content()
        }
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
            abandoned: self.idle.map(|(tier, since)| Abandonment { tier, since: time(since) }),
            warned: self.warned,
            checkout: self.paying.as_ref().map(Paying::content),
            told: self.told.clone(),
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
            Command::Merge { .. }
            | Command::Absorb(_)
            | Command::Settle { .. }
            | Command::Return { .. } => return self.deal(envelope, seen),
            Command::Checkout { .. }
            | Command::Complete { .. }
            | Command::CancelCheckout { .. }
            | Command::Reserved { .. } => return self.sell(envelope, seen),
            Command::Refresh { item, currency, available, news, others } => {
                return Ok(self.hear(item, *available, *news, (*currency, others)));
            }
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
            | Command::ChangeCurrency { .. }
            | Command::Import(_)
            | Command::Restore
            | Command::UndoMerge { .. } => {}
        }
        let locked = self.paying.as_ref().filter(|_| !is_import(&envelope.command));
        if let Some(paying) = locked {
            return Err(paying.lock());
        }
        if envelope.expected_version.is_some_and(|expected| expected != seen) {
            return Err(Rejection::VersionMismatch { current: seen });
        }
        let back = self.back();
        let told = self.change(&envelope.command, seen, &envelope.policy)?;
        Ok(self.recovered(back, told))
    }

    /// What a person asks for.
    fn change(
        &mut self,
        command: &Command,
        seen: u64,
        policy: &Policy,
    ) -> Result<Vec<(Fact, Summary)>, Rejection> {
        let before = self.currency;
        let fact = match command {
            Command::AddItem { item, quantity, currency, offer } => {
                self.add(item, quantity.get(), (*currency, offer), policy)?
            }
            Command::SetQuantity { item, quantity, offer } => {
                self.set(item, quantity.get(), offer, policy)?
            }
            Command::RemoveItem { item } => self.remove(item, policy)?,
            Command::Clear if self.lines.is_empty() => return Ok(Vec::new()),
            Command::Clear => self.clear(policy),
            Command::Extend { seconds } => self.extend(*seconds, policy)?,
            Command::ChangeCurrency { currency, quotes } => {
                match self.reprice(*currency, quotes, policy)? {
                    Some(fact) => fact,
                    None => return Ok(Vec::new()),
                }
            }
            Command::Import(cart) => return self.import(cart, seen, policy),
            Command::Restore => self.restore(policy)?,
            Command::UndoMerge { merge } => {
                let told = self.undo(*merge, policy)?;
                let told = told.map(|(fact, currency)| (fact, self.summary(Some(currency))));
                return Ok(told.into_iter().collect());
            }
            Command::Merge { .. }
            | Command::Absorb(_)
            | Command::Settle { .. }
            | Command::Return { .. }
            | Command::Checkout { .. }
            | Command::Complete { .. }
            | Command::CancelCheckout { .. }
            | Command::Reserved { .. }
            | Command::Refresh { .. }
            | Command::Wake { .. } => return Ok(Vec::new()),
        };
        Ok(vec![(fact, self.summary(before))])
    }

    /// A fact and the cart in numbers as it stands.
    fn told(&self, fact: Fact) -> (Fact, Summary) {
        (fact, self.summary(self.currency))
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
}

const fn is_import(command: &Command) -> bool {
    matches!(command, Command::Import(_))
}

fn is_defective(command: &Command) -> bool {
    let mentions = |item: &ItemId| item.product().as_str() == DEFECTIVE;
    match command {
        Command::AddItem { item, .. } | Command::SetQuantity { item, .. } => mentions(item),
        Command::Import(cart) => cart.lines().iter().any(|line| mentions(&line.item)),
        Command::Absorb(absorb) => {
            absorb.moved.lines().iter().any(|line| line.quantity.get() == UNLUCKY)
        }
        Command::RemoveItem { .. }
        | Command::Clear
        | Command::Extend { .. }
        | Command::ChangeCurrency { .. }
        | Command::Restore
        | Command::Merge { .. }
        | Command::Settle { .. }
        | Command::UndoMerge { .. }
        | Command::Return { .. }
        | Command::Checkout { .. }
        | Command::Complete { .. }
        | Command::CancelCheckout { .. }
        | Command::Reserved { .. }
        | Command::Refresh { .. }
        | Command::Wake { .. } => false,
    }
}
