//! One cart under verification: what its row says, and what its events tell. Pure.

use cart_schemas::cart::Cart;
use cart_schemas::event::Event;
use cart_schemas::record::CartRecord;
use cart_schemas::reply::Snapshot;
use cart_schemas::told::{Heard, Told};

/// What a row says, and what was told so far.
#[derive(Debug)]
pub(super) struct Subject {
    version: u64,
    cart: Cart,
    told: Told,
    /// The version its events are told from.
    since: u64,
    /// The first event that was told too early: something before it is missing.
    gap: Option<(u64, u16)>,
}

/// What came of it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Row and events agree.
    Same,
    /// Its first events have expired, and no snapshot is there instead.
    Unknown,
    /// They do not agree; how.
    Different(String),
}

impl Subject {
    /// A cart nobody has told anything of yet.
    pub(super) fn of(record: CartRecord) -> Self {
        let CartRecord { version, cart, .. } = record;
        Self { version, cart, told: Told::default(), since: 0, gap: None }
    }

    /// Its events go on from this snapshot.
    pub(super) fn begin_at(&mut self, cell: &[u8]) -> Result<(), serde_json::Error> {
        let Snapshot { version, cart, .. } = Snapshot::decode(cell)?;
        self.since = version;
        self.told = Told::since(version, cart);
        Ok(())
    }

    /// Hears an event; what came after its row was read says nothing about it.
    pub(super) fn hear(&mut self, event: &Event) {
        if event.place.version > self.version {
            return;
        }
        match self.told.hear(event) {
            Heard::Taken | Heard::Repeated => {}
            Heard::Gap => {
                self.gap.get_or_insert((event.place.version, event.place.n));
            }
        }
    }

    /// Whether every event of its row's version was told, or none will be.
    pub(super) fn is_told(&self) -> bool {
        self.gap.is_some() || self.has_arrived()
    }

    /// Whether some was told and some was not.
    pub(super) fn is_being_told(&self) -> bool {
        let begun = self.told.version() > self.since || !self.told.is_whole();
        begun && !self.is_told()
    }

    fn has_arrived(&self) -> bool {
        self.told.version() >= self.version && self.told.is_whole()
    }

    /// What came of it, given whether the log still holds every event there ever was.
    pub(super) fn verdict(&self, complete: bool) -> Verdict {
        let told = self.told.version();
        if self.has_arrived() {
            return if told == self.version && *self.told.cart() == self.cart {
                Verdict::Same
            } else {
                Verdict::Different(self.difference())
            };
        }
        if !complete && told == self.since {
            return Verdict::Unknown;
        }
        let version = self.version;
        Verdict::Different(match self.gap {
            Some((at, n)) => format!("its events go from version {told} to {at}:{n}"),
            None => format!("its row is at version {version}, and its events end at {told}"),
        })
    }

    /// Both carts, as far as they differ.
    fn difference(&self) -> String {
        let told = self.told.version();
        if told != self.version {
            return format!("its row is at version {}, its snapshot at {told}", self.version);
        }
        let text = |cart: &Cart| serde_json::to_string(cart).unwrap_or_default();
        let (row, events) = (text(&self.cart), text(self.told.cart()));
        format!("at version {told} its row says {row} and its events tell {events}")
    }
}

#[cfg(test)]
mod tests {
    use cart_schemas::event::{Fact, Place, Summary};
    use cart_schemas::id::CartId;
    use cart_schemas::timestamp::Timestamp;

    use super::*;

    fn event(version: u64) -> Event {
        let cart = CartId::of(&"user123".parse().unwrap(), 0);
        let summary = Summary::of(&Cart::default(), None);
        let after = Summary { expires_at: at(version), ..summary };
        Event {
            place: Place { cart, version, n: 0, of: 1 },
            user: "user123".parse().unwrap(),
            at: at(version),
            after,
            fact: Fact::ExpiryExtended,
        }
    }

    fn at(version: u64) -> Timestamp {
        Timestamp::from_micros(i64::try_from(version).unwrap())
    }

    fn told(versions: std::ops::RangeInclusive<u64>) -> Cart {
        let first = Told::since(versions.start() - 1, Cart::default());
        let told = versions.fold(first, |mut told, version| {
            assert_eq!(told.hear(&event(version)), Heard::Taken);
            told
        });
        told.cart().clone()
    }

    fn subject(version: u64) -> Subject {
        let cart = told(1..=version);
        Subject::of(CartRecord { version, cart, ..CartRecord::default() })
    }

    fn verdict(mut subject: Subject, events: &[u64], complete: bool) -> Verdict {
        events.iter().for_each(|version| subject.hear(&event(*version)));
        subject.verdict(complete)
    }

    #[test]
    fn a_cart_is_what_its_events_tell_whatever_came_later() {
        assert_eq!(verdict(subject(3), &[1, 2, 2, 3, 4], true), Verdict::Same);
        assert_eq!(verdict(subject(0), &[], true), Verdict::Same);
    }

    #[test]
    fn a_row_that_was_tampered_with_is_found() {
        let mut tampered = subject(3);
        tampered.cart.lifespan = None;
        assert!(matches!(verdict(tampered, &[1, 2, 3], true), Verdict::Different(_)));
    }

    #[test]
    fn a_lost_event_is_a_difference_and_an_expired_one_is_not() {
        assert!(matches!(verdict(subject(3), &[1, 3], true), Verdict::Different(_)));
        assert!(matches!(verdict(subject(3), &[1, 3], false), Verdict::Different(_)));
        assert!(matches!(verdict(subject(3), &[1, 2], false), Verdict::Different(_)));
        assert!(matches!(verdict(subject(3), &[2, 3], true), Verdict::Different(_)));
        assert!(matches!(verdict(subject(3), &[], true), Verdict::Different(_)));
        assert_eq!(verdict(subject(3), &[2, 3], false), Verdict::Unknown);
        assert_eq!(verdict(subject(3), &[], false), Verdict::Unknown);
    }

    #[test]
    fn a_snapshot_stands_for_the_events_before_it() {
        let moved = |version: u64, cart: Cart| {
            let cart_id = CartId::of(&"user123".parse().unwrap(), 0);
            let mut subject = subject(3);
            subject.begin_at(&Snapshot { cart_id, version, cart }.encode()).unwrap();
            subject
        };

        assert_eq!(verdict(moved(2, told(1..=2)), &[1, 3], true), Verdict::Same);
        assert_eq!(verdict(moved(3, told(1..=3)), &[], true), Verdict::Same);
        assert!(matches!(verdict(moved(3, Cart::default()), &[], true), Verdict::Different(_)));
        assert!(matches!(verdict(moved(4, told(1..=3)), &[], true), Verdict::Different(_)));
        assert_eq!(verdict(moved(1, told(1..=1)), &[3], false), Verdict::Unknown);
    }
}
