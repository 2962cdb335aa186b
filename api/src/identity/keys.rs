//! The keys tokens are signed with, and what a token that holds says (RFC 7519). Knows no headers.

mod key;

use std::sync::Arc;

use cart_schemas::id::{TenantId, UserId};
use cart_schemas::timestamp::Timestamp;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, Header, Validation, decode, decode_header};
use serde::Deserialize;

pub(super) use self::key::Key;
use super::access::{BadAccess, Trust};
use super::caller::{Caller, Known};
use super::guests::Guests;
use super::invalid;
use super::key_set::{self, KeySet};
use crate::problem::Problem;

/// How far the issuer's clock may be from ours, in seconds.
pub(super) const LEEWAY_SECONDS: u64 = 30;
/// The scope of who may act for every cart of a shop.
const ADMIN: &str = "cart:admin";

/// Every key a token may be signed with.
pub(crate) struct Keys {
    keys: Vec<Key>,
    /// Those that may be others tomorrow.
    fetched: Option<Arc<KeySet>>,
    guests: Option<Guests>,
    issuer: Option<String>,
    audience: Option<String>,
}

/// What a token says, as far as it matters here.
#[derive(Deserialize)]
struct Claims {
    sub: String,
    exp: u64,
    #[serde(default)]
    tenant: Option<String>,
    /// Words apart by spaces (RFC 8693, 4.2).
    #[serde(default)]
    scope: String,
}

impl Keys {
    /// The keys that are trusted.
    pub(crate) fn new(trust: &Trust) -> Result<Self, BadAccess> {
        let mut keys = Vec::new();
        if let Some(secret) = &trust.secret {
            keys.push(Key::of_secret(secret));
        }
        for pem in &trust.public_keys {
            keys.push(Key::of_pem(pem.as_bytes()).ok_or(BadAccess::PublicKey)?);
        }
        if let Some(json) = &trust.key_set {
            let set: JwkSet = serde_json::from_str(json).map_err(BadAccess::KeySet)?;
            keys.extend(key_set::usable(&set)?);
        }
        let fetched = trust.key_set_url.as_ref().map(|_| Arc::new(KeySet::new()));
        let guests = trust.guest_secret.as_ref().map(Guests::new);
        let (issuer, audience) = (trust.issuer.clone(), trust.audience.clone());
        Ok(Self { keys, fetched, guests, issuer, audience })
    }

    /// The set among them that is fetched.
    pub(super) const fn fetched(&self) -> Option<&Arc<KeySet>> {
        self.fetched.as_ref()
    }

    /// Grows whenever keys have changed: what was found by those of before may not hold.
    pub(super) fn generation(&self) -> u64 {
        self.fetched.as_ref().map_or(0, |set| set.held().generation)
    }

    /// The set that should have the key a token names, and has not.
    pub(super) fn lacking(&self, token: &str) -> Option<&Arc<KeySet>> {
        let set = self.fetched.as_ref()?;
        let header = decode_header(token).ok().filter(|header| !Guests::is_meant(header))?;
        let named = header.kid?;
        let held = set.held();
        let mut known = self.keys.iter().chain(&held.keys);
        let has_it = known.any(|key| key.id.as_ref() == Some(&named));
        (!has_it).then_some(set)
    }

    /// Who makes guests.
    pub(super) fn guests(&self) -> Option<&Guests> {
        self.guests.as_ref()
    }

    /// Who brings this token.
    pub(crate) fn check(&self, token: &str) -> Result<Known, Problem> {
        let header = decode_header(token).map_err(|_| invalid("expected a JSON Web Token"))?;
        if header.crit.is_some() {
            // RFC 7515, 4.1.11: what must be understood and is not, refuses the token.
            return Err(invalid("crit: no extension is understood here"));
        }
        if Guests::is_meant(&header) {
            let guests = self.guests.as_ref().ok_or_else(|| invalid("there are no guests here"))?;
            return guests.check(token);
        }
        let held = self.fetched.as_ref().map(|set| set.held());
        let fetched = held.iter().flat_map(|held| &held.keys);
        for key in self.keys.iter().chain(fetched).filter(|key| fits(key, &header)) {
            match decode::<Claims>(token, &key.key, &self.validation(header.alg)) {
                Ok(data) => return data.claims.known(),
                // Perhaps another key has signed it.
                Err(error) if matches!(error.kind(), ErrorKind::InvalidSignature) => {}
                Err(error) => return Err(refused(error.kind())),
            }
        }
        match held {
            // Perhaps it is a good one, which its bearer should not throw away.
            Some(held) if !held.is_known() => {
                Err(Problem::unavailable("the keys of tokens are not fetched yet"))
            }
            Some(_) | None => Err(refused(&ErrorKind::InvalidSignature)),
        }
    }

    fn validation(&self, algorithm: Algorithm) -> Validation {
        let mut validation = Validation::new(algorithm);
        validation.leeway = LEEWAY_SECONDS;
        validation.validate_nbf = true;
        let mut required = vec!["exp", "sub"];
        if let Some(issuer) = &self.issuer {
            validation.set_issuer(&[issuer]);
            required.push("iss");
        }
        match &self.audience {
            Some(audience) => {
                validation.set_audience(&[audience]);
                required.push("aud");
            }
            None => validation.validate_aud = false,
        }
        validation.set_required_spec_claims(&required);
        validation
    }
}

/// Whether a key may have signed a token: it is the one named, or one of its kind where none is.
fn fits(key: &Key, header: &Header) -> bool {
    let is_named = key.id.is_none() || header.kid.is_none() || key.id == header.kid;
    is_named && key.algorithms.contains(&header.alg)
}

impl Claims {
    fn known(self) -> Result<Known, Problem> {
        let tenant: Option<TenantId> = self
            .tenant
            .map(|name| name.parse())
            .transpose()
            .map_err(|_| invalid("tenant: expected a name of a shop"))?;
        let caller = if self.scope.split(' ').any(|scope| scope == ADMIN) {
            Caller::Shop { tenant, name: self.sub }
        } else {
            let user: Result<UserId, _> = self.sub.parse();
            let user =
                user.map_err(|_| invalid("sub: expected 1 to 128 of A-Z a-z 0-9 . _ : @ -"))?;
            Caller::Customer { tenant, user }
        };
        Ok(Known { caller, until: Some(ends(self.exp)) })
    }
}

/// The end of a token, the leeway included.
pub(super) fn ends(exp: u64) -> Timestamp {
    let seconds = exp.saturating_add(LEEWAY_SECONDS);
    Timestamp::from_micros(i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1_000_000))
}

/// Why a token does not hold.
#[expect(clippy::wildcard_enum_match_arm, reason = "the library's errors may become more")]
pub(super) fn refused(kind: &ErrorKind) -> Problem {
    let why = match kind {
        ErrorKind::ExpiredSignature => "the token has expired",
        ErrorKind::ImmatureSignature => "nbf: the token does not hold yet",
        ErrorKind::InvalidIssuer => "iss: expected the issuer that is trusted",
        ErrorKind::InvalidAudience => "aud: expected this service",
        ErrorKind::MissingRequiredClaim(_) => {
            "expected the claims sub and exp, and iss and aud if set"
        }
        ErrorKind::Json(_) => "the claims cannot be read: expected at least sub and exp",
        ErrorKind::InvalidSignature => "no key has signed it",
        _ => "the token cannot be read",
    };
    invalid(why)
}

#[cfg(test)]
mod tests;
