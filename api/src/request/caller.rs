//! Who asks, by the headers of a request or of a handshake. Knows no keys, and no route.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use cart_schemas::id::{CartKey, TenantId};
use serde::de::DeserializeOwned;

use super::listen::accepts_a_stream;
use super::{Asked, Said, Segments, SinceQuery};
use crate::admission;
use crate::app::App;
use crate::clock;
use crate::identity::{Caller, Known};
use crate::limits::Kind;
use crate::problem::{Code, Problem};
use crate::trace::{Mark, Trace};

/// What a page, which cannot send headers with a WebSocket, puts before its token in the list of
/// protocols it speaks.
const BEARER_PROTOCOL: &str = "bearer.";
/// The protocol sockets speak. A page that lists any must be answered with one of them.
pub(crate) const PROTOCOL: &str = "cartstream.v1";

impl FromRequestParts<Arc<App>> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        Known::from_request_parts(parts, app).await.map(|known| known.caller)
    }
}

impl FromRequestParts<Arc<App>> for Known {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let known = app.identity.known(|| bearer(&parts.headers), clock::now()).await?;
        let kind = admission::kind(parts, accepts_a_stream);
        app.charge(&known.caller, kind, parts.extensions.get())?;
        Ok(known)
    }
}

/// Who asks, and the segments of the matched route.
pub(crate) struct By<T>(pub(crate) Caller, pub(crate) T);

impl<T: DeserializeOwned + Send> FromRequestParts<Arc<App>> for By<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let caller = Caller::from_request_parts(parts, app).await?;
        audit(&caller, parts);
        let Segments(path) = Segments::from_request_parts(parts, app).await?;
        Ok(Self(caller, path))
    }
}

/// Who opens a socket: by a ticket, by the protocols a page lists, or as any request; and what they say
/// they know.
pub(crate) struct Follower {
    pub(crate) known: Known,
    pub(crate) since: Option<u64>,
}

impl FromRequestParts<Arc<App>> for Follower {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let Asked(query) = Asked::<SinceQuery>::from_request_parts(parts, app).await?;
        if !app.origins.admit(&parts.headers) {
            let detail = "Origin: expected one of this host, or one that --cors-origin names";
            return Err(Problem::new(Code::ForeignOrigin, detail));
        }
        let known = match query.ticket {
            Some(ticket) => app.tickets.take(&ticket, clock::now())?,
            None => {
                let headers = &parts.headers;
                let token = || Ok(bearer(headers)?.or_else(|| listed(headers)));
                app.identity.known(token, clock::now()).await?
            }
        };
        app.charge(&known.caller, Kind::Socket, parts.extensions.get())?;
        Ok(Self { known, since: query.since })
    }
}

/// What staff and services change is written down, by whom: they act for carts that are not theirs.
fn audit(caller: &Caller, parts: &Parts) {
    if let Caller::Shop { tenant, name } = caller
        && !parts.method.is_safe()
    {
        let (tenant, path) = (tenant.as_ref().map(TenantId::as_str), parts.uri.path());
        let mark = parts.extensions.get::<Mark>();
        // Said by the record itself: what is around it may not be logged.
        tracing::info!(
            target: "audit",
            who = name,
            tenant,
            method = %parts.method,
            path,
            request.id = mark.map(Mark::id),
            trace.id = mark.map(|mark| tracing::field::display(mark.trace.onward().trace())),
            "asked"
        );
    }
}

/// The same of a command they say over a socket, where its id is the request's.
pub(crate) fn audit_command(caller: &Caller, cart: &CartKey, (said, trace): (&Said, Trace)) {
    if let Caller::Shop { tenant, name } = caller {
        let (tenant, cart) = (tenant.as_ref().map(TenantId::as_str), cart.user().as_str());
        tracing::info!(
            target: "audit",
            who = name,
            tenant,
            command = said.kind(),
            cart,
            request.id = said.id,
            trace.id = %trace.onward().trace(),
            "asked"
        );
    }
}

/// The token of `Authorization: Bearer`.
pub(crate) fn bearer(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let token = value.to_str().ok().and_then(|text| {
        let (scheme, token) = text.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim_matches(' '))
    });
    let token = token.filter(|token| !token.is_empty());
    match token {
        Some(token) if values.next().is_none() => Ok(Some(token)),
        Some(_) | None => {
            let expected = "Authorization: expected it once, as Bearer and a token";
            Err(Problem::new(Code::Unauthenticated, expected))
        }
    }
}

/// The token among the protocols of a handshake.
fn listed(headers: &HeaderMap) -> Option<&str> {
    let values = headers.get_all(header::SEC_WEBSOCKET_PROTOCOL).iter();
    let mut listed = values.filter_map(|value| value.to_str().ok()).flat_map(|all| all.split(','));
    listed.find_map(|one| one.trim().strip_prefix(BEARER_PROTOCOL))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[(&'static str, &'static str)]) -> HeaderMap {
        let lines =
            lines.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
        let mut headers = HeaderMap::new();
        lines.for_each(|(name, value): (header::HeaderName, _)| {
            headers.append(name, value);
        });
        headers
    }

    #[test]
    fn a_token_is_brought_as_a_bearers() {
        assert_eq!(bearer(&headers(&[])).unwrap(), None);
        for value in ["Bearer a.b.c", "bearer a.b.c", "BEARER  a.b.c "] {
            assert_eq!(bearer(&headers(&[("authorization", value)])).unwrap(), Some("a.b.c"));
        }
    }

    #[test]
    fn another_scheme_and_two_tokens_are_no_token() {
        let twice = [("authorization", "Bearer a"), ("authorization", "Bearer b")];
        for lines in
            [&[("authorization", "Basic YTpi")][..], &[("authorization", "Bearer ")], &twice]
        {
            let problem = bearer(&headers(lines)).unwrap_err();
            assert_eq!(problem.code(), Code::Unauthenticated, "{lines:?}");
        }
    }

    #[test]
    fn a_page_lists_its_token_among_the_protocols() {
        let protocols = |value| headers(&[("sec-websocket-protocol", value)]);

        assert_eq!(listed(&protocols("cartstream.v1, bearer.a.b.c")), Some("a.b.c"));
        assert_eq!(listed(&protocols("cartstream.v1")), None);
    }
}
