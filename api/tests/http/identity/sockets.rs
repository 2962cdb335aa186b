//! Who opens a socket or a stream, by what, and until when.

use std::time::Duration;

use serde_json::json;
use tower::ServiceExt as _;

use super::{api_key, asked, customer, ending, known, until_refused};
use crate::support::World;
use crate::support::server::{Server, closed, next, refusal};

const TICKETS: (&str, &str) = ("POST", "/api/tickets");

async fn ticket(world: &World, token: &str) -> String {
    let said = asked(world, TICKETS, Some(token), "").await;
    assert_eq!(said.status, 201, "{said:?}");
    said.json()["ticket"].as_str().unwrap().to_owned()
}

fn told(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

#[tokio::test]
async fn a_socket_is_opened_by_a_header() {
    let server = Server::start(&known()).await;
    for token in [customer("ann"), api_key()] {
        let bearer = format!("Bearer {token}");
        let (mut socket, response) =
            server.open("/ws/cart/ann", &[("authorization", &bearer)]).await.unwrap();
        assert!(!response.headers().contains_key("sec-websocket-protocol"));
        assert!(next(&mut socket).await.to_text().unwrap().contains(r#""userID":"ann""#));
    }

    let bob = format!("Bearer {}", customer("bob"));
    let opened = server.open("/ws/cart/ann", &[("authorization", &bob)]).await;
    assert_eq!(refusal(opened), told(403, "forbidden"));
    assert_eq!(server.refused("ann").await, told(401, "unauthenticated"));
}

#[tokio::test]
async fn a_page_opens_a_socket_by_the_protocols_it_lists() {
    let server = Server::start(&known()).await;
    let open = async |listed: &str| {
        server.open("/ws/cart/ann", &[("sec-websocket-protocol", listed)]).await
    };
    let (ann, bob) = (customer("ann"), customer("bob"));

    for listed in [format!("cartstream.v1, bearer.{ann}"), format!("bearer.{ann},cartstream.v1")] {
        let (mut socket, response) = open(&listed).await.unwrap();
        assert_eq!(response.headers()["sec-websocket-protocol"], "cartstream.v1");
        assert!(next(&mut socket).await.to_text().unwrap().contains(r#""userID":"ann""#));
    }
    assert_eq!(
        refusal(open(&format!("cartstream.v1, bearer.{bob}")).await),
        told(403, "forbidden")
    );
    assert_eq!(refusal(open("cartstream.v1").await), told(401, "unauthenticated"));
    for listed in ["cartstream.v1, bearer.x", "cartstream.v1, bearer.", "bearer.x.y.z"] {
        assert_eq!(refusal(open(listed).await), told(401, "invalid_token"), "{listed}");
    }
}

#[tokio::test]
async fn a_ticket_opens_one_socket_of_whoever_got_it() {
    let server = Server::start(&known()).await;
    let open = async |user: &str, ticket: &str| {
        server.open(&format!("/ws/cart/{user}?ticket={ticket}"), &[]).await
    };
    let ticket = ticket(&server.world, &customer("ann")).await;
    let (mut socket, _) = open("ann", &ticket).await.unwrap();
    assert!(next(&mut socket).await.to_text().unwrap().contains(r#""userID":"ann""#));

    assert_eq!(refusal(open("ann", &ticket).await), told(401, "invalid_ticket"));
    let another = super::sockets::ticket(&server.world, &customer("ann")).await;
    assert_eq!(refusal(open("bob", &another).await), told(403, "forbidden"));
    for none in ["x", "", ".", "a.b", "%00", &customer("ann")] {
        assert_eq!(refusal(open("ann", none).await), told(401, "invalid_ticket"), "{none}");
    }
}

#[tokio::test]
async fn a_ticket_of_another_instance_is_shown_at_the_wrong_one() {
    let (server, other) = (Server::start(&known()).await, World::with(&known()).await);
    let ticket = ticket(&other, &customer("ann")).await;

    let opened = server.open(&format!("/ws/cart/ann?ticket={ticket}"), &[]).await;

    assert_eq!(refusal(opened), told(421, "misdirected"));
}

#[tokio::test]
async fn a_ticket_ends_with_the_token_it_was_had_for() {
    let server = Server::start(&known()).await;
    let token = ending();
    let ticket = ticket(&server.world, &token).await;

    until_refused(&server.world, &token).await;

    let opened = server.open(&format!("/ws/cart/ann?ticket={ticket}"), &[]).await;
    assert_eq!(refusal(opened), told(401, "invalid_ticket"));
}

#[tokio::test]
async fn a_socket_is_closed_when_its_token_ends() {
    let server = Server::start(&known()).await;
    let token = ending();
    let (bearer, ticket) = (format!("Bearer {token}"), ticket(&server.world, &token).await);
    let (mut by_header, _) =
        server.open("/ws/cart/ann", &[("authorization", &bearer)]).await.unwrap();
    let (mut by_ticket, _) =
        server.open(&format!("/ws/cart/ann?ticket={ticket}"), &[]).await.unwrap();
    let forever = format!("Bearer {}", api_key());
    let (mut stays, _) = server.open("/ws/cart/ann", &[("authorization", &forever)]).await.unwrap();
    next(&mut stays).await;

    assert_eq!(closed(&mut by_header).await, 1008);
    assert_eq!(closed(&mut by_ticket).await, 1008);
    until_refused(&server.world, &token).await;
    let json = json!({"type": "cart_cleared", "version": 1, "n": 0, "of": 1});
    server.world.log.event("ann", &json.to_string());
    assert!(next(&mut stays).await.to_text().unwrap().contains("cart_cleared"));
}

#[tokio::test]
async fn a_stream_ends_with_its_token() {
    let world = World::with(&known()).await;
    let request = axum::http::Request::get("/api/cart/ann/events")
        .header("accept", "text/event-stream")
        .header("authorization", format!("Bearer {}", ending()));
    let request = request.body(axum::body::Body::empty()).unwrap();
    let response = world.router.clone().oneshot(request).await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/event-stream");

    let told = axum::body::to_bytes(response.into_body(), usize::MAX);

    let told = tokio::time::timeout(Duration::from_secs(20), told).await.expect("it ends");
    assert!(told.is_ok());
}
