//! Large texts go out compressed to whoever takes gzip. Knows no route and no cart.
//!
//! BREACH (a secret guessed from the length of compressed answers) needs a browser that sends a victim's
//! credentials by itself; ours are headers, which no foreign page can make it send, and never cookies.
//! What is a secret, a guest's token or a ticket, is a tenth of what is compressed at all.

use axum::body::HttpBody;
use axum::http::{self, HeaderMap, HeaderValue, header};
use tower_http::CompressionLevel;
use tower_http::compression::{CompressionLayer, Predicate};

/// Below it an answer is left as it is. A cart of a dozen lines is 3.3 KB: three packets of the ten a server
/// sends before it waits for anything, so that compressed it would arrive no sooner, and compressing it
/// takes 60 µs where all else of HTTP takes 20.
const LARGE: u64 = 4 * 1024;
/// What is text. Everything else, above all streams of events, is passed on as it comes.
const TEXTS: [&str; 7] = [
    "application/json",
    "application/problem+json",
    "image/svg+xml",
    "text/css",
    "text/html",
    "text/javascript",
    "text/plain",
];

/// Compresses what is large and text. The lowest level takes a half (5 KB) to a fifth (30 KB) of the usual
/// one's time, for a quarter to a half more bytes.
pub(super) fn layer() -> CompressionLayer<LargeTexts> {
    CompressionLayer::new().quality(CompressionLevel::Fastest).compress_when(LargeTexts)
}

/// Which answers are worth it.
#[derive(Debug, Clone, Copy)]
pub(super) struct LargeTexts;

impl Predicate for LargeTexts {
    fn should_compress<B: HttpBody>(&self, response: &http::Response<B>) -> bool {
        // A stream has no size; what is not known to be large is not.
        let size = response.body().size_hint().exact();
        size.is_some_and(|size| size >= LARGE) && is_text(response.headers())
    }
}

fn is_text(headers: &HeaderMap) -> bool {
    let named = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let bare = named.and_then(|named| named.split(';').next()).unwrap_or_default().trim_end();
    TEXTS.contains(&bare)
}

/// Whoever forbids a coding (`q=0`) gets none: the layer would otherwise answer 406 where it has none left,
/// and that after a change was carried out.
pub(super) fn drop_refusals(asked: &mut HeaderMap) {
    let mut accepted = asked.get_all(header::ACCEPT_ENCODING).iter();
    if accepted.any(|value| has_refusal(value.as_bytes())) {
        asked.remove(header::ACCEPT_ENCODING);
    }
}

/// Whether a coding has a quality of zero, in any of the ways to write it.
fn has_refusal(accepted: &[u8]) -> bool {
    accepted.split(|byte| *byte == b',').any(|coding| {
        let parameters = coding.split(|byte| *byte == b';').skip(1).map(<[u8]>::trim_ascii);
        parameters.into_iter().any(|parameter| {
            let value = parameter.strip_prefix(b"q=").or_else(|| parameter.strip_prefix(b"Q="));
            value.is_some_and(|value| value.iter().all(|byte| matches!(byte, b'0' | b'.')))
        })
    })
}

/// Two codings of one content are not the same bytes, so that a tag of bytes becomes a weak one. A cart's
/// tag is its version, which `If-Match` is to name: an answer that nobody may keep has it as it is.
pub(super) fn weaken_tag(headers: &mut HeaderMap) {
    let is_kept = headers.contains_key(header::CACHE_CONTROL);
    if is_kept
        && headers.contains_key(header::CONTENT_ENCODING)
        && let Some(tag) = headers.get(header::ETAG)
        && let Ok(weak) = HeaderValue::from_bytes(&[b"W/", tag.as_bytes()].concat())
    {
        headers.insert(header::ETAG, weak);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_coding_is_refused_by_a_quality_of_zero_however_it_is_written() {
        for refused in ["identity;q=0", "gzip, *; q=0.000", "br;q=1, gzip ;Q=0."] {
            assert!(has_refusal(refused.as_bytes()), "{refused}");
        }
        for accepted in ["gzip", "gzip;q=0.5, br;q=1.0", "*", "", "gzip;q=0.01"] {
            assert!(!has_refusal(accepted.as_bytes()), "{accepted}");
        }
    }

    #[test]
    fn what_a_text_is_says_its_media_type_alone() {
        let is = |named: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(named));
            is_text(&headers)
        };

        assert!(is("application/json") && is("text/html; charset=utf-8"));
        assert!(!is("text/event-stream") && !is("application/octet-stream") && !is("text/htmlx"));
    }
}
