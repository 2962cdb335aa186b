//! What webhooks are signed with, and how: Standard Webhooks (standardwebhooks.com). Knows no header's name
//! and no clock.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

/// How a secret begins as text.
const PREFIX: &str = "whsec_";
/// How a signature of the only symmetric scheme begins.
const SCHEME: &str = "v1,";

/// A secret of Standard Webhooks: `whsec_` and 24 to 64 bytes in Base64. Debugging shows it to nobody.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SigningSecret(Vec<u8>);

/// The text is no secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected whsec_ and 24 to 64 bytes in Base64")]
pub struct InvalidSecret;

/// What is signed: a delivery, when it is sent, and its body.
#[derive(Debug, Clone, Copy)]
pub struct Delivery<'a> {
    /// Its id, the same however often it is sent.
    pub id: &'a str,
    /// When it is sent, in seconds since 1970, as text.
    pub timestamp: &'a str,
    /// Its body.
    pub body: &'a [u8],
}

impl SigningSecret {
    /// A secret of these bytes, which must be nobody's guess.
    #[must_use]
    pub fn of_random(bytes: [u8; 32]) -> Self {
        Self(bytes.to_vec())
    }

    /// The secret as its owner keeps it.
    #[must_use]
    pub fn reveal(&self) -> String {
        format!("{PREFIX}{}", STANDARD.encode(&self.0))
    }

    /// The signature of a delivery.
    #[must_use]
    pub fn sign(&self, delivery: Delivery<'_>) -> String {
        let code = self.mac(delivery).map(|mac| mac.finalize().into_bytes());
        format!("{SCHEME}{}", STANDARD.encode(code.unwrap_or_default()))
    }

    /// Whether one of these signatures, apart by spaces, is of this delivery. Takes a time that tells nothing
    /// of where two signatures differ.
    #[must_use]
    pub fn has_signed(&self, delivery: Delivery<'_>, signatures: &str) -> bool {
        let signed = signatures.split(' ').filter_map(|one| one.strip_prefix(SCHEME));
        let mut signed = signed.filter_map(|text| STANDARD.decode(text).ok());
        signed.any(|code| self.mac(delivery).is_some_and(|mac| mac.verify_slice(&code).is_ok()))
    }

    /// HMAC takes keys of any length.
    fn mac(&self, Delivery { id, timestamp, body }: Delivery<'_>) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).ok()?;
        for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", body] {
            mac.update(part);
        }
        Some(mac)
    }
}

impl FromStr for SigningSecret {
    type Err = InvalidSecret;

    fn from_str(text: &str) -> Result<Self, InvalidSecret> {
        let encoded = text.strip_prefix(PREFIX).ok_or(InvalidSecret)?;
        let bytes = STANDARD.decode(encoded).map_err(|_| InvalidSecret)?;
        if (24..=64).contains(&bytes.len()) { Ok(Self(bytes)) } else { Err(InvalidSecret) }
    }
}

impl TryFrom<String> for SigningSecret {
    type Error = InvalidSecret;

    fn try_from(text: String) -> Result<Self, InvalidSecret> {
        text.parse()
    }
}

impl From<SigningSecret> for String {
    fn from(secret: SigningSecret) -> Self {
        secret.reveal()
    }
}

impl fmt::Debug for SigningSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningSecret(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification.
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
    const DELIVERY: Delivery<'_> = Delivery {
        id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
        timestamp: "1614265330",
        body: br#"{"test": 2432232314}"#,
    };

    #[test]
    fn a_delivery_is_signed_as_the_specification_shows() {
        let secret: SigningSecret = SECRET.parse().unwrap();

        assert_eq!(secret.sign(DELIVERY), SIGNATURE);
        assert!(secret.has_signed(DELIVERY, &format!("v1,AAAA v2,x v1,!! {SIGNATURE}")));
        assert!(!secret.has_signed(Delivery { id: "msg_2", ..DELIVERY }, SIGNATURE));
        assert!(!secret.has_signed(Delivery { timestamp: "1", ..DELIVERY }, SIGNATURE));
        assert!(!secret.has_signed(Delivery { body: b"{}", ..DELIVERY }, SIGNATURE));
        assert!(!secret.has_signed(DELIVERY, &SIGNATURE.replace("v1,", "v1a,")));
    }

    #[test]
    fn a_secret_is_base64_of_enough_bytes_and_never_shown_by_accident() {
        let secret: SigningSecret = SECRET.parse().unwrap();
        assert_eq!(secret.reveal(), SECRET);
        assert_eq!(format!("{secret:?}"), "SigningSecret(***)");

        for text in ["", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_!", "whsec_AAAA"] {
            assert_eq!(text.parse::<SigningSecret>(), Err(InvalidSecret), "{text}");
        }
    }
}
