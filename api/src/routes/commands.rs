//! What became of a command, for a caller that did not hear.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::Response;
use cart_ingest::status::{Between, Status, StatusError};

use super::json;
use crate::app::{App, unread};
use crate::openapi::CommandProblems;
use crate::problem::{Code, Problem, RETRY_AFTER};
use crate::request::{Asked, By, CommandPath, SentQuery};
use crate::view::StatusView;

/// Reads what became of a command, within its cart's last 72 decisions.
#[utoipa::path(
    get,
    path = "/api/cart/{userID}/commands/{commandID}",
    operation_id = "getCommand",
    tag = "cart",
    params(CommandPath, SentQuery),
    responses(
        (status = OK, description = "It was decided", body = StatusView<'_>),
        (status = ACCEPTED, description = "It may still be decided", body = StatusView<'_>,
            headers(("Retry-After" = u32, description = "Seconds to wait before asking again"))),
        CommandProblems
    )
)]
pub(crate) async fn status(
    State(app): State<Arc<App>>,
    By(caller, path): By<CommandPath>,
    Asked(query): Asked<SentQuery>,
) -> Result<Response, Problem> {
    let key = path.cart(&caller)?;
    let command = path.command()?;
    let from = query.from(&key)?;
    let status = match &from {
        None => app.ask(app.carts.status(&key, command, query.sent)).await?,
        Some(from) => {
            let between = Between { from, into: &key };
            app.ask(app.carts.merge_status(between, command, query.sent)).await?
        }
    };
    match status.map_err(|error| untold(&error))? {
        Status::Applied { version } => Ok(json(StatusCode::OK, &StatusView::Applied { version })),
        Status::Rejected(code) => {
            let problem = Problem::from(code);
            Ok(json(StatusCode::OK, &StatusView::Rejected { problem: problem.view() }))
        }
        Status::Pending => {
            let mut response = json(StatusCode::ACCEPTED, &StatusView::Pending);
            response.headers_mut().insert(header::RETRY_AFTER, RETRY_AFTER);
            Ok(response)
        }
        Status::Unknown => {
            let detail = "never sent, or older than what the cart remembers";
            Err(Problem::new(Code::CommandNotFound, detail))
        }
    }
}

fn untold(error: &StatusError) -> Problem {
    match error {
        StatusError::Read(error) => unread(error),
        StatusError::Log(error) => {
            tracing::debug!(%error, "the log cannot be asked about a command");
            Problem::unavailable("the log does not answer")
        }
    }
}
