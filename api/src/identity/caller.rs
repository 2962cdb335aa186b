//! A caller, and the carts that are theirs to act for. Knows no credentials.

use cart_schemas::id::{CartKey, TenantId, UserId};
use cart_schemas::timestamp::Timestamp;

use crate::problem::{Code, Problem};

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Caller {
    /// Nobody was asked who they are: everybody acts for everybody.
    Anyone,
    /// A customer or a guest of a shop, for their own cart.
    Customer {
        /// The shop; the default one has no name.
        tenant: Option<TenantId>,
        user: UserId,
    },
    /// A shop's own staff or service, for every cart of it.
    Shop {
        tenant: Option<TenantId>,
        /// What the audit calls them.
        name: String,
    },
}

/// A caller, and until when that may be relied on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Known {
    pub(crate) caller: Caller,
    /// The end of the credentials; none of those that do not end.
    pub(crate) until: Option<Timestamp>,
}

impl Caller {
    /// The cart of `user` in the caller's shop, if it is theirs to act for.
    pub(crate) fn cart(&self, user: UserId) -> Result<CartKey, Problem> {
        match self {
            Self::Anyone => Ok(CartKey::new(None, user)),
            Self::Shop { tenant, .. } => Ok(CartKey::new(tenant.clone(), user)),
            Self::Customer { tenant, user: own } => {
                let own = (*own == user).then(|| CartKey::new(tenant.clone(), user));
                own.ok_or_else(|| forbidden("the token is another user's"))
            }
        }
    }

    /// That the caller may do what only a shop does.
    pub(crate) fn shop(&self) -> Result<(), Problem> {
        match self {
            Self::Anyone | Self::Shop { .. } => Ok(()),
            Self::Customer { .. } => {
                Err(forbidden("expected a token with the scope cart:admin, or an API key"))
            }
        }
    }

    /// The shop the caller is of; `None` is the default one.
    pub(crate) const fn tenant(&self) -> Option<&TenantId> {
        match self {
            Self::Anyone => None,
            Self::Customer { tenant, .. } | Self::Shop { tenant, .. } => tenant.as_ref(),
        }
    }

    /// The shop whose catalog and stock the caller keeps: its own. `None` is the default one.
    pub(crate) fn keeps(&self) -> Result<Option<&TenantId>, Problem> {
        self.shop().map(|()| self.tenant())
    }
}

pub(super) fn forbidden(why: &'static str) -> Problem {
    Problem::new(Code::Forbidden, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ann(tenant: Option<&str>) -> Caller {
        let tenant = tenant.map(|name| name.parse().unwrap());
        Caller::Customer { tenant, user: "ann".parse().unwrap() }
    }

    fn shop(tenant: Option<&str>) -> Caller {
        let tenant = tenant.map(|name| name.parse().unwrap());
        Caller::Shop { tenant, name: "warehouse".to_owned() }
    }

    fn cart(caller: &Caller, user: &str) -> Result<String, Code> {
        let cart = caller.cart(user.parse().unwrap());
        cart.map(|key| key.as_str().to_owned()).map_err(|problem| problem.code())
    }

    #[test]
    fn a_customer_acts_for_their_own_cart_in_their_own_shop() {
        assert_eq!(cart(&ann(None), "ann"), Ok("ann".to_owned()));
        assert_eq!(cart(&ann(Some("acme")), "ann"), Ok("acme/ann".to_owned()));
        assert_eq!(cart(&ann(None), "bob"), Err(Code::Forbidden));
    }

    #[test]
    fn a_shop_acts_for_every_cart_of_its_own() {
        let acme = shop(Some("acme"));

        assert_eq!(cart(&acme, "ann"), Ok("acme/ann".to_owned()));
        assert_eq!(cart(&acme, "bob"), Ok("acme/bob".to_owned()));
        assert!(acme.shop().is_ok());
    }

    #[test]
    fn only_a_shop_does_what_a_shop_does() {
        assert_eq!(ann(None).shop().unwrap_err().code(), Code::Forbidden);
        assert_eq!(ann(None).keeps().unwrap_err().code(), Code::Forbidden);
        assert!(Caller::Anyone.shop().is_ok() && Caller::Anyone.keeps().is_ok());
    }

    #[test]
    fn a_shop_keeps_its_own_catalog() {
        let acme = "acme".parse().unwrap();

        assert_eq!(shop(None).keeps().unwrap(), None);
        assert_eq!(shop(Some("acme")).keeps().unwrap(), Some(&acme));
    }
}
