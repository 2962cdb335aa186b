//! Deliveries signed as Standard Webhooks are (standardwebhooks.com): who sent it knows the secret, and
//! sent it just now. Knows no body.

use axum::http::HeaderMap;
use cart_schemas::signature::{Delivery, SigningSecret};
use cart_schemas::timestamp::Timestamp;

use crate::problem::{Code, Problem};

/// How far the sender's clock may be from ours, in seconds: what Standard Webhooks advise, so that
/// a delivery that was overheard is of no use for long.
const TOLERANCE_SECONDS: u32 = 5 * 60;
/// The longest id of a delivery: with a change's number behind it, it is an idempotency key.
const ID_MAX: usize = 200;

/// A delivery as its headers name it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Signed<'a> {
    /// `webhook-id`: the same however often it is delivered.
    pub(crate) id: &'a str,
    /// `webhook-timestamp`, as it was signed.
    timestamp: &'a str,
    /// `webhook-signature`: several, apart by spaces, while a secret is replaced.
    signatures: &'a str,
}

impl<'a> Signed<'a> {
    /// The headers of a delivery.
    pub(crate) fn of(headers: &'a HeaderMap) -> Result<Self, Problem> {
        let named = |name: &'static str| {
            let value = headers.get(name).and_then(|value| value.to_str().ok());
            value.ok_or_else(|| invalid(name))
        };
        let id = named("webhook-id")?;
        let timestamp = named("webhook-timestamp")?;
        let signatures = named("webhook-signature")?;
        let graphic = id.bytes().all(|byte| byte.is_ascii_graphic());
        if !(1..=ID_MAX).contains(&id.len()) || !graphic {
            return Err(invalid("webhook-id"));
        }
        Ok(Self { id, timestamp, signatures })
    }

    /// Whether this body was signed with the secret, at about `now`.
    pub(crate) fn check(
        &self,
        body: &[u8],
        secret: &SigningSecret,
        now: Timestamp,
    ) -> Result<(), Problem> {
        let told: Option<u32> = self.timestamp.parse().ok();
        let told = told.map(|seconds| Timestamp::default().plus_seconds(seconds));
        let near = |told: Timestamp| {
            told <= now.plus_seconds(TOLERANCE_SECONDS)
                && told >= now.minus_seconds(TOLERANCE_SECONDS)
        };
        if !told.is_some_and(near) {
            return Err(invalid("webhook-timestamp"));
        }
        let delivery = Delivery { id: self.id, timestamp: self.timestamp, body };
        if secret.has_signed(delivery, self.signatures) {
            Ok(())
        } else {
            Err(invalid("webhook-signature"))
        }
    }
}

fn invalid(header: &'static str) -> Problem {
    Problem::new(Code::InvalidSignature, format!("{header} is missing or does not hold"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the Standard Webhooks specification.
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const BODY: &[u8] = br#"{"test": 2432232314}"#;
    const SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
    const SENT: Timestamp = Timestamp::from_millis(1_614_265_330_000);

    fn headers(signature: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek".parse().unwrap());
        headers.insert("webhook-timestamp", "1614265330".parse().unwrap());
        headers.insert("webhook-signature", signature.parse().unwrap());
        headers
    }

    fn checked(headers: &HeaderMap, body: &[u8], now: Timestamp) -> Result<(), Code> {
        let secret = SECRET.parse().unwrap();
        let signed = Signed::of(headers).and_then(|signed| signed.check(body, &secret, now));
        signed.map_err(|problem| problem.code())
    }

    #[test]
    fn what_the_secret_signed_holds_beside_whatever_else_is_there() {
        assert_eq!(checked(&headers(SIGNATURE), BODY, SENT), Ok(()));
        let several = format!("v1,AAAA v2,x v1,!! {SIGNATURE}");
        assert_eq!(checked(&headers(&several), BODY, SENT), Ok(()));
    }

    #[test]
    fn nothing_else_does() {
        let no = Err(Code::InvalidSignature);
        assert_eq!(checked(&headers(SIGNATURE), br#"{"test": 2432232315}"#, SENT), no);
        assert_eq!(checked(&headers("v1,AAAA"), BODY, SENT), no);
        assert_eq!(checked(&headers(&SIGNATURE.replace("v1,", "v1a,")), BODY, SENT), no);
        for name in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
            let mut lacking = headers(SIGNATURE);
            lacking.remove(name);
            assert_eq!(checked(&lacking, BODY, SENT), no, "{name}");
        }
        for (name, other) in [("webhook-id", "msg_2"), ("webhook-timestamp", "1614265331")] {
            let mut altered = headers(SIGNATURE);
            altered.insert(name, other.parse().unwrap());
            assert_eq!(checked(&altered, BODY, SENT), no, "{name}");
        }
    }

    #[test]
    fn a_delivery_of_another_time_does_not_hold() {
        let at = |now| checked(&headers(SIGNATURE), BODY, now).is_ok();

        assert!(at(SENT.plus_seconds(300)) && at(SENT.minus_seconds(300)));
        assert!(!at(SENT.plus_seconds(301)) && !at(SENT.minus_seconds(301)));
    }
}
