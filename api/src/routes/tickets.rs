//! Tickets for sockets.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::json;
use crate::app::App;
use crate::clock;
use crate::identity::Known;
use crate::openapi::TicketProblems;
use crate::problem::Problem;
use crate::request::Bodiless;
use crate::view::TicketView;

/// Gives a ticket that opens one socket, within 30 s and on the instance that gave it:
/// `/ws/cart/{userID}?ticket=…`. For browsers, which cannot send headers with a WebSocket.
#[utoipa::path(
    post,
    path = "/api/tickets",
    operation_id = "giveTicket",
    tag = "identity",
    responses((status = CREATED, description = "The ticket", body = TicketView), TicketProblems)
)]
pub(crate) async fn give(
    State(app): State<Arc<App>>,
    known: Known,
    _: Bodiless,
) -> Result<Response, Problem> {
    let ticket = app.tickets.issue(known, clock::now())?;
    Ok(json(StatusCode::CREATED, &TicketView::of(ticket)))
}
