//! A command a client says over its socket, and the frame that answers it: what the route of the same
//! change would answer, under the id the client gave.

use std::sync::Arc;
use std::time::Instant;

use axum::body::to_bytes;
use axum::extract::ws::Utf8Bytes;
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use cart_schemas::id::CartKey;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::app::App;
use crate::change::{APPLIED_VERSION, REPLAYED, change, change_checkout};
use crate::identity::Caller;
use crate::limits::Kind;
use crate::problem::Problem;
use crate::request::{Said, Unread, Wanted, audit_command};

/// The largest cart is 900 lines of about 1.1 KiB; no answer is larger.
const ANSWER_MAX: usize = 2 * 1024 * 1024;

/// What is answered.
pub(super) struct Answer {
    /// The frame of the reply.
    pub(super) frame: Utf8Bytes,
    /// Whether it was a command at all.
    pub(super) was_command: bool,
}

/// A reply. Its `data` is the body of the route's answer.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Reply<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    id: Option<&'a str>,
    status: u16,
    /// The outcome is an earlier command's of the same id.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    replayed: bool,
    /// The version that one brought about.
    #[serde(skip_serializing_if = "Option::is_none")]
    applied_version: Option<u64>,
    /// Where the outcome will be told.
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<&'a str>,
    data: &'a RawValue,
}

/// Carries out what a client of the cart at `key` says.
pub(super) async fn carry_out(
    app: Arc<App>,
    (key, caller): (CartKey, Caller),
    text: Utf8Bytes,
) -> Answer {
    match Said::read(&text) {
        Ok(said) => {
            let outcome = outcome(&app, (key, &caller), &said).await;
            let response = outcome.unwrap_or_else(Problem::into_response);
            Answer { frame: frame(Some(&said.id), response).await, was_command: true }
        }
        Err(unread) => {
            let Unread { id, problem } = *unread;
            let frame = frame(id.as_deref(), problem.into_response()).await;
            Answer { frame, was_command: false }
        }
    }
}

async fn outcome(
    app: &App,
    (key, caller): (CartKey, &Caller),
    said: &Said,
) -> Result<Response, Problem> {
    let trace = said.trace(app.edge.traces);
    app.charge(caller, Kind::Write, None)?;
    audit_command(caller, &key, (said, trace));
    let (began, wanted) = (Instant::now(), said.wanted(app, (&key, caller))?);
    let outcome = match wanted {
        Wanted::Cart(intent) => change(app, key, said.ask(trace), intent).await,
        Wanted::Checkout(named, intent) => {
            change_checkout(app, &key, (said.ask(trace), named), intent).await
        }
    };
    trace.tell("command", began.elapsed());
    outcome
}

async fn frame(id: Option<&str>, response: Response) -> Utf8Bytes {
    let (head, body) = response.into_parts();
    let text = |name: &HeaderName| head.headers.get(name).and_then(|value| value.to_str().ok());
    let body = to_bytes(body, ANSWER_MAX).await.unwrap_or_default();
    let (status, data) = match serde_json::from_slice(&body) {
        Ok(data) => (head.status, data),
        // Every answer is JSON of at most that size; anything else is a defect of ours.
        Err(_) => (StatusCode::INTERNAL_SERVER_ERROR, RawValue::NULL),
    };
    let reply = Reply {
        kind: "reply",
        id,
        status: status.as_u16(),
        replayed: text(&REPLAYED).is_some(),
        applied_version: text(&APPLIED_VERSION).and_then(|version| version.parse().ok()),
        location: text(&header::LOCATION),
        data,
    };
    // Serializing a plain struct into memory has no way to fail.
    serde_json::to_string(&reply).unwrap_or_default().into()
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use serde_json::{Value, json};

    use super::*;

    async fn told(id: Option<&str>, response: Response) -> Value {
        serde_json::from_str(&frame(id, response).await).unwrap()
    }

    #[tokio::test]
    async fn a_reply_is_the_routes_answer_under_the_clients_id() {
        let response = Response::builder().status(200).body(Body::from(r#"{"total":30.00}"#));

        let frame = frame(Some("a"), response.unwrap()).await;

        assert_eq!(frame, r#"{"type":"reply","id":"a","status":200,"data":{"total":30.00}}"#);
    }

    #[tokio::test]
    async fn a_reply_says_what_the_routes_headers_say() {
        let response = Response::builder().status(202);
        let response = response.header(REPLAYED, "true").header(APPLIED_VERSION, "7");
        let response = response.header(header::LOCATION, "/there").body(Body::from("{}"));

        let told = told(None, response.unwrap()).await;

        assert_eq!(
            told,
            json!({"type": "reply", "id": null, "status": 202, "replayed": true,
                "appliedVersion": 7, "location": "/there", "data": {}})
        );
    }

    #[tokio::test]
    async fn a_problem_is_told_with_its_code() {
        let told = told(Some("a"), Problem::malformed("no").into_response()).await;

        assert_eq!((&told["status"], &told["data"]["code"]), (&json!(400), &json!("malformed")));
    }
}
