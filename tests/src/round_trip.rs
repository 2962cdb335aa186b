//! Carts go from a data folder to Kafka and Cassandra and back into another folder, killed on the
//! way, and every row is compared byte for byte.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use cart_schemas::cql::Table;
use fastrand::Rng;

use crate::support::crowd;
use crate::support::operator::Operation;
use crate::support::rows::{self, Rows};
use crate::support::shop::{Shop, SmallShop};

/// A drain takes at least so long.
const DRAIN_MILLIS: u64 = 3_000;
/// In this time a good part of a thousand carts is copied, and not all.
const COPIED_MILLIS_PER_THOUSAND: u64 = 60;

/// What became of a round trip whose carts arrived as they were.
#[derive(Debug, Clone, Copy)]
pub struct RoundTrip {
    /// Carts, the same in all three stores.
    pub rows: usize,
    /// How often a move was killed while it ran.
    pub kills: usize,
}

/// Sends so many carts, and tells what the commands say.
///
/// # Errors
/// A command fails, or a row differs.
pub async fn run(binary: &Path, carts: usize, mut tell: impl FnMut(&str)) -> Result<RoundTrip> {
    let name = binary.to_str().context("a path that is text")?;
    let (first, second) = (SmallShop::new(name, "here"), SmallShop::new(name, "back"));
    let shop = Shop::open(name, "moved").await?;
    // The sample products make a catalog.
    first.ready("127.0.0.1:0", &[]).await?.stop().await?;
    let engine = first.engine()?;
    let pieces = crowd::append(&engine, carts, 7).await?;
    engine.close().await?;

    let (here, there, back) = (first.site(), shop.site(), second.site());
    let mut trip = Trip { binary, carts, random: Rng::new(), kills: 0, tell: &mut tell };
    trip.travel(&["move", "--from", &here, "--to", &there]).await?;
    trip.verify(&["verify", "--engine", "kafka", "--namespace", shop.namespace()]).await?;
    let on_kafka = rows::of(&shop.store().await?, Table::Carts).await?;
    trip.travel(&["move", "--from", &there, "--to", &back]).await?;
    let folder = second.folder().to_str().context("a path that is text")?;
    trip.verify(&["verify", "--data", folder]).await?;
    let kills = trip.kills;

    let left = rows_in(&first).await?;
    crowd::check(&left, &pieces)?;
    ensure!(on_kafka == left, "the rows on Cassandra are others");
    ensure!(rows_in(&second).await? == left, "the rows that came back are others");
    shop.close().await?;
    Ok(RoundTrip { rows: left.len(), kills })
}

async fn rows_in(shop: &SmallShop) -> Result<Rows> {
    let engine = shop.engine()?;
    let rows = rows::of(&engine, Table::Carts).await?;
    engine.close().await?;
    Ok(rows)
}

struct Trip<'a, F> {
    binary: &'a Path,
    carts: usize,
    random: Rng,
    kills: usize,
    tell: &'a mut F,
}

impl<F: FnMut(&str)> Trip<'_, F> {
    /// Moves, killed at a random moment of the drain and at one while carts are copied.
    async fn travel(&mut self, args: &[&str]) -> Result<()> {
        let thousands = u64::try_from(self.carts)?.div_ceil(1_000);
        let copying = COPIED_MILLIS_PER_THOUSAND * thousands;
        for (line, within) in [("draining ", DRAIN_MILLIS), ("copying ", copying)] {
            let mut moving = Operation::start(self.binary, args)?;
            ensure!(moving.says(line).await?, "it never said {line:?}");
            // The moment is what is random; nothing is waited for.
            tokio::time::sleep(Duration::from_millis(self.random.u64(0..within))).await;
            let killed = moving.kill()?;
            self.kills += usize::from(killed);
            (self.tell)(if killed { "kill -9" } else { "(it was done before it was killed)" });
        }
        self.succeeds(args).await.map(drop)
    }

    async fn verify(&mut self, args: &[&str]) -> Result<()> {
        let said = self.succeeds(args).await?;
        let expected = format!("carts the same as their events: {}", self.carts);
        ensure!(said.contains(&expected), "{said}");
        Ok(())
    }

    async fn succeeds(&mut self, args: &[&str]) -> Result<String> {
        (self.tell)(&format!("$ cartstream {}", args.join(" ")));
        let begun = Instant::now();
        let said = Operation::succeeds(self.binary, args).await?;
        (self.tell)(&said);
        (self.tell)(&format!("took {} ms", begun.elapsed().as_millis()));
        Ok(said)
    }
}
