//! The oracle against the processor's own step: over any log of one cart, they say the same.

use cart_processor::step::{Placement, Step, step};
use cart_schemas::cart::{Line, LineState, News};
use cart_schemas::checkout::Quote;
use cart_schemas::command::{Absorb, Asked, Command, Intent, Moved, Offer};
use cart_schemas::digest::Digest;
use cart_schemas::id::{CartId, CheckoutId, CommandId, ItemId, MergeId};
use cart_schemas::import::{ImportedCart, ImportedLine};
use cart_schemas::merge::MergePolicy;
use cart_schemas::money::{Currency, Priced};
use cart_schemas::policy::{Policy, Rules};
use cart_schemas::quantity::Quantity;
use cart_schemas::record::{CartRecord, Fingerprint, Position};
use cart_schemas::timestamp::Timestamp;
use proptest::prelude::*;
use uuid::Uuid;

use super::samples::{P, at, envelope, one_partition, record};
use super::*;
use crate::simulation::plan::GENERATION;

fn item() -> impl Strategy<Value = ItemId> {
    (0..3u8, any::<bool>()).prop_map(|(product, variant)| {
        let variant = variant.then(|| "large-red".parse().unwrap());
        ItemId::new(format!("p{product}").parse().unwrap(), variant)
    })
}

fn quantity() -> impl Strategy<Value = Quantity> {
    prop_oneof![8 => 1..8u32, 1 => 18..23u32, 1 => 999_990..=1_000_000u32]
        .prop_map(|number| Quantity::new(number).unwrap())
}

fn offer() -> impl Strategy<Value = Offer> {
    let listed = (0..=10_000_000_000i64, 0..9u8, 0..9u8, 0..60u32, others());
    let listed = listed.prop_map(|(minor, available, currency, stock, others)| Offer::Listed {
        name: format!("Shirt {stock}"),
        price: minor.try_into().unwrap(),
        currency: if currency == 0 { "JPY" } else { "USD" }.parse().unwrap(),
        available: available > 0,
        stock,
        others,
    });
    prop_oneof![20 => listed, 1 => Just(Offer::NoProduct), 1 => Just(Offer::NoVariant)]
}

/// Times of all sorts around the log's, and the end of time.
fn time() -> impl Strategy<Value = Option<Timestamp>> {
    let near = (-900_000..9_000_000i64).prop_map(at);
    let far = prop_oneof![Just(0), Just(i64::MAX)].prop_map(Timestamp::from_micros);
    prop::option::of(prop_oneof![8 => near, 1 => far])
}

fn import() -> impl Strategy<Value = ImportedCart> {
    let line = (item(), quantity(), 0..=10_000_000_000i64, time(), time());
    let line = line.prop_map(|(item, quantity, minor, added_at, last_modified)| ImportedLine {
        item,
        name: format!("Shirt {minor}"),
        price: minor.try_into().unwrap(),
        quantity,
        added_at,
        last_modified,
    });
    let valid = |(lines, end)| ImportedCart::new("USD".parse().unwrap(), lines, end).ok();
    (prop::collection::vec(line, 1..5), time()).prop_filter_map("a line is there twice", valid)
}

fn command() -> impl Strategy<Value = Command> {
    let person = prop_oneof![
        6 => (item(), quantity(), prop::option::weighted(0.15, euros())).prop_map(
            |(item, quantity, currency)| Intent::AddItem { item, quantity, currency }
        ),
        3 => (item(), quantity())
            .prop_map(|(item, quantity)| Intent::SetQuantity { item, quantity }),
        2 => item().prop_map(|item| Intent::RemoveItem { item }),
        1 => Just(Intent::Clear),
        1 => (1..3_000_000u32).prop_map(|seconds| Intent::Extend { seconds }),
        3 => import().prop_map(Intent::Import),
        3 => Just(Intent::Restore),
    ];
    let person = (person, offer()).prop_map(|(intent, offer)| intent.with_offer(offer));
    let wake = (0..400_000i64).prop_map(|s| Command::Wake { due: Timestamp::from_millis(s) });
    prop_oneof![12 => person, 2 => wake, 1 => change_currency()]
}

fn euros() -> impl Strategy<Value = Currency> {
    Just("EUR").prop_map(|code| code.parse().unwrap())
}

/// A price in euros, of some things.
fn others() -> impl Strategy<Value = Vec<Priced>> {
    prop::option::weighted(0.3, (euros(), 0..=10_000_000_000i64)).prop_map(|euros| {
        let priced =
            |(currency, minor): (_, i64)| Priced { currency, price: minor.try_into().unwrap() };
        euros.map(priced).into_iter().collect()
    })
}

/// Mostly of everything a cart may hold.
fn change_currency() -> impl Strategy<Value = Command> {
    let minor = prop::option::weighted(0.95, 0..=10_000_000_000i64);
    let quote = (item(), minor).prop_map(|(item, minor)| Quote {
        item,
        price: minor.map(|minor| minor.try_into().unwrap()),
    });
    let to = prop_oneof![2 => euros(), 2 => currency()];
    (to, prop::collection::vec(quote, 0..20))
        .prop_map(|(currency, quotes)| Command::ChangeCurrency { currency, quotes })
}

