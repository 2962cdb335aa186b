//! Links that lead a customer back to one cart: who has one may see that cart and restore it, for a week, and
//! nothing else. Knows no clock and no page.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cart_schemas::id::{CartId, CartKey};
use cart_schemas::timestamp::Timestamp;
use hmac::{Hmac, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

/// How long a link leads back, in seconds: a week from what was told with it.
pub(super) const LEADS_FOR: u32 = 7 * 24 * 60 * 60;
/// The fewest bytes of the secret: as many as the hash has (RFC 2104, 3).
const SECRET_MIN: usize = 32;
/// The longest token that is looked at: a cart's key has at most 257 bytes.
const TOKEN_MAX: usize = 1_024;
/// What is signed begins with it, so that no other signature of the same secret is one of these.
const PURPOSE: &[u8] = b"cartstream-recovery:";

/// Makes links, and knows them again: the same on all processes.
#[derive(Clone, PartialEq, Eq)]
pub struct Links {
    secret: Vec<u8>,
}

/// The text is too short for a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected at least {SECRET_MIN} bytes")]
pub struct ShortSecret;

/// Where a link leads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lead {
    /// The cart.
    #[serde(rename = "c")]
    pub cart: CartKey,
    /// Which life of it.
    #[serde(rename = "i")]
    pub id: CartId,
    /// Until when.
    #[serde(rename = "e")]
    pub until: Timestamp,
}

/// A link leads nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadLink {
    /// It is none of ours.
    #[error("it is no recovery token of this shop")]
    Forged,
    /// It led somewhere once.
    #[error("it has expired")]
    Late,
}

impl Links {
    /// Links that are signed with this secret.
    ///
    /// # Errors
    /// It can be guessed.
    pub fn new(secret: &str) -> Result<Self, ShortSecret> {
        let secret = secret.as_bytes().to_vec();
        if secret.len() < SECRET_MIN { Err(ShortSecret) } else { Ok(Self { secret }) }
    }

    /// The token of a link. The same lead has the same token.
    #[must_use]
    pub fn token(&self, lead: &Lead) -> String {
        // Serializing a plain struct into memory has no way to fail.
        let said = URL_SAFE_NO_PAD.encode(serde_json::to_vec(lead).unwrap_or_default());
        let code = self.mac(&said).map(|mac| mac.finalize().into_bytes()).unwrap_or_default();
        format!("{said}.{}", URL_SAFE_NO_PAD.encode(code))
    }

    /// Where a token leads at `now`.
    ///
    /// # Errors
    /// See [`BadLink`].
    pub fn read(&self, token: &str, now: Timestamp) -> Result<Lead, BadLink> {
        let (said, code) = token.split_once('.').ok_or(BadLink::Forged)?;
        let code = URL_SAFE_NO_PAD.decode(code).map_err(|_| BadLink::Forged)?;
        let is_ours = |mac: Hmac<Sha256>| mac.verify_slice(&code).is_ok();
        if token.len() > TOKEN_MAX || !self.mac(said).is_some_and(is_ours) {
            return Err(BadLink::Forged);
        }
        let lead = URL_SAFE_NO_PAD.decode(said).map_err(|_| BadLink::Forged)?;
        let lead: Lead = serde_json::from_slice(&lead).map_err(|_| BadLink::Forged)?;
        if lead.until > now { Ok(lead) } else { Err(BadLink::Late) }
    }

    /// HMAC takes keys of any length.
    fn mac(&self, said: &str) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.secret).ok()?;
        mac.update(PURPOSE);
        mac.update(said.as_bytes());
        Some(mac)
    }
}

impl std::fmt::Debug for Links {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Links(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "0123456789abcdef0123456789abcdef";

    fn lead(user: &str) -> Lead {
        let cart: CartKey = user.parse().unwrap();
        Lead { id: CartId::of(&cart, 0), cart, until: Timestamp::from_millis(1_000) }
    }

    #[test]
    fn a_link_leads_to_its_cart_until_it_ends() {
        let links = Links::new(SECRET).unwrap();
        let token = links.token(&lead("acme/alice"));
        assert_eq!(token, links.token(&lead("acme/alice")));

        let before = Timestamp::from_millis(999);
        assert_eq!(links.read(&token, before), Ok(lead("acme/alice")));
        assert_eq!(links.read(&token, Timestamp::from_millis(1_000)), Err(BadLink::Late));
    }

    #[test]
    fn nobody_makes_a_link_of_another() {
        let links = Links::new(SECRET).unwrap();
        let (alice, bob) = (links.token(&lead("alice")), links.token(&lead("bob")));
        let (said, _) = bob.split_once('.').unwrap();
        let (_, code) = alice.split_once('.').unwrap();
        let elsewhere = Links::new("another secret of thirty-two bytes").unwrap();
        let now = Timestamp::default();

        for forged in ["", ".", "a.b", said, &format!("{said}.{code}"), &format!("{said}.")] {
            assert_eq!(links.read(forged, now), Err(BadLink::Forged), "{forged}");
        }
        assert_eq!(elsewhere.read(&alice, now), Err(BadLink::Forged));
        assert!(Links::new("too short").is_err());
        assert!(!format!("{links:?}").contains("0123"));
    }
}
