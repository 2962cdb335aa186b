//! Which shop is meant where nobody acts for a cart: by its name in the URL, or else by who asks.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use cart_schemas::id::TenantId;
use serde::Deserialize;
use utoipa::IntoParams;

use super::Asked;
use crate::app::App;
use crate::identity::Caller;
use crate::problem::{Code, Problem};

/// `?tenant=`
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ShopQuery {
    /// Which shop's: 1 to 64 characters of `A-Z a-z 0-9 . _ : @ -`. Without it, that of the token if one is
    /// brought, or else the default one's.
    #[param(example = "acme")]
    tenant: Option<String>,
}

impl ShopQuery {
    /// The shop that is named; `None` if none is.
    pub(crate) fn tenant(&self) -> Result<Option<TenantId>, Problem> {
        let invalid = |error| Problem::new(Code::InvalidUserId, format!("tenant: {error}"));
        self.tenant.as_deref().map(str::parse).transpose().map_err(invalid)
    }
}

/// The shop whose catalog is read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Shop {
    /// Its name is in the URL; nobody is asked who they are.
    Named(TenantId),
    /// It is that of whoever asks; `None` is the default one.
    OfCaller(Option<TenantId>),
}

impl Shop {
    /// The shop; `None` is the default one.
    pub(crate) const fn tenant(&self) -> Option<&TenantId> {
        match self {
            Self::Named(tenant) => Some(tenant),
            Self::OfCaller(tenant) => tenant.as_ref(),
        }
    }
}

impl FromRequestParts<Arc<App>> for Shop {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let Asked(query) = Asked::<ShopQuery>::from_request_parts(parts, app).await?;
        if let Some(tenant) = query.tenant()? {
            return Ok(Self::Named(tenant));
        }
        if !parts.headers.contains_key(header::AUTHORIZATION) {
            return Ok(Self::OfCaller(None));
        }
        let caller = Caller::from_request_parts(parts, app).await?;
        Ok(Self::OfCaller(caller.tenant().cloned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shop_is_named_by_a_tenant_or_by_nothing() {
        let named = |text: &str| {
            let tenant = ShopQuery { tenant: Some(text.to_owned()) }.tenant();
            tenant.map_err(|problem| problem.code())
        };

        assert_eq!(ShopQuery { tenant: None }.tenant().unwrap(), None);
        assert_eq!(named("acme"), Ok("acme".parse().ok()));
        for text in ["", "../x", "a/b", "a b", "\u{430}cme", &"x".repeat(65)] {
            assert_eq!(named(text), Err(Code::InvalidUserId), "{text:?}");
        }
    }
}
