//! What customers ask for: a realistic mix, from carts of which a few are far busier than most.

use cart_schemas::id::ItemId;
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::{Method, Request};
use rand::rngs::SmallRng;
use rand::{Rng as _, SeedableRng as _};
use rand_distr::{Distribution as _, Zipf};

use super::mix::Mix;
use crate::exit::Failure;

/// How many of a hundred requests are reads: one customer in five looks.
pub(super) const READS_OF_100: u32 = 20;

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
    pub(super) fn seed(self, connection: u32) -> u64 {
        let phase = match self {
            Self::WarmUp => 0,
            Self::Measured => 1 << 32,
        };
        phase | u64::from(connection)
    }
}

/// What a customer asks.
#[derive(Debug)]
pub(super) struct Ask {
    pub(super) kind: Kind,
    /// Whose cart: 1 is the busiest.
    pub(super) user: u64,
    /// Whether an event tells of it, if it is done.
    pub(super) told: bool,
    pub(super) request: Request<Full<Bytes>>,
}

/// An endless line of customers.
#[derive(Debug)]
pub(super) struct Shoppers {
    random: SmallRng,
    users: Zipf<f64>,
    mix: Mix,
}

impl Shoppers {
    /// The same customers for the same part of a run and connection.
    pub(super) fn new(mix: Mix, phase: Phase, connection: u32) -> Result<Self, Failure> {
        let users = Zipf::new(f64::from(mix.users), mix.skew.exponent())
            .map_err(|source| Failure::failed("there must be users", source))?;
        let random = SmallRng::seed_from_u64(phase.seed(connection));
        Ok(Self { random, users, mix })
    }

    /// What the next customer asks.
    pub(super) fn next(&mut self) -> Ask {
        let user = whole(self.users.sample(&mut self.random));
        let wanted = self.random.random_range(0..self.mix.wanted());
        let product = self.mix.product(user, wanted);
        let pieces = self.random.random_range(1..=3);
        let dice = self.random.random_range(0..100);
        let cart = cart(self.mix, user);
        let (kind, told, request) = match (dice, self.mix.lines) {
            (0..READS_OF_100, _) => (Kind::Read, false, request(Method::GET, &cart, String::new())),
            (READS_OF_100..80, None) => (Kind::Change, true, add(&cart, &product, pieces)),
            (_, Some(_)) | (80..93, None) => (Kind::Change, true, set(&cart, &product, pieces)),
            (93..99, None) => (Kind::Change, true, remove(&cart, &product)),
            (_, None) => {
                let clear = request(Method::POST, &format!("{cart}/clear"), String::new());
                (Kind::Change, false, clear)
            }
        };
        Ask { kind, user, told, request }
    }
}

pub(super) fn add(cart: &str, product: &str, pieces: u32) -> Request<Full<Bytes>> {
    let body = format!("{{\"productID\":\"{product}\",\"quantity\":{pieces}}}");
    request(Method::POST, &format!("{cart}/items"), body)
}

pub(super) fn set(cart: &str, product: &str, pieces: u32) -> Request<Full<Bytes>> {
    let body = format!("{{\"quantity\":{pieces}}}");
    request(Method::PUT, &format!("{cart}/items/{}", item(product)), body)
}

fn remove(cart: &str, product: &str) -> Request<Full<Bytes>> {
    request(Method::DELETE, &format!("{cart}/items/{}", item(product)), String::new())
}

/// Puts the `of`-th of the goods a user is after into the cart, from 0.
pub(super) fn line(mix: Mix, user: u64, of: u64) -> Request<Full<Bytes>> {
    add(&cart(mix, user), &mix.product(user, of), 1)
}

/// Puts a product into the shop's catalog.
pub(super) fn offer(product: &str) -> Request<Full<Bytes>> {
    let body = format!("{{\"name\":\"{product}\",\"price\":9.99,\"stock\":1000000}}");
    request(Method::PUT, &format!("/api/products/{product}"), body)
}

fn cart(mix: Mix, user: u64) -> String {
    cart_of(&mix.name(user))
}

/// The path of a user's cart.
pub(super) fn cart_of(user: &str) -> String {
    format!("/api/cart/{user}")
}

/// A rank, which the distribution gives as a float.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rank is whole")]
const fn whole(rank: f64) -> u64 {
    rank as u64
}

fn item(product: &str) -> String {
    let item = product.parse().map(|product| ItemId::new(product, None).to_string());
    item.unwrap_or_default()
}

fn request(method: Method, path: &str, body: String) -> Request<Full<Bytes>> {
    let mut request = Request::new(Full::new(Bytes::from(body)));
    *request.method_mut() = method;
    *request.uri_mut() = path.parse().unwrap_or_default();
    let json = hyper::header::HeaderValue::from_static("application/json");
    request.headers_mut().insert(hyper::header::CONTENT_TYPE, json);
    request
}

#[cfg(test)]
mod tests {
    use super::super::mix::Skew;
    use super::*;

    fn shoppers(lines: Option<u32>, phase: Phase, connection: u32) -> Vec<String> {
        let mix = Mix { users: 100, skew: Skew::ONE_PERSON, lines };
        let mut shoppers = Shoppers::new(mix, phase, connection).unwrap();
        let asked = std::iter::repeat_with(|| shoppers.next().request).take(200);
        asked.map(|request| format!("{} {}", request.method(), request.uri())).collect()
    }

    fn asked(phase: Phase, connection: u32) -> Vec<String> {
        shoppers(None, phase, connection)
    }

    #[test]
    fn carts_of_so_many_lines_keep_them() {
        let mix = Mix { users: 100, skew: Skew::ONE_PERSON, lines: Some(40) };
        let filled: Vec<String> = (1..=100)
            .flat_map(|user| (0..40).map(move |of| (user, of)))
            .map(|(user, of)| item(&mix.product(user, of)))
            .collect();

        for asked in shoppers(Some(40), Phase::Measured, 0) {
            let item = asked.rsplit('/').next().unwrap_or_default().to_owned();
            let set = asked.starts_with("PUT") && filled.contains(&item);
            assert!(set || asked.starts_with("GET"), "{asked}");
        }
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
