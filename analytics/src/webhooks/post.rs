//! One try to tell an endpoint something. Knows no retries.

use std::time::Duration;

use cart_outbound::{Answer, Bounds, Client, Destination, Outgoing};
use cart_schemas::signature::{Delivery, SigningSecret};
use cart_schemas::timestamp::Timestamp;

/// How long a receiver may take: what Standard Webhooks advise. One that needs longer should keep what it is
/// told and answer.
const BOUNDS: Bounds = Bounds { within: Duration::from_secs(15), answer_max: 64 * 1024 };
/// How long an endpoint may ask to be left alone.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(5 * 60);

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
    let after = || answer.retry_after().map(|pause| pause.min(RETRY_AFTER_MAX));
    match status {
        200..=299 => Tried::Taken,
        410 => Tried::Gone,
        // Too early, too many: the endpoint means the moment, not what it is told.
        408 | 425 | 429 => Tried::Away(format!("it answers {status}"), after()),
        400..=499 => Tried::Refused(status),
        _ => Tried::Away(format!("it answers {status}"), after()),
    }
}

#[cfg(test)]
mod tests {
    use cart_outbound::Answer;

    use super::*;

    fn answered(status: u16, retry_after: Option<&'static str>) -> Tried {
        let mut answer = Answer {
            status: status.try_into().unwrap(),
            headers: Default::default(),
            body: Default::default(),
        };
        if let Some(seconds) = retry_after {
            answer.headers.insert("retry-after", seconds.parse().unwrap());
        }
        tried(&answer)
    }

    #[test]
    fn an_endpoint_says_whether_it_has_taken_something() {
        assert_eq!(answered(204, None), Tried::Taken);
        assert_eq!(answered(200, None), Tried::Taken);
        assert_eq!(answered(410, None), Tried::Gone);
        assert_eq!(answered(400, None), Tried::Refused(400));
        assert_eq!(answered(404, None), Tried::Refused(404));
        // Nobody follows it elsewhere.
        assert!(matches!(answered(302, None), Tried::Away(_, None)));
    }

    #[test]
    fn an_endpoint_may_ask_to_be_left_alone_for_minutes() {
        let pause = |status, retry_after| match answered(status, retry_after) {
            Tried::Away(_, pause) => pause.map(|pause| pause.as_secs()),
            told @ (Tried::Taken | Tried::Gone | Tried::Refused(_)) => panic!("{told:?}"),
        };

        assert_eq!(pause(429, Some("7")), Some(7));
        assert_eq!(pause(503, Some("86400")), Some(RETRY_AFTER_MAX.as_secs()));
        assert_eq!(pause(503, Some("Wed, 21 Oct 2026 07:28:00 GMT")), None);
        assert_eq!(pause(500, None), None);
    }
}
