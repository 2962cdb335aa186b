//! The bodies that begin and complete a checkout. Knows no HTTP.

use cart_schemas::command::Intent;
use cart_schemas::id::CheckoutId;
use serde::Deserialize;
use utoipa::ToSchema;

use super::payload::Form;
use crate::problem::{Code, Problem};

/// Begin to pay for everything in the cart.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct CheckOut {
    /// Whether items whose price is not kept any more are bought at what they cost now; false if
    /// absent.
    #[schema(required = false, example = true)]
    accept_prices: bool,
}

/// It is paid.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct CompleteCheckout {
    /// The order, as whoever took the payment names it: 1 to 64 characters of
    /// `A-Z a-z 0-9 . _ : @ -`.
    #[serde(rename = "orderID")]
    #[schema(pattern = "^[A-Za-z0-9._:@-]{1,64}$", example = "order-8841")]
    order: String,
}

impl Form for CheckOut {}
impl Form for CompleteCheckout {}

impl CheckOut {
    /// What is asked.
    pub(crate) const fn intent(&self) -> Intent {
        Intent::Checkout { accept_prices: self.accept_prices }
    }
}

impl CompleteCheckout {
    /// What is asked of a checkout, whose id is parsed after the order's is judged.
    pub(crate) fn intent(
        &self,
        checkout: impl FnOnce() -> Result<CheckoutId, Problem>,
    ) -> Result<(CheckoutId, Intent), Problem> {
        let invalid = |error| Problem::at(Code::InvalidOrderId, "/orderID", &error);
        let order = self.order.parse().map_err(invalid)?;
        let checkout = checkout()?;
        Ok((checkout, Intent::Complete { checkout, order }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::strict;

    #[test]
    fn prices_are_accepted_only_by_saying_so() {
        let accepts = |json: &str| {
            let form = strict::parse::<CheckOut>(json.as_bytes()).unwrap();
            form.intent() == Intent::Checkout { accept_prices: true }
        };

        assert!(accepts(r#"{"acceptPrices":true}"#));
        assert!(!accepts(r#"{"acceptPrices":false}"#) && !accepts("{}"));
        let malformed = strict::parse::<CheckOut>(br#"{"acceptPrices":"yes"}"#);
        assert_eq!(malformed.unwrap_err().code(), Code::Malformed);
    }

    #[test]
    fn an_order_outside_the_alphabet_is_invalid_whatever_the_checkout() {
        let unknown = || Err(Problem::new(Code::CheckoutNotFound, "none"));
        for order in ["", "a/b", "a b", &"x".repeat(65)] {
            let problem = CompleteCheckout { order: order.to_owned() }.intent(unknown);
            assert_eq!(problem.unwrap_err().code(), Code::InvalidOrderId, "{order:?}");
        }
    }
}
