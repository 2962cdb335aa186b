//! The keys of services: long random texts, of which only the hashes are kept. Knows no files.

use std::collections::BTreeMap;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cart_schemas::id::TenantId;
use sha2::{Digest as _, Sha256};

/// What each key begins with, so that scanners find one that was published.
const PREFIX: &str = "csk_";

type Hash = [u8; 32];

/// A key of a service, as it is kept: the SHA-256 of what the service brings. It is random and long, so
/// that no slow hash is needed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    name: String,
    tenant: Option<TenantId>,
}

/// Every key there is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ApiKeys(BTreeMap<Hash, ApiKey>);

/// A line is no key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "line {0}: expected a name, the SHA-256 of a key no line before has, in base64url, and perhaps a \
     tenant"
)]
pub struct InvalidApiKey(usize);

impl ApiKey {
    /// Whether a text that somebody brings is meant as a key.
    pub(super) fn is_meant(text: &str) -> bool {
        text.starts_with(PREFIX)
    }

    /// A fresh key of these random bytes, and the line to keep of it.
    #[must_use]
    pub fn fresh(random: [u8; 32], name: &str, tenant: Option<&TenantId>) -> (String, String) {
        let key = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(random));
        let hash = URL_SAFE_NO_PAD.encode(hash(&key));
        let tenant = tenant.map(|tenant| format!(" {}", tenant.as_str())).unwrap_or_default();
        (key, format!("{name} {hash}{tenant}"))
    }

    /// What it is called, for the log.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The shop it is of.
    pub(crate) fn tenant(&self) -> Option<&TenantId> {
        self.tenant.as_ref()
    }
}

impl ApiKeys {
    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The key that somebody brings. Hashes are compared, so that the time it takes tells nothing.
    pub(super) fn find(&self, key: &str) -> Option<&ApiKey> {
        self.0.get(&hash(key))
    }
}

impl FromStr for ApiKeys {
    type Err = InvalidApiKey;

    /// A key a line; empty lines and those that begin with `#` say nothing.
    fn from_str(text: &str) -> Result<Self, InvalidApiKey> {
        let lines = text.lines().enumerate();
        let lines = lines.filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'));
        let mut keys = BTreeMap::new();
        for (at, line) in lines {
            let (hash, key) = read(line).ok_or(InvalidApiKey(at + 1))?;
            // One key for two shops would be for one of them, and nobody could say which.
            if keys.insert(hash, key).is_some() {
                return Err(InvalidApiKey(at + 1));
            }
        }
        Ok(Self(keys))
    }
}

fn read(line: &str) -> Option<(Hash, ApiKey)> {
    let mut words = line.split_whitespace();
    let name = words.next()?.to_owned();
    let hash = URL_SAFE_NO_PAD.decode(words.next()?).ok()?.try_into().ok()?;
    let tenant = words.next().map(str::parse).transpose().ok()?;
    words.next().is_none().then_some((hash, ApiKey { name, tenant }))
}

fn hash(text: &str) -> Hash {
    Sha256::digest(text).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fresh_key_is_found_by_the_line_kept_of_it_alone() {
        let acme = "acme".parse().unwrap();
        let (key, line) = ApiKey::fresh([7; 32], "warehouse", Some(&acme));
        let (other, _) = ApiKey::fresh([8; 32], "warehouse", None);

        let keys: ApiKeys = format!("# keys\n\n{line}\n").parse().unwrap();

        assert!(ApiKey::is_meant(&key) && !line.contains(&key));
        let found = keys.find(&key).unwrap();
        assert_eq!((found.name(), found.tenant()), ("warehouse", Some(&acme)));
        assert_eq!(keys.find(&other), None);
    }

    #[test]
    fn a_line_that_is_no_key_is_named() {
        let (_, line) = ApiKey::fresh([7; 32], "a", None);
        let (_, other) = ApiKey::fresh([8; 32], "b", None);
        let (more, no_shop) = (format!("{other} acme more"), format!("{other} a/b"));
        let again = format!("{line} acme");
        for bad in ["a", "a AAAA", "a !!", &more, &no_shop, &again] {
            let read = format!("{line}\n{bad}").parse::<ApiKeys>();
            assert_eq!(read, Err(InvalidApiKey(2)), "{bad}");
        }
    }
}
