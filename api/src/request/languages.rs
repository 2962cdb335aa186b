//! `Accept-Language` (RFC 9110, 12.5.4): the languages a caller reads. Knows no names.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use cart_schemas::prices::Language;

/// Languages that are looked at: no reader knows more, and a hostile header names thousands.
const LANGUAGES_MAX: usize = 16;

/// The languages a caller reads, the best first; none if nothing is said, or only `*`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Languages(Vec<Language>);

impl Languages {
    /// The best first.
    pub(crate) fn all(&self) -> &[Language] {
        &self.0
    }

    fn of(headers: &HeaderMap) -> Self {
        let values = headers.get_all(header::ACCEPT_LANGUAGE).iter();
        let texts = values.filter_map(|value| value.to_str().ok());
        let ranges = texts.flat_map(|text| text.split(',')).filter_map(range);
        let mut ranges: Vec<_> = ranges.take(LANGUAGES_MAX).collect();
        // Of equal weight, what was said first comes first.
        ranges.sort_by_key(|(weight, _)| std::cmp::Reverse(*weight));
        Self(ranges.into_iter().map(|(_, language)| language).collect())
    }
}

/// A language and its weight in thousandths; what is no range says nothing.
fn range(text: &str) -> Option<(u16, Language)> {
    let mut parts = text.split(';').map(str::trim);
    let language = parts.next()?.parse().ok()?;
    let weight = match parts.next() {
        None => 1_000,
        Some(weight) => thousandths(weight.strip_prefix("q=")?)?,
    };
    (weight > 0).then_some((weight, language))
}

/// `1`, `0.8`, `0.125`: at most three decimals.
fn thousandths(text: &str) -> Option<u16> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = fraction.len() <= 3 && fraction.bytes().all(|byte| byte.is_ascii_digit());
    let fraction: u16 = format!("{fraction:0<3}").parse().ok().filter(|_| digits)?;
    match whole {
        "0" => Some(fraction),
        "1" if fraction == 0 => Some(1_000),
        _ => None,
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Languages {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.headers))
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn read(text: &str) -> Vec<String> {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_LANGUAGE, HeaderValue::from_str(text).unwrap());
        Languages::of(&headers).all().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn languages_come_by_weight_and_then_as_they_were_said() {
        assert_eq!(
            read("fr-CH, fr;q=0.9, en;q=0.8, de;q=0.7, *;q=0.5"),
            ["fr-ch", "fr", "en", "de"]
        );
        assert_eq!(read("en;q=0.5,de,fr;q=0.5"), ["de", "en", "fr"]);
        assert_eq!(read("de;q=0, en"), ["en"]);
    }

    #[test]
    fn what_is_no_language_says_nothing() {
        for text in ["*", "", ",,,", "de;q=2", "de;q=0.1234", "de;q=x", "de;level=1", "d", "\"de\""]
        {
            assert_eq!(read(text), Vec::<String>::new(), "{text}");
        }
        let many = vec!["de"; 10_000].join(",");
        assert_eq!(read(&many).len(), LANGUAGES_MAX);
    }
}
