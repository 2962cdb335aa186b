//! The bodies and the path of webhooks, consent and recovery. Knows no rows.

use std::collections::BTreeSet;

use cart_analytics::webhooks::{DiscountCode, EndpointId, Frequency, InvalidFrequency, Wish};
use cart_outbound::{Destination, Reach};
use cart_schemas::money::Decimal;
use cart_schemas::notice::NoticeKind;
use serde::Deserialize;
use utoipa::openapi::schema::{SchemaType, Type};
use utoipa::openapi::{Array, ArrayBuilder, ObjectBuilder};
use utoipa::{IntoParams, ToSchema};

use super::payload::Form;
use crate::problem::{Code, Problem};

/// The longest URL that is kept: what browsers and proxies agree on.
const URL_MAX: usize = 2_048;

/// Tell an endpoint of the shop what becomes of its carts.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AddWebhook {
    /// Where it is: `https`, on a public host.
    #[schema(
        pattern = "^https?://[A-Za-z0-9.-]+(:[0-9]+)?([/?][!-~]*)?$",
        example = "https://mail.shop.example/cartstream"
    )]
    url: String,
    /// What it is told; everything if absent.
    #[serde(default)]
    #[schema(schema_with = kinds)]
    events: Option<Vec<NoticeKind>>,
    /// A code that is passed on with `cart.abandoned` and `cart.expired`.
    #[serde(default)]
    #[schema(pattern = "^[!-~]{1,64}$", example = "COMEBACK10")]
    discount_code: Option<String>,
    /// How often it is told to write to the same customer in a week; 3 if absent.
    #[serde(default)]
    #[schema(value_type = Option<u8>, minimum = 1, maximum = 21, example = 3)]
    max_per_week: Option<Decimal>,
}

/// What a customer agrees to.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SetPreferences {
    /// Whether they may be reminded of a cart they left.
    pub(crate) recovery_consent: bool,
}

/// Lead back to a cart.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct Recover {
    /// What `recovery=` in the link is.
    #[schema(pattern = "^[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+$", max_length = 1024)]
    pub(crate) token: String,
}

impl Form for AddWebhook {}
impl Form for SetPreferences {}
impl Form for Recover {}

/// `/api/webhooks/{webhookID}`
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct WebhookPath {
    /// The webhook, as its answer names it.
    #[serde(rename = "webhookID")]
    #[param(format = "uuid")]
    webhook: String,
}

fn kinds() -> Array {
    let kind = ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(NoticeKind::ALL.map(NoticeKind::as_str)));
    let list = SchemaType::from_iter([Type::Array, Type::Null]);
    ArrayBuilder::new().schema_type(list).items(kind).min_items(Some(1)).unique_items(true).build()
}

/// How often a number says.
fn frequency(number: &Decimal) -> Result<Frequency, InvalidFrequency> {
    let times = number.whole().and_then(|times| u8::try_from(times).ok());
    times.ok_or(InvalidFrequency).and_then(Frequency::try_from)
}

impl WebhookPath {
    /// The webhook named. None has an id that is no UUID.
    pub(crate) fn id(&self) -> Result<EndpointId, Problem> {
        let unknown = |_| Problem::new(Code::WebhookNotFound, "webhookID: expected a UUID");
        self.webhook.parse().map_err(unknown)
    }
}

impl AddWebhook {
    /// What is asked, of a host within reach.
    pub(crate) fn wish(self, reach: Reach) -> Result<Wish, Problem> {
        let invalid = |pointer: &'static str, expected: &dyn std::fmt::Display| {
            Problem::at(Code::InvalidWebhook, pointer, expected)
        };
        if self.url.len() > URL_MAX {
            return Err(invalid("/url", &format!("expected at most {URL_MAX} bytes")));
        }
        Destination::parse(&self.url, reach).map_err(|error| invalid("/url", &error))?;
        let told = self.events.unwrap_or_else(|| NoticeKind::ALL.into());
        let kinds: BTreeSet<_> = told.iter().copied().collect();
        if kinds.is_empty() || kinds.len() < told.len() {
            return Err(invalid("/events", &"expected at least one, and none twice"));
        }
        let discount = self.discount_code.map(DiscountCode::try_from).transpose();
        let discount = discount.map_err(|error| invalid("/discountCode", &error))?;
        let frequency = self.max_per_week.as_ref().map(frequency).transpose();
        let frequency = frequency.map_err(|error| invalid("/maxPerWeek", &error))?;
        let frequency = frequency.unwrap_or_default();
        Ok(Wish { url: self.url, kinds, discount, frequency })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(json: &str, reach: Reach) -> Result<Wish, Code> {
        let form: AddWebhook = serde_json::from_str(json).unwrap();
        form.wish(reach).map_err(|problem| problem.code())
    }

    #[test]
    fn an_endpoint_is_told_everything_unless_it_says_otherwise() {
        let wish = add(r#"{"url":"https://mail.shop.example/x"}"#, Reach::World).unwrap();
        assert_eq!(wish.kinds, NoticeKind::ALL.into());
        assert_eq!(wish.frequency.a_week(), 3);

        let some = r#"{"url":"https://a.example","events":["cart.abandoned"],"maxPerWeek":1.0}"#;
        let wish = add(some, Reach::World).unwrap();
        assert_eq!(wish.kinds, BTreeSet::from([NoticeKind::Abandoned]));
        assert_eq!(wish.frequency.a_week(), 1);
    }

    #[test]
    fn no_endpoint_is_within_some_network_unless_that_is_allowed() {
        for url in
            ["https://127.0.0.1/", "https://10.1.2.3/x", "http://mail.shop.example/", "ftp://a", ""]
        {
            let json = format!(r#"{{"url":"{url}"}}"#);
            assert_eq!(add(&json, Reach::World), Err(Code::InvalidWebhook), "{url}");
        }
        assert!(add(r#"{"url":"http://127.0.0.1:9/x"}"#, Reach::Inside).is_ok());
    }

    #[test]
    fn what_cannot_be_kept_is_refused() {
        for rest in [
            r#""events":[]"#,
            r#""events":["cart.expired","cart.expired"]"#,
            r#""discountCode":"""#,
            r#""discountCode":"COME BACK""#,
            r#""maxPerWeek":0"#,
            r#""maxPerWeek":2.5"#,
            r#""maxPerWeek":22"#,
        ] {
            let json = format!(r#"{{"url":"https://a.example",{rest}}}"#);
            assert_eq!(add(&json, Reach::World), Err(Code::InvalidWebhook), "{rest}");
        }
    }
}
