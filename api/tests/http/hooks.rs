//! Deliveries of stock by a webhook. That a repeated one changes nothing is the sku's memory, which is
//! tested elsewhere.

use std::time::{SystemTime, UNIX_EPOCH};

use axum::body::Body;
use axum::http::Request;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cart_api::{Settings, StockSecrets};
use hmac::{Hmac, Mac as _};
use sha2::Sha256;

use crate::identity::{asked, known, staff};
use crate::support::{Said, World};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const OF_ACME: &str = "whsec_YWNtZS1zaWducy1ieS1hLXNlY3JldC1vZi1pdHMtb3du";
const SHIRT: &str = r#"{"name":"T-Shirt","price":1,"stock":10,"variants":[
    {"id":"red","name":"Red","price":1,"stock":5}]}"#;

fn sign(id: &str, timestamp: u64, body: &str) -> String {
    sign_by(SECRET, id, timestamp, body)
}

fn sign_by(secret: &str, id: &str, timestamp: u64, body: &str) -> String {
    let secret = STANDARD.decode(secret.trim_start_matches("whsec_")).unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(&secret).unwrap();
    mac.update(format!("{id}.{timestamp}.{body}").as_bytes());
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

/// Those of two shops.
fn secrets() -> StockSecrets {
    let acme = format!("acme={OF_ACME}");
    StockSecrets::of_shops([SECRET, acme.as_str()].map(|text| text.parse().unwrap())).unwrap()
}

async fn world() -> World {
    let settings = Settings { stock_secrets: secrets(), ..Settings::default() };
    let world = World::with(&settings).await;
    assert_eq!(world.send("PUT", "/api/products/shirt", SHIRT).await.status, 200);
    world
}

async fn deliver(world: &World, body: &str, signature: impl Fn(u64) -> String) -> Said {
    deliver_to(world, "/hooks/stock", body, signature).await
}

#[expect(clippy::disallowed_methods, reason = "a delivery is signed at the present time")]
async fn deliver_to(
    world: &World,
    path: &str,
    body: &str,
    signature: impl Fn(u64) -> String,
) -> Said {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let request = Request::post(path)
        .header("webhook-id", "msg_1")
        .header("webhook-timestamp", now.to_string())
        .header("webhook-signature", signature(now));
    world.ask(request.body(Body::from(body.to_owned())).unwrap()).await
}

async fn deliver_signed(world: &World, body: &str) -> Said {
    deliver(world, body, |now| sign("msg_1", now, body)).await
}

#[tokio::test]
async fn a_signed_delivery_is_carried_out_change_by_change() {
    let world = world().await;
    let body = r#"{"changes":[{"productID":"shirt","variant":"red","delta":-2},
        {"productID":"shirt","stock":7},{"productID":"shirt","delta":-8}]}"#;

    let said = deliver_signed(&world, body).await;

    assert_eq!(said.status, 200, "{said:?}");
    assert_eq!(
        said.text,
        r#"{"levels":[{"productID":"shirt","variant":"red","onHand":3,"reserved":0,"available":3,"version":0},{"productID":"shirt","variant":null,"onHand":7,"reserved":0,"available":7,"version":0},{"productID":"shirt","variant":null,"onHand":7,"reserved":0,"available":7,"version":0,"refused":"invalid_stock"}]}"#
    );
}

#[tokio::test]
async fn what_the_secret_did_not_sign_changes_nothing() {
    let world = world().await;
    let body = r#"{"changes":[{"productID":"shirt","delta":-2}]}"#;

    for signed in [r#"{"changes":[]}"#, ""] {
        let said = deliver(&world, body, |now| sign("msg_1", now, signed)).await;
        assert_eq!(said.problem(), (401, "invalid_signature".to_owned()));
    }
    let said = deliver(&world, body, |_| "v1,".to_owned()).await;
    assert_eq!(said.problem(), (401, "invalid_signature".to_owned()));
    let said = world.send("POST", "/hooks/stock", body).await;
    assert_eq!(said.problem(), (401, "invalid_signature".to_owned()));

    let stock = world.send("POST", "/api/products/shirt/stock", r#"{"delta":0}"#).await;
    assert_eq!(stock.json()["onHand"], 10);
}

#[tokio::test]
async fn a_delivery_nobody_can_carry_out_is_refused_whole() {
    let world = world().await;

    let said = deliver_signed(&world, "[]").await;
    assert_eq!(said.problem(), (400, "malformed".to_owned()));
    let body = r#"{"changes":[{"productID":"shirt","delta":-2},{"productID":"hat","delta":1}]}"#;
    let said = deliver_signed(&world, body).await;
    assert_eq!(said.problem(), (422, "invalid_stock".to_owned()));
    assert_eq!(said.json()["errors"][0]["pointer"], "/changes/1/productID");
    let said = deliver_signed(&world, &" ".repeat(65 * 1024)).await;
    assert_eq!(said.problem(), (413, "body_too_large".to_owned()));

    let stock = world.send("POST", "/api/products/shirt/stock", r#"{"delta":0}"#).await;
    assert_eq!(stock.json()["onHand"], 10);
}

#[tokio::test]
async fn a_delivery_that_may_not_be_done_whole_is_to_be_sent_again() {
    let world = world().await;
    world.log.set_full();

    let said = deliver_signed(&world, r#"{"changes":[{"productID":"shirt","delta":-2}]}"#).await;

    assert_eq!(said.problem(), (503, "unavailable".to_owned()));
    assert_eq!(said.header("retry-after"), Some("1"));
}

#[tokio::test]
async fn without_a_secret_there_is_no_such_route() {
    let world = World::new().await;

    let said = deliver_signed(&world, r#"{"changes":[]}"#).await;

    assert_eq!(said.problem(), (404, "not_found".to_owned()));
}

#[tokio::test]
async fn each_shop_is_delivered_to_by_its_own_secret_alone() {
    let world = World::with(&Settings { stock_secrets: secrets(), ..known() }).await;
    for shop in [None, Some("acme")] {
        let put = ("PUT", "/api/products/shirt");
        assert_eq!(asked(&world, put, Some(&staff(shop)), SHIRT).await.status, 200);
    }
    let body = r#"{"changes":[{"productID":"shirt","delta":-2}]}"#;
    let to = async |path: &str, secret: &'static str| {
        deliver_to(&world, path, body, |now| sign_by(secret, "msg_1", now, body)).await
    };

    for (path, secret) in [("/hooks/stock", OF_ACME), ("/hooks/stock?tenant=acme", SECRET)] {
        assert_eq!(to(path, secret).await.problem(), (401, "invalid_signature".to_owned()));
    }
    let delivered = to("/hooks/stock?tenant=acme", OF_ACME).await;

    assert_eq!(delivered.json()["levels"][0]["onHand"], 8, "{delivered:?}");
    let left = async |path: &str| world.get(path).await.json()["level"]["onHand"].clone();
    assert_eq!(left("/api/products/shirt").await, 10);
    assert_eq!(left("/api/products/shirt?tenant=acme").await, 8);
    let unheard = to("/hooks/stock?tenant=beta", OF_ACME).await;
    assert_eq!(unheard.problem(), (404, "not_found".to_owned()));
    let unnamed = to("/hooks/stock?tenant=../acme", OF_ACME).await;
    assert_eq!(unnamed.problem(), (422, "invalid_user_id".to_owned()));
}
