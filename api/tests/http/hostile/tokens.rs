//! Credentials that are none, and tokens that are taken for what they are not, end to end.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

use super::client::Case;
use crate::identity::{GUESTS, SECRET, api_key, customer, seconds, token};

const READ: &str = "GET /api/cart/ann";
const INVALID: &str = "401 invalid_token";
const UNKNOWN: &str = "401 unauthenticated";
const FORBIDDEN: &str = "403 forbidden";
const RSA_PUBLIC: &str = include_str!("../../keys/rsa.pub.pem");

fn by(name: &str, token: &str, told: &str) -> Case {
    let case = Case::new(&format!("tokens: {name}"), READ).by_nobody();
    case.header(format!("authorization: Bearer {token}")).is(told)
}

fn admin() -> Value {
    json!({"sub": "ann", "exp": seconds(600), "scope": "cart:admin"})
}

fn signed((algorithm, kid): (Algorithm, Option<&str>), key: &[u8], claims: &Value) -> String {
    let header = Header { kid: kid.map(str::to_owned), ..Header::new(algorithm) };
    encode(&header, claims, &EncodingKey::from_secret(key)).unwrap()
}

/// A token of Ann's whose header is this, with the signature of her genuine one.
fn headed(header: &str) -> String {
    let genuine = customer("ann");
    let (_, rest) = genuine.split_once('.').unwrap();
    format!("{}.{rest}", URL_SAFE_NO_PAD.encode(header))
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = forged();
    cases.extend(changed());
    cases.extend(unlike());
    cases.extend(said());
    cases
}

