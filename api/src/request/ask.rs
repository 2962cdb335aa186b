//! The headers every change takes: `Idempotency-Key`, `If-Match` and `Prefer`.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use cart_schemas::traceparent::Traceparent;
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::{ObjectBuilder, Required, schema::Type};

use crate::problem::Problem;
use crate::trace;

/// How a change is asked for, apart from what it changes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Ask {
    /// `Idempotency-Key`: makes the command's id.
    pub(crate) idempotency_key: Option<String>,
    /// `If-Match`: the version the caller saw; `None` also for `*`.
    pub(crate) expected_version: Option<u64>,
    /// `Prefer: respond-async`: whether the append is all the caller waits for.
    pub(crate) respond_async: bool,
    /// Where the change stands in its trace.
    pub(crate) traceparent: Option<Traceparent>,
}

impl<S: Send + Sync> FromRequestParts<S> for Ask {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Ok(Self {
            idempotency_key: idempotency_key(&parts.headers)?,
            expected_version: if_match(&parts.headers)?,
            respond_async: respond_async(&parts.headers),
            traceparent: trace::onward(&parts.extensions),
        })
    }
}

/// The text of a header that may be there once.
fn once<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a str>, ()> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(Some).map_err(|_| ()),
        (Some(_), Some(_)) => Err(()),
    }
}

/// The longest `Idempotency-Key`, in characters: what others who take one allow.
pub(crate) const KEY_MAX: usize = 255;
/// What an `Idempotency-Key` is made of: visible ASCII.
pub(crate) const KEY_PATTERN: &str = "^[!-~]+$";

/// Whether a text can be an `Idempotency-Key`.
pub(super) fn is_key(text: &str) -> bool {
    (1..=KEY_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    match once(headers, "idempotency-key") {
        Ok(None) => Ok(None),
        Ok(Some(key)) if is_key(key) => Ok(Some(key.to_owned())),
        Ok(Some(_)) | Err(()) => Err(Problem::malformed(
            "Idempotency-Key: expected 1 to 255 visible ASCII characters, once",
        )),
    }
}

/// The entity tags of carts are versions, so that any other tag is a mistake worth telling.
fn if_match(headers: &HeaderMap) -> Result<Option<u64>, Problem> {
    let malformed = || Problem::malformed("If-Match: expected one ETag of the cart, or *");
    let text = once(headers, header::IF_MATCH.as_str()).map_err(|()| malformed())?;
    match text.map(str::trim) {
        None | Some("*") => Ok(None),
        Some(tag) => version(tag).map(Some).ok_or_else(malformed),
    }
}

fn version(tag: &str) -> Option<u64> {
    let digits = tag.strip_prefix('"')?.strip_suffix('"')?;
    let version: u64 = digits.parse().ok()?;
    // As we print it: no sign, no leading zeros.
    (version.to_string() == digits).then_some(version)
}

fn respond_async(headers: &HeaderMap) -> bool {
    let values = headers.get_all("prefer").iter().filter_map(|value| value.to_str().ok());
    let mut preferences = values.flat_map(|value| value.split(','));
    preferences.any(|preference| {
        let name = preference.split(';').next().unwrap_or_default();
        name.trim().eq_ignore_ascii_case("respond-async")
    })
}

/// What makes a repetition safe, of a change that takes no other header.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Repeat {
    /// `Idempotency-Key`: makes the command's id.
    pub(crate) idempotency_key: Option<String>,
    /// Where the change stands in its trace.
    pub(crate) traceparent: Option<Traceparent>,
}

impl<S: Send + Sync> FromRequestParts<S> for Repeat {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Ok(Self {
            idempotency_key: idempotency_key(&parts.headers)?,
            traceparent: trace::onward(&parts.extensions),
        })
    }
}

/// A header that may be there: its name, what it means, and the pattern of its values.
type Described = (&'static str, &'static str, &'static str);

const IDEMPOTENCY_KEY: Described = (
    "Idempotency-Key",
    "Makes a repetition of this request safe: 1 to 255 visible ASCII.",
    "^[!-~]{1,255}$",
);
const IF_MATCH: Described = (
    "If-Match",
    "The ETag of the cart the change is meant for, or `*`.",
    r#"^(\*|"(0|[1-9][0-9]{0,18})")$"#,
);
/// Preferences nobody knows are passed over (RFC 7240, 2), so any text may be one.
const PREFER: Described =
    ("Prefer", "`respond-async` answers 202 as soon as the command is in the log.", "");

impl IntoParams for Ask {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        [IDEMPOTENCY_KEY, IF_MATCH, PREFER].into_iter().map(parameter).collect()
    }
}

impl IntoParams for Repeat {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![parameter(IDEMPOTENCY_KEY)]
    }
}

fn parameter((name, description, pattern): Described) -> Parameter {
    let text = ObjectBuilder::new().schema_type(Type::String);
    let pattern = Some(pattern).filter(|pattern| !pattern.is_empty());
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(description))
        .schema(Some(text.pattern(pattern).build()))
        .build()
}

#[cfg(test)]
mod tests;
