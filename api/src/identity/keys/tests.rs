//! Tokens against the keys that are trusted. What is made of them stands in each test; keys are the ones
//! beside the tests of the routes, and prove nothing to anybody.

mod claims;
mod forged;
mod guests;
mod sets;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{EncodingKey, crypto, encode};
use serde_json::{Value, json};

use super::key::RSA;
use super::*;
use crate::clock;
use crate::problem::Code;

const SECRET: &str = "0123456789abcdef0123456789abcdef";
const GUESTS: &str = "only-guests-have-tokens-by-this-one";
const RSA_KEY: &str = include_str!("../../../tests/keys/rsa.pem");
const RSA_PUBLIC: &str = include_str!("../../../tests/keys/rsa.pub.pem");
const EC_KEY: &str = include_str!("../../../tests/keys/ec.pem");
const EC_PUBLIC: &str = include_str!("../../../tests/keys/ec.pub.pem");
const ED_KEY: &str = include_str!("../../../tests/keys/ed.pem");
const ED_PUBLIC: &str = include_str!("../../../tests/keys/ed.pub.pem");

fn rsa() -> EncodingKey {
    EncodingKey::from_rsa_pem(RSA_KEY.as_bytes()).unwrap()
}

fn ec() -> EncodingKey {
    EncodingKey::from_ec_pem(EC_KEY.as_bytes()).unwrap()
}

fn ed() -> EncodingKey {
    EncodingKey::from_ed_pem(ED_KEY.as_bytes()).unwrap()
}

fn secret() -> EncodingKey {
    EncodingKey::from_secret(SECRET.as_bytes())
}

/// Trusts tokens by the secret.
fn by_secret() -> Trust {
    Trust { secret: SECRET.parse().ok(), ..Trust::default() }
}

/// Trusts tokens by the private keys of these.
fn by_public(keys: &[&str]) -> Trust {
    let public_keys = keys.iter().map(ToString::to_string).collect();
    Trust { public_keys, ..Trust::default() }
}

/// Seconds since 1970, so many from now.
fn seconds(from_now: i64) -> i64 {
    clock::now().micros() / 1_000_000 + from_now
}

/// What a token of Ann's says that holds a while yet.
fn claims() -> Value {
    json!({"sub": "ann", "exp": seconds(600)})
}

/// The same, and this.
fn with(name: &str, value: Value) -> Value {
    let mut claims = claims();
    claims[name] = value;
    claims
}

fn token(algorithm: Algorithm, key: &EncodingKey, claims: &Value) -> String {
    encode(&Header::new(algorithm), claims, key).unwrap()
}

/// A token that names its key.
fn named(kid: &str, (algorithm, key): (Algorithm, &EncodingKey), claims: &Value) -> String {
    let header = Header { kid: Some(kid.to_owned()), ..Header::new(algorithm) };
    encode(&header, claims, key).unwrap()
}

/// A token of these two texts, signed with the secret as they are.
fn raw(header: &str, payload: &str) -> String {
    let [header, payload] = [header, payload].map(|text| URL_SAFE_NO_PAD.encode(text));
    let message = format!("{header}.{payload}");
    let signature = crypto::sign(message.as_bytes(), &secret(), Algorithm::HS256).unwrap();
    format!("{message}.{signature}")
}

/// Why something was refused.
fn why(problem: &Problem) -> String {
    let view = serde_json::to_value(problem.view()).unwrap();
    view["detail"].as_str().unwrap().to_owned()
}

/// Who brings a token; if nobody does, why it was refused.
fn who(trust: &Trust, token: &str) -> Result<Caller, String> {
    let known = Keys::new(trust).unwrap().check(token);
    known.map(|known| known.caller).map_err(|problem| {
        assert_eq!(problem.code(), Code::InvalidToken, "{token}");
        why(&problem)
    })
}

fn customer(tenant: Option<&str>, user: &str) -> Caller {
    let tenant = tenant.map(|name| name.parse().unwrap());
    Caller::Customer { tenant, user: user.parse().unwrap() }
}

fn ann() -> Caller {
    customer(None, "ann")
}

#[test]
fn a_token_is_genuine_by_each_kind_of_key() {
    for (trust, algorithms, key) in [
        (by_secret(), &[Algorithm::HS256][..], secret()),
        (by_public(&[RSA_PUBLIC]), RSA, rsa()),
        (by_public(&[EC_PUBLIC]), &[Algorithm::ES256], ec()),
        (by_public(&[ED_PUBLIC]), &[Algorithm::EdDSA], ed()),
    ] {
        for algorithm in algorithms {
            let token = token(*algorithm, &key, &claims());
            assert_eq!(who(&trust, &token), Ok(ann()), "{algorithm:?}");
        }
    }
}

#[test]
fn one_of_several_keys_is_enough_and_each_is_asked() {
    let trust =
        Trust { secret: SECRET.parse().ok(), ..by_public(&[ED_PUBLIC, EC_PUBLIC, RSA_PUBLIC]) };

    for (algorithm, key) in [
        (Algorithm::HS256, secret()),
        (Algorithm::RS256, rsa()),
        (Algorithm::ES256, ec()),
        (Algorithm::EdDSA, ed()),
    ] {
        assert_eq!(who(&trust, &token(algorithm, &key, &claims())), Ok(ann()), "{algorithm:?}");
    }
}

#[test]
fn a_token_ends_with_the_leeway_after_its_time() {
    let exp = seconds(600);
    let token = token(Algorithm::HS256, &secret(), &json!({"sub": "ann", "exp": exp}));

    let known = Keys::new(&by_secret()).unwrap().check(&token).unwrap();

    assert_eq!(known.until, Some(Timestamp::from_micros((exp + 30) * 1_000_000)));
    assert_eq!(ends(u64::MAX), Timestamp::from_micros(i64::MAX));
}
