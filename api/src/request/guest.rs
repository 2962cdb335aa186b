//! The body that asks for a guest. Knows no tokens.

use cart_schemas::id::TenantId;
use serde::Deserialize;
use utoipa::ToSchema;

use super::payload::Form;
use crate::problem::{Code, Problem};

/// Let a guest in.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub(crate) struct WelcomeGuest {
    /// Which shop's guest; the default one's if absent.
    #[serde(default)]
    #[schema(pattern = "^[A-Za-z0-9._:@-]{1,64}$", example = "acme")]
    tenant: Option<String>,
}

impl Form for WelcomeGuest {}

impl WelcomeGuest {
    /// Which shop's guest it is to be.
    pub(crate) fn tenant(&self) -> Result<Option<TenantId>, Problem> {
        let tenant = self.tenant.as_deref().map(str::parse).transpose();
        tenant.map_err(|error| Problem::at(Code::InvalidUserId, "/tenant", &error))
    }
}
