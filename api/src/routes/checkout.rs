//! Paying for a cart: begin, ask, complete, cancel.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use cart_schemas::command::Intent;

use crate::app::App;
use crate::change::{change_checkout, recalled};
use crate::openapi::{
    CancelProblems, CheckoutAnswer, CheckoutProblems, CheckoutReadProblems, CompleteProblems,
};
use crate::problem::Problem;
use crate::request::{
    Ask, Bodiless, By, CartPath, CheckOut, CheckoutPath, CompleteCheckout, Payload, Perhaps,
};
use crate::view::CheckoutView;

/// Begins to pay for everything in the cart: locks it and reserves its stock, or changes nothing.
/// Without a body no changed prices are accepted.
#[utoipa::path(
    post,
    path = "/api/cart/{userID}/checkout",
    operation_id = "checkOut",
    tag = "checkout",
    params(CartPath, Ask),
    request_body = Option<CheckOut>,
    responses(CheckoutAnswer, CheckoutProblems)
)]
pub(crate) async fn begin(
    State(app): State<Arc<App>>,
    By(caller, path): By<CartPath>,
    ask: Ask,
    Perhaps(body): Perhaps<CheckOut>,
) -> Result<Response, Problem> {
    let key = path.cart(&caller)?;
    change_checkout(&app, &key, (ask, None), body.intent()).await
}

/// Reads a checkout, within the cart's last 8; of the last two that have ended also what was sold.
#[utoipa::path(
    get,
    path = "/api/cart/{userID}/checkout/{checkoutID}",
    operation_id = "getCheckout",
    tag = "checkout",
    params(CheckoutPath),
    responses(
        (status = OK, description = "The checkout", body = CheckoutView<'_>),
        (status = ACCEPTED, description = "Its stock is being reserved", body = CheckoutView<'_>,
            headers(("Retry-After" = u32, description = "Seconds to wait before asking again"))),
        CheckoutReadProblems
    )
)]
pub(crate) async fn read(
    State(app): State<Arc<App>>,
    By(caller, path): By<CheckoutPath>,
) -> Result<Response, Problem> {
    let key = path.cart(&caller)?;
    let checkout = path.checkout()?;
    let record = app.record(&key).await?;
    recalled(&app, &key, (&record, checkout))
}

/// Tells that a checkout is paid: what it holds is sold and leaves the cart. The same order again
/// changes nothing. The shop tells it, not its customer.
#[utoipa::path(
    post,
    path = "/api/cart/{userID}/checkout/{checkoutID}/complete",
    operation_id = "completeCheckout",
    tag = "checkout",
    params(CheckoutPath, Ask),
    request_body = CompleteCheckout,
    responses(CheckoutAnswer, CompleteProblems)
)]
pub(crate) async fn complete(
    State(app): State<Arc<App>>,
    By(caller, path): By<CheckoutPath>,
    ask: Ask,
    Payload(body): Payload<CompleteCheckout>,
) -> Result<Response, Problem> {
    caller.shop()?;
    let key = path.cart(&caller)?;
    let (checkout, intent) = body.intent(|| path.checkout())?;
    change_checkout(&app, &key, (ask, Some(checkout)), intent).await
}

/// Gives a checkout up: what it holds is free again, and the cart is open. Doing it again changes
/// nothing.
#[utoipa::path(
    delete,
    path = "/api/cart/{userID}/checkout/{checkoutID}",
    operation_id = "cancelCheckout",
    tag = "checkout",
    params(CheckoutPath, Ask),
    responses(CheckoutAnswer, CancelProblems)
)]
pub(crate) async fn cancel(
    State(app): State<Arc<App>>,
    By(caller, path): By<CheckoutPath>,
    ask: Ask,
    _: Bodiless,
) -> Result<Response, Problem> {
    let key = path.cart(&caller)?;
    let checkout = path.checkout()?;
    change_checkout(&app, &key, (ask, Some(checkout)), Intent::CancelCheckout { checkout }).await
}
