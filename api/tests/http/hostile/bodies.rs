//! Bodies of the other routes, and bodies that are too long or not what they are told to be.

use super::client::Case;

const ADD: &str = "POST /api/cart/ann/items";
const GOOD: &str = r#"{"productID":"p","quantity":1}"#;

const COMPLETE: &str = "POST /api/cart/ann/checkout/018cbb42-2f31-7000-8000-000000000001/complete";

/// What each is called, where it goes, and what is answered.
#[rustfmt::skip]
const OF_OTHER_ROUTES: [(&str, &str, &str, &str); 20] = [
    ("an extension of no number", "POST /api/cart/ann/expiry", r#"{"extendSeconds":"1"}"#, "400 malformed"),
    ("an extension of nothing", "POST /api/cart/ann/expiry", r#"{"extendSeconds":0}"#, "422 invalid_expiry"),
    ("an extension backwards", "POST /api/cart/ann/expiry", r#"{"extendSeconds":-1}"#, "422 invalid_expiry"),
    ("an extension for ever", "POST /api/cart/ann/expiry", r#"{"extendSeconds":1e18}"#, "422 invalid_expiry"),
    ("an extension of 1e400", "POST /api/cart/ann/expiry", r#"{"extendSeconds":1e400}"#, "422 invalid_expiry"),
    ("a merge with nobody", "POST /api/cart/ann/merge", r#"{"fromUserID":""}"#, "422 invalid_user_id"),
    ("a merge with a path", "POST /api/cart/ann/merge", r#"{"fromUserID":"acme/bob"}"#, "422 invalid_user_id"),
    ("a merge with a number", "POST /api/cart/ann/merge", r#"{"fromUserID":7}"#, "400 malformed"),
    ("a merge by no policy", "POST /api/cart/ann/merge", r#"{"fromUserID":"bob","policy":"SUM"}"#, "422 invalid_merge"),
    ("a merge by no token", "POST /api/cart/ann/merge", r#"{"fromUserID":"bob","fromToken":7}"#, "400 malformed"),
    ("a merge with anybody", "POST /api/cart/ann/merge", r#"{"fromUserID":"bob","fromToken":null}"#, "403 forbidden"),
    ("prices accepted by a text", "POST /api/cart/ann/checkout", r#"{"acceptPrices":"true"}"#, "400 malformed"),
    ("prices accepted by a number", "POST /api/cart/ann/checkout", r#"{"acceptPrices":1}"#, "400 malformed"),
    ("a checkout as a list", "POST /api/cart/ann/checkout", "[true]", "400 malformed"),
    ("an order of a customer", COMPLETE, r#"{"orderID":"o"}"#, "403 forbidden"),
    ("an order that is none", COMPLETE, r#"{"orderID":7}"#, "400 malformed"),
    ("a product of a customer", "PUT /api/products/p", r#"{"name":"P","price":1,"stock":1}"#, "403 forbidden"),
    ("stock of a customer", "POST /api/products/p/stock", r#"{"delta":1}"#, "403 forbidden"),
    ("stock that is none", "POST /api/products/p/stock", r#"{"delta":"1"}"#, "400 malformed"),
    ("a delivery where there are none", "POST /hooks/stock", r#"{"changes":[]}"#, "404 not_found"),
];

pub(super) fn cases() -> Vec<Case> {
    let mut cases = of_other_routes();
    cases.extend(types());
    cases.extend(lengths());
    cases
}

fn of_other_routes() -> Vec<Case> {
    let case = |(name, asks, json, told): (&str, &str, &str, &str)| {
        Case::new(&format!("bodies: {name}"), asks).json(json).is(told)
    };
    OF_OTHER_ROUTES.map(case).into()
}

fn types() -> Vec<Case> {
    [
        ("none", None),
        ("empty", Some("")),
        ("text", Some("text/plain")),
        ("JSON as text", Some("text/json")),
        ("a form", Some("application/x-www-form-urlencoded")),
        ("a patch", Some("application/json-patch+json")),
        ("a problem", Some("application/problem+json")),
        ("JSON and more", Some("application/jsonx")),
        ("lines of JSON", Some("application/x-ndjson")),
        ("anything", Some("*/*")),
        ("two in one", Some("application/json, text/plain")),
        ("in quotes", Some("\"application/json\"")),
        ("parts", Some("multipart/form-data; boundary=application/json")),
    ]
    .into_iter()
    .map(|(name, content_type)| {
        let case = Case::new(&format!("types: {name}"), ADD).body(GOOD);
        let case = match content_type {
            Some(value) => case.header(format!("content-type: {value}")),
            None => case,
        };
        case.is("415 unsupported_media_type")
    })
    .collect()
}

fn lengths() -> Vec<Case> {
    // What is refused unread is not sent: the connection would be reset under the answer.
    let told = |length: &str| format!("content-length: {length}");
    let case = |name: &str| Case::new(&format!("lengths: {name}"), ADD);
    let chunked = |name: &str, body: &[u8]| {
        let case = Case::new(&format!("lengths: {name}"), ADD);
        let case = case.header("content-type: application/json");
        case.header("transfer-encoding: chunked").raw(body)
    };
    let mut long = b"4001\r\n".to_vec();
    long.extend(b"x".repeat(0x4001));
    long.extend(b"\r\n0\r\n\r\n");
    vec![
        case("one byte too many").header(told("16385")).is("413 body_too_large"),
        case("all there is").header(told("9223372036854775807")).is("413 body_too_large"),
        Case::new("lengths: of a route that reads none", "POST /api/cart/ann/clear")
            .header(told("16385"))
            .is("413 body_too_large"),
        Case::new("lengths: of nobody", ADD)
            .by_nobody()
            .header(told("16385"))
            .is("401 unauthenticated"),
        case("beyond 64 bits").header(told("18446744073709551616")).is("400"),
        case("less than none").header(told("-1")).is("400"),
        case("no number").header(told("x")).is("400"),
        case("two that differ").header(told("2")).header(told("3")).is("400"),
        case("two in one").header(told("2, 3")).is("400"),
        chunked("more than fits in parts", &long).is("413 body_too_large"),
        chunked("a part of no length", b"x\r\n{}\r\n0\r\n\r\n").is("400 malformed"),
        chunked("a part of all lengths", b"fffffffffffffffff\r\n{}\r\n").is("400 malformed"),
        Case::new("lengths: in unknown parts", ADD).header("transfer-encoding: xyz").is("400"),
    ]
}
