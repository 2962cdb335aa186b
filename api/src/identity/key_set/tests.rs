//! A set that is fetched: which keys hold, whoever asks for others, and what keeps the ones there are.

mod issuer;

use std::sync::Arc;

use cart_outbound::{Destination, OutboundError, Reach};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::json;
use tokio::time::{advance, pause, resume};
use tokio_util::sync::CancellationToken;

use self::issuer::{Issuer, Says, set_of};
use super::super::access::{Access, Trust};
use super::super::{Caller, Identity};
use super::fetch::FetchError;
use super::*;
use crate::clock;
use crate::problem::{Code, Problem};
use crate::readiness::Readiness;

const ED_KEY: &str = include_str!("../../../tests/keys/ed.pem");
const EC_KEY: &str = include_str!("../../../tests/keys/ec.pem");
pub(super) const TLS_CERTIFICATE: &str = include_str!("../../../tests/keys/tls/first.pem");
const OTHER_CERTIFICATE: &str = include_str!("../../../tests/keys/tls/second.pem");

/// Ann's token by one of the two keys, named so.
fn token(kid: &str) -> String {
    let (algorithm, key) = if kid.starts_with("ed") {
        (Algorithm::EdDSA, EncodingKey::from_ed_pem(ED_KEY.as_bytes()))
    } else {
        (Algorithm::ES256, EncodingKey::from_ec_pem(EC_KEY.as_bytes()))
    };
    let header = Header { kid: Some(kid.to_owned()), ..Header::new(algorithm) };
    let exp = clock::now().micros() / 1_000_000 + 6_000;
    encode(&header, &json!({"sub": "ann", "exp": exp}), &key.unwrap()).unwrap()
}

/// Lets time go by. It stands still for no longer: it would jump whenever a socket is waited for.
async fn later(by: Duration) {
    pause();
    advance(by).await;
    resume();
}

/// Whoever trusts an issuer.
struct Trusting {
    identity: Identity,
    readiness: Readiness,
    stop: CancellationToken,
}

impl Trusting {
    fn of(issuer: &Issuer) -> Self {
        let key_set_url = Destination::parse(&issuer.url(), Reach::Inside).ok();
        let trust = Trust { key_set_url, ..Trust::default() };
        let access = Access::Known(Box::new(trust));
        let identity = Identity::new(&access).unwrap();
        let (readiness, stop) = (Readiness::default(), CancellationToken::new());
        let refresh = identity.refresh(&access).unwrap().unwrap();
        tokio::spawn(refresh.run(readiness.register("keys"), stop.clone()));
        Self { identity, readiness, stop }
    }

    async fn asked(&self, token: &str) -> Result<Caller, Problem> {
        let known = self.identity.known(|| Ok(Some(token)), clock::now()).await;
        known.map(|known| known.caller)
    }

    async fn is_known(&self, token: &str) -> bool {
        match self.asked(token).await {
            Ok(_) => true,
            Err(problem) => {
                assert_eq!(problem.code(), Code::InvalidToken);
                false
            }
        }
    }

    /// Waits for the first set.
    async fn until_ready(&self) {
        while !self.readiness.missing().is_empty() {
            tokio::task::yield_now().await;
        }
    }
}

