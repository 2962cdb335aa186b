//! What is counted, what is turned away, and what is never: each limit has its one answer.

use axum::body::Body;
use axum::http::Request;
use cart_api::{Allowances, Limit, Settings};
use cart_schemas::reply::Answer;

use crate::hostile::status;
use crate::identity::{customer, known};
use crate::support::server::{Server, refusal};
use crate::support::{Said, World};

fn limit(text: &str) -> Limit {
    text.parse().unwrap()
}

fn counted(allowances: Allowances) -> Settings {
    Settings { allowances, ..known() }
}

async fn by(world: &World, user: &str, (method, path): (&str, &str)) -> Said {
    let bearer = format!("Bearer {}", customer(user));
    let request = Request::builder().method(method).uri(path).header("authorization", bearer);
    world.ask(request.body(Body::empty()).unwrap()).await
}

fn refused(said: &Said) {
    assert_eq!(said.problem(), (429, "rate_limited".to_owned()), "{said:?}");
    assert_eq!(said.header("retry-after"), Some("1"), "{said:?}");
}

#[tokio::test]
async fn a_user_who_asks_too_much_is_told_so_and_others_are_not() {
    let allowances = Allowances { reads: limit("1/2"), ..Allowances::NONE };
    let world = World::with(&counted(allowances)).await;
    let read = ("GET", "/api/cart/ann");

    let first = by(&world, "ann", read).await;
    assert_eq!(first.header("ratelimit-policy"), Some(r#""reads";q=2;w=2"#));
    assert_eq!(first.header("ratelimit"), Some(r#""reads";r=1;t=1"#));
    by(&world, "ann", read).await;
    let third = by(&world, "ann", read).await;

    refused(&third);
    assert_eq!(third.header("ratelimit-policy"), Some(r#""reads";q=2;w=2"#));
    assert_eq!(third.header("ratelimit"), Some(r#""reads";r=0;t=1"#));
    assert!(third.header("x-request-id").is_some());
    assert_eq!(by(&world, "bob", ("GET", "/api/cart/bob")).await.status, 200);
}

#[tokio::test]
async fn reads_do_not_spend_what_is_there_for_changes() {
    let allowances = Allowances { reads: limit("1/1"), writes: limit("1/1"), ..Allowances::NONE };
    let world = World::with(&counted(allowances)).await;
    world.answers(Answer::Applied { version: 3 }, 3);
    let (read, clear) = (("GET", "/api/cart/ann"), ("POST", "/api/cart/ann/clear"));

    assert_eq!(by(&world, "ann", read).await.status, 200);
    refused(&by(&world, "ann", read).await);
    let changed = by(&world, "ann", clear).await;
    assert_eq!(changed.header("ratelimit"), Some(r#""writes";r=0;t=1"#), "{changed:?}");
    refused(&by(&world, "ann", clear).await);

    assert_eq!(world.log.commands().len(), 1);
}

#[tokio::test]
async fn whoever_is_not_known_spends_nobodys_budget() {
    let allowances = Allowances { reads: limit("1/1"), ..Allowances::NONE };
    let world = World::with(&counted(allowances)).await;

    for _ in 0..3 {
        assert_eq!(world.get("/api/cart/ann").await.problem(), (401, "unauthenticated".to_owned()));
    }
    assert_eq!(by(&world, "ann", ("GET", "/api/cart/ann")).await.status, 200);
}

#[tokio::test]
async fn sockets_and_streams_are_opened_from_one_budget() {
    let allowances = Allowances { sockets: limit("1/1"), ..Allowances::NONE };
    let server = Server::start(&counted(allowances)).await;
    let bearer = format!("Bearer {}", customer("ann"));
    let headers = [("authorization", bearer.as_str())];

    let open = server.open("/ws/cart/ann", &headers).await;
    assert!(open.is_ok());
    assert_eq!(
        refusal(server.open("/ws/cart/ann", &headers).await),
        (429, "rate_limited".to_owned())
    );
    let stream = Request::get("/api/cart/ann/events").header("accept", "text/event-stream");
    let stream = stream.header("authorization", bearer).body(Body::empty()).unwrap();
    refused(&server.world.ask(stream).await);
    assert_eq!(by(&server.world, "ann", ("GET", "/api/cart/ann/events")).await.status, 200);
}

/// Answers of a server to requests that came over its one proxy from these addresses.
async fn from(server: &Server, path: &str, addresses: &[&str]) -> Vec<u16> {
    let mut answered = Vec::new();
    for address in addresses {
        let header = format!("x-forwarded-for: {address}");
        answered.push(status(&server.address, path, &header).await);
    }
    answered
}

#[tokio::test]
async fn an_address_that_asks_too_much_is_told_so_before_anything_else_is_looked_at() {
    let allowances = Allowances { address: limit("1/2"), trusted_proxies: 1, ..Allowances::NONE };
    let server = Server::start(&counted(allowances)).await;
    let addresses = ["9.9.9.9, 1.1.1.1", "8.8.8.8, 1.1.1.1", "7.7.7.7, 1.1.1.1", "1.1.1.2"];

    assert_eq!(from(&server, "GET /nowhere", &addresses).await, [404, 404, 429, 404]);
    for path in ["GET /livez", "GET /readyz", "GET /metrics"] {
        assert_eq!(from(&server, path, &["1.1.1.1"; 5]).await, [200; 5], "{path}");
    }
}

#[tokio::test]
async fn a_header_nobody_vouches_for_is_not_believed_and_this_machine_is_not_counted() {
    let allowances = Allowances { address: limit("1/1"), ..Allowances::NONE };
    let server = Server::start(&counted(allowances)).await;

    assert_eq!(from(&server, "GET /nowhere", &["1.1.1.1"; 3]).await, [404; 3]);
}

#[tokio::test]
async fn one_request_too_many_is_turned_away_at_once_and_nothing_of_it_is_sent() {
    let world = World::new().await;
    let mut waiting = Vec::new();
    for _ in 0..128 {
        let router = world.router.clone();
        let request = Request::post("/api/cart/u/clear").body(Body::empty()).unwrap();
        waiting.push(tokio::spawn(tower::ServiceExt::oneshot(router, request)));
    }
    while world.log.commands().len() < 128 {
        tokio::task::yield_now().await;
    }

    let said = world.send("POST", "/api/cart/u/clear", "").await;

    assert_eq!(said.problem(), (503, "overloaded".to_owned()));
    assert_eq!(said.header("retry-after"), Some("1"));
    assert_eq!(world.log.commands().len(), 128);
    assert_eq!(world.get("/api/cart/u").await.problem(), (503, "overloaded".to_owned()));
    for path in ["/api/products", "/livez", "/readyz", "/metrics"] {
        assert_eq!(world.get(path).await.status, 200, "{path}");
    }
    waiting.iter().for_each(tokio::task::JoinHandle::abort);
}
