//! What happened to a cart: as one answer, or as a stream that goes on.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::json;
use crate::app::App;
use crate::identity::Known;
use crate::openapi::FollowProblems;
use crate::problem::Problem;
use crate::request::{AfterQuery, Asked, CartPath, Listen, Segments};
use crate::sockets::{self, Followed};
use crate::view::HistoryView;

/// Reads the events of a cart after a version; whole versions, up to some hundred events.
///
/// With `Accept: text/event-stream` they come as server-sent events, and those to come after them;
/// the `id` is the version and comes with its last event.
#[utoipa::path(
    get,
    path = "/api/cart/{userID}/events",
    operation_id = "getEvents",
    tag = "cart",
    params(CartPath, AfterQuery, Listen),
    responses(
        (status = OK, description = "The events", content(
            (HistoryView<'_> = "application/json"),
            (String = "text/event-stream"),
        )),
        FollowProblems
    )
)]
pub(crate) async fn events(
    State(app): State<Arc<App>>,
    known: Known,
    Segments(path): Segments<CartPath>,
    Asked(query): Asked<AfterQuery>,
    listen: Listen,
) -> Result<Response, Problem> {
    let key = path.cart(&known.caller)?;
    let after = query.after.unwrap_or(0);
    if listen.streams {
        let seat = app.seat(&key)?;
        // A client that comes back keeps the `after` of its first request.
        let since = Some(listen.last_event.unwrap_or(after));
        return Ok(sockets::stream(app, Followed { key, since, known }, seat));
    }
    let page = app.admission.gate.through(app.history(&key, after), Result::is_ok).await??;
    let view = HistoryView::of(&page).map_err(|error| {
        tracing::error!(%error, "what was kept of a cart is no JSON");
        Problem::internal()
    })?;
    Ok(json(StatusCode::OK, &view))
}
