//! What a customer agrees to.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use cart_analytics::webhooks::Consent;

use super::json;
use super::webhooks::untold;
use crate::app::App;
use crate::clock;
use crate::openapi::{PreferencesProblems, ReadProblems};
use crate::problem::Problem;
use crate::request::{By, CartPath, Payload, SetPreferences};
use crate::view::PreferencesView;

/// Reads what a customer agreed to.
#[utoipa::path(
    get,
    path = "/api/cart/{userID}/preferences",
    operation_id = "getPreferences",
    tag = "cart",
    params(CartPath),
    responses((status = OK, description = "The preferences", body = PreferencesView), ReadProblems)
)]
pub(crate) async fn get(
    State(app): State<Arc<App>>,
    By(caller, path): By<CartPath>,
) -> Result<Response, Problem> {
    let key = path.cart(&caller)?;
    let consent = app.ask(app.telling.consent(&key)).await?.map_err(|error| untold(&error))?;
    Ok(json(StatusCode::OK, &PreferencesView::from(consent)))
}

/// Keeps what a customer agrees to: whether they may be reminded of a cart they left. Who said nothing did
/// not agree, and what a guest said is not said for the customer they become.
#[utoipa::path(
    put,
    path = "/api/cart/{userID}/preferences",
    operation_id = "setPreferences",
    tag = "cart",
    params(CartPath),
    request_body = SetPreferences,
    responses(
        (status = OK, description = "The preferences", body = PreferencesView),
        PreferencesProblems
    )
)]
pub(crate) async fn set(
    State(app): State<Arc<App>>,
    By(caller, path): By<CartPath>,
    Payload(form): Payload<SetPreferences>,
) -> Result<Response, Problem> {
    let key = path.cart(&caller)?;
    let consent = Consent { recovery: form.recovery_consent, ts: clock::now() };
    let kept = app.ask(app.telling.agree(&key, consent)).await?;
    kept.map_err(|error| untold(&error))?;
    Ok(json(StatusCode::OK, &PreferencesView::from(consent)))
}
