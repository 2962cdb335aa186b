//! Merges take what is another's, and checkouts are completed by whoever took the payment.

use cart_schemas::command::Command;
use futures::SinkExt as _;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use super::roles::decide;
use super::{api_key, asked, customer, customer_of, known, seconds, staff, token, told};
use crate::support::World;
use crate::support::server::{Server, Socket, next};

const CHECKOUT: &str = "018cbb42-2f31-7000-8000-000000000001";

/// What is wanted of the guest's cart, with this proof that its user consents.
fn wanted(proof: Option<&str>) -> String {
    json!({"fromUserID": "guest", "fromToken": proof}).to_string()
}

fn proofs() -> Vec<(Option<String>, &'static str)> {
    let expired = token(&json!({"sub": "guest", "exp": seconds(-600)}));
    vec![
        (None, "403 forbidden"),
        (Some(customer("ann")), "403 forbidden"),
        (Some(customer("bob")), "403 forbidden"),
        (Some(customer_of("acme", "guest")), "403 forbidden"),
        (Some(staff(Some("acme"))), "403 forbidden"),
        (Some(expired), "403 forbidden"),
        (Some(String::new()), "403 forbidden"),
        (Some("x.y.z".to_owned()), "403 forbidden"),
        (Some("x".repeat(9_000)), "403 forbidden"),
        (Some(customer("guest")), "200"),
    ]
}

/// The carts of the one merge that was asked for.
fn merged(world: &World) -> (String, String) {
    let commands = world.log.commands();
    let [(envelope, _)] = commands.as_slice() else { panic!("one command") };
    let Command::Merge { into, .. } = &envelope.command else { panic!("a merge: {envelope:?}") };
    (envelope.cart.as_str().to_owned(), into.as_str().to_owned())
}

#[tokio::test]
async fn a_customer_takes_what_is_anothers_with_both_tokens() {
    let world = World::with(&known()).await;
    decide(&world);
    for (proof, expected) in proofs() {
        let (method, path) = ("POST", "/api/cart/ann/merge");
        let json = wanted(proof.as_deref());
        let said = asked(&world, (method, path), Some(&customer("ann")), &json).await;
        assert_eq!(told(&said), expected, "{proof:?}");
    }

    assert_eq!(merged(&world), ("guest".to_owned(), "ann".to_owned()));
}

#[tokio::test]
async fn one_token_never_empties_a_cart_of_which_it_is_not() {
    let world = World::with(&known()).await;
    decide(&world);
    let merge = ("POST", "/api/cart/guest/merge");
    let from = |user: &str, proof: Option<String>| {
        json!({"fromUserID": user, "fromToken": proof}).to_string()
    };

    // The guest's cart may not take Ann's either, and a proof is no pass to the cart of the path.
    let said = asked(&world, merge, Some(&customer("guest")), &from("ann", None)).await;
    assert_eq!(told(&said), "403 forbidden");
    let proof = Some(customer("guest"));
    let said = asked(&world, merge, Some(&customer("ann")), &from("ann", proof)).await;
    assert_eq!(told(&said), "403 forbidden");
    assert_eq!(world.log.commands().len(), 0);
}

#[tokio::test]
async fn a_shop_merges_its_own_carts_by_itself() {
    for (token, prefix) in [(staff(None), ""), (api_key(), ""), (staff(Some("acme")), "acme/")] {
        let world = World::with(&known()).await;
        decide(&world);
        let merge = ("POST", "/api/cart/ann/merge");
        assert_eq!(told(&asked(&world, merge, Some(&token), &wanted(None)).await), "200");
        assert_eq!(merged(&world), (format!("{prefix}guest"), format!("{prefix}ann")));
    }
}

#[tokio::test]
async fn a_customer_completes_no_checkout() {
    let world = World::with(&known()).await;
    decide(&world);
    let path = format!("/api/cart/ann/checkout/{CHECKOUT}/complete");
    let order = r#"{"orderID":"order-1"}"#;
    for token in [customer("ann"), customer("bob"), customer_of("acme", "ann")] {
        let said = asked(&world, ("POST", &path), Some(&token), order).await;
        assert_eq!(told(&said), "403 forbidden");
    }
    assert_eq!(world.log.commands().len(), 0);

    for token in [staff(None), api_key()] {
        asked(&world, ("POST", &path), Some(&token), order).await;
    }
    let commands = world.log.commands();
    assert!(commands.iter().all(|(sent, _)| matches!(sent.command, Command::Complete { .. })));
    assert_eq!(commands.len(), 2);
}

/// The status and the code that a command over a socket is answered with.
async fn replied(socket: &mut Socket, command: Value) -> String {
    socket.send(Message::text(command.to_string())).await.unwrap();
    loop {
        let message: Value =
            serde_json::from_str(next(socket).await.to_text().unwrap()).unwrap_or_default();
        if message["type"] == "reply" && message["id"] == command["id"] {
            let code = message["data"]["code"].as_str();
            return [message["status"].to_string(), code.unwrap_or_default().to_owned()]
                .join(" ")
                .trim()
                .to_owned();
        }
    }
}

async fn socket(server: &Server, token: &str) -> Socket {
    let bearer = format!("Bearer {token}");
    server.open("/ws/cart/ann", &[("authorization", &bearer)]).await.unwrap().0
}

#[tokio::test]
async fn the_same_holds_over_a_socket() {
    let server = Server::start(&known()).await;
    decide(&server.world);
    let mut ann = socket(&server, &customer("ann")).await;
    let complete = |id: &str| json!({"type": "complete_checkout", "id": id, "checkoutID": CHECKOUT, "orderID": "o"});

    assert_eq!(replied(&mut ann, complete("a")).await, "403 forbidden");
    for (number, (proof, expected)) in (0..).zip(proofs()) {
        // What is longer than a message may be is a socket's own matter.
        if proof.as_ref().is_some_and(|proof| proof.len() > 4_000) {
            continue;
        }
        let merge = json!({"type": "merge", "id": format!("m{number}"), "fromUserID": "guest",
            "fromToken": proof});
        assert_eq!(replied(&mut ann, merge).await, expected, "{proof:?}");
    }
    assert_eq!(merged(&server.world), ("guest".to_owned(), "ann".to_owned()));

    let mut shop = socket(&server, &api_key()).await;
    assert_ne!(replied(&mut shop, complete("b")).await, "403 forbidden");
    let (sent, _) = server.world.log.commands().pop().unwrap();
    assert!(matches!(sent.command, Command::Complete { .. }));
}