impl Drop for Trusting {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

#[tokio::test]
async fn a_new_key_is_let_in_and_the_one_it_replaces_refused_from_then_on() {
    let issuer = Issuer::start(Says::set(&["ed-1"])).await;
    let trusting = Trusting::of(&issuer);
    trusting.until_ready().await;
    let old = token("ed-1");
    assert!(trusting.is_known(&old).await && trusting.is_known(&old).await);

    issuer.says(Says::set(&["ec-2"]));

    assert!(trusting.is_known(&token("ec-2")).await);
    assert!(!trusting.is_known(&old).await, "it was believed a moment ago");
    assert_eq!(issuer.asked(), 2);
}

#[tokio::test]
async fn keys_that_change_without_a_new_one_are_noticed_by_and_by() {
    let issuer = Issuer::start(Says::set(&["ed-1", "ec-2"])).await;
    let trusting = Trusting::of(&issuer);
    trusting.until_ready().await;
    let old = token("ed-1");
    assert!(trusting.is_known(&old).await);

    issuer.says(Says::set(&["ec-2"]));
    later(Duration::from_secs(301)).await;
    while issuer.asked() < 2 || trusting.identity_generation() < 2 {
        tokio::task::yield_now().await;
    }

    assert!(!trusting.is_known(&old).await);
    assert!(trusting.is_known(&token("ec-2")).await);
}

#[tokio::test]
async fn tokens_that_name_made_up_keys_cause_one_fetch_in_a_while() {
    let issuer = Issuer::start(Says::set(&["ed-1"])).await;
    let trusting = Trusting::of(&issuer);
    trusting.until_ready().await;

    for number in 0..100 {
        assert!(!trusting.is_known(&token(&format!("ed-made-up-{number}"))).await);
    }
    assert_eq!(issuer.asked(), 2);

    later(ASKED_EVERY).await;
    for number in 0..100 {
        assert!(!trusting.is_known(&token(&format!("ec-made-up-{number}"))).await);
    }
    assert_eq!(issuer.asked(), 3);
    assert!(trusting.is_known(&token("ed-1")).await);
    assert_eq!(issuer.asked(), 3);
}

#[tokio::test]
async fn whatever_is_no_set_leaves_the_keys_there_are() {
    let issuer = Issuer::start(Says::set(&["ed-1"])).await;
    let trusting = Trusting::of(&issuer);
    trusting.until_ready().await;
    let symmetric = json!({"keys": [{"kty": "oct", "k": "MDEyMzQ1Njc4OWFiY2RlZg"}]});
    let many: Vec<String> = (0..=KEYS_MAX).map(|number| format!("ed-{number}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();

    for (round, says) in [
        Says::Body("not JSON".to_owned()),
        Says::Body("{}".to_owned()),
        Says::Body(json!({"keys": []}).to_string()),
        Says::Body(symmetric.to_string()),
        Says::Body(set_of(&many)),
        Says::Body(format!("{{\"keys\":[],\"x\":\"{}\"}}", "x".repeat(300 * 1024))),
        Says::Head("500 Internal Server Error".to_owned()),
        Says::End,
    ]
    .into_iter()
    .enumerate()
    {
        issuer.says(says.clone());
        later(ASKED_EVERY).await;
        assert!(!trusting.is_known(&token("ec-2")).await, "{says:?}");

        assert!(issuer.asked() > round + 1, "{says:?}");
        assert!(trusting.is_known(&token("ed-1")).await, "{says:?}");
    }

    issuer.says(Says::set(&["ec-2"]));
    later(ASKED_EVERY).await;
    assert!(trusting.is_known(&token("ec-2")).await);
    assert!(!trusting.is_known(&token("ed-1")).await);
}

#[tokio::test]
async fn before_the_first_set_a_token_is_no_bad_one() {
    let issuer = Issuer::start(Says::End).await;
    let trusting = Trusting::of(&issuer);

    let problem = trusting.asked(&token("ed-1")).await.unwrap_err();

    assert_eq!(problem.code(), Code::Unavailable);
    assert_eq!(trusting.readiness.missing(), ["keys"]);
    issuer.says(Says::set(&["ed-1"]));
    trusting.until_ready().await;
    assert!(trusting.is_known(&token("ed-1")).await);
}

async fn fetched(url: &str, reach: Reach, authorities: Option<&str>) -> Result<(), FetchError> {
    let url = Destination::parse(url, reach).unwrap();
    Fetcher::new(&url, authorities).unwrap().fetch().await.map(drop)
}

#[tokio::test]
async fn a_name_of_the_inside_is_not_connected_to() {
    let issuer = Issuer::start(Says::set(&["ed-1"])).await;
    let url = issuer.url().replace("http://127.0.0.1", "https://localhost");

    let refused = fetched(&url, Reach::World, Some(TLS_CERTIFICATE)).await.unwrap_err();

    assert!(
        matches!(refused, FetchError::Private(OutboundError::Private(at)) if at.is_loopback()),
        "{refused}"
    );
    assert!(refused.to_string().contains("--jwks-allow-private"), "{refused}");
    assert_eq!(issuer.connected(), 0);
}

#[tokio::test]
async fn a_fetch_ends_within_its_bounds_and_goes_nowhere_else() {
    let issuer = Issuer::start(Says::Nothing).await;
    let of = async |says: Says| {
        issuer.says(says);
        fetched(&issuer.url(), Reach::Inside, None).await.unwrap_err()
    };

    let redirect = of(Says::Head(format!("302 Found\r\nlocation: {}", issuer.url()))).await;
    assert!(matches!(redirect, FetchError::Status(status) if status == 302), "{redirect}");
    assert_eq!(issuer.asked(), 1);
    let long = of(Says::Body("x".repeat(300 * 1024))).await;
    assert!(matches!(long, FetchError::Unanswered(OutboundError::Size(_))), "{long}");
    pause();
    let silent = of(Says::Nothing).await;
    resume();
    assert!(matches!(silent, FetchError::Unanswered(OutboundError::Late(_))), "{silent}");
    let broken = of(Says::End).await;
    assert!(matches!(broken, FetchError::Unanswered(OutboundError::Http(_))), "{broken}");
}

#[tokio::test]
async fn a_set_comes_by_https_from_whom_its_authority_knows() {
    let issuer = Issuer::start_secretly(Says::set(&["ed-1"])).await;
    let url = issuer.url();

    fetched(&url, Reach::Inside, Some(TLS_CERTIFICATE)).await.unwrap();
    let stranger = fetched(&url, Reach::Inside, Some(OTHER_CERTIFICATE)).await.unwrap_err();

    assert!(matches!(stranger, FetchError::Unanswered(OutboundError::Tls(_))), "{stranger}");
    let none = Fetcher::new(&Destination::parse(&url, Reach::Inside).unwrap(), Some("no PEM"));
    assert!(matches!(none, Err(BadAccess::Authorities)));
    assert_eq!(issuer.asked(), 1);
}

impl Trusting {
    fn identity_generation(&self) -> u64 {
        let Identity::Checked(checked) = &self.identity else { panic!("known") };
        checked.keys.generation()
    }
}

#[tokio::test]
async fn who_asks_waits_for_a_fetch_that_begins_after_it() {
    let set = Arc::new(KeySet::new());
    set.begin();
    let mut waits = [0, 1].map(|_| {
        let set = Arc::clone(&set);
        tokio::spawn(async move { set.is_fetched_again().await })
    });
    set.is_wanted().await;

    set.end();
    tokio::task::yield_now().await;
    assert!(waits.iter().all(|wait| !wait.is_finished()));
    set.begin();
    set.end();

    for wait in &mut waits {
        assert!(wait.await.unwrap());
    }
    assert!(!set.is_fetched_again().await, "it was asked for lately");
}
