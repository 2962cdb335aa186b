//! The server around the router: accepts, closes connections that ask nothing, and on shutdown drains
//! within a bound. Knows no route.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use axum::Router;
use axum_server::accept::NoDelayAcceptor;
use axum_server::{Handle, Server};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::net::TcpListener;

use crate::api::Api;

/// How long requests and sockets have to end: longer than a change waits for its outcome, shorter
/// than orchestrators wait before they kill.
const DRAINS_WITHIN: Duration = Duration::from_secs(10);
/// How long a new connection has to say the head of its first request, which fits one packet.
const FIRST_HEAD_WITHIN: Duration = Duration::from_secs(10);
/// How long a connection that was answered has to say its next head: longer than the 60 s gateways
/// commonly keep an idle connection, so that it is they who close it and no request meets its end.
const NEXT_HEAD_WITHIN: Duration = Duration::from_secs(75);

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
    let handle = Handle::new();
    let mut server = pin!(accept(listener, api.router(), &handle));
    tokio::select! {
        result = &mut server => return result,
        () = shutdown => {}
    }
    api.drain();
    handle.graceful_shutdown(None);
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

/// Serves `routes` until `shutdown` resolves, and finishes requests in flight within 10 s.
pub(crate) async fn serve_routes(
    listener: TcpListener,
    routes: Router,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let handle = Handle::new();
    let mut server = pin!(accept(listener, routes, &handle));
    tokio::select! {
        result = &mut server => return result,
        () = shutdown => handle.graceful_shutdown(Some(DRAINS_WITHIN)),
    }
    server.await
}

async fn accept(
    listener: TcpListener,
    routes: Router,
    handle: &Handle<SocketAddr>,
) -> io::Result<()> {
    let mut http = Builder::new(TokioExecutor::new()).http1_only();
    http.http1().timer(TokioTimer::new()).header_read_timeout(NEXT_HEAD_WITHIN);
    let mut server = Server::<SocketAddr>::from_listener(listener)
        // Answers are small and wait for nothing; Nagle would hold them back.
        .acceptor(NoDelayAcceptor::new())
        .first_request_timeout(FIRST_HEAD_WITHIN)
        .accept_error_handler(|_, error| tracing::warn!(%error, "a connection is not accepted"))
        .handle(handle.clone());
    *server.http_builder() = http;
    server.serve(routes.into_make_service()).await
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpStream;
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

        assert!(began.elapsed() >= FIRST_HEAD_WITHIN - Duration::from_secs(1));
        assert!(began.elapsed() < NEXT_HEAD_WITHIN);
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
        assert!(began.elapsed() < NEXT_HEAD_WITHIN);
        trickle.abort();
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

        assert!(began.elapsed() >= NEXT_HEAD_WITHIN - Duration::from_secs(1));
    }
}
