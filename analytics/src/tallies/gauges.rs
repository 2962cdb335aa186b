//! Today's counts as gauges: what a dashboard of operators shows beside latencies, and what it warns of.

use std::collections::BTreeMap;
use std::pin::pin;
use std::time::Duration;

use cart_schemas::id::TenantId;
use cart_schemas::money::Currency;
use cart_schemas::timestamp::Timestamp;
use cart_storage::store::Store;
use metrics::{Gauge, describe_gauge, gauge};
use tokio::time::{MissedTickBehavior, interval};

use super::count::Hour;
use super::query::{FiguresError, Span, hours};
use super::tally::Tally;

/// How often they are read: as often as Prometheus commonly asks.
const READ_EVERY: Duration = Duration::from_secs(15);

/// Keeps the gauges of these shops until `stop` resolves. `now` is the clock whose day is today, in UTC.
pub async fn show<S: Store>(
    store: S,
    shops: Vec<Option<TenantId>>,
    now: fn() -> Timestamp,
    stop: impl Future<Output = ()>,
) {
    describe();
    let mut stop = pin!(stop);
    let mut ticks = interval(READ_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = &mut stop => return,
            _ = ticks.tick() => {}
        }
        for shop in &shops {
            let Err(error) = read(&store, shop.as_ref(), now()).await else { continue };
            tracing::debug!(%error, "figures are not read for their gauges");
        }
    }
}

async fn read<S: Store>(
    store: &S,
    shop: Option<&TenantId>,
    now: Timestamp,
) -> Result<(), FiguresError> {
    let today = Hour::of(now).midnight();
    // What there was yesterday and is not today is none today.
    let yesterday = Hour::of(now.minus_seconds(24 * 60 * 60)).midnight();
    let both = hours(store, shop, Span { from: yesterday, to: today.next_day() }).await?;
    let mut sums: BTreeMap<_, Tally> = BTreeMap::new();
    for ((hour, currency), tally) in both {
        let sum = sums.entry(currency).or_default();
        if hour >= today {
            sum.add(&tally);
        }
    }
    for (currency, tally) in sums {
        set(shop, currency, &tally);
    }
    Ok(())
}

fn set(shop: Option<&TenantId>, currency: Option<Currency>, tally: &Tally) {
    let named = |name: &'static str| -> Gauge {
        let shop = shop.map_or("default", TenantId::as_str).to_owned();
        let currency = currency.map_or("none", Currency::code);
        gauge!(name, "tenant" => shop, "currency" => currency)
    };
    let [first, ..] = tally.abandoned;
    named(BEGUN).set(whole(tally.begun));
    named(ABANDONED).set(whole(first));
    named(RECOVERED).set(whole(tally.recovered));
    named(CHECKOUTS).set(whole(tally.checkouts));
    named(CONVERTED).set(whole(tally.converted));
}

/// A gauge holds whole numbers up to 2^53 exactly; as a `u32` there is no question.
fn whole(count: u64) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

const BEGUN: &str = "cartstream_today_begun";
const ABANDONED: &str = "cartstream_today_abandoned";
const RECOVERED: &str = "cartstream_today_recovered";
const CHECKOUTS: &str = "cartstream_today_checkouts";
const CONVERTED: &str = "cartstream_today_converted";

fn describe() {
    describe_gauge!(BEGUN, "Carts that began since midnight, UTC");
    describe_gauge!(ABANDONED, "Carts that were abandoned, of the first tier, since midnight, UTC");
    describe_gauge!(RECOVERED, "Carts that somebody came back to since midnight, UTC");
    describe_gauge!(CHECKOUTS, "Checkouts that began since midnight, UTC");
    describe_gauge!(CONVERTED, "Checkouts that were paid since midnight, UTC");
}
