//! Whom a shop tells what becomes of its carts.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use cart_analytics::webhooks::{Change, Endpoint, Fresh, WebhookError};
use futures::future::try_join_all;
use uuid::Uuid;

use super::json;
use crate::app::App;
use crate::clock;
use crate::identity::Caller;
use crate::openapi::{WebhookProblems, WebhooksProblems};
use crate::problem::{Code, Problem};
use crate::request::{AddWebhook, Bodiless, By, Payload, WebhookPath};
use crate::view::{WebhookView, WebhooksView};

/// Adds an endpoint that is told what becomes of the shop's carts from now on.
///
/// Deliveries are signed as Standard Webhooks are, come at least once with an id that stays, and none is sent
/// of a cart that has moved on. The secret is shown in this answer only.
#[utoipa::path(
    post,
    path = "/api/webhooks",
    operation_id = "addWebhook",
    tag = "analytics",
    request_body = AddWebhook,
    responses((status = CREATED, description = "The webhook", body = WebhookView), WebhooksProblems)
)]
pub(crate) async fn add(
    State(app): State<Arc<App>>,
    caller: Caller,
    Payload(form): Payload<AddWebhook>,
) -> Result<Response, Problem> {
    let tenant = caller.keeps()?.cloned();
    let wish = form.wish(app.webhooks.reach)?;
    let added = app.ask(app.telling.add((tenant, wish), fresh())).await?;
    let endpoint = added.map_err(|error| untold(&error))?;
    Ok(json(StatusCode::CREATED, &WebhookView::fresh(&endpoint)))
}

/// Reads the shop's webhooks.
#[utoipa::path(
    get,
    path = "/api/webhooks",
    operation_id = "listWebhooks",
    tag = "analytics",
    responses((status = OK, description = "The webhooks", body = WebhooksView), WebhooksProblems)
)]
pub(crate) async fn list(State(app): State<Arc<App>>, caller: Caller) -> Result<Response, Problem> {
    let tenant = caller.keeps()?;
    let listed = async {
        let all = app.telling.endpoints().await?;
        let ours = all.into_iter().filter(|endpoint| endpoint.tenant.as_ref() == tenant);
        let telling = &app.telling;
        let view = |endpoint: Endpoint| async move {
            let untaken = telling.untaken(endpoint.id).await?;
            Ok(WebhookView::of(&endpoint, untaken))
        };
        try_join_all(ours.map(view)).await
    };
    let webhooks = app.ask(listed).await?.map_err(|error| untold(&error))?;
    Ok(json(StatusCode::OK, &WebhooksView { webhooks }))
}

/// Takes a webhook away. What is on its way to it may still come.
#[utoipa::path(
    delete,
    path = "/api/webhooks/{webhookID}",
    operation_id = "removeWebhook",
    tag = "analytics",
    params(WebhookPath),
    responses((status = NO_CONTENT, description = "It is told no more"), WebhookProblems)
)]
pub(crate) async fn remove(
    State(app): State<Arc<App>>,
    By(caller, path): By<WebhookPath>,
    _: Bodiless,
) -> Result<Response, Problem> {
    changed(&app, &caller, &path, Change::Delete).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Tells a webhook once more what it did not take.
#[utoipa::path(
    post,
    path = "/api/webhooks/{webhookID}/replay",
    operation_id = "replayWebhook",
    tag = "analytics",
    params(WebhookPath),
    responses((status = ACCEPTED, description = "The webhook", body = WebhookView), WebhookProblems)
)]
pub(crate) async fn replay(
    State(app): State<Arc<App>>,
    By(caller, path): By<WebhookPath>,
    _: Bodiless,
) -> Result<Response, Problem> {
    let endpoint = changed(&app, &caller, &path, Change::Replay).await?;
    let untaken = app.ask(app.telling.untaken(endpoint.id)).await?;
    let untaken = untaken.map_err(|error| untold(&error))?;
    Ok(json(StatusCode::ACCEPTED, &WebhookView::of(&endpoint, untaken)))
}

/// Changes a webhook of the caller's shop; gives what it was before.
async fn changed(
    app: &App,
    caller: &Caller,
    path: &WebhookPath,
    change: Change,
) -> Result<Endpoint, Problem> {
    let (tenant, id) = (caller.keeps()?, path.id()?);
    let found = app.ask(app.telling.endpoint(tenant, id)).await?;
    let unknown = || Problem::new(Code::WebhookNotFound, "the shop has no webhook of this id");
    let endpoint = found.map_err(|error| untold(&error))?.ok_or_else(unknown)?;
    let change = (clock::now(), change);
    let done = app.ask(app.telling.change(endpoint.clone(), change)).await?;
    done.map_err(|error| untold(&error))?;
    Ok(endpoint)
}

/// What nobody had before. A random UUID has 122 bits of the system's randomness.
#[expect(clippy::disallowed_methods, reason = "an id and a secret, which decide nothing")]
fn fresh() -> Fresh {
    let mut secret = [0; 32];
    let random = [Uuid::new_v4().into_bytes(), Uuid::new_v4().into_bytes()].concat();
    secret.copy_from_slice(&random);
    Fresh { id: Uuid::new_v4(), secret, now: clock::now() }
}

/// Webhooks or a consent that could not be read or kept.
pub(super) fn untold(error: &WebhookError) -> Problem {
    match error {
        WebhookError::Store(_) | WebhookError::Log(_) => {
            tracing::debug!(%error, "webhooks cannot be looked at");
            Problem::unavailable("the store or the log does not answer")
        }
        WebhookError::Row(source) => {
            tracing::error!(%error, cause = %source, "a webhook or a consent cannot be read");
            Problem::internal()
        }
        WebhookError::Full => Problem::new(Code::TooManyWebhooks, error.to_string()),
    }
}
