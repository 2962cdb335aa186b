//! The server around the router: accepts, and on shutdown drains within a bound.

use std::future::{Future, IntoFuture as _};
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use axum::serve::{Listener, ListenerExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

use crate::api::Api;

/// How long requests and sockets have to end: longer than a change waits for its outcome, shorter
/// than orchestrators wait before they kill.
const DRAINS_WITHIN: Duration = Duration::from_secs(10);

/// Serves `api` until `shutdown` resolves; then `/readyz` says no, sockets are closed with 1001,
/// nothing new is accepted and requests in flight are finished, all within 10 s.
///
/// # Errors
/// The listener failed.
pub async fn serve(
    listener: TcpListener,
    api: Api,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let stop = CancellationToken::new();
    let server = axum::serve(without_delay(listener), api.router())
        .with_graceful_shutdown(stop.clone().cancelled_owned())
        .into_future();
    let mut server = pin!(server);
    tokio::select! {
        result = &mut server => return result,
        () = shutdown => {}
    }
    api.drain();
    stop.cancel();
    let ending = async {
        let result = server.await;
        api.drained().await;
        result
    };
    tokio::time::timeout(DRAINS_WITHIN, ending).await.unwrap_or_else(|_| {
        tracing::warn!("connections are cut off that did not end in time");
        Ok(())
    })
}

/// The same listener, whose connections send at once.
pub(crate) fn without_delay(
    listener: TcpListener,
) -> impl Listener<Io = TcpStream, Addr = SocketAddr> {
    listener.tap_io(|connection| {
        // Answers are small and wait for nothing; Nagle would hold them back.
        if let Err(error) = connection.set_nodelay(true) {
            tracing::debug!(%error, "a connection keeps its delay");
        }
    })
}
