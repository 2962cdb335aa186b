//! Refuses paths whose percent-encoding is broken, before a route reads something else into them.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use crate::problem::Problem;

/// Passes on what is well encoded; the rest is malformed.
pub(super) async fn require_encoding(request: Request, next: Next) -> Response {
    if is_well_encoded(request.uri().path()) {
        next.run(request).await
    } else {
        Problem::malformed("the path's percent-encoding is broken").into_response()
    }
}

/// Two hexadecimal digits after each `%`, and UTF-8 once decoded.
fn is_well_encoded(path: &str) -> bool {
    if !path.contains('%') {
        return true;
    }
    let mut decoded = Vec::with_capacity(path.len());
    let mut bytes = path.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            decoded.push(byte);
            continue;
        }
        let mut digit = || bytes.next().and_then(|digit| char::from(digit).to_digit(16));
        let (Some(high), Some(low)) = (digit(), digit()) else { return false };
        // Two hexadecimal digits are one byte.
        decoded.push(u8::try_from(high * 16 + low).unwrap_or_default());
    }
    std::str::from_utf8(&decoded).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_utf_8_behind_its_escapes() {
        for path in ["/a", "/a%20b", "/%c3%BC", "/%25zz"] {
            assert!(is_well_encoded(path), "{path}");
        }
        for path in ["/%", "/%2", "/%zz", "/%+1", "/%ff", "/%c3"] {
            assert!(!is_well_encoded(path), "{path}");
        }
    }
}
