//! Guests: let in, known again, renewed, and no more than guests.

use std::collections::BTreeSet;

use cart_api::Trust;
use serde_json::{Value, json};

use super::roles::decide;
use super::{api_key, asked, customer, known, seconds, staff, token, told, trust, with};
use crate::support::World;

const WELCOME: (&str, &str) = ("POST", "/api/guests");

async fn welcomed(world: &World, token: Option<&str>, json: &str) -> (String, String) {
    let said = asked(world, WELCOME, token, json).await;
    assert_eq!(said.status, 201, "{said:?}");
    let guest = said.json();
    let text = |name: &str| guest[name].as_str().unwrap().to_owned();
    assert!(text("expiresAt").ends_with('Z'));
    (text("userID"), text("token"))
}

#[tokio::test]
async fn a_guest_acts_for_their_own_cart_and_no_other() {
    let world = World::with(&known()).await;
    decide(&world);
    let (guest, token) = welcomed(&world, None, "").await;
    let (other, _) = welcomed(&world, None, "{}").await;
    assert_ne!(guest, other);

    let clear = async |user: &str| {
        let path = format!("/api/cart/{user}/clear");
        told(&asked(&world, ("POST", &path), Some(&token), "").await)
    };
    assert_eq!(clear(&guest).await, "200");
    assert_eq!(clear(&other).await, "403 forbidden");
    assert_eq!(clear("ann").await, "403 forbidden");
    let hat = r#"{"name":"Hat","price":1,"stock":1}"#;
    let said = asked(&world, ("PUT", "/api/products/hat"), Some(&token), hat).await;
    assert_eq!(told(&said), "403 forbidden");
    let commands = world.log.commands();
    let carts: Vec<_> = commands.iter().map(|(envelope, _)| envelope.cart.as_str()).collect();
    assert_eq!(carts, [guest.as_str()]);
}

#[tokio::test]
async fn a_guest_is_of_the_shop_they_ask_at() {
    let world = World::with(&known()).await;
    decide(&world);
    let (guest, token) = welcomed(&world, None, r#"{"tenant":"acme"}"#).await;

    let path = format!("/api/cart/{guest}/clear");
    assert_eq!(asked(&world, ("POST", &path), Some(&token), "").await.status, 200);
    let (envelope, _) = world.log.commands().remove(0);
    assert_eq!(envelope.cart.as_str(), format!("acme/{guest}"));
    // Renewed, they stay there whatever else is asked.
    let (same, again) = welcomed(&world, Some(&token), r#"{"tenant":"other"}"#).await;
    assert_eq!(same, guest);
    assert_eq!(asked(&world, ("POST", &path), Some(&again), "").await.status, 200);
    let carts = world.log.commands().into_iter().map(|(envelope, _)| envelope.cart);
    assert_eq!(carts.collect::<BTreeSet<_>>().len(), 1);
}

#[tokio::test]
async fn nobody_else_is_renewed_as_a_guest() {
    let world = World::with(&known()).await;
    let expired = token(&json!({"sub": "guest_1", "exp": seconds(-600)}));

    for token in [customer("guest_1"), staff(None), api_key(), expired, "x".to_owned()] {
        let said = asked(&world, WELCOME, Some(&token), "").await;
        assert_eq!(told(&said), "401 invalid_token", "{token}");
    }
}

#[tokio::test]
async fn a_guest_is_asked_for_as_the_contract_has_it() {
    let world = World::with(&known()).await;
    for (json, expected) in [
        ("[]", "400 malformed"),
        ("{", "400 malformed"),
        (r#"{"tenant":7}"#, "400 malformed"),
        (r#"{"tenant":"a","tenant":"b"}"#, "400 malformed"),
        (r#"{"tenant":""}"#, "422 invalid_user_id"),
        (r#"{"tenant":"a/b"}"#, "422 invalid_user_id"),
    ] {
        assert_eq!(told(&asked(&world, WELCOME, None, json).await), expected, "{json}");
    }
}

#[tokio::test]
async fn without_a_secret_there_are_no_guests_and_their_tokens_are_none() {
    let (_, pass) = welcomed(&World::with(&known()).await, None, "").await;
    let world = World::with(&with(Trust { guest_secret: None, ..trust() })).await;

    for token in [None, Some(pass.as_str()), Some("x")] {
        assert_eq!(told(&asked(&world, WELCOME, token, "").await), "404 not_found");
    }
    let said = asked(&world, ("POST", "/api/tickets"), Some(&pass), "").await;
    assert_eq!(told(&said), "401 invalid_token");
    assert_eq!(said.json()["detail"], Value::from("there are no guests here"));
}
