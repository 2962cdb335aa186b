//! Where the sockets of a cart are.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::json;
use crate::app::App;
use crate::openapi::ReadProblems;
use crate::problem::Problem;
use crate::request::{By, CartPath};
use crate::share::Way;

/// Says on which partition a cart is and which share of the instances has its sockets.
#[utoipa::path(
    get,
    path = "/api/cart/{userID}/route",
    operation_id = "getRoute",
    tag = "cart",
    params(CartPath),
    responses((status = OK, description = "The way", body = Way), ReadProblems)
)]
pub(crate) async fn get(
    State(app): State<Arc<App>>,
    By(caller, path): By<CartPath>,
) -> Result<Response, Problem> {
    let key = path.cart(&caller)?;
    Ok(json(StatusCode::OK, &app.shares.way(&key)))
}
