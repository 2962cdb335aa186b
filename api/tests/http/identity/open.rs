//! Where nobody is asked who they are.

use axum::body::Body;
use axum::http::Request;

use super::roles::decide;
use super::table::TABLE;
use super::{customer, told};
use crate::support::World;
use crate::support::server::Server;

#[tokio::test]
async fn everybody_does_everything_whatever_they_bring() {
    let world = World::new().await;
    decide(&world);
    let bob = format!("Bearer {}", customer("bob"));
    let brought: [&[&str]; 6] =
        [&[], &["Bearer x.y.z"], &[&bob], &["Basic YTpi"], &["Bearer"], &["Bearer a", "Bearer b"]];
    for row in TABLE.iter().filter(|row| !row.told.contains(&"101")) {
        let closed = row.path == "/api/guests";
        // What the shop itself is answered.
        let expected = if closed { "404 not_found" } else { row.told.last().unwrap() };
        for values in brought {
            let mut request = Request::builder().method(row.method).uri(row.path);
            request = request.header("content-type", "application/json");
            for value in values {
                request = request.header("authorization", *value);
            }
            let said = world.ask(request.body(Body::from(row.body)).unwrap()).await;
            assert_eq!(told(&said), expected, "{} {} {values:?}", row.method, row.path);
        }
    }
}

#[tokio::test]
async fn everybody_follows_every_cart() {
    let server = Server::start(&cart_api::Settings::default()).await;

    for header in [&[][..], &[("authorization", "Basic YTpi")], &[("authorization", "Bearer x")]] {
        let (_, response) = server.open("/ws/cart/ann", header).await.unwrap();
        assert_eq!(response.status(), 101);
    }
}
