//! Until when a cart is kept.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::json;
use crate::app::App;
use crate::change::change;
use crate::openapi::{ChangeAnswer, ChangeProblems, ReadProblems};
use crate::problem::Problem;
use crate::request::{Ask, By, CartPath, Extend, Payload};
use crate::view::ExpiryView;

/// Reads until when a cart is kept.
#[utoipa::path(
    get,
    path = "/api/cart/{userID}/expiry",
    operation_id = "getExpiry",
    tag = "cart",
    params(CartPath),
    responses((status = OK, description = "The times", body = ExpiryView), ReadProblems)
)]
pub(crate) async fn get(
    State(app): State<Arc<App>>,
    By(caller, path): By<CartPath>,
) -> Result<Response, Problem> {
    let key = path.cart(&caller)?;
    let snapshot = app.read(&key).await?;
    app.show(&key, &snapshot, |cart, lens| json(StatusCode::OK, &ExpiryView::of(cart, lens)))
}

/// Keeps the cart so many seconds longer.
#[utoipa::path(
    post,
    path = "/api/cart/{userID}/expiry",
    operation_id = "extendExpiry",
    tag = "cart",
    params(CartPath, Ask),
    request_body = Extend,
    responses(ChangeAnswer, ChangeProblems)
)]
pub(crate) async fn extend(
    State(app): State<Arc<App>>,
    By(caller, path): By<CartPath>,
    ask: Ask,
    Payload(form): Payload<Extend>,
) -> Result<Response, Problem> {
    let key = path.cart(&caller)?;
    let intent = form.intent()?;
    change(&app, key, ask, intent).await
}