/// Lines of another cart, no two of one item.
fn lines() -> impl Strategy<Value = Vec<Line>> {
    let line = (item(), quantity(), 0..=10_000_000_000i64, any::<bool>());
    let line = line.prop_map(|(item, quantity, minor, touched)| Line {
        item,
        name: format!("Their shirt {minor}"),
        price: minor.try_into().unwrap(),
        quantity,
        state: if touched { LineState::Updated } else { LineState::Added },
        added_at: at(-90),
        last_modified: at(-70),
    });
    prop::collection::vec(line, 1..5).prop_map(|mut lines| {
        lines.sort_by_key(|line| line.item.to_string());
        lines.dedup_by(|one, other| one.item == other.item);
        lines
    })
}

fn currency() -> impl Strategy<Value = Currency> {
    prop_oneof![9 => Just("USD"), 1 => Just("JPY")].prop_map(|code| code.parse().unwrap())
}

/// What this cart and another ask of each other. Its own merges are named by its versions.
fn merge() -> impl Strategy<Value = Command> {
    let of = |cart: &str, version| MergeId::new(CartId::of(&cart.parse().unwrap(), 0), version);
    let own = move || (1..30u64).prop_map(move |version| of("user123", version));
    let theirs = move || (1..80u64).prop_map(move |version| of("guest", version));
    let policies =
        [MergePolicy::Sum, MergePolicy::Max, MergePolicy::KeepUser, MergePolicy::KeepGuest];
    let policy = prop::sample::select(policies.to_vec());
    let moved = (currency(), lines(), -700_000..4_000_000i64)
        .prop_map(|(currency, lines, left)| Moved::Lines { currency, lines, left: at(left) });
    let moved = prop_oneof![8 => moved, 1 => Just(Moved::Nothing), 1 => Just(Moved::Again)];
    let asked = (0..9u64, 0..4u8).prop_map(|(id, digest)| Asked {
        command: CommandId::from_uuid(Uuid::from_u64_pair(8, id)),
        digest: Digest::of(&[digest / 3]),
    });
    let into = prop_oneof![9 => Just("ann"), 1 => Just("user123")];
    let absorb = (theirs(), policy.clone(), moved, asked);
    prop_oneof![
        3 => (into, policy).prop_map(|(into, policy)| Command::Merge {
            into: into.parse().unwrap(),
            policy,
        }),
        6 => absorb.prop_map(|(merge, policy, moved, asked)| {
            let from = "guest".parse().unwrap();
            Command::Absorb(Absorb { merge, from, policy, moved, asked })
        }),
        3 => (own(), any::<bool>())
            .prop_map(|(merge, refused)| Command::Settle { merge, refused }),
        2 => theirs().prop_map(|merge| Command::UndoMerge { merge }),
        2 => (own(), currency(), lines())
            .prop_map(|(merge, currency, lines)| Command::Return { merge, currency, lines }),
    ]
}

/// What a cart in checkout is asked, and what its skus answer. A checkout is named by the id of one of
/// the commands of the log.
fn selling() -> impl Strategy<Value = Command> {
    let checkout =
        || (0..130u64).prop_map(|id| CheckoutId::from_command(envelope(id, Command::Clear).id));
    let differing = (item(), prop::option::weighted(0.8, 0..=10_000_000_000i64));
    let differing = differing.prop_map(|(item, price)| Quote {
        item,
        price: price.map(|minor| minor.try_into().unwrap()),
    });
    let differing = prop::collection::vec(differing, 0..3);
    let order = prop::sample::select(vec!["a", "b"]).prop_map(|order| order.parse().unwrap());
    let news = (0..=10_000_000_000i64, 0..40u64)
        .prop_map(|(price, number)| News { price: price.try_into().unwrap(), number });
    prop_oneof![
        4 => (any::<bool>(), differing).prop_map(|(accept_prices, differing)| {
            Command::Checkout { accept_prices, differing }
        }),
        2 => (checkout(), order)
            .prop_map(|(checkout, order)| Command::Complete { checkout, order }),
        1 => checkout().prop_map(|checkout| Command::CancelCheckout { checkout }),
        3 => (checkout(), item(), any::<bool>(), 0..9u32).prop_map(
            |(checkout, item, granted, available)| {
                Command::Reserved { checkout, item, granted, available }
            },
        ),
        3 => (item(), currency(), any::<bool>(), news, others()).prop_map(
            |(item, currency, available, news, others)| {
                Command::Refresh { item, currency, available, news, others }
            },
        ),
    ]
}

