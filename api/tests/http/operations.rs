//! What operators and browsers see.

use std::net::SocketAddr;

use axum::body::Body;
use axum::http::Request;
use cart_api::{Readiness, Settings};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use crate::support::log::MemoryLog;
use crate::support::{World, metrics};

#[tokio::test]
async fn readiness_names_what_is_missing_until_nothing_is() {
    let log = MemoryLog::new();
    log.set_silent();
    let world = World::starting(&Settings::default(), log).await;
    let store = world.readiness.register("store");

    let said = world.get("/readyz").await;
    assert_eq!(said.status, 503);
    assert_eq!(
        said.text,
        r#"{"status":"not_ready","missing":["catalog","replies","events","store"]}"#
    );
    assert_eq!(world.get("/livez").await.status, 200);
    assert_eq!(world.get("/api/cart/u").await.problem(), (503, "unavailable".to_owned()));
    assert_eq!(world.get("/api/products").await.problem(), (503, "unavailable".to_owned()));

    store.set(true);
    assert!(world.get("/readyz").await.text.ends_with(r#""events"]}"#));
}

#[tokio::test]
async fn a_draining_instance_is_not_ready_but_still_answers() {
    let world = World::new().await;
    assert_eq!(world.get("/readyz").await.text, r#"{"status":"ready"}"#);

    world.api.drain();
    world.api.drained().await;

    let said = world.get("/readyz").await;
    assert_eq!(said.status, 503);
    assert_eq!(said.json()["status"], "draining");
    assert_eq!(world.get("/api/cart/u").await.status, 200);
}

#[tokio::test]
async fn a_process_without_carts_serves_its_health_alone() {
    let readiness = Readiness::default();
    let processor = readiness.register("processor");
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel();
    let shutdown = async { drop::<Result<(), _>>(stopped.await) };
    let serving = tokio::spawn(cart_api::serve_health(listener, readiness, metrics(), shutdown));

    let not_ready = raw_get(address, "/readyz").await;
    assert!(not_ready.ends_with(r#"{"status":"not_ready","missing":["processor"]}"#));
    processor.set(true);
    assert!(raw_get(address, "/readyz").await.ends_with(r#"{"status":"ready"}"#));
    assert!(raw_get(address, "/api/cart/u").await.contains(r#""code":"not_found""#));

    stop.send(()).unwrap();
    serving.await.unwrap();
}

async fn raw_get(address: SocketAddr, path: &str) -> String {
    let mut connection = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    connection.write_all(request.as_bytes()).await.unwrap();
    let mut response = String::new();
    connection.read_to_string(&mut response).await.unwrap();
    response
}

#[tokio::test]
async fn metrics_name_routes_and_never_users() {
    let world = World::new().await;
    world.get("/api/cart/somebody").await;
    world.get("/nowhere/somebody").await;

    let said = world.get("/metrics").await;

    assert!(said.header("content-type").unwrap().starts_with("text/plain"));
    assert!(said.text.contains(r#"route="/api/cart/{userID}",method="GET",status="200""#));
    assert!(said.text.contains(r#"route="unmatched",method="GET",status="404""#));
    assert!(said.text.contains("cartstream_reads_seconds"));
    assert!(!said.text.contains("somebody"));
}

#[tokio::test]
async fn the_description_is_served() {
    let said = World::new().await.get("/openapi.json").await;

    assert_eq!(said.header("content-type"), Some("application/json"));
    assert!(said.json()["openapi"].as_str().unwrap().starts_with("3."));
}

#[tokio::test]
async fn other_origins_may_call_only_where_configured() {
    let preflight = || {
        let request = Request::options("/api/cart/u/items")
            .header("origin", "https://shop.example")
            .header("access-control-request-method", "POST");
        request.body(Body::empty()).unwrap()
    };
    let closed = World::new().await.ask(preflight()).await;
    assert_eq!(closed.problem(), (405, "method_not_allowed".to_owned()));

    let cors_origins = vec!["https://shop.example".to_owned()];
    let open = World::with(&Settings { cors_origins, ..Settings::default() }).await;
    let said = open.ask(preflight()).await;
    assert_eq!(said.status, 200);
    assert_eq!(said.header("access-control-allow-origin"), Some("https://shop.example"));

    let request = Request::get("/api/cart/u").header("origin", "https://other.example");
    let said = open.ask(request.body(Body::empty()).unwrap()).await;
    assert_eq!(said.header("access-control-allow-origin"), None);
}
