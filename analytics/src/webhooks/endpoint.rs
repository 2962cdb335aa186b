//! Whom a shop wants told of its carts. Knows no HTTP.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use cart_schemas::id::TenantId;
use cart_schemas::notice::{Notice, NoticeKind};
use cart_schemas::signature::SigningSecret;
use cart_schemas::timestamp::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The longest discount code: they are typed by people.
pub const DISCOUNT_MAX: usize = 64;
/// How often a customer is written to in a week where an endpoint does not say.
const A_WEEK: u8 = 3;
/// How often at most: once for every tier, every day.
pub const A_WEEK_MAX: u8 = 21;

/// Identity of an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EndpointId(Uuid);

impl EndpointId {
    /// The one of an id that nobody had before.
    #[must_use]
    pub const fn new(fresh: Uuid) -> Self {
        Self(fresh)
    }
}

impl fmt::Display for EndpointId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for EndpointId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, uuid::Error> {
        text.parse().map(Self)
    }
}

/// Whether an endpoint is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It is.
    Active,
    /// It answered 410: it wants to hear no more.
    Gone,
    /// The shop took it away.
    Deleted,
}

/// A discount code, passed on as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DiscountCode(String);

/// The text is no discount code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected 1 to {DISCOUNT_MAX} visible characters of ASCII")]
pub struct InvalidDiscount;

impl DiscountCode {
    /// Its text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for DiscountCode {
    type Error = InvalidDiscount;

    fn try_from(text: String) -> Result<Self, InvalidDiscount> {
        let fits = (1..=DISCOUNT_MAX).contains(&text.len());
        let is_visible = text.bytes().all(|byte| byte.is_ascii_graphic());
        if fits && is_visible { Ok(Self(text)) } else { Err(InvalidDiscount) }
    }
}

impl From<DiscountCode> for String {
    fn from(code: DiscountCode) -> Self {
        code.0
    }
}

/// How often a customer is written to in a week, at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Frequency(u8);

/// The number is no frequency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected 1 to {A_WEEK_MAX}")]
pub struct InvalidFrequency;

impl Default for Frequency {
    fn default() -> Self {
        Self(A_WEEK)
    }
}

impl Frequency {
    /// As a number.
    #[must_use]
    pub fn a_week(self) -> usize {
        usize::from(self.0)
    }
}

impl TryFrom<u8> for Frequency {
    type Error = InvalidFrequency;

    fn try_from(times: u8) -> Result<Self, InvalidFrequency> {
        if (1..=A_WEEK_MAX).contains(&times) { Ok(Self(times)) } else { Err(InvalidFrequency) }
    }
}

impl From<Frequency> for u8 {
    fn from(frequency: Frequency) -> Self {
        frequency.0
    }
}

/// What a shop says of an endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wish {
    /// Where it is; a URL that was looked at when it was told.
    pub url: String,
    /// What it is told.
    pub kinds: BTreeSet<NoticeKind>,
    /// Passed on with invitations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discount: Option<DiscountCode>,
    /// How often it is told to write to the same customer.
    #[serde(default)]
    pub frequency: Frequency,
}

/// The row of an endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    /// Its id, and the row's key.
    pub id: EndpointId,
    /// Whose it is; `None` is the default shop.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantId>,
    /// What it is for.
    #[serde(flatten)]
    pub wish: Wish,
    /// What it is told with.
    pub secret: SigningSecret,
    /// Since when.
    pub created: Timestamp,
    /// Whether it is told.
    pub standing: Standing,
    /// What it had not taken up to this time is told once more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replayed: Option<Timestamp>,
    /// The row's own timestamp.
    pub ts: Timestamp,
}

impl Endpoint {
    /// Whether it is to know of something.
    #[must_use]
    pub fn wants(&self, notice: &Notice) -> bool {
        self.tenant.as_ref() == notice.cart.tenant() && self.wish.kinds.contains(&notice.kind())
    }

    /// The cell.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        // Serializing plain structs into memory has no way to fail.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Reads a cell.
    ///
    /// # Errors
    /// The bytes are no endpoint this build knows.
    pub fn decode(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(bytes)
    }
}
