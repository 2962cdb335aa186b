//! Who may do what over which route, with real tokens.

mod guests;
mod merges;
mod open;
mod roles;
mod sockets;
mod table;

use std::time::{SystemTime, UNIX_EPOCH};

use axum::body::Body;
use axum::http::Request;
use cart_api::{Access, Allowances, ApiKey, Settings, Trust};
use jsonwebtoken::{EncodingKey, Header, encode};
use serde_json::{Value, json};

use crate::support::{Said, World};

pub(crate) const SECRET: &str = "0123456789abcdef0123456789abcdef";
pub(crate) const GUESTS: &str = "only-guests-have-tokens-by-this-one";
const RSA_PUBLIC: &str = include_str!("../keys/rsa.pub.pem");

/// The key of the shop's own service, and the line that is kept of it.
fn service() -> (String, String) {
    ApiKey::fresh([7; 32], "warehouse", None)
}

/// The key of the shop's own service.
pub(crate) fn api_key() -> String {
    service().0
}

pub(crate) fn trust() -> Trust {
    Trust {
        secret: SECRET.parse().ok(),
        public_keys: vec![RSA_PUBLIC.to_owned()],
        guest_secret: GUESTS.parse().ok(),
        api_keys: service().1.parse().unwrap(),
        ..Trust::default()
    }
}

/// Everybody is asked who they are.
pub(crate) fn known() -> Settings {
    with(trust())
}

fn with(trust: Trust) -> Settings {
    // Whoever waits for a token's end asks as fast as they are answered.
    let allowances = Allowances::NONE;
    Settings { access: Access::Known(Box::new(trust)), allowances, ..Settings::default() }
}

/// Seconds since 1970, so many from now.
#[expect(clippy::disallowed_methods, reason = "a token is signed at the present time")]
pub(crate) fn seconds(from_now: i64) -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    i64::try_from(now).unwrap() + from_now
}

/// A token that says this.
pub(crate) fn token(claims: &Value) -> String {
    encode(&Header::default(), claims, &EncodingKey::from_secret(SECRET.as_bytes())).unwrap()
}

/// The token of a customer of the default shop.
pub(crate) fn customer(user: &str) -> String {
    token(&json!({"sub": user, "exp": seconds(600)}))
}

pub(crate) fn customer_of(tenant: &str, user: &str) -> String {
    token(&json!({"sub": user, "exp": seconds(600), "tenant": tenant}))
}

/// The token of a shop's staff.
pub(crate) fn staff(tenant: Option<&str>) -> String {
    let claims = json!({"sub": "ops", "exp": seconds(600), "tenant": tenant,
        "scope": "openid cart:admin"});
    token(&claims)
}

/// Ann's token, which ends in two seconds or three.
fn ending() -> String {
    token(&json!({"sub": "ann", "exp": seconds(-27)}))
}

/// What is answered to whoever brings this token.
pub(crate) async fn asked(
    world: &World,
    (method, path): (&str, &str),
    token: Option<&str>,
    json: &str,
) -> Said {
    let mut request = Request::builder().method(method).uri(path);
    request = request.header("content-type", "application/json");
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let said = world.ask(request.body(Body::from(json.to_owned())).unwrap()).await;
    let says_how = said.header("www-authenticate").is_some();
    assert_eq!(said.status == 401, says_how, "{method} {path}: {said:?}");
    said
}

/// Status and code, as a row of a table has them.
fn told(said: &Said) -> String {
    let status = said.status.as_u16();
    if status < 400 { status.to_string() } else { format!("{status} {}", said.problem().1) }
}

/// Asks until a token is refused, which it has to be soon.
async fn until_refused(world: &World, token: &str) {
    let asking = async {
        while asked(world, ("GET", "/api/cart/ann"), Some(token), "").await.status == 200 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), asking).await.unwrap();
}

#[tokio::test]
async fn a_token_is_believed_no_longer_than_it_holds() {
    let world = World::with(&known()).await;
    let token = ending();
    assert_eq!(asked(&world, ("GET", "/api/cart/ann"), Some(&token), "").await.status, 200);

    until_refused(&world, &token).await;

    let said = asked(&world, ("GET", "/api/cart/ann"), Some(&token), "").await;
    assert_eq!(said.problem(), (401, "invalid_token".to_owned()));
    assert_eq!(said.header("www-authenticate"), Some(r#"Bearer error="invalid_token""#));
    assert_eq!(said.json()["detail"], "the token has expired");
}

#[tokio::test]
async fn a_page_of_another_origin_may_say_who_it_asks_for() {
    let cors_origins = vec!["https://shop.example".to_owned()];
    let world = World::with(&Settings { cors_origins, ..known() }).await;
    let preflight = Request::options("/api/cart/ann")
        .header("origin", "https://shop.example")
        .header("access-control-request-method", "GET")
        .header("access-control-request-headers", "authorization");

    let said = world.ask(preflight.body(Body::empty()).unwrap()).await;

    assert_eq!(said.status, 200);
    let allowed = said.header("access-control-allow-headers").unwrap();
    assert!(allowed.split(',').any(|name| name.trim() == "authorization"), "{allowed}");
}

#[tokio::test]
async fn the_same_name_in_another_shop_is_another_cart() {
    let world = World::with(&known()).await;
    world.store.hold("ann", &crate::support::record(3));
    let version = async |token: &str| {
        let said = asked(&world, ("GET", "/api/cart/ann"), Some(token), "").await;
        said.json()["version"].as_u64().unwrap()
    };

    assert_eq!(version(&customer("ann")).await, 3);
    assert_eq!(version(&staff(None)).await, 3);
    assert_eq!(version(&api_key()).await, 3);
    assert_eq!(version(&customer_of("acme", "ann")).await, 0);
    assert_eq!(version(&staff(Some("acme"))).await, 0);
}
