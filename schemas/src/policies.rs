//! Which policy a cart's commands carry: by tenant, and by whether a guest has the cart. Read from
//! one text; knows no file and no flag.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use serde::{Deserialize, Deserializer, de};

use crate::id::{CartKey, TenantId};
use crate::policy::{IDLE_TIERS, Policy};
use crate::quantity::Quantity;
use crate::strict;

/// How the ids of guests begin where no policy says otherwise.
const GUEST_PREFIX: &str = "guest_";
/// What tenants no policy names are called together.
const OTHER_SHOPS: &str = "other";
/// The longest time a policy may name, in seconds: ten years is for ever, and the sum of any of
/// them with a time of day stays a timestamp.
const SECONDS_MAX: u32 = 10 * 366 * 24 * 60 * 60;

/// The policies of all shops of an installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policies {
    /// That of the default tenant, and of every tenant that has none of its own.
    default: Shop,
    tenants: BTreeMap<TenantId, Shop>,
}

/// One shop's policy.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Shop {
    policy: Policy,
    /// How long a guest's cart with lines is kept; as long as a customer's if not said.
    guest_ttl_seconds: Option<u32>,
    /// How the ids of guests begin.
    guest_prefix: String,
}

/// The text says no policies.
#[derive(Debug, thiserror::Error)]
pub enum PoliciesError {
    /// It is not JSON of this shape.
    #[error("{0}")]
    Malformed(#[from] serde_json::Error),
    /// A policy of it cannot be kept.
    #[error("the policy of {shop}: {unkept}")]
    Unkept {
        /// The tenant, or `default`.
        shop: String,
        /// Why not.
        unkept: Unkept,
    },
}

/// Why a policy cannot be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unkept {
    /// More or fewer lines than a cart can have.
    #[error("maxLines is 1 to {}", Policy::LINES_MAX)]
    Lines,
    /// More or fewer pieces than a line can have.
    #[error("maxQuantity is 1 to {}", Quantity::MAX)]
    Quantity,
    /// A cart must be kept for some time.
    #[error("a cart is kept for at least a second")]
    Ttl,
    /// More tiers than there are, or one not longer than the one before it.
    #[error("idleTiers are at most {IDLE_TIERS} times, each longer than the one before it")]
    Tiers,
}

impl Policies {
    /// Every shop has this policy, guests included.
    #[must_use]
    pub fn same(policy: Policy) -> Self {
        let guest_prefix = GUEST_PREFIX.to_owned();
        let default = Shop { policy, guest_ttl_seconds: None, guest_prefix };
        Self { default, tenants: BTreeMap::new() }
    }

    /// Reads policies; what the text does not say is as in `base`, and what it does not say of a
    /// tenant is as in its `default`.
    ///
    /// # Errors
    /// The text is malformed, names what there is not, or a policy of it cannot be kept.
    pub fn read(text: &[u8], base: Policy) -> Result<Self, PoliciesError> {
        let form: Form = strict::parse(text)?;
        let Self { default, .. } = Self::same(base);
        let default = form.default.over(&default, "default")?;
        let shop = |(tenant, form): (TenantId, ShopForm)| {
            let shop = form.over(&default, tenant.as_str())?;
            Ok((tenant, shop))
        };
        let tenants: Result<_, PoliciesError> = form.tenants.into_iter().map(shop).collect();
        Ok(Self { tenants: tenants?, default })
    }

    /// The policy of a shop's customers; `None` is the default tenant.
    #[must_use]
    pub fn of_shop(&self, tenant: Option<&TenantId>) -> Policy {
        self.shop(tenant).policy
    }

    /// How the ids of a shop's guests begin.
    #[must_use]
    pub fn guest_prefix(&self, tenant: Option<&TenantId>) -> &str {
        &self.shop(tenant).guest_prefix
    }

