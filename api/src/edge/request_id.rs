//! The id of a request, by which a caller and a log line find each other.

use axum::http::{HeaderName, HeaderValue, Request};
use uuid::Uuid;

/// Where the id stands, in requests and answers.
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The caller's id if it is a plain short one, else a fresh one.
pub(super) fn of<B>(request: &Request<B>) -> HeaderValue {
    let given = request.headers().get(REQUEST_ID).filter(|value| is_plain(value.as_bytes()));
    given.cloned().unwrap_or_else(fresh)
}

/// It is written to logs as it came, so that nothing but ids gets in.
fn is_plain(id: &[u8]) -> bool {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"._:-".contains(byte);
    (1..=128).contains(&id.len()) && id.iter().all(plain)
}

#[expect(clippy::disallowed_methods, reason = "the edge is where fresh ids come from")]
fn fresh() -> HeaderValue {
    let id = HeaderValue::try_from(Uuid::now_v7().to_string());
    // A UUID's text is always a header's value.
    id.unwrap_or(HeaderValue::from_static("unknown"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(given: &str) -> String {
        let request = Request::get("/").header(REQUEST_ID, given).body(()).unwrap();
        of(&request).to_str().unwrap().to_owned()
    }

    #[test]
    fn a_callers_id_is_kept_if_it_is_plain() {
        assert_eq!(id("a-1_b.c:d"), "a-1_b.c:d");
        for given in ["", "a b", "a\"b", &"x".repeat(129)] {
            assert!(id(given).parse::<Uuid>().is_ok(), "{given}");
        }
    }
}
