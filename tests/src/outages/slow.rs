//! A way to Cassandra on which every answer may be held for a while. It delays and never queues:
//! answers that come together are late together. Knows no CQL.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Result;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::support::shop::CQL;

/// How late an answer is.
pub(super) const LATE: Duration = Duration::from_millis(500);
/// Answers held at a time on a connection: far more than are in flight.
const HELD_MAX: usize = 4_096;
/// Bytes of an answer taken at a time.
const CHUNK: usize = 64 * 1024;

/// The way, open until it is dropped.
#[derive(Debug)]
pub(super) struct SlowWay {
    address: String,
    traffic: Arc<Traffic>,
    _accepting: JoinSet<()>,
}

#[derive(Debug, Default)]
struct Traffic {
    delay_ms: AtomicU64,
    /// Bytes of answers that were held.
    held: AtomicU64,
}

impl SlowWay {
    /// Opens it on a free port; answers are not held yet.
    pub(super) async fn open() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?.to_string();
        let traffic = Arc::new(Traffic::default());
        let mut accepting = JoinSet::new();
        accepting.spawn(accept(listener, Arc::clone(&traffic)));
        Ok(Self { address, traffic, _accepting: accepting })
    }

    /// Where to connect.
    pub(super) fn address(&self) -> String {
        self.address.clone()
    }

    /// Holds every answer from now on.
    pub(super) fn slow_down(&self) {
        let millis = u64::try_from(LATE.as_millis()).unwrap_or(u64::MAX);
        self.traffic.delay_ms.store(millis, Ordering::Relaxed);
    }

    /// Passes answers on at once; those that are held are still late.
    pub(super) fn speed_up(&self) {
        self.traffic.delay_ms.store(0, Ordering::Relaxed);
    }

    /// Bytes that were held so far.
    pub(super) fn held(&self) -> u64 {
        self.traffic.held.load(Ordering::Relaxed)
    }
}

async fn accept(listener: TcpListener, traffic: Arc<Traffic>) {
    let mut connections = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        connections.spawn(carry(client, Arc::clone(&traffic)));
        while connections.try_join_next().is_some() {}
    }
}

/// Carries one connection until either side ends it.
async fn carry(client: TcpStream, traffic: Arc<Traffic>) {
    let Ok(server) = TcpStream::connect(CQL).await else { return };
    if client.set_nodelay(true).and_then(|()| server.set_nodelay(true)).is_err() {
        return;
    }
    let ((mut asks, answers), (server_says, mut server_hears)) =
        (client.into_split(), server.into_split());
    let (held, due) = mpsc::channel(HELD_MAX);
    tokio::select! {
        _ = tokio::io::copy(&mut asks, &mut server_hears) => {}
        () = hold(server_says, held, &traffic) => {}
        () = give(due, answers) => {}
    }
}

/// Notes of each piece when it is due.
async fn hold(
    mut server: OwnedReadHalf,
    held: mpsc::Sender<(Instant, Vec<u8>)>,
    traffic: &Traffic,
) {
    loop {
        let mut piece = Vec::with_capacity(CHUNK);
        match server.read_buf(&mut piece).await {
            Ok(read) if read > 0 => {}
            Ok(_) | Err(_) => return,
        }
        let delay = traffic.delay_ms.load(Ordering::Relaxed);
        if delay > 0 {
            traffic.held.fetch_add(piece.len() as u64, Ordering::Relaxed);
        }
        if held.send((Instant::now() + Duration::from_millis(delay), piece)).await.is_err() {
            return;
        }
    }
}

/// Passes each piece on when it is due, in order.
async fn give(mut due: mpsc::Receiver<(Instant, Vec<u8>)>, mut client: OwnedWriteHalf) {
    while let Some((at, piece)) = due.recv().await {
        tokio::time::sleep_until(at).await;
        if client.write_all(&piece).await.is_err() {
            return;
        }
    }
}
