//! One span, one log line and one count per request, and the headers every answer has.
//!
//! No path and no body gets into a span: the route's template says what was asked, and whose cart
//! it was is nobody's business here.

use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use tracing::{Instrument as _, Span};

use super::request_id::{self, REQUEST_ID};
use crate::meters;
use crate::request::traceparent;

const NOSNIFF: HeaderValue = HeaderValue::from_static("nosniff");
/// Carts are personal and change under a reader's hands.
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
const CONTENT_TYPE_OPTIONS: HeaderName = header::X_CONTENT_TYPE_OPTIONS;

/// Answers a request under its span and counts the answer.
pub(super) async fn observe(request: Request, next: Next) -> Response {
    let started = Instant::now();
    let id = request_id::of(&request);
    let route = request.extensions().get::<MatchedPath>().cloned();
    let route = route.as_ref().map(MatchedPath::as_str);
    let method = request.method().clone();
    let span = span(&request, route, &id);
    let mut response = next.run(request).instrument(span.clone()).await;
    let headers = response.headers_mut();
    headers.insert(REQUEST_ID, id);
    headers.insert(CONTENT_TYPE_OPTIONS, NOSNIFF);
    headers.entry(header::CACHE_CONTROL).or_insert(NO_STORE);
    meters::request(route, &method, response.status());
    span.in_scope(|| log(&response, started));
    response
}

fn span(request: &Request, route: Option<&str>, id: &HeaderValue) -> Span {
    let trace = traceparent(request.headers()).and_then(|trace| trace.split('-').nth(1));
    tracing::info_span!(
        "request",
        request.id = id.to_str().unwrap_or_default(),
        trace.id = trace,
        http.method = %request.method(),
        http.route = route,
    )
}

fn log(response: &Response, started: Instant) {
    let status = response.status().as_u16();
    let elapsed_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    // A 503 is an outage told as it should be; who has the outage logs it.
    let expected = response.status() == StatusCode::SERVICE_UNAVAILABLE;
    if response.status().is_server_error() && !expected {
        tracing::warn!(http.status = status, elapsed_ms, "answered {status}");
    } else {
        tracing::debug!(http.status = status, elapsed_ms, "answered {status}");
    }
}
