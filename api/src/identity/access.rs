//! What an operator says of who may call. Knows nothing of where settings come from, and shows no secret.

use std::fmt;
use std::str::FromStr;

use cart_outbound::Destination;

use super::api_keys::ApiKeys;

/// The fewest bytes of a secret: HS256 asks for as many as its hash has (RFC 7518, 3.2).
const SECRET_MIN: usize = 32;

/// Whether callers are asked who they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Access {
    /// Nobody is: everybody acts for everybody. For one's own machine.
    Open,
    /// Everybody is; only what this trusts is believed.
    Known(Box<Trust>),
}

/// Whose word is believed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trust {
    /// Signs tokens by HS256.
    pub secret: Option<Secret>,
    /// Public keys in PEM, whose private ones sign tokens: RSA, EC (P-256, P-384) or Ed25519.
    pub public_keys: Vec<String>,
    /// A set of public keys as JSON (RFC 7517).
    pub key_set: Option<String>,
    /// Where a set of public keys is fetched, again and again.
    pub key_set_url: Option<Destination>,
    /// The authorities, in PEM, that the host of that URL may have its certificate from; the machine's own
    /// if absent.
    pub key_set_authorities: Option<String>,
    /// Who must have issued a token (`iss`).
    pub issuer: Option<String>,
    /// Whom a token must be for (`aud`).
    pub audience: Option<String>,
    /// Signs the tokens of guests, the same on all instances; without one there are no guests.
    pub guest_secret: Option<Secret>,
    /// The keys of services.
    pub api_keys: ApiKeys,
}

impl Trust {
    /// Whether anybody could be known by it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let Self { secret, public_keys, key_set, key_set_url, api_keys, .. } = self;
        let is_without_set = key_set.is_none() && key_set_url.is_none();
        secret.is_none() && public_keys.is_empty() && is_without_set && api_keys.is_empty()
    }
}

/// What is trusted cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BadAccess {
    /// A file has no public key in it.
    #[error("expected a public key in PEM: RSA, EC of P-256 or P-384, or Ed25519")]
    PublicKey,
    /// The key set is not one.
    #[error("expected a JSON Web Key Set (RFC 7517)")]
    KeySet(#[source] serde_json::Error),
    /// No key of the set is of a kind that is used here.
    #[error("expected a key in the set: RSA, EC of P-256 or P-384, or Ed25519")]
    NoKey,
    /// The set has more keys than an issuer needs.
    #[error("expected fewer keys in the set: a token may be tried by each")]
    ManyKeys,
    /// There is no authority to know the key set's host by.
    #[error("expected certificates of authorities that the key set's host is known by")]
    Authorities,
    /// TLS cannot be set up by the library's own defaults.
    #[error("TLS cannot be set up")]
    Tls(#[source] tokio_rustls::rustls::Error),
}

/// A secret that signs tokens. It is shown to nobody.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Vec<u8>);

/// The text is too short for a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected at least {SECRET_MIN} bytes")]
pub struct ShortSecret;

impl Secret {
    /// Its bytes.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl FromStr for Secret {
    type Err = ShortSecret;

    fn from_str(text: &str) -> Result<Self, ShortSecret> {
        if text.len() < SECRET_MIN { Err(ShortSecret) } else { Ok(Self(text.into())) }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_long_enough_and_never_shown() {
        let secret: Secret = "0123456789abcdef0123456789abcdef".parse().unwrap();

        assert_eq!(format!("{secret:?}"), "Secret(***)");
        assert_eq!("0123456789abcdef0123456789abcde".parse::<Secret>(), Err(ShortSecret));
    }

    #[test]
    fn nobody_is_known_by_a_guest_secret_alone() {
        let guest_secret = "0123456789abcdef0123456789abcdef".parse().ok();

        assert!(Trust { guest_secret, ..Trust::default() }.is_empty());
    }
}
