//! What customers ask for: a realistic mix, from carts of which a few are far busier than most.

use std::net::SocketAddr;

use cart_schemas::id::ItemId;
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::{Method, Request};
use rand::rngs::SmallRng;
use rand::{Rng as _, SeedableRng as _};
use rand_distr::{Distribution as _, Zipf};

use super::connection::Connection;
use crate::exit::Failure;

/// How many products the shop has: enough for carts to differ.
const PRODUCTS: u64 = 1_000;
/// How many of them a customer is after: a cart has a few lines, and most changes meet one of them.
const WANTED: u64 = 6;

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Read,
    Change,
}

/// A part of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    WarmUp,
    Measured,
}

impl Phase {
    /// What a connection's customers follow from. No two parts ask the same things: the second
    /// would find the carts as the first had left them, and its changes already made.
    fn seed(self, connection: u32) -> u64 {
        let phase = match self {
            Self::WarmUp => 0,
            Self::Measured => 1 << 32,
        };
        phase | u64::from(connection)
    }
}

/// An endless line of customers.
#[derive(Debug)]
pub(super) struct Shoppers {
    random: SmallRng,
    users: Zipf<f64>,
}

impl Shoppers {
    /// Customers of so many carts; the same ones for the same part of a run and connection.
    pub(super) fn new(users: u32, phase: Phase, connection: u32) -> Result<Self, Failure> {
        let users = Zipf::new(f64::from(users), 1.0)
            .map_err(|source| Failure::failed("there must be users", source))?;
        Ok(Self { random: SmallRng::seed_from_u64(phase.seed(connection)), users })
    }

    /// What the next customer asks.
    pub(super) fn next(&mut self) -> (Kind, Request<Full<Bytes>>) {
        let number = whole(self.users.sample(&mut self.random));
        let user = format!("bench{number}");
        let wanted = number * WANTED + self.random.random_range(0..WANTED);
        let product = product(wanted % PRODUCTS);
        let pieces = self.random.random_range(1..=3);
        match self.random.random_range(0..100) {
            0..20 => {
                (Kind::Read, request(Method::GET, &format!("/api/cart/{user}"), String::new()))
            }
            20..80 => {
                let body = format!("{{\"productID\":\"{product}\",\"quantity\":{pieces}}}");
                let path = format!("/api/cart/{user}/items");
                (Kind::Change, request(Method::POST, &path, body))
            }
            80..93 => {
                let path = format!("/api/cart/{user}/items/{}", item(&product));
                let body = format!("{{\"quantity\":{pieces}}}");
                (Kind::Change, request(Method::PUT, &path, body))
            }
            93..99 => {
                let path = format!("/api/cart/{user}/items/{}", item(&product));
                (Kind::Change, request(Method::DELETE, &path, String::new()))
            }
            _ => {
                let path = format!("/api/cart/{user}/clear");
                (Kind::Change, request(Method::POST, &path, String::new()))
            }
        }
    }
}

/// Puts the first of what a user wants into the cart.
pub(super) fn first_line(user: u64) -> Request<Full<Bytes>> {
    let product = product(user * WANTED % PRODUCTS);
    let body = format!("{{\"productID\":\"{product}\",\"quantity\":1}}");
    request(Method::POST, &format!("/api/cart/bench{user}/items"), body)
}

/// A rank, which the distribution gives as a float.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rank is whole")]
const fn whole(rank: f64) -> u64 {
    rank as u64
}

fn product(number: u64) -> String {
    format!("bench_{number}")
}

fn item(product: &str) -> String {
    let item = product.parse().map(|product| ItemId::new(product, None).to_string());
    item.unwrap_or_default()
}

fn request(method: Method, path: &str, body: String) -> Request<Full<Bytes>> {
    let mut request = Request::new(Full::new(Bytes::from(body)));
    *request.method_mut() = method;
    *request.uri_mut() = path.parse().unwrap_or_default();
    let headers = request.headers_mut();
    headers.insert("host", hyper::header::HeaderValue::from_static("shop"));
    headers.insert("content-type", hyper::header::HeaderValue::from_static("application/json"));
    request
}

/// Puts the goods of the benchmark into the shop's catalog.
pub(super) async fn stock(address: SocketAddr) -> Result<(), Failure> {
    let mut connection = Connection::to(address);
    for number in 0..PRODUCTS {
        let path = format!("/api/products/{}", product(number));
        let body = format!("{{\"name\":\"Bench {number}\",\"price\":9.99,\"stock\":1000000}}");
        let put = connection.succeed(request(Method::PUT, &path, body)).await;
        put.map_err(|source| Failure::failed("the goods cannot be put", source))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(phase: Phase, connection: u32) -> Vec<String> {
        let mut shoppers = Shoppers::new(100, phase, connection).unwrap();
        let requests = std::iter::repeat_with(|| shoppers.next().1).take(50);
        requests.map(|request| format!("{} {}", request.method(), request.uri())).collect()
    }

    #[test]
    fn two_phases_and_two_connections_ask_different_things() {
        assert_ne!(asked(Phase::WarmUp, 0), asked(Phase::Measured, 0));
        assert_ne!(asked(Phase::Measured, 0), asked(Phase::Measured, 1));
        assert_ne!(asked(Phase::WarmUp, 1), asked(Phase::Measured, 0));
    }

    #[test]
    fn a_phase_asks_the_same_things_of_every_server() {
        assert_eq!(asked(Phase::Measured, 7), asked(Phase::Measured, 7));
    }
}
