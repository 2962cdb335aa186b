//! Guests: an id nobody has, and a token of ours that proves it is theirs. Knows no headers.

use cart_schemas::id::{TenantId, UserId};
use cart_schemas::timestamp::Timestamp;
use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, decode_header, encode,
};
use serde::{Deserialize, Serialize};

use super::access::Secret;
use super::caller::{Caller, Known};
use super::keys::{LEEWAY_SECONDS, ends, refused};
use super::{bounded, invalid};
use crate::problem::Problem;

/// The key that signs guests' tokens, by which they are told from all others.
const KEY_ID: &str = "cartstream-guest";
/// How long a token holds, in seconds: as long as a guest's cart is commonly kept. It is renewed by
/// asking with it.
const HOLDS_FOR: u32 = 24 * 60 * 60;

/// Makes guests and knows them again.
pub(crate) struct Guests {
    signs: EncodingKey,
    checks: DecodingKey,
}

/// A guest's token, and until when it holds.
#[derive(Debug)]
pub(crate) struct Pass {
    pub(crate) token: String,
    pub(crate) until: Timestamp,
}

/// What a guest's token says. No scope is among it, and none would be read.
#[derive(Serialize, Deserialize)]
struct Claims {
    sub: String,
    exp: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tenant: Option<String>,
}

impl Guests {
    /// Guests whose tokens are signed with `secret`.
    pub(super) fn new(secret: &Secret) -> Self {
        let signs = EncodingKey::from_secret(secret.bytes());
        Self { signs, checks: DecodingKey::from_secret(secret.bytes()) }
    }

    /// Whether a token is meant as a guest's.
    pub(super) fn is_meant(header: &Header) -> bool {
        header.kid.as_deref() == Some(KEY_ID)
    }

    /// A token for a guest of a shop, which holds for a day from `now`.
    pub(crate) fn pass(
        &self,
        user: &UserId,
        tenant: Option<&TenantId>,
        now: Timestamp,
    ) -> Result<Pass, Problem> {
        let until = now.plus_seconds(HOLDS_FOR);
        let exp = u64::try_from(until.micros() / 1_000_000).unwrap_or_default();
        let tenant = tenant.map(|tenant| tenant.as_str().to_owned());
        let claims = Claims { sub: user.as_str().to_owned(), exp, tenant };
        let header = Header { kid: Some(KEY_ID.to_owned()), ..Header::new(Algorithm::HS256) };
        let token = encode(&header, &claims, &self.signs).map_err(|error| {
            tracing::error!(%error, "a guest's token cannot be signed");
            Problem::internal()
        })?;
        Ok(Pass { token, until })
    }

    /// The guest who brings this token, and of which shop.
    pub(crate) fn again(&self, token: &str) -> Result<(Option<TenantId>, UserId), Problem> {
        bounded(token)?;
        self.claims(token).map(|(tenant, user, _)| (tenant, user))
    }

    /// Who brings this token.
    pub(super) fn check(&self, token: &str) -> Result<Known, Problem> {
        let (tenant, user, until) = self.claims(token)?;
        Ok(Known { caller: Caller::Customer { tenant, user }, until: Some(until) })
    }

    fn claims(&self, token: &str) -> Result<(Option<TenantId>, UserId, Timestamp), Problem> {
        let is_ours = decode_header(token).is_ok_and(|header| Self::is_meant(&header));
        if !is_ours {
            return Err(invalid("expected a guest's token"));
        }
        let mut validation = Validation::new(Algorithm::HS256);
        validation.leeway = LEEWAY_SECONDS;
        validation.validate_aud = false;
        let data = decode::<Claims>(token, &self.checks, &validation);
        let claims = data.map_err(|error| refused(error.kind()))?.claims;
        let user = claims.sub.parse().map_err(|_| invalid("sub: expected a guest"))?;
        let tenant = claims.tenant.map(|name| name.parse()).transpose();
        let tenant = tenant.map_err(|_| invalid("tenant: expected the name of a shop"))?;
        Ok((tenant, user, ends(claims.exp)))
    }
}
