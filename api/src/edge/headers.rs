//! What every answer says to browsers and caches. Knows no route: who says otherwise is left alone.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::settings::Transport;

const NOSNIFF: HeaderValue = HeaderValue::from_static("nosniff");
/// Carts are personal and change under a reader's hands.
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
/// A path names a user.
const NO_REFERRER: HeaderValue = HeaderValue::from_static("no-referrer");
/// An answer that is opened as a page does nothing, and is in nobody's frame.
const INERT: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
/// The same for browsers that do not know `frame-ancestors`.
const NO_FRAMES: HeaderValue = HeaderValue::from_static("DENY");
/// No page of another site embeds an answer. Reads that CORS lets in are not embedded.
const SAME_ORIGIN: HeaderValue = HeaderValue::from_static("same-origin");
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
/// A year, the least that browsers' own lists ask for. Not of subdomains: they are not ours to promise.
const ONLY_TLS: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// Adds what an answer does not say itself.
pub(super) fn complete(headers: &mut HeaderMap, transport: Transport) {
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, NOSNIFF);
    headers.insert(header::X_FRAME_OPTIONS, NO_FRAMES);
    headers.insert(RESOURCE_POLICY, SAME_ORIGIN);
    headers.entry(header::REFERRER_POLICY).or_insert(NO_REFERRER);
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(INERT);
    headers.entry(header::CACHE_CONTROL).or_insert(NO_STORE);
    match transport {
        Transport::Plain => {}
        Transport::Tls => {
            headers.insert(header::STRICT_TRANSPORT_SECURITY, ONLY_TLS);
        }
    }
}
