//! The API over TLS: what is spoken, what is cut, and which certificate is shown.

mod client;

use std::path::PathBuf;
use std::time::Duration;

use cart_api::{CertificateFiles, Door, Readiness, Settings, Tls};
use futures::StreamExt as _;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, advance, pause, resume};
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_tungstenite::client_async;

use self::client::{Client, pem, said};
use crate::support::server::Server;

fn tls(name: &str) -> Tls {
    let file = |end: &str| pem(&format!("{name}{end}"));
    Tls::open(CertificateFiles { chain: file(".pem"), key: file(".key.pem") }).unwrap()
}

/// Where the health of a process is served, over TLS, until the end of the test.
async fn secret(tls: Tls) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (readiness, metrics) = (Readiness::default(), crate::support::metrics());
    let never = std::future::pending();
    tokio::spawn(cart_api::serve_health(Door::new(listener, Some(tls)), readiness, metrics, never));
    address
}

#[tokio::test]
async fn carts_are_read_and_followed_over_tls() {
    let server = Server::start_secretly(&Settings::default(), tls("first")).await;
    let client = Client::trusting(&["first"]);

    let cart = said(client.connect(&server.address).await.unwrap(), "/api/cart/ann", "").await;
    assert!(
        cart.starts_with("HTTP/1.1 200 OK\r\n") && cart.contains(r#""userID":"ann""#),
        "{cart}"
    );

    let stream = client.connect(&server.address).await.unwrap();
    let (mut socket, _) = client_async("wss://localhost/ws/cart/ann", stream).await.unwrap();
    let state = socket.next().await.unwrap().unwrap();
    assert!(state.to_text().unwrap().contains("cart_state"), "{state}");
    let cleared = json!({"type": "cart_cleared", "version": 1, "n": 0, "of": 1}).to_string();
    server.world.log.event("ann", &cleared);
    let event = socket.next().await.unwrap().unwrap();
    assert!(event.to_text().unwrap().contains("cart_cleared"), "{event}");
}

#[tokio::test]
async fn a_stream_of_events_comes_over_tls() {
    let server = Server::start_secretly(&Settings::default(), tls("first")).await;
    let mut stream = Client::trusting(&["first"]).connect(&server.address).await.unwrap();
    let asks =
        "GET /api/cart/ann/events HTTP/1.1\r\nhost: localhost\r\naccept: text/event-stream\r\n\r\n";
    stream.write_all(asks.as_bytes()).await.unwrap();
    let mut head = [0; 15];
    stream.read_exact(&mut head).await.unwrap();
    assert_eq!(&head, b"HTTP/1.1 200 OK");

    let cleared = json!({"type": "cart_cleared", "version": 1, "n": 0, "of": 1}).to_string();
    server.world.log.event("ann", &cleared);

    let mut read = String::new();
    while !read.contains("cart_cleared") {
        let mut some = [0; 1024];
        let count = stream.read(&mut some).await.unwrap();
        assert!(count > 0, "it ended: {read}");
        read.push_str(std::str::from_utf8(&some[..count]).unwrap());
    }
}

#[tokio::test]
async fn sockets_are_closed_over_tls_as_the_server_stops() {
    let server = Server::start_secretly(&Settings::default(), tls("first")).await;
    let stream = Client::trusting(&["first"]).connect(&server.address).await.unwrap();
    let (mut socket, _) = client_async("wss://localhost/ws/cart/ann", stream).await.unwrap();
    socket.next().await.unwrap().unwrap();

    server.stop.send(()).unwrap();

    let close = socket.next().await.unwrap().unwrap();
    assert!(close.is_close(), "{close}");
    drop(socket);
    server.serving.await.unwrap();
}

#[tokio::test]
async fn both_versions_are_spoken_and_http_1_alone() {
    let address = secret(tls("first")).await;
    for (versions, offers, agreed) in [
        (&[&TLS12][..], &[][..], None),
        (&[&TLS13], &["http/1.1"], Some("http/1.1")),
        (&[&TLS12, &TLS13], &["h2", "http/1.1"], Some("http/1.1")),
    ] {
        let client = Client::with(&["first"], versions, offers);
        let stream = client.connect(&address).await.unwrap();
        let protocol = stream.get_ref().1.alpn_protocol().map(<[u8]>::to_vec);
        assert_eq!(protocol.as_deref(), agreed.map(str::as_bytes));
        assert!(said(stream, "/livez", "").await.starts_with("HTTP/1.1 200 OK"));
    }

    let other = Client::with(&["first"], &[&TLS13], &["h2"]).connect(&address).await;
    assert!(other.unwrap_err().to_string().contains("NoApplicationProtocol"));
}

#[tokio::test]
async fn whoever_speaks_plainly_gets_an_end() {
    let address = secret(tls("first")).await;
    let mut plain = TcpStream::connect(&address).await.unwrap();
    plain.write_all(b"GET /livez HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();

    let mut rest = Vec::new();
    // What was not read yet may reset the connection: that is an end, too.
    drop(plain.read_to_end(&mut rest).await);

    assert!(!String::from_utf8_lossy(&rest).contains("HTTP"), "{rest:?}");
}

#[tokio::test]
async fn a_handshake_that_stalls_is_cut_and_holds_up_nobody() {
    let address = secret(tls("first")).await;
    for said in [&b""[..], &[0x16, 3, 1, 0]] {
        let began = Instant::now();
        let mut stalls = TcpStream::connect(&address).await.unwrap();
        stalls.write_all(said).await.unwrap();
        let stream = Client::trusting(&["first"]).connect(&address).await.unwrap();
        assert!(self::said(stream, "/livez", "").await.starts_with("HTTP/1.1 200 OK"));

        // From here on nothing is waited for but the limit, which comes at once.
        pause();
        let mut rest = Vec::new();
        stalls.read_to_end(&mut rest).await.unwrap();
        resume();

        assert!(rest.is_empty());
        assert!((9..12).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
    }
}

#[tokio::test]
async fn a_connection_that_asks_nothing_after_its_handshake_is_closed() {
    let address = secret(tls("first")).await;
    let mut stream = Client::trusting(&["first"]).connect(&address).await.unwrap();
    let began = Instant::now();

    pause();
    let mut rest = Vec::new();
    drop(stream.read_to_end(&mut rest).await);

    assert!(rest.is_empty());
    assert!((9..12).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
}

/// A certificate in files of the test's own, which end with it.
struct Files(PathBuf);

impl Files {
    fn of(test: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("cartstream-{test}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn hold(&self, end: &str, text: &[u8]) {
        let fresh = self.0.join("fresh");
        std::fs::write(&fresh, text).unwrap();
        std::fs::rename(fresh, self.0.join(end)).unwrap();
    }

    fn copy(&self, name: &str, ends: &[&str]) {
        ends.iter().for_each(|end| {
            self.hold(end, &std::fs::read(pem(&format!("{name}.{end}"))).unwrap());
        });
    }

    fn tls(&self) -> Tls {
        let files = CertificateFiles { chain: self.0.join("pem"), key: self.0.join("key.pem") };
        Tls::open(files).unwrap()
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

#[tokio::test]
async fn a_renewed_certificate_is_shown_to_the_next_connection() {
    let files = Files::of("renewed");
    files.copy("first", &["pem", "key.pem"]);
    let address = secret(files.tls()).await;
    let (before, after) = (Client::trusting(&["first"]), Client::trusting(&["second"]));
    assert!(after.connect(&address).await.is_err());

    files.copy("second", &["pem", "key.pem"]);
    let began = Instant::now();
    while after.connect(&address).await.is_err() {
        pause();
        advance(Duration::from_secs(1)).await;
        resume();
        assert!(began.elapsed() < Duration::from_secs(600), "never shown");
    }

    assert!(before.connect(&address).await.is_err());
}
