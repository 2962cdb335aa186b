//! `cartstream import`: another shop's carts and products, from a file into the engines. Kafka's
//! carts are decided by the processors that run there; a data folder has none but this process.

mod report;
mod source;
mod tally;

use std::time::Duration;

use cart_ingest::catalog::Catalog;
use cart_ingest::commands::Commands;
use cart_ingest::import::cart::{self, NewCart, Terms};
use cart_ingest::import::feed::Feed;
use cart_ingest::import::row::{ReadError, Row, read_ahead};
use cart_ingest::import::seen::Seen;
use cart_ingest::import::{bring_cart, bring_product, check_cart, check_product, product};
use cart_ingest::shelves::Shelves;
use cart_processor::runtime::Ambient;
use cart_schemas::generation::Generation;
use cart_schemas::policies::Policies;
use cart_schemas::product::Product;
use cart_storage::embedded::Embedded;
use cart_storage::log::Log;
use cart_storage::store::Store;
use tokio_util::sync::CancellationToken;

use crate::cli::{Connections, EngineSet, ImportArgs, Imported, Plan, Serving};
use crate::exit::Failure;
use crate::place::{Errand, Installation, Opened, Place};
use crate::processors::{self, Healths};
use crate::{policies, serve, standing};
use report::Report;
use source::{Form, Source};
use tally::Mode;

/// How long the way in may take to open: a take-over, three times.
const OPEN_WITHIN: Duration = Duration::from_secs(30);

/// What is to be done with which file.
struct Job {
    what: Imported,
    source: Source,
    policies: Policies,
}

/// Where the rows go.
enum Target<L, S> {
    /// Into the shop.
    Shop(L, S),
    /// Nowhere: they are compared with what the shop has.
    Compared(L, S),
    /// Nowhere, and there is no shop yet.
    Checked,
}

/// Brings the file in, and tells of each row that was left out.
pub(crate) async fn run(
    what: Imported,
    serving: &Serving,
    connections: Connections,
) -> Result<(), Failure> {
    let args = what.args();
    let dry_run = args.dry_run;
    let source = Source::open(&args.file)?;
    let job = Job { what, source, policies: policies::read(serving)? };
    let is_folder = matches!(serving.engine, EngineSet::Embedded);
    // A dry run makes no folder.
    if is_folder && dry_run && !Embedded::is_in(&serving.data) {
        return job.bring(Target::<Embedded, Embedded>::Checked).await;
    }
    Place::chosen(serving, connections).run(job).await
}

impl Errand for Job {
    type Outcome = ();

    async fn run<I: Installation>(self, at: &I) -> Result<(), Failure> {
        if I::ALONE && !self.args().dry_run {
            at.create_store(&Plan::default()).await?;
        }
        let Opened { log, store, standing } = Opened::open(at).await?;
        if let Some(reason) = standing::absence(&standing.state) {
            return Err(Failure::Usage(reason));
        }
        if self.args().dry_run {
            return self.bring(Target::Compared(log, store)).await;
        }
        if !I::ALONE {
            let watched = store.clone();
            return tokio::select! {
                done = self.bring(Target::Shop(log, store)) => done,
                left = standing::until_outdated(&watched, standing.generation) => Err(left),
            };
        }
        self.bring_and_decide((log, store), standing.generation).await
    }
}

impl Job {
    fn args(&self) -> &ImportArgs {
        self.what.args()
    }

    fn report(&self) -> Report {
        let mode = if self.args().dry_run { Mode::DryRun } else { Mode::Import };
        Report::new(mode, self.source.bytes)
    }

    async fn bring<L: Log, S: Store>(self, target: Target<L, S>) -> Result<(), Failure> {
        match self.what {
            Imported::Carts(_) => self.carts(target).await,
            Imported::Products(_) => self.products(target).await,
        }
    }

