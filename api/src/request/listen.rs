//! The headers a history is asked for with: whether as one answer or as a stream, and after what.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::{ObjectBuilder, Required, schema::Type};

use crate::problem::Problem;

const LAST_EVENT_ID: &str = "last-event-id";
const EVENT_STREAM: &str = "text/event-stream";
/// The ids of events that have one: versions, as they were told.
const VERSION: &str = "^(0|[1-9][0-9]{0,18})$";

/// How a history is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Listen {
    /// Whether as a stream of server-sent events.
    pub(crate) streams: bool,
    /// `Last-Event-ID`: the version a stream that broke off had told.
    pub(crate) last_event: Option<u64>,
}

impl<S: Send + Sync> FromRequestParts<S> for Listen {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let headers = &parts.headers;
        Ok(Self { streams: accepts_a_stream(headers), last_event: last_event(headers)? })
    }
}

/// Whether a stream of server-sent events is wanted.
pub(super) fn accepts_a_stream(headers: &HeaderMap) -> bool {
    let values = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let mut types = values.flat_map(|value| value.split(','));
    types.any(|accepted| {
        let name = accepted.split(';').next().unwrap_or_default();
        name.trim().eq_ignore_ascii_case(EVENT_STREAM)
    })
}

fn last_event(headers: &HeaderMap) -> Result<Option<u64>, Problem> {
    let Some(value) = headers.get(LAST_EVENT_ID) else { return Ok(None) };
    let version = value.to_str().ok().and_then(|text| {
        let version: u64 = text.trim().parse().ok()?;
        // As we print it: no sign, no leading zeros.
        (version.to_string() == text.trim()).then_some(version)
    });
    version
        .map(Some)
        .ok_or_else(|| Problem::malformed("Last-Event-ID: expected the id of an event of a cart"))
}

impl IntoParams for Listen {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let description =
            "With a stream: the version a stream that broke off had told; before `after`.";
        let version = ObjectBuilder::new().schema_type(Type::String).pattern(Some(VERSION));
        let parameter = ParameterBuilder::new()
            .name("Last-Event-ID")
            .parameter_in(ParameterIn::Header)
            .required(Required::False)
            .description(Some(description))
            .schema(Some(version.build()));
        vec![parameter.build()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: &'static str, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name.parse().unwrap(), value.parse().unwrap())])
    }

    #[test]
    fn a_stream_is_asked_for_by_its_media_type() {
        for accept in ["text/event-stream", "text/html, Text/Event-Stream;q=0.9"] {
            assert!(accepts_a_stream(&headers("accept", accept)), "{accept}");
        }
        for accept in ["*/*", "application/json", "text/event-streams"] {
            assert!(!accepts_a_stream(&headers("accept", accept)), "{accept}");
        }
    }

    #[test]
    fn the_last_event_is_a_version() {
        assert_eq!(last_event(&HeaderMap::new()).unwrap(), None);
        assert_eq!(last_event(&headers(LAST_EVENT_ID, "17")).unwrap(), Some(17));
        for other in ["seventeen", "+17", "017", "-1", ""] {
            assert!(last_event(&headers(LAST_EVENT_ID, other)).is_err(), "{other}");
        }
    }
}