/// Tokens that nobody who is trusted has signed so.
#[rustfmt::skip]
fn forged() -> Vec<Case> {
    let none = |alg: &str| {
        let header = URL_SAFE_NO_PAD.encode(format!(r#"{{"alg":"{alg}","typ":"JWT"}}"#));
        format!("{header}.{}.", URL_SAFE_NO_PAD.encode(admin().to_string()))
    };
    let by_secret = |kind, key: &str| signed(kind, key.as_bytes(), &admin());
    let plain = (Algorithm::HS256, None);
    let guests = (Algorithm::HS256, Some("cartstream-guest"));
    vec![
        by("alg none", &none("none"), INVALID),
        by("alg None", &none("None"), INVALID),
        by("alg NONE", &none("NONE"), INVALID),
        by("alg nOnE", &none("nOnE"), INVALID),
        by("the public key as a secret", &by_secret(plain, RSA_PUBLIC), INVALID),
        by("another secret", &by_secret(plain, "x0123456789abcdef0123456789abcdef"), INVALID),
        by("no secret", &by_secret(plain, ""), INVALID),
        by("the guests' secret", &by_secret(plain, GUESTS), INVALID),
        by("the main secret as the guests'", &by_secret(guests, SECRET), INVALID),
        by("a longer hash", &by_secret((Algorithm::HS512, None), SECRET), INVALID),
        by("a guest who says they are the shop", &signed(guests, GUESTS.as_bytes(), &guest_admin()), FORBIDDEN),
    ]
}

/// A genuine token, changed.
fn changed() -> Vec<Case> {
    let genuine = customer("ann");
    let (head, signature) = genuine.rsplit_once('.').unwrap();
    let (header, payload) = head.split_once('.').unwrap();
    let other = URL_SAFE_NO_PAD.encode(admin().to_string());
    vec![
        by("no alg", &headed(r#"{"typ":"JWT"}"#), INVALID),
        by("alg null", &headed(r#"{"alg":null}"#), INVALID),
        by("alg HS384 over HS256", &headed(r#"{"alg":"HS384"}"#), INVALID),
        by("alg RS256 over HS256", &headed(r#"{"alg":"RS256"}"#), INVALID),
        by("alg EdDSA over HS256", &headed(r#"{"alg":"EdDSA"}"#), INVALID),
        by("alg twice", &headed(r#"{"alg":"HS256","alg":"none"}"#), INVALID),
        by("another header", &headed(r#"{"alg":"HS256","typ":"JWS"}"#), INVALID),
        by("a header that is a bomb", &headed(&"[".repeat(3_000)), INVALID),
        by("another payload", &format!("{header}.{other}.{signature}"), INVALID),
        by("another signature", &format!("{head}.{}", "A".repeat(43)), INVALID),
        by("no signature", &format!("{head}."), INVALID),
        by("two parts", head, INVALID),
        by("four parts", &format!("{genuine}.{signature}"), INVALID),
        by("parts in another order", &format!("{payload}.{header}.{signature}"), INVALID),
        by("cut", genuine.get(..genuine.len() - 1).unwrap(), INVALID),
        by("and more", &format!("{genuine}A"), INVALID),
        by("and padding", &format!("{genuine}="), INVALID),
    ]
}

/// A guest's token with more in it than any has.
fn guest_admin() -> Value {
    json!({"sub": "guest_1", "exp": seconds(600), "scope": "cart:admin"})
}

fn unlike() -> Vec<Case> {
    let key = api_key();
    vec![
        by("empty parts", "..", INVALID),
        by("a word", "x", INVALID),
        by("null", "null", INVALID),
        by("no Base64", "!!.!!.!!", INVALID),
        by("a token in quotes", &format!("\"{}\"", customer("ann")), INVALID),
        by("two in one", &format!("{}, {}", customer("ann"), customer("ann")), INVALID),
        by("8 KiB and one byte", &"x".repeat(8 * 1024 + 1), INVALID),
        by("a key nobody has", "csk_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", INVALID),
        by("a key of nothing", "csk_", INVALID),
        by("a key and more", &format!("{key}A"), INVALID),
        by("a key in capitals", &key.to_uppercase(), INVALID),
        by("a key without its beginning", key.trim_start_matches("csk_"), INVALID),
        by("an overlong key", &format!("csk_{}", "x".repeat(9_000)), INVALID),
    ]
}

/// Genuine tokens that say too little, or what nobody asked.
#[rustfmt::skip]
fn said() -> Vec<Case> {
    let (soon, ago) = (seconds(600), seconds(-600));
    [
        ("an end that is past", json!({"sub": "ann", "exp": ago}), INVALID),
        ("a beginning to come", json!({"sub": "ann", "exp": soon, "nbf": soon}), INVALID),
        ("no end", json!({"sub": "ann"}), INVALID),
        ("an end as a text", json!({"sub": "ann", "exp": "4102444800"}), INVALID),
        ("an end before time", json!({"sub": "ann", "exp": -1}), INVALID),
        ("nobody", json!({"exp": soon}), INVALID),
        ("an empty user", json!({"sub": "", "exp": soon}), INVALID),
        ("a user of another shop", json!({"sub": "acme/ann", "exp": soon}), INVALID),
        ("a user with a mark", json!({"sub": "ann\u{200f}", "exp": soon}), INVALID),
        ("a number as a user", json!({"sub": 7, "exp": soon}), INVALID),
        ("a shop of no name", json!({"sub": "ann", "exp": soon, "tenant": ""}), INVALID),
        ("a shop of a path", json!({"sub": "ann", "exp": soon, "tenant": "../x"}), INVALID),
        ("scopes as a list", json!({"sub": "b", "exp": soon, "scope": ["cart:admin"]}), INVALID),
        ("a list of claims", json!(["ann", soon]), INVALID),
        ("another user", json!({"sub": "bob", "exp": soon}), FORBIDDEN),
        ("another case of the user", json!({"sub": "Ann", "exp": soon}), FORBIDDEN),
        ("almost an administrator", json!({"sub": "b", "exp": soon, "scope": "cart:administrator"}), FORBIDDEN),
        ("an administrator in capitals", json!({"sub": "b", "exp": soon, "scope": "CART:ADMIN"}), FORBIDDEN),
        ("an administrator after a tab", json!({"sub": "b", "exp": soon, "scope": "a\tcart:admin"}), FORBIDDEN),
        ("roles nobody asked for", json!({"sub": "b", "exp": soon, "admin": true, "role": "cart:admin"}), FORBIDDEN),
    ]
    .map(|(name, claims, told)| by(name, &token(&claims), told))
    .into()
}

/// Ways to say who one is that are not taken; `@` is Ann's token.
#[rustfmt::skip]
const SCHEMES: [(&str, &[&str], &str); 18] = [
    ("nothing", &[], UNKNOWN),
    ("an empty header", &["authorization:"], UNKNOWN),
    ("Basic", &["authorization: Basic YW5uOmFubg=="], UNKNOWN),
    ("Digest", &[r#"authorization: Digest username="ann""#], UNKNOWN),
    ("Bearer without a token", &["authorization: Bearer"], UNKNOWN),
    ("Bearer and blanks", &["authorization: Bearer   "], UNKNOWN),
    ("Bearer and a tab", &["authorization: Bearer\t@"], UNKNOWN),
    ("Bearer and a colon", &["authorization: Bearer:@"], UNKNOWN),
    ("a token alone", &["authorization: @"], UNKNOWN),
    ("JWT", &["authorization: JWT @"], UNKNOWN),
    ("Bearers", &["authorization: Bearers @"], UNKNOWN),
    ("a token and a tab", &["authorization: Bearer a\t@"], INVALID),
    ("two tokens", &["authorization: Bearer @", "authorization: Bearer @"], UNKNOWN),
    ("two schemes", &["authorization: Basic YTpi", "authorization: Bearer @"], UNKNOWN),
    ("a name that is alike", &["x-authorization: Bearer @"], UNKNOWN),
    ("a proxy's", &["proxy-authorization: Bearer @"], UNKNOWN),
    ("a cookie", &["cookie: token=@; authorization=Bearer @"], UNKNOWN),
    ("a protocol without a socket", &["sec-websocket-protocol: bearer.@"], UNKNOWN),
];

pub(super) fn schemes() -> Vec<Case> {
    let ann = customer("ann");
    let nobody = |name: &str, asks: &str| {
        Case::new(&format!("schemes: {name}"), asks).by_nobody().is(UNKNOWN)
    };
    let case = |(name, lines, told): (&str, &[&str], &str)| {
        let lines = lines.iter().map(|line| line.replace('@', &ann));
        lines.fold(nobody(name, READ), Case::header).is(told)
    };
    let bytes = b"authorization: Bearer \xff".to_vec();
    let socket = "GET /ws/cart/ann?ticket=x";
    let others = [
        nobody("a token in the query", &format!("{READ}?access_token={ann}")),
        nobody("a ticket in the query of a read", &format!("{READ}?ticket={ann}")),
        nobody("of bytes", READ).header(bytes),
        Case::new("schemes: a ticket nobody gave", socket).is("401 invalid_ticket"),
        Case::new("schemes: two tickets", &format!("{socket}&ticket=y")).is("400 malformed"),
    ];
    SCHEMES.into_iter().map(case).chain(others).collect()
}
