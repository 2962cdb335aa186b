//! `cartstream export carts`: every cart as one JSON object a line, as the API shows it and as
//! `cartstream import carts` reads it, without what only today's catalog knows.

use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use cart_schemas::cart::CartState;
use cart_schemas::cql::Table;
use cart_schemas::id::{CartId, CartKey, TenantId, UserId};
use cart_schemas::money::Currency;
use cart_schemas::record::CartRecord;
use cart_schemas::standing::State;
use cart_schemas::timestamp::Timestamp;
use cart_storage::store::{Row, Store};
use serde::Serialize;

use crate::cli::Exported;
use crate::draft::{Draft, DraftError};
use crate::exit::Failure;
use crate::item::Item;
use crate::place::{Errand, Installation, Opened, Place};
use crate::progress::Progress;
use crate::{acts, clock, lake, patience, standing};

/// Rows of a page.
const PAGE: u16 = 500;

/// Writes out what there is in a place.
pub(crate) async fn run(what: Exported, place: Place) -> Result<(), Failure> {
    match what {
        Exported::Carts { out } => place.run(Export { out }).await,
        Exported::Events(args) => lake::run(args, place).await,
        Exported::Acts(args) => acts::run(args, place).await,
    }
}

struct Export {
    out: Option<PathBuf>,
}

impl Errand for Export {
    type Outcome = ();

    async fn run<I: Installation>(self, at: &I) -> Result<(), Failure> {
        let Opened { store, standing, .. } = Opened::open(at).await?;
        if let State::Moving { .. } = &standing.state {
            return Err(Failure::Usage(standing::absence(&standing.state).unwrap_or_default()));
        }
        match self.out {
            None => write_all(&store, io::stdout().lock()).await,
            Some(path) => {
                let (draft, file) = Draft::begin(path).map_err(unwritable)?;
                write_all(&store, BufWriter::new(&file)).await?;
                draft.complete(&file).map_err(unwritable)
            }
        }
    }
}

fn unwritable(source: DraftError) -> Failure {
    Failure::failed("the carts cannot be written", source)
}

async fn write_all<S: Store>(store: &S, mut out: impl Write) -> Result<(), Failure> {
    let full = |source| Failure::failed("the carts cannot be written", source);
    let (now, mut after) = (clock::now(), None);
    let mut count = Progress::on_stderr().count("carts exported", None);
    loop {
        let page = patience::stored(|| store.scan(Table::Carts, after.as_ref(), PAGE)).await;
        let page = page.map_err(|source| Failure::failed("the carts cannot be read", source))?;
        for row in &page.rows {
            out.write_all(&line(row, now)?).map_err(full)?;
        }
        count.add(page.rows.len());
        after = page.next;
        if after.is_none() {
            out.flush().map_err(full)?;
            count.done();
            return Ok(());
        }
    }
}

/// A cart's line, with its end.
fn line(row: &Row, now: Timestamp) -> Result<Vec<u8>, Failure> {
    let what = || format!("the row {:?} is no cart's", row.key);
    let key = row.key.parse::<CartKey>().map_err(|error| Failure::failed(what(), error))?;
    let record = CartRecord::decode(&row.cell).map_err(|error| Failure::failed(what(), error))?;
    let line = serde_json::to_vec(&ExportedCart::of(&key, &record, now));
    let mut line = line.map_err(|error| Failure::failed(what(), error))?;
    line.push(b'\n');
    Ok(line)
}

/// A cart; the API's names.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ExportedCart<'a> {
    #[serde(rename = "userID")]
    user: &'a UserId,
    #[serde(skip_serializing_if = "Option::is_none")]
    tenant: Option<&'a TenantId>,
    items: Vec<Item<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<Currency>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_modified: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<String>,
    version: u64,
    #[serde(rename = "cartID")]
    cart_id: CartId,
    state: CartState,
}

impl<'a> ExportedCart<'a> {
    /// An expired cart is shown without its lines, stored so or not.
    fn of(key: &'a CartKey, record: &'a CartRecord, now: Timestamp) -> Self {
        let cart = &record.cart;
        let is_expired = cart.is_expired_at(now);
        let currency = cart.currency.filter(|_| !is_expired);
        Self {
            user: key.user(),
            tenant: key.tenant(),
            items: Item::all(&cart.lines, currency),
            currency,
            last_modified: cart.lifespan.map(|lifespan| lifespan.last_modified.to_string()),
            expires_at: cart.lifespan.map(|lifespan| lifespan.expires_at.to_string()),
            version: record.version,
            cart_id: record.cart_id(key),
            state: if is_expired { CartState::Expired } else { cart.state },
        }
    }
}
