//! `cartstream simulate-shop`: fills a fresh folder with the carts and events of a shop that traded for some
//! days, by the parts of the product that would have made them. Says who comes and what time it is; decides
//! nothing about carts.

mod chance;
mod crier;
mod customer;
mod day;
mod goods;
#[cfg(test)]
mod tests;
mod town;
mod works;

use std::path::Path;
use std::time::Instant;

use cart_schemas::stock::StockCommand;
use cart_schemas::timestamp::Timestamp;
use cart_schemas::topic::Topic;
use cart_storage::embedded::{DrivenClock, Embedded};
use cart_storage::log::AppendError;

use crate::cli::{EngineSet, Serving, ShopArgs};
use crate::clock;
use crate::embedded::create_simulated;
use crate::exit::Failure;
use crate::policies;
use crate::progress::Progress;
use crier::{Crier, Untold};
use customer::Unsayable;
use day::Minute;
use goods::Change;
use town::{Happening, News, NoTown, Town};
use works::{Broken, Works};

const SECONDS_A_DAY: u32 = 24 * 60 * 60;
/// The town crier looks every so many minutes what is new: a sale that sold something out is told as soon as
/// a customer would notice.
const NEWS_EVERY: u32 = 5;
const MINUTES_AN_HOUR: u32 = 60;

/// Why the days of a shop cannot be simulated.
#[derive(Debug, thiserror::Error)]
enum Unlived {
    #[error("there is no town")]
    Town(#[from] NoTown),
    #[error("a customer cannot say what he wants")]
    Customer(#[from] Unsayable),
    #[error("the parts of the product do not go on")]
    Works(#[from] Broken),
    #[error("news are not told")]
    News(#[from] Untold),
    #[error("a product is not put")]
    Product(#[from] AppendError),
    #[error("a cart that is to be priced cannot be read")]
    Unread,
}

impl From<Unlived> for Failure {
    fn from(error: Unlived) -> Self {
        Self::failed("the shop cannot be simulated", error)
    }
}

/// What a simulation came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Sum {
    commands: i64,
    events: i64,
}

/// Simulates a shop, and tells what that came to.
#[expect(clippy::print_stdout, reason = "what it came to is the answer of this command")]
pub(crate) async fn run(args: ShopArgs, serving: &Serving) -> Result<(), Failure> {
    match serving.engine {
        EngineSet::Embedded => {}
        EngineSet::Kafka => {
            let text = "a shop is simulated in a data folder: leave out --engine kafka";
            return Err(Failure::Usage(text.to_owned()));
        }
    }
    let opened = opened(&args, clock::now())?;
    let began = Instant::now();
    let folder = &serving.data;
    let Sum { commands, events } = simulate((&args, opened), serving, folder).await?;
    let ShopArgs { users, days, .. } = args;
    let seconds = began.elapsed().as_secs();
    println!("simulated {days} days from {opened}: {users} customers, {commands} commands,");
    println!("{events} events, in {seconds} s. Served as any other folder:");
    println!("    cartstream --data {}", folder.display());
    Ok(())
}

/// When the shop opens: no day of it may be one that is still to come.
fn opened(args: &ShopArgs, now: Timestamp) -> Result<Timestamp, Failure> {
    let length = u32::from(args.days).saturating_mul(SECONDS_A_DAY);
    let opened = args.from.unwrap_or_else(|| now.minus_seconds(length));
    if opened.plus_seconds(length) > now {
        let text = format!("--from {opened}: the last of {} days is still to come", args.days);
        return Err(Failure::Usage(text));
    }
    Ok(opened)
}

async fn simulate(
    (args, opened): (&ShopArgs, Timestamp),
    serving: &Serving,
    folder: &Path,
) -> Result<Sum, Failure> {
    let policies = policies::read(serving)?;
    let town = Town::of(args.users, args.seed, opened).map_err(Unlived::from)?;
    let clock = DrivenClock::at(opened);
    let engine: Embedded = create_simulated(folder.to_owned(), clock.clone()).await?;
    let works = Works::start(engine, clock, policies).await.map_err(Unlived::from)?;
    let mut days = Days { town, works, crier: Crier::default() };
    days.stock().await?;
    let hours = u64::from(args.days).saturating_mul(24);
    let mut count = Progress::on_stderr().count("hours simulated", Some(hours));
    for minute in Minute::of_days(args.days) {
        days.live(minute).await?;
        count.add(usize::from(minute.begins(MINUTES_AN_HOUR)));
    }
    count.done();
    Ok(days.close().await?)
}

/// The days of a shop under way.
struct Days {
    town: Town,
    works: Works,
    crier: Crier,
}

impl Days {
    /// Puts all goods on their shelves, and says nothing of it to anybody.
    async fn stock(&mut self) -> Result<(), Unlived> {
        let mut told = Vec::new();
        for shop in self.town.shops() {
            let tenant = shop.tenant.as_ref();
            for product in shop.goods.all() {
                let catalog = self.works.commands().catalog();
                catalog.put(self.works.engine(), (tenant, product)).await?;
                let shelves = self.works.commands().shelves();
                let put = |(sku, units)| shelves.draft(sku, StockCommand::Put { units }, "opening");
                told.extend(product.skus(tenant).map(put));
            }
        }
        self.works.decide(told).await?;
        Ok(self.crier.tell(&mut self.works, self.town.skus()).await?)
    }

    /// Has everything happen that happens in a minute.
    async fn live(&mut self, minute: Minute) -> Result<(), Unlived> {
        if let Some(day) = minute.begins_day() {
            self.town.begin(day)?;
        }
        let Happening { news, asks } = self.town.take(minute);
        let last = asks.last().map_or_else(|| minute.end(), |ask| ask.at);
        self.works.advance(self.town.time(last)).await?;
        let is_new = !news.is_empty();
        for (_, news) in news {
            self.change(news).await?;
        }
        if is_new || minute.begins(NEWS_EVERY) {
            self.crier.tell(&mut self.works, self.town.skus()).await?;
        }
        let mut commands = Vec::with_capacity(asks.len());
        for ask in asks {
            let draft = self.works.commands().draft(&ask.request).await;
            commands.push(draft.ok_or(Unlived::Unread)?);
        }
        Ok(self.works.decide(commands).await?)
    }

    /// Goods change.
    async fn change(&mut self, News { shop, change }: News) -> Result<(), Unlived> {
        let Some(store) = self.town.shop_mut(shop) else { return Ok(()) };
        if let Change::Delivery(pieces) = change {
            let key = format!("delivery-{}", self.works.now().micros());
            let (shelves, tenant) = (self.works.commands().shelves(), store.tenant.as_ref());
            let skus = store.goods.scarce().flat_map(|product| product.skus(tenant));
            let more = StockCommand::Adjust { delta: pieces.into() };
            let drafts = skus.map(|(sku, _)| shelves.draft(sku, more.clone(), &key)).collect();
            return Ok(self.works.decide(drafts).await?);
        }
        let tenant = store.tenant.clone();
        if let Some(product) = store.goods.change(change) {
            let catalog = self.works.commands().catalog();
            catalog.put(self.works.engine(), (tenant.as_ref(), product)).await?;
        }
        Ok(())
    }

    async fn close(self) -> Result<Sum, Unlived> {
        let commands = self.works.appended(Topic::Commands).await?;
        let events = self.works.appended(Topic::Events).await?;
        self.works.stop().await?;
        Ok(Sum { commands, events })
    }
}
