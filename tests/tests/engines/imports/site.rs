//! A shop that files are brought into, and what is in it afterwards. On the real engines a process
//! decides meanwhile; a data folder belongs to the import itself.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use cart_ingest::catalog::Catalog;
use cart_schemas::product::Product;
use cart_schemas::told::Told;
use cart_storage::log::Log;
use cart_storage::store::Store;
use cart_tests::support::folder::Folder;
use cart_tests::support::history;
use cart_tests::support::shop::{Shop, SmallShop, eventually};

use tokio::sync::MutexGuard;

use crate::{BINARY, Engines, Open, alone};

/// How long events may take to follow their rows.
const FOLLOWED_WITHIN: Duration = Duration::from_secs(20);

/// A shop, and a folder for files.
pub(super) struct Site {
    kind: Kind,
    files: Folder,
}

enum Kind {
    Real(Open<Shop>),
    Embedded { shop: SmallShop, _turn: MutexGuard<'static, ()> },
}

/// How an import ended.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) code: Option<i32>,
    /// The lines of standard output: rows that were left out, and last the sum.
    pub(super) lines: Vec<String>,
    /// Standard error.
    pub(super) errors: String,
}

impl Ended {
    /// The sum without the number of rows and seconds.
    pub(super) fn sum(&self) -> &str {
        let last = self.lines.last().map_or("", String::as_str);
        last.split(" (").next().unwrap_or_default()
    }

    fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let lines = text(&output.stdout).lines().map(str::to_owned).collect();
        Self { code: output.status.code(), lines, errors: text(&output.stderr) }
    }
}

impl Site {
    pub(super) async fn open(engines: Engines, name: &str) -> Self {
        let kind = match engines {
            Engines::Real => Kind::Real(Open::<Shop>::new(name).await),
            Engines::Embedded => {
                let turn = alone().await;
                Kind::Embedded { shop: SmallShop::new(BINARY, name), _turn: turn }
            }
        };
        let files = Folder::new(&format!("{name}-files"));
        std::fs::create_dir(files.path()).unwrap();
        Self { kind, files }
    }

    /// A file with this text.
    pub(super) fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.files.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    fn command(&self, what: &str, file: &str, more: &[&str]) -> Command {
        let mut command = Command::new(BINARY);
        command.args(["import", what, file]).args(more);
        match &self.kind {
            Kind::Real(open) => command.args(open.shop.engine_args()),
            Kind::Embedded { shop, .. } => command.args(shop.engine_args()),
        };
        command
    }

    /// Imports a text to its end.
    pub(super) fn import(&self, what: &str, text: &str, more: &[&str]) -> Ended {
        let file = self.file("rows", text);
        let output = self.command(what, &file.to_string_lossy(), more).output().unwrap();
        Ended::of(&output)
    }

    /// Begins to import standard input.
    pub(super) fn begin(&self, what: &str) -> Child {
        let mut command = self.command(what, "-", &[]);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().unwrap()
    }

    /// Every cart as its events tell it, once there are so many of them; each row says the same.
    pub(super) async fn told(&self, carts: usize) -> BTreeMap<String, Told> {
        match &self.kind {
            Kind::Real(open) => {
                let (log, store) = (open.shop.log().unwrap(), open.shop.store().await.unwrap());
                told(&log, &store, carts).await
            }
            Kind::Embedded { shop, .. } => {
                let engine = shop.engine().unwrap();
                let told = told(&engine, &engine, carts).await;
                engine.close().await.unwrap();
                told
            }
        }
    }

    /// The catalog.
    pub(super) async fn products(&self) -> BTreeMap<String, Product> {
        match &self.kind {
            Kind::Real(open) => products(&open.shop.log().unwrap()).await,
            Kind::Embedded { shop, .. } => {
                let engine = shop.engine().unwrap();
                let products = products(&engine).await;
                engine.close().await.unwrap();
                products
            }
        }
    }

    /// The data folder, if it is one.
    pub(super) fn small(&self) -> Option<&SmallShop> {
        match &self.kind {
            Kind::Real(_) => None,
            Kind::Embedded { shop, .. } => Some(shop),
        }
    }

    pub(super) async fn close(self) {
        match self.kind {
            Kind::Real(open) => open.close().await,
            Kind::Embedded { .. } => {}
        }
    }
}

async fn told<L: Log, S: Store>(log: &L, store: &S, carts: usize) -> BTreeMap<String, Told> {
    let told = eventually("every cart's events are there", FOLLOWED_WITHIN, || async {
        history::told(log).await.ok().filter(|told| told.len() >= carts)
    });
    let told = told.await.unwrap();
    history::compare(store, &told).await.unwrap();
    told.into_iter().map(|(key, history)| (key, history.told)).collect()
}

async fn products<L: Log>(log: &L) -> BTreeMap<String, Product> {
    let catalog = Catalog::follow(log).await.unwrap();
    catalog.live().await;
    let products = catalog.all(None).into_iter();
    products.map(|product| (product.id.to_string(), Product::clone(&product))).collect()
}
