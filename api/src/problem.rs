//! RFC 9457 problems: the one shape of every error. Knows no route.

mod code;
mod line;
mod rejection;

use std::borrow::Cow;
use std::fmt::Display;
use std::num::NonZeroU16;

use axum::body::Body;
use axum::http::{HeaderValue, Response, header};
use axum::response::IntoResponse;
use cart_schemas::timestamp::{Timestamp, rfc3339};
use serde::Serialize;
use utoipa::ToSchema;

pub use self::code::{Code, Retry};
pub(crate) use self::line::FaultyLine;
use crate::clock;

/// The media type of every error.
pub(crate) const PROBLEM_JSON: &str = "application/problem+json";
/// When to come back after a 503 or for an outcome, in seconds: an outage that lasts longer asks
/// again, and one that does not is over by then.
pub(crate) const RETRY_AFTER: HeaderValue = HeaderValue::from_static("1");
/// How to say who one is (RFC 6750, 3), and that what was said does not hold.
const BEARER: HeaderValue = HeaderValue::from_static("Bearer");
const INVALID_BEARER: HeaderValue = HeaderValue::from_static("Bearer error=\"invalid_token\"");

/// An error on its way to the caller.
#[derive(Debug, Clone)]
pub struct Problem {
    code: Code,
    detail: Cow<'static, str>,
    current_version: Option<u64>,
    available: Option<u32>,
    locked_until: Option<Timestamp>,
    lines: Vec<FaultyLine>,
    errors: Vec<FieldError>,
    /// Seconds after which the caller may come back, where that is known.
    retry_after: Option<NonZeroU16>,
}

/// One thing wrong with a body, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct FieldError {
    /// JSON pointer to the field.
    pub(crate) pointer: Cow<'static, str>,
    /// What is expected there.
    pub(crate) detail: String,
}

/// A problem as JSON (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Problem)]
pub(crate) struct ProblemView<'a> {
    /// Identifies the kind of problem; the same as `/problems/` and the code.
    #[serde(rename = "type")]
    kind: String,
    /// What the kind means.
    title: &'static str,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// What is wrong this time.
    detail: &'a str,
    /// The stable code to branch on.
    code: Code,
    /// With `version_mismatch`: the version the cart has.
    #[serde(skip_serializing_if = "Option::is_none")]
    current_version: Option<u64>,
    /// With `insufficient_stock`: how many there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    available: Option<u32>,
    /// With `cart_locked`: until when at the latest.
    #[serde(with = "rfc3339::optional", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    locked_until: Option<Timestamp>,
    /// With `no_price`, and with `insufficient_stock` and `price_changed` of a checkout: the items it is
    /// about.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    lines: &'a [FaultyLine],
    /// What is wrong with which field of the body.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [FieldError],
}

impl Problem {
    /// A problem of this kind.
    pub(crate) fn new(code: Code, detail: impl Into<Cow<'static, str>>) -> Self {
        let detail = detail.into();
        Self {
            code,
            detail,
            current_version: None,
            available: None,
            locked_until: None,
            lines: Vec::new(),
            errors: Vec::new(),
            retry_after: None,
        }
    }

    /// A caller that has asked too much, and may ask again in so many seconds.
    pub(crate) fn rate_limited(detail: impl Into<Cow<'static, str>>, seconds: u32) -> Self {
        let retry_after = u16::try_from(seconds).unwrap_or(u16::MAX);
        Self { retry_after: NonZeroU16::new(retry_after), ..Self::new(Code::RateLimited, detail) }
    }

    /// A service that has too much to do.
    pub(crate) fn overloaded() -> Self {
        Self::new(Code::Overloaded, "too many requests wait for an answer; nothing was done")
    }

    /// A problem with one field of the body.
    pub(crate) fn at(code: Code, pointer: &'static str, expected: &dyn Display) -> Self {
        let field = FieldError { pointer: pointer.into(), detail: expected.to_string() };
        Self::new(code, format!("{pointer}: {}", field.detail)).with_errors(vec![field])
    }

