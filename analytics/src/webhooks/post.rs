//! One try to tell an endpoint something. Knows no retries.

use std::time::Duration;

use cart_outbound::{Answer, Bounds, Client, Destination, Outgoing};
use cart_schemas::signature::{Delivery, SigningSecret};
use cart_schemas::timestamp::Timestamp;

/// How long a receiver may take: what Standard Webhooks advise. One that needs longer should keep what it is
/// told and answer.
const BOUNDS: Bounds = Bounds { within: Duration::from_secs(15), answer_max: 64 * 1024 };
/// How long an endpoint may ask to be left alone.
const RETRY_AFTER_MAX: u64 = 5 * 60;

/// What an endpoint is told.
pub(super) struct Message<'a> {
    pub(super) id: &'a str,
    pub(super) at: Timestamp,
    pub(super) body: Vec<u8>,
}

/// What came of a try.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Tried {
    /// It was taken.
    Taken,
    /// The endpoint wants to hear no more.
    Gone,
    /// The endpoint does not take it, by this status.
    Refused(u16),
    /// It could not be told: not now, or not before that.
    Away(String, Option<Duration>),
}

/// Tries once.
pub(super) async fn post(
    client: &Client,
    (to, secret): (&Destination, &SigningSecret),
    message: Message<'_>,
) -> Tried {
    let timestamp = (message.at.micros() / 1_000_000).to_string();
    let delivery = Delivery { id: message.id, timestamp: &timestamp, body: &message.body };
    let signature = secret.sign(delivery);
    let headers = vec![
        ("content-type", "application/json".to_owned()),
        ("webhook-id", message.id.to_owned()),
        ("webhook-timestamp", timestamp),
        ("webhook-signature", signature),
    ];
    let outgoing = Outgoing::post(headers, message.body);
    match client.send(to, outgoing, BOUNDS).await {
        Ok(answer) => tried(&answer),
        Err(error) => Tried::Away(error.to_string(), None),
    }
}

fn tried(answer: &Answer) -> Tried {
    let status = answer.status.as_u16();
    let after = || {
        let said = answer.headers.get("retry-after")?.to_str().ok()?;
        Some(Duration::from_secs(said.parse::<u64>().ok()?.min(RETRY_AFTER_MAX)))
    };
    match status {
        200..=299 => Tried::Taken,
        410 => Tried::Gone,
        // Too early, too many: the endpoint means the moment, not what it is told.
        408 | 425 | 429 => Tried::Away(format!("it answers {status}"), after()),
        400..=499 => Tried::Refused(status),
        _ => Tried::Away(format!("it answers {status}"), after()),
    }
}
