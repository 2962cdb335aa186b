//! The rules of a cart, by hand: what the oracle says of small logs.

use cart_schemas::cart::{CartState, LineState};
use cart_schemas::command::{Command, Offer};
use cart_schemas::envelope::Envelope;
use cart_schemas::event::{EventKind, Fact};
use cart_schemas::record::Outcome;
use cart_schemas::rejection::Rejection;

use super::samples::{
    DAY, P, add, at, envelope, import, item, offer, one_partition, record, remove, set, wake,
};
use super::*;

mod imports;
mod log;

/// An oracle that is told commands, each with an id of its own.
struct Teller {
    shadow: Shadow,
    next: i64,
}

impl Teller {
    fn new() -> Self {
        Self { shadow: Shadow::new(one_partition()), next: 0 }
    }

    fn envelope(&mut self, seconds: i64, envelope: &Envelope) -> Verdict {
        let record = record(self.next, at(seconds), envelope);
        self.next += 1;
        self.shadow.append(P, &record).clone()
    }

    fn tell(&mut self, seconds: i64, command: Command) -> Arc<Decision> {
        let id = u64::try_from(self.next).unwrap();
        let verdict = self.envelope(seconds, &envelope(id, command));
        Arc::clone(verdict.decided().unwrap())
    }

    fn rejects(&mut self, seconds: i64, command: Command) -> Rejection {
        match &self.tell(seconds, command).outcome {
            Outcome::Rejected(rejection) => rejection.clone(),
            Outcome::Applied => panic!("applied"),
        }
    }
}

/// A teller whose cart holds two shirts since second 10.
fn two_shirts() -> Teller {
    let mut teller = Teller::new();
    teller.tell(10, add("p1", 2));
    teller
}

#[test]
fn two_adds_of_a_product_are_one_line_at_the_first_price() {
    let mut teller = two_shirts();

    let decision = teller.tell(11, add("p1", 3));

    let line = &decision.after.lines[0];
    assert_eq!((decision.version, decision.after.lines.len(), line.quantity.get()), (2, 1, 5));
    assert_eq!((line.added_at, line.last_modified), (at(10), at(11)));
    assert_eq!(line.state, LineState::Updated);
    assert_eq!(decision.events[0].after.total.minor(), 5 * 2_999);
}

#[test]
fn an_add_is_rejected_for_the_first_of_its_faults() {
    let mut teller = two_shirts();
    let bare = |product: &str, pieces: u32, offer: Offer| {
        let quantity = pieces.try_into().unwrap();
        Command::AddItem { item: item(product), quantity, offer, currency: None }
    };

    let mut rejects = |command| teller.rejects(11, command);

    assert_eq!(rejects(bare("p1", 1, Offer::NoProduct)), Rejection::ProductNotFound);
    assert_eq!(rejects(bare("p1", 1, Offer::NoVariant)), Rejection::UnknownVariant);
    let gone = offer("EUR", 0, false);
    assert_eq!(rejects(bare("p1", 99, gone)), Rejection::ProductUnavailable);
    assert_eq!(rejects(bare("p1", 99, offer("EUR", 0, true))), Rejection::CurrencyMismatch);
    assert_eq!(rejects(bare("p1", 19, offer("USD", 0, true))), Rejection::CartLimit);
    let short = Rejection::InsufficientStock { available: 2 };
    assert_eq!(rejects(bare("p1", 1, offer("USD", 2, true))), short);
}

#[test]
fn a_full_cart_takes_more_of_a_line_and_no_new_one() {
    let mut teller = two_shirts();
    teller.tell(11, add("p2", 1));
    teller.tell(12, add("p3", 1));

    assert_eq!(teller.rejects(13, add("p4", 1)), Rejection::CartLimit);
    assert_eq!(teller.tell(14, add("p3", 1)).version, 4);
}

#[test]
fn an_unmet_version_rejects_after_the_catalog_and_before_the_lines() {
    let mut teller = two_shirts();
    let mut stale = envelope(90, remove("p9"));
    stale.expected_version = Some(7);

    let verdict = teller.envelope(11, &stale);

    let rejected = Outcome::Rejected(Rejection::VersionMismatch { current: 1 });
    assert_eq!(verdict.decided().unwrap().outcome, rejected);
}

