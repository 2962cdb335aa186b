//! The body of a request: bounded, declared as JSON, read strictly. Knows no fields.

use std::time::Duration;

use axum::body::{Body, HttpBody as _};
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use futures::StreamExt as _;
use serde::de::DeserializeOwned;

use super::strict;
use crate::problem::{Code, Problem};

/// How long a body may take to arrive: a small one that takes longer is held back on purpose.
const ARRIVES_WITHIN: Duration = Duration::from_secs(10);
/// The largest body of a cart's route, in bytes.
const LIMIT: usize = 16 * 1024;
/// The largest body that is taken as it comes: a delivery of 100 changes with the longest ids is half
/// of it.
const RAW_LIMIT: usize = 64 * 1024;

/// A body some route takes.
pub(crate) trait Form: DeserializeOwned {
    /// The largest one, in bytes.
    const LIMIT: usize = LIMIT;
}

/// The body of a request that has to have one.
pub(crate) struct Payload<F>(pub(crate) F);

impl<F: Form, S: Send + Sync> FromRequest<S> for Payload<F> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let bytes = arrived(body, F::LIMIT).await?;
        require_json(&parts.headers)?;
        strict::parse(&bytes).map(Self)
    }
}

/// The body of a request that may do without one.
pub(crate) struct Perhaps<F>(pub(crate) F);

impl<F: Form + Default, S: Send + Sync> FromRequest<S> for Perhaps<F> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let bytes = arrived(body, F::LIMIT).await?;
        if bytes.is_empty() {
            return Ok(Self(F::default()));
        }
        require_json(&parts.headers)?;
        strict::parse(&bytes).map(Self)
    }
}

/// The bytes of a body as they came, for a route that judges them before it reads them.
pub(crate) struct Raw(pub(crate) Vec<u8>);

impl<S: Send + Sync> FromRequest<S> for Raw {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        arrived(request.into_body(), RAW_LIMIT).await.map(Self)
    }
}

/// A request whose body, if there is one, nobody reads.
pub(crate) struct Bodiless;

impl<S: Send + Sync> FromRequest<S> for Bodiless {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        refuse_oversized(request.body(), LIMIT).map(|()| Self)
    }
}

fn oversized(limit: usize) -> Problem {
    Problem::new(Code::BodyTooLarge, format!("a body of at most {limit} bytes is taken here"))
}

/// Refuses by the declared length, before a byte of the body is waited for.
fn refuse_oversized(body: &Body, limit: usize) -> Result<(), Problem> {
    let fits = usize::try_from(body.size_hint().lower()).is_ok_and(|length| length <= limit);
    if fits { Ok(()) } else { Err(oversized(limit)) }
}

async fn arrived(body: Body, limit: usize) -> Result<Vec<u8>, Problem> {
    refuse_oversized(&body, limit)?;
    let body = tokio::time::timeout(ARRIVES_WITHIN, collect(body, limit)).await;
    body.unwrap_or_else(|_| Err(Problem::malformed("the body did not arrive")))
}

async fn collect(body: Body, limit: usize) -> Result<Vec<u8>, Problem> {
    let mut chunks = body.into_data_stream();
    let mut bytes = Vec::new();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| Problem::malformed("the body broke off"))?;
        if bytes.len().saturating_add(chunk.len()) > limit {
            return Err(oversized(limit));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

fn require_json(headers: &HeaderMap) -> Result<(), Problem> {
    let declared = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = declared.and_then(|text| text.split(';').next()).map(str::trim);
    if essence.is_some_and(|text| text.eq_ignore_ascii_case("application/json")) {
        return Ok(());
    }
    Err(Problem::new(Code::UnsupportedMediaType, "Content-Type: expected application/json"))
}

#[cfg(test)]
mod tests {
    use axum::http::Request;
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Default, Deserialize)]
    struct Any {}

    impl Form for Any {}

    async fn take(content_type: &str, body: impl Into<Body>) -> Result<(), Code> {
        let request = Request::post("/").header(header::CONTENT_TYPE, content_type);
        let taken = Payload::<Any>::from_request(request.body(body.into()).unwrap(), &()).await;
        taken.map(|_| ()).map_err(|problem| problem.code())
    }

    #[tokio::test]
    async fn a_body_is_json_with_or_without_a_charset() {
        for content_type in ["application/json", "Application/JSON; charset=utf-8"] {
            assert_eq!(take(content_type, "{}").await, Ok(()));
        }
        for content_type in ["text/plain", "application/json-patch+json", ""] {
            assert_eq!(take(content_type, "{}").await, Err(Code::UnsupportedMediaType));
        }
    }

    #[tokio::test]
    async fn a_body_that_may_be_absent_is_still_read_if_it_is_there() {
        let take = async |content_type: &str, body: &'static str| {
            let request = Request::post("/").header(header::CONTENT_TYPE, content_type);
            let body = request.body(Body::from(body)).unwrap();
            let taken = Perhaps::<Any>::from_request(body, &()).await;
            taken.map(|_| ()).map_err(|problem| problem.code())
        };

        assert_eq!(take("text/plain", "").await, Ok(()));
        assert_eq!(take("application/json", "{}").await, Ok(()));
        assert_eq!(take("text/plain", "{}").await, Err(Code::UnsupportedMediaType));
        assert_eq!(take("application/json", "[]").await, Err(Code::Malformed));
    }

    #[tokio::test]
    async fn a_body_past_the_limit_is_refused_whatever_else_is_wrong_with_it() {
        let chunked = Body::from_stream(futures::stream::iter(std::iter::repeat_n(
            Ok::<_, std::convert::Infallible>("x".repeat(1_024)),
            17,
        )));

        assert_eq!(take("text/plain", chunked).await, Err(Code::BodyTooLarge));
        let padded = format!("{{}}{}", " ".repeat(LIMIT - 2));
        assert_eq!(take("application/json", padded).await, Ok(()));
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_does_not_arrive_is_not_waited_for() {
        let began = tokio::time::Instant::now();
        let stalls = futures::stream::pending::<Result<String, std::convert::Infallible>>();

        let taken = take("application/json", Body::from_stream(stalls)).await;

        assert_eq!((taken, began.elapsed()), (Err(Code::Malformed), ARRIVES_WITHIN));
    }

    #[test]
    fn a_declared_length_past_the_limit_is_refused_unread() {
        let body = Body::from("x".repeat(LIMIT + 1));

        assert!(refuse_oversized(&body, LIMIT).is_err());
        assert!(refuse_oversized(&body, LIMIT + 1).is_ok());
    }
}
