//! What is there before the load: goods, and carts with something in them. Knows not whose.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use http_body_util::Full;
use hyper::Request;
use hyper::body::Bytes;
use indicatif::ProgressBar;
use tokio::task::JoinSet;

use super::connection::Connection;
use super::load::Load;
use super::mix::goods;
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

/// What puts the lines of a user's cart there.
pub(super) type Lines = Arc<dyn Fn(u64) -> Vec<Request<Full<Bytes>>> + Send + Sync>;

/// Puts lines into every user's cart: one, unless the mix says how many.
pub(super) async fn fill(load: &Load, bar: &ProgressBar) -> Result<(), Failure> {
    let mix = load.mix;
    let lines = move |user| -> Vec<_> {
        (0..mix.lines.map_or(1, u64::from)).map(|of| line(mix, user, of)).collect()
    };
    let place = (load.target.clone(), load.connections);
    put_all(place, u64::from(mix.users), Arc::new(lines), bar).await
}

/// Puts lines into the carts of users 1 to `users`, over so many connections to a shop.
pub(super) async fn put_all(
    (shop, connections): (Target, u32),
    users: u64,
    lines: Lines,
    bar: &ProgressBar,
) -> Result<(), Failure> {
    bar.set_length(users);
    let next = Arc::new(AtomicU64::new(1));
    let mut customers = JoinSet::new();
    for _ in 0..connections {
        let connection = Connection::to(shop.clone());
        let users = (Arc::clone(&next), users);
        customers.spawn(put_lines(connection, users, Arc::clone(&lines), bar.clone()));
    }
    while let Some(joined) = customers.join_next().await {
        joined.map_err(|error| Failure::failed("a customer fell over", error))??;
    }
    bar.finish_and_clear();
    Ok(())
}

async fn put_lines(
    mut connection: Connection,
    (next, users): (Arc<AtomicU64>, u64),
    lines: Lines,
    bar: ProgressBar,
) -> Result<(), Failure> {
    loop {
        let user = next.fetch_add(1, Ordering::Relaxed);
        if user > users {
            return Ok(());
        }
        for line in lines(user) {
            let put = connection.succeed(line).await;
            put.map_err(|source| Failure::failed("a cart cannot be filled", source))?;
        }
        bar.inc(1);
    }
}