    /// A request that cannot be understood.
    pub(crate) fn malformed(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Code::Malformed, detail)
    }

    /// The same, and the version the cart has.
    pub(crate) fn with_current_version(self, version: u64) -> Self {
        Self { current_version: Some(version), ..self }
    }

    /// The same, and how many there are.
    pub(crate) fn with_available(self, available: u32) -> Self {
        Self { available: Some(available), ..self }
    }

    /// The same, and until when the cart is locked at the latest.
    pub(crate) fn with_locked_until(self, until: Timestamp) -> Self {
        Self { locked_until: Some(until), ..self }
    }

    /// The same, and the items it is about.
    pub(crate) fn with_lines(self, lines: Vec<FaultyLine>) -> Self {
        Self { lines, ..self }
    }

    /// The same, and every field that is wrong.
    pub(crate) fn with_errors(self, errors: Vec<FieldError>) -> Self {
        Self { errors, ..self }
    }

    /// Its code.
    pub(crate) const fn code(&self) -> Code {
        self.code
    }

    /// The body it is answered with.
    #[must_use]
    pub fn body(&self) -> Vec<u8> {
        // Serializing a plain struct into memory has no way to fail.
        serde_json::to_vec(&self.view()).unwrap_or_default()
    }

    /// It as JSON.
    pub(crate) fn view(&self) -> ProblemView<'_> {
        ProblemView {
            kind: format!("/problems/{}", self.code.as_str()),
            title: self.code.title(),
            status: self.code.status().as_u16(),
            detail: &self.detail,
            code: self.code,
            current_version: self.current_version,
            available: self.available,
            locked_until: self.locked_until,
            lines: &self.lines,
            errors: &self.errors,
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> axum::response::Response {
        let mut response = Response::new(Body::from(self.body()));
        *response.status_mut() = self.code.status();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        if let Some(version) = self.current_version {
            headers.insert(header::ETAG, etag(version));
        }
        if matches!(self.code, Code::Unauthenticated | Code::InvalidTicket) {
            headers.insert(header::WWW_AUTHENTICATE, BEARER);
        }
        if self.code == Code::InvalidToken {
            headers.insert(header::WWW_AUTHENTICATE, INVALID_BEARER);
        }
        if matches!(self.code, Code::Unavailable | Code::Overloaded) {
            headers.insert(header::RETRY_AFTER, RETRY_AFTER);
        }
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds.get()));
        }
        if let Some(until) = self.locked_until {
            let seconds = clock::now().seconds_until(until).max(1);
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// The entity tag of a cart at a version: the version itself, quoted.
pub(crate) fn etag(version: u64) -> HeaderValue {
    let quoted = HeaderValue::try_from(format!("\"{version}\""));
    // Digits and quotes are always a header's value.
    quoted.unwrap_or(HeaderValue::from_static("\"0\""))
}

#[cfg(test)]
mod tests {
    use cart_schemas::rejection::Rejection;

    use super::*;

    fn json(problem: &Problem) -> String {
        serde_json::to_string(&problem.view()).unwrap()
    }

    #[test]
    fn a_problem_is_rfc_9457_with_a_code() {
        let problem = Problem::at(Code::InvalidQuantity, "/quantity", &"expected more");

        assert_eq!(
            json(&problem),
            r#"{"type":"/problems/invalid_quantity","title":"The quantity is invalid","status":422,"detail":"/quantity: expected more","code":"invalid_quantity","errors":[{"pointer":"/quantity","detail":"expected more"}]}"#
        );
    }

    #[test]
    fn a_version_mismatch_tells_the_version_in_body_and_etag() {
        let problem = Problem::from(&Rejection::VersionMismatch { current: 7 });

        assert!(json(&problem).contains(r#""code":"version_mismatch","currentVersion":7"#));
        let response = problem.into_response();
        assert_eq!(response.status(), 412);
        assert_eq!(response.headers()[header::ETAG], "\"7\"");
        assert_eq!(response.headers()[header::CONTENT_TYPE], PROBLEM_JSON);
    }

    #[test]
    fn insufficient_stock_tells_how_many_there_are() {
        let problem = Problem::from(&Rejection::InsufficientStock { available: 3 });

        assert!(json(&problem).ends_with(r#""code":"insufficient_stock","available":3}"#));
    }

    #[test]
    fn a_locked_cart_tells_until_when_at_the_latest() {
        let until = clock::now().plus_seconds(100);
        let problem = Problem::from(&Rejection::CartLocked { until });

        assert!(json(&problem).ends_with(&format!(r#""lockedUntil":"{until}"}}"#)));
        let response = problem.into_response();
        assert_eq!(response.status(), 423);
        let seconds: u64 =
            response.headers()[header::RETRY_AFTER].to_str().unwrap().parse().unwrap();
        assert!((90..=100).contains(&seconds), "{seconds}");
    }

    #[test]
    fn a_caller_that_asks_too_much_is_told_when_to_come_back() {
        let response = Problem::rate_limited("no", 7).into_response();

        assert_eq!(
            (response.status().as_u16(), &response.headers()["retry-after"]),
            (429, &"7".parse().unwrap())
        );
        let response = Problem::overloaded().into_response();
        assert_eq!(
            (response.status().as_u16(), &response.headers()["retry-after"]),
            (503, &"1".parse().unwrap())
        );
    }

    #[test]
    fn unavailable_says_when_to_come_back() {
        let response = Problem::unavailable("the store does not answer").into_response();

        assert_eq!(response.status(), 503);
        assert_eq!(response.headers()[header::RETRY_AFTER], "1");
    }
}
