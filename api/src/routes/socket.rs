//! Where a socket is opened; what it says then is [`crate::sockets`]'s.

use std::sync::Arc;

use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::response::Response;

use crate::app::App;
use crate::openapi::SocketProblems;
use crate::problem::Problem;
use crate::request::{CartPath, Segments};
use crate::sockets;

/// Follows a cart: `{"type":"cart_state","data":cart}` first, and again whenever events were
/// missed; `{"type":"cart_event","data":event}` for each event after it, in order.
#[utoipa::path(
    get,
    path = "/ws/cart/{userID}",
    operation_id = "followCart",
    tag = "cart",
    params(CartPath),
    responses((status = SWITCHING_PROTOCOLS, description = "A WebSocket"), SocketProblems)
)]
pub(crate) async fn follow(
    State(app): State<Arc<App>>,
    Segments(path): Segments<CartPath>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Problem> {
    let refused = |_| Problem::malformed("expected a WebSocket handshake");
    let upgrade = upgrade.map_err(refused)?;
    let key = path.cart()?;
    app.catalog()?;
    let seat = app.seat()?;
    Ok(sockets::accept(upgrade, app, key, seat))
}
