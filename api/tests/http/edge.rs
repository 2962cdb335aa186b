//! What every answer has, whatever it answers: headers for browsers and caches, and compression.

use std::io::Read as _;

use axum::body::Body;
use axum::http::{HeaderMap, Request, Response};
use bytes::Bytes;
use cart_api::{Settings, Transport};
use cart_schemas::record::CartRecord;
use cart_schemas::reply::Answer;
use flate2::read::GzDecoder;
use tower::ServiceExt as _;

use crate::identity::known;
use crate::support::{World, cart, record};

/// An answer whose body may be no text.
struct Bare {
    headers: HeaderMap,
    status: u16,
    body: Bytes,
}

impl Bare {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    fn unpacked(&self) -> String {
        assert_eq!(self.header("content-encoding"), Some("gzip"));
        let mut text = String::new();
        GzDecoder::new(&self.body[..]).read_to_string(&mut text).unwrap();
        text
    }
}

async fn response(world: &World, request: Request<Body>) -> Response<Body> {
    world.router.clone().oneshot(request).await.unwrap()
}

async fn bare(world: &World, method: &str, path: &str, accepts: &str) -> Bare {
    let request = Request::builder().method(method).uri(path).header("accept-encoding", accepts);
    let answer = response(world, request.body(Body::empty()).unwrap()).await;
    let (head, body) = answer.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    Bare { headers: head.headers, status: head.status.as_u16(), body }
}

/// A cart of so many lines.
fn long(lines: usize) -> CartRecord {
    let mut cart = cart();
    let line = cart.lines.remove(0);
    cart.lines = vec![line; lines];
    CartRecord { cart, ..record(3) }
}

#[tokio::test]
async fn what_is_large_and_text_is_compressed_for_whoever_takes_it() {
    let world = World::new().await;
    let plain = world.get("/openapi.json").await;
    assert_eq!(plain.header("content-encoding"), None);
    assert_eq!(plain.header("vary"), Some("accept-encoding"), "caches keep the two apart");

    let packed = bare(&world, "GET", "/openapi.json", "br, gzip").await;

    assert_eq!(packed.unpacked(), plain.text);
    assert_eq!(packed.header("content-length"), None);
    assert!(packed.body.len() * 4 < plain.text.len());
}

#[tokio::test]
async fn a_small_answer_is_left_as_it_is() {
    let world = World::with(&known()).await;

    for (method, path) in [("GET", "/livez"), ("GET", "/api/cart/u"), ("POST", "/api/guests")] {
        let said = bare(&world, method, path, "gzip").await;

        assert_eq!(said.header("content-encoding"), None, "{path}");
        assert_eq!(said.header("vary"), None, "{path}");
    }
}

#[tokio::test]
async fn a_carts_tag_is_its_version_compressed_or_not() {
    let world = World::new().await;
    world.store.hold("u", &long(12));
    assert_eq!(bare(&world, "GET", "/api/cart/u", "gzip").await.header("content-encoding"), None);
    world.store.hold("u", &long(40));

    let said = bare(&world, "GET", "/api/cart/u", "gzip").await;

    assert_eq!(said.unpacked(), world.get("/api/cart/u").await.text);
    assert_eq!(said.header("etag"), Some("\"3\""));
    assert_eq!(said.header("cache-control"), Some("no-store"));
}

#[tokio::test]
async fn what_is_kept_has_a_weak_tag_once_it_is_compressed_and_is_known_by_it() {
    let world = World::new().await;
    let strong = world.get("/").await.header("etag").unwrap().to_owned();

    let packed = bare(&world, "GET", "/", "gzip").await;

    assert!(packed.unpacked().starts_with("<!doctype html>"));
    let weak = packed.header("etag").unwrap();
    assert_eq!(weak, format!("W/{strong}"));
    let request = Request::get("/").header("if-none-match", weak);
    let again = response(&world, request.body(Body::empty()).unwrap()).await;
    assert_eq!(again.status(), 304);
}

#[tokio::test]
async fn a_change_is_answered_as_what_it_is_whatever_codings_are_forbidden() {
    let world = World::new().await;
    world.answers(Answer::Applied { version: 4 }, 4);

    for forbids in ["identity;q=0", "*;q=0", "gzip, identity;q=0.0"] {
        let said = bare(&world, "POST", "/api/cart/u/clear", forbids).await;
        assert_eq!(said.status, 200, "{forbids}");
        let said = bare(&world, "GET", "/openapi.json", forbids).await;
        assert_eq!((said.status, said.header("content-encoding")), (200, None), "{forbids}");
    }
}

#[tokio::test]
async fn a_stream_of_events_is_passed_on_as_it_comes() {
    let world = World::new().await;
    let request = Request::get("/api/cart/u/events")
        .header("accept", "text/event-stream")
        .header("accept-encoding", "gzip");

    let said = response(&world, request.body(Body::empty()).unwrap()).await;

    assert_eq!(said.headers()["content-type"], "text/event-stream");
    assert!(!said.headers().contains_key("content-encoding"));
}

#[tokio::test]
async fn every_answer_is_inert_in_a_browser_and_kept_by_nobody() {
    let world = World::new().await;
    world.store.set_down(true);

    let answers = [
        ("GET", "/livez", 200),
        ("GET", "/metrics", 200),
        ("GET", "/api/cart/u", 503),
        ("GET", "/api/cart/%zz", 400),
        ("GET", "/nothing", 404),
        ("PATCH", "/api/products", 405),
    ];
    for (method, path, status) in answers {
        let said = bare(&world, method, path, "gzip").await;

        assert_eq!(said.status, status, "{path}");
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "no-referrer"),
            ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
            ("cross-origin-resource-policy", "same-origin"),
            ("cache-control", "no-store"),
        ] {
            assert_eq!(said.header(name), Some(value), "{name} of {path}");
        }
        assert_eq!(said.header("strict-transport-security"), None, "{path}");
    }
}

#[tokio::test]
async fn only_over_tls_are_browsers_told_to_come_back_by_it() {
    let settings = Settings { transport: Transport::Tls, ..Settings::default() };

    let said = World::with(&settings).await.get("/livez").await;

    assert_eq!(said.header("strict-transport-security"), Some("max-age=31536000"));
}

#[tokio::test]
async fn a_page_that_is_let_in_reads_answers_all_the_same() {
    let cors_origins = vec!["https://shop.example".to_owned()];
    let world = World::with(&Settings { cors_origins, ..Settings::default() }).await;
    let request = Request::get("/api/products").header("origin", "https://shop.example");

    let said = world.ask(request.body(Body::empty()).unwrap()).await;

    assert_eq!(said.header("access-control-allow-origin"), Some("https://shop.example"));
    let varies: Vec<_> = said.headers.get_all("vary").iter().collect();
    assert!(varies.iter().any(|by| by.as_bytes().starts_with(b"origin")), "{varies:?}");
    assert!(varies.iter().any(|by| by.as_bytes().starts_with(b"accept-encoding")), "{varies:?}");
}
