//! Laws of the core, for any log: replay is harmless, live equals replay, totals are exact,
//! versions are dense, and the events alone give the cart.

use cart_schemas::cart::{Cart, Line, LineState};
use cart_schemas::checkout::Quote;
use cart_schemas::command::{Absorb, Asked, Command, Intent, Moved, Offer};
use cart_schemas::envelope::Envelope;
use cart_schemas::event::Event;
use cart_schemas::generation::Generation;
use cart_schemas::id::{CartId, CommandId, ItemId, MergeId};
use cart_schemas::import::{ImportedCart, ImportedLine};
use cart_schemas::merge::MergePolicy;
use cart_schemas::money::{Price, Priced};
use cart_schemas::policy::{Policy, Rules};
use cart_schemas::quantity::Quantity;
use cart_schemas::record::{CartRecord, FINGERPRINTS, LEDGER, Position};
use cart_schemas::timestamp::Timestamp;
use proptest::prelude::*;
use uuid::Uuid;

use crate::step::{Placement, Step, step};
use cart_schemas::evolve::evolve;

mod selling;

/// A record of the log: its append time and its command.
type Logged = (Timestamp, Envelope);

fn item() -> impl Strategy<Value = ItemId> {
    (0..4u8, any::<bool>()).prop_map(|(product, variant)| {
        let variant = variant.then(|| "large-red".parse().unwrap());
        ItemId::new(format!("prod_{product}").parse().unwrap(), variant)
    })
}

fn quantity() -> impl Strategy<Value = Quantity> {
    prop_oneof![1..8u32, 990..1_005u32].prop_map(|number| Quantity::new(number).unwrap())
}

fn offer() -> impl Strategy<Value = Offer> {
    let listed = (0..=10_000_000_000i64, 0..9u8, 0..9u8, 0..2_000u32, others());
    let listed = listed.prop_map(|(minor, available, currency, stock, others)| Offer::Listed {
        name: "T-Shirt".to_owned(),
        price: minor.try_into().unwrap(),
        currency: if currency == 0 { "JPY" } else { "USD" }.parse().unwrap(),
        available: available > 0,
        stock,
        others,
    });
    prop_oneof![20 => listed, 1 => Just(Offer::NoProduct), 1 => Just(Offer::NoVariant)]
}

fn price() -> impl Strategy<Value = Price> {
    (0..=10_000_000_000i64).prop_map(|minor| minor.try_into().unwrap())
}

/// What it costs in euros, mostly of what is not sold in them anyway.
fn others() -> impl Strategy<Value = Vec<Priced>> {
    let euros = prop::option::weighted(0.3, price());
    euros.prop_map(|price| {
        price.map(|price| Priced { currency: "EUR".parse().unwrap(), price }).into_iter().collect()
    })
}

fn change_currency() -> impl Strategy<Value = Command> {
    let quotes = prop::collection::vec(prop::option::weighted(0.95, price()), 8);
    let currency = prop::sample::select(&["EUR", "USD"][..]);
    (currency, quotes).prop_map(|(currency, quotes)| {
        let of = |number: usize, price| {
            let variant = (number % 2 == 1).then(|| "large-red".parse().unwrap());
            let item = ItemId::new(format!("prod_{}", number / 2).parse().unwrap(), variant);
            Quote { item, price }
        };
        let quotes = quotes.into_iter().enumerate().map(|(number, price)| of(number, price));
        Command::ChangeCurrency { currency: currency.parse().unwrap(), quotes: quotes.collect() }
    })
}

/// Times lie between 1970 and the end of time, some of them later than the log's.
fn time() -> impl Strategy<Value = Option<Timestamp>> {
    let near = (0..1_700_100_000i64).prop_map(|seconds| seconds * 1_000_000);
    let micros = prop_oneof![8 => near, 1 => 0..=i64::MAX];
    prop::option::of(micros.prop_map(Timestamp::from_micros))
}

