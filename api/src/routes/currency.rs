//! The currency of a cart.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;

use crate::app::App;
use crate::change::change;
use crate::openapi::{ChangeAnswer, CurrencyProblems};
use crate::problem::Problem;
use crate::request::{Ask, By, CartPath, ChangeCurrency, Payload};

/// Has every item at its price in another currency. Where one has none, nothing changes, and `lines`
/// names those that have none.
#[utoipa::path(
    post,
    path = "/api/cart/{userID}/currency",
    operation_id = "changeCurrency",
    tag = "cart",
    params(CartPath, Ask),
    request_body = ChangeCurrency,
    responses(ChangeAnswer, CurrencyProblems)
)]
pub(crate) async fn set(
    State(app): State<Arc<App>>,
    By(caller, path): By<CartPath>,
    ask: Ask,
    Payload(form): Payload<ChangeCurrency>,
) -> Result<Response, Problem> {
    let key = path.cart(&caller)?;
    let intent = form.intent()?;
    change(&app, key, ask, intent).await
}
