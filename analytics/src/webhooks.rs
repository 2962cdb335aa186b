//! Tells a shop's own endpoints what becomes of its carts, so that somebody may win them back: signed
//! (Standard Webhooks), at least once with an id that stays, and never of a cart that has moved on.
//!
//! What is told lies on a topic ([`cart_schemas::notice`]), where the counter of the tallies puts it. Each
//! endpoint is told from there at its own pace.

mod breaker;
mod consent;
mod courier;
mod due;
mod endpoint;
mod herald;
mod link;
mod place;
mod post;
mod registry;
mod replay;
mod telling;
mod window;

use cart_outbound::{Client, Reach};
use cart_schemas::notice::Notice;
use cart_schemas::timestamp::Timestamp;

pub use self::consent::Consent;
pub use self::endpoint::{
    A_WEEK_MAX, DISCOUNT_MAX, DiscountCode, Endpoint, EndpointId, Frequency, InvalidDiscount,
    InvalidFrequency, Standing, Wish,
};
pub use self::herald::tell;
pub use self::link::{BadLink, Lead, Links, ShortSecret};
pub use self::registry::{
    ALL_ENDPOINTS_MAX, Change, ENDPOINTS_MAX, Fresh, UNTAKEN_COUNTED, WebhookError, add, agree,
    change, consent, endpoint, endpoints, untaken,
};

/// What endpoints are told with.
#[derive(Debug, Clone)]
pub struct Terms {
    /// The way to them.
    pub client: Client,
    /// Where they may be.
    pub reach: Reach,
    /// The page that leads customers back; without one there are no links.
    pub page: Option<Page>,
    /// Where time comes from.
    pub now: fn() -> Timestamp,
}

/// The page of the shop that leads a customer back to a cart.
#[derive(Debug, Clone)]
pub struct Page {
    /// Where it is.
    pub url: String,
    /// What links are signed with.
    pub links: Links,
}

impl Page {
    /// The link back to the cart of a notice: the same each time it is told.
    fn back(&self, notice: &Notice) -> String {
        let until = notice.at.plus_seconds(link::LEADS_FOR);
        let lead = Lead { cart: notice.cart.clone(), id: notice.place.cart, until };
        let token = self.links.token(&lead);
        let apart = if self.url.contains('?') { '&' } else { '?' };
        format!("{}{apart}recovery={token}", self.url)
    }
}