fn import() -> impl Strategy<Value = ImportedCart> {
    let line = (item(), quantity(), 0..=10_000_000_000i64, time(), time());
    let line = line.prop_map(|(item, quantity, minor, added_at, last_modified)| ImportedLine {
        item,
        name: "Their T-Shirt".to_owned(),
        price: minor.try_into().unwrap(),
        quantity,
        added_at,
        last_modified,
    });
    let valid = |(lines, end)| ImportedCart::new("USD".parse().unwrap(), lines, end).ok();
    (prop::collection::vec(line, 1..7), time()).prop_filter_map("a line is there twice", valid)
}

fn command() -> impl Strategy<Value = Command> {
    let person = prop_oneof![
        6 => (item(), quantity(), prop::option::weighted(0.1, Just("EUR"))).prop_map(
            |(item, quantity, currency)| {
                let currency = currency.map(|code| code.parse().unwrap());
                Intent::AddItem { item, quantity, currency }
            }
        ),
        3 => (item(), quantity())
            .prop_map(|(item, quantity)| Intent::SetQuantity { item, quantity }),
        2 => item().prop_map(|item| Intent::RemoveItem { item }),
        1 => Just(Intent::Clear),
        1 => (1..3_000_000u32).prop_map(|seconds| Intent::Extend { seconds }),
        2 => import().prop_map(Intent::Import),
        2 => Just(Intent::Restore),
    ];
    let person = (person, offer()).prop_map(|(intent, offer)| intent.with_offer(offer));
    let wake = (0..400_000i64).prop_map(|s| Command::Wake { due: Timestamp::from_millis(s) });
    prop_oneof![
        12 => person,
        1 => wake,
        1 => change_currency(),
        3 => merge(),
        8 => selling::command(),
    ]
}

fn merge_policy() -> impl Strategy<Value = MergePolicy> {
    let all = [MergePolicy::Sum, MergePolicy::Max, MergePolicy::KeepUser, MergePolicy::KeepGuest];
    prop::sample::select(all.to_vec())
}

fn line() -> impl Strategy<Value = Line> {
    (item(), quantity(), 0..=10_000_000_000i64).prop_map(|(item, quantity, minor)| Line {
        item,
        name: "Their T-Shirt".to_owned(),
        price: minor.try_into().unwrap(),
        quantity,
        state: LineState::Added,
        added_at: Timestamp::from_millis(1_700_000_000_000),
        last_modified: Timestamp::from_millis(1_700_000_000_000),
    })
}

/// Lines of which no two are of one item.
fn lines() -> impl Strategy<Value = Vec<Line>> {
    prop::collection::vec(line(), 0..4).prop_map(|mut lines| {
        lines.sort_by_key(|line| line.item.to_string());
        lines.dedup_by(|a, b| a.item == b.item);
        lines
    })
}

/// This cart's own merges have ids made of its versions, those of another one any.
fn merge() -> impl Strategy<Value = Command> {
    let own = (1..9u64)
        .prop_map(|version| MergeId::new(CartId::of(&"shop/user123".parse().unwrap(), 0), version));
    let theirs = (1..5u64)
        .prop_map(|version| MergeId::new(CartId::of(&"shop/guest".parse().unwrap(), 0), version));
    let dollars = || "USD".parse().unwrap();
    let absorb = (theirs.clone(), merge_policy(), lines(), 0..700_000i64);
    let asked = Asked {
        command: CommandId::from_uuid(Uuid::from_u64_pair(7, 7)),
        digest: cart_schemas::digest::Digest::of(b"merge"),
    };
    prop_oneof![
        2 => merge_policy().prop_map(|policy| Command::Merge {
            into: "shop/other".parse().unwrap(),
            policy,
        }),
        3 => absorb.prop_map(move |(merge, policy, lines, ago)| Command::Absorb(Absorb {
            merge,
            from: "guest".parse().unwrap(),
            policy,
            moved: Moved::Lines {
                currency: dollars(),
                lines,
                left: Timestamp::from_millis((1_700_000_000 - ago) * 1_000),
            },
            asked,
        })),
        1 => (own.clone(), any::<bool>())
            .prop_map(|(merge, refused)| Command::Settle { merge, refused }),
        1 => theirs.prop_map(|merge| Command::UndoMerge { merge }),
        1 => (own, lines()).prop_map(move |(merge, lines)| Command::Return {
            merge,
            currency: dollars(),
            lines,
        }),
    ]
}

