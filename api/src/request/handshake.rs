//! The handshake of a WebSocket, as RFC 6455 has it. Knows no cart.

use axum::extract::FromRequestParts;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Version, header};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{GeneralPurpose, GeneralPurposeConfig};

use crate::problem::Problem;

/// Takes the RFC's own example of a key, whose last digit says more than its byte (RFC 4648, 3.5).
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
);
/// The only version there is.
const VERSION: HeaderValue = HeaderValue::from_static("13");

/// A request that asks for a WebSocket.
pub(crate) struct Handshake(pub(crate) WebSocketUpgrade);

impl<S: Send + Sync> FromRequestParts<S> for Handshake {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let headers = &parts.headers;
        let is_one = parts.version >= Version::HTTP_11
            && headers.contains_key(header::HOST)
            && asks_to_upgrade(headers)
            && has_key(headers);
        if !is_one {
            return Err(refusal());
        }
        // The extractor looks at the first of several lines, which mean the same as one.
        parts.headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
        let upgrade = WebSocketUpgrade::from_request_parts(parts, state).await;
        upgrade.map(Self).map_err(|_: WebSocketUpgradeRejection| refusal())
    }
}

/// Whether one of the options of the connection is to upgrade it.
fn asks_to_upgrade(headers: &HeaderMap) -> bool {
    let values = headers.get_all(header::CONNECTION).iter();
    let mut options =
        values.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    options.any(|option| option.trim().eq_ignore_ascii_case("upgrade"))
}

/// Whether the key is 16 bytes in Base64.
fn has_key(headers: &HeaderMap) -> bool {
    let key = headers.get(header::SEC_WEBSOCKET_KEY).map(|key| BASE64.decode(key));
    key.is_some_and(|key| key.is_ok_and(|key| key.len() == 16))
}

/// A refusal says which version would be taken (RFC 6455, 4.4).
fn refusal() -> Response {
    let mut response = Problem::malformed("expected a WebSocket handshake").into_response();
    response.headers_mut().insert(header::SEC_WEBSOCKET_VERSION, VERSION);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asks(lines: &[&'static str]) -> bool {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(header::CONNECTION, HeaderValue::from_static(line));
        }
        asks_to_upgrade(&headers)
    }

    #[test]
    fn a_key_is_sixteen_bytes() {
        let has = |key: &'static str| {
            has_key(&HeaderMap::from_iter([(
                header::SEC_WEBSOCKET_KEY,
                HeaderValue::from_static(key),
            )]))
        };
        for key in ["dGhlIHNhbXBsZSBub25jZQ==", "AQIDBAUGBwgJCgsMDQ4PEC=="] {
            assert!(has(key), "{key}");
        }
        for key in ["", "dGhlIHNhbXBsZSBub25jZQ", "AQID", "dGhlIHNhbXBsZSBub25jZTE=", "no key"] {
            assert!(!has(key), "{key}");
        }
    }

    #[test]
    fn upgrade_is_one_option_among_others_on_any_line() {
        for lines in [&["Upgrade"][..], &["keep-alive, Upgrade"], &["keep-alive", "upgrade"]] {
            assert!(asks(lines), "{lines:?}");
        }
        for lines in [&[][..], &["no-upgrade"], &["keep-alive"], &["upgrade-insecure"]] {
            assert!(!asks(lines), "{lines:?}");
        }
    }
}
