//! What deliveries of stock are signed with, by shop. Knows no signature.

use std::collections::BTreeMap;
use std::str::FromStr;

use cart_schemas::id::TenantId;
use cart_schemas::signature::SigningSecret;

/// The secret of one shop, as it is said: `whsec_…` of the default one, `tenant=whsec_…` of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShopSecret {
    tenant: Option<TenantId>,
    secret: SigningSecret,
}

/// The secret of each shop that has one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StockSecrets(BTreeMap<Option<TenantId>, SigningSecret>);

/// A shop has two secrets, or a secret two shops.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected one secret of each shop, and another one of each")]
pub struct AmbiguousSecrets;

/// The text is no secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected whsec_ and 24 to 64 bytes in Base64, behind tenant= if it is another shop's")]
pub struct InvalidSecret;

impl FromStr for ShopSecret {
    type Err = InvalidSecret;

    fn from_str(text: &str) -> Result<Self, InvalidSecret> {
        // Base64 ends in equals signs, of which none is before another secret.
        let (tenant, secret) = match text.split_once("=whsec_") {
            Some((tenant, _)) => {
                let name = tenant.parse().map_err(|_| InvalidSecret)?;
                (Some(name), text.get(tenant.len() + 1..).unwrap_or_default())
            }
            None => (None, text),
        };
        Ok(Self { tenant, secret: secret.parse().map_err(|_| InvalidSecret)? })
    }
}

impl StockSecrets {
    /// The secrets of these shops.
    ///
    /// # Errors
    /// A delivery could be taken for another shop's: a secret is there twice, or a shop is.
    pub fn of_shops(all: impl IntoIterator<Item = ShopSecret>) -> Result<Self, AmbiguousSecrets> {
        let mut secrets = BTreeMap::new();
        for ShopSecret { tenant, secret } in all {
            if secrets.values().any(|other| *other == secret) {
                return Err(AmbiguousSecrets);
            }
            if secrets.insert(tenant, secret).is_some() {
                return Err(AmbiguousSecrets);
            }
        }
        Ok(Self(secrets))
    }

    /// The secret of a shop; `None` is the default one.
    pub(crate) fn of(&self, tenant: Option<&TenantId>) -> Option<&SigningSecret> {
        self.0.get(&tenant.cloned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_shop_has_a_secret_of_its_own() {
        let (plain, other) = (
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==",
        );
        let acme = format!("acme={other}");
        let read = |texts: &[&str]| {
            let secrets: Result<Vec<ShopSecret>, _> =
                texts.iter().map(|text| text.parse()).collect();
            StockSecrets::of_shops(secrets.unwrap())
        };
        let tenant = |name: &str| name.parse().ok();

        let secrets = read(&[plain, &acme]).unwrap();

        assert_eq!(secrets.of(None), plain.parse().ok().as_ref());
        assert_eq!(secrets.of(tenant("acme").as_ref()), other.parse().ok().as_ref());
        assert_eq!(secrets.of(tenant("beta").as_ref()), None);
        assert_eq!(read(&[plain, other]), Err(AmbiguousSecrets), "a shop has one");
        let same = format!("acme={plain}");
        assert_eq!(read(&[plain, &same]), Err(AmbiguousSecrets), "a secret is one shop's");
        for text in [format!("../x={plain}"), format!("={plain}"), format!("a b={plain}")] {
            assert_eq!(text.parse::<ShopSecret>(), Err(InvalidSecret), "{text}");
        }
    }
}
