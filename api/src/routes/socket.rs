//! Where a socket is opened; what it says then is [`crate::sockets`]'s.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;

use crate::app::App;
use crate::openapi::FollowProblems;
use crate::problem::{Code, Problem};
use crate::request::{Asked, CartPath, Handshake, Segments, SinceQuery};
use crate::sockets;

/// Follows a cart: `{"type":"cart_state","data":cart}` first, then `{"type":"cart_event","data":event}`
/// for each event after it, in order; after an interruption the events that were missed, or the cart
/// again with `"recovered":false`. Takes commands, as `{"type":"add_item","id":"…",…}`, and answers
/// each with `{"type":"reply","id":"…","status":200,"data":cart}`; see docs/sockets.md.
#[utoipa::path(
    get,
    path = "/ws/cart/{userID}",
    operation_id = "followCart",
    tag = "cart",
    params(CartPath, SinceQuery),
    responses((status = SWITCHING_PROTOCOLS, description = "A WebSocket"), FollowProblems)
)]
pub(crate) async fn follow(
    State(app): State<Arc<App>>,
    Segments(path): Segments<CartPath>,
    Asked(query): Asked<SinceQuery>,
    headers: HeaderMap,
    Handshake(upgrade): Handshake,
) -> Result<Response, Problem> {
    if !app.origins.admit(&headers) {
        let detail = "Origin: expected one of this host, or one that --cors-origin names";
        return Err(Problem::new(Code::ForeignOrigin, detail));
    }
    let key = path.cart()?;
    app.catalog()?;
    let seat = app.seat(&key)?;
    let place = (key, query.since);
    Ok(sockets::accept(upgrade, app, place, seat))
}
