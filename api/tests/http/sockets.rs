//! Sockets over a real listener.

use std::time::Duration;

use cart_api::Settings;
use cart_schemas::topic::Topic;
use futures::{SinkExt as _, StreamExt as _};
use serde_json::Value;
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::support::record;
use crate::support::server::{Server, Socket, closed, next};

fn event(server: &Server, version: u64) -> String {
    let json = format!(
        r#"{{"type":"cart_cleared","total":30.00,"version":{version},"n":0,"of":1,"timestamp":"2024-01-15T10:30:00Z"}}"#
    );
    server.world.log.event("u", &json);
    format!(r#"{{"type":"cart_event","data":{json}}}"#)
}

/// The version of the cart the next message has to be.
async fn state(socket: &mut Socket) -> u64 {
    cart(socket, r#"{"type":"cart_state","data":{"userID":"u","#).await
}

async fn state_again(socket: &mut Socket) -> u64 {
    cart(socket, r#"{"type":"cart_state","recovered":false,"data":{"userID":"u","#).await
}

async fn cart(socket: &mut Socket, begins: &str) -> u64 {
    let message = next(socket).await.into_text().unwrap();
    assert!(message.starts_with(begins), "{message}");
    let message: Value = serde_json::from_str(&message).unwrap();
    message["data"]["version"].as_u64().unwrap()
}

#[tokio::test]
async fn a_socket_gets_the_cart_and_then_each_event_after_it_as_it_is() {
    let server = Server::start(&Settings::default()).await;
    server.world.store.hold("u", &record(3));
    let mut socket = server.connect("u").await.unwrap();
    assert_eq!(state(&mut socket).await, 3);

    event(&server, 3);
    let fourth = event(&server, 4);
    let fifth = event(&server, 5);

    assert_eq!(next(&mut socket).await.into_text().unwrap(), fourth);
    assert_eq!(next(&mut socket).await.into_text().unwrap(), fifth);
}

#[tokio::test]
async fn a_gap_or_a_tail_opened_anew_sends_the_cart_again() {
    let server = Server::start(&Settings::default()).await;
    server.world.store.hold("u", &record(3));
    let mut socket = server.connect("u").await.unwrap();
    assert_eq!(state(&mut socket).await, 3);

    server.world.store.hold("u", &record(7));
    event(&server, 7);
    assert_eq!(state_again(&mut socket).await, 7);

    server.world.store.hold("u", &record(9));
    server.world.log.end(Topic::Events);
    assert_eq!(state_again(&mut socket).await, 9);
}

#[tokio::test]
async fn while_events_do_not_arrive_no_socket_is_taken() {
    let server = Server::start(&Settings::default()).await;
    server.world.log.set_silent();
    server.world.log.end(Topic::Events);
    while server.world.get("/readyz").await.status == 200 {
        tokio::task::yield_now().await;
    }

    assert_eq!(server.refused("u").await, (503, "unavailable".to_owned()));
}

#[tokio::test]
async fn a_socket_is_refused_before_the_handshake() {
    let server = Server::start(&Settings { max_sockets: 1, ..Settings::default() }).await;

    assert_eq!(server.refused("a%20b").await, (422, "invalid_user_id".to_owned()));
    let mut only = server.connect("u").await.unwrap();
    assert_eq!(server.refused("u").await, (503, "unavailable".to_owned()));

    only.close(None).await.unwrap();
    while only.next().await.is_some() {}
    for _ in 0..1_000 {
        if server.connect("u").await.is_ok() {
            return;
        }
    }
    panic!("the seat of a closed socket was not given back");
}

#[tokio::test]
async fn a_client_that_sends_too_much_is_sent_away() {
    let server = Server::start(&Settings::default()).await;
    let mut socket = server.connect("u").await.unwrap();

    socket.send(Message::text("x".repeat(4 * 1024 + 1))).await.unwrap();

    assert_eq!(closed(&mut socket).await, 1009);
}

#[tokio::test]
async fn a_page_of_another_site_opens_no_socket_unless_it_is_named() {
    let cors_origins = vec!["https://named.example".to_owned()];
    let server = Server::start(&Settings { cors_origins, ..Settings::default() }).await;
    let asks = async |origin: &str| match server.open("/ws/cart/u", &[("origin", origin)]).await {
        Ok(_) => 101,
        Err(Error::Http(response)) => response.status().as_u16(),
        Err(error) => panic!("{error}"),
    };

    assert_eq!(asks(&format!("http://{}", server.address)).await, 101);
    assert_eq!(asks("https://named.example").await, 101);
    assert_eq!(asks("https://other.example").await, 403);
    assert_eq!(asks("null").await, 403);
}

#[tokio::test]
async fn a_client_that_chatters_is_sent_away() {
    let server = Server::start(&Settings::default()).await;
    let mut socket = server.connect("u").await.unwrap();

    for _ in 0..=128 {
        socket.feed(Message::text("chatter")).await.unwrap();
    }
    socket.flush().await.unwrap();

    assert_eq!(closed(&mut socket).await, 1008);
}

#[tokio::test]
async fn a_store_that_comes_back_lets_a_socket_begin() {
    let server = Server::start(&Settings::default()).await;
    server.world.store.set_down(true);
    let mut socket = server.connect("u").await.unwrap();
    event(&server, 1);
    server.world.store.hold("u", &record(1));

    server.world.store.set_down(false);

    assert_eq!(state(&mut socket).await, 1);
}

#[tokio::test]
async fn on_shutdown_sockets_are_told_to_go_elsewhere() {
    let server = Server::start(&Settings::default()).await;
    let mut socket = server.connect("u").await.unwrap();
    assert_eq!(state(&mut socket).await, 0);

    server.stop.send(()).unwrap();

    assert_eq!(closed(&mut socket).await, 1001);
    drop(socket);
    let served = tokio::time::timeout(Duration::from_secs(5), server.serving).await;
    served.expect("drained in time").unwrap();
}
