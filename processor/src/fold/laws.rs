//! Laws of carts and skus together, over any interleaving of what people ask, of owners that end
//! before they told what they had decided, and of commands that arrive twice: nothing is sold twice,
//! nothing stays reserved, no line is lost or doubled.

use std::collections::BTreeSet;

use cart_schemas::command::Command;
use cart_schemas::event::Fact;
use cart_schemas::id::{CheckoutId, SkuKey};
use cart_schemas::merge::MergePolicy;
use cart_schemas::stock::StockCommand;
use proptest::prelude::*;

use self::side::{Appended, Crash};
use self::world::{PUT, World, cart, item, offer};

mod side;
mod world;

const CARTS: u8 = 3;
const SKUS: u8 = 3;

#[derive(Debug, Clone, Copy)]
enum Op {
    Add(u8, u8, u32),
    Checkout(u8),
    Complete(u8, u8),
    Cancel(u8),
    Merge(u8, u8),
    Wake(u8),
    Pass(i64),
    Carts(usize),
    Skus(usize),
    Drain,
    CrashCarts(Crash),
    CrashSkus(Crash),
    AgainToCarts(usize),
    AgainToSkus(usize),
}

fn crash() -> impl Strategy<Value = Crash> {
    (1..9usize, 0..9usize, 0..6usize).prop_map(|(read, told, back)| Crash { read, told, back })
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        6 => (0..CARTS, 0..SKUS, 1..4u32).prop_map(|(cart, sku, n)| Op::Add(cart, sku, n)),
        6 => (0..CARTS).prop_map(Op::Checkout),
        5 => (0..CARTS, 0..2u8).prop_map(|(cart, order)| Op::Complete(cart, order)),
        2 => (0..CARTS).prop_map(Op::Cancel),
        2 => (0..CARTS, 0..CARTS).prop_map(|(from, into)| Op::Merge(from, into)),
        2 => (0..CARTS).prop_map(Op::Wake),
        2 => (1..700i64).prop_map(Op::Pass),
        9 => (1..6usize).prop_map(Op::Carts),
        9 => (1..6usize).prop_map(Op::Skus),
        3 => Just(Op::Drain),
        4 => crash().prop_map(Op::CrashCarts),
        4 => crash().prop_map(Op::CrashSkus),
        1 => any::<usize>().prop_map(Op::AgainToCarts),
        1 => any::<usize>().prop_map(Op::AgainToSkus),
    ]
}

fn checkout_of(world: &World, number: u8) -> CheckoutId {
    let nobodys = "018cbb42-2f31-7000-8000-000000000009".parse().unwrap();
    world.checkout_of(&cart(number)).unwrap_or_else(|| CheckoutId::from_command(nobodys))
}

fn happen(world: &mut World, op: Op) {
    match op {
        Op::Add(number, sku, quantity) => {
            let quantity = quantity.try_into().unwrap();
            let add =
                Command::AddItem { item: item(sku), quantity, offer: offer(), currency: None };
            world.ask(cart(number), add);
        }
        Op::Checkout(number) => {
            let checkout = Command::Checkout { accept_prices: false, differing: Vec::new() };
            world.ask(cart(number), checkout);
        }
        Op::Complete(number, order) => {
            let (checkout, order) = (checkout_of(world, number), format!("order-{order}"));
            let order = order.parse().unwrap();
            world.ask(cart(number), Command::Complete { checkout, order });
        }
        Op::Cancel(number) => {
            let checkout = checkout_of(world, number);
            world.ask(cart(number), Command::CancelCheckout { checkout });
        }
        Op::Merge(from, into) => {
            let merge = Command::Merge { into: cart(into), policy: MergePolicy::Sum };
            world.ask(cart(from), merge);
        }
        Op::Wake(number) => world.ask(cart(number), Command::Wake { due: Default::default() }),
        Op::Pass(seconds) => world.pass(seconds),
        Op::Drain => world.drain(),
        Op::Carts(records) => tell(world, |world| world.carts.run(records)),
        Op::Skus(records) => tell(world, |world| world.skus.run(records)),
        Op::CrashCarts(crash) => tell(world, |world| world.carts.crash(crash)),
        Op::CrashSkus(crash) => tell(world, |world| world.skus.crash(crash)),
        Op::AgainToCarts(which) => world.carts.append_again(which, world.at()),
        Op::AgainToSkus(which) => world.skus.append_again(which, world.at()),
    }
}

