//! Guests: somebody without an account, who has a cart all the same.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use super::json;
use crate::app::App;
use crate::clock;
use crate::openapi::GuestProblems;
use crate::problem::{Code, Problem};
use crate::request::{Perhaps, WelcomeGuest, bearer};
use crate::view::GuestView;

/// Makes a guest: an id nobody has, and a token that proves it is theirs. Whoever brings a guest's token
/// gets a fresh one for the same guest.
#[utoipa::path(
    post,
    path = "/api/guests",
    operation_id = "welcomeGuest",
    tag = "identity",
    request_body = Option<WelcomeGuest>,
    security((), ("bearer" = [])),
    responses((status = CREATED, description = "The guest", body = GuestView), GuestProblems)
)]
pub(crate) async fn welcome(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Perhaps(body): Perhaps<WelcomeGuest>,
) -> Result<Response, Problem> {
    let closed = || Problem::new(Code::NotFound, "no guests are let in here: --guest-secret");
    let guests = app.identity.guests().ok_or_else(closed)?;
    let (tenant, user) = match bearer(&headers)? {
        Some(token) => guests.again(token)?,
        None => {
            let tenant = body.tenant()?;
            let user = app.carts.fresh_guest(tenant.as_ref()).map_err(|error| {
                tracing::error!(%error, "the policy names guests what nobody can be called");
                Problem::internal()
            })?;
            (tenant, user)
        }
    };
    let pass = guests.pass(&user, tenant.as_ref(), clock::now())?;
    Ok(json(StatusCode::CREATED, &GuestView::of(&user, &pass)))
}