/// Append times mostly grow by hours, and sometimes step back. Ids repeat now and then, sometimes
/// asking something else. Edges of two builds send them.
fn log() -> impl Strategy<Value = Vec<Logged>> {
    let rules = prop::sample::select(&[Rules::PACKED_RECORDS, Rules::CURRENT][..]);
    let version = prop::option::weighted(0.1, 0..9u64);
    let record = (command(), 0..120u64, -3_600..40_000i64, version, rules);
    prop::collection::vec(record, 1..90).prop_map(|records| {
        let mut seconds = 1_700_000_000i64;
        let mut last = None;
        let logged = records.into_iter().map(|(command, id, passed, expected_version, rules)| {
            let id = CommandId::from_uuid(Uuid::from_u64_pair(7, id));
            let (command, hurried) = selling::about(command, id, &mut last);
            seconds += if hurried { passed / 200 } else { passed };
            let rules = command.since().max(rules);
            let digest = cart_schemas::digest::Digest::of(format!("{command:?}").as_bytes());
            let envelope = Envelope {
                id,
                cart: "shop/user123".parse().unwrap(),
                rules,
                digest,
                expected_version,
                policy: Policy { max_lines: 5, ..Policy::default() }.under(rules),
                command,
            };
            (Timestamp::from_millis(seconds * 1_000), envelope)
        });
        logged.collect()
    })
}

fn placement(offset: usize, appended: Timestamp) -> Placement {
    let offset = i64::try_from(offset).unwrap();
    Placement { position: Position { generation: Generation::FIRST, offset }, appended }
}

fn run(mut record: CartRecord, log: &[Logged], from: usize) -> (CartRecord, Vec<Step>) {
    let steps = log.iter().enumerate().skip(from);
    let steps = steps.map(|(offset, (appended, envelope))| {
        step(&mut record, placement(offset, *appended), envelope)
    });
    let steps = steps.collect();
    (record, steps)
}

fn decided(steps: &[Step]) -> Vec<Event> {
    let events = steps.iter().filter_map(|step| match step {
        Step::Decided { entry, .. } => Some(entry.events.clone()),
        Step::Replayed(_) | Step::Remembered(_) | Step::Conflict | Step::Passed => None,
    });
    events.flatten().collect()
}

