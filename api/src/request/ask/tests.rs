//! What the headers of a change may and may not say.

use axum::http::{HeaderName, HeaderValue};

use super::*;

fn headers(values: &[(&'static str, &str)]) -> HeaderMap {
    let pair = |(name, value): &(&'static str, &str)| {
        (HeaderName::from_static(name), HeaderValue::from_bytes(value.as_bytes()).unwrap())
    };
    values.iter().map(pair).collect()
}

#[test]
fn if_match_takes_a_version_as_the_etag_prints_it() {
    let read = |value| if_match(&headers(&[("if-match", value)])).map_err(|problem| problem.code());

    assert_eq!(read("\"0\""), Ok(Some(0)));
    assert_eq!(read(" \"42\" "), Ok(Some(42)));
    assert_eq!(read("*"), Ok(None));
    for value in ["3", "W/\"3\"", "\"3\", \"4\"", "\"03\"", "\"+3\"", "\"-1\"", "\"x\"", "\"", ""] {
        assert!(read(value).is_err(), "{value}");
    }
    assert_eq!(if_match(&HeaderMap::new()).unwrap(), None);
    assert!(if_match(&headers(&[("if-match", "\"1\""), ("if-match", "\"2\"")])).is_err());
}

#[test]
fn an_idempotency_key_is_1_to_255_visible_characters() {
    let read = |value: &str| idempotency_key(&headers(&[("idempotency-key", value)]));

    assert_eq!(read("k-1").unwrap().as_deref(), Some("k-1"));
    assert!(read(&"x".repeat(255)).is_ok());
    for value in ["", "a b", "\u{fc}", &"x".repeat(256)] {
        assert!(read(value).is_err(), "{value:?}");
    }
    assert!(
        idempotency_key(&headers(&[("idempotency-key", "a"), ("idempotency-key", "a")])).is_err()
    );
}

#[test]
fn respond_async_is_one_preference_among_others() {
    let prefers = |value| respond_async(&headers(&[("prefer", value)]));

    assert!(prefers("respond-async"));
    assert!(prefers("return=minimal, Respond-Async; wait=10"));
    assert!(!prefers("return=minimal"));
    assert!(!prefers("not-respond-async"));
}