    /// What a shop is called in numbers: `default`, its own name if a policy has it, and `other` else. So
    /// there are never more names than an operator wrote down, however many tenants somebody makes up.
    #[must_use]
    pub fn called<'a>(&self, tenant: Option<&'a TenantId>) -> &'a str {
        match tenant {
            None => "default",
            Some(tenant) if self.tenants.contains_key(tenant) => tenant.as_str(),
            Some(_) => OTHER_SHOPS,
        }
    }

    /// The shops that are named: the default one, which has no name, and those with a policy of their own.
    pub fn shops(&self) -> impl Iterator<Item = Option<TenantId>> {
        std::iter::once(None).chain(self.tenants.keys().cloned().map(Some))
    }

    fn shop(&self, tenant: Option<&TenantId>) -> &Shop {
        tenant.and_then(|tenant| self.tenants.get(tenant)).unwrap_or(&self.default)
    }

    /// The policy of a cart.
    #[must_use]
    pub fn of(&self, cart: &CartKey) -> Policy {
        let Shop { policy, guest_ttl_seconds, guest_prefix } = self.shop(cart.tenant());
        match guest_ttl_seconds {
            Some(ttl_seconds) if cart.user().as_str().starts_with(guest_prefix) => {
                Policy { ttl_seconds: *ttl_seconds, ..*policy }
            }
            Some(_) | None => *policy,
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    #[serde(default)]
    default: ShopForm,
    #[serde(default)]
    tenants: BTreeMap<TenantId, ShopForm>,
}

/// What a text may say of one shop.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct ShopForm {
    max_lines: Option<u16>,
    max_quantity: Option<u32>,
    ttl: Option<Seconds>,
    guest_ttl: Option<Seconds>,
    empty_ttl: Option<Seconds>,
    max_extension: Option<Seconds>,
    warning: Option<Seconds>,
    idle_tiers: Option<Vec<Seconds>>,
    restore: Option<Seconds>,
    undo: Option<Seconds>,
    lease: Option<Seconds>,
    price_hold: Option<Seconds>,
    guest_prefix: Option<String>,
}

impl ShopForm {
    fn over(self, base: &Shop, name: &str) -> Result<Shop, PoliciesError> {
        let kept = self.kept(base);
        kept.map_err(|unkept| PoliciesError::Unkept { shop: name.to_owned(), unkept })
    }

    fn kept(self, base: &Shop) -> Result<Shop, Unkept> {
        let Policy { max_lines, max_quantity, .. } = base.policy;
        let seconds = |said: Option<Seconds>, otherwise| said.map_or(otherwise, |said| said.0);
        let policy = Policy {
            max_lines: self.max_lines.unwrap_or(max_lines),
            max_quantity: self.max_quantity.unwrap_or(max_quantity),
            ttl_seconds: seconds(self.ttl, base.policy.ttl_seconds),
            empty_ttl_seconds: seconds(self.empty_ttl, base.policy.empty_ttl_seconds),
            max_extension_seconds: seconds(self.max_extension, base.policy.max_extension_seconds),
            warning_seconds: seconds(self.warning, base.policy.warning_seconds),
            idle_tiers_seconds: match self.idle_tiers {
                Some(said) => tiers(&said)?,
                None => base.policy.idle_tiers_seconds,
            },
            restore_seconds: seconds(self.restore, base.policy.restore_seconds),
            undo_seconds: seconds(self.undo, base.policy.undo_seconds),
            lease_seconds: seconds(self.lease, base.policy.lease_seconds),
            price_hold_seconds: seconds(self.price_hold, base.policy.price_hold_seconds),
        };
        let guest_ttl_seconds = self.guest_ttl.map(|said| said.0).or(base.guest_ttl_seconds);
        let guest_prefix = self.guest_prefix.unwrap_or_else(|| base.guest_prefix.clone());
        check(&policy, guest_ttl_seconds)?;
        Ok(Shop { policy, guest_ttl_seconds, guest_prefix })
    }
}

fn check(policy: &Policy, guest_ttl_seconds: Option<u32>) -> Result<(), Unkept> {
    if !(1..=Policy::LINES_MAX).contains(&policy.max_lines) {
        return Err(Unkept::Lines);
    }
    if Quantity::new(policy.max_quantity).is_err() {
        return Err(Unkept::Quantity);
    }
    let kept = [Some(policy.ttl_seconds), Some(policy.empty_ttl_seconds), guest_ttl_seconds];
    if kept.contains(&Some(0)) { Err(Unkept::Ttl) } else { Ok(()) }
}

/// The tiers as a policy holds them: those that are not said are never.
fn tiers(said: &[Seconds]) -> Result<[u32; IDLE_TIERS], Unkept> {
    let rises = |(one, next): (&Seconds, &Seconds)| one.0 < next.0;
    let rise = said.iter().zip(said.iter().skip(1)).all(rises);
    if said.len() > IDLE_TIERS || said.iter().any(|tier| tier.0 == 0) || !rise {
        return Err(Unkept::Tiers);
    }
    let mut tiers = [0; IDLE_TIERS];
    tiers.iter_mut().zip(said).for_each(|(tier, said)| *tier = said.0);
    Ok(tiers)
}

/// A time as people write it, `90m` or `1h 30m`, in whole seconds.
#[derive(Debug, Clone, Copy)]
struct Seconds(u32);

