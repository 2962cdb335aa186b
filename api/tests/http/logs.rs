//! What gets into a log: enough to find a request again, and nothing its caller would miss.

use std::io;
use std::sync::{Arc, Mutex};

use cart_schemas::reply::Answer;
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::EnvFilter;

use crate::identity::{SECRET, api_key, asked, customer, known, staff};
use crate::support::server::{Server, next};
use crate::support::{Said, World};

/// The log of this thread, on which a test's tasks run, too.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    /// Everything down to this, as an operator would set it. What is to be heard is up before: a place in the
    /// code that another test comes by first, at this moment, is not heard.
    fn of(filter: &str) -> (Self, DefaultGuard) {
        let log = Self::default();
        let writer = log.clone();
        let lines = tracing_subscriber::fmt()
            .with_env_filter(EnvFilter::new(filter))
            .with_ansi(false)
            .with_writer(move || writer.clone());
        (log, tracing::subscriber::set_default(lines.finish()))
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    /// The lines of the audit.
    fn audit(&self) -> Vec<String> {
        let text = self.text();
        text.lines().filter(|line| line.contains(" audit: ")).map(str::to_owned).collect()
    }

    /// Fails if a word stands anywhere.
    fn lacks(&self, word: &str) {
        let text = self.text();
        let line = text.lines().find(|line| line.contains(word));
        assert!(line.is_none(), "{word:?} in {line:?}");
    }
}

fn text(said: &Said, name: &str) -> String {
    said.json()[name].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn nobody_reads_in_a_log_what_lets_callers_in_or_what_they_said() {
    let server = Server::start(&known()).await;
    let (log, _guard) = Log::of("debug");
    let world = &server.world;
    world.answers(Answer::Applied { version: 4 }, 4);
    let (ann, ops, key) = (customer("ann-secretive"), staff(None), api_key());
    let item = r#"{"productID":"prod_private","quantity":2,"note":"4111111111111111"}"#;

    let added = asked(world, ("POST", "/api/cart/ann-secretive/items"), Some(&ann), item).await;
    assert_eq!(added.status, 200, "{added:?}");
    for token in [&ann, &ops, &key] {
        asked(world, ("GET", "/api/cart/ann-secretive"), Some(token), "").await;
    }
    let forged = format!("{ann}forged");
    asked(world, ("GET", "/api/cart/ann-secretive"), Some(&forged), "").await;
    let broken = r#"{"productID":"prod_private","quantity":"4111111111111111"}"#;
    asked(world, ("POST", "/api/cart/ann-secretive/items"), Some(&ann), broken).await;
    let guest = text(&asked(world, ("POST", "/api/guests"), None, "").await, "token");
    asked(world, ("GET", "/api/cart/ann-secretive"), Some(&guest), "").await;
    let ticket = text(&asked(world, ("POST", "/api/tickets"), Some(&ann), "").await, "ticket");
    let path = format!("/ws/cart/ann-secretive?ticket={ticket}");
    let (mut socket, _) = server.open(&path, &[]).await.unwrap();
    next(&mut socket).await;
    let lists = format!("cartstream.v1, bearer.{ann}");
    let listed = [("sec-websocket-protocol", lists.as_str())];
    server.open("/ws/cart/ann-secretive", &listed).await.unwrap();
    world.store.set_down(true);
    asked(world, ("GET", "/api/cart/ann-secretive"), Some(&ann), "").await;

    let text = log.text();
    for told in ["answered 200", "answered 400", "answered 401", "answered 503", "{userID}"] {
        assert!(text.contains(told), "{told} is not logged: {text}");
    }
    for secret in [&ann, &ops, &key, &guest, &ticket, &forged] {
        log.lacks(secret);
        // Nor what of a token says who it is, or proves it.
        secret.split(['.', '_']).filter(|part| part.len() > 16).for_each(|part| log.lacks(part));
    }
    for word in [SECRET, "ann-secretive", "prod_private", "4111111111111111"] {
        log.lacks(word);
    }
}

#[tokio::test]
async fn the_audit_says_who_changed_what_in_which_request_and_trace() {
    let server = Server::start(&known()).await;
    // Nothing but the audit is logged, so that no span helps out.
    let (log, _guard) = Log::of("off,audit=info");
    server.world.answers(Answer::Applied { version: 4 }, 4);
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let ops = staff(None);

    let request = axum::http::Request::post("/api/cart/ann/clear")
        .header("authorization", format!("Bearer {ops}"))
        .header("x-request-id", "request-7")
        .header("traceparent", trace);
    let said = server.world.ask(request.body(axum::body::Body::empty()).unwrap()).await;
    assert_eq!(said.status, 200, "{said:?}");

    let [line] = &log.audit()[..] else { panic!("one line: {}", log.text()) };
    for part in [
        "who=\"ops\"",
        "method=POST",
        "path=\"/api/cart/ann/clear\"",
        "request.id=\"request-7\"",
        "trace.id=0af7651916cd43dd8448eb211c80319c",
    ] {
        assert!(line.contains(part), "{part} in {line}");
    }
    log.lacks(&ops);
}

#[tokio::test]
async fn the_audit_says_the_same_of_a_command_over_a_socket() {
    use futures::SinkExt as _;
    use tokio_tungstenite::tungstenite::Message;

    let server = Server::start(&known()).await;
    let (log, _guard) = Log::of("off,audit=info");
    server.world.answers(Answer::Applied { version: 4 }, 4);
    let authorization = format!("Bearer {}", staff(None));
    let headers = [("authorization", authorization.as_str())];
    let (mut socket, _) = server.open("/ws/cart/ann", &headers).await.unwrap();
    let said = r#"{"type":"clear","id":"c-1",
        "traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}"#;

    socket.send(Message::text(said)).await.unwrap();
    while !next(&mut socket).await.into_text().unwrap().contains(r#""type":"reply""#) {}

    let [line] = &log.audit()[..] else { panic!("one line: {}", log.text()) };
    for part in ["command=\"clear\"", "cart=\"ann\"", "request.id=\"c-1\"", "trace.id=0af765191"] {
        assert!(line.contains(part), "{part} in {line}");
    }
}

#[tokio::test]
async fn a_row_nobody_can_read_is_named_to_whoever_repairs_it_but_not_shown() {
    let world = World::new().await;
    let (log, _guard) = Log::of("debug");
    world.store.hold_bytes("ann", b"\xffof a newer build".to_vec());

    assert_eq!(world.get("/api/cart/ann").await.status, 500);

    let text = log.text();
    assert!(text.contains("a cart's record cannot be read error=the record of cart ann"), "{text}");
    log.lacks("of a newer build");
}
