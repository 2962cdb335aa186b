//! One key, and what it may check. It is judged as it is read: who runs the service hears of one that
//! checks nothing before anybody brings a token. Knows no token.

use std::ops::RangeInclusive;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{
    AlgorithmParameters, CommonParameters, EllipticCurve, Jwk, KeyOperations, PublicKeyUse,
    RSAKeyParameters,
};
use jsonwebtoken::{Algorithm, DecodingKey, crypto};

use super::super::access::Secret;

/// How many bytes an RSA key has: fewer are too weak (RFC 7518, 3.3), of more the library checks none.
const RSA_BYTES: RangeInclusive<usize> = 256..=512;
pub(super) const RSA: &[Algorithm] = &[
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
];

/// A key, and what it may be used for: one of RSA never checks a keyed hash, however a token asks.
pub(in crate::identity) struct Key {
    pub(super) id: Option<String>,
    pub(super) key: DecodingKey,
    pub(super) algorithms: &'static [Algorithm],
}

impl Key {
    /// The secret of keyed hashes.
    pub(super) fn of_secret(secret: &Secret) -> Self {
        let key = DecodingKey::from_secret(secret.bytes());
        Self { id: None, key, algorithms: &[Algorithm::HS256] }
    }

    /// A public key in PEM.
    pub(super) fn of_pem(pem: &[u8]) -> Option<Self> {
        let rsa = DecodingKey::from_rsa_pem(pem);
        let ec = || DecodingKey::from_ec_pem(pem);
        let ed = || DecodingKey::from_ed_pem(pem);
        Self::public(rsa.or_else(|_| ec()).or_else(|_| ed()).ok()?).map(|(key, _)| key)
    }

    /// A key of a set, if it is of a kind that is used here. A symmetric one has no place among public
    /// ones, and one for encryption signs nothing.
    pub(in crate::identity) fn of_set(jwk: &Jwk) -> Option<Self> {
        if !is_for_signatures(&jwk.common) {
            return None;
        }
        let (key, parameters) = Self::public(DecodingKey::from_jwk(jwk).ok()?)?;
        // The library takes the bytes of a key and passes over the curve that is said of them.
        if parameters != jwk.algorithm {
            return None;
        }
        let algorithms = match jwk.common.key_algorithm {
            Some(named) => only(key.algorithms, named.try_into().ok()?)?,
            None => key.algorithms,
        };
        Some(Self { id: jwk.common.key_id.clone(), algorithms, ..key })
    }

    /// A public key and what it is made of. It is tried here: the library would find out only as it
    /// checks a token, refuse every one by some keys and panic at others.
    fn public(key: DecodingKey) -> Option<(Self, AlgorithmParameters)> {
        let parameters = Jwk::from_decoding_key(&key, None).ok()?.algorithm;
        let algorithms: &[Algorithm] = if let AlgorithmParameters::RSA(rsa) = &parameters {
            is_strong(rsa).then_some(RSA)?
        } else if let AlgorithmParameters::OctetKeyPair(_) = &parameters {
            &[Algorithm::EdDSA]
        } else if let AlgorithmParameters::EllipticCurve(ec) = &parameters {
            of_curve(&ec.curve)?
        } else {
            return None;
        };
        crypto::verify("", b"", &key, *algorithms.first()?).ok()?;
        Some((Self { id: None, key, algorithms }, parameters))
    }
}

fn is_for_signatures(said: &CommonParameters) -> bool {
    let is_so_used = matches!(said.public_key_use, None | Some(PublicKeyUse::Signature));
    let verifies = |operations: &Vec<KeyOperations>| operations.contains(&KeyOperations::Verify);
    is_so_used && said.key_operations.as_ref().is_none_or(verifies)
}

fn is_strong(rsa: &RSAKeyParameters) -> bool {
    let modulus = URL_SAFE_NO_PAD.decode(&rsa.n).unwrap_or_default();
    let bytes = modulus.iter().skip_while(|byte| **byte == 0).count();
    RSA_BYTES.contains(&bytes)
}

fn of_curve(curve: &EllipticCurve) -> Option<&'static [Algorithm]> {
    let curves: [(EllipticCurve, &[Algorithm]); 2] =
        [(EllipticCurve::P256, &[Algorithm::ES256]), (EllipticCurve::P384, &[Algorithm::ES384])];
    curves.into_iter().find_map(|(known, algorithms)| (known == *curve).then_some(algorithms))
}

/// The one of `algorithms` that a key is said to be for.
fn only(algorithms: &'static [Algorithm], named: Algorithm) -> Option<&'static [Algorithm]> {
    let at = algorithms.iter().position(|algorithm| *algorithm == named)?;
    algorithms.get(at..=at)
}