    /// Nobody else can be there: what decides is run here, and ends with the file.
    async fn bring_and_decide<L: Log, S: Store>(
        self,
        (log, store): (L, S),
        generation: Generation,
    ) -> Result<(), Failure> {
        let stop = CancellationToken::new();
        let terms = processors::Terms::new(generation, self.policies.clone());
        let ports = (log.clone(), store.clone());
        let processor = processors::run(ports, terms, Healths::default(), stop.clone());
        let mut processor = tokio::spawn(processor);
        let done = tokio::select! {
            ended = &mut processor => return serve::ended(ended),
            done = self.bring(Target::Shop(log, store)) => done,
        };
        stop.cancel();
        done.and(serve::ended(processor.await))
    }

    async fn carts<L: Log, S: Store>(self, target: Target<L, S>) -> Result<(), Failure> {
        let report = self.report();
        let ImportArgs { currency, tenant, .. } = self.args();
        let policies = self.policies.clone();
        let terms = Terms { tenant: tenant.clone(), currency: *currency, policies };
        let rows = ahead(cart::rows(self.source.reader, terms))?;
        let seen = Seen::default();
        match target {
            Target::Shop(log, store) => {
                let commands = Commands::open(log, store, self.policies.into()).await;
                let commands = commands.map_err(|source| Failure::failed(SILENT, source))?;
                within(commands.live()).await?;
                let bring = |new| bring_cart(&commands, new);
                report.follow(Feed::new(rows, user, bring)).await
            }
            Target::Compared(_, store) => {
                let check = |new| check_cart(Some(&store), &seen, new);
                report.follow(Feed::new(rows, user, check)).await
            }
            Target::Checked => {
                let check = |new| check_cart(None::<&S>, &seen, new);
                report.follow(Feed::new(rows, user, check)).await
            }
        }
    }

    async fn products<L: Log, S: Store>(mut self, target: Target<L, S>) -> Result<(), Failure> {
        let report = self.report();
        let ImportArgs { currency, tenant, .. } = self.args();
        let (currency, tenant) = (*currency, tenant.clone());
        let tenant = tenant.as_ref();
        let rows = match self.source.form()? {
            Form::JsonLines => ahead(product::json_rows(self.source.reader, currency)),
            Form::Table => {
                let rows = product::table_rows(self.source.reader, currency);
                ahead(
                    rows.map_err(|source| Failure::failed("this is no table of products", source))?,
                )
            }
        }?;
        let seen = Seen::default();
        match target {
            Target::Shop(log, _) => {
                let catalog = &follow(&log).await?;
                let shelves = Shelves::open(&log, Ambient::default().fresh_id).await;
                let shelves = &shelves.map_err(|source| Failure::failed(SILENT, source))?;
                let (to, seen) = ((&log, shelves), &seen);
                let bring = |product| bring_product(catalog, to, seen, (tenant, product));
                report.follow(Feed::new(rows, id, bring)).await
            }
            Target::Compared(log, _) => {
                let (catalog, seen) = (&follow(&log).await?, &seen);
                let check =
                    |product| async move { check_product(Some(catalog), seen, (tenant, &product)) };
                report.follow(Feed::new(rows, id, check)).await
            }
            Target::Checked => {
                let seen = &seen;
                let check = |product| async move { check_product(None, seen, (tenant, &product)) };
                report.follow(Feed::new(rows, id, check)).await
            }
        }
    }
}

/// Tells carts apart.
fn user(new: &NewCart) -> &str {
    new.key.as_str()
}

/// Tells products apart.
fn id(product: &Product) -> &str {
    product.id.as_str()
}

const SILENT: &str = "the log does not answer";

async fn follow<L: Log>(log: &L) -> Result<Catalog, Failure> {
    let catalog = Catalog::follow(log).await;
    let catalog = catalog.map_err(|source| Failure::failed(SILENT, source))?;
    within(catalog.live()).await?;
    Ok(catalog)
}

async fn within(opened: impl Future<Output = ()>) -> Result<(), Failure> {
    let opened = tokio::time::timeout(OPEN_WITHIN, opened).await;
    opened.map_err(|elapsed| Failure::failed(SILENT, elapsed))
}

/// The rows as a thread of their own reads them.
fn ahead<T: Send + 'static>(
    rows: impl Iterator<Item = Result<Row<T>, ReadError>> + Send + 'static,
) -> Result<cart_ingest::import::feed::Rows<T>, Failure> {
    read_ahead(rows).map_err(|source| Failure::failed("no thread can be made", source))
}