proptest! {
    #[test]
    fn redelivering_any_run_of_the_log_changes_nothing(
        log in log(),
        from in any::<prop::sample::Index>(),
    ) {
        let (record, _) = run(CartRecord::default(), &log, 0);

        let (replayed, steps) = run(record.clone(), &log, from.index(log.len()));

        prop_assert_eq!(replayed.encode(), record.encode());
        let decides = |step: &Step| matches!(step, Step::Decided { .. });
        prop_assert!(!steps.iter().any(decides));
    }

    #[test]
    fn a_record_read_back_anywhere_goes_on_as_if_it_had_stayed_in_memory(
        log in log(),
        at in any::<prop::sample::Index>(),
    ) {
        let cut = at.index(log.len());
        let (live, _) = run(CartRecord::default(), &log, 0);

        let (half, _) = run(CartRecord::default(), &log[..cut], 0);
        let stored = CartRecord::decode(&half.encode()).unwrap();
        prop_assert_eq!(&stored, &half);
        let (resumed, _) = run(stored, &log, cut);

        prop_assert_eq!(resumed.encode(), live.encode());
    }

    #[test]
    fn a_replay_of_what_the_ledger_lists_emits_the_same_bytes(log in log()) {
        let (mut record, steps) = run(CartRecord::default(), &log, 0);
        let ledger = record.ledger.clone();

        for entry in ledger {
            let offset = usize::try_from(entry.position.offset).unwrap();
            let (appended, envelope) = &log[offset];

            let again = step(&mut record, placement(offset, *appended), envelope);

            let Step::Decided { entry: first, .. } = &steps[offset] else { panic!("not decided") };
            prop_assert_eq!(&again, &Step::Replayed(first.clone()));
        }
    }

    #[test]
    fn folding_the_events_gives_the_cart(log in log()) {
        let (record, steps) = run(CartRecord::default(), &log, 0);

        let events: Vec<_> =
            decided(&steps).iter().map(|event| Event::decode(&event.encode()).unwrap()).collect();
        let folded = events.iter().fold(Cart::default(), evolve);

        prop_assert_eq!(folded, record.cart);
    }

    #[test]
    fn totals_are_the_sum_of_the_lines_exactly(log in log()) {
        let (_, steps) = run(CartRecord::default(), &log, 0);
        let mut cart = Cart::default();

        for event in decided(&steps) {
            cart = evolve(cart, &event);

            let sum: i128 = cart.lines.iter()
                .map(|line| i128::from(line.price.minor()) * i128::from(line.quantity.get()))
                .sum();
            let pieces: u64 = cart.lines.iter().map(|line| u64::from(line.quantity.get())).sum();
            prop_assert_eq!(i128::from(event.after.total.minor()), sum);
            prop_assert_eq!(event.after.item_count, pieces);
            prop_assert_eq!(cart.currency.is_none(), cart.lines.is_empty());
        }
    }

    #[test]
    fn versions_are_dense_and_each_event_knows_its_place(log in log()) {
        let (record, steps) = run(CartRecord::default(), &log, 0);
        let (mut version, mut n, mut of) = (0, 0, 0);

        for event in decided(&steps) {
            if n == of {
                version += 1;
                (n, of) = (0, event.place.of);
            }
            prop_assert_eq!((event.place.version, event.place.n, event.place.of), (version, n, of));
            n += 1;
        }

        prop_assert_eq!(n, of);
        prop_assert_eq!(record.version, version);
    }

    #[test]
    fn the_clock_advances_with_every_decision_and_memory_stays_bounded(log in log()) {
        let mut record = CartRecord::default();

        for (offset, (appended, envelope)) in log.iter().enumerate() {
            let before = record.ts;
            let decided =
                matches!(step(&mut record, placement(offset, *appended), envelope), Step::Decided { .. });

            prop_assert_eq!(record.ts > before, decided);
            prop_assert!(!decided || record.ts >= *appended);
            prop_assert!(record.ledger.len() <= LEDGER);
            prop_assert!(record.fingerprints.len() <= FINGERPRINTS);
        }
    }

    #[test]
    fn an_id_is_decided_once_and_answered_alike_ever_after(log in log()) {
        let (record, _) = run(CartRecord::default(), &log, 0);
        let mut first = std::collections::HashMap::new();
        let mut fresh = CartRecord::default();

        for (offset, (appended, envelope)) in log.iter().enumerate() {
            match step(&mut fresh, placement(offset, *appended), envelope) {
                Step::Decided { entry, .. } => {
                    prop_assert!(first.insert(envelope.id, entry).is_none());
                }
                Step::Remembered(print) => {
                    let entry = &first[&envelope.id];
                    prop_assert_eq!(print, entry.into());
                    prop_assert_eq!(entry.digest, envelope.digest);
                }
                Step::Conflict => prop_assert_ne!(first[&envelope.id].digest, envelope.digest),
                Step::Replayed(_) | Step::Passed => prop_assert!(false, "nothing was redelivered"),
            }
        }
        prop_assert_eq!(fresh, record);
    }
}
