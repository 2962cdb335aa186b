//! What a caller is given to show: a guest's token, a ticket. Knows nothing of how they are checked.

use cart_schemas::id::UserId;
use cart_schemas::timestamp::{Timestamp, rfc3339};
use serde::Serialize;
use utoipa::ToSchema;

use crate::identity::{Pass, Ticket};

/// A guest and their token.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Guest)]
pub(crate) struct GuestView {
    /// The guest.
    #[serde(rename = "userID")]
    #[schema(example = "guest_0190f1b2c3d47e8f9a0b1c2d3e4f5a6b")]
    user: String,
    /// What proves it; `Authorization: Bearer` and this.
    token: String,
    /// When it ends. Asking with it before then renews it.
    #[serde(with = "rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
}

impl GuestView {
    /// A guest with a token.
    pub(crate) fn of(user: &UserId, pass: &Pass) -> Self {
        let Pass { token, until } = pass;
        Self { user: user.as_str().to_owned(), token: token.clone(), expires_at: *until }
    }
}

/// A ticket.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Ticket)]
pub(crate) struct TicketView {
    /// Opens one socket.
    ticket: String,
    /// When it ends.
    #[serde(with = "rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
}

impl TicketView {
    /// A ticket as it is shown.
    pub(crate) fn of(ticket: Ticket) -> Self {
        Self { ticket: ticket.text, expires_at: ticket.until }
    }
}
