//! Where a socket is opened; what it says then is [`crate::sockets`]'s.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;

use crate::app::App;
use crate::openapi::FollowProblems;
use crate::problem::Problem;
use crate::request::{CartPath, Follower, Handshake, PROTOCOL, Segments, SinceQuery};
use crate::sockets::{self, Followed};

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
    security((), ("bearer" = [])),
    responses((status = SWITCHING_PROTOCOLS, description = "A WebSocket"), FollowProblems)
)]
pub(crate) async fn follow(
    State(app): State<Arc<App>>,
    Follower { known, since }: Follower,
    Segments(path): Segments<CartPath>,
    Handshake(upgrade): Handshake,
) -> Result<Response, Problem> {
    let key = path.cart(&known.caller)?;
    app.catalog()?;
    let seat = app.seat(&key)?;
    let followed = Followed { key, since, known };
    Ok(sockets::accept(upgrade.protocols([PROTOCOL]), app, followed, seat))
}
