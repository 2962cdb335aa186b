//! What the headers of a change may and may not say.

use axum::http::{HeaderName, HeaderValue, Request};
use futures::FutureExt as _;
use proptest::prelude::*;

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

/// How headers ask; nothing in them is waited for.
fn asked(values: &[(&'static str, &str)]) -> Result<Ask, Problem> {
    let (mut parts, ()) = Request::new(()).into_parts();
    parts.headers = headers(values);
    Ask::from_request_parts(&mut parts, &()).now_or_never().unwrap()
}

proptest! {
    #[test]
    fn whatever_may_be_asked_is_understood(
        key in "[!-~]{1,255}",
        version in any::<u64>(),
        preference in "respond-async(;[a-z]{1,8})?(, ?wait=[0-9]{1,3})?",
    ) {
        let tag = format!("\"{version}\"");
        let ask = asked(&[("idempotency-key", &key), ("if-match", &tag), ("prefer", &preference)]);

        let ask = ask.map_err(|problem| problem.code()).unwrap();
        prop_assert_eq!(ask.idempotency_key, Some(key));
        prop_assert_eq!((ask.expected_version, ask.respond_async), (Some(version), true));
    }

    #[test]
    fn an_entity_tag_has_one_spelling(text in "[\"W/*0-9 +-]{0,24}") {
        let told = asked(&[("if-match", &text)]);

        let is_tag = text.trim() == "*"
            || told.as_ref().is_ok_and(|ask| {
                let version = ask.expected_version.map(|version| format!("\"{version}\""));
                version.as_deref() == Some(text.trim())
            });
        prop_assert_eq!(told.is_ok(), is_tag);
    }
}