impl<'de> Deserialize<'de> for Seconds {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let time: SignedDuration = text.parse().map_err(de::Error::custom)?;
        let whole = time.subsec_nanos() == 0;
        let seconds = u32::try_from(time.as_secs()).ok();
        match seconds.filter(|seconds| whole && *seconds <= SECONDS_MAX) {
            Some(seconds) => Ok(Self(seconds)),
            None => Err(de::Error::custom("expected whole seconds, at most ten years")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Policies, PoliciesError> {
        Policies::read(text.as_bytes(), Policy::default())
    }

    fn of(policies: &Policies, cart: &str) -> Policy {
        policies.of(&cart.parse().unwrap())
    }

    #[test]
    fn what_is_not_said_of_a_tenant_is_as_in_the_default_and_then_as_it_was() {
        let text = r#"{"default":{"ttl":"48h","idleTiers":["30m","6h"]},
            "tenants":{"acme":{"maxLines":10,"warning":"0s"}}}"#;

        let policies = read(text).unwrap();

        let tiers = [1_800, 21_600, 0];
        let default =
            Policy { ttl_seconds: 172_800, idle_tiers_seconds: tiers, ..Policy::default() };
        assert_eq!(of(&policies, "ann"), default);
        assert_eq!(of(&policies, "other/ann"), default);
        let acme = Policy { max_lines: 10, warning_seconds: 0, ..default };
        assert_eq!(of(&policies, "acme/ann"), acme);
        assert_eq!(read("{}").unwrap(), Policies::same(Policy::default()));
    }

    #[test]
    fn shops_no_policy_names_are_called_by_one_name() {
        let policies = read(r#"{"tenants":{"acme":{}}}"#).unwrap();
        let tenants: Vec<Option<TenantId>> =
            vec![None, "acme".parse().ok(), "made-up-1".parse().ok(), "made-up-2".parse().ok()];

        let called: Vec<_> = tenants.iter().map(|one| policies.called(one.as_ref())).collect();

        assert_eq!(called, ["default", "acme", "other", "other"]);
    }

    #[test]
    fn a_guests_cart_is_kept_as_long_as_its_shop_says_of_guests() {
        let text = r#"{"default":{"guestTtl":"2h"},
            "tenants":{"acme":{"guestPrefix":"anon-","ttl":"1h 30m"},"open":{"guestTtl":"5m"}}}"#;

        let policies = read(text).unwrap();

        let carts = ["ann", "guest_1", "acme/guest_1", "acme/anon-1", "acme/ann", "open/guest_1"];
        let kept = carts.map(|cart| of(&policies, cart).ttl_seconds);
        assert_eq!(kept, [86_400, 7_200, 5_400, 7_200, 5_400, 300]);
        let same = Policies::same(Policy::default());
        assert_eq!(of(&same, "guest_1"), Policy::default());
    }

    #[test]
    fn a_policy_that_cannot_be_kept_is_refused_by_its_shop_and_reason() {
        let refused = [
            (r#"{"maxLines":901}"#, Unkept::Lines),
            (r#"{"maxLines":0}"#, Unkept::Lines),
            (r#"{"maxQuantity":0}"#, Unkept::Quantity),
            (r#"{"ttl":"0s"}"#, Unkept::Ttl),
            (r#"{"guestTtl":"0s"}"#, Unkept::Ttl),
            (r#"{"emptyTtl":"0s"}"#, Unkept::Ttl),
            (r#"{"idleTiers":["1h","1h"]}"#, Unkept::Tiers),
            (r#"{"idleTiers":["0s"]}"#, Unkept::Tiers),
            (r#"{"idleTiers":["1h","2h","3h","4h"]}"#, Unkept::Tiers),
        ];

        for (shop, expected) in refused {
            let error = read(&format!("{{\"tenants\":{{\"acme\":{shop}}}}}")).unwrap_err();

            let PoliciesError::Unkept { shop, unkept } = error else { panic!("{error}") };
            assert_eq!((shop.as_str(), unkept), ("acme", expected));
        }
    }

    #[test]
    fn a_text_that_says_something_else_is_malformed() {
        let texts = [
            "",
            "[]",
            r#"{"shops":{}}"#,
            r#"{"default":{"ttls":"1h"}}"#,
            r#"{"default":{"ttl":"1h","ttl":"2h"}}"#,
            r#"{"default":{"ttl":3600}}"#,
            r#"{"default":{"ttl":"-1h"}}"#,
            r#"{"default":{"ttl":"1500ms"}}"#,
            r#"{"default":{"ttl":"100000h"}}"#,
            r#"{"tenants":{"a/b":{}}}"#,
        ];

        for text in texts {
            assert!(matches!(read(text), Err(PoliciesError::Malformed(_))), "{text}");
        }
    }
}
