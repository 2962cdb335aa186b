//! The table, row by row and role by role.

use std::collections::BTreeSet;
use std::sync::Arc;

use cart_schemas::command::Command;
use cart_schemas::id::CartId;
use cart_schemas::rejection::Rejection;
use cart_schemas::reply::{Answer, Snapshot};

use super::table::{ROLES, Role, Row, TABLE};
use super::{api_key, asked, customer, customer_of, known, staff, told};
use crate::support::server::{Server, refusal};
use crate::support::{World, cart};

fn token(role: Role) -> Option<String> {
    Some(match role {
        Role::Nobody => return None,
        Role::Forger => format!("{}x", customer("ann")),
        Role::Ann => customer("ann"),
        Role::Bob => customer("bob"),
        Role::AnnOfAcme => customer_of("acme", "ann"),
        Role::Acme => staff(Some("acme")),
        Role::Shop => staff(None),
        Role::Service => api_key(),
    })
}

/// Refuses checkouts for an empty cart, and applies everything else.
pub(super) fn decide(world: &World) {
    world.log.decide(Arc::new(|envelope| {
        let after = Snapshot { cart_id: CartId::of(&envelope.cart, 0), version: 4, cart: cart() };
        let refused = matches!(envelope.command, Command::Checkout { .. });
        let no = || Answer::Rejected(Rejection::EmptyCart);
        Some((if refused { no() } else { Answer::Applied { version: 4 } }, after))
    }));
}

async fn answered(server: &Server, row: &Row, role: Role) -> String {
    let token = token(role);
    if row.told.contains(&"101") {
        let bearer = token.map(|token| format!("Bearer {token}"));
        let header = bearer.as_deref().map(|bearer| ("authorization", bearer));
        let opened = server.open(row.path, header.as_slice()).await;
        if let Ok((_, response)) = opened {
            return response.status().as_u16().to_string();
        }
        let (status, code) = refusal(opened);
        return format!("{status} {code}");
    }
    told(&asked(&server.world, (row.method, row.path), token.as_deref(), row.body).await)
}

#[tokio::test]
async fn every_route_answers_every_role_as_the_table_has_it() {
    let server = Server::start(&known()).await;
    decide(&server.world);
    let mut wrong = Vec::new();
    for row in TABLE {
        for (role, told) in ROLES.into_iter().zip(row.told) {
            let answered = answered(&server, row, role).await;
            if answered != told {
                wrong.push(format!(
                    "{} {} as {role:?}: {answered}, not {told}",
                    row.method, row.path
                ));
            }
        }
    }

    assert!(wrong.is_empty(), "{wrong:#?}");
    let carts = server.world.log.commands().into_iter().map(|(envelope, _)| envelope.cart);
    let carts: BTreeSet<_> = carts.map(|cart| cart.as_str().to_owned()).collect();
    assert_eq!(carts, BTreeSet::from(["acme/ann".to_owned(), "ann".to_owned()]));
}

#[tokio::test]
async fn every_route_is_in_the_table() {
    let paths = World::new().await.get("/openapi.json").await.json()["paths"].clone();
    let mut described = BTreeSet::new();
    for (path, methods) in paths.as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            described.insert((method.to_uppercase(), path.clone()));
        }
    }

    let rows = TABLE.iter().map(|row| (row.method.to_owned(), row.route.to_owned()));
    assert_eq!(rows.collect::<BTreeSet<_>>(), described);
}
