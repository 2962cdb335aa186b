//! Changes of the carts that are followed, at a rate, and how long after each was meant to begin it
//! was answered, and read at the socket.

use std::sync::Arc;
use std::time::Duration;

use rand::rngs::SmallRng;
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, SeedableRng as _};
use tokio::task::JoinSet;

use super::super::connection::Connection;
use super::super::load::{Asks, Customer, Observers, new_tally, shop_all, shown};
use super::super::pushes::{Met, Pushes};
use super::super::run::bar;
use super::super::server::{Reading, Server};
use super::super::shopper::{Ask, Kind, Phase, add, cart_of, set};
use super::super::sockets::all_arrived;
use super::super::tally::Tally;
use super::CrowdArgs;
use super::opening::Crowd;
use super::plan::Plan;
use crate::exit::Failure;

/// One change in so many puts a piece more into the cart; the others set how many there are, so that
/// they stay few.
const ADDS_ONE_IN: u32 = 5;

/// What the changes came to.
#[derive(Debug)]
pub(super) struct Ran {
    pub(super) tally: Tally,
    pub(super) met: Met,
    /// The CPU of each shop's process meanwhile, where it tells.
    pub(super) cpu: Vec<Option<Duration>>,
}

/// The changes at one shop.
struct Share {
    shop: Server,
    carts: Arc<[u64]>,
    rate: u32,
    senders: u32,
}

/// Warms the shops up and measures.
pub(super) async fn run(
    args: &CrowdArgs,
    rate: u32,
    crowd: &Crowd,
    shops: &[Server],
) -> Result<Ran, Failure> {
    let shares = shares(args.senders, rate, crowd, shops);
    let (plan, pushes) = (crowd.plan(), crowd.pushes());
    let lasts = Duration::from_secs(u64::from(args.seconds));
    let warm_up = (Phase::WarmUp, lasts / 5);
    shown(&bar("sockets", "warm-up"), warm_up.1, change(&shares, plan, warm_up, &pushes)).await?;
    all_arrived(&pushes).await;
    pushes.begin_anew();
    let before = readings(shops).await;
    let measured = (Phase::Measured, lasts);
    let changing = change(&shares, plan, measured, &pushes);
    let tally = shown(&bar("sockets", "changes"), lasts, changing).await?;
    let after = readings(shops).await;
    all_arrived(&pushes).await;
    let cpu = after.iter().zip(&before).map(|(after, before)| after.cpu_since(before));
    Ok(Ran { tally, met: pushes.met_all(), cpu: cpu.collect() })
}

/// Every shop that has sockets has as large a part of the changes as any other, at a pace of its own:
/// one that stalls leaves the others no part of its own.
fn shares(senders: u32, rate: u32, crowd: &Crowd, shops: &[Server]) -> Vec<Share> {
    let plan = crowd.plan();
    let at = |place: usize| -> Arc<[u64]> {
        let opened = crowd.roll.opened.iter().copied();
        opened.filter(|socket| plan.shop(*socket) == place).collect()
    };
    let shops = shops.iter().enumerate().map(|(place, shop)| (shop, at(place)));
    let open: Vec<_> = shops.filter(|(_, carts)| !carts.is_empty()).collect();
    let count = u32::try_from(open.len()).unwrap_or(u32::MAX);
    let (rates, senders) = (parts(rate, count), parts(senders, count));
    let shares = open.into_iter().zip(rates.zip(senders));
    let shares = shares.map(|((shop, carts), (rate, senders))| Share {
        shop: shop.clone(),
        carts,
        rate,
        senders: senders.max(1),
    });
    shares.filter(|share| share.rate > 0).collect()
}

/// A number in so many parts that differ by one at most.
fn parts(whole: u32, count: u32) -> impl Iterator<Item = u32> {
    let each = whole.checked_div(count).unwrap_or_default();
    (0..count).map(move |part| each + u32::from(part < whole - each * count))
}

/// Changes carts for a while, at every shop.
async fn change(
    shares: &[Share],
    plan: Plan,
    (phase, lasts): (Phase, Duration),
    pushes: &Arc<Pushes>,
) -> Result<Tally, Failure> {
    let mut changing = JoinSet::new();
    for share in shares {
        let customers = (0..share.senders).map(|number| Customer {
            connection: Connection::to(share.shop.target()),
            asks: asks(plan, Arc::clone(&share.carts), phase.seed(number)),
            observers: Observers { windows: None, pushes: Some(Arc::clone(pushes)) },
            leaves_out: false,
        });
        changing.spawn(shop_all(customers.collect(), Some(share.rate), lasts));
    }
    let mut whole = new_tally()?;
    while let Some(joined) = changing.join_next().await {
        let tally = joined.map_err(|error| Failure::failed("a shop's customers fell over", error));
        whole.add(&tally??);
    }
    Ok(whole)
}

/// Changes of these carts, one as likely as another.
fn asks(plan: Plan, carts: Arc<[u64]>, seed: u64) -> Asks {
    let mut random = SmallRng::seed_from_u64(seed);
    Box::new(move || {
        let socket = carts.choose(&mut random).copied().unwrap_or_default();
        let (cart, product) = (cart_of(&plan.user(socket)), plan.product(socket));
        let request = if random.random_ratio(1, ADDS_ONE_IN) {
            add(&cart, &product, 1)
        } else {
            set(&cart, &product, random.random_range(1..=3))
        };
        Ask { kind: Kind::Change, user: socket, told: true, request }
    })
}

async fn readings(shops: &[Server]) -> Vec<Reading> {
    let mut readings = Vec::new();
    for shop in shops {
        readings.push(shop.reading().await);
    }
    readings
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn shares_differ_by_one_and_are_the_whole() {
        assert_eq!(parts(50, 3).collect::<Vec<_>>(), [17, 17, 16]);
        assert_eq!(parts(2, 3).collect::<Vec<_>>(), [1, 1, 0]);
        assert_eq!(parts(7, 0).count(), 0);
    }

    #[test]
    fn changes_are_of_the_followed_carts_only_and_most_set_a_quantity() {
        let plan = Plan { first_user: 11, connections: 5, slow: 0, shops: 1 };
        let mut asks = asks(plan, Arc::new([2, 5]), 7);

        let asked: Vec<Ask> = std::iter::repeat_with(&mut asks).take(200).collect();

        let carts: BTreeSet<&str> =
            asked.iter().filter_map(|ask| ask.request.uri().path().split('/').nth(3)).collect();
        assert_eq!(carts.into_iter().collect::<Vec<_>>(), ["socket-12", "socket-15"]);
        assert!(asked.iter().all(|ask| ask.told && ask.kind == Kind::Change));
        let sets = asked.iter().filter(|ask| ask.request.method() == hyper::Method::PUT).count();
        assert!((120..200).contains(&sets), "{sets}");
    }
}
