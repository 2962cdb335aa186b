//! The server around the router: accepts, closes connections that ask nothing, and on shutdown drains
//! within a bound. Knows no route.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use axum::Router;
use axum::serve::{Listener as _, ListenerExt as _};
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt as _;

use crate::admission::Peer;
use crate::api::Api;
use crate::door::{Door, Waiting};
use crate::tls::Tls;

/// How long requests and sockets have to end: longer than a change waits for its outcome, shorter
/// than orchestrators wait before they kill.
const DRAINS_WITHIN: Duration = Duration::from_secs(10);
/// How long a new connection may say nothing.
const ASKS_WITHIN: Duration = Duration::from_secs(10);
/// How long a head may take, from the answer before it on: longer than the 60 s gateways commonly keep
/// an idle connection, so that it is they who close it and no request meets its end.
const HEAD_WITHIN: Duration = Duration::from_secs(75);

/// The largest head of a request: four of the longest tokens, and a quarter of what the library holds for
/// each connection by itself.
const HEAD_MAX: usize = 96 * 1024;

/// Serves `api` until `shutdown` resolves; then `/readyz` says no, sockets are closed with 1001,
/// nothing new is accepted and requests in flight are finished, all within 10 s.
pub async fn serve(door: impl Into<Door>, api: Api, shutdown: impl Future<Output = ()>) {
    let draining = async {
        shutdown.await;
        api.drain();
    };
    serve_until(door.into(), api.router(), draining, api.drained()).await;
}

/// Serves `routes` until `shutdown` resolves, and finishes requests in flight within 10 s.
pub(crate) async fn serve_routes(
    door: impl Into<Door>,
    routes: Router,
    shutdown: impl Future<Output = ()>,
) {
    serve_until(door.into(), routes, shutdown, std::future::ready(())).await;
}

async fn serve_until(
    door: Door,
    routes: Router,
    shutdown: impl Future<Output = ()>,
    rest: impl Future<Output = ()>,
) {
    let stop = CancellationToken::new();
    let tls = door.tls.clone();
    let mut serving = pin!(accept(door, routes, stop.clone()));
    tokio::select! {
        () = &mut serving => return,
        () = follow_files(tls) => {}
        () = shutdown => stop.cancel(),
    }
    let ending = async {
        serving.await;
        rest.await;
    };
    if timeout(DRAINS_WITHIN, ending).await.is_err() {
        tracing::warn!("connections are cut off that did not end in time");
    }
}

/// Keeps the certificate that is shown the one of its files. Never ends.
async fn follow_files(tls: Option<Tls>) {
    match tls {
        Some(tls) => tls.follow_files().await,
        None => std::future::pending().await,
    }
}

/// Accepts until `stop`, and then waits for the requests in flight.
async fn accept(door: Door, routes: Router, stop: CancellationToken) {
    let Door { listener, tls } = door;
    let mut listener = listener.tap_io(|connection| {
        // Answers are small and wait for nothing; Nagle would hold them back.
        if let Err(error) = connection.set_nodelay(true) {
            tracing::debug!(%error, "a connection keeps its delay");
        }
    });
    let connections = TaskTracker::new();
    loop {
        let (connection, from) = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        // Boxed, since whatever wakes a socket keeps the task that took its handshake.
        let (from, routes, stop) = (Peer(from.ip()), routes.clone(), stop.clone());
        match tls.clone() {
            None => connections.spawn(Box::pin(serve_one((connection, from), routes, stop))),
            Some(tls) => {
                let served = serve_secretly(tls, (connection, from), routes, stop);
                connections.spawn(Box::pin(served))
            }
        };
    }
    drop(listener);
    connections.close();
    connections.wait().await;
}

/// Serves what a connection turns out to be once its handshake is done. In a box, since a task that
/// waits for a handshake needs none of it.
async fn serve_secretly(
    tls: Tls,
    (connection, from): (TcpStream, Peer),
    routes: Router,
    stop: CancellationToken,
) {
    let shaken = tokio::select! {
        () = stop.cancelled() => return,
        shaken = tls.handshake(connection) => shaken,
    };
    if let Some(connection) = shaken {
        Box::pin(serve_one((connection, from), routes, stop)).await;
    }
}

async fn serve_one<C>((mut connection, from): (C, Peer), routes: Router, stop: CancellationToken)
where
    C: Waiting + AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let asks = tokio::select! {
        () = stop.cancelled() => return,
        asks = timeout(ASKS_WITHIN, connection.speaks()) => asks,
    };
    if !matches!(asks, Ok(Ok(true))) {
        return;
    }
    let routes = routes.map_request(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(from);
        request
    });
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_WITHIN)
        .max_buf_size(HEAD_MAX)
        .serve_connection(TokioIo::new(connection), TowerToHyperService::new(routes))
        .with_upgrades();
    let mut serving = pin!(serving);
    let served = tokio::select! {
        served = &mut serving => served,
        () = stop.cancelled() => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = served {
        tracing::trace!(%error, "a connection broke");
    }
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;
    use tokio::time::{Instant, interval};

    use super::*;

    /// One route behind a server that is never told to end. Time is paused, and goes on to the next
    /// deadline where all wait.
    async fn connected() -> TcpStream {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let routes = Router::new().route("/", get(|| async { "here" }));
        tokio::spawn(serve_routes(listener, routes, std::future::pending()));
        TcpStream::connect(address).await.unwrap()
    }

    async fn closed(connection: &mut TcpStream) {
        let mut rest = Vec::new();
        connection.read_to_end(&mut rest).await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_that_asks_nothing_is_closed() {
        let mut connection = connected().await;
        let began = Instant::now();

        closed(&mut connection).await;

        assert!(began.elapsed() >= ASKS_WITHIN - Duration::from_secs(1));
        assert!(began.elapsed() < HEAD_WITHIN);
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_that_comes_a_byte_a_second_is_not_waited_for() {
        let (mut answers, mut head) = connected().await.into_split();
        let began = Instant::now();
        let trickle = tokio::spawn(async move {
            let mut second = interval(Duration::from_secs(1));
            for byte in
                "GET / HTTP/1.1\r\nhost: a\r\nx-long: ".bytes().chain(std::iter::repeat(b'x'))
            {
                second.tick().await;
                if head.write_all(&[byte]).await.is_err() {
                    return;
                }
            }
        });

        let mut rest = Vec::new();
        // What was still sent after the end resets the connection.
        drop(answers.read_to_end(&mut rest).await);

        assert!(rest.is_empty());
        assert!(began.elapsed() < HEAD_WITHIN + Duration::from_secs(5));
        trickle.abort();
    }

    #[tokio::test]
    async fn a_head_that_is_too_long_is_refused_before_it_is_whole() {
        let mut connection = connected().await;
        let head = format!("GET / HTTP/1.1\r\nx-long: {}", "x".repeat(HEAD_MAX));
        // Who refuses unread what is still being sent may reset the connection.
        drop(connection.write_all(head.as_bytes()).await);

        let mut answer = [0; 12];
        connection.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"HTTP/1.1 431");
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_is_kept_a_while_for_its_next_request() {
        let mut connection = connected().await;
        let mut answer = [0; 15];
        connection.write_all(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
        connection.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"HTTP/1.1 200 OK");
        let began = Instant::now();

        closed(&mut connection).await;

        assert!(began.elapsed() >= HEAD_WITHIN - Duration::from_secs(1));
    }
}
