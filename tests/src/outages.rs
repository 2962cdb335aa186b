//! Outages on the real engines under a load, one after another, and what they cost: what customers
//! were answered, how soon the shop was itself again, and whether a cart is wrong afterwards.
//!
//! ```text
//!   trouble   which outages there are      engines, slow, disk   how each is brought about and ended
//!   load      customers and readers        trial                 a load before, in and after an outage
//!   figures   what a trial comes to        promises              what it must come to
//!   books     the carts against the customers' own books         table  what is printed
//! ```

mod books;
mod cause;
mod disk;
mod engines;
mod figures;
mod load;
mod product;
mod promises;
mod slow;
mod table;
mod trial;
mod trouble;

use std::time::Duration;

use anyhow::{Context as _, Result};
use cart_storage::log::Log;
use cart_storage::store::Store;

use crate::support::node::Node;
use crate::support::shop::{Shop, SmallShop};
use cause::Cause;
use disk::Disk;
use engines::Engines;
use product::Product;
pub use product::is_product;
use promises::Verdict;
use slow::SlowWay;
pub use table::heading;
use trial::{Course, Trial};
pub use trouble::Trouble;

/// What is tried.
#[derive(Debug, Clone)]
pub struct Plan {
    /// How long each outage lasts.
    pub outage: Duration,
    /// Changes asked for per second; reads are a third as many.
    pub rate: u32,
    /// Whether a small file system is mounted for the full disk, where that is allowed.
    pub mounted: bool,
    /// How many times as long as is promised an answer and a recovery may take: one where a time is
    /// measured, more where the machine may be busy with something else.
    pub patience: u32,
    /// Which outages.
    pub troubles: Vec<Trouble>,
}

/// What became of one outage.
#[derive(Debug)]
pub struct Outcome {
    /// A line of the table.
    pub row: String,
    /// Every promise it broke, in words.
    pub broken: Vec<String>,
}

/// Brings about every outage of the plan, in the order given, and tells of each as it ends.
///
/// # Errors
/// It could not be tried, or an answer or a cart makes no sense.
pub async fn run(plan: &Plan, mut tell: impl FnMut(&Outcome)) -> Result<()> {
    let product = Product::linked()?;
    for trouble in &plan.troubles {
        let tried = try_one(&product, plan, *trouble).await;
        tell(&tried.with_context(|| format!("outage {trouble}"))?);
    }
    Ok(())
}

async fn try_one(product: &Product, plan: &Plan, trouble: Trouble) -> Result<Outcome> {
    let trial = Trial { trouble, outage: plan.outage, rate: plan.rate };
    match trouble {
        Trouble::Kafka | Trouble::Cassandra | Trouble::Both => {
            let shop = Shop::open(product.path(), trouble.word()).await?;
            let node = shop.ready("api,processor", &[]).await?;
            let mut cause = Cause::Crash(Engines::of(product, trouble));
            let course = trial.run(&node, &mut cause).await?;
            closed(plan, shop, node, course).await
        }
        Trouble::SlowStore => {
            let shop = Shop::open(product.path(), trouble.word()).await?;
            let way = SlowWay::open().await?;
            let node = shop.ready("api,processor", &["--cql", &way.address()]).await?;
            let mut cause = Cause::Slow(way);
            let course = trial.run(&node, &mut cause).await?;
            closed(plan, shop, node, course).await
        }
        Trouble::FullDisk => on_a_full_disk(product, plan, &trial).await,
    }
}

async fn on_a_full_disk(product: &Product, plan: &Plan, trial: &Trial) -> Result<Outcome> {
    let shop = SmallShop::new(&product.under_a_limit()?, trial.trouble.word());
    let disk = Disk::under(shop.folder(), plan.mounted)?;
    let node = shop.ready("127.0.0.1:0", &[]).await?;
    let kind = disk.kind();
    let mut cause = Cause::Full(disk, node.id());
    let course = trial.run(&node, &mut cause).await?;
    node.stop().await?;
    let engine = shop.engine()?;
    let outcome = judged(plan, &course, (&engine, &engine)).await;
    engine.close().await?;
    let mut outcome = outcome?;
    outcome.row = format!("{} ({kind})", outcome.row);
    Ok(outcome)
}

/// Compares the carts of a shop on the real engines with the books, and deletes it.
async fn closed(plan: &Plan, shop: Shop, node: Node, course: Course) -> Result<Outcome> {
    let outcome = judged(plan, &course, (&shop.log()?, &shop.store().await?)).await?;
    node.stop().await?;
    shop.close().await?;
    Ok(outcome)
}

async fn judged<L: Log, S: Store>(
    plan: &Plan,
    course: &Course,
    (log, store): (&L, &S),
) -> Result<Outcome> {
    let books = books::compare(log, store, &course.customers).await?;
    let verdict = Verdict::of(course, books);
    Ok(Outcome { row: table::row(&verdict), broken: verdict.broken(plan.patience) })
}
