//! Webhooks and consent as a shop and a customer are shown them.

use std::collections::BTreeSet;

use cart_analytics::webhooks::{Consent, DiscountCode, Endpoint, Standing};
use cart_schemas::notice::NoticeKind;
use cart_schemas::timestamp::{Timestamp, rfc3339};
use serde::Serialize;
use utoipa::ToSchema;

/// A webhook.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Webhook)]
pub(crate) struct WebhookView {
    /// Its id.
    #[schema(format = "uuid")]
    id: String,
    /// Where it is.
    url: String,
    /// What it is told.
    #[schema(value_type = Vec<String>, example = json!(["cart.abandoned"]))]
    events: BTreeSet<NoticeKind>,
    /// What is passed on with invitations, or null.
    #[schema(required = true)]
    discount_code: Option<String>,
    /// How often it is told to write to the same customer in a week.
    #[schema(example = 3)]
    max_per_week: usize,
    /// `active`, or `gone` since it answered 410.
    #[schema(value_type = String, example = "active")]
    state: Standing,
    /// How many things it did not take, which are told once more on demand; at most 1000 are counted.
    untaken: usize,
    /// Since when it is told.
    #[serde(with = "rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// What it is told with is signed by this. It is shown once.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

/// The webhooks of a shop.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Webhooks)]
pub(crate) struct WebhooksView {
    /// The oldest first.
    pub(crate) webhooks: Vec<WebhookView>,
}

/// What a customer agreed to.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Preferences)]
pub(crate) struct PreferencesView {
    /// Whether they may be reminded of a cart they left.
    recovery_consent: bool,
}

impl WebhookView {
    /// A webhook that did not take so many things.
    pub(crate) fn of(endpoint: &Endpoint, untaken: usize) -> Self {
        let wish = &endpoint.wish;
        Self {
            id: endpoint.id.to_string(),
            url: wish.url.clone(),
            events: wish.kinds.clone(),
            discount_code: wish.discount.as_ref().map(|code| DiscountCode::as_str(code).to_owned()),
            max_per_week: wish.frequency.a_week(),
            state: endpoint.standing,
            untaken,
            created_at: endpoint.created,
            secret: None,
        }
    }

    /// A new one, with its secret.
    pub(crate) fn fresh(endpoint: &Endpoint) -> Self {
        Self { secret: Some(endpoint.secret.reveal()), ..Self::of(endpoint, 0) }
    }
}

impl From<Consent> for PreferencesView {
    fn from(consent: Consent) -> Self {
        Self { recovery_consent: consent.recovery }
    }
}