/// Names the checkout that began last, where a log names one: nobody guesses an id.
fn about_the_last(log: &mut [(Timestamp, Envelope)]) {
    let mut last = None;
    for (number, (_, envelope)) in log.iter_mut().enumerate() {
        let begun = last.filter(|_| number % 8 > 0);
        if let Command::Checkout { .. } = envelope.command {
            last = Some(CheckoutId::from_command(envelope.id));
        }
        if let Command::Complete { checkout, .. }
        | Command::CancelCheckout { checkout }
        | Command::Reserved { checkout, .. } = &mut envelope.command
        {
            *checkout = begun.unwrap_or(*checkout);
        }
    }
}

/// A command, its id, the seconds since the one before it, and the version it expects.
type Told = (Command, u64, i64, Option<u64>);

/// Times mostly grow, by up to half a day, and sometimes step back. Ids repeat now and then, some
/// of them beyond the horizon. Every third id is of the build before.
///
/// Nobody asks anything of this cart but its owner: no other cart is there.
pub(crate) fn log_alone() -> impl Strategy<Value = Vec<(Timestamp, Envelope)>> {
    log(command())
}

fn log(
    command: impl Strategy<Value = Command>,
) -> impl Strategy<Value = Vec<(Timestamp, Envelope)>> {
    let expected = prop::option::weighted(0.15, 0..20u64);
    let told = (command, 0..130u64, -3_600..40_000i64, expected);
    prop::collection::vec(told, 1..160).prop_map(|told| {
        let mut seconds = 0;
        let logged = |(command, id, passed, expected_version): Told| {
            seconds += passed;
            let policy = Policy {
                max_lines: 3,
                max_quantity: 20,
                empty_ttl_seconds: 50_000,
                idle_tiers_seconds: if id % 7 == 0 { [0; 3] } else { [3_600, 86_400, 260_000] },
                ..Policy::default()
            };
            let rules = if id % 3 == 0 { Rules::PACKED_RECORDS } else { Rules::CURRENT };
            let rules = rules.max(command.since());
            let policy = policy.under(rules);
            let envelope = Envelope { rules, expected_version, policy, ..envelope(id, command) };
            (at(seconds), envelope)
        };
        told.into_iter().map(logged).collect()
    })
}

/// The stored record must say of its last decision what the oracle says of it.
fn same_record(stored: &CartRecord, history: &CartHistory) -> Result<(), TestCaseError> {
    let last = history.last().unwrap();
    prop_assert_eq!(stored.format, last.format);
    prop_assert_eq!(&stored.cart, last.after.as_ref());
    prop_assert_eq!(&stored.dealings, last.dealings.as_ref());
    prop_assert_eq!((stored.version, stored.ts), (last.version, last.ts));
    prop_assert_eq!(stored.timer, last.timer.map(|timer| timer.due));
    let ledger = stored.ledger.iter().map(|entry| entry.position.offset);
    let whole = history.ledger(last.number).iter().map(|decision| decision.offset);
    prop_assert!(ledger.eq(whole));
    let prints = stored.fingerprints.iter().copied();
    let older = history.fingerprints(last.number).iter().map(|decision| Fingerprint {
        command: decision.command,
        digest: decision.digest,
        version: decision.version,
        rejected: decision.rejected(),
    });
    prop_assert!(prints.eq(older));
    Ok(())
}

fn same_step(step: &Step, verdict: &Verdict, stored: &CartRecord) -> Result<(), TestCaseError> {
    match (step, verdict) {
        (Step::Decided { entry, arm }, Verdict::Decided(decision)) => {
            prop_assert_eq!(&entry.outcome, &decision.outcome);
            prop_assert_eq!(entry.version, decision.version);
            prop_assert_eq!(&entry.events, &decision.events);
            let armed = decision.timer.filter(|timer| timer.since == decision.ts);
            prop_assert_eq!(*arm, armed.map(|timer| timer.due));
        }
        (Step::Remembered(print), Verdict::Remembered(first)) => {
            prop_assert_eq!(print.version, first.version);
            prop_assert_eq!(print.rejected, first.rejected());
        }
        (Step::Conflict, Verdict::Conflict { .. }) => {}
        (step, verdict) => prop_assert!(false, "{step:?} is not {verdict:?} of {stored:?}"),
    }
    Ok(())
}

proptest! {
    #[test]
    fn the_oracle_and_the_processor_agree_on_any_log(
        log in log(prop_oneof![6 => command(), 2 => merge(), 3 => selling()]),
    ) {
        let mut log = log;
        about_the_last(&mut log);
        let (mut shadow, mut stored) = (Shadow::new(one_partition()), CartRecord::default());
        for (offset, (appended, envelope)) in (0..).zip(&log) {
            let verdict = shadow.append(P, &record(offset, *appended, envelope)).clone();
            let position = Position { generation: GENERATION, offset };
            let step = step(&mut stored, Placement { position, appended: *appended }, envelope);

            same_step(&step, &verdict, &stored)?;
            same_record(&stored, shadow.cart(&envelope.cart).unwrap())?;
        }
    }
}