#[test]
fn holding_fewer_asks_no_catalog_and_holding_more_does() {
    let mut teller = two_shirts();

    assert_eq!(teller.tell(11, set("p1", 1, Offer::NoProduct)).outcome, Outcome::Applied);
    let more = set("p1", 2, Offer::NoVariant);
    assert_eq!(teller.rejects(12, more), Rejection::ProductUnavailable);
    assert_eq!(teller.rejects(13, set("p2", 1, Offer::NoProduct)), Rejection::ItemNotFound);
}

#[test]
fn the_last_line_takes_the_currency_with_it() {
    let mut teller = two_shirts();

    let decision = teller.tell(11, remove("p1"));

    assert_eq!(decision.after.currency, None);
    assert_eq!(decision.events[0].after.currency, Some("USD".parse().unwrap()));
    assert_eq!(teller.rejects(12, remove("p1")), Rejection::ItemNotFound);
}

#[test]
fn clearing_an_empty_cart_is_applied_and_changes_nothing() {
    let decision = Teller::new().tell(10, Command::Clear);

    assert_eq!((&decision.outcome, decision.version), (&Outcome::Applied, 0));
    assert!(decision.events.is_empty() && decision.timer.is_none());
}

#[test]
fn an_extension_is_never_shortened_and_reaches_thirty_days() {
    let mut teller = two_shirts();

    assert_eq!(teller.rejects(10, Command::Extend { seconds: 30 * DAY }), Rejection::InvalidExpiry);
    teller.tell(20, Command::Extend { seconds: 3 * DAY });
    let decision = teller.tell(30, add("p1", 1));

    let lifespan = decision.after.lifespan.unwrap();
    assert_eq!(lifespan.expires_at, at(10).plus_seconds(4 * DAY));
    assert_eq!(lifespan.last_modified, at(30));
}

#[test]
fn what_is_due_happens_first_and_shares_the_version() {
    let mut teller = two_shirts();

    let decision = teller.tell(2 * i64::from(DAY), add("p2", 1));

    let kinds: Vec<_> = decision.events.iter().map(|event| event.fact.kind()).collect();
    assert_eq!(kinds, [EventKind::CartExpired, EventKind::ItemAdded]);
    assert_eq!(
        (decision.version, decision.events[1].place.n, decision.events[1].place.of),
        (2, 1, 2)
    );
    assert_eq!((decision.after.state, decision.after.lines.len()), (CartState::Active, 1));
    assert_eq!(decision.after.restorable.as_ref().unwrap().lines.len(), 1);
}

#[test]
fn a_rejected_command_keeps_what_was_due() {
    let mut teller = two_shirts();

    let decision = teller.tell(2 * i64::from(DAY), remove("p1"));

    assert_eq!(decision.outcome, Outcome::Rejected(Rejection::ItemNotFound));
    assert_eq!((decision.version, decision.events.len()), (2, 1));
    assert!(matches!(&decision.events[0].fact, Fact::CartExpired(lines) if lines.len() == 1));
    assert_eq!(teller.rejects(9, Command::Extend { seconds: 9 }), Rejection::InvalidExpiry);
}

#[test]
fn the_clock_grows_by_one_when_the_log_steps_back() {
    let mut teller = two_shirts();

    let decision = teller.tell(3, add("p2", 1));

    assert_eq!(decision.ts, at(10).next());
}

#[test]
fn a_panic_is_a_decision_that_applies_nothing_not_even_what_is_due() {
    let mut teller = two_shirts();

    let decision = teller.tell(2 * i64::from(DAY), add("defective", 1));

    assert!(decision.is_internal() && decision.events.is_empty());
    assert_eq!((decision.version, decision.after.lines.len()), (1, 1));
    assert_eq!(decision.ts, at(2 * i64::from(DAY)));
    let verdict = teller.shadow.verdict(P, 1).unwrap();
    assert_eq!(verdict.letter(), Some("Internal"));
}

#[test]
fn a_timer_is_kept_while_it_serves_and_armed_anew_by_a_wake() {
    let mut teller = two_shirts();
    let armed = Timer { due: at(10).plus_seconds(DAY), since: at(10) };

    assert_eq!(teller.tell(50, add("p2", 1)).timer, Some(armed));
    let anew = Timer { due: at(50).plus_seconds(DAY), since: at(60) };
    assert_eq!(teller.tell(60, wake()).timer, Some(anew));
    assert_eq!(teller.tell(2 * i64::from(DAY), wake()).timer, None);
}
