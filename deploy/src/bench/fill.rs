//! Carts with something in them, before the load: as many as there are users, a line each.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use indicatif::ProgressBar;
use tokio::task::JoinSet;

use super::connection::Connection;
use super::load::Load;
use super::shopper::first_line;
use crate::exit::Failure;

/// Puts a line into every user's cart.
pub(super) async fn fill(load: &Load, bar: &ProgressBar) -> Result<(), Failure> {
    let users = u64::from(load.users);
    bar.set_length(users);
    let next = Arc::new(AtomicU64::new(1));
    let mut customers = JoinSet::new();
    for _ in 0..load.connections {
        customers.spawn(put_lines(load.address, users, Arc::clone(&next), bar.clone()));
    }
    while let Some(joined) = customers.join_next().await {
        joined.map_err(|error| Failure::failed("a customer fell over", error))??;
    }
    bar.finish_and_clear();
    Ok(())
}

async fn put_lines(
    address: SocketAddr,
    users: u64,
    next: Arc<AtomicU64>,
    bar: ProgressBar,
) -> Result<(), Failure> {
    let mut connection = Connection::to(address);
    loop {
        let user = next.fetch_add(1, Ordering::Relaxed);
        if user > users {
            return Ok(());
        }
        let put = connection.succeed(first_line(user)).await;
        put.map_err(|source| Failure::failed("a cart cannot be filled", source))?;
        bar.inc(1);
    }
}