fn tell(world: &mut World, read: impl FnOnce(&mut World) -> Appended) {
    let said = read(world);
    world.hear(said);
}

/// A world in which all this happened, and in which time has passed since.
fn settled(ops: Vec<Op>) -> World {
    let mut world = World::of_skus(SKUS);
    for op in ops {
        happen(&mut world, op);
        for record in world.skus.records.values() {
            assert!(record.stock.reserved() <= record.stock.on_hand.get(), "{record:?}");
        }
    }
    world.settle();
    world
}

/// Every checkout that ended, and whether it was paid.
fn ended(world: &World) -> Vec<(CheckoutId, bool)> {
    let ending = |fact: &Fact| {
        let paid = matches!(fact, Fact::CartConverted { .. });
        let (Fact::CheckoutCancelled { checkout, .. } | Fact::CartConverted { checkout, .. }) =
            fact
        else {
            return None;
        };
        Some((*checkout, paid))
    };
    world.facts().filter_map(ending).collect()
}

fn begun(world: &World) -> Vec<(CheckoutId, Vec<SkuKey>)> {
    let begun = world.facts().filter_map(|fact| {
        let Fact::CheckoutStarted { checkout, lines, .. } = fact else { return None };
        Some((*checkout, lines.iter().map(|line| SkuKey::new(None, line.item.clone())).collect()))
    });
    begun.collect()
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    prop::collection::vec(op(), 0..90)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(250))]

    #[test]
    fn what_was_on_the_shelf_is_there_or_was_sold_once_and_nothing_stays_reserved(ops in ops()) {
        let world = settled(ops);

        for (sku, record) in &world.skus.records {
            prop_assert_eq!(&record.stock.reservations, &[], "{}", sku);
            prop_assert_eq!(record.stock.on_hand.get() + world.sold(sku.item()), PUT, "{}", sku);
        }
        for record in world.carts.records.values() {
            prop_assert_eq!(&record.cart.checkout, &None);
            prop_assert_eq!(&record.dealings.reserving, &None);
        }
    }

    #[test]
    fn every_checkout_ends_once_and_each_of_its_lines_was_released_or_else_committed(ops in ops()) {
        let world = settled(ops);
        let (begun, ended) = (begun(&world), ended(&world));
        let commits = |command: &StockCommand| matches!(command, StockCommand::Commit { .. });
        let asked: Vec<_> = world.asked_of_skus().into_iter().filter_map(|envelope| {
            let commit = commits(&envelope.command);
            let (StockCommand::Commit { checkout } | StockCommand::Release { checkout }) =
                envelope.command
            else {
                return None;
            };
            Some((checkout, envelope.sku, commit))
        }).collect();

        prop_assert_eq!(begun.len(), ended.len());
        for (checkout, skus) in begun {
            let endings: Vec<_> = ended.iter().filter(|(one, _)| *one == checkout).collect();
            let [(_, paid)] = endings[..] else { panic!("{checkout} ended: {endings:?}") };
            for sku in skus {
                prop_assert!(asked.contains(&(checkout, sku.clone(), *paid)));
                // What was paid may be released where it was granted once more, never the reverse.
                prop_assert!(*paid || !asked.contains(&(checkout, sku, true)));
            }
        }
    }

    #[test]
    fn no_piece_is_lost_or_doubled_by_a_merge_or_a_checkout(ops in ops()) {
        let world = settled(ops);

        let sold: u32 = (0..SKUS).map(|number| world.sold(&item(number))).sum();
        prop_assert_eq!(world.held() + u64::from(sold), world.came());
        for (cart, record) in &world.carts.records {
            prop_assert_eq!(&world.folded(cart), &record.cart);
            prop_assert!(record.dealings.outgoing.is_empty());
        }
    }

    #[test]
    fn whoever_begins_a_checkout_is_told_once_its_skus_have_answered(ops in ops()) {
        let world = settled(ops);

        let answered: BTreeSet<_> = world.facts().filter_map(|fact| {
            if let Fact::CheckoutCancelled { checkout, short, .. } = fact {
                return Some(*checkout).filter(|_| !short.is_empty());
            }
            let Fact::CheckoutReady { checkout, .. } = fact else { return None };
            Some(*checkout)
        }).collect();
        for (checkout, _) in begun(&world) {
            let told = world.was_answered(checkout.command());
            prop_assert_eq!(told, answered.contains(&checkout), "{}", checkout);
        }
    }
}
