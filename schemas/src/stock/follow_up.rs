//! What a sku asks of a cart, and the command it becomes on the carts' log.

use serde::{Deserialize, Serialize};

use crate::command::Command;
use crate::digest::Digest;
use crate::envelope::Envelope;
use crate::id::{CartKey, CheckoutId, CommandId};
use crate::stock::StockEnvelope;

/// A sku asks one thing of a cart at a time: the first follow-up of a decision.
const NUMBER: u32 = 0;

/// What a sku asks of a cart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StockFollowUp {
    /// What became of the cart's Reserve.
    Told {
        /// The cart.
        cart: CartKey,
        /// The checkout.
        checkout: CheckoutId,
        /// Whether the sku holds what was asked for.
        granted: bool,
        /// How many are left for others.
        available: u32,
    },
}

impl StockFollowUp {
    /// The cart's command. It is decided by its parent's policy and rules.
    #[must_use]
    pub fn envelope(&self, parent: &StockEnvelope) -> Envelope {
        let Self::Told { cart, checkout, granted, available } = self;
        let (checkout, granted, available) = (*checkout, *granted, *available);
        let item = parent.sku.item().clone();
        Envelope {
            id: CommandId::follow_up(parent.id, NUMBER),
            cart: cart.clone(),
            rules: parent.rules,
            digest: Digest::of(b"follow-up"),
            expected_version: None,
            policy: parent.policy,
            command: Command::Reserved { checkout, item, granted, available },
        }
    }
}
