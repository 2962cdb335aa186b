//! What is there before the load: goods, and carts with something in them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use indicatif::ProgressBar;
use tokio::task::JoinSet;

use super::connection::Connection;
use super::load::Load;
use super::mix::{Mix, goods};
use super::shopper::{line, offer};
use super::target::Target;
use crate::exit::Failure;

/// Puts the goods of the benchmark into the shop's catalog.
pub(super) async fn stock(shop: Target) -> Result<(), Failure> {
    let mut connection = Connection::to(shop);
    for product in goods() {
        let put = connection.succeed(offer(&product)).await;
        put.map_err(|source| Failure::failed("the goods cannot be put", source))?;
    }
    Ok(())
}

/// Puts lines into every user's cart: one, unless the mix says how many.
pub(super) async fn fill(load: &Load, bar: &ProgressBar) -> Result<(), Failure> {
    bar.set_length(u64::from(load.mix.users));
    let next = Arc::new(AtomicU64::new(1));
    let mut customers = JoinSet::new();
    for _ in 0..load.connections {
        let connection = Connection::to(load.target.clone());
        customers.spawn(put_lines(connection, load.mix, Arc::clone(&next), bar.clone()));
    }
    while let Some(joined) = customers.join_next().await {
        joined.map_err(|error| Failure::failed("a customer fell over", error))??;
    }
    bar.finish_and_clear();
    Ok(())
}

async fn put_lines(
    mut connection: Connection,
    mix: Mix,
    next: Arc<AtomicU64>,
    bar: ProgressBar,
) -> Result<(), Failure> {
    loop {
        let user = next.fetch_add(1, Ordering::Relaxed);
        if user > u64::from(mix.users) {
            return Ok(());
        }
        for of in 0..mix.lines.map_or(1, u64::from) {
            let put = connection.succeed(line(mix, user, of)).await;
            put.map_err(|source| Failure::failed("a cart cannot be filled", source))?;
        }
        bar.inc(1);
    }
}
