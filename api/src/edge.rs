//! The layers around every route, also around those that do not exist. Knows no route.

mod admit;
mod compress;
mod headers;
mod observe;
mod path;
mod request_id;

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::{HeaderName, Method, Response, header};
use axum::middleware;
use axum::response::IntoResponse as _;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::cors::{AllowOrigin, Any as AnyOrigin, CorsLayer};

use crate::admission::Admission;
use crate::limits;
use crate::problem::Problem;
use crate::settings::{Origins, Traces, Transport};

/// How long a browser may remember that it may ask.
const CORS_MAX_AGE: Duration = Duration::from_secs(600);

/// What the layers are told.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Edge {
    pub(crate) transport: Transport,
    pub(crate) traces: Traces,
}

impl Edge {
    /// Of a process that is asked by its own tools only.
    pub(crate) const INWARD: Self = Self { transport: Transport::Plain, traces: Traces::PassedOn };
}

/// Puts the layers around `routes`, the outermost last: what a panic or a preflight is answered
/// with is observed like everything else, and a page reads what it is turned away with.
pub(crate) fn around(
    routes: Router,
    origins: &Origins,
    edge: Edge,
    admission: Arc<Admission>,
) -> Router {
    let routes = routes
        .layer(middleware::from_fn(path::require_encoding))
        .layer(CatchPanicLayer::custom(on_panic))
        .layer(middleware::from_fn_with_state(admission, admit::admit))
        .layer(compress::layer());
    let routes = match cors(origins) {
        Some(cors) => routes.layer(cors),
        None => routes,
    };
    routes.layer(middleware::from_fn_with_state(edge, observe::observe))
}

/// The panic is a defect; its message is for the log alone.
#[expect(clippy::needless_pass_by_value, reason = "the layer hands the panic over")]
fn on_panic(panic: Box<dyn Any + Send>) -> Response<axum::body::Body> {
    let text = panic.downcast_ref::<&str>().copied();
    let message = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    tracing::error!(panic.message = message.unwrap_or("unknown"), "a handler panicked");
    Problem::internal().into_response()
}

/// Nothing without configured origins: pages of other sites are then not answered readably.
fn cors(origins: &Origins) -> Option<CorsLayer> {
    let layer = match origins {
        Origins::Any => CorsLayer::new().allow_origin(AnyOrigin),
        Origins::Only(list) if list.is_empty() => return None,
        Origins::Only(list) => CorsLayer::new().allow_origin(AllowOrigin::list(list.clone())),
    };
    let name = HeaderName::from_static;
    Some(
        layer
            .allow_methods([Method::GET, Method::POST, Method::PUT, Method::DELETE])
            .allow_headers([
                header::AUTHORIZATION,
                header::CONTENT_TYPE,
                header::IF_MATCH,
                header::IF_NONE_MATCH,
                name("idempotency-key"),
                name("last-event-id"),
                name("prefer"),
                name("traceparent"),
                name("x-request-id"),
            ])
            .expose_headers([
                header::ETAG,
                header::LOCATION,
                header::RETRY_AFTER,
                header::WWW_AUTHENTICATE,
                limits::LIMIT,
                limits::POLICY,
                name("idempotent-replayed"),
                name("cart-applied-version"),
                name("preference-applied"),
                name("x-request-id"),
            ])
            .max_age(CORS_MAX_AGE),
    )
}
