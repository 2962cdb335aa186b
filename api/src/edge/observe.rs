//! One span, one log line, one count and one hop per request, and the headers every answer has.
//!
//! No path and no body gets into a span: the route's template says what was asked, and whose cart
//! it was is nobody's business here.

use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use tracing::{Instrument as _, Span};

use super::request_id::{self, REQUEST_ID};
use super::{Edge, compress, headers};
use crate::meters;
use crate::trace::{Mark, Trace};

/// Answers a request under its span and counts the answer.
pub(super) async fn observe(
    State(edge): State<Edge>,
    mut request: Request,
    next: Next,
) -> Response {
    let started = Instant::now();
    let trace = Trace::of(request.headers(), edge.traces);
    let mark = Mark { id: request_id::of(&request), trace };
    let route = request.extensions().get::<MatchedPath>().cloned();
    let asked =
        Asked { route: route.as_ref().map(MatchedPath::as_str), method: request.method().clone() };
    let span = asked.span(&mark);
    request.extensions_mut().insert(mark.clone());
    compress::drop_refusals(request.headers_mut());
    let mut response = next.run(request).instrument(span.clone()).await;
    let headers = response.headers_mut();
    compress::weaken_tag(headers);
    headers.insert(REQUEST_ID, mark.id);
    headers::complete(headers, edge.transport);
    meters::request(asked.route, &asked.method, response.status());
    trace.tell("request", started.elapsed());
    span.in_scope(|| log(&response, started));
    response
}

/// What was asked, as far as it is told.
struct Asked<'a> {
    route: Option<&'a str>,
    method: Method,
}

impl Asked<'_> {
    fn span(&self, mark: &Mark) -> Span {
        tracing::info_span!(
            "request",
            request.id = mark.id(),
            trace.id = %mark.trace.onward().trace(),
            http.method = %self.method,
            http.route = self.route,
        )
    }
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
