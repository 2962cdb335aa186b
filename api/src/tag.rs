//! The strong tag of an answer's bytes, and whether a caller has them already.

use axum::http::{HeaderMap, HeaderValue, header};
use cart_schemas::digest::Digest;

/// The `ETag` of a content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tag(HeaderValue);

impl Tag {
    /// Of this content.
    pub(crate) fn of(content: &[u8]) -> Self {
        let quoted = HeaderValue::try_from(format!("\"{}\"", Digest::of(content)));
        // Base64url between quotes is always a header's value.
        Self(quoted.unwrap_or(HeaderValue::from_static("\"\"")))
    }

    /// It as a header's value.
    pub(crate) fn value(&self) -> HeaderValue {
        self.0.clone()
    }

    /// Whether `If-None-Match` names this content. Compression, ours or a proxy's, weakens a tag.
    pub(crate) fn is_held(&self, asked: &HeaderMap) -> bool {
        let values = asked.get_all(header::IF_NONE_MATCH).iter();
        let mut tags = values.flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
        tags.any(|tag| {
            let tag = tag.trim_ascii();
            tag == b"*" || tag.strip_prefix(b"W/").unwrap_or(tag) == self.0.as_bytes()
        })
    }
}
